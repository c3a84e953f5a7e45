"""`python -m threadline_standalone` is the `threadline` command."""

from threadline_standalone.cli import main

main()
