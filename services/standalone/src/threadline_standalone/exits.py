"""How a command ends: an exit code for programs and, when it fails, one line for people."""

from enum import IntEnum
from typing import Final


class Exit(IntEnum):
    """Exit codes, the same for every command."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    NOT_FOUND = 4


MEANINGS: Final = (
    "Exit codes: 0 done, 1 refused (a setting or an input is wrong), 2 wrong use, "
    "3 the gateway is not reachable or cannot take it now, 4 not found."
)


class CommandError(Exception):
    """The command ends here. `str(err)` is one line that says what to do."""

    def __init__(self, line: str, code: Exit) -> None:
        super().__init__(line)
        self.code = code
