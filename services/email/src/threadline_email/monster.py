"""The process that reads one mail that may take long: asked on stdin, answering on stdout, limited, killed at will."""

import resource
import sys
from typing import Final

from threadline_email.patience import GAVE_UP, answer
from threadline_shared.inputs import where

_MEMORY_MAX: Final = 2 * 1024**3


def main() -> None:
    """Answer one question. The limits hold even when the process that asked is gone."""
    seconds = int(float(sys.argv[1])) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_MAX, _MEMORY_MAX))
    try:
        said = answer(sys.stdin.buffer.read())
    except MemoryError:
        sys.exit(GAVE_UP)
    except Exception as err:  # noqa: BLE001 - told to the process that asked, which buries the mail
        sys.exit(f"{where(err)}: {err}")
    sys.stdout.buffer.write(said)


if __name__ == "__main__":
    main()
