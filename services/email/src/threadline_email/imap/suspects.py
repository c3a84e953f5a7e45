"""Mails at which the server may have failed: asked for one by one, until it is known which of them it is."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeVar

from threadline_contracts.errors import TemporaryError
from threadline_email.imap.cursor import Unread
from threadline_email.imap.trouble import trouble_of

_STRIKES: Final = 2  # at so many hang-ups in a row it is the mail
_T = TypeVar("_T")


class Suspects:
    """What is suspected in one folder, of one kind of question. It outlives connections."""

    def __init__(self) -> None:
        self._uids: set[int] = set()
        self._strikes: dict[int, int] = {}

    def among(self, uids: Iterable[int]) -> bool:
        """Whether one of these is suspected."""
        return not self._uids.isdisjoint(uids)

    def failed(self, uids: Iterable[int], err: TemporaryError) -> None:
        """Suspect mails that were asked for together. Raises the error where it ended the connection."""
        if trouble_of(err).kind != "refused":
            self._uids = set(uids)
            raise err

    def clear(self, uids: Iterable[int]) -> None:
        """Suspect these no more: each was asked for by itself."""
        self._uids.difference_update(uids)

    async def judge(self, uid: int, ask: Callable[[], Awaitable[_T]]) -> _T | Unread:
        """Ask for one mail: it is unread when the server refuses, or hung up at it so often. Raises TemporaryError."""
        if self._strikes.get(uid, 0) >= _STRIKES:
            del self._strikes[uid]
            return Unread("the server hangs up when it is asked for this mail")
        try:
            answer = await ask()
        except TemporaryError as err:
            if trouble_of(err).kind == "refused":
                return Unread(str(err))
            self._strikes[uid] = self._strikes.get(uid, 0) + 1
            raise
        self._strikes.pop(uid, None)
        return answer
