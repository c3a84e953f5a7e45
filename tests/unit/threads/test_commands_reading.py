"""A command, from its event to its answer: what is unreadable is refused, what is no command is not even answered."""

from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from support.commands import IVA, a_merge, as_command
from support.messages import NOON
from threadline_contracts.codec import Event
from threadline_contracts.commands import Answer, CommandAnswered, ContactUnlinkRequested, IdentityName, MergeRequested
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.topology import EventType
from threadline_threads.commands.command import CommandOutcome, Malformed, answered, not_carried_out, read
from threadline_threads.events import announcement

ONE, TWO = UUID(int=1), UUID(int=2)
DONE = CommandOutcome(answer=Answer.DONE, because="So it is.", tickets=(ONE, TWO))


def with_data(data: bytes) -> Event:
    return replace(as_command(a_merge(ONE, TWO), id="c1"), data=msgspec.Raw(data))


def test_it_is_what_its_event_says() -> None:
    event = as_command(a_merge(ONE, TWO, because="the same fire"), id="c1")
    command = read(event)
    assert command.data == MergeRequested(ticket=ONE, into=TWO, by=IVA, because="the same fire")
    assert (command.id, command.type, command.by) == ("c1", EventType.TICKET_MERGE_REQUESTED, IVA)
    assert command.asked == bytes(event.data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"ticket": 1}', "Expected"),
        (b"[]", "Expected"),
        (b'{"ticket": "%s", "into": "%s", "by": ""}' % (str(ONE).encode(), str(TWO).encode()), "length >= 1"),
        (b'{"ticket": "%s", "into": "%s", "by": "a\\u0000b"}' % (str(ONE).encode(), str(TWO).encode()), "NUL"),
    ],
    ids=["a field", "no object", "nobody", "NUL"],
)
def test_what_cannot_be_read_is_refused_by_us_with_the_reason(data: bytes, why: str) -> None:
    command = read(with_data(data))
    assert isinstance(command.data, Malformed)
    assert (command.by, command.asked) == ("threads", data)
    outcome = not_carried_out(command)
    assert outcome.answer is Answer.REFUSED
    assert why in outcome.because
    assert "\0" not in outcome.because


def test_a_nul_deep_inside_is_found() -> None:
    identity = IdentityName(kind="phone", value="1\0002")
    command = read(as_command(ContactUnlinkRequested(contact=ONE, identity=identity, by=IVA)))
    assert isinstance(command.data, Malformed)


@pytest.mark.parametrize("event_type", ["reply.requested.v1", "ticket.merge.requested.v2"])
def test_a_command_that_this_version_does_not_know_is_refused_by_name(event_type: str) -> None:
    command = read(replace(as_command(a_merge(ONE, TWO)), type=event_type))
    assert event_type in not_carried_out(command).because


@pytest.mark.parametrize(
    "changes",
    [{"type": "ticket.opened.v1"}, {"type": "message.received.v1"}, {"id": "x" * 201}, {"id": "a\0b"}],
    ids=["a ticket event", "a message", "a long id", "NUL"],
)
def test_what_is_no_command_or_has_no_usable_id_is_not_answered(changes: dict[str, str]) -> None:
    with pytest.raises(MalformedInputError):
        read(replace(as_command(a_merge(ONE, TWO)), **changes))


def test_the_answer_is_one_event_whatever_it_says() -> None:
    command = read(as_command(a_merge(ONE, TWO), id="c1"))
    happening = answered(command, DONE)
    data = happening.data
    assert isinstance(data, CommandAnswered)
    assert (data.command_id, data.command_type) == ("c1", EventType.TICKET_MERGE_REQUESTED)
    assert (data.answer, data.because, data.by, data.tickets) == (Answer.DONE, "So it is.", IVA, (ONE, TWO))
    refused = answered(command, not_carried_out(command))
    assert announcement(happening, NOON).event_id == announcement(refused, NOON).event_id
    other = answered(read(as_command(a_merge(ONE, TWO), id="c2")), DONE)
    assert announcement(other, NOON).event_id != announcement(happening, NOON).event_id


def test_read_at_last_it_is_answered_anew() -> None:
    command = read(as_command(a_merge(ONE, TWO), id="c1"))
    first, later = answered(command, DONE), answered(command, DONE, again=True)
    assert announcement(first, NOON).event_id != announcement(later, NOON).event_id
