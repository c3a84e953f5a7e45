"""The contact form service as a process of its own: `python -m threadline_form`."""

from threadline_form.app import run
from threadline_shared.runtime import main

if __name__ == "__main__":
    main("form", run)
