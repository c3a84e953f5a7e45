"""What the API answers: published shapes that only grow. They reuse the contract's words for the same things."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from threadline_contracts.message import (
    Attachment,
    Automation,
    BlobId,
    BodyRef,
    Call,
    DeliveryReport,
    Direction,
    Moment,
    Name,
    Party,
    Problem,
    Reference,
)
from threadline_contracts.ticket import Placement, Status

Count = Annotated[int, Meta(ge=0)]
Id = Annotated[str, Meta(description="a UUID", pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class LastMessage(Struct, frozen=True, kw_only=True):
    """The newest message of a conversation, for a row of a list."""

    text: str
    channel: str
    sender: Party | None


class Ticket(Struct, frozen=True, kw_only=True):
    """A conversation as a row: a root ticket, with the counts of everything merged into it.

    `follows` names the ticket that was solved too long ago to be reopened, `followed_by` its newest follower.
    """

    id: Id
    reference: Reference
    root: Id
    desk: Name
    revision: int
    status: Status
    subject: str
    channels: tuple[str, ...]
    accounts: tuple[str, ...]
    message_count: Count
    contact: Party
    created_at: Moment
    updated_at: Moment
    last: LastMessage | None = None
    follows: Id | None = None
    followed_by: Id | None = None
    solved_at: Moment | None = None


class TicketList(Struct, frozen=True, kw_only=True):
    """A page of tickets, newest change first; give `next` back as `cursor` to go on."""

    items: tuple[Ticket, ...]
    next: str | None


class File(Attachment, frozen=True, kw_only=True):
    """An attachment, and where its bytes are."""

    href: str


class Message(Struct, frozen=True, kw_only=True):
    """A message where it is, and why. `ticket` is its home: another one than asked for after a merge.

    A body that is too large is in its `*_ref` blob, and the field holds its beginning (`html` is then empty).
    """

    id: Id
    version: Count
    reference: Reference
    ticket: Id
    channel: str
    account: str
    external_id: str
    direction: Direction
    sender: Party
    recipients: tuple[Party, ...]
    subject: str
    text: str
    text_ref: BodyRef | None
    full_text: str
    full_text_ref: BodyRef | None
    html: str
    html_ref: BodyRef | None
    attachments: tuple[File, ...]
    automation: Automation
    delivery_reports: tuple[DeliveryReport, ...]
    call: Call | None
    problems: tuple[Problem, ...]
    backfill: bool
    placement: Placement
    raw: BlobId | None
    sent_at: Moment
    received_at: Moment
    committed_at: Moment


class Hop(Struct, frozen=True, kw_only=True):
    """One step of a message's way. `at` is null where it happened (`done`) without anybody noting when."""

    name: str
    done: bool
    at: datetime | None
    detail: str


class TracedMessage(Struct, frozen=True, kw_only=True):
    """Where one message is `now`, in a sentence, and how it got there."""

    message_id: Id
    reference: Reference
    external_id: str
    desk: str
    channel: str
    account: str
    ticket: Id
    root: Id
    placement: Placement
    hops: tuple[Hop, ...]
    now: str


class Trace(Struct, frozen=True, kw_only=True):
    """Every message of this id, reference or external id, and the dead letters that name it."""

    items: tuple[TracedMessage, ...]
    dead_letters: tuple[str, ...]


class DeadLetter(Struct, frozen=True, kw_only=True):
    """Something no worker could do. `times` counts failures, `replays` our tries to mend it."""

    id: str
    state: str
    reason: str
    cause: str
    event_id: str
    event_type: str
    subject: str
    channel: str
    queue: str
    exchange: str
    key: str
    attempts: Count
    times: Count
    replays: Count
    size: Count
    first_at: Moment
    last_at: Moment
    replayed_at: Moment | None
    raw: str


class Cause(Struct, frozen=True, kw_only=True):
    """Letters that died of the same thing; counts those that still wait, too."""

    id: str
    title: str
    event_type: str
    queue: str
    channel: str
    count: Count
    waiting: Count
    oldest_at: Moment
    newest_at: Moment


class DeadLetterList(Struct, frozen=True, kw_only=True):
    """A page of dead letters, the latest failure first, and all causes, the most frequent first."""

    items: tuple[DeadLetter, ...]
    next: str | None
    causes: tuple[Cause, ...]


class RawInput(Struct, frozen=True, kw_only=True):
    """The beginning of a kept input, as text; the whole of it is the blob."""

    blob: str
    href: str
    size: Count
    text: str
    cut: bool


class DeadLetterDetail(DeadLetter, frozen=True, kw_only=True):
    """One dead letter with its event as text, its kept input, and what a replay would do."""

    event: str
    input: RawInput | None
    replay_explains: str


class ReplayOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which waiting letters to replay: those of one cause, or (empty) all; at most `limit` now, oldest first."""

    cause: Annotated[str, Meta(max_length=100)] = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class Refused(Struct, frozen=True, kw_only=True):
    """A letter that could not be replayed, and why; it is kept as it was."""

    id: str
    reason: str


class Replayed(Struct, frozen=True, kw_only=True):
    """What a replay did; ask again while `remaining` shrinks."""

    replayed: tuple[str, ...]
    refused: tuple[Refused, ...]
    remaining: Count
