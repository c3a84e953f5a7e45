"""The console as a process of its own."""

from threadline_console.app import run
from threadline_shared.runtime import main

if __name__ == "__main__":
    main("console", run)
