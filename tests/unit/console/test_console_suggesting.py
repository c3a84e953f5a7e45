from uuid import UUID

import pytest
from msgspec.structs import replace

from support.console_tickets import a_conversation
from support.messages import NOON, a_message
from threadline_console.pages.suggesting import suggestion_cards
from threadline_contracts.ticket import Suggestion, SuggestionReason, TicketHeader
from threadline_threads.keys import suggestion_id
from threadline_threads.reading import SuggestionView

PRINTER, INVOICE, OTHER = (a_conversation(a_message(name, subject=name)).ticket for name in ("Printer", "Invoice", "x"))


def a_view(ticket: TicketHeader, other: TicketHeader, score: float) -> SuggestionView:
    reason = SuggestionReason(code="same_number", because="Both name order 4711.", score=score)
    known = suggestion_id(ticket.id, other.id)
    asked = Suggestion(id=known, ticket=ticket.id, other=other.id, score=score, reasons=(reason,), at=NOON)
    return SuggestionView(suggestion=asked, ticket=ticket, other=other)


@pytest.mark.parametrize(
    ("here", "might_belong_to", "join"),
    [
        (PRINTER.id, "Invoice", "it speaks through this ticket"),
        (INVOICE.id, "Printer", "this ticket speaks through it"),
        (None, "Printer", "“Invoice” speaks through “Printer”"),
    ],
)
def test_a_card_tells_of_the_other_ticket_and_of_the_direction(
    here: UUID | None, might_belong_to: str, join: str
) -> None:
    (card,) = suggestion_cards([a_view(INVOICE, PRINTER, 0.71)], here, NOON)

    assert (card.other.place.subject, card.join) == (might_belong_to, join)
    assert (card.score, card.width, card.likely) == ("0.71", 71, "likely")


def test_the_best_comes_first() -> None:
    cards = suggestion_cards([a_view(INVOICE, PRINTER, 0.4), a_view(OTHER, PRINTER, 0.9)], PRINTER.id, NOON)

    assert [card.score for card in cards] == ["0.90", "0.40"]


def test_two_conversations_have_one_card_that_stands_for_weaker_ones_too() -> None:
    child = replace(OTHER, root=PRINTER.id)
    strong, weak = a_view(INVOICE, PRINTER, 0.8), a_view(INVOICE, child, 0.5)

    (card,) = suggestion_cards([weak, strong], None, NOON)

    assert (card.score, card.also) == ("0.80", str(weak.suggestion.id))


def test_what_is_one_conversation_already_is_not_suggested() -> None:
    assert suggestion_cards([a_view(replace(INVOICE, root=PRINTER.id), PRINTER, 0.8)], None, NOON) == ()
