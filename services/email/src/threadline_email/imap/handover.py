"""From a mail that was read to intake: one mailbox's facts, as many mails at a time as there are turns."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from threadline_contracts.arrival import Arrival
from threadline_contracts.errors import TemporaryError
from threadline_contracts.outcome import Skipped
from threadline_email.imap.cursor import End, Passed, Taken, Unread
from threadline_email.imap.reading import Mail
from threadline_email.mailboxes import Mailbox
from threadline_email.smtp import CHANNEL, Accepter
from threadline_email.trust import RELAY_TRUSTED
from threadline_shared.health import component
from threadline_shared.log import logger
from threadline_shared.metrics import inputs

_log: Final = logger()


class Handover:
    """Hands the mails of one mailbox to intake."""

    def __init__(self, intake: Accepter, mailbox: Mailbox, turns: asyncio.Semaphore) -> None:
        self._intake = intake
        self._mailbox = mailbox
        self._turns = turns

    async def take(self, mail: Mail, facts: Mapping[str, str]) -> End | TemporaryError:
        """Return how a mail ended when that is durable, or the trouble because of which it must stay where it is."""
        async with self._turns:
            try:
                outcome = await self._intake.accept(mail.raw, self._arrival(mail, facts))
            except TemporaryError as err:
                return err
            except Exception as err:  # noqa: BLE001 - whatever it is, it is ours: the others go on, this one is retried
                _log.error("mail.failed", account=self._mailbox.name, uid=mail.uid, exc_info=err)
                return self.unread(mail.uid, f"a fault of ours: {type(err).__name__}")
        return Passed(outcome.reason) if isinstance(outcome, Skipped) else Taken()

    def unread(self, uid: int, reason: str) -> Unread:
        """Count and tell of a mail that could not be read."""
        account = self._mailbox.name
        inputs(CHANNEL, account, "failed").inc()
        component(f"{CHANNEL}/{account}", kind=CHANNEL).count("failed")
        _log.warning("mail.unread", account=account, uid=uid, reason=reason)
        return Unread(reason)

    def _arrival(self, mail: Mail, facts: Mapping[str, str]) -> Arrival:
        """Return when the server got the mail, and what is known about it: the same each time it is read."""
        known = {
            "door": "imap",
            "uid": str(mail.uid),
            "size": str(mail.size),
            "relay": RELAY_TRUSTED,  # the mailbox's own server: its results count where authserv_id names it
            **({"oversize": str(mail.size)} if mail.heads_only else {}),
        }
        return Arrival(
            desk=self._mailbox.desk,
            channel=CHANNEL,
            account=self._mailbox.name,
            received_at=min(mail.received_at, datetime.now(UTC)),
            facts={**known, **{name: fact for name, fact in facts.items() if fact}},
        )
