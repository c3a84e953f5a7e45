"""The contract's things in the API's words, pure."""

from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec

from threadline_console.api.shapes import (
    Cause,
    DeadLetter,
    File,
    LastMessage,
    Message,
    Ticket,
    TicketList,
)
from threadline_console.dead.letter import Letter, LetterState, cause_id, cause_title
from threadline_contracts.message import Attachment
from threadline_contracts.ticket import TicketHeader
from threadline_threads.reading import PlacedMessage, TicketPage, TicketSummary

_asdict = msgspec.structs.asdict


def blob_href(blob: str, name: str = "", *, inline: bool = False) -> str:
    """Return where a blob is read; `inline` shows an image in place."""
    query = urlencode({key: value for key, value in (("name", name), ("inline", "1" if inline else "")) if value})
    return f"/api/v1/blobs/{quote(blob)}" + (f"?{query}" if query else "")


def ticket_list(page: TicketPage) -> TicketList:
    """Return a page of conversations."""
    return TicketList(items=tuple(_row(summary) for summary in page.items), next=page.next)


def ticket(header: TicketHeader, last: LastMessage | None = None) -> Ticket:
    """Return one ticket."""
    return Ticket(
        id=str(header.id),
        reference=header.reference,
        root=str(header.root),
        desk=header.desk,
        revision=header.revision,
        status=header.status,
        subject=header.subject,
        channels=header.channels,
        accounts=header.accounts,
        message_count=header.message_count,
        contact=header.contact,
        created_at=header.created_at,
        updated_at=header.updated_at,
        last=last,
        follows=_id(header.follows),
        followed_by=_id(header.followed_by),
        solved_at=header.solved_at,
    )


def message(placed: PlacedMessage) -> Message:
    """Return one message, where it is."""
    said = placed.message
    return Message(
        id=str(said.id),
        version=said.version,
        reference=said.reference,
        ticket=str(placed.ticket),
        channel=said.channel,
        account=said.account,
        external_id=said.external_id,
        direction=said.direction,
        sender=said.sender,
        recipients=said.recipients,
        subject=said.subject,
        text=said.text,
        text_ref=said.text_ref,
        full_text=said.full_text,
        full_text_ref=said.full_text_ref,
        html=said.html,
        html_ref=said.html_ref,
        attachments=tuple(_file(attachment) for attachment in said.attachments),
        automation=said.automation,
        delivery_reports=said.delivery_reports,
        call=said.call,
        problems=said.problems,
        backfill=said.backfill,
        placement=placed.placement,
        raw=said.raw,
        sent_at=said.sent_at,
        received_at=said.received_at,
        committed_at=placed.committed_at,
    )


def dead_letter(letter: Letter) -> DeadLetter:
    """Return one dead letter."""
    facts = _asdict(letter)
    del facts["after"]
    return DeadLetter(**facts, cause=cause_id(letter))


def causes(letters: Sequence[Letter]) -> tuple[Cause, ...]:
    """Return the letters grouped by what they died of, the most frequent first."""
    groups: defaultdict[str, list[Letter]] = defaultdict(list)
    for letter in letters:
        groups[cause_id(letter)].append(letter)
    return tuple(sorted((_cause(key, group) for key, group in groups.items()), key=lambda c: (-c.count, c.id)))


def _cause(key: str, letters: Sequence[Letter]) -> Cause:
    first = letters[0]
    return Cause(
        id=key,
        title=cause_title(first),
        event_type=first.event_type,
        queue=first.queue,
        channel=first.channel,
        count=len(letters),
        waiting=sum(letter.state is LetterState.WAITING for letter in letters),
        oldest_at=min(letter.first_at for letter in letters),
        newest_at=max(letter.last_at for letter in letters),
    )


def _row(summary: TicketSummary) -> Ticket:
    last = LastMessage(text=summary.last_text, channel=summary.last_channel, sender=summary.last_sender)
    return ticket(summary.ticket, last)


def _id(known: UUID | None) -> str | None:
    return str(known) if known else None


def _file(attachment: Attachment) -> File:
    return File(**_asdict(attachment), href=blob_href(attachment.blob, attachment.filename))
