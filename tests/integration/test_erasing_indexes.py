"""To forget somebody walks no table of SQLite, however large: every statement of a whole erasure is explained.

Those of PostgreSQL are explained with all its others, in test_threads_indexes.py.
"""

import asyncio
import re
import threading
from collections.abc import Mapping
from pathlib import Path

from support.erasing import FILE, by_bob, clerk_at_work, erase, from_quixa, kept, to_quixa
from support.threads_house import House, open_house
from threadline_contracts.topology import CONSOLE_ERASURES, THREADS_MESSAGES, TICKET_LOG
from threadline_shared.blobs import Blobs, open_blobs
from threadline_shared.bus.memory import MemoryBus
from threadline_shared.sqlite import Connection, SqliteWriter, open_writer
from threadline_threads.store import SQLITE_FILE
from threadline_threads.store.sqlite import SqliteStore

READERS = 2  # connections
# Whom to forget, and tasks under way, are few; `asked` are values; what the search keeps of itself is its own.
SMALL = re.compile(r"SCAN (erased|loose_blob|task USING INDEX task_open|asked|main\.search_config|CONSTANT ROW)\b")
LITERAL = re.compile(r"x'[0-9a-fA-F]*'|'[^']*'|\b[0-9]+\b")


async def test_to_erase_somebody_walks_no_table(tmp_path: Path) -> None:
    env = {"THREADLINE_DATA_DIR": str(tmp_path)}
    bus = MemoryBus()
    await bus.declare([TICKET_LOG, THREADS_MESSAGES, CONSOLE_ERASURES])
    async with open_blobs(env) as blobs, open_house(env) as house:
        await a_past(house, blobs)
        async with open_writer(tmp_path / SQLITE_FILE) as writer:
            said = await watched(writer)
            async with clerk_at_work(house):
                await erase(House(env, SqliteStore(writer), house.reader), bus, blobs)
            walked = await writer.read(lambda connection: walks(connection, said))
    assert len(said) > 60
    assert walked == {}


async def a_past(house: House, blobs: Blobs) -> None:
    """Place mails by her, to her and with a copy to her."""
    mails = [from_quixa("q1", FILE), to_quixa("us1", "q1"), by_bob("b1", cites="q1"), from_quixa("q2", cites="q1")]
    for mail in mails:
        await house.place(await kept(blobs, mail, FILE))


async def watched(writer: SqliteWriter) -> set[str]:
    """Return the statements that are run from now on, a set that grows."""
    said: set[str] = set()
    all_of_them = threading.Barrier(READERS)

    def watch_reader(connection: Connection) -> None:
        connection.set_trace_callback(said.add)
        all_of_them.wait(10)

    await asyncio.gather(*(writer.read(watch_reader) for _ in range(READERS)))
    await writer.do(lambda connection: connection.set_trace_callback(said.add))
    return said


def walks(connection: Connection, statements: set[str]) -> Mapping[str, list[str]]:
    """Return the statements that read whole tables, and how."""
    connection.set_trace_callback(None)
    found: dict[str, list[str]] = {}
    for statement in statements:
        if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", statement) and "INTO search" not in statement:
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
            if scans := [step for step in plan if step.startswith("SCAN") and not SMALL.match(step)]:
                found[LITERAL.sub("?", statement)] = scans
    return found
