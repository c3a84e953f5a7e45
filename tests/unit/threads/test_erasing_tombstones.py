"""Whose a message is, and what stays of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from support.erasing import ADDRESS, CUSTOMS, DESK, FILE, PHONE, a_party, by_bob, from_quixa, marked, to_quixa
from support.messages import NOON
from threadline_contracts.codec import encode_data
from threadline_contracts.message import Call, CallEnd, DeliveryReport, Direction, InboundMessage
from threadline_threads.erasing.digests import Erased, digest
from threadline_threads.erasing.tombstones import is_theirs, is_tombstone, names_them, tombstone, without
from threadline_threads.retention.emptying import emptied, is_expired, needs

HERS = {"email:quixa.marker@geheim.example", "phone:+385912345678"}


def is_hers(identities: object) -> bool:
    assert hasattr(identities, "__iter__")
    return not HERS.isdisjoint(identities)


@pytest.mark.parametrize(
    ("message", "theirs", "named"),
    [
        (from_quixa("m1"), True, False),
        (to_quixa("m2", "m1"), True, True),
        (by_bob("m3"), False, True),
        (by_bob("m4", copied=False), False, False),
        (
            replace(to_quixa("m5", "m1"), recipients=(*to_quixa("m5", "m1").recipients, a_party("bob@b.example"))),
            False,
            True,
        ),
        (replace(to_quixa("m6", "m1"), recipients=(*to_quixa("m6", "m1").recipients, a_party(DESK))), True, True),
        (replace(by_bob("m7"), direction=Direction.OUTBOUND, recipients=()), False, False),
    ],
)
def test_a_message_is_theirs_when_nobody_else_is_in_it(message: InboundMessage, theirs: bool, named: bool) -> None:  # noqa: FBT001
    assert is_theirs(message, is_hers, CUSTOMS) is theirs
    assert names_them(message, is_hers, CUSTOMS) is named


def test_a_tombstone_has_nothing_of_theirs() -> None:
    report = DeliveryReport(kind="delivery", action="failed", recipient=ADDRESS)
    call = Call(direction="in", outcome="voicemail", caller=CallEnd(number=PHONE))
    message = replace(from_quixa("q1", FILE, cites="q0"), delivery_reports=(report,), call=call)
    left = tombstone(message)
    assert marked(encode_data(left)) == []
    assert is_tombstone(left)
    assert tombstone(left) == left
    stays = ("id", "version", "reference", "desk", "channel", "account", "direction", "sent_at", "received_at")
    assert all(getattr(left, name) == getattr(message, name) for name in stays)
    assert [file.size for file in left.attachments] == [len(FILE)]


def test_somebody_else_s_message_loses_their_address_and_its_raw_input() -> None:
    report = DeliveryReport(kind="delivery", action="failed", recipient=ADDRESS)
    message = replace(by_bob("b1"), raw="main.pack.20260305-abcd.0.33.0123456789abcdef", delivery_reports=(report,))
    left = without(message, is_hers, CUSTOMS)
    assert (left.text, left.raw) == ("I spoke to erased.", None)
    assert [party.name for party in left.recipients] == ["", "erased"]
    assert left.sender == message.sender
    assert marked(encode_data(left)) == []


def test_a_tombstone_needs_no_blob_and_an_expired_message_no_file() -> None:
    message = from_quixa("q1", FILE)
    blob = message.attachments[0].blob
    done = emptied(encode_data(message))
    assert done is not None
    assert needs(message, blob)
    assert not needs(tombstone(message), blob)
    assert not needs(done[0], blob)
    assert is_expired(done[0])
    assert done[2] == {blob}
    assert emptied(done[1]) is None


@given(
    minutes=st.integers(-100, 100), desk=st.sampled_from(["main", "brand"]), who=st.sampled_from([*HERS, "email:b@b"])
)
def test_who_is_to_be_forgotten_is_known_by_a_digest_alone(minutes: int, desk: str, who: str) -> None:
    erased = Erased(b"k" * 32, {digest(b"k" * 32, "main", one): NOON for one in HERS})
    found = erased.of(desk, [who], NOON + timedelta(minutes=minutes))
    assert bool(found) is (desk == "main" and who in HERS and minutes <= 0)


def test_digests_of_another_key_tell_nothing() -> None:
    assert digest(b"a" * 32, "main", "email:b@b") != digest(b"b" * 32, "main", "email:b@b")
