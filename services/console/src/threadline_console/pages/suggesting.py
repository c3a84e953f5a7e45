"""What a suggestion shows, pure: the two tickets, how likely it is and why, and what each answer would do."""

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
    """A suggestion: `one` may belong to `other`; `join` says which would speak through which."""

    id: str
    one: End
    other: End
    join: str
    score: str
    width: int
    likely: str
    reasons: tuple[str, ...]
    at: When


def suggestion_card(view: SuggestionView, here: UUID | None, now: datetime) -> Card:
    """Return a suggestion as seen from the conversation `here` (None: from outside, the younger ticket first)."""
    ends = (view.ticket, view.other)
    one, other = ends[::-1] if here is not None and view.other.root == here else ends
    score = view.suggestion.score
    return Card(
        id=str(view.suggestion.id),
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
