"""How far a folder is read: pure, and so strict that no crash and no order of confirms can lose a mail.

Every UID up to `last_uid` was taken, skipped for a reason, or stands in `failed`. `Progress` is the same in memory: it
knows what is settled beyond that, and lets the cursor follow over the unbroken prefix only.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

GONE: Final = "no longer on the server"
FAILED_MAX: Final = 200  # UIDs; when more fail, it is the server that fails, and the cursor waits
OWED_MAX: Final = 10_000
_CLOCKS: Final = timedelta(minutes=15)  # so far the server's and ours may be apart
_RETRY_FIRST: Final = timedelta(minutes=1)
_MANY: Final = 5  # tries, before a mail may be given up
_RETRY_MOST: Final = timedelta(hours=6)


class Failed(Struct, frozen=True):
    """A mail that could not be read: why, how often it was tried, when it is tried again, and since when."""

    reason: str
    tries: int
    again: datetime
    since: datetime | None = None


class Taken(Struct, frozen=True):
    """It is a message, or buried: its bytes are ours."""


class Passed(Struct, frozen=True):
    """It is no message, for a reason."""

    reason: str


class Unread(Struct, frozen=True):
    """It could not be read, for a reason."""

    reason: str


End = Taken | Passed | Unread


class Reconciliation(Struct, frozen=True, kw_only=True):
    """What became of the mails that the server showed since we began: server = taken + skipped + failed + waiting."""

    server: int
    taken: int
    skipped: Mapping[str, int]
    failed: int
    waiting: int


class Cursor(Struct, frozen=True, kw_only=True):
    """The durable place in one folder.

    `until`: the last UID to read (0: there is no last one). `since`: older mails are passed over.
    `renumbered_until`: UIDs up to here may be of mails that we took under another UIDVALIDITY.
    `anew`: this is not the first connection, but the first UIDVALIDITY is no more.
    `listed_uid`: the last UID that `server` counts.
    `owed`: UIDs whose flag, move or deletion the server has not confirmed.
    """

    uidvalidity: int
    last_uid: int = 0
    until: int = 0
    since: date | None = None
    renumbered_until: int = 0
    anew: bool = False
    began: datetime
    looked_at: datetime
    listed_uid: int = 0
    server: int = 0
    taken: int = 0
    skipped: Mapping[str, int] = {}
    failed: Mapping[int, Failed] = {}
    owed: tuple[int, ...] = ()

    def reconciliation(self) -> Reconciliation:
        """Return the counts."""
        settled = self.taken + sum(self.skipped.values()) + len(self.failed)
        return Reconciliation(
            server=self.server,
            taken=self.taken,
            skipped=self.skipped,
            failed=len(self.failed),
            waiting=self.server - settled,
        )

    def renumbered(self, uidvalidity: int, uidnext: int) -> "Cursor":
        """Return the cursor of the folder under another UIDVALIDITY: all is read again, what is known is passed."""
        return Cursor(
            uidvalidity=uidvalidity,
            until=max(uidnext - 1, 1) if self.until else 0,
            since=self.since,
            renumbered_until=uidnext - 1,
            anew=True,
            began=self.began,
            looked_at=self.looked_at,
            server=self.taken + sum(self.skipped.values()),
            taken=self.taken,
            skipped=self.skipped,
        )

    def due(self, now: datetime) -> list[int]:
        """Return the failed UIDs whose time has come, those first that wait longest."""
        due = [uid for uid, failed in self.failed.items() if failed.again <= now]
        return sorted(due, key=lambda uid: (self.failed[uid].again, uid))

    def predates(self, received_at: datetime) -> bool:
        """Whether a mail is older than the first connection."""
        return received_at < self.began - _CLOCKS

    def imports(self, uid: int, received_at: datetime) -> bool:
        """Whether a mail that is unknown is history: the server numbered its mails anew."""
        return self.anew and uid <= self.renumbered_until and self.predates(received_at)

    def hopeless(self, now: datetime, patience: timedelta) -> list[int]:
        """Return the failed UIDs that were tried for so long, and often."""
        failed = self.failed.items()
        return sorted(uid for uid, its in failed if its.tries >= _MANY and its.since and now - its.since >= patience)


class Progress:
    """One folder's cursor, and what is settled beyond it."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self._listed: Sequence[int] = ()
        self._next = 0  # the first of them that the cursor has not passed
        self._ends: dict[int, End] = {}

    def list(self, uids: Iterable[int], now: datetime) -> Sequence[int]:
        """Say which UIDs the server shows beyond the cursor; return those that are not settled, in order.

        What it showed before and shows no more counts as gone.
        """
        cursor = self.cursor
        there = sorted({uid for uid in uids if self._wanted(uid)} | self._ends.keys())
        known = sum(uid <= cursor.listed_uid for uid in there)
        gone = cursor.reconciliation().waiting - known  # less than none: one came late
        self._listed, self._next = there, 0
        self.cursor = replace(
            cursor,
            server=cursor.server + len(there) - known - min(gone, 0),
            skipped=_plus(cursor.skipped, GONE, max(gone, 0)),
            listed_uid=max(cursor.listed_uid, *there[-1:], 0),
            looked_at=now,
        )
        unsettled = [uid for uid in there if uid not in self._ends]
        self._follow(now)  # what went was perhaps all that it waited for
        return unsettled

    def settle(self, uid: int, end: End, now: datetime) -> None:
        """Say how a UID ended, in any order; one of `failed` is settled by itself, the others when their turn comes."""
        failed = self.cursor.failed.get(uid)
        if failed is not None:
            others = {other: its for other, its in self.cursor.failed.items() if other != uid}
            self.cursor = _counted(replace(self.cursor, failed=others), uid, end, now, failed)
        elif uid > self.cursor.last_uid:
            self._ends[uid] = end
            self._follow(now)

    def owe(self, uids: Iterable[int]) -> None:
        """Remember what is still to be flagged, moved or deleted."""
        self.cursor = replace(self.cursor, owed=tuple(dict.fromkeys((*self.cursor.owed, *uids)))[-OWED_MAX:])

    def paid(self, uids: Iterable[int]) -> None:
        """Forget what was flagged, moved or deleted."""
        done = set(uids)
        self.cursor = replace(self.cursor, owed=tuple(uid for uid in self.cursor.owed if uid not in done))

    def full(self) -> bool:
        """Whether so many failed that the fault must be another's than the mails'."""
        return len(self.cursor.failed) >= FAILED_MAX

    def _wanted(self, uid: int) -> bool:
        return self.cursor.last_uid < uid and (not self.cursor.until or uid <= self.cursor.until)

    def _follow(self, now: datetime) -> None:
        """Let the cursor follow over what is settled without a gap."""
        while self._next < len(self._listed):
            uid = self._listed[self._next]
            end = self._ends.pop(uid, None)
            if end is None:
                return
            self._next += 1
            self.cursor = replace(_counted(self.cursor, uid, end, now, None), last_uid=uid)


def _counted(cursor: Cursor, uid: int, end: End, now: datetime, before: Failed | None) -> Cursor:
    match end:
        case Taken():
            return replace(cursor, taken=cursor.taken + 1)
        case Passed(reason=reason):
            return replace(cursor, skipped=_plus(cursor.skipped, reason, 1))
        case Unread(reason=reason):
            tries, since = (before.tries, before.since or now) if before else (0, now)
            pause = min(_RETRY_FIRST * 2 ** min(tries, 12), _RETRY_MOST)
            failed = Failed(reason, tries + 1, now + pause, since)
            return replace(cursor, failed={**cursor.failed, uid: failed})


def _plus(counts: Mapping[str, int], reason: str, count: int) -> Mapping[str, int]:
    return {**counts, reason: counts.get(reason, 0) + count} if count else counts
