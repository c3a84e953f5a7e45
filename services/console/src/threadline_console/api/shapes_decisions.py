"""What the API answers about decisions: suggestions, what was undone, and a ticket with all of it. They only grow."""

from msgspec import Struct

from threadline_console.api.shapes import Id, Message, Ticket
from threadline_console.api.shapes_commands import Command
from threadline_contracts.message import Moment
from threadline_contracts.ticket import Link, Score, SuggestionReason, SuggestionStatus


class Suggestion(Struct, frozen=True, kw_only=True):
    """A merge that somebody should decide: the younger `ticket` would speak through `other`; both as they are now."""

    id: Id
    score: Score
    reasons: tuple[SuggestionReason, ...]
    status: SuggestionStatus
    at: Moment
    by: str
    ticket: Ticket
    other: Ticket


class SuggestionList(Struct, frozen=True, kw_only=True):
    """A page of open suggestions, newest first; give `next` back as `cursor` to go on."""

    items: tuple[Suggestion, ...]
    next: str | None


class Severed(Struct, frozen=True, kw_only=True):
    """Two tickets that no rule makes one again; `link` is what was undone (null: a suggestion was declined)."""

    one: Id
    other: Id
    by: str
    because: str
    at: Moment
    link: Link | None


class Note(Struct, frozen=True, kw_only=True):
    """What a message did to its ticket beside being in it: `ticket.reopened.v1`, or a `security.*.v1` signal."""

    message: Id
    type: str
    because: str
    at: Moment


class TicketDetail(Ticket, frozen=True, kw_only=True):
    """A whole conversation: its messages by time sent, the tickets merged into it, and the links that did it.

    `suggestions` are the open ones of any of its tickets, best first; `severed` what people keep from it; `history` the
    newest commands about it, oldest first.
    """

    messages: tuple[Message, ...]
    merged: tuple[Ticket, ...]
    links: tuple[Link, ...]
    suggestions: tuple[Suggestion, ...] = ()
    severed: tuple[Severed, ...] = ()
    history: tuple[Command, ...] = ()
    notes: tuple[Note, ...] = ()
