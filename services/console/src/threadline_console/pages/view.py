"""What the ticket pages show, pure: every word and link decided here, so that the templates only lay it out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from msgspec import Struct

from threadline_console.pages.times import When, when
from threadline_console.pages.words import Word, channel_word
from threadline_contracts.ids import show_reference
from threadline_contracts.message import IdentityKind, Party
from threadline_shared.text import cut
from threadline_threads.reading import TicketSummary

NO_SUBJECT: Final = "(no subject)"
_PREVIEW: Final = 140
_LIST: Final = "/tickets"


class Row(Struct, frozen=True, kw_only=True):
    """A conversation in the list."""

    id: str
    href: str
    who: str
    subject: str
    preview: str
    channels: tuple[Word, ...]
    status: str
    count: int
    updated: When
    selected: bool


class Filters(Struct, frozen=True, kw_only=True):
    """What the list is narrowed to; the URL says the same, so that back works."""

    desk: str = ""
    channel: str = ""
    status: str = ""
    q: str = ""
    cursor: str = ""

    @property
    def query(self) -> str:
        """The filters for a link, without the page; begins with `?` unless empty."""
        return self.with_cursor("")

    @property
    def narrowed(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.desk or self.channel or self.status or self.q)

    def with_cursor(self, cursor: str) -> str:
        """Return the filters for a link to another page of the list."""
        given = {"desk": self.desk, "channel": self.channel, "status": self.status, "q": self.q, "cursor": cursor}
        query = urlencode({name: value for name, value in given.items() if value})
        return f"?{query}" if query else ""


class List(Struct, frozen=True, kw_only=True):
    """The middle pane."""

    rows: tuple[Row, ...]
    filters: Filters
    older: str
    newest: str


def ticket_list(
    summaries: Sequence[TicketSummary], filters: Filters, cursor: str | None, selected: str, now: datetime
) -> List:
    """Return the list pane; `selected` is the id of the ticket beside it."""
    return List(
        rows=tuple(_row(summary, filters, selected, now) for summary in summaries),
        filters=filters,
        older=_LIST + filters.with_cursor(cursor) if cursor else "",
        newest=_LIST + filters.query if filters.cursor else "",
    )


def read_filters(given: Mapping[str, str]) -> Filters:
    """Return the filters of a page's query; unknown parameters pass."""
    return Filters(**{name: given.get(name, "").strip() for name in ("desk", "channel", "status", "q", "cursor")})


def asks_for(filters: Filters) -> Mapping[str, str]:
    """Return the filters as the API's query, without the empty ones."""
    given = {"desk": filters.desk, "channel": filters.channel, "q": filters.q, "cursor": filters.cursor}
    given["status"] = filters.status
    return {name: value for name, value in given.items() if value}


def ticket_href(key: str, filters: Filters) -> str:
    """Return the link to a ticket's page that keeps the list as it is."""
    return f"{_LIST}/{quote(key, safe='')}{filters.with_cursor(filters.cursor)}"


def name_of(party: Party | None) -> str:
    """Return what to call somebody: the name, else the best proved identity that people read."""
    if party is None:
        return "somebody"
    name = " ".join(party.name.split())
    return name or address_of(party) or "somebody"


def address_of(party: Party) -> str:
    """Return the address, number or handle beside a name; visitor ids mean nothing to people."""
    shown = (identity.value for identity in party.identities if identity.kind != IdentityKind.VISITOR)
    return next(shown, "")


def _row(summary: TicketSummary, filters: Filters, selected: str, now: datetime) -> Row:
    header = summary.ticket
    return Row(
        id=str(header.id),
        href=ticket_href(show_reference(header.reference), filters),
        who=name_of(header.contact),
        subject=header.subject.strip() or NO_SUBJECT,
        preview=cut(" ".join(summary.last_text.split()), _PREVIEW),
        channels=tuple(channel_word(channel) for channel in header.channels),
        status=header.status,
        count=header.message_count,
        updated=when(summary.imported_at or header.updated_at, now),
        selected=str(header.id) == selected,
    )
