"""A submission becomes a message: pure, total, nothing of it proved."""

from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.messages import NOON, an_attachment
from threadline_contracts.arrival import Arrival
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.ids import reference_of
from threadline_contracts.message import Assurance, Attachment, Identity, IdentityKind, InboundMessage, Party, Problem
from threadline_form.normalize import normalize
from threadline_form.submission import Submission, encode, fingerprint, id_of

Facts = Mapping[str, str] | None
ANYTHING = st.text(st.characters(codec=None), max_size=30)


def an_arrival(*files: Attachment, **facts: str) -> Arrival:
    return Arrival(channel="form", account="contact", received_at=NOON, facts=facts, files=files)


def message_of(*files: Attachment, facts: Facts = None, fields: Facts = None) -> InboundMessage:
    submission = Submission(**{"key": "k1", "name": "Ana", "message": "It burns.", **(fields or {})})
    return normalize(encode(submission), an_arrival(*files, **(facts or {}))).message


def test_the_id_of_a_submission_never_changes() -> None:
    # Golden: these ids are on the bus for ever. A failure here means that old submissions would come back as new ones.
    plain = message_of()
    assert plain.fingerprint == "272c95bd1bc4fe7b80d4c8fff9cab44316ed902644eda272588babdf57aa0cc8"
    assert plain.id == UUID("0c387576-ef3b-5fb0-a3ce-e4a29f4f3b60")
    assert (
        message_of(an_attachment(b"x"), fields={"subject": "Fire"}).fingerprint
        == "d8600bdbf9994e3a5b7726205ece223b3484e42b9e3e36b0056e6275cc074493"
    )


def test_the_same_key_and_content_are_the_same_message() -> None:
    assert message_of().id == message_of(facts={"trap": "too_fast"}).id


@pytest.mark.parametrize(
    "other",
    [
        {"key": "k2"},
        {"message": "It burns!"},
        {"name": "Ivo"},
        {"email": "ana@example.org"},
    ],
)
def test_another_key_or_content_is_another_message(other: dict[str, str]) -> None:
    assert message_of(fields=other).id != message_of().id


def test_another_file_is_another_message() -> None:
    ids = {message_of().id, message_of(an_attachment(b"x")).id, message_of(an_attachment(b"y")).id}
    assert len(ids) == 3


def test_the_door_knows_the_id_before_the_message_exists() -> None:
    raw = encode(Submission(key="k1", name="Ana", message="It burns."))
    assert id_of(raw, an_arrival()) == message_of().id


def test_identities_are_claimed_as_typed() -> None:
    sender = message_of(fields={"email": " Ana@Example.org ", "phone": "+385 1 234", "name": "Ana  K.\n"}).sender
    claimed = [
        Identity(kind=IdentityKind.EMAIL, value="Ana@Example.org", assurance=Assurance.CLAIMED, by="typed"),
        Identity(kind=IdentityKind.PHONE, value="+385 1 234", assurance=Assurance.CLAIMED, by="typed"),
    ]
    assert sender == Party(name="Ana K.", identities=tuple(claimed))


def test_the_message_is_the_text_without_an_invented_conversation() -> None:
    message = message_of(fields={"message": "\r\nHello,\r\nit burns.\r\n"})
    assert (message.text, message.full_text) == ("Hello,\nit burns.",) * 2
    assert (message.conversation, message.evidence.references, message.external_id) == ("", (), "k1")
    assert message.reference == reference_of(message.id)


@pytest.mark.parametrize(
    ("fields", "subject"),
    [
        ({"subject": "Fire\r\nin room 4"}, "Fire in room 4"),
        ({"message": "\n\n  Room 4 burns. \nCome!"}, "Room 4 burns."),
        ({"message": "word " * 100}, "word " * 23 + "word…"),
        ({"message": ""}, ""),
    ],
)
def test_without_a_subject_the_first_line_is_one(fields: dict[str, str], subject: str) -> None:
    assert message_of(fields=fields).subject == subject


def test_what_the_door_noticed_is_told() -> None:
    facts = {"department": "Support", "trap": "hidden_field", "key_reused": "yes", "ignored_fields": "2"}
    message = message_of(facts=facts)
    assert message.recipients == (Party(name="Support"),)
    assert [problem.code for problem in message.problems] == ["suspected_spam", "key_reused", "fields_ignored"]


def test_a_trap_of_a_later_version_is_told_as_it_is() -> None:
    assert message_of(facts={"trap": "moon"}).problems == (Problem(code="suspected_spam", detail="moon"),)


def test_files_are_attachments_in_their_order() -> None:
    files = (an_attachment(b"x"), an_attachment(b"y", filename="y.png"))
    assert message_of(*files).attachments == files


@given(raw=st.binary(max_size=80))
@example(raw=b"[" * 100_000)
@example(raw=b'{"key":"\\ud800"}')
@example(raw=b'{"key":1}')
@example(raw=b"{}")
def test_only_malformed_escapes(raw: bytes) -> None:
    with suppress(MalformedInputError):
        normalize(raw, an_arrival())


@given(
    fields=st.fixed_dictionaries(dict.fromkeys(("name", "email", "phone", "subject", "message"), ANYTHING)),
    fact=ANYTHING,
)
def test_whatever_is_typed_becomes_a_message_that_travels(fields: dict[str, str], fact: str) -> None:
    fields = {name: value.encode(errors="replace").decode() for name, value in fields.items()}
    message = message_of(facts={"trap": fact, "department": fact}, fields=fields)
    told = (message.subject, message.text, message.sender.name, *(found.value for found in message.sender.identities))
    assert not any("\0" in part for part in told)
    assert "\n" not in message.subject


def test_a_newer_version_of_a_submission_is_still_read() -> None:
    raw = b'{"key":"k1","message":"It burns.","name":"Ana","planet":"Mars"}'
    assert normalize(raw, an_arrival()).message.text == "It burns."


def test_a_fingerprint_does_not_mix_up_files_and_text() -> None:
    assert fingerprint(b"a", ["b"]) != fingerprint(b"a\nb", [])
