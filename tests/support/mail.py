"""Mails for tests, and our normaliser as the service would call it."""

from datetime import UTC, datetime
from typing import Final

from threadline_contracts.arrival import Arrival
from threadline_contracts.message import InboundMessage
from threadline_contracts.outcome import Skipped
from threadline_email.mailboxes import Directory, Mailbox
from threadline_email.normalize import normalize
from threadline_shared.inputs import Normalized

NOON: Final = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
SUPPORT: Final = Mailbox(address="support@localhost")
_FIELDS: Final = {
    "From": "Ada Lovelace <ada@example.org>",
    "To": "support@localhost",
    "Subject": "The printer",
    "Date": "Mon, 02 Mar 2026 10:00:00 +0100",
    "Message-ID": "<m1@example.org>",
}


def a_mail(body: bytes | str = "It burns.\r\n", **fields: str | None) -> bytes:
    """Return a mail from Ada to support; `In_Reply_To="<a@b>"` sets a field, `Date=None` leaves one out."""
    chosen = _FIELDS | {name.replace("_", "-"): value for name, value in fields.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in chosen.items() if value is not None)
    return head.encode() + b"\r\n" + (body.encode() if isinstance(body, str) else body)


def an_arrival(mailbox: Mailbox = SUPPORT, **facts: str) -> Arrival:
    """Return the arrival of a mail at a mailbox, at noon, with these facts of the door."""
    return Arrival(desk=mailbox.desk, channel="email", account=mailbox.name, received_at=NOON, facts=facts)


def normalized(raw: bytes, mailbox: Mailbox = SUPPORT, **facts: str) -> Normalized:
    """Return what a mail to a mailbox becomes; fails when it is skipped."""
    found = normalize(raw, an_arrival(mailbox, **facts), Directory([mailbox]))
    assert not isinstance(found, Skipped), found
    return found


def message_of(raw: bytes, mailbox: Mailbox = SUPPORT, **facts: str) -> InboundMessage:
    """Return the message that a mail to a mailbox becomes."""
    return normalized(raw, mailbox, **facts).message
