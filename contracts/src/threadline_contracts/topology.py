"""The names on the bus: exchanges, queues and bindings, as data. Every bus declares them from here."""

from enum import StrEnum
from typing import Final

from msgspec import Struct


class Exchange(StrEnum):
    """Topic exchanges: each holds one kind of thing said."""

    MESSAGES = "threadline.messages"
    TICKETS = "threadline.tickets"
    COMMANDS = "threadline.commands"
    DELIVERIES = "threadline.deliveries"
    DEAD = "threadline.dead"


class QueueKind(StrEnum):
    """WORK is competed for and settled; LOG is append-only, read by position, and never blocks a publisher."""

    WORK = "work"
    LOG = "log"


class Binding(Struct, frozen=True):
    """Events of an exchange whose routing key matches `pattern` (AMQP topic: `*` one word, `#` any number)."""

    exchange: Exchange
    pattern: str


class Queue(Struct, frozen=True, kw_only=True):
    """A durable queue and what it is bound to; with `expires`, gone when nobody used it for so many seconds."""

    name: str
    bindings: tuple[Binding, ...]
    kind: QueueKind = QueueKind.WORK
    expires: int = 0


THREADS_MESSAGES: Final = Queue(name="threads.messages", bindings=(Binding(Exchange.MESSAGES, "message.#"),))
THREADS_COMMANDS: Final = Queue(
    name="threads.commands",
    bindings=tuple(
        Binding(Exchange.COMMANDS, pattern)
        for pattern in ("reply.#", "ticket.#", "suggestion.#", "contact.#", "message.#", "republish.#")
    ),
)
THREADS_DELIVERIES: Final = Queue(
    name="threads.deliveries", bindings=(Binding(Exchange.DELIVERIES, "delivery.reported.#"),)
)
DEAD_LETTERS: Final = Queue(name="threadline.dead-letters", bindings=(Binding(Exchange.DEAD, "#"),))
TICKET_LOG: Final = Queue(name="threadline.tickets.log", bindings=(Binding(Exchange.TICKETS, "#"),), kind=QueueKind.LOG)
# The console's, declared by everybody: an erasure waits there for the dead letters, wherever they are.
CONSOLE_ERASURES: Final = Queue(name="console.erasures", bindings=(Binding(Exchange.COMMANDS, "erasure.#"),))
ALWAYS: Final = (THREADS_MESSAGES, THREADS_COMMANDS, THREADS_DELIVERIES, DEAD_LETTERS, CONSOLE_ERASURES, TICKET_LOG)

_A_QUARTER: Final = 90 * 24 * 3600  # seconds: a disk that is away for longer has been thrown away


def replays(channel: str) -> Queue:
    """Return the queue on which a channel is asked to normalise a kept input again."""
    return Queue(
        name=f"{channel}.replays", bindings=(Binding(Exchange.COMMANDS, f"input.replay.requested.*.{channel}"),)
    )


def erasures(channel: str, spool: str) -> Queue:
    """Return the queue on which one spool of a channel is asked to forget a person."""
    return Queue(name=f"{channel}.erasures.{spool}", bindings=CONSOLE_ERASURES.bindings, expires=_A_QUARTER)


def deliveries(channel: str) -> Queue:
    """Return the queue on which a channel is asked to send."""
    return Queue(
        name=f"{channel}.deliveries", bindings=(Binding(Exchange.DELIVERIES, f"delivery.requested.*.{channel}"),)
    )


class EventType(StrEnum):
    """Every event type, with its major version. The reserved ones are named now, so that nobody takes the names."""

    MESSAGE_RECEIVED = "message.received.v1"
    INPUT_BURIED = "input.buried.v1"
    INPUT_REPLAY_REQUESTED = "input.replay.requested.v1"
    TICKET_OPENED = "ticket.opened.v1"
    TICKET_MESSAGE_ADDED = "ticket.message_added.v1"
    TICKET_REOPENED = "ticket.reopened.v1"
    TICKET_UPDATED = "ticket.updated.v1"
    TICKET_MERGED = "ticket.merged.v1"
    TICKET_UNMERGED = "ticket.unmerged.v1"
    TICKET_MERGE_SUGGESTED = "ticket.merge_suggested.v1"
    TICKET_SUGGESTION_SETTLED = "ticket.suggestion_settled.v1"
    TICKET_MERGE_REQUESTED = "ticket.merge.requested.v1"
    TICKET_UNMERGE_REQUESTED = "ticket.unmerge.requested.v1"
    TICKET_SPLIT_REQUESTED = "ticket.split.requested.v1"
    TICKET_STATUS_REQUESTED = "ticket.status.requested.v1"
    SUGGESTION_DECIDED = "suggestion.decided.v1"
    CONTACT_LINK_REQUESTED = "contact.link.requested.v1"
    CONTACT_UNLINK_REQUESTED = "contact.unlink.requested.v1"
    CONTACT_ERASE_REQUESTED = "contact.erase.requested.v1"
    REPUBLISH_REQUESTED = "republish.requested.v1"
    ERASURE_REQUESTED = "erasure.requested.v1"
    COMMAND_ANSWERED = "command.answered.v1"
    CONTACT_LINKED = "contact.linked.v1"
    CONTACT_UNLINKED = "contact.unlinked.v1"
    CONTACT_ERASED = "contact.erased.v1"
    SECURITY_FORGED_TOKEN = "security.forged_token.v1"  # noqa: S105 - an event type
    SECURITY_STRANGER_ON_THREAD = "security.stranger_on_thread.v1"
    SECURITY_IDENTITY_CONFLICT = "security.identity_conflict.v1"


RESERVED_TYPES: Final = (
    "message.revised.v1",
    "message.retracted.v1",
    "reply.requested.v1",
    "delivery.requested.v1",
    "delivery.reported.v1",
)
_COMMANDS: Final = (".requested.v", "suggestion.decided.v")


def is_command(event_type: str) -> bool:
    """Return whether an event type asks for something, so that it belongs on the exchange of commands."""
    return any(part in event_type for part in _COMMANDS) and not event_type.startswith("delivery.")


def message_key(event_type: str, channel: str) -> str:
    """Return the routing key of a message event: `message.received.v1.email`."""
    return f"{event_type}.{channel}"
