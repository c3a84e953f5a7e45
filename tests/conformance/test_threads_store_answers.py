"""What every store of tickets answers to commands: done, unchanged or refused, once, and why."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest
from msgspec import Struct

from support.commands import (
    IVA,
    a_decision,
    a_merge,
    a_split,
    a_status,
    an_unmerge,
    as_command,
    carry_out,
    conversation,
    data_of,
    placed,
    reread,
    told,
)
from support.threads_house import House
from support.threads_shelf import a_mail
from threadline_contracts.commands import Answer, CommandAnswered, Decision
from threadline_contracts.ticket import Status, TicketUpdated
from threadline_contracts.topology import EventType
from threadline_threads.commands.command import Command, CommandOutcome, read, refusing

NOBODY = UUID(int=0)


async def directly(house: House, command: Command) -> CommandOutcome:
    outcome = await house.store.carry_out(command, datetime.now(UTC), reread)
    assert outcome is not None
    return outcome


async def test_a_status_is_set_on_one_ticket_alone(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2"))
    await carry_out(house, a_merge(one, two))
    outcome = await carry_out(house, a_status(one, Status.SOLVED))
    found = await conversation(house, one)
    (child,) = found.merged
    assert (outcome.answer, found.ticket.status, child.status) == (Answer.DONE, Status.OPEN, Status.SOLVED)
    assert found.ticket.solved_at is None
    assert child.solved_at == child.updated_at
    assert (await carry_out(house, a_status(one, Status.SOLVED))).answer is Answer.UNCHANGED
    await carry_out(house, a_status(one, Status.PENDING))
    assert (await conversation(house, one)).merged[0].solved_at is None
    (update,) = [data_of(event) for event in (await told(house))[-2:-1]]
    assert isinstance(update, TicketUpdated)
    assert (update.changed, update.ticket) == (("status",), (await conversation(house, one)).merged[0])


async def test_a_command_asked_again_changes_nothing_and_says_nothing(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2"))
    first = await carry_out(house, a_merge(one, two), id="c1")
    events = await told(house)
    again = await carry_out(house, a_merge(two, one), id="c1")
    assert (again.answer, again.because, again.tickets, again.repeated) == (*(_told(first)), True)
    assert await told(house) == events
    record = await house.reader.command("c1")
    assert record is not None
    assert (record.answer, record.because, record.tickets, record.by) == (*(_told(first)), IVA)


def _told(outcome: CommandOutcome) -> tuple[Answer, str, tuple[UUID, ...]]:
    return outcome.answer, outcome.because, outcome.tickets


async def test_one_command_that_comes_many_times_at_once_is_carried_out_once(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2"))
    command = read(as_command(a_merge(one, two), id="c1"))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(directly(house, command)) for _ in range(8)]
    assert sorted(task.result().repeated for task in tasks) == [False] + 7 * [True]
    assert len({_told(task.result()) for task in tasks}) == 1
    assert len(await told(house)) == 2 + 3


@pytest.mark.parametrize(
    ("asked", "because"),
    [
        (a_merge(NOBODY, NOBODY), f"There is no ticket {NOBODY} here."),
        (an_unmerge(NOBODY), f"There is no ticket {NOBODY} here."),
        (a_status(NOBODY, Status.OPEN), f"There is no ticket {NOBODY} here."),
        (a_split(a_mail("never")), f"There is no message {a_mail('never').id} here."),
        (a_decision(NOBODY, Decision.ACCEPT), f"There is no suggestion {NOBODY} here."),
    ],
    ids=["merge", "unmerge", "status", "split", "suggestion"],
)
async def test_what_is_not_here_is_refused_by_name(house: House, asked: Struct, because: str) -> None:
    outcome = await carry_out(house, asked, id="c1")
    assert (outcome.answer, outcome.because, outcome.tickets) == (Answer.REFUSED, because, ())
    (answered,) = [data_of(event) for event in await told(house)]
    assert isinstance(answered, CommandAnswered)
    assert (answered.answer, answered.because) == (Answer.REFUSED, because)


async def test_what_must_not_be_is_refused_with_the_reason(house: House) -> None:
    one, two, other = await placed(house, a_mail("m1"), a_mail("m2"), a_mail("m3", desk="brand"))
    across = await carry_out(house, a_merge(one, other))
    assert across.answer is Answer.REFUSED
    assert "desk main" in across.because
    assert "desk brand" in across.because
    assert "not merged" in (await carry_out(house, an_unmerge(one))).because
    await carry_out(house, a_merge(one, two))
    root = await carry_out(house, an_unmerge(two))
    assert (root.answer, "it speaks for" in root.because) == (Answer.REFUSED, True)


async def test_what_could_not_be_read_is_refused_and_done_once_it_can_be(house: House) -> None:
    one, two = await placed(house, a_mail("m1"), a_mail("m2"))
    event = as_command(a_merge(one, two), id="c1")
    outcome = await directly(house, refusing(event, "not a merge"))
    assert (outcome.answer, outcome.because) == (Answer.REFUSED, "not a merge")
    assert (await directly(house, refusing(event, "again"))).repeated
    assert (await carry_out(house, a_merge(one, two), id="c1")).answer is Answer.DONE
    answers = [event for event in await told(house) if event.type == EventType.COMMAND_ANSWERED]
    assert len({event.id for event in answers}) == len(answers) == 2
