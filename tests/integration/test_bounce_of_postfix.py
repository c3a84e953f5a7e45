"""A bounce that a real Postfix writes comes back to the mailbox that sent, and says what bounced."""

import asyncio
from functools import partial

from support.bus import eventually
from support.mail import a_mail, message_of
from support.postfix import SMTP_DOMAIN, Postfix
from support.smtp import Taken, a_door
from threadline_email.mailboxes import Mailbox

DESK = Mailbox(address=f"support@{SMTP_DOMAIN}")
NOBODY = f"nobody@{SMTP_DOMAIN}"


async def test_a_bounce_says_whom_why_and_which_mail(postfix: Postfix) -> None:
    taken = Taken()
    sent = a_mail(From=DESK.address, To=NOBODY, Message_ID="<reply.17@desk.example>")
    async with a_door(taken, smtp_port=postfix.smtp_port, mailboxes=(DESK,)):
        await asyncio.to_thread(postfix.send, sent, NOBODY, sender=DESK.address)
        await eventually(partial(_came, taken))
    message = message_of(taken.mails[0], DESK, **taken.arrivals[0].facts)
    (report,) = message.delivery_reports
    assert (message.automation.kind, report.action, report.recipient) == ("bounce", "failed", NOBODY)
    assert (report.status, report.message_id) == ("5.1.1", "reply.17@desk.example")
    assert "no such mailbox here" in report.diagnostic


async def _came(taken: Taken) -> bool:
    return bool(taken.mails)
