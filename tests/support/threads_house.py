"""A store of tickets on either database, with what tests need around it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import pytest
from msgspec import Struct

from support.threads import ACCOUNTS, RING, TERMS, Partition, incomings, number_of
from threadline_contracts.codec import SHAPES, Event, decode, decode_data
from threadline_contracts.message import InboundMessage
from threadline_contracts.ticket import (
    MessagePlaced,
    TicketHeader,
    TicketMerged,
    TicketReopened,
    TicketUpdated,
)
from threadline_shared.sqlite import sqlite3
from threadline_threads.reading import Reader, StoredEvent
from threadline_threads.store import SQLITE_FILE, open_reader, open_store
from threadline_threads.store.protocol import Outcome, Store

KEYS: Final = ",".join(f"{name}:{secret.hex()}" for name, secret in RING.items())
Said = MessagePlaced | TicketReopened | TicketUpdated | TicketMerged  # what has the header of a ticket


class House:
    """A store and a reader of one database."""

    def __init__(self, env: Mapping[str, str], store: Store, reader: Reader) -> None:
        self.env = env
        self.store = store
        self.reader = reader

    async def place(self, *messages: InboundMessage) -> Outcome:
        """Place messages as one batch."""
        return await self.store.place(incomings(messages), datetime.now(UTC))

    async def announce(self) -> list[Event]:
        """Claim all that waits, as a relay does, and note it as sent; return the events."""
        async with self.store.claim(100_000) as claim:
            await claim.sent(claim.events)
            return [decode(event.body) for event in claim.events]

    async def history(self) -> list[StoredEvent]:
        """Return every event that a reader sees."""
        await self.announce()
        return list(await self.reader.events(0, 1_000_000))

    async def root(self, message: InboundMessage) -> UUID:
        """Return the ticket that speaks for a message."""
        (trace,) = await self.reader.trace(str(message.id))
        return trace.root

    async def header(self, message: InboundMessage) -> TicketHeader:
        """Return the root ticket of a message's conversation."""
        found = await self.reader.conversation(message.reference)
        assert found is not None
        return found.ticket

    async def partition(self, messages: Sequence[InboundMessage]) -> Partition:
        """Return the conversations of messages made from drafts."""
        found: dict[UUID, set[int]] = {}
        for message in messages:
            found.setdefault(await self.root(message), set()).add(number_of(message.id))
        return frozenset(map(frozenset, found.values()))

    async def execute(self, statement: str) -> None:
        """Run SQL; `{}` stands for the schema."""
        if url := self.env.get("THREADLINE_DATABASE_URL"):
            connection = await asyncpg.connect(url, statement_cache_size=0)
            await connection.execute(statement.format("threads."))
            await connection.close()
        else:
            await asyncio.to_thread(self._execute, statement.format(""))

    async def sever(self, one: UUID, other: UUID) -> None:
        """Let Olga keep two tickets apart."""
        ids = [
            f"'{ticket}'" if self.env.get("THREADLINE_DATABASE_URL") else f"x'{ticket.hex}'" for ticket in (one, other)
        ]
        at = "now()" if self.env.get("THREADLINE_DATABASE_URL") else "0"
        columns = "one, other, by, because, at"
        await self.execute(f"INSERT INTO {{}}severed ({columns}) VALUES ({', '.join(ids)}, 'Olga', '', {at})")  # noqa: S608

    def _execute(self, statement: str) -> None:
        connection = sqlite3.connect(Path(self.env["THREADLINE_DATA_DIR"]) / SQLITE_FILE)
        with connection:
            connection.execute(statement)
        connection.close()


def said(event: Event) -> Struct:
    """Return what an event says."""
    return decode_data(event, SHAPES[event.type])


@asynccontextmanager
async def open_house(env: Mapping[str, str]) -> AsyncIterator[House]:
    """Open a store and a reader."""
    async with open_store(env) as store, open_reader(env) as reader:
        yield House(env, store, reader)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def threads_env(request: pytest.FixtureRequest, tmp_path: Path) -> Mapping[str, str]:
    """Return the settings of a threads service on either database."""
    common = {
        "THREADLINE_TOKEN_KEYS": KEYS,
        "THREADLINE_OWN_ADDRESSES": ",".join(ACCOUNTS),
        "THREADLINE_ANNOUNCEMENT_RECIPIENTS": str(TERMS.most_recipients),
        "THREADLINE_HTTP_PORT": "0",
        "THREADLINE_DATA_DIR": str(tmp_path),
    }
    if request.param == "sqlite":
        return common
    return {**common, "THREADLINE_DATABASE_URL": request.getfixturevalue("database_url")}


@pytest.fixture
async def house(threads_env: Mapping[str, str]) -> AsyncIterator[House]:
    """Return an empty store of tickets on either database."""
    async with open_house(threads_env) as opened:
        yield opened
