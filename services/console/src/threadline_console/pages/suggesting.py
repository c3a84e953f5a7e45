"""What a suggestion shows, pure: the two tickets, how likely it is and why, and what each answer would do."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from threadline_console.pages.happenings import Place, place_of
from threadline_console.pages.times import When, when
from threadline_console.pages.view import name_of
from threadline_console.pages.words import Word, channel_word
from threadline_contracts.ticket import TicketHeader
from threadline_threads.reading import SuggestionView

_LIKELY: Final = ((0.85, "very likely"), (0.65, "likely"), (0.4, "possible"))


class End(Struct, frozen=True, kw_only=True):
    """One of the two tickets."""

    place: Place
    who: str
    status: str
    count: int
    channels: tuple[Word, ...]
    updated: When


class Card(Struct, frozen=True, kw_only=True):
    """A suggestion: `one` may belong to `other`; `join` says which would speak through which.

    `also` are weaker ones about the same two conversations: who declines this one declines them all.
    """

    id: str
    also: str
    one: End
    other: End
    join: str
    score: str
    width: int
    likely: str
    reasons: tuple[str, ...]
    at: When


def suggestion_cards(views: Iterable[SuggestionView], here: UUID | None, now: datetime) -> tuple[Card, ...]:
    """Return suggestions, the best first, one for each two conversations; seen from `here`, or from outside."""
    pairs: dict[frozenset[UUID], list[SuggestionView]] = {}
    for view in sorted(views, key=lambda view: (-view.suggestion.score, view.suggestion.id)):
        if view.ticket.root != view.other.root:
            pairs.setdefault(frozenset((view.ticket.root, view.other.root)), []).append(view)
    return tuple(_card(best, weaker, here, now) for best, *weaker in pairs.values())


def _card(view: SuggestionView, weaker: Sequence[SuggestionView], here: UUID | None, now: datetime) -> Card:
    ends = (view.ticket, view.other)
    one, other = ends[::-1] if here is not None and view.other.root == here else ends
    score = view.suggestion.score
    return Card(
        id=str(view.suggestion.id),
        also=" ".join(str(one.suggestion.id) for one in weaker),
        one=_end(one, now),
        other=_end(other, now),
        join=_join(view, here),
        score=f"{score:.2f}",
        width=round(100 * score),
        likely=next((word for least, word in _LIKELY if score >= least), "a guess"),
        reasons=tuple(reason.because for reason in view.suggestion.reasons),
        at=when(view.suggestion.at, now),
    )


def _join(view: SuggestionView, here: UUID | None) -> str:
    if here is None:
        return f"“{place_of(view.ticket).subject}” speaks through “{place_of(view.other).subject}”"
    return "it speaks through this ticket" if view.other.root == here else "this ticket speaks through it"


def _end(header: TicketHeader, now: datetime) -> End:
    return End(
        place=place_of(header),
        who=name_of(header.contact),
        status=header.status,
        count=header.message_count,
        channels=tuple(channel_word(channel) for channel in header.channels),
        updated=when(header.updated_at, now),
    )
