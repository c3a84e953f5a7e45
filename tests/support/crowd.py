"""Customers who do not give up: each mail and form is sent again until the gateway says yes to it."""

import asyncio
import random
from collections.abc import Sequence
from email.message import EmailMessage
from typing import Final

import aiohttp
import aiosmtplib
from msgspec import Struct

from threadline_standalone.customer import Letter, compose

# A form takes 20 posts an hour from one address; this crowd lives at one.
WELCOMING: Final = """
[[form.forms]]
id = "contact"
rates = {address_per_hour = 1_000_000, address_per_day = 1_000_000, form_per_day = 1_000_000}
"""
_RETRY_S: Final = 0.03
_PERMANENT: Final = 500


class Written(Struct, frozen=True):
    """One input that the gateway said yes to: which conversation it belongs to, and by what its message is known."""

    conversation: str
    key: str


class Crowd:
    """What all customers together have sent; `began` and `accepted` tell of each single input as it happens."""

    def __init__(self, host: str, smtp_port: int, http_url: str) -> None:
        self._host, self._smtp_port, self._http_url = host, smtp_port, http_url
        self.written: list[Written] = []
        self.refused: list[str] = []
        self.began = asyncio.Event()
        self.accepted = asyncio.Event()
        self._home = asyncio.Event()

    def go_home(self) -> None:
        """No new inputs; the ones in hand are still sent until they are accepted."""
        self._home.set()

    async def write_mails(self, name: str, dice: random.Random) -> None:
        """Write conversations of one to four mails, one after the other."""
        number = 0
        while not self._home.is_set():
            number += 1
            parent = ""
            for part in range(dice.randint(1, 4)):
                mail = _a_mail(name, number, part, parent, size=dice.choice([40, 2_000, 200_000]))
                parent = parent or str(mail["Message-ID"])
                await self._until_accepted(mail)
                self._note(f"{name}/{number}", str(mail["Message-ID"]).strip("<>"))
                if self._home.is_set():
                    return

    async def fill_in_forms(self, name: str) -> None:
        """Fill in the same form again and again, each time about something else."""
        number = 0
        async with aiohttp.ClientSession() as session:
            while not self._home.is_set():
                number += 1
                reference = await self._until_thanked(session, name, number)
                self._note(f"{name}/{number}", reference)

    def _note(self, conversation: str, key: str) -> None:
        self.written.append(Written(conversation, key))
        self.accepted.set()
        self.accepted.clear()

    def _begin(self) -> None:
        self.began.set()
        self.began.clear()

    async def _until_accepted(self, mail: EmailMessage) -> None:
        while True:
            asyncio.get_running_loop().call_later(0.001, self._begin)
            try:
                await aiosmtplib.send(mail, hostname=self._host, port=self._smtp_port, timeout=20)
            except aiosmtplib.SMTPResponseException as err:
                if err.code >= _PERMANENT:
                    self.refused.append(f"{err.code} {err.message}")
            except (aiosmtplib.SMTPException, OSError):
                pass
            else:
                return
            await asyncio.sleep(_RETRY_S)

    async def _until_thanked(self, session: aiohttp.ClientSession, name: str, number: int) -> str:
        fields = {"name": name, "email": f"{name}@example.net", "subject": f"Form {number}", "message": f"No {number}"}
        headers = {"Accept": "application/json", "Idempotency-Key": f"{name}-{number}"}
        while True:
            self._begin()
            try:
                async with session.post(f"{self._http_url}/form/contact", json=fields, headers=headers) as answer:
                    if answer.status == 202:
                        return str((await answer.json())["reference"])
                    if 400 <= answer.status < _PERMANENT:
                        self.refused.append(f"{answer.status} {await answer.text()}")
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(_RETRY_S)


def conversations(written: Sequence[Written]) -> dict[str, list[str]]:
    """Return the keys of each conversation's messages."""
    found: dict[str, list[str]] = {}
    for one in written:
        found.setdefault(one.conversation, []).append(one.key)
    return found


def _a_mail(name: str, number: int, part: int, parent: str, *, size: int) -> EmailMessage:
    mail = compose(
        Letter(
            sender=f"{name} <{name}@example.org>",
            recipients=("support@localhost",),
            subject=f"{'Re: ' if parent else ''}Matter {number} of {name}",
            text=f"Part {part}. {'all work and no play ' * (size // 21)}",
            in_reply_to=parent,
        )
    )
    del mail["Message-ID"]
    mail["Message-ID"] = f"<{number}.{part}.{name}@example.org>"
    return mail
