from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support.messages import a_message, a_person, an_attachment
from threadline_contracts.codec import MESSAGE_MAX_BYTES
from threadline_contracts.message import Automation, BodyRef, Evidence, InboundMessage, Party, Problem
from threadline_shared.fit import fit


def size_of(message: InboundMessage) -> int:
    return len(msgspec.json.encode(message))


def test_what_fits_is_left_as_it_is() -> None:
    fitted = fit(a_message(text="short", html="<p>short</p>"))
    assert fitted.message == a_message(text="short", html="<p>short</p>")
    assert fitted.bodies == {}


def test_the_largest_body_goes_first_and_the_others_stay() -> None:
    html = "<p>" + "x" * 100_000
    fitted = fit(a_message(text="the reply", full_text="the reply\n> quoted", html=html))
    assert (fitted.message.text, fitted.message.full_text, fitted.message.html) == (
        "the reply",
        "the reply\n> quoted",
        "",
    )
    assert fitted.message.html_ref == BodyRef(blob=f"main.sha256.{sha256(html.encode()).hexdigest()}", size=len(html))
    assert [body.decode() for body in fitted.bodies.values()] == [html]


def test_a_text_by_reference_keeps_its_beginning() -> None:
    text = "äöü " * 50_000
    fitted = fit(a_message(text=text))
    assert text.startswith(fitted.message.text)
    assert 4000 <= len(fitted.message.text.encode()) <= 4096
    assert next(iter(fitted.bodies.values())).decode() == text


def test_the_same_body_twice_is_one_blob() -> None:
    fitted = fit(a_message(text="x" * 100_000, full_text="x" * 100_000))
    assert fitted.message.text_ref == fitted.message.full_text_ref
    assert len(fitted.bodies) == 1


def test_a_body_the_channel_stored_itself_is_not_stored_again() -> None:
    ref = BodyRef(blob="main.sha256.00", size=7)
    fitted = fit(a_message(html="x" * 100_000, html_ref=ref))
    assert (fitted.message.html, fitted.message.html_ref, fitted.bodies) == ("", ref, {})


def test_recipients_are_cut_no_more_than_needed_and_noted() -> None:
    recipients = tuple(a_person(f"customer{n:05}@example.org") for n in range(1000))
    message = fit(a_message(recipients=recipients)).message
    assert message.recipients == recipients[: len(message.recipients)]
    assert message.problems == (Problem(code="recipients_cut", detail=f"kept {len(message.recipients)} of 1000"),)
    assert MESSAGE_MAX_BYTES - 300 < size_of(message) <= MESSAGE_MAX_BYTES


def test_of_too_many_references_the_root_and_the_latest_stay() -> None:
    references = tuple(f"{n:05}@mail.example.org" for n in range(5000))
    kept = fit(a_message(evidence=Evidence(references=references))).message.evidence.references
    assert kept == (references[0], *references[-len(kept) + 1 :])


def test_a_cut_file_name_keeps_its_suffix() -> None:
    files = tuple(an_attachment(bytes([n]), filename=f"{n}" * 5000 + ".pdf") for n in range(50))
    message = fit(a_message(attachments=files)).message
    assert len(message.attachments) == 50
    assert all(len(file.filename) < 257 and file.filename.endswith(".pdf") for file in message.attachments)


def test_a_monstrous_key_stays_a_key() -> None:
    one, other = (fit(a_message(conversation="c" * 50_000 + end)).message.conversation for end in "12")
    assert one != other
    assert one == fit(a_message(conversation="c" * 50_000 + "1", text="another message")).message.conversation


def test_what_no_store_can_hold_is_taken_out() -> None:
    message = fit(
        a_message(subject="half \ud83d a smiley", problems=(Problem(code="odd", detail="\0\udc80."),))
    ).message
    assert (message.subject, message.problems[0].detail) == ("half  a smiley", ".")


def test_a_backslash_is_no_nul() -> None:
    assert fit(a_message(text="\\u0000")).message.text == "\\u0000"


