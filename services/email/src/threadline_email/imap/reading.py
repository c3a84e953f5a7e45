"""Reads mails so that one which the server cannot give stops no other.

When a batch fails, its mails are read one by one; a mail that the server refuses, or at which it hangs up twice, is
unread and tried again later. When very many are refused in a row, the server is at fault, and nothing is settled.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from threadline_contracts.errors import TemporaryError
from threadline_email.imap.connection import Described
from threadline_email.imap.cursor import GONE, End, Passed, Unread
from threadline_email.imap.session import Session
from threadline_email.imap.trouble import trouble_of

_STRIKES: Final = 2  # at so many hang-ups in a row it is the mail
_REFUSALS: Final = 50  # in a row: it is the server
_NOTHING: Final = "the server gives no content"


class Mail(Struct, frozen=True):
    """A mail as it was read; `heads_only`: it is larger than we take, and this is its header."""

    uid: int
    raw: bytes
    size: int
    received_at: datetime
    heads_only: bool


class Batch(Struct, frozen=True):
    """Mails to be read together: their sizes and ages by UID, and how many bytes to expect."""

    mails: Mapping[int, Described]
    size: int
    heads_only: bool = False


class Read(Struct, frozen=True):
    """What reading a batch brought: mails, and how the others ended."""

    mails: Sequence[Mail]
    ends: Mapping[int, End]


def batches(described: Mapping[int, Described], *, mails: int, size: int, max_bytes: int) -> Iterator[Batch]:
    """Yield batches in the order of the UIDs, bounded by count and bytes; of too large a mail only the header."""
    batch: dict[int, Described] = {}
    held = 0
    for uid in sorted(described):
        its = described[uid]
        if its.size > max_bytes:
            yield from [Batch(batch, held)] if batch else []
            yield Batch({uid: its}, 0, heads_only=True)
            batch, held = {}, 0
            continue
        if batch and (len(batch) >= mails or held + its.size > size):
            yield Batch(batch, held)
            batch, held = {}, 0
        batch[uid] = its
        held += its.size
    if batch:
        yield Batch(batch, held)


class MailReader:
    """Reads the mails of one folder, and remembers at which of them the server hung up."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._careful: set[int] = set()  # they were in a batch at which the server hung up
        self._strikes: dict[int, int] = {}

    async def read(self, session: Session, batch: Batch) -> Read:
        """Return the mails of a batch. Raises TemporaryError when the connection is lost, or the server refuses all."""
        if not self._careful.isdisjoint(batch.mails):
            return await self._one_by_one(session, batch)
        try:
            found = await session.read(list(batch.mails), batch.size, heads_only=batch.heads_only)
        except TemporaryError as err:
            if trouble_of(err).kind != "refused":
                self._careful = set(batch.mails)
                raise
            return await self._one_by_one(session, batch)
        mails = [self._mail(uid, raw, batch) for uid, raw in found.items() if raw]
        left = Batch({uid: its for uid, its in batch.mails.items() if not found.get(uid)}, 0, batch.heads_only)
        if not left.mails:
            return Read(mails, {})
        others = await self._one_by_one(session, left)
        return Read([*mails, *others.mails], others.ends)

    async def retry(self, session: Session, uid: int, its: Described) -> Mail | End:
        """Read one that could not be read before; its end is Unread, too, when the server hangs up at it."""
        try:
            return await self._one(session, uid, its, heads_only=its.size > self._max_bytes)
        except TemporaryError as err:
            return Unread(str(err))

    async def _one_by_one(self, session: Session, batch: Batch) -> Read:
        mails: list[Mail] = []
        ends: dict[int, End] = {}
        refusals = 0
        for uid, its in batch.mails.items():
            found = await self._judged(session, uid, its, heads_only=batch.heads_only)
            if isinstance(found, Mail):
                mails.append(found)
                refusals = 0
                continue
            ends[uid] = found
            refusals += isinstance(found, Unread)
            if refusals >= _REFUSALS:
                raise TemporaryError(f"the server gives none of {refusals} mails: {found}")
        self._careful -= batch.mails.keys()
        return Read(mails, ends)

    async def _judged(self, session: Session, uid: int, its: Described, *, heads_only: bool) -> Mail | End:
        """Read one mail; when the connection is lost at it again, the next attempt leaves it out."""
        if self._strikes.get(uid, 0) >= _STRIKES:
            del self._strikes[uid]
            return Unread("the server hangs up when it is asked for this mail")
        try:
            found = await self._one(session, uid, its, heads_only=heads_only)
        except TemporaryError:
            self._strikes[uid] = self._strikes.get(uid, 0) + 1
            raise
        self._strikes.pop(uid, None)
        return found

    async def _one(self, session: Session, uid: int, its: Described, *, heads_only: bool) -> Mail | End:
        try:
            raw = (await session.read([uid], its.size, heads_only=heads_only)).get(uid)
        except TemporaryError as err:
            if trouble_of(err).kind == "refused":
                return Unread(str(err))
            raise
        if raw:
            return self._mail(uid, raw, Batch({uid: its}, its.size, heads_only))
        return Unread(_NOTHING) if uid in await session.describe([uid]) else Passed(GONE)

    def _mail(self, uid: int, raw: bytes, batch: Batch) -> Mail:
        """Return a mail; servers are known to tell wrong sizes, and the limit holds for the true one."""
        its = batch.mails[uid]
        if batch.heads_only or len(raw) <= self._max_bytes:
            return Mail(uid, raw, its.size, its.received_at, batch.heads_only)
        return Mail(uid, _head(raw), len(raw), its.received_at, heads_only=True)


def _head(raw: bytes) -> bytes:
    end = raw.find(b"\r\n\r\n")
    return raw[: end + 4] if 0 <= end < len(raw) // 2 else raw[: 64 * 1024]
