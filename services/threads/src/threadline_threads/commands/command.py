"""A command as it is carried out, read once from its event, and the event that answers it. Pure.

Refuses, as MalformedInputError, only what could not even be answered: what is no command, or has no usable id.
"""

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from threadline_contracts.codec import Event, decode_data
from threadline_contracts.commands import (
    Answer,
    CommandAnswered,
    ContactEraseRequested,
    ContactLinkRequested,
    ContactUnlinkRequested,
    MergeRequested,
    RepublishRequested,
    SplitRequested,
    StatusRequested,
    SuggestionDecided,
    UnmergeRequested,
)
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.topology import EventType, is_command
from threadline_shared.text import cut
from threadline_threads.plan import Happening

THREADS: Final = "threads"  # who answers what nobody could be read to have asked
MAX_ID: Final = 200  # characters: an id is a key of a table
_ANSWERS: Final = UUID("5e2b6c1a-70d4-5b1c-9c56-0a4b8c0f7d3e")
_REASON: Final = 500  # characters of a sentence that quotes what we could not read

Asked: TypeAlias = (
    MergeRequested
    | UnmergeRequested
    | SplitRequested
    | StatusRequested
    | SuggestionDecided
    | ContactLinkRequested
    | ContactUnlinkRequested
    | ContactEraseRequested
    | RepublishRequested
)
_SHAPES: Final[Mapping[str, type[Asked]]] = {
    EventType.TICKET_MERGE_REQUESTED: MergeRequested,
    EventType.TICKET_UNMERGE_REQUESTED: UnmergeRequested,
    EventType.TICKET_SPLIT_REQUESTED: SplitRequested,
    EventType.TICKET_STATUS_REQUESTED: StatusRequested,
    EventType.SUGGESTION_DECIDED: SuggestionDecided,
    EventType.CONTACT_LINK_REQUESTED: ContactLinkRequested,
    EventType.CONTACT_UNLINK_REQUESTED: ContactUnlinkRequested,
    EventType.CONTACT_ERASE_REQUESTED: ContactEraseRequested,
    EventType.REPUBLISH_REQUESTED: RepublishRequested,
}


class Malformed(Struct, frozen=True):
    """In place of what was asked: why that cannot be read."""

    because: str


class Command(Struct, frozen=True, kw_only=True):
    """One command. `id` is its event's; `data` is what it asks, `asked` that as JSON, as it came."""

    id: str
    type: str
    data: Asked | Malformed
    by: str
    asked: bytes


class CommandOutcome(Struct, frozen=True, kw_only=True):
    """What became of a command; `repeated`: it was asked before, and this is what became of it then."""

    answer: Answer
    because: str
    tickets: tuple[UUID, ...] = ()
    repeated: bool = False


def read(event: Event) -> Command:
    """Return the command of an event; its data is Malformed when it cannot be read. Raises MalformedInputError."""
    if not is_command(event.type):
        raise MalformedInputError(f"{event.type} is no command")
    if len(event.id) > MAX_ID or "\0" in event.id or "\0" in event.type:
        raise MalformedInputError(f"a command's id has at most {MAX_ID} characters, and no NUL")
    try:
        data = _data(event)
    except MalformedInputError as err:
        return refusing(event, str(err))
    return Command(id=event.id, type=event.type, data=data, by=data.by, asked=bytes(event.data))


def refusing(event: Event, because: str) -> Command:
    """Return a command that does nothing but be refused."""
    said = Malformed(cut(because.replace("\0", " "), _REASON))
    return Command(id=event.id, type=event.type, data=said, by=THREADS, asked=bytes(event.data))


def not_carried_out(command: Command) -> CommandOutcome:
    """Return the answer to what cannot be read, or is nobody's to carry out."""
    if isinstance(command.data, Malformed):
        return CommandOutcome(answer=Answer.REFUSED, because=command.data.because)
    return CommandOutcome(answer=Answer.REFUSED, because=f"{command.type} is not carried out by this version.")


def answered(command: Command, outcome: CommandOutcome, *, again: bool = False) -> Happening:
    """Return the event that says what became of a command; `again`: it could not be read the first time."""
    data = CommandAnswered(
        command_id=command.id,
        command_type=command.type,
        answer=outcome.answer,
        because=outcome.because,
        by=command.by,
        tickets=outcome.tickets,
    )
    return Happening(EventType.COMMAND_ANSWERED, uuid5(_ANSWERS, command.id), int(again), None, data)


def _data(event: Event) -> Asked:
    shape = _SHAPES.get(event.type)
    if shape is None:
        raise MalformedInputError(f"{event.type} is no command that this version carries out")
    data = decode_data(event, shape)
    if any("\0" in text for text in _texts(msgspec.to_builtins(data))):
        raise MalformedInputError("a NUL character")
    return data


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
