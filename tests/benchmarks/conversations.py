"""The messages that threads is measured with, as mail programs write them, and as they stand on the bus."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from support.messages import a_message, a_person
from threadline_contracts.codec import Event, encode, make_event
from threadline_contracts.message import Evidence, InboundMessage, MessageReceived
from threadline_contracts.topology import EventType, Exchange, message_key
from threadline_shared.bus import Outgoing

TURNS: Final = 4  # mails of a conversation
APART: Final = 1000  # mails of others between two of a conversation: an answer finds what it answers in the database
START: Final = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


def conversations(start: int, count: int) -> Iterator[InboundMessage]:
    """Yield mails, a thousand conversations side by side: a first mail each, and answers that cite those before."""
    for number in range(start, start + count):
        block, place = divmod(number, TURNS * APART)
        turn, conversation = divmod(place, APART)
        first = block * TURNS * APART + conversation
        cited = tuple(f"m{first + APART * earlier}@example.org" for earlier in range(turn))
        yield a_message(
            f"m{number}",
            sender=a_person(f"customer{first}@customer.example"),
            subject=f"{'Re: ' if turn else ''}Printer {first}",
            sent_at=START + timedelta(seconds=number),
            evidence=Evidence(in_reply_to=cited[-1:], references=cited),
        )


def received(message: InboundMessage) -> Event:
    """Return the event that brings a message to threads."""
    return make_event(
        EventType.MESSAGE_RECEIVED,
        MessageReceived(message=message),
        about=message.id,
        revision=message.version,
        source="benchmark",
        time=message.received_at,
    )


def outgoing(message: InboundMessage) -> Outgoing:
    """Return what a channel publishes."""
    event = received(message)
    key = message_key(EventType.MESSAGE_RECEIVED, message.channel)
    return Outgoing(exchange=Exchange.MESSAGES, key=key, body=encode(event), event_id=event.id)
