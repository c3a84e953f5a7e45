"""What every store of tickets does on command: merge, unmerge, status; each undone as it was done, and answered."""

from datetime import UTC, datetime
from uuid import UUID

from support.commands import (
    IVA,
    a_merge,
    a_status,
    an_unmerge,
    carry_out,
    conversation,
    data_of,
    headers,
    placed,
    revisions_are_gapless,
    told,
)
from support.threads_house import House
from support.threads_shelf import a_mail
from threadline_contracts.commands import Answer, CommandAnswered
from threadline_contracts.ticket import Rule, Status, TicketMerged, TicketUnmerged, TicketUpdated
from threadline_contracts.topology import EventType
from threadline_threads.reading import TicketQuery
from threadline_threads.reasons import Reason

NOBODY = UUID(int=0)
WHY = Reason(Rule.REFERENCE, "A rule says so.")


async def rows(house: House) -> list[tuple[UUID, int, str]]:
    """Return what the list of tickets shows."""
    page = await house.reader.tickets(TicketQuery(limit=100))
    return [(row.ticket.id, row.ticket.message_count, row.last_text) for row in page.items]


async def test_a_merge_makes_one_conversation_in_the_direction_asked(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2"))
    outcome = await carry_out(house, a_merge(one, two, because="the same fire"))
    found = await conversation(house, one)
    assert (outcome.answer, outcome.tickets) == (Answer.DONE, (one, two))
    assert (found.ticket.id, [ticket.id for ticket in found.merged]) == (two, [one])
    (link,) = found.links
    assert (link.child, link.parent, link.rule, link.by, link.because) == (one, two, "command", IVA, "the same fire")


async def test_the_events_of_a_merge_are_those_of_a_merge_by_rule_and_an_answer(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2"))
    await carry_out(house, a_merge(one, two), id="c1")
    updated, merged, answered = [data_of(event) for event in (await told(house))[2:]]
    assert isinstance(updated, TicketUpdated)
    assert isinstance(merged, TicketMerged)
    assert (updated.ticket.id, updated.changed) == (two, ("links",))
    assert (merged.ticket.id, merged.ticket.root, merged.root) == (one, two, updated.ticket)
    assert isinstance(answered, CommandAnswered)
    assert (answered.command_id, answered.command_type) == ("c1", EventType.TICKET_MERGE_REQUESTED)
    assert (answered.answer, answered.by, answered.tickets) == (Answer.DONE, IVA, (one, two))


async def test_a_chain_of_merges_speaks_through_its_end(house: House) -> None:
    one, two, three, four = await placed(house, *(a_mail(f"m{n}") for n in range(4)))
    await carry_out(house, a_merge(one, two))
    await carry_out(house, a_merge(two, three))
    await carry_out(house, a_merge(one, four))  # one speaks through three
    found = await conversation(house, one)
    assert found.ticket.id == four
    assert {(link.child, link.parent) for link in found.links} == {(one, two), (two, three), (three, four)}
    assert revisions_are_gapless(await told(house))


async def test_there_is_no_cycle(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2"))
    await carry_out(house, a_merge(one, two))
    back = await carry_out(house, a_merge(two, one))
    assert (back.answer, len((await conversation(house, one)).links)) == (Answer.UNCHANGED, 1)
    assert "already" in back.because


async def test_a_reply_to_a_merged_away_ticket_reaches_the_root(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2", "bob@b.example"))
    await carry_out(house, a_merge(one, two))
    answer = a_mail("m3", cites=["m1"])
    from_other = a_mail("m4", "bob@b.example", cites=["m1"])  # takes part in the conversation since the merge
    assert await placed(house, answer, from_other) == [one, one]
    assert {await house.root(mail) for mail in (answer, from_other)} == {two}
    assert (await house.reader.tickets(TicketQuery())).items[0].last_text == from_other.text


async def test_what_waited_for_somebody_in_one_comes_true_by_a_merge(house: House) -> None:
    first, second = a_mail("m1"), a_mail("m2", to=["bob@b.example"])
    stranger = a_mail("m3", "bob@b.example", cites=["m1"])
    one, two, three = await placed(house, first, second, stranger)
    await carry_out(house, a_merge(two, one))
    assert await house.root(stranger) == one != three
    assert revisions_are_gapless(await told(house))


async def test_unmerge_restores_both_with_what_came_in_between(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2"))
    await carry_out(house, a_merge(one, two))
    await placed(house, a_mail("m3", cites=["m1"]), a_mail("m4", cites=["m2"]), a_mail("m5", cites=["m3"]))
    outcome = await carry_out(house, an_unmerge(one, because="two fires"))
    assert outcome.answer is Answer.DONE
    here, there = await conversation(house, one), await conversation(house, two)
    assert [placed.message.external_id[:2] for placed in here.messages] == ["m1", "m3", "m5"]
    assert [placed.message.external_id[:2] for placed in there.messages] == ["m2", "m4"]
    assert (here.links, there.links, here.merged, there.merged) == ((), (), (), ())
    assert [ticket for ticket, _, _ in await rows(house)] == [one, two]


async def test_the_list_shows_each_as_if_they_had_never_met(house: House) -> None:
    mails = [a_mail("m1"), a_mail("m2"), a_mail("m3", cites=["m2"])]
    one, two, _ = await placed(house, *mails)
    before = await rows(house)
    await carry_out(house, a_merge(two, one))
    assert await rows(house) != before
    await carry_out(house, an_unmerge(two))
    assert await rows(house) == before


async def test_an_unmerge_is_told_to_every_ticket_that_leaves(house: House) -> None:
    one, two, three = await placed(house, *(a_mail(f"m{n}") for n in range(3)))
    await carry_out(house, a_merge(one, two))
    await carry_out(house, a_merge(two, three))
    before = len(await told(house))
    await carry_out(house, an_unmerge(two, because="no"))
    updated, *left, _ = [data_of(event) for event in (await told(house))[before:]]
    assert isinstance(updated, TicketUpdated)
    assert (updated.ticket.id, updated.changed, updated.ticket.links) == (three, ("links",), ())
    assert {one.ticket.id for one in left if isinstance(one, TicketUnmerged)} == {one, two}
    for event in left:
        assert isinstance(event, TicketUnmerged)
        assert (event.ticket.root, event.root.id, event.by, event.because) == (two, three, IVA, "no")
        assert (event.link.child, event.link.parent) == (two, three)
    assert revisions_are_gapless(await told(house))


async def test_a_link_in_the_middle_of_a_chain_is_told_to_both_its_ends(house: House) -> None:
    one, two, three = await placed(house, *(a_mail(f"m{n}") for n in range(3)))
    await carry_out(house, a_merge(one, two))
    await carry_out(house, a_merge(two, three))
    await carry_out(house, an_unmerge(one))
    assert [link.child for link in (await conversation(house, one)).links] == []
    found = await conversation(house, two)
    assert (found.ticket.id, [link.child for link in found.links]) == (three, [two])
    last = {header.id: header for header in headers(await told(house))}
    assert (last[two], last[three]) == (found.merged[0], found.ticket)


async def test_after_an_unmerge_no_rule_joins_the_two_until_somebody_merges_them(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2"))
    await carry_out(house, a_merge(one, two))
    await carry_out(house, an_unmerge(one, because="two fires"))
    assert not await house.store.join(one, two, WHY, datetime.now(UTC))
    (pair,) = (await conversation(house, one)).severed
    assert ({pair.one, pair.other}, pair.by, pair.because) == ({one, two}, IVA, "two fires")
    assert pair.link is not None
    await house.place(a_mail("m3", cites=["m1", "m2"]))
    (asked,) = (await conversation(house, one)).suggestions
    assert (asked.suggestion.score, {asked.ticket.id, asked.other.id}) == (0.95, {one, two})
    assert f"kept apart by a decision of {IVA}" in asked.suggestion.reasons[0].because
    await carry_out(house, a_merge(two, one))
    assert (await conversation(house, one)).suggestions == ()
    assert (await conversation(house, one)).severed == ()
    assert await house.root(a_mail("m2")) == one


async def test_whole_groups_stay_apart_and_a_merge_of_any_two_of_them_lifts_that(house: House) -> None:
    one, two, three, four = await placed(house, *(a_mail(f"m{n}") for n in range(4)))
    await carry_out(house, a_merge(one, two))
    await carry_out(house, an_unmerge(one))
    assert await house.store.join(one, three, WHY, datetime.now(UTC))
    assert await house.store.join(two, four, WHY, datetime.now(UTC))
    assert not await house.store.join(three, four, WHY, datetime.now(UTC))
    await carry_out(house, a_merge(three, four))
    await carry_out(house, an_unmerge(one))
    assert await house.root(a_mail("m0")) == await house.root(a_mail("m2")) != await house.root(a_mail("m3"))


async def test_a_join_by_rule_keeps_the_older_ticket_and_tells(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2"))
    assert await house.store.join(two, one, WHY, datetime.now(UTC))
    assert not await house.store.join(two, one, WHY, datetime.now(UTC))
    *_, updated, merged = [data_of(event) for event in await told(house)]
    assert isinstance(updated, TicketUpdated)
    assert isinstance(merged, TicketMerged)
    assert (merged.link.child, merged.link.parent) == (two, one)
    assert (merged.link.rule, merged.link.because, merged.link.by) == ("reference", WHY.because, "threads")


async def test_a_join_with_what_is_over_is_one_with_its_follower(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2"))
    await carry_out(house, a_status(one, Status.CLOSED))
    await placed(house, a_mail("m3", cites=["m1"]))
    assert await house.store.join(one, two, WHY, datetime.now(UTC))
    assert await house.root(a_mail("m3")) == await house.root(a_mail("m2")) == two
    assert await house.root(a_mail("m1")) == one


async def test_a_join_across_desks_or_with_nothing_does_not_happen(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2", desk="brand"))
    assert not await house.store.join(one, two, WHY, datetime.now(UTC))
    assert not await house.store.join(one, NOBODY, WHY, datetime.now(UTC))
