"""What may be asked over the API, and what is answered: the contract's commands, with tickets by reference as well."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from threadline_console.api.shapes import Id
from threadline_contracts.commands import Answer, Decision, Why
from threadline_contracts.message import Moment, Name
from threadline_contracts.ticket import Status

_UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_TYPED = "[0-9A-TV-Za-tv-z]"  # Crockford's alphabet, with what is easily taken for one of it

TicketKey = Annotated[
    str,
    Meta(description="a ticket's id, or its reference", pattern=f"^({_UUID}|{_TYPED}{{5}}-?{_TYPED}{{5}})$"),
]
MessageKey = Annotated[
    str,
    Meta(description="a message's id, or its reference", pattern=f"^({_UUID}|{_TYPED}{{5}}-?{_TYPED}{{5}})$"),
]
AnyId = Annotated[str, Meta(description="a UUID", pattern=f"^{_UUID}$")]
CommandId = Annotated[
    str,
    Meta(
        description="names the command: asked twice, done once; absent: one is drawn",
        pattern="^[0-9A-Za-z._:-]{0,120}$",
    ),
]
By = Annotated[str, Meta(max_length=120, description="who asks; a signed-in browser asks in its own name")]


class Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every command says: who asks, and why."""

    by: By = ""
    because: Why = ""


class Merge(Asked, frozen=True, kw_only=True):
    """Let the conversation of `ticket` speak through that of `into`."""

    ticket: TicketKey
    into: TicketKey


class Unmerge(Asked, frozen=True, kw_only=True):
    """Undo the link whose child is `ticket`."""

    ticket: TicketKey


class Split(Asked, frozen=True, kw_only=True):
    """Move one message out to a new ticket."""

    message_id: MessageKey


class SetStatus(Asked, frozen=True, kw_only=True):
    """Set the status of one ticket."""

    ticket: TicketKey
    status: Status


class Decide(Asked, frozen=True, kw_only=True):
    """Accept a suggested merge, or decline it for good."""

    suggestion: AnyId
    decision: Decision


class LinkContacts(Asked, frozen=True, kw_only=True):
    """Two contacts are one person."""

    contact: AnyId
    other: AnyId


class OneIdentity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One identity of somebody, however it is written."""

    kind: Name
    value: Annotated[str, Meta(min_length=1, max_length=512)]


class UnlinkIdentity(Asked, frozen=True, kw_only=True):
    """An identity is another person's."""

    contact: AnyId
    identity: OneIdentity


class EraseContact(Asked, frozen=True, kw_only=True):
    """Forget a person. It cannot be undone."""

    contact: AnyId


class Order(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """A command: its `type`, its `data`, and an id of the caller's own (or the header Idempotency-Key)."""

    id: CommandId = ""
    data: Asked


class MergeOrder(Order, frozen=True, kw_only=True, tag="ticket.merge.requested.v1"):
    """Merge two conversations."""

    data: Merge


class UnmergeOrder(Order, frozen=True, kw_only=True, tag="ticket.unmerge.requested.v1"):
    """Undo a merge."""

    data: Unmerge


class SplitOrder(Order, frozen=True, kw_only=True, tag="ticket.split.requested.v1"):
    """Split a message off."""

    data: Split


class StatusOrder(Order, frozen=True, kw_only=True, tag="ticket.status.requested.v1"):
    """Set a status."""

    data: SetStatus


class DecideOrder(Order, frozen=True, kw_only=True, tag="suggestion.decided.v1"):
    """Decide a suggestion."""

    data: Decide


class LinkOrder(Order, frozen=True, kw_only=True, tag="contact.link.requested.v1"):
    """Link two contacts."""

    data: LinkContacts


class UnlinkOrder(Order, frozen=True, kw_only=True, tag="contact.unlink.requested.v1"):
    """Take an identity from a contact."""

    data: UnlinkIdentity


class EraseOrder(Order, frozen=True, kw_only=True, tag="contact.erase.requested.v1"):
    """Erase a contact."""

    data: EraseContact


ORDERS = (MergeOrder, UnmergeOrder, SplitOrder, StatusOrder, DecideOrder, LinkOrder, UnlinkOrder, EraseOrder)


class CommandTaken(Struct, frozen=True, kw_only=True):
    """A command that is durable on the bus. What became of it: `GET /api/v1/commands/{id}`, `command.answered.v1`."""

    command_id: str


class Command(Struct, frozen=True, kw_only=True):
    """A command and what became of it: `asked` is its data, `because` a sentence, `tickets` those it concerns."""

    command_id: str
    type: str
    by: str
    asked: Any
    answer: Answer
    because: str
    tickets: tuple[Id, ...]
    at: Moment
