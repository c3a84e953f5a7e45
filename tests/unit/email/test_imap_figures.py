"""What became of each folder's mails, in a line and in numbers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from prometheus_client import REGISTRY

from threadline_email.imap.cursor import Cursor, Failed
from threadline_email.imap.figures import Figures, read_figures
from threadline_email.imap.record import HISTORY, NEW, record_key
from threadline_email.imap.watching import tell
from threadline_email.imap_settings import ImapAccount
from threadline_email.mailboxes import Mailbox
from threadline_shared.health import component, forget
from threadline_shared.state import State
from threadline_shared.state.sqlite import open_sqlite_state

BEGAN = datetime(2026, 11, 3, 8, tzinfo=UTC)
ACCOUNT = ImapAccount(host="localhost", user="support", secret="s", folders=("INBOX", "Sales"), sent_folder="Sent")
BOX = Mailbox(address="figures@a.example", imap=ACCOUNT)


def a_cursor(**fields: object) -> Cursor:
    given: dict[str, object] = {"uidvalidity": 1, "began": BEGAN, "looked_at": BEGAN + timedelta(days=1), **fields}
    return msgspec.convert(given, Cursor)


async def keep(state: State, space: str, folder: str, cursor: Cursor) -> None:
    await state.put(space, record_key(BOX, folder), msgspec.json.encode(cursor), expect=None)


async def lines(state: State) -> list[str]:
    return [one.line for one in await read_figures(state, BOX)]


async def test_each_folder_says_what_became_of_its_mails(tmp_path: Path) -> None:
    failed = {17: Failed("the server gives no content", 1, BEGAN)}
    live = a_cursor(server=1208, taken=1200, skipped={"an empty mail": 2, "gone": 1}, failed=failed)
    async with open_sqlite_state(tmp_path / "s") as state:
        await keep(state, NEW, "INBOX", live)
        await keep(state, HISTORY, "INBOX", a_cursor(server=10_000, taken=4_000, until=10_000, since="2025-01-01"))
        await keep(state, NEW, "Sent", a_cursor())
        assert await lines(state) == [
            (
                "INBOX: server has 1,208 since 2026-11-03, taken 1,200, skipped 3 (an empty mail: 2; gone: 1), "
                "failed 1 (UID 17 the server gives no content), waiting 4"
            ),
            (
                "INBOX, history: server has 10,000 from before 2026-11-03, since 2025-01-01, "
                "taken 4,000, skipped 0, waiting 6,000"
            ),
            "Sent: server has 0 since 2026-11-03, taken 0, skipped 0, waiting 0",
        ]


async def test_many_that_failed_are_not_all_named(tmp_path: Path) -> None:
    failed = {uid: Failed("no", 1, BEGAN) for uid in range(5)}
    async with open_sqlite_state(tmp_path / "s") as state:
        await keep(state, NEW, "INBOX", a_cursor(server=5, failed=failed))
        assert "failed 5 (UID 0 no; UID 1 no; UID 2 no; ...)" in (await lines(state))[0]


async def test_it_is_told_in_the_metrics_and_beside_the_state(tmp_path: Path) -> None:
    forget("email/figures@a.example")
    async with open_sqlite_state(tmp_path / "s") as state:
        await keep(state, NEW, "INBOX", a_cursor(server=7, taken=4, skipped={"gone": 2}))
        await tell(state, BOX)
    where = {"account": "figures@a.example", "folder": "INBOX", "run": "live"}
    counts = {
        kind: REGISTRY.get_sample_value("threadline_imap_messages", {**where, "state": kind})
        for kind in ("server", "taken", "skipped", "failed", "waiting")
    }
    assert counts == {"server": 7, "taken": 4, "skipped": 2, "failed": 0, "waiting": 1}
    assert REGISTRY.get_sample_value("threadline_imap_skipped_messages", {**where, "reason": "gone"}) == 2
    (line,) = component("email/figures@a.example").health().details
    assert line.startswith("INBOX: server has 7")


def test_figures_travel_as_json() -> None:
    shape = Figures(
        account="a",
        folder="f",
        run="live",
        began=BEGAN,
        looked_at=BEGAN,
        server=1,
        taken=1,
        skipped={},
        failed=0,
        waiting=0,
    )
    assert msgspec.json.decode(msgspec.json.encode(shape), type=Figures) == shape
