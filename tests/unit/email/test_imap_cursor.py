"""The cursor of a folder: whatever the order of confirms and crashes, no mail below it is lost."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from typing_extensions import override

from threadline_email.imap.cursor import FAILED_MAX, GONE, Cursor, End, Passed, Progress, Taken, Unread

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


def a_cursor(**chosen: int) -> Cursor:
    return Cursor(**{"uidvalidity": 7, **chosen}, began=NOON, looked_at=NOON)  # type: ignore[arg-type]  # any of them


def a_progress(uids: Iterable[int] = (), **chosen: int) -> Progress:
    progress = Progress(a_cursor(**chosen))
    progress.list(uids, NOON)
    return progress


def balanced(cursor: Cursor) -> bool:
    counts = cursor.reconciliation()
    settled = counts.taken + sum(counts.skipped.values()) + counts.failed
    return counts.server == settled + counts.waiting and counts.waiting >= 0


def test_the_cursor_follows_over_the_unbroken_prefix_only() -> None:
    progress = a_progress([3, 5, 9])
    progress.settle(9, Taken(), NOON)
    progress.settle(5, Taken(), NOON)
    assert progress.cursor.last_uid == 0
    progress.settle(3, Passed("an empty mail"), NOON)
    assert progress.cursor.last_uid == 9
    assert (progress.cursor.taken, progress.cursor.skipped) == (2, {"an empty mail": 1})


def test_what_is_settled_beyond_the_cursor_is_not_listed_again() -> None:
    progress = a_progress([1, 2, 3])
    progress.settle(2, Taken(), NOON)
    assert progress.list([1, 2, 3, 4], NOON) == [1, 3, 4]


def test_one_that_failed_does_not_hold_the_others_up_and_is_due_later() -> None:
    progress = a_progress([1, 2])
    progress.settle(1, Unread("refused"), NOON)
    progress.settle(2, Taken(), NOON)
    assert progress.cursor.last_uid == 2
    assert progress.cursor.due(NOON) == []
    assert progress.cursor.due(NOON + timedelta(minutes=2)) == [1]


def test_it_is_tried_ever_later_and_never_given_up() -> None:
    progress, now, pauses = a_progress([1]), NOON, []
    for _ in range(20):
        progress.settle(1, Unread("refused"), now)
        again = progress.cursor.failed[1].again
        pauses.append(again - now)
        now = again
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(minutes=1), timedelta(hours=6))
    progress.settle(1, Taken(), now)
    assert (progress.cursor.failed, progress.cursor.taken) == ({}, 1)


def test_what_was_listed_and_is_gone_is_accounted_for() -> None:
    progress = a_progress([1, 2, 3])
    progress.list([3], NOON)
    assert progress.cursor.skipped == {GONE: 2}
    progress.settle(3, Taken(), NOON)
    assert (progress.cursor.last_uid, progress.cursor.reconciliation().waiting) == (3, 0)


def test_what_is_settled_behind_a_mail_that_went_waits_no_longer() -> None:
    progress = a_progress([1, 2])
    progress.settle(2, Taken(), NOON)
    assert progress.list([2], NOON) == []
    assert (progress.cursor.last_uid, progress.cursor.reconciliation().waiting) == (2, 0)


def test_a_mail_that_comes_late_is_still_read() -> None:
    progress = a_progress([5])
    assert progress.list([4, 5], NOON) == [4, 5]
    assert progress.cursor.server == 2


def test_an_end_of_the_range_is_respected() -> None:
    progress = Progress(a_cursor(until=3))
    assert progress.list([1, 3, 4], NOON) == [1, 3]


def test_under_another_uidvalidity_all_is_read_again_and_nothing_is_forgotten() -> None:
    progress = a_progress([1, 2, 3])
    progress.settle(1, Taken(), NOON)
    progress.settle(2, Unread("refused"), NOON)
    cursor = progress.cursor.renumbered(8, uidnext=4)
    assert (cursor.uidvalidity, cursor.last_uid, cursor.renumbered_until, cursor.failed) == (8, 0, 3, {})
    assert (cursor.taken, cursor.began) == (1, NOON)
    assert balanced(cursor)


def test_too_many_failures_are_the_servers() -> None:
    progress = a_progress(range(1, FAILED_MAX + 1))
    for uid in range(1, FAILED_MAX + 1):
        assert not progress.full()
        progress.settle(uid, Unread("refused"), NOON)
    assert progress.full()


def test_what_is_owed_is_remembered_until_it_is_paid() -> None:
    progress = a_progress()
    progress.owe([1, 2])
    progress.owe([2, 3])
    progress.paid([1])
    assert progress.cursor.owed == (2, 3)


ENDS: tuple[End, ...] = (Taken(), Passed("why"), Unread("why"))
ends = st.sampled_from(ENDS)


@given(st.sets(st.integers(1, 60), min_size=1), st.data())
def test_in_any_order_of_confirms_no_uid_below_the_cursor_is_unsettled(uids: set[int], data: st.DataObject) -> None:
    progress, settled = a_progress(uids), set[int]()
    for uid in data.draw(st.permutations(sorted(uids))):
        progress.settle(uid, data.draw(ends), NOON)
        settled.add(uid)
        assert {below for below in uids if below <= progress.cursor.last_uid} <= settled
        assert balanced(progress.cursor)
    assert progress.cursor.last_uid == max(uids)


class Reading(RuleBasedStateMachine):
    """A server, a reader that may crash at any moment, and what it has confirmed."""

    @initialize()
    def connect(self) -> None:
        self.progress = Progress(a_cursor())
        self.stored = msgspec.json.encode(self.progress.cursor)
        self.there: set[int] = set()  # on the server
        self.gone: set[int] = set()
        self.taken: set[int] = set()
        self.passed: set[int] = set()
        self.next_uid = 1
        self.todo: list[int] = []
        self.now = NOON

    @rule(gap=st.integers(1, 3))
    def arrive(self, gap: int) -> None:
        self.next_uid += gap
        self.there.add(self.next_uid)

    @precondition(lambda self: self.there)
    @rule(data=st.data())
    def vanish(self, data: st.DataObject) -> None:
        uid = data.draw(st.sampled_from(sorted(self.there)))
        self.there.discard(uid)
        self.gone.add(uid)

    @rule()
    def look(self) -> None:
        self.now += timedelta(minutes=1)
        self.todo = list(self.progress.list(self.there, self.now))

    @precondition(lambda self: self.todo)
    @rule(data=st.data(), end=ends)
    def settle(self, data: st.DataObject, end: End) -> None:
        uid = data.draw(st.sampled_from(self.todo))
        self.todo.remove(uid)
        self.confirm(uid, end)

    @precondition(lambda self: self.progress.cursor.failed)
    @rule(end=ends)
    def try_again(self, end: End) -> None:
        self.now += timedelta(hours=7)
        self.confirm(self.progress.cursor.due(self.now)[0], end)

    def confirm(self, uid: int, end: End) -> None:
        if isinstance(end, Taken):
            self.taken.add(uid)
        if isinstance(end, Passed):
            self.passed.add(uid)
        self.progress.settle(uid, end, self.now)

    @rule()
    def save(self) -> None:
        self.stored = msgspec.json.encode(self.progress.cursor)

    @rule()
    def crash(self) -> None:
        self.progress, self.todo = Progress(msgspec.json.decode(self.stored, type=Cursor)), []

    @invariant()
    def nothing_below_the_cursor_is_lost(self) -> None:
        cursor = self.progress.cursor
        below = {uid for uid in self.there | self.gone if uid <= cursor.last_uid}
        assert below <= self.taken | self.passed | cursor.failed.keys() | self.gone

    @invariant()
    def the_counts_agree(self) -> None:
        assert balanced(self.progress.cursor)
        assert balanced(msgspec.json.decode(self.stored, type=Cursor))

    @override
    def teardown(self) -> None:
        """Read to the end: then every mail that is there was confirmed, however often we crashed."""
        if not hasattr(self, "progress"):
            return
        for uid in self.progress.list(self.there, self.now):
            self.confirm(uid, Taken())
        assert self.there <= self.taken | self.passed | self.progress.cursor.failed.keys()
        assert self.progress.cursor.reconciliation().waiting == 0


TestReading = Reading.TestCase
TestReading.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
