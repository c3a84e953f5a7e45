"""SMTP doors for the tests, and a client that says exactly the bytes a test wants."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from support.mail import a_mail
from threadline_contracts.arrival import Arrival
from threadline_contracts.ids import message_id, reference_of
from threadline_contracts.outcome import Accepted, Outcome
from threadline_email.mailboxes import Directory, Mailbox
from threadline_email.server import serving_smtp
from threadline_email.settings import EmailSettings
from threadline_email.smtp import Accepter

SUPPORT: Final = Mailbox(address="support@localhost", aliases=("help@localhost",))
SALES: Final = Mailbox(address="sales@localhost", desk="shop")
HELLO: Final = b"EHLO client.example"
_ANSWER_SECONDS: Final = 10.0


class Taken:
    """An intake that remembers what it took; `answer` may raise instead, and clearing `go_on` keeps it waiting."""

    def __init__(self, answer: Callable[[Arrival], Outcome | None] = lambda _: None) -> None:
        self.mails: list[bytes] = []
        self.arrivals: list[Arrival] = []
        self._answer = answer
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.holding = 0
        self.most = 0

    async def accept(self, raw: bytes, arrival: Arrival) -> Outcome:
        self.holding += 1
        self.most = max(self.most, self.holding)
        try:
            await self.go_on.wait()
            return self._take(raw, arrival)
        finally:
            self.holding -= 1

    async def holds_some(self) -> bool:
        """Whether a mail waits for `go_on`."""
        return self.holding > 0

    def _take(self, raw: bytes, arrival: Arrival) -> Outcome:
        known = message_id(arrival.desk, arrival.channel, arrival.account, str(len(self.mails)))
        outcome = self._answer(arrival)
        self.mails.append(raw)
        self.arrivals.append(arrival)
        return outcome or Accepted(known, reference_of(known))


@asynccontextmanager
async def a_door(
    intake: Accepter,
    *,
    is_local: Callable[[str], bool] = lambda _: True,
    stop_seconds: float = 5.0,
    **chosen: Any,
) -> AsyncIterator[int]:
    """Open a door with these settings on a free port, and yield the port."""
    fields: dict[str, Any] = {"smtp_port": 0, "mailboxes": (SUPPORT, SALES), "smtp_auth_pause": 0.0} | chosen
    settings = EmailSettings(**fields)
    directory = Directory(settings.mailboxes)
    async with serving_smtp(settings, directory, intake, is_local=is_local, stop_seconds=stop_seconds) as (_, port):
        yield port


class Talk:
    """One conversation, word by word."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def reply(self) -> str:
        """Return the next reply, all its lines; an empty string when the server has hung up."""
        lines: list[str] = []
        async with asyncio.timeout(_ANSWER_SECONDS):
            while True:
                line = (await self._reader.readline()).decode()
                lines.append(line.rstrip())
                if line[3:4] != "-":
                    return "\n".join(lines)

    async def say(self, line: bytes) -> str:
        """Send a line and return the reply."""
        await self.send(line + b"\r\n")
        return await self.reply()

    async def send(self, raw: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(raw)
        await self._writer.drain()

    async def envelope(self, *recipients: bytes, hello: bytes = HELLO, sender: bytes = b"ada@example.org") -> None:
        """Greet and name sender and recipients."""
        assert (await self.say(hello)).startswith("250")
        assert (await self.say(b"MAIL FROM:<" + sender + b">")).startswith("250")
        for recipient in recipients or (b"support@localhost",):
            assert (await self.say(b"RCPT TO:<" + recipient + b">")).startswith("250")

    async def data(self, raw: bytes) -> str:
        """Send a mail, with its final dot line, and return the first reply."""
        assert (await self.say(b"DATA")).startswith("354")
        await self.send(raw)
        return await self.reply()

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Change to TLS."""
        assert (await self.say(b"STARTTLS")).startswith("220")
        await self.upgrade(context)

    async def upgrade(self, context: ssl.SSLContext) -> None:
        """Shake hands."""
        await self._writer.start_tls(context, server_hostname="localhost")

    async def hung_up(self) -> bool:
        """Whether the server cuts the connection without a word."""
        try:
            return await self.reply() == ""
        except ConnectionError:
            return True

    def vanish(self) -> None:
        """Cut the connection without a word."""
        self._writer.transport.abort()


@asynccontextmanager
async def a_talk(port: int, *, greeting: str = "220", first: bytes = b"") -> AsyncIterator[Talk]:
    """Connect, say `first`, hear the greeting (empty: do not wait for one), and hang up at the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    talk = Talk(reader, writer)
    writer.write(first)
    try:
        if greeting:
            assert (await talk.reply()).startswith(greeting)
        yield talk
    finally:
        writer.close()


async def reply_to_mail(port: int, raw: bytes = b"", *recipients: bytes) -> str:
    """Send one mail and return the reply to its data."""
    async with a_talk(port) as talk:
        await talk.envelope(*recipients)
        return await talk.data((raw or a_mail()) + b"\r\n.\r\n")


def accounts(taken: Taken) -> Sequence[tuple[str, str]]:
    """Return desk and account of what was taken."""
    return [(arrival.desk, arrival.account) for arrival in taken.arrivals]


def facts(taken: Taken) -> dict[str, str]:
    """Return the facts of the one arrival there is."""
    (arrival,) = taken.arrivals
    return dict(arrival.facts)
