"""Unified tickets as the bus tells them: a header that is last-writer-wins by `revision`, messages that only add."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from threadline_contracts.message import InboundMessage, Moment, Name, Party, Reference


class Status(StrEnum):
    """A ticket's state, as the desk and the customer move it."""

    OPEN = "open"
    PENDING = "pending"
    SOLVED = "solved"
    CLOSED = "closed"


class Rule(StrEnum):
    """The rules that place a message, strongest first (docs/grouping.md)."""

    TOKEN = "token"  # noqa: S105 - a rule's name
    CONVERSATION = "conversation"
    TWIN = "twin"
    REFERENCE = "reference"
    POLICY = "policy"
    OPEN = "open"


class Placement(Struct, frozen=True, kw_only=True):
    """Why a message is where it is: the rule, one sentence for people, and the evidence it rests on."""

    rule: str
    because: str
    evidence: tuple[str, ...] = ()
    score: Annotated[float, Meta(ge=0, le=1)] | None = None
    by: str = "threads"


class Link(Struct, frozen=True, kw_only=True):
    """A merge: a reversible, directed link from a child ticket to the ticket that speaks for both."""

    child: UUID
    parent: UUID
    rule: str
    because: str
    by: str = "threads"
    at: Moment


class TicketHeader(Struct, frozen=True, kw_only=True):
    """A ticket without its messages. A greater `revision` replaces a smaller one, whatever the order of arrival.

    `id` is the home ticket and never changes; `root` speaks for it (itself, unless merged). Counts, channels and
    accounts are those of this home ticket alone; a merged conversation is the union over the tickets of one root.
    """

    id: UUID
    root: UUID
    reference: Reference
    desk: Name
    revision: Annotated[int, Meta(ge=1)]
    status: Status
    subject: str
    channels: tuple[str, ...]
    accounts: tuple[str, ...]
    message_count: Annotated[int, Meta(ge=0)]
    contact: Party
    created_at: Moment
    updated_at: Moment
    links: tuple[Link, ...] = ()


class MessagePlaced(Struct, frozen=True, kw_only=True):
    """`ticket.opened.v1` and `ticket.message_added.v1`: a message, the ticket it lives in, and why."""

    ticket: TicketHeader
    message: InboundMessage
    placement: Placement


class TicketReopened(Struct, frozen=True, kw_only=True):
    """`ticket.reopened.v1`: a customer's message made a solved or pending ticket open again."""

    ticket: TicketHeader
    message_id: UUID
    because: str


class TicketUpdated(Struct, frozen=True, kw_only=True):
    """`ticket.updated.v1`: the header changed without a new message (`changed` names the fields)."""

    ticket: TicketHeader
    changed: tuple[str, ...]
    because: str


class TicketMerged(Struct, frozen=True, kw_only=True):
    """`ticket.merged.v1`: `ticket` now speaks through `root`; its messages stay at home, and it can be undone."""

    ticket: TicketHeader
    root: TicketHeader
    link: Link
