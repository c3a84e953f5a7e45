"""Ids are frozen: these vectors never change, or every id ever published changes its meaning."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_contracts.ids import (
    CROCKFORD,
    base32,
    event_id,
    file_blob_id,
    message_id,
    read_reference,
    reference_of,
    show_reference,
)

GOLDEN = [
    (("main", "email", "support@localhost", "x"), "f54dbe1e-b48e-5fa6-aa74-5a6c01acdda0", "DPWVCB6HA7"),
]


@pytest.mark.parametrize(("source", "identity", "reference"), GOLDEN)
def test_golden_vectors_never_change(source: tuple[str, str, str, str], identity: str, reference: str) -> None:
    assert str(message_id(*source)) == identity
    assert reference_of(message_id(*source)) == reference


def test_event_id_is_frozen() -> None:
    subject = UUID("f54dbe1e-b48e-5fa6-aa74-5a6c01acdda0")

    assert str(event_id(subject, "ticket.opened.v1", 1)) == "07d812ae-386d-5cff-b9c4-2b7d879f0e96"


@given(*[st.text(max_size=20)] * 4)
def test_same_source_same_id(desk: str, channel: str, account: str, fingerprint: str) -> None:
    assert message_id(desk, channel, account, fingerprint) == message_id(desk, channel, account, fingerprint)


@pytest.mark.parametrize(
    "other", [("b", "c", "a", "f"), ("d", "x", "a", "f"), ("d", "c", "x", "f"), ("d", "c", "a", "x")]
)
def test_each_part_of_the_source_matters(other: tuple[str, str, str, str]) -> None:
    assert message_id(*other) != message_id("d", "c", "a", "f")


@given(st.uuids())
def test_a_reference_is_ten_characters_that_nobody_misreads(message: UUID) -> None:
    reference = reference_of(message)

    assert len(reference) == 10
    assert set(reference) <= set(CROCKFORD)


@given(st.uuids())
def test_a_reference_is_read_back_however_it_was_typed(message: UUID) -> None:
    reference = reference_of(message)
    typed = show_reference(reference).lower().replace("0", "o").replace("1", "l")

    assert read_reference(f" {typed} ") == reference


def test_base32_takes_the_leading_bits() -> None:
    assert base32(bytes([0b11111_000, 0b01_00000_0]), 2) == "Z1"


def test_a_file_is_named_by_desk_and_content() -> None:
    assert file_blob_id("main", "ab" * 32) == "main.sha256." + "ab" * 32
