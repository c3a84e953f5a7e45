"""What the core helpdesk and operators ask of threads. The event's id is the command's id: asked twice, done once.

`by` names who asks, as the audit shows it; `because` is their reason, in their words.
"""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from threadline_contracts.message import Moment, Name
from threadline_contracts.ticket import Status

Who = Annotated[str, Meta(min_length=1, max_length=120, description="who asks: an operator or a program")]
Why = Annotated[str, Meta(max_length=500, description="the reason, for people")]


class MergeRequested(Struct, frozen=True, kw_only=True):
    """`ticket.merge.requested.v1`: let the conversation of `ticket` speak through that of `into`. Lifts an unmerge."""

    ticket: UUID
    into: UUID
    by: Who
    because: Why = ""


class UnmergeRequested(Struct, frozen=True, kw_only=True):
    """`ticket.unmerge.requested.v1`: undo the link whose child is `ticket`, for good: no rule merges them again."""

    ticket: UUID
    by: Who
    because: Why = ""


class SplitRequested(Struct, frozen=True, kw_only=True):
    """`ticket.split.requested.v1`: move one message out to a new ticket. Merging the two back undoes it."""

    message_id: UUID
    by: Who
    because: Why = ""


class StatusRequested(Struct, frozen=True, kw_only=True):
    """`ticket.status.requested.v1`: set the status of one ticket."""

    ticket: UUID
    status: Status
    by: Who
    because: Why = ""


class Decision(StrEnum):
    """What somebody thinks of a suggestion."""

    ACCEPT = "accept"
    DECLINE = "decline"


class SuggestionDecided(Struct, frozen=True, kw_only=True):
    """`suggestion.decided.v1`: accept a suggested merge, or decline it for good."""

    suggestion: UUID
    decision: Decision
    by: Who
    because: Why = ""


class IdentityName(Struct, frozen=True, kw_only=True):
    """One identity of somebody, by kind and value, however it is written."""

    kind: Name
    value: Annotated[str, Meta(min_length=1, max_length=512)]


class ContactLinkRequested(Struct, frozen=True, kw_only=True):
    """`contact.link.requested.v1`: two contacts are one person."""

    contact: UUID
    other: UUID
    by: Who
    because: Why = ""


class ContactUnlinkRequested(Struct, frozen=True, kw_only=True):
    """`contact.unlink.requested.v1`: an identity is another person's; rules will not link it to this contact again."""

    contact: UUID
    identity: IdentityName
    by: Who
    because: Why = ""


class ContactEraseRequested(Struct, frozen=True, kw_only=True):
    """`contact.erase.requested.v1`: forget a person: texts, files and identities, everywhere. It cannot be undone."""

    contact: UUID
    by: Who
    because: Why = ""


class RepublishRequested(Struct, frozen=True, kw_only=True):
    """`republish.requested.v1`: tell the present state of all tickets that changed since then again (null: of all)."""

    since: Moment | None = None
    by: Who
    because: Why = ""


class Answer(StrEnum):
    """What became of a command: DONE, UNCHANGED (it was so already), or REFUSED (it cannot be carried out)."""

    DONE = "done"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class CommandAnswered(Struct, frozen=True, kw_only=True):
    """`command.answered.v1`: what became of a command, and why; `tickets` are those it concerns."""

    command_id: str
    command_type: str
    answer: Answer
    because: str
    by: str
    tickets: tuple[UUID, ...] = ()
