"""What every store of tickets does when a message is split off: what finds it, finds it in its new ticket."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from support.commands import (
    IVA,
    a_merge,
    a_split,
    an_unmerge,
    carry_out,
    conversation,
    data_of,
    home,
    placed,
    revisions_are_gapless,
    told,
)
from support.messages import a_message
from support.threads_house import House
from support.threads_shelf import US, a_mail, a_token
from threadline_contracts.commands import Answer
from threadline_contracts.message import InboundMessage
from threadline_contracts.ticket import MessagePlaced, Placement, Rule, TicketUpdated
from threadline_contracts.topology import EventType
from threadline_threads.reasons import Reason

ANA, BOB, MALLORY = "ana@a.example", "bob@b.example", "mallory@m.example"
WHY = Reason(Rule.REFERENCE, "A rule says so.")


async def split(house: House, mail: InboundMessage) -> UUID:
    """Split a mail off; return its new ticket."""
    outcome = await carry_out(house, a_split(mail, because="an invoice"))
    assert outcome.answer is Answer.DONE
    return outcome.tickets[0]


async def why(house: House, mail: InboundMessage) -> Placement:
    (trace,) = await house.reader.trace(str(mail.id))
    return trace.placement


async def messages(house: House, ticket: UUID) -> list[str]:
    """Return the names of the mails of a conversation."""
    found = await conversation(house, ticket)
    return sorted(one.message.external_id.partition("@")[0] for one in found.messages)


async def test_the_message_has_a_ticket_of_its_own_and_says_why(house: House) -> None:
    first, second = a_mail("m1"), a_mail("m2", cites=["m1"])
    old, _ = await placed(house, first, second)
    before = await why(house, second)
    new = await split(house, second)
    assert new != old
    assert (await messages(house, old), await messages(house, new)) == (["m1"], ["m2"])
    assert await why(house, second) == Placement(
        rule="split", because="an invoice", evidence=before.evidence, by=IVA, moves=1
    )
    header = (await conversation(house, new)).ticket
    assert (header.reference, header.subject, header.message_count) == (second.reference, second.subject, 1)
    assert (await conversation(house, old)).ticket.message_count == 1


async def test_it_is_told_as_a_new_ticket_and_an_old_one_with_less(house: House) -> None:
    old, _ = await placed(house, a_mail("m1"), a_mail("m2", cites=["m1"]))
    new = await split(house, a_mail("m2"))
    *_, updated, opened, _ = events = await told(house)
    shrunk, placement = data_of(updated), data_of(opened)
    assert isinstance(shrunk, TicketUpdated)
    assert isinstance(placement, MessagePlaced)
    assert (shrunk.ticket.id, shrunk.changed) == (old, ("message_count",))
    assert shrunk.ticket == (await conversation(house, old)).ticket
    assert opened.type == EventType.TICKET_OPENED
    assert (placement.ticket.id, placement.ticket.revision, placement.placement.moves) == (new, 1, 1)
    assert placement.message == a_mail("m2", cites=["m1"])
    assert revisions_are_gapless(events)


async def test_answers_go_where_the_message_is_that_they_answer(house: House) -> None:
    old, _, _ = await placed(house, a_mail("m1"), a_mail("m2", cites=["m1"]), a_mail("m3", cites=["m2"]))
    new = await split(house, a_mail("m2"))
    assert await placed(house, a_mail("m4", cites=["m2"]), a_mail("m5", cites=["m3"])) == [new, old]
    assert (await messages(house, old), await messages(house, new)) == (["m1", "m3", "m5"], ["m2", "m4"])
    assert (await conversation(house, new)).suggestions == ()  # nothing but itself leads there


async def test_its_number_its_token_and_its_copies_follow_it(house: House) -> None:
    old, _ = await placed(house, a_mail("m1"), a_mail("m2", cites=["m1"]))
    new = await split(house, a_mail("m2"))
    by_token = a_mail("m3", MALLORY, tokens=[a_token(a_mail("m2"))])
    copy = replace(a_mail("m2", account="sales@desk.example"), fingerprint=a_mail("m2").fingerprint)
    assert await placed(house, by_token, replace(copy, text=a_mail("m2").text)) == [new, new]
    found = await house.reader.conversation(a_mail("m2").reference)
    assert found is not None
    assert found.ticket.id == new != old


async def test_a_newer_version_of_it_stays_in_its_new_ticket(house: House) -> None:
    await placed(house, a_mail("m1"), a_mail("m2", cites=["m1"]))
    new = await split(house, a_mail("m2"))
    await house.place(replace(a_mail("m2", cites=["m1"]), version=2, text="Corrected."))
    assert await home(house, a_mail("m2")) == new
    assert (await why(house, a_mail("m2"))).moves == 1
    assert revisions_are_gapless(await told(house))


async def test_no_rule_joins_the_two_again_and_a_merge_undoes_it(house: House) -> None:
    old, _ = await placed(house, a_mail("m1"), a_mail("m2", cites=["m1"]))
    new = await split(house, a_mail("m2"))
    await placed(house, a_mail("m3", cites=["m1", "m2"]))
    assert not await house.store.join(old, new, WHY, datetime.now(UTC))
    assert await house.root(a_mail("m1")) != await house.root(a_mail("m2"))
    await carry_out(house, a_merge(new, old))
    assert await messages(house, old) == ["m1", "m2", "m3"]
    await placed(house, a_mail("m4", cites=["m2"]), a_mail("m5", cites=["m1"]))
    assert await messages(house, new) == ["m1", "m2", "m3", "m4", "m5"]
    assert (await conversation(house, old)).severed == ()


async def test_split_again_it_has_moved_twice(house: House) -> None:
    old, _ = await placed(house, a_mail("m1"), a_mail("m2", cites=["m1"]))
    first = await split(house, a_mail("m2"))
    await carry_out(house, a_merge(first, old))
    second = await split(house, a_mail("m2"))
    assert second not in {old, first}
    assert (await why(house, a_mail("m2"))).moves == 2
    assert await messages(house, second) == ["m2"]
    empty = (await conversation(house, first)).merged[0]
    assert (empty.id, empty.message_count) == (first, 0)
    assert (await carry_out(house, an_unmerge(first))).answer is Answer.REFUSED
    assert revisions_are_gapless(await told(house))


async def test_a_stranger_whom_it_brought_in_is_out_again(house: House) -> None:
    old, _, _ = await placed(house, a_mail("m1"), a_mail("m2", cites=["m1"], to=[MALLORY]), a_mail("m3", cites=["m1"]))
    new = await split(house, a_mail("m2"))
    there, here = a_mail("m4", MALLORY, cites=["m1"]), a_mail("m5", MALLORY, cites=["m2"], to=[ANA])
    await placed(house, there, here)
    assert await house.root(there) != old
    assert await house.root(here) == new
    assert await house.root(a_mail("m3")) == old


async def test_who_is_named_by_others_too_still_takes_part(house: House) -> None:
    mails = [a_mail("m1"), a_mail("m2", cites=["m1"], to=[BOB]), a_mail("m3", US, cites=["m1"], to=[BOB])]
    old, *_ = await placed(house, *mails)
    await split(house, a_mail("m2"))
    assert await placed(house, a_mail("m4", BOB, cites=["m1"])) == [old]


async def test_who_is_named_by_one_other_takes_part_as_named_by_that_one(house: House) -> None:
    """Whoever answers a message that alone names them must answer its author, too."""
    old, *_ = await placed(house, a_mail("m1"), *(a_mail(f"m{n}", cites=["m1"], to=[BOB]) for n in (2, 3)))
    await split(house, a_mail("m3"))
    to_nobody, to_ana = await placed(house, a_mail("m4", BOB, cites=["m2"]), a_mail("m5", BOB, cites=["m2"], to=[ANA]))
    assert (to_nobody != old, to_ana == old) == (True, True)


async def test_what_a_stranger_wrote_besides_joins_the_strangers_own_ticket(house: House) -> None:
    by_token = a_mail("m2", MALLORY, tokens=[a_token(a_mail("m1"))])
    await placed(house, a_mail("m1"), by_token, a_mail("m3", MALLORY, cites=["m2"]))
    assert await house.root(a_mail("m3")) != await house.root(by_token)
    await split(house, by_token)
    assert await house.root(a_mail("m3")) == await house.root(by_token) != await house.root(a_mail("m1"))


async def test_whom_a_stranger_had_let_in_must_be_vouched_for_again(house: House) -> None:
    """Bob came by a token, and Ana's mail vouched for him: split off, it does no longer."""
    by_token = a_mail("m2", BOB, to=[MALLORY], tokens=[a_token(a_mail("m1"))])
    await placed(house, a_mail("m1"), by_token, a_mail("m3", cites=["m1"], to=[BOB]))
    await split(house, a_mail("m3"))
    await placed(house, refused := a_mail("m4", MALLORY, cites=["m1"]))
    assert await house.root(refused) != await house.root(a_mail("m1"))
    await placed(house, a_mail("m5", cites=["m1"], to=[BOB]))
    assert await house.root(refused) == await house.root(a_mail("m1"))


