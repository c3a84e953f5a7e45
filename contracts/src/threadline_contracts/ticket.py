"""Unified tickets as the bus tells them: a header that is last-writer-wins by `revision`, messages that only add."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from threadline_contracts.message import InboundMessage, Moment, Name, Party, Reference

Score = Annotated[float, Meta(ge=0, le=1)]


class Status(StrEnum):
    """A ticket's state, as the desk and the customer move it."""

    OPEN = "open"
    PENDING = "pending"
    SOLVED = "solved"
    CLOSED = "closed"


class Rule(StrEnum):
    """The rules that place a message, strongest first (docs/grouping.md); the last three are decisions of people."""

    TOKEN = "token"  # noqa: S105 - a rule's name
    CONVERSATION = "conversation"
    TWIN = "twin"
    REFERENCE = "reference"
    POLICY = "policy"
    OPEN = "open"
    SPLIT = "split"
    COMMAND = "command"
    SUGGESTION = "suggestion"


class Placement(Struct, frozen=True, kw_only=True):
    """Why a message is where it is: the rule, one sentence for people, and the evidence it rests on.

    `moves` counts how often the message was split off: of two placements of one message, the greater `moves` holds.
    """

    rule: str
    because: str
    evidence: tuple[str, ...] = ()
    score: Score | None = None
    by: str = "threads"
    moves: Annotated[int, Meta(ge=0)] = 0


class Link(Struct, frozen=True, kw_only=True):
    """A merge: a reversible, directed link from a child ticket to the one it belongs with.

    The ticket that speaks for both is the root of the parent, which may be linked to another itself.
    """

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
    `follows` names the ticket that was solved too long ago to be reopened, `followed_by` its newest follower: neither
    is a link. `solved_at` is when it was last solved or closed (None: it is not).
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
    follows: UUID | None = None
    followed_by: UUID | None = None
    solved_at: Moment | None = None


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


class TicketUnmerged(Struct, frozen=True, kw_only=True):
    """`ticket.unmerged.v1`: `link` was undone. `ticket` speaks through its new root; `root` is what it was merged into.

    Every ticket that came with the child gets its own event. Automatic rules never merge the two again.
    """

    ticket: TicketHeader
    root: TicketHeader
    link: Link
    by: str
    because: str


class SuggestionStatus(StrEnum):
    """OPEN asks; the others say how it ended: by a person, by proof that arrived, or because it became pointless."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    PROMOTED = "promoted"
    WITHDRAWN = "withdrawn"


class SuggestionReason(Struct, frozen=True, kw_only=True):
    """A reason to suggest: a stable `code` (`same_number`), a sentence for people, and its part of the score."""

    code: Name
    because: str
    score: Score


class Suggestion(Struct, frozen=True, kw_only=True):
    """A merge that somebody should decide: the younger `ticket` would speak through the conversation of `other`."""

    id: UUID
    ticket: UUID
    other: UUID
    score: Score
    reasons: tuple[SuggestionReason, ...]
    status: SuggestionStatus = SuggestionStatus.OPEN
    at: Moment
    by: str = "threads"
    because: str = ""
    settled_at: Moment | None = None


class MergeSuggested(Struct, frozen=True, kw_only=True):
    """`ticket.merge_suggested.v1`: weaker evidence than a merge needs; `other` is what `ticket` may belong to."""

    ticket: TicketHeader
    other: TicketHeader
    suggestion: Suggestion


class SuggestionSettled(Struct, frozen=True, kw_only=True):
    """`ticket.suggestion_settled.v1`: a suggestion was accepted, declined, promoted by proof, or withdrawn."""

    ticket: TicketHeader
    suggestion: Suggestion
