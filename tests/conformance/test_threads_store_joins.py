"""A rule that fires late links the ticket its proof is about, so that an unmerge gives back what each side had."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from support.commands import a_merge, a_status, an_unmerge, carry_out, conversation, placed, revisions_are_gapless, told
from support.threads_clerk import Office, written
from support.threads_house import House
from support.threads_shelf import US, a_mail
from threadline_contracts.commands import Answer
from threadline_contracts.ticket import Rule, Status
from threadline_threads.reasons import Reason

BOB = "bob@b.example"
NAMES_BOB = a_mail("m9", US, cites=["m1"], to=[BOB])


async def together(house: House, *names: str) -> set[UUID]:
    """Return the roots of mails."""
    return {(await conversation(house, await house.root(a_mail(name)))).ticket.id for name in names}


async def unmerged(house: House, ticket: UUID) -> None:
    assert (await carry_out(house, an_unmerge(ticket))).answer is Answer.DONE


@pytest.mark.parametrize("merging", [("m1", "m2"), ("m2", "m1")])
@pytest.mark.parametrize("order", [("m1", "m2", "m3"), ("m3", "m1", "m2"), ("m2", "m3", "m1")])
async def test_who_comes_to_take_part_leaves_with_the_ticket_whose_message_was_answered(
    house: House, order: tuple[str, ...], merging: tuple[str, str]
) -> None:
    """`m3` cites `m1` in vain; that is merged with `m2` by hand; then its sender is drawn in; then that is undone."""
    mails = {"m1": a_mail("m1"), "m2": a_mail("m2"), "m3": a_mail("m3", BOB, cites=["m1"])}
    homes = dict(zip(order, await placed(house, *(mails[name] for name in order)), strict=True))
    child, into = (homes[name] for name in merging)
    await carry_out(house, a_merge(child, into))
    await placed(house, NAMES_BOB)
    assert len(await together(house, "m1", "m2", "m3")) == 1
    await unmerged(house, child)
    assert await together(house, "m1", "m3", "m9") != await together(house, "m2")
    assert len(await together(house, "m1", "m3", "m9")) == 1
    assert revisions_are_gapless(await told(house))


@pytest.mark.parametrize("order", [("m1", "m2", "m3"), ("m3", "m1", "m2")])
async def test_so_does_what_the_clerk_proves_late(house: House, order: tuple[str, ...]) -> None:
    office = Office(house)
    mails = {
        "m1": written("m1", "email:ana@a.example"),
        "m2": written("m2", "email:zoe@z.example", minutes=90_000),
        "m3": written("m3", "email:ana@work.example", minutes=5, cites=["m1"]),
    }
    await office.take(*(mails[name] for name in order))
    await carry_out(house, a_merge(await office.home(mails["m1"]), await office.home(mails["m2"])))
    await office.take(written("m4", "email:ana@a.example", "email:ana@work.example", minutes=180_000))
    assert len({await house.root(mail) for mail in mails.values()}) == 1
    await unmerged(house, await office.home(mails["m1"]))
    one, two, three = [await house.root(mails[name]) for name in ("m1", "m2", "m3")]
    assert one == three != two


async def test_a_late_parent_and_its_answer_leave_together(house: House) -> None:
    """`m1` arrives last, and is what `m3` replies to; that was merged into `m2` meanwhile."""
    answer, other = await placed(house, a_mail("m3", cites=["m1"]), a_mail("m2"))
    await carry_out(house, a_merge(answer, other))
    await placed(house, a_mail("m1"))
    await unmerged(house, answer)
    assert len(await together(house, "m1", "m3")) == 1
    assert await together(house, "m1") != await together(house, "m2")


async def test_what_follows_a_ticket_stays_apart_from_what_was_taken_out_of_that(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2"))
    await carry_out(house, a_merge(one, two))
    await carry_out(house, a_status(two, Status.CLOSED))
    (follower,) = await placed(house, a_mail("m3", cites=["m2"]))
    await unmerged(house, one)
    assert not await house.store.join(one, follower, Reason(Rule.REFERENCE, "A rule says so."), datetime.now(UTC))
    await placed(house, a_mail("m4", cites=["m3", "m1"]))
    assert await together(house, "m1") != await together(house, "m3")
    (asked,) = (await conversation(house, follower)).suggestions
    assert {asked.ticket.id, asked.other.id} == {one, follower}
