"""The threads service as a process of its own: `python -m threadline_threads`."""

from threadline_shared.runtime import main
from threadline_threads.app import run

if __name__ == "__main__":
    main("threads", run)
