"""What the conversation pane shows, pure: one timeline of messages and of what happened to the ticket between them.

Of a long thread it shows the ends; `start` shows a window of the middle instead, so that no page grows without end.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Final
from uuid import UUID

from msgspec import Struct

from threadline_console.pages.happenings import Happening, Place, happenings, place_of
from threadline_console.pages.message import Shown, shown
from threadline_console.pages.suggesting import Card, suggestion_cards
from threadline_console.pages.times import When, when
from threadline_console.pages.view import NO_SUBJECT, Filters, address_of, name_of, ticket_href
from threadline_console.pages.words import Word, channel_word
from threadline_contracts.ids import show_reference
from threadline_contracts.ticket import TicketHeader
from threadline_threads.reading import Conversation, PlacedMessage

_ALL_SHOWN: Final = 14  # messages; in a longer thread the middle folds
_FIRST_SHOWN: Final = 2
_LAST_SHOWN: Final = 10
_WINDOW: Final = 10
_WORDS_SHOWN: Final = 16_000  # bytes of text: long messages fold the middle of a shorter thread, too
_WORDS_OF_ONE: Final = 5_000
_NO_ONE: Final[Mapping[UUID, TicketHeader]] = {}


class Item(Struct, frozen=True):
    """A message, or something that happened between two of them."""

    message: Shown | None = None
    happening: Happening | None = None


class Folded(Struct, frozen=True, kw_only=True):
    """How many messages of the middle are folded away, and where they are."""

    count: int
    href: str


class Pane(Struct, frozen=True, kw_only=True):
    """The conversation: the beginning of its timeline, what is folded, and the end.

    In a window of the middle, `earlier` and `later` lead on; else they are empty.
    """

    id: str
    reference: str
    href: str
    subject: str
    status: str
    desk: str
    contact: str
    contact_address: str
    channels: tuple[Word, ...]
    count: int
    opened: When
    merged: tuple[Place, ...]
    cards: tuple[Card, ...]
    first: tuple[Item, ...]
    folded: Folded | None
    last: tuple[Item, ...]
    earlier: str
    later: str


def conversation(
    found: Conversation,
    filters: Filters,
    now: datetime,
    *,
    start: int | None = None,
    others: Mapping[UUID, TicketHeader] = _NO_ONE,
) -> Pane:
    """Return the pane of a conversation; `start` is the first message of a window of the middle."""
    header = found.ticket
    reference = show_reference(header.reference)
    total = len(found.messages)
    line = _Line(found, others, now)
    heads, tails = fold_middle([_weight(placed) for placed in found.messages], start)
    last_head, first_tail = heads.stop, tails.start
    href = ticket_href(reference, filters)
    return Pane(
        id=str(header.id),
        reference=reference,
        href=href,
        subject=header.subject.strip() or NO_SUBJECT,
        status=header.status,
        desk=header.desk,
        contact=name_of(header.contact),
        contact_address=address_of(header.contact),
        channels=tuple(
            dict.fromkeys(channel_word(name) for ticket in (header, *found.merged) for name in ticket.channels)
        ),
        count=total,
        opened=when(header.created_at, now),
        merged=tuple(place_of(ticket) for ticket in found.merged),
        cards=suggestion_cards(found.suggestions, header.id, now),
        first=line.items(heads),
        folded=_folded(first_tail - last_head, href) if start is None and first_tail > last_head else None,
        last=line.items(tails),
        earlier=_from(href, max(heads.start - _WINDOW, 0)) if start is not None and heads.start else "",
        later=_from(href, heads.stop) if start is not None and heads.stop < total else "",
    )


def fold_middle(weights: Sequence[int], start: int | None) -> tuple[range, range]:
    """Return which messages are shown: the beginning and the end; or a window, and nothing else.

    `weights` are their bytes: what is shown together stays light, but for what a single message weighs.
    """
    total = len(weights)
    if start is not None:
        start = min(max(start, 0), max(total - 1, 0))
        return range(start, start + _fitting(weights[start : start + _WINDOW])), range(total, total)
    if total <= _ALL_SHOWN and sum(weights) <= _WORDS_SHOWN + _WORDS_OF_ONE:
        return range(total), range(total, total)
    first = min(_FIRST_SHOWN, total)
    return range(first), range(total - _fitting(weights[first:][: -_LAST_SHOWN - 1 : -1]), total)


def _fitting(weights: Sequence[int]) -> int:
    """Return how many of these, from the first one on, may be shown together: at least one."""
    sums = accumulate(weights)
    return max(sum(weight <= _WORDS_SHOWN for weight in sums), min(1, len(weights)))


def _weight(placed: PlacedMessage) -> int:
    said = placed.message
    visible, rest = len(said.text.encode()), max(len(said.full_text) - len(said.text), 0)
    return min(visible + rest, _WORDS_OF_ONE)


class _Line:
    """The timeline: each happening comes behind the last message that was sent before it."""

    def __init__(self, found: Conversation, others: Mapping[UUID, TicketHeader], now: datetime) -> None:
        self._found = found
        self._now = now
        self._homes = {ticket.id: ticket for ticket in (*found.merged, found.ticket)}
        sent = [placed.message.sent_at for placed in found.messages]
        self._behind: dict[int, list[Happening]] = {}
        for one in happenings(found, others, now):
            self._behind.setdefault(bisect_right(sent, one.moment), []).append(one)

    def items(self, numbers: range) -> tuple[Item, ...]:
        """Return some messages, with what happened behind each; the first one also has what happened before it."""
        found = [Item(happening=one) for one in (self._behind.get(0, ()) if numbers.start == 0 else ())]
        for number in numbers:
            found.append(Item(message=self._message(self._found.messages[number])))
            found += [Item(happening=one) for one in self._behind.get(number + 1, ())]
        return tuple(found)

    def _message(self, placed: PlacedMessage) -> Shown:
        notes = [note for note in self._found.notes if note.message == placed.message.id]
        return shown(placed, self._found.ticket, self._homes, self._now, notes)


def _folded(count: int, href: str) -> Folded:
    return Folded(count=count, href=_from(href, _FIRST_SHOWN))


def _from(href: str, number: int) -> str:
    return f"{href}{'&' if '?' in href else '?'}from={number}"
