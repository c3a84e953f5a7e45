"""What `threadline backfill` shows while a mailbox's history is imported."""

from datetime import UTC, datetime, timedelta

import pytest

from threadline_email.imap.figures import Figures
from threadline_email.imap.routes import MailboxView
from threadline_standalone.commands.backfill import Counted, backfill, is_done, progress
from threadline_standalone.exits import CommandError, Exit

BEGAN = datetime(2026, 11, 3, 8, tzinfo=UTC)


def a_view(
    *, server: int = 0, taken: int = 0, waits: bool = False, looked: bool = True, begun: bool = True
) -> MailboxView:
    history = Figures(
        account="support",
        folder="INBOX",
        run="history",
        began=BEGAN,
        looked_at=BEGAN + timedelta(seconds=int(looked)),
        server=server,
        taken=taken,
        skipped={},
        failed=0,
        waiting=server - taken,
    )
    return MailboxView(
        address="support@a.example",
        desk="main",
        account="support",
        state="ok",
        reason="",
        folders=(history,) if begun else (),
        import_waits=waits,
    )


def test_counts_rate_and_what_is_left() -> None:
    counted = [Counted(at=100.0, done=1_000), Counted(at=110.0, done=6_000)]
    assert progress(a_view(server=10_000, taken=6_000), counted) == " 60%  6,000 of 10,000 mails, 500/s, 8 s left"


def test_a_long_way_is_told_in_minutes_and_hours() -> None:
    counted = [Counted(at=0.0, done=0), Counted(at=10.0, done=100)]
    assert progress(a_view(server=10_000, taken=100), counted).endswith("10/s, 16 min left")
    assert progress(a_view(server=100_000, taken=100), counted).endswith("10/s, 2.8 h left")


def test_nothing_is_guessed_from_one_look() -> None:
    assert progress(a_view(server=10, taken=1), [Counted(at=0.0, done=1)]) == " 10%  1 of 10 mails, 0/s"


def test_before_its_turn_it_says_what_goes_first() -> None:
    waiting = a_view(waits=True, begun=False)
    assert (
        progress(waiting, [Counted(at=0.0, done=0)])
        == "support@a.example: begins with the next look at the mailbox; new mail goes first"
    )


def test_it_is_done_when_all_was_listed_and_nothing_waits() -> None:
    assert is_done(a_view(server=5, taken=5))
    assert is_done(a_view(begun=False))
    assert not is_done(a_view(server=5, taken=4))
    assert not is_done(a_view(server=5, taken=5, waits=True))
    assert not is_done(a_view(looked=False))


def test_a_day_that_is_none_is_wrong_use() -> None:
    with pytest.raises(CommandError, match="not 'yesterday'") as raised:
        backfill("support@a.example", since="yesterday")
    assert raised.value.code is Exit.USAGE