async def test_a_ticket_without_its_first_message_begins_with_the_next(house: House) -> None:
    first, second = a_mail("m1", MALLORY, to=[BOB]), a_mail("m2", BOB, cites=["m1"], to=[MALLORY])
    old, _ = await placed(house, first, second)
    new = await split(house, first)
    left, gone = (await conversation(house, old)).ticket, (await conversation(house, new)).ticket
    assert (left.reference, left.subject, left.contact) == (second.reference, second.subject, second.sender)
    assert (gone.reference, gone.subject, gone.contact) == (first.reference, first.subject, first.sender)
    update = data_of((await told(house))[-3])
    assert isinstance(update, TicketUpdated)
    assert (update.ticket, update.changed) == (left, ("reference", "subject", "contact", "message_count"))


async def test_a_line_of_a_chat_leaves_and_the_chat_goes_on(house: House) -> None:
    lines = [a_message(f"l{n}", channel="chat", account="widget", conversation="c1") for n in range(4)]
    old, *_ = await placed(house, *lines[:3])
    new = await split(house, lines[1])
    assert await placed(house, lines[3]) == [old]
    assert await house.root(lines[1]) == new


async def test_what_waits_to_answer_it_waits_at_its_new_ticket(house: House) -> None:
    await placed(house, a_mail("m1"), a_mail("m2", cites=["m1"]), a_mail("x", BOB, cites=["m2"]))
    await split(house, a_mail("m2"))
    await placed(house, a_mail("m3", cites=["m1"], to=[BOB]))
    assert len({await house.root(a_mail(name)) for name in ("m1", "m2", "x")}) == 3
    await placed(house, a_mail("m4", cites=["m2"], to=[BOB]))
    assert await house.root(a_mail("x")) == await house.root(a_mail("m2")) != await house.root(a_mail("m1"))


