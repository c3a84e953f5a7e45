"""What a split leaves behind: tickets without messages, and weak evidence that is about the new ticket now."""

from support.commands import (
    a_merge,
    a_split,
    an_unmerge,
    carry_out,
    conversation,
    data_of,
    placed,
    revisions_are_gapless,
    rows,
    told,
)
from support.threads import incomings
from support.threads_house import House
from support.threads_rows import insert
from support.threads_shelf import a_mail
from threadline_contracts.commands import Answer
from threadline_contracts.ticket import Status, TicketUpdated
from threadline_threads.clerk.lessons import hints_in
from threadline_threads.reading import TicketQuery


async def test_the_only_message_of_a_conversation_stays(house: House) -> None:
    old, *_ = await placed(house, a_mail("m1"))
    outcome = await carry_out(house, a_split(a_mail("m1")))
    assert (outcome.answer, outcome.tickets) == (Answer.REFUSED, (old,))
    assert "nothing would remain" in outcome.because


async def test_the_only_message_of_a_merged_ticket_may_leave_the_conversation(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2"))
    await carry_out(house, a_merge(one, two))
    new, *_ = (await carry_out(house, a_split(a_mail("m2")))).tickets
    found = await conversation(house, one)
    assert (found.ticket.id, found.ticket.message_count) == (two, 0)
    assert (found.ticket.reference, found.ticket.contact) == (a_mail("m1").reference, a_mail("m1").sender)
    rows = (await house.reader.tickets(TicketQuery())).items
    assert {(row.ticket.id, row.last_text) for row in rows} == {(two, a_mail("m1").text), (new, a_mail("m2").text)}


async def test_a_merged_ticket_that_lost_its_only_message_is_closed_and_says_so(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2"))
    await carry_out(house, a_merge(one, two))
    new, *_ = (await carry_out(house, a_split(a_mail("m1"), because="a copy"))).tickets
    (empty,) = (await conversation(house, two)).merged
    assert (empty.id, empty.message_count, empty.status) == (one, 0, Status.CLOSED)
    update, *_ = [data for data in map(data_of, (await told(house))[-3:]) if isinstance(data, TicketUpdated)]
    assert (update.ticket.id, update.ticket.solved_at, update.ticket.status) == (one, empty.solved_at, Status.CLOSED)
    assert {"message_count", "status"} <= {*update.changed}
    assert update.because == "Nothing is left in it, so it is closed: a copy"
    await carry_out(house, a_merge(new, two))
    shown = {each.message.id for each in (await conversation(house, two)).messages}
    assert shown == {a_mail("m1").id, a_mail("m2").id}
    await placed(house, a_mail("m3", cites=["m1"]))
    assert (await conversation(house, two)).ticket.status == Status.OPEN
    assert await house.root(a_mail("m3")) == two
    assert revisions_are_gapless(await told(house))


async def test_so_is_one_that_spoke_for_another_once_that_is_taken_out(house: House) -> None:
    one, two, three = await placed(house, a_mail("m1"), a_mail("m2"), a_mail("m3"))
    await carry_out(house, a_merge(one, two))
    await carry_out(house, a_merge(two, three))
    await carry_out(house, a_split(a_mail("m2")))
    assert [each.status for each in (await conversation(house, three)).merged] == [Status.OPEN, Status.OPEN]
    await carry_out(house, an_unmerge(one))
    (empty,) = (await conversation(house, three)).merged
    assert (empty.id, empty.status) == (two, Status.CLOSED)
    assert revisions_are_gapless(await told(house))


async def test_a_ticket_that_speaks_for_others_stays_as_it_is(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2"))
    await carry_out(house, a_merge(one, two))
    await carry_out(house, a_split(a_mail("m2")))
    assert (await conversation(house, one)).ticket.status == Status.OPEN


async def test_a_ticket_without_messages_is_not_left_alone_by_an_unmerge(house: House) -> None:
    one, two, three = await placed(house, a_mail("m1"), a_mail("m2"), a_mail("m3"))
    await carry_out(house, a_merge(one, two))
    await carry_out(house, a_merge(two, three))
    await carry_out(house, a_split(a_mail("m1")))
    refused = await carry_out(house, an_unmerge(one))
    assert (refused.answer, "Nothing would remain" in refused.because) == (Answer.REFUSED, True)
    done = await carry_out(house, an_unmerge(two))
    assert done.answer is Answer.DONE
    assert [ticket.id for ticket in (await conversation(house, two)).merged] == [one]
    assert revisions_are_gapless(await told(house))


async def test_what_it_offers_as_weak_evidence_is_about_its_new_ticket(house: House) -> None:
    mail = a_mail("m2", cites=["m1"])
    old, _ = await placed(house, a_mail("m1"), mail)
    hints = hints_in(mail, incomings([mail])[0].terms)
    for hint in hints:
        row = {"key": hint.key, "at": mail.sent_at, "message": mail.id, "ticket": old, "condition": hint.kind}
        await insert(house, "clue", **row, channel=mail.channel, ours=False, marked=True)
    new, *_ = (await carry_out(house, a_split(mail))).tickets
    assert {
        ticket for message, ticket in await rows(house, "SELECT message, ticket FROM {}clue") if message == mail.id
    } == {new}
