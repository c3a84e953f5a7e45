"""Mails at which the server may have failed: asked for one by one, until it is known which of them it is."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
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

    def part(self, uids: Iterable[int]) -> tuple[Sequence[int], Sequence[int]]:
        """Return those that may be asked for together, and those that are suspected."""
        several = list(uids)
        return [uid for uid in several if uid not in self._uids], [uid for uid in several if uid in self._uids]

    def failed(self, uids: Iterable[int], err: TemporaryError) -> None:
        """Suspect mails that were asked for together. Raises the error where it ended the connection."""
        if trouble_of(err).kind != "refused":
            self._uids.update(uids)
            raise err

    async def judge(self, uid: int, ask: Callable[[], Awaitable[_T]]) -> _T | Unread:
        """Ask for one mail: it is unread when the server refuses, or hung up at it so often. Raises TemporaryError."""
        if self._strikes.get(uid, 0) >= _STRIKES:
            self._clear(uid)
            return Unread("the server hangs up when it is asked for this mail")
        try:
            answer = await ask()
        except TemporaryError as err:
            if trouble_of(err).kind == "refused":
                self._clear(uid)
                return Unread(str(err))
            self._strikes[uid] = self._strikes.get(uid, 0) + 1
            raise
        self._clear(uid)
        return answer

    def _clear(self, uid: int) -> None:
        """Suspect a mail no more: the next attempt has less to ask for one by one."""
        self._uids.discard(uid)
        self._strikes.pop(uid, None)
