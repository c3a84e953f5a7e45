"""Which mails of a mailbox were taken, ever: asked only when the server has given its mails new numbers.

Eight bytes a mail, in a log of the state. It saves work, no more: a mail that is missing here is taken again, and its
frozen identity makes that harmless.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

from threadline_email.identity import identify
from threadline_shared.state import State

_BYTES: Final = 8
_PAGE: Final = 500  # items of the log
_WHOLE: Final = tuple(
    re.compile(rb"^%b[ \t]*:[ \t]*\S" % name, re.IGNORECASE | re.MULTILINE) for name in (b"message-id", b"date")
)


def mark_of(raw: bytes) -> int:
    """Return what the ledger keeps of a mail."""
    return int(identify(raw).fingerprint[: 2 * _BYTES], 16)


def mark_of_head(head: bytes) -> int | None:
    """Return the same from the header fields alone, or None where the identity depends on the body too."""
    return mark_of(head) if all(field.search(head) for field in _WHOLE) else None


class Ledger:
    """The ledger of one mailbox."""

    def __init__(self, state: State, log: str) -> None:
        self._state = state
        self._log = log
        self._known: array[int] | None = None
        self._fresh: set[int] = set()

    async def add(self, marks: Sequence[int]) -> None:
        """Remember mails that were taken. Raises TemporaryError."""
        if marks:
            await self._state.append(self._log, [b"".join(mark.to_bytes(_BYTES, "big") for mark in marks)])
            if self._known is not None:
                self._fresh.update(marks)

    async def known(self, marks: Iterable[int]) -> set[int]:
        """Return which of these were taken before. Raises TemporaryError."""
        if self._known is None:
            self._known = await self._load()
        return {mark for mark in marks if mark in self._fresh or _has(self._known, mark)}

    def forget(self) -> None:
        """Give the memory back: it is read again when it is needed again."""
        self._known = None
        self._fresh.clear()

    async def _load(self) -> "array[int]":
        found, position = array("Q"), 0
        while page := await self._state.read(self._log, after=position, limit=_PAGE):
            position = page[-1][0]
            for _, item in page:
                found.extend(int.from_bytes(item[at : at + _BYTES], "big") for at in range(0, len(item), _BYTES))
        return array("Q", sorted(found))


def _has(known: "array[int]", mark: int) -> bool:
    at = bisect_left(known, mark)
    return at < len(known) and known[at] == mark