async def test_what_waits_for_another_message_too_waits_at_both(house: House) -> None:
    old, *_ = await placed(house, a_mail("m1"), a_mail("m2", cites=["m1"]), a_mail("x", BOB, cites=["m2", "m1"]))
    await split(house, a_mail("m2"))
    await placed(house, a_mail("m3", cites=["m1"], to=[BOB]))
    assert await house.root(a_mail("x")) == old


async def test_it_joins_later_what_it_cites_itself_and_its_old_ticket_does_not(house: House) -> None:
    await placed(house, a_mail("c"), a_mail("m1"), a_mail("m2", BOB, cites=["c"], tokens=[]))
    other = a_mail("m3", BOB, cites=["c", "late"])
    await placed(house, a_mail("m4", BOB), replace(other, conversation=""))
    bridge = a_mail("m5", BOB, cites=["m3", "m4"])
    await placed(house, bridge)
    new = await split(house, other)
    await placed(house, a_mail("c2", cites=["c"], to=[BOB]))
    assert await house.root(other) == await house.root(a_mail("c"))
    assert await home(house, other) == new
    assert await house.root(bridge) != await house.root(a_mail("c"))


async def test_a_parent_that_comes_late_finds_it_in_its_new_ticket(house: House) -> None:
    await placed(house, a_mail("m1"), a_mail("m2", cites=["m1", "late"]))
    await split(house, a_mail("m2"))
    await placed(house, a_mail("late"))
    assert await house.root(a_mail("late")) == await house.root(a_mail("m2")) != await house.root(a_mail("m1"))


@pytest.mark.parametrize("first", ["m1", "m2"])
async def test_two_messages_with_one_id_are_found_apart_and_answers_go_to_one(house: House, first: str) -> None:
    """A mail and its copy for another department, in one ticket, of which one leaves."""
    copy = replace(a_mail("m1", account="sales@desk.example"), fingerprint=a_mail("m1").fingerprint)
    old, _, _ = await placed(house, a_mail("m1"), copy, a_mail("m2", cites=["m1"]))
    new = await split(house, copy)
    (at,) = await placed(house, a_mail("m3", cites=[first]))
    assert at in {old, new}
    assert await house.root(a_mail("m1")) != await house.root(copy)
