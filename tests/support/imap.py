"""A mailbox that is fetched from a real Dovecot into an intake that remembers, and a line that misbehaves."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from support.bus import eventually
from support.dovecot import PASSWORD, Dovecot
from support.smtp import Taken
from threadline_email.imap.cursor import Cursor
from threadline_email.imap.fetching import fetching
from threadline_email.imap.record import HISTORY, NEW, record_key
from threadline_email.imap_settings import ImapAccount
from threadline_email.mailboxes import Mailbox
from threadline_email.settings import EmailSettings
from threadline_email.smtp import Accepter
from threadline_shared.health import Component, ComponentState, component
from threadline_shared.state import State, open_state

Fate = Literal["pass", "refuse", "cut", "empty"]


class Place:
    """Where a test's mailbox is: a user of a Dovecot, our folder of state, and how the account is set."""

    def __init__(self, server: Dovecot, folder: Path, **chosen: Any) -> None:
        self.server = server
        self.user = str(chosen.get("user") or server.new_user())
        self.folder = folder
        usual: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "tls": "none", "user": self.user}
        self.account = ImapAccount(**{**usual, "secret": "help", "connect_seconds": 5.0, **chosen})

    @property
    def mailbox(self) -> Mailbox:
        return Mailbox(address=f"{self.user}@example.com", imap=self.account)

    @property
    def health(self) -> Component:
        return component(f"email/{self.mailbox.name}")

    async def in_trouble(self) -> bool:
        return self.health.state is ComponentState.TROUBLE

    async def is_well(self) -> bool:
        return self.health.state is ComponentState.OK

    def put(self, *mails: bytes, folder: str = "INBOX", age: float = 0.0) -> None:
        """Have mails delivered, as if so many seconds ago."""
        self.server.put(self.user, mails, folder, age=age)

    @asynccontextmanager
    async def state(self) -> AsyncIterator[State]:
        async with open_state({"THREADLINE_DATA_DIR": str(self.folder)}, "email") as state:
            yield state

    @asynccontextmanager
    async def fetched(self, intake: Accepter, state: State | None = None, lease: float = 1.0) -> AsyncIterator[None]:
        """Fetch until the block ends."""
        settings = EmailSettings(mailboxes=(self.mailbox,), imap_lease_seconds=lease)
        env = {"THREADLINE_IMAP_SECRET_HELP": PASSWORD}
        if state is not None:
            async with fetching(env, settings, intake, state):
                yield
            return
        async with self.state() as own, fetching(env, settings, intake, own):
            yield

    async def cursor(self, folder: str = "INBOX", *, state: State | None = None, history: bool = False) -> Cursor:
        """Return what is stored; the state is given while mail is fetched, since one alone may open it."""
        if state is None:
            async with self.state() as own:
                return await self.cursor(folder, state=own, history=history)
        found = await self.find(state, folder, history=history)
        assert found is not None
        return found

    async def find(self, state: State, folder: str = "INBOX", *, history: bool = False) -> Cursor | None:
        """Return what is stored, if anything is."""
        found = await state.get(HISTORY if history else NEW, record_key(self.mailbox, folder))
        return msgspec.json.decode(found.value, type=Cursor) if found else None

    async def store(self, state: State, cursor: Cursor, **changed: Any) -> None:
        """Change what is stored."""
        key = record_key(self.mailbox, "INBOX")
        found = await state.get(NEW, key)
        assert found is not None
        await state.put(NEW, key, msgspec.json.encode(replace(cursor, **changed)), expect=found.version)


async def took(taken: Taken, count: int) -> None:
    """Wait until so many mails were taken; fails when there are more."""

    async def enough() -> bool:
        return len(taken.mails) >= count

    await eventually(enough)
    assert len(taken.mails) == count


def uids(taken: Taken) -> list[int]:
    """Return the UIDs of what was taken, in its order."""
    return [int(arrival.facts["uid"]) for arrival in taken.arrivals]


class Wire:
    """A line to the server that a test may make slow or dead, or refuse commands: `fate` sees each of ours."""

    def __init__(self, port: int) -> None:
        self._target = port
        self.port = 0
        self.fate: Callable[[bytes], Fate] = lambda _: "pass"
        self.bytes_a_second = 0.0
        self.dead = False
        self.connections = 0
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        self.connections += 1
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._open |= {writer, server_writer}
        back = asyncio.ensure_future(self._answers(server_reader, writer))
        with suppress(ConnectionError):
            await self._commands(reader, writer, server_writer)
        back.cancel()
        for end in (writer, server_writer):
            end.close()
            self._open.discard(end)

    def cut(self) -> None:
        """Cut every connection."""
        for end in list(self._open):
            end.transport.abort()

    async def _commands(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: asyncio.StreamWriter
    ) -> None:
        while line := await reader.readline():
            match self.fate(line):
                case "pass":
                    if not self.dead:
                        server.write(line)
                case "refuse":
                    writer.write(line.split()[0] + b" NO [SERVERBUG] Internal error\r\n")
                case "empty":
                    writer.write(line.split()[0] + b" OK and nothing else\r\n")
                case "cut":
                    return

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(1024 if self.bytes_a_second else 65536):
                if self.bytes_a_second:
                    await asyncio.sleep(len(chunk) / self.bytes_a_second)
                if not self.dead:
                    writer.write(chunk)
            writer.close()


@asynccontextmanager
async def a_wire(port: int) -> AsyncIterator[Wire]:
    """Lay a line to a port."""
    wire = Wire(port)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        wire.cut()


def asking_for(uid: int, what: str = "BODY.PEEK[]") -> Callable[[bytes], bool]:
    """Return whether a command asks for something of a mail."""
    asked = re.compile(rb"UID FETCH ([0-9,:]+) .*" + re.escape(what.encode()), re.IGNORECASE)

    def asks(line: bytes) -> bool:
        found = asked.search(line)
        return found is not None and str(uid).encode() in found[1].split(b",")

    return asks
