import pytest

from support.console_tickets import a_conversation
from support.messages import NOON, a_message, a_person, an_attachment
from threadline_console.pages.conversation import conversation, fold_middle
from threadline_console.pages.message import assurance_of, beginning, card
from threadline_console.pages.view import Filters, address_of, name_of, read_filters
from threadline_contracts.message import BodyRef, IdentityKind, InboundMessage, Party


def test_a_short_message_shows_its_reply_and_folds_the_rest() -> None:
    pane = conversation(
        a_conversation(a_message(text="Yes.", full_text="Yes.\n\n> Is it on fire?")), Filters(), NOON, whole=False
    )

    assert (pane.first[0].text, pane.first[0].folded, pane.first[0].more_href) == ("Yes.", "> Is it on fire?", "")


@pytest.mark.parametrize(
    "message",
    [
        a_message(text="word " * 5000),
        a_message(text="line\n" * 200),
        a_message(text="Yes.", full_text="> quoted\n" * 2000),
        a_message(text="its beginning", text_ref=BodyRef(blob="main.sha256.x", size=99_999)),
    ],
)
def test_a_long_message_shows_its_beginning_and_a_way_to_the_rest(message: InboundMessage) -> None:
    pane = conversation(a_conversation(message), Filters(), NOON, whole=False)

    assert len(pane.first[0].text) <= 2_400
    assert pane.first[0].more_href.endswith(f"/messages/{message.id}")


def test_a_text_that_fits_is_shown_as_it_is() -> None:
    assert beginning("\nHello,\n\nthere.\n") == "Hello,\n\nthere."


def test_holes_of_empty_lines_close() -> None:
    assert beginning("Hello,\n \n\n\t\n\nthere.") == "Hello,\n\nthere."


def test_a_long_thread_folds_its_middle() -> None:
    found = a_conversation(*(a_message(f"m{number}") for number in range(60)))

    first, hidden, last = fold_middle(found.messages, whole=False)

    assert (len(first), hidden, len(last)) == (2, 48, 10)
    assert fold_middle(found.messages, whole=True) == (found.messages, 0, ())


def test_every_message_says_why_it_is_here() -> None:
    pane = conversation(a_conversation(a_message()), Filters(), NOON, whole=False)

    assert pane.first[0].why.because == "opened, nothing claimed it"
    assert pane.first[0].why.rule.word == "opened"


def test_a_subject_that_only_answers_is_not_repeated() -> None:
    subjects = ("Broken printer", "Re: broken printer", "Invoice")
    found = a_conversation(*(a_message(f"m{n}", subject=subject) for n, subject in enumerate(subjects)))

    pane = conversation(found, Filters(), NOON, whole=False)

    assert [message.subject for message in pane.first] == ["", "", "Invoice"]


@pytest.mark.parametrize(
    ("party", "name"),
    [
        (a_person(name="Ana\r\nKovač"), "Ana Kovač"),
        (a_person("ana@example.org"), "ana@example.org"),
        (a_person("v-1", kind=IdentityKind.VISITOR), "somebody"),
        (None, "somebody"),
    ],
)
def test_everybody_has_a_name(party: Party | None, name: str) -> None:
    assert name_of(party) == name


def test_a_sender_without_identity_is_unknown() -> None:
    assert assurance_of(Party()).word == "unknown"
    assert address_of(Party()) == ""


def test_only_bitmaps_have_a_preview() -> None:
    svg = card(an_attachment(b"<svg/>", filename="x.svg", media_type="image/svg+xml"))
    png = card(an_attachment(b"\x89PNG", filename="x.png", media_type="image/png"))

    assert svg.preview == ""
    assert png.preview.endswith("?name=x.png&inline=1")


def test_filters_are_the_url() -> None:
    filters = read_filters({"status": "open", "q": " fire & water ", "unknown": "x"})

    assert filters.query == "?status=open&q=fire+%26+water"
    assert filters.narrowed
    assert read_filters({}).query == ""
