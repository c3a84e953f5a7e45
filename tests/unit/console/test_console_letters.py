from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from support.messages import NOON, a_message, an_arrival
from threadline_console.dead.letter import (
    Found,
    Letter,
    LetterState,
    cause_id,
    cause_title,
    failed_again,
    is_input,
    read_letter,
    replayed,
)
from threadline_console.dead.replay import explain, outgoing_of
from threadline_contracts.arrival import InputBuried, ReplayRequested
from threadline_contracts.codec import decode, decode_data, encode, make_event
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.message import MessageReceived
from threadline_contracts.topology import EventType, Exchange

RAW = "main.pack.1.0.10.0123456789abcdef"


def an_input() -> bytes:
    data = InputBuried(arrival=an_arrival(), raw=RAW, reason="IndexError")
    return encode(make_event(EventType.INPUT_BURIED, data, about=UUID(int=1), revision=1, source="/t", time=NOON))


def an_event() -> bytes:
    message = a_message()
    data = MessageReceived(message=message)
    return encode(make_event(EventType.MESSAGE_RECEIVED, data, about=message.id, revision=1, source="/t", time=NOON))


def found(body: bytes, **headers: str) -> Found:
    return Found(
        body=body,
        exchange="threadline.messages",
        key="message.received.v1.email",
        event_id="e1",
        headers={"reason": "broken", "queue": "threads.messages", **headers},
    )


def a_letter(body: bytes = b"", **headers: str) -> Letter:
    return read_letter(found(body or an_event(), **headers), NOON)


def test_an_event_keeps_where_it_failed_and_what_it_is_about() -> None:
    letter = a_letter(attempts="8", buried_at="2026-03-05T11:00:00+00:00")

    assert (letter.subject, letter.channel, letter.attempts) == (str(a_message().id), "email", 8)
    assert letter.last_at == NOON - timedelta(hours=1)
    assert not is_input(letter)


def test_an_input_keeps_its_raw_bytes_name() -> None:
    letter = read_letter(replace(found(an_input()), headers={}), NOON)

    assert (letter.raw, letter.reason, letter.channel) == (RAW, "IndexError", "email")
    assert is_input(letter)


ANY_TEXT = st.text(st.characters(codec=None, categories=("L", "N", "P", "Cc", "Cs")))


@given(st.binary(), ANY_TEXT, st.dictionaries(st.sampled_from(["reason", "attempts", "buried_at", "queue"]), ANY_TEXT))
def test_nothing_is_too_broken_to_be_a_letter(body: bytes, key: str, headers: dict[str, str]) -> None:
    letter = read_letter(Found(body=body, exchange="", key=key, event_id="", headers=headers), NOON)

    assert msgspec.json.decode(msgspec.json.encode(letter), type=Letter) == letter
    assert cause_id(letter)


def test_the_same_burial_twice_is_one() -> None:
    old = a_letter(buried_at="2026-03-05T11:00:00+00:00")

    assert failed_again(old, old) == old


def test_a_letter_that_fails_again_waits_again() -> None:
    old = replayed(a_letter(), at=NOON, after=7)
    again = failed_again(old, a_letter())

    assert (again.state, again.times, again.replays, again.first_at) == (LetterState.WAITING, 2, 1, old.first_at)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("row 4711 is locked", "row 4712 is locked"),
        ("unknown charset 'klingon'", "unknown charset 'vulcan'"),
        ("6f1c39a4-5d0b-5c53-9f0c-3a1d0a0e7a11 is gone", "b0a4fd4e-0a53-5c0e-8a5b-7d4b1d3c9e22 is gone"),
    ],
)
def test_a_cause_forgets_what_is_particular(one: str, other: str) -> None:
    assert cause_id(a_letter(reason=one)) == cause_id(a_letter(reason=other))
    assert "…" in cause_title(a_letter(reason=one))


def test_other_reasons_and_queues_are_other_causes() -> None:
    letters = [a_letter(), a_letter(reason="else"), a_letter(queue="other")]

    assert len({cause_id(letter) for letter in letters}) == 3


def test_an_event_is_replayed_as_it_was() -> None:
    out = outgoing_of(a_letter(), an_event(), NOON)

    assert (out.exchange, out.key, out.body) == (Exchange.MESSAGES, "message.received.v1.email", an_event())


def test_an_input_is_replayed_by_asking_its_channel() -> None:
    letter = read_letter(found(an_input()), NOON)

    out = outgoing_of(letter, an_input(), NOON)

    assert (out.exchange, out.key) == (Exchange.COMMANDS, "input.replay.requested.v1.email")
    assert decode_data(decode(out.body), ReplayRequested) == ReplayRequested(arrival=an_arrival(), raw=RAW)


def test_each_replay_is_a_request_of_its_own() -> None:
    letter = read_letter(found(an_input()), NOON)
    again = replayed(letter, at=NOON, after=0)

    assert outgoing_of(letter, an_input(), NOON).event_id != outgoing_of(again, an_input(), NOON).event_id


@pytest.mark.parametrize("letter", [replace(a_letter(), exchange="threadline.dead"), replace(a_letter(), exchange="?")])
def test_what_came_from_nowhere_can_go_nowhere(letter: Letter) -> None:
    with pytest.raises(MalformedInputError, match="where it came from"):
        outgoing_of(letter, an_event(), NOON)


def test_a_replay_says_what_it_will_do() -> None:
    assert "email service" in explain(read_letter(found(an_input()), NOON))
    assert "threads.messages" in explain(a_letter())
