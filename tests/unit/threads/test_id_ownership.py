"""Whom an id ends up naming does not depend on who used it first."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from threadline_threads.hood import Holder
from threadline_threads.ownership import MAX_HOLDERS, Author, Rank, author, claim, read_author

authors = st.builds(
    Author, rank=st.sampled_from(list(Rank)), second=st.integers(1, 2), contact=st.sampled_from(["ana", "bob"])
)


def named(used_by: list[Author]) -> set[int]:
    """Return which of these messages, each in a ticket of its own, one id names when all have come."""
    holders: list[Holder] = []
    for number, one in enumerate(used_by):
        asked = claim(one.stored(), holders)
        holders = [replace(at, plain=False) if at in asked.losers else at for at in holders]
        if asked.holds:
            holders.append(Holder(UUID(int=number), plain=True, by=one.stored()))
    return {at.ticket.int for at in holders if at.plain}


@given(st.lists(authors, min_size=1, max_size=8))
def test_it_is_the_best_proved_authors_if_that_is_one_message(used_by: list[Author]) -> None:
    best = max(one.rank for one in used_by)
    top = {number for number, one in enumerate(used_by) if one.rank == best}
    one_message = len(top) == 1 or (best > Rank.NOBODY and len({used_by[number] for number in top}) == 1)
    assert named(used_by) == (top if one_message else set())


def test_an_id_has_so_many_copies_and_no_more() -> None:
    assert len(named([author(Rank.ASSERTED, "ana", datetime(2026, 3, 5, tzinfo=UTC))] * 20)) == MAX_HOLDERS


@given(authors)
def test_an_author_is_read_as_it_was_stored(one: Author) -> None:
    assert read_author(one.stored()) == one


def test_an_author_stored_by_the_first_release_is_still_the_same() -> None:
    sent = datetime(2026, 3, 5, tzinfo=UTC)
    for by, now in (
        ("ours", author(Rank.OURS, "ours", sent)),
        ("email:ana@a.example", author(Rank.ASSERTED, "email:ana@a.example", sent)),
    ):
        assert claim(now.stored(), [Holder(UUID(int=1), plain=True, by=by)]).holds
    assert read_author("").rank == Rank.NOBODY
