"""What became of the mails of each folder, for people: lines and gauges, read from the cursors. Refuses silence.

Every process may read them; whichever holds a mailbox's lease has written them.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Final

from msgspec import Struct
from prometheus_client import Gauge

from threadline_email.imap.cursor import Cursor
from threadline_email.imap.record import HISTORY, NEW, decode_cursor, record_key
from threadline_email.mailboxes import Mailbox
from threadline_shared.state import State

_MESSAGES: Final = Gauge(
    "threadline_imap_messages",
    "Mails of a folder since the cursor began: server = taken + skipped + failed + waiting; run: live or history",
    ("account", "folder", "run", "state"),
)
_SKIPPED: Final = Gauge(
    "threadline_imap_skipped_messages", "Mails that became no message", ("account", "folder", "run", "reason")
)
_LOOKED: Final = Gauge(
    "threadline_imap_last_look_timestamp_seconds", "When a folder was last read", ("account", "folder", "run")
)
_RUNS: Final = {NEW: "live", HISTORY: "history"}
_FEW: Final = 3  # failed mails that are named


class Figures(Struct, frozen=True, kw_only=True):
    """The counts of one folder; `run` is `live` or `history`. server = taken + skipped + failed + waiting.

    `since`: the day from which history is imported, if not all of it. `troubles`: the first that failed, and why.
    """

    account: str
    folder: str
    run: str
    began: datetime
    looked_at: datetime
    server: int
    taken: int
    skipped: dict[str, int]
    failed: int
    waiting: int
    since: date | None = None
    troubles: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the server was asked, and nothing waits."""
        return self.looked_at > self.began and not self.waiting

    @property
    def _which(self) -> str:
        if self.run != "history":
            return f"since {self.began:%Y-%m-%d}"
        return f"from before {self.began:%Y-%m-%d}" + (f", since {self.since}" if self.since else "")

    @property
    def line(self) -> str:
        """Say it all in one line."""
        where = f"{self.folder}, history" if self.run == "history" else self.folder
        parts = [
            f"server has {self.server:,} {self._which}",
            f"taken {self.taken:,}",
            _with_reasons("skipped", sum(self.skipped.values()), [f"{why}: {n:,}" for why, n in self.skipped.items()]),
            *([_with_reasons("failed", self.failed, self.troubles)] if self.failed else []),
            f"waiting {self.waiting:,}",
        ]
        return f"{where}: {', '.join(parts)}"


async def read_figures(state: State, mailbox: Mailbox) -> Sequence[Figures]:
    """Return the figures of each folder that was looked at: live, then history. Raises TemporaryError."""
    if mailbox.imap is None:
        return ()
    found: list[Figures] = []
    for folder in filter(None, (*mailbox.imap.folders, mailbox.imap.sent_folder)):
        for space, run in _RUNS.items():
            key = record_key(mailbox, folder)
            if record := await state.get(space, key):
                cursor = decode_cursor(record.value, space, key)
                found.append(_figures(mailbox.name, folder, run, cursor))
    return found


def measure(figures: Figures) -> None:
    """Set the gauges."""
    for state in ("server", "taken", "failed", "waiting"):
        _messages(figures.account, figures.folder, figures.run, state).set(getattr(figures, state))
    _messages(figures.account, figures.folder, figures.run, "skipped").set(sum(figures.skipped.values()))
    for reason, count in figures.skipped.items():
        _skipped(figures.account, figures.folder, figures.run, reason).set(count)
    _looked(figures.account, figures.folder, figures.run).set(figures.looked_at.timestamp())


def _figures(account: str, folder: str, run: str, cursor: Cursor) -> Figures:
    counts = cursor.reconciliation()
    failed = list(cursor.failed.items())
    return Figures(
        account=account,
        folder=folder,
        run=run,
        began=cursor.began.astimezone(UTC),
        looked_at=cursor.looked_at.astimezone(UTC),
        server=counts.server,
        taken=counts.taken,
        skipped=dict(counts.skipped),
        failed=counts.failed,
        waiting=counts.waiting,
        since=cursor.since if run == "history" else None,
        troubles=tuple(f"UID {uid} {one.reason}" for uid, one in failed[:_FEW])
        + (("...",) if len(failed) > _FEW else ()),
    )


def _with_reasons(word: str, count: int, reasons: Sequence[str]) -> str:
    return f"{word} {count:,} ({'; '.join(reasons)})" if reasons else f"{word} {count:,}"


@cache
def _messages(account: str, folder: str, run: str, state: str) -> Gauge:
    return _MESSAGES.labels(account, folder, run, state)


@cache
def _skipped(account: str, folder: str, run: str, reason: str) -> Gauge:
    return _SKIPPED.labels(account, folder, run, reason)


@cache
def _looked(account: str, folder: str, run: str) -> Gauge:
    return _LOOKED.labels(account, folder, run)
