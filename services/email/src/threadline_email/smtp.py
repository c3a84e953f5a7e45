"""The SMTP and LMTP door: envelopes to mailboxes, bytes to intake, outcomes to replies. Strangers' mail it refuses."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, Literal, Protocol

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from threadline_contracts.arrival import Arrival
from threadline_contracts.errors import TemporaryError
from threadline_contracts.outcome import Accepted, Buried, Outcome, Skipped
from threadline_email.failed_logins import FailedLogins
from threadline_email.limits import Turns
from threadline_email.mailboxes import Directory, Key, Mailbox
from threadline_email.networks import Networks
from threadline_email.trust import RELAY_TRUSTED
from threadline_shared.health import Component, component
from threadline_shared.log import logger
from threadline_shared.metrics import auth_failures, inputs
from threadline_shared.text import clean

CHANNEL: Final = "email"
TRY_LATER: Final = "451 4.3.0 try again later"
_NO_MAILBOX: Final = "550 5.1.1 no such mailbox here"
_TOO_MANY: Final = "452 4.5.3 too many recipients for one mail"
_BARRED: Final = "454 4.7.0 too many failed logins from your address, try again later"
_FACT_MAX: Final = 1000  # characters
_NO_PASSWORD: Final = bytes(32)  # is no hash of one
_log: Final = logger()


class Accepter(Protocol):
    """What a door needs of Intake."""

    async def accept(self, raw: bytes, arrival: Arrival) -> Outcome:
        """Return when the input is durable. Raises TemporaryError."""


class SmtpDoor:
    """Answers for all conversations; aiosmtpd calls the `handle_*`."""

    def __init__(
        self,
        intake: Accepter,
        directory: Directory,
        *,
        turns: Turns,
        users: Mapping[str, bytes],
        failed: FailedLogins,
        trusted: Networks,
        max_recipients: int,
        protocol: str,
    ) -> None:
        self._intake = intake
        self._directory = directory
        self._turns = turns
        self._users = {user: sha256(password).digest() for user, password in users.items()}
        self._failed = failed
        self._trusted = trusted
        self._max_recipients = max_recipients
        self._protocol = protocol
        for mailbox in directory.mailboxes:
            component(f"{CHANNEL}/{mailbox.name}", kind=CHANNEL)  # one that never got a mail shows, too

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet; AUTH is offered only where somebody may log in. Commands may come in one packet (RFC 2920)."""
        del server, envelope
        session.host_name = hostname
        first, *others = (line for line in responses if self._users or not line.startswith("250-AUTH"))
        return [first, "250-PIPELINING", *others]

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Say whether the mailbox is ours."""
        del server, session, options
        if self._directory.find(address) is None:
            _count(self._protocol, "refused")  # of no mailbox: the door's own
            return _NO_MAILBOX
        if len(envelope.rcpt_tos) >= self._max_recipients:
            return _TOO_MANY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_VRFY(self, server: SMTP, session: Session, envelope: Envelope, address: str) -> str:  # noqa: N802
        """Tell nobody which mailboxes there are."""
        del server, session, envelope, address
        return "252 2.1.5 send some mail, and see"

    async def handle_exception(self, error: Exception) -> str:
        """Turn our bug into a temporary no: the sender keeps the mail, and learns nothing about us."""
        _log.error("dialogue.failed", exc_info=error)
        _count(self._protocol, "failed")
        return TRY_LATER

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, credentials: object
    ) -> AuthResult:
        """Check a login; unknown users take as long as wrong passwords. Who was wrong too often may not try."""
        del server, envelope, mechanism
        peer = _peer(session)
        if self._failed.barred(peer):
            auth_failures(self._protocol, "barred").inc()
            return AuthResult(success=False, handled=False, message=_BARRED)
        if not isinstance(credentials, LoginPassword):
            return AuthResult(success=False, handled=False)
        known = self._users.get(credentials.login.decode("utf-8", "replace"))
        # Hashes: comparing passwords of two lengths ends at once, and tells the length.
        same = hmac.compare_digest(known or _NO_PASSWORD, sha256(credentials.password).digest())
        genuine = same and known is not None
        if not genuine:
            self._failed.add(peer)
            auth_failures(self._protocol, "wrong").inc()
            _log.warning("auth.failed", peer=peer)
        return AuthResult(success=genuine, handled=False, auth_data=credentials)  # handled: aiosmtpd says nothing

    async def take(self, session: Session, envelope: Envelope, content: bytes) -> Sequence[str]:
        """Hand a mail to intake, once for each mailbox it is for; return one reply for each recipient.

        A mail for two mailboxes is two messages. When one fails, SMTP's sender tries both again: ids are derived, so
        the one that was taken already stays one.
        """
        received_at = datetime.now(UTC)
        boxes = [self._directory.find(address) for address in envelope.rcpt_tos]
        replies: dict[Key | None, str] = {None: _NO_MAILBOX}
        for box in boxes:
            if box is not None and box.key not in replies:
                addresses = [to for to, its in zip(envelope.rcpt_tos, boxes, strict=True) if its and its.key == box.key]
                arrival = self._arrival(session, envelope, box, addresses, received_at)
                replies[box.key] = await self._accept(content, arrival)
        return [replies[box.key if box else None] for box in boxes]

    def refused(self, envelope: Envelope) -> None:
        """Count a mail that was refused after DATA."""
        found = (self._directory.find(address) for address in envelope.rcpt_tos)
        for name in {box.name for box in found if box is not None}:
            _count(name, "refused")

    async def _accept(self, content: bytes, arrival: Arrival) -> str:
        """Return the reply for one mailbox; intake counts what it is given."""
        try:
            async with self._turns.turn():
                return _reply(await self._intake.accept(content, arrival))
        except TemporaryError:
            return TRY_LATER
        except Exception as err:  # noqa: BLE001 - whatever it is, it is ours: the sender keeps the mail
            _log.error("mail.failed", account=arrival.account, exc_info=err)
            _count(arrival.account, "failed").trouble(type(err).__name__)
            return TRY_LATER

    def _arrival(
        self, session: Session, envelope: Envelope, mailbox: Mailbox, addresses: Sequence[str], received_at: datetime
    ) -> Arrival:
        peer = _peer(session)
        login = session.login_data if session.authenticated else None
        facts = {
            "mail_from": "" if envelope.mail_from in {None, "<>"} else envelope.mail_from,
            "rcpt_to": _fitting(addresses),
            "peer": peer,
            "helo": session.host_name or "",
            "protocol": self._protocol,
            "tls": "yes" if session.ssl is not None else "",
            "auth_user": login.decode("utf-8", "replace") if isinstance(login, bytes) else "",
            "relay": RELAY_TRUSTED if peer in self._trusted else "",
        }
        return Arrival(
            desk=mailbox.desk,
            channel=CHANNEL,
            account=mailbox.name,
            received_at=received_at,
            facts={name: clean(value)[:_FACT_MAX] for name, value in facts.items() if value or name == "mail_from"},
        )


def _peer(session: Session) -> str:
    return str(session.peer[0]) if isinstance(session.peer, tuple) else ""


def _fitting(addresses: Sequence[str]) -> str:
    """Return as many addresses as a fact holds, whole ones."""
    joined = " ".join(addresses)
    return joined if len(joined) <= _FACT_MAX else joined[:_FACT_MAX].rpartition(" ")[0]


def _reply(outcome: Outcome) -> str:
    match outcome:
        case Accepted(reference=reference):
            return f"250 2.0.0 accepted {reference}"
        case Skipped() | Buried():  # buried: our parser's failure, not the sender's
            return "250 2.0.0 accepted"


def _count(account: str, outcome: Literal["refused", "failed"]) -> Component:
    """Count what intake never saw."""
    inputs(CHANNEL, account, outcome).inc()
    found = component(f"{CHANNEL}/{account}", kind=CHANNEL)
    found.count(outcome)
    return found
