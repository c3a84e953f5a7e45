"""The e-mail service as a process of its own: `python -m threadline_email`."""

from threadline_email.app import run
from threadline_shared.runtime import main

if __name__ == "__main__":
    main("email", run)
