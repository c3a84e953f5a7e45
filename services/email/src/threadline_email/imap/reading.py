"""Reads mails so that one which the server cannot give stops no other.

When a batch fails, its mails are read one by one; a mail that the server refuses, or at which it hangs up twice, is
unread and tried again later. When very many are refused together, the server is at fault, and nothing is settled.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from msgspec import Struct

from threadline_contracts.errors import TemporaryError
from threadline_email.imap.connection import HEAD_BYTES, Described
from threadline_email.imap.cursor import GONE, End, Passed, Unread
from threadline_email.imap.ledger import mark_of_head
from threadline_email.imap.session import Session
from threadline_email.imap.suspects import Suspects
from threadline_email.imap.trouble import trouble_of

_FLOOD: Final = 50  # of what is asked for together: it is the server
_NOTHING: Final = "the server gives no content"
_UNTOLD: Final = "the server tells nothing of it"


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
            yield Batch({uid: its}, HEAD_BYTES, heads_only=True)
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
    """Reads the mails of one folder, and remembers at which of them the server failed."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._undescribed = Suspects()
        self._unread = Suspects()
        self._unidentified: set[int] = set()

    async def describe(
        self, session: Session, uids: Sequence[int]
    ) -> tuple[Mapping[int, Described], Mapping[int, End]]:
        """Return size and age of mails, and how the others ended. Raises TemporaryError."""
        plain, doubtful = self._undescribed.part(uids)
        described: dict[int, Described] = {}
        try:
            described.update(await session.describe(plain) if plain else {})
        except TemporaryError as err:
            self._undescribed.failed(plain, err)
            plain, doubtful = [], uids
        ends = await _missing(session, [uid for uid in plain if uid not in described])
        _refuse_flood(ends)
        for uid in doubtful:
            answer = await self._undescribed.judge(uid, partial(session.describe, [uid]))
            if isinstance(answer, Unread):
                ends[uid] = answer
                _refuse_flood(ends)
            elif uid in answer:
                described[uid] = answer[uid]
            else:
                ends.update(await _missing(session, [uid]))
        return described, ends

    async def identities(self, session: Session, uids: Sequence[int]) -> Mapping[int, bytes]:
        """Return the header fields that identities rest on, as far as the server gives them. Raises TemporaryError."""
        if not self._unidentified.isdisjoint(uids):
            self._unidentified.difference_update(uids)
            return {}  # the server hung up at them: read whole, they are told apart as well
        try:
            return await session.read_identities(uids)
        except TemporaryError as err:
            if trouble_of(err).kind != "refused":
                self._unidentified = set(uids)
                raise
            return {}

    async def read(self, session: Session, batch: Batch) -> Read:
        """Return the mails of a batch. Raises TemporaryError when the connection is lost, or the server refuses all."""
        plain, _ = self._unread.part(batch.mails)
        found: Mapping[int, bytes] = {}
        try:
            found = await session.read(plain, batch.size, heads_only=batch.heads_only) if plain else {}
        except TemporaryError as err:
            self._unread.failed(plain, err)
        mails = [self._mail(uid, raw, batch) for uid, raw in found.items() if raw and uid in batch.mails]
        ends: dict[int, End] = {}
        for uid in [uid for uid in batch.mails if not found.get(uid)]:
            ask = partial(self._one, session, uid, batch.mails[uid], heads_only=batch.heads_only)
            answer = await self._unread.judge(uid, ask)
            if isinstance(answer, Mail):
                mails.append(answer)
            else:
                ends[uid] = answer
                _refuse_flood(ends)
        return Read(mails, ends)

    async def retry(self, session: Session, uid: int, its: Described) -> Mail | End:
        """Read one that could not be read before. Raises TemporaryError when the connection is lost."""
        try:
            return await self._one(session, uid, its, heads_only=its.size > self._max_bytes)
        except TemporaryError as err:
            if trouble_of(err).kind != "refused":
                raise
            return Unread(str(err))

    async def _one(self, session: Session, uid: int, its: Described, *, heads_only: bool) -> Mail | End:
        raw = (await session.read([uid], its.size, heads_only=heads_only)).get(uid)
        if raw:
            return self._mail(uid, raw, Batch({uid: its}, its.size, heads_only))
        return Unread(_NOTHING) if await session.listed([uid]) else Passed(GONE)

    def _mail(self, uid: int, raw: bytes, batch: Batch) -> Mail:
        """Return a mail; servers are known to tell wrong sizes, and the limit holds for the true one."""
        its = batch.mails[uid]
        if batch.heads_only:
            return Mail(uid, _placeholder(raw, its.size), its.size, its.received_at, heads_only=True)
        if len(raw) <= self._max_bytes:
            return Mail(uid, raw, its.size, its.received_at, heads_only=False)
        return Mail(uid, _placeholder(_head(raw), len(raw)), len(raw), its.received_at, heads_only=True)


async def _missing(session: Session, uids: Sequence[int]) -> dict[int, End]:
    """Return how mails ended of which the server told nothing: they are gone, unless a search still finds them."""
    listed = await session.listed(uids) if uids else ()
    return {uid: Unread(_UNTOLD) if uid in listed else Passed(GONE) for uid in uids}


def _refuse_flood(ends: Mapping[int, End]) -> None:
    """Settle nothing when very many cannot be read. Raises TemporaryError."""
    unread = [end for end in ends.values() if isinstance(end, Unread)]
    if len(unread) >= _FLOOD:
        raise TemporaryError(f"the server gives none of {len(unread)} mails: {unread[-1].reason}")


def _head(raw: bytes) -> bytes:
    end = raw.find(b"\r\n\r\n")
    return raw[: min(end + 4, HEAD_BYTES)] if 0 <= end < len(raw) // 2 else raw[: 64 * 1024]


def _placeholder(head: bytes, size: int) -> bytes:
    """Return the head as a whole one; the size tells mails apart of which neither Message-ID nor Date does."""
    if len(head) >= HEAD_BYTES and b"\r\n\r\n" not in head:
        head = head[: head.rfind(b"\r\n") + 2] + b"\r\n"  # it was cut
    return head if mark_of_head(head) is not None else head + b"%d bytes; the body stayed on the server\r\n" % size
