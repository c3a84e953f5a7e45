import pytest

from support.console_tickets import a_conversation
from support.messages import NOON, a_message, a_person, an_attachment
from threadline_console.pages.conversation import Folded, conversation, fold_middle
from threadline_console.pages.files import file_card, file_kind
from threadline_console.pages.folding import beginning
from threadline_console.pages.message import Frame, Shown, assurance_of
from threadline_console.pages.view import Filters, address_of, name_of, read_filters
from threadline_contracts.message import BodyRef, IdentityKind, InboundMessage, Party


def shown(*messages: InboundMessage) -> list[Shown]:
    """Return the messages that a conversation of these shows."""
    pane = conversation(a_conversation(*messages), Filters(), NOON)
    return [item.message for item in (*pane.first, *pane.last) if item.message]


def test_a_short_message_shows_its_reply_and_folds_the_rest() -> None:
    (message,) = shown(a_message(text="Yes.", full_text="Yes.\n\n> Is it on fire?"))

    assert (message.text, message.rest.text, message.rest.href) == ("Yes.", "> Is it on fire?", "")


@pytest.mark.parametrize(
    ("rest", "what"),
    [
        ("On 2 Mar 2026 at 09:00, Desk wrote:\n> Is it on fire?", "what was quoted"),
        ("-----Original Message-----\nFrom: Desk", "what was quoted"),
        ("-- \nAda Lovelace\nAnalytical Engines", "the signature"),
        ("Sent from my iPhone", "the signature"),
    ],
)
def test_what_is_folded_is_called_by_its_name(rest: str, what: str) -> None:
    (message,) = shown(a_message(text="Yes.", full_text=f"Yes.\n\n{rest}"))

    assert (message.rest.text, message.rest.what) == (rest, what)


def test_a_message_that_only_quotes_folds_what_it_quotes() -> None:
    (message,) = shown(a_message(text="", full_text="On 2 Mar 2026 Desk wrote:\n> Is it on fire?"))

    assert message.rest.what == "what was quoted"


def test_an_answer_below_what_it_quotes_folds_the_whole_text() -> None:
    (message,) = shown(a_message(text="Yes.", full_text="> Is it on fire?\n\nYes."))

    assert (message.rest.text, message.rest.what) == ("> Is it on fire?\n\nYes.", "the whole text")


@pytest.mark.parametrize(
    ("html", "remote"),
    [
        ('<img data-remote-src="https://x.example/a.png">', True),
        ("<img src='//x.example/a.png'>", True),
        ('<img src="cid:logo"><a href="https://x.example">x</a>', False),
    ],
)
def test_whoever_reads_is_told_of_images_from_elsewhere(html: str, remote: bool) -> None:  # noqa: FBT001 - a case
    (message,) = shown(a_message(html=html))

    assert message.html == Frame(f"{message.page_href}/html", "low", remote)


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("application/pdf", "PDF"),
        ("image/x-icon", "ICON image"),
        ("image/svg+xml", "SVG drawing"),
        ("audio/ogg", "OGG sound"),
        ("application/x-strange", "application/x-strange"),
    ],
)
def test_a_file_is_called_what_people_call_it(media_type: str, kind: str) -> None:
    assert file_kind(media_type) == kind


@pytest.mark.parametrize(
    ("name", "runs"),
    [("bill.pdf.EXE", True), ("sheet.xlsm", True), ("run.js. ", True), ("bill.pdf", False), ("exe", False)],
)
def test_a_file_that_runs_when_opened_says_so(name: str, runs: bool) -> None:  # noqa: FBT001 - a case
    assert file_card(an_attachment(b"x", filename=name)).runs is runs


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
    (found,) = shown(message)

    assert len(found.text) <= 2_400
    assert found.rest.href.endswith(f"/messages/{message.reference}")


def test_a_text_that_fits_is_shown_as_it_is() -> None:
    assert beginning("\nHello,\n\nthere.\n") == "Hello,\n\nthere."


def test_holes_of_empty_lines_close() -> None:
    assert beginning("Hello,\n \n\n\t\n\nthere.") == "Hello,\n\nthere."


def test_a_long_thread_folds_its_middle() -> None:
    pane = conversation(a_conversation(*(a_message(f"m{n}") for n in range(60))), Filters(), NOON)

    assert (len(pane.first), len(pane.last)) == (2, 10)
    assert pane.folded == Folded(count=48, href=f"{pane.href}?from=2")
    assert fold_middle([100] * 14, None) == (range(14), range(14, 14))


def test_long_messages_fold_a_shorter_thread() -> None:
    assert fold_middle([5000] * 8, None) == (range(2), range(5, 8))
    assert fold_middle([5000], None) == (range(1), range(1, 1))
    assert fold_middle([5000] * 8, 2) == (range(2, 5), range(8, 8))


def test_a_window_shows_some_of_the_middle_and_leads_on() -> None:
    found = a_conversation(*(a_message(f"m{n}") for n in range(60)))

    pane = conversation(found, Filters(status="open"), NOON, start=12)

    assert [item.message.id for item in pane.first if item.message] == [
        str(a_message(f"m{n}").id) for n in range(12, 22)
    ]
    assert (pane.last, pane.folded) == ((), None)
    assert pane.earlier.endswith("?status=open&from=2")
    assert pane.later.endswith("?status=open&from=22")


@pytest.mark.parametrize(("start", "shown_from", "shown_to"), [(0, 0, 10), (55, 55, 60), (60, 59, 60), (10**8, 59, 60)])
def test_no_window_is_empty(start: int, shown_from: int, shown_to: int) -> None:
    assert fold_middle([100] * 60, start)[0] == range(shown_from, shown_to)


def test_every_message_says_why_it_is_here() -> None:
    (message,) = shown(a_message())

    assert message.why.because == "opened, nothing claimed it"
    assert message.why.rule.word == "opened"


def test_a_subject_that_only_answers_is_not_repeated() -> None:
    subjects = ("Broken printer", "Re: broken printer", "Invoice")

    found = shown(*(a_message(f"m{n}", subject=subject) for n, subject in enumerate(subjects)))

    assert [message.subject for message in found] == ["", "", "Invoice"]


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
    svg = file_card(an_attachment(b"<svg/>", filename="x.svg", media_type="image/svg+xml"))
    png = file_card(an_attachment(b"\x89PNG", filename="x.png", media_type="image/png"))

    assert svg.preview == ""
    assert png.preview.endswith("?name=x.png&inline=1")


def test_filters_are_the_url() -> None:
    filters = read_filters({"status": "open", "q": " fire & water ", "unknown": "x"})

    assert filters.query == "?status=open&q=fire+%26+water"
    assert filters.narrowed
    assert read_filters({}).query == ""