class Bulk(NamedTuple):
    """How much of what there is in one field: `unit` repeated into a string, and that string as often as `many`."""

    unit: str
    length: int = 1
    many: int = 1

    def text(self) -> str:
        return self.unit * self.length

    def texts(self) -> tuple[str, ...]:
        return (self.text(),) * self.many


def a_bulky_message(bulks: Mapping[str, Bulk]) -> InboundMessage:
    def text(field: str) -> str:
        return bulks.get(field, Bulk("")).text()

    def texts(field: str) -> tuple[str, ...]:
        return bulks.get(field, Bulk("", many=0)).texts()

    values = [text("value")[:80] or "x"] * min(25, bulks.get("value", Bulk("")).many)
    identities = tuple(a_person(value).identities[0] for value in values)
    return a_message(
        id=UUID(int=1),
        account=text("account"),
        external_id=text("external_id"),
        fingerprint=text("fingerprint") + ".",
        conversation=text("conversation"),
        sender=Party(name=text("sender"), identities=identities),
        recipients=tuple(Party(name=name, identities=identities) for name in texts("recipients")),
        subject=text("subject"),
        text=text("text"),
        full_text=text("full_text"),
        html=text("html"),
        evidence=Evidence(in_reply_to=texts("in_reply_to"), references=texts("references"), tokens=texts("tokens")),
        attachments=tuple(an_attachment(b"x", filename=name, media_type=name) for name in texts("attachments")),
        automation=Automation(evidence=texts("automation")),
        problems=tuple(Problem(code="guessed", detail=detail) for detail in texts("problems")),
    )


KEYS = ["account", "external_id", "fingerprint", "conversation"]
LISTS = ["recipients", "in_reply_to", "references", "tokens", "attachments", "automation", "problems", "value"]
BODIES = ["text", "full_text", "html", "subject", "sender"]
_units = st.sampled_from(["x", "\x01", '"', "ä", "\U0001f600", "a b\n", "\ud800", "\0"])
_key_bulks = st.dictionaries(st.sampled_from(KEYS), st.builds(Bulk, _units, st.integers(0, 9000)))
_list_bulks = st.dictionaries(st.sampled_from(LISTS), st.builds(Bulk, _units, st.integers(0, 300), st.integers(0, 300)))
_body_bulks = st.dictionaries(st.sampled_from(BODIES), st.builds(Bulk, _units, st.integers(0, 50_000)))


@settings(max_examples=80, deadline=None)
@given(bulks=st.builds(lambda *parts: {**parts[0], **parts[1], **parts[2]}, _key_bulks, _list_bulks, _body_bulks))
@example(bulks={field: Bulk("\x01", 9000) for field in (*KEYS, *BODIES)})
@example(bulks={field: Bulk("\x01", 1, 9000) for field in LISTS[:-1]})
@example(bulks={field: Bulk("\x01", 900, 90) for field in (*KEYS, *BODIES, *LISTS)})
def test_any_message_fits_and_loses_nothing_silently(bulks: Mapping[str, Bulk]) -> None:
    message = a_bulky_message(bulks)
    fitted = fit(message)
    assert size_of(fitted.message) <= MESSAGE_MAX_BYTES
    assert msgspec.json.decode(msgspec.json.encode(fitted.message), type=InboundMessage) == fitted.message
    assert all(blob.endswith(sha256(body).hexdigest()) for blob, body in fitted.bodies.items())
    codes = {problem.code for problem in fitted.message.problems}
    assert len(fitted.message.recipients) == len(message.recipients) or "recipients_cut" in codes
    assert len(fitted.message.attachments) == len(message.attachments) or "attachments_cut" in codes
    assert fit(fitted.message) == type(fitted)(message=fitted.message, bodies={})


@pytest.mark.parametrize("name", ["text", "full_text", "html"])
def test_every_body_can_be_put_together_again(name: str) -> None:
    body = "A line of text.\n" * 10_000
    fitted = fit(msgspec.structs.replace(a_message(), **{name: body}))
    reference = getattr(fitted.message, f"{name}_ref")
    assert fitted.bodies[reference.blob].decode() == body
