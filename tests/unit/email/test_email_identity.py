"""The frozen identity of a mail. If a golden vector fails, the code is wrong, not the vector: ids must never change."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.mail import a_mail, an_arrival, message_of
from threadline_contracts.ids import message_id
from threadline_email.identity import identify

ORDINARY: Final = b"From: Ada <ada@example.org>\r\nDate: Mon, 02 Mar 2026 10:00:00 +0100\r\nSubject: Fire\r\n"

GOLDEN: Final = {
    "ordinary": (
        ORDINARY + b"Message-ID: <m1@example.org>\r\n\r\nIt burns.\r\n",
        "9b59d533bdd933b2c2a0b9f3d1e9e0f9b0904654fa1de1716db3bc02d0437c7a",
    ),
    "no message-id": (
        ORDINARY + b"\r\nIt burns.\r\n",
        "65f81a133f5d2db9ec65356bf0ed9e2a733c20e6360c22e42c8ce7f1189561f9",
    ),
    "no date": (
        b"From: a@b\r\nMessage-ID: <m1@example.org>\r\n\r\nIt burns.\r\n",
        "b32882ebb20be1b1c51cfa63e3fedac47d0d67559cbbc132f7515793f4ce97f9",
    ),
    "raw 8-bit and folded": (
        b"Subject: Gr\xfc\xdfe\r\n\taus M\xfcnchen\r\nFROM :  a@b \r\nMessage-Id:\r\n <x@y>\r\nDate: d\r\n\r\n",
        "f3e00980eab4d1c40bb03f300ae486e73f1f66e8cb204d48b435585946d35a7e",
    ),
    "empty": (b"", "db2b0aea0e87e12834d578d9b7b33d6358038230aacde8a81fe4429c6c925515"),
    "no empty line": (
        b"From: a@b\r\nMessage-ID: <m1@example.org>",
        "71dd01ef889fb57a41eb80867f36c0fd0584425c7ca18999ecc0f57841d62152",
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_fingerprint_never_changes(name: str) -> None:
    raw, fingerprint = GOLDEN[name]
    assert identify(raw).fingerprint == fingerprint


def test_the_id_of_a_mail_never_changes() -> None:
    arrival = an_arrival()
    raw, fingerprint = GOLDEN["ordinary"]
    assert message_of(raw).id == message_id(arrival.desk, "email", "support@localhost", fingerprint)
    assert str(message_of(raw).id) == "c2417136-f9ca-53b4-8b3a-76e9144bb607"


@pytest.mark.parametrize(
    "added",
    [
        b"Received: from relay.example by mx.example; Mon, 02 Mar 2026 10:00:01 +0100\r\n",
        b"DKIM-Signature: v=1; a=rsa-sha256; h=from:subject:date;\r\n\tb=abc\r\n",
        b"Authentication-Results: mx.example; dmarc=pass\r\nX-Spam-Score: 1\r\nDelivered-To: x@example.org\r\n",
    ],
)
def test_what_a_relay_adds_changes_nothing(added: bytes) -> None:
    assert identify(added + a_mail()) == identify(a_mail())


def test_how_a_relay_folds_changes_nothing() -> None:
    folded = a_mail().replace(b"Subject: The printer", b"Subject: The\r\n\tprinter")
    assert identify(folded) == identify(a_mail())


def test_line_ends_change_nothing() -> None:
    without_id = a_mail("one\r\ntwo\r\n", Message_ID=None)
    assert identify(without_id.replace(b"\r\n", b"\n")) == identify(without_id)


@pytest.mark.parametrize("field", ["From", "Date", "Subject", "Message-ID"])
def test_each_of_the_four_fields_counts(field: str) -> None:
    assert identify(a_mail(**{field: "another <x@y>"})).fingerprint != identify(a_mail()).fingerprint


def test_the_body_counts_only_where_it_must() -> None:
    assert identify(a_mail("one")) == identify(a_mail("two"))
    assert identify(a_mail("one", Message_ID=None)) != identify(a_mail("two", Message_ID=None))
    assert identify(a_mail("one", Date=None)) != identify(a_mail("two", Date=None))


def test_the_external_id_is_the_message_id_as_others_cite_it() -> None:
    assert identify(a_mail(Message_ID="junk <a\r\n b@x> more")).external_id == "ab@x"


def test_without_message_id_the_external_id_is_the_fingerprint() -> None:
    found = identify(a_mail(Message_ID=None))
    assert found.external_id == f"sha256:{found.fingerprint}"


def test_an_endless_message_id_is_no_external_id() -> None:
    assert identify(a_mail(Message_ID=f"<{'x' * 600}@y>")).external_id.startswith("sha256:")


@given(st.binary(max_size=300))
def test_every_byte_string_has_an_identity(raw: bytes) -> None:
    assert len(identify(raw).fingerprint) == 64


@given(
    st.lists(st.sampled_from([b"Message-ID: <a@b>", b"From: x", b"\t", b"\r", b"\n", b"\r\n", b" ", b":"]), max_size=12)
)
def test_every_heap_of_header_pieces_has_an_identity(pieces: list[bytes]) -> None:
    assert identify(b"".join(pieces)).external_id
