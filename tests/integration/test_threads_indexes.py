"""Every look-up of the threads service on PostgreSQL has an index: no statement ever walks a whole table."""

import re
from collections import defaultdict
from collections.abc import AsyncIterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import asyncpg
import pytest

from support.threads_house import open_house
from support.threads_shelf import a_mail
from threadline_contracts.ticket import Status
from threadline_threads import store
from threadline_threads.reading import TicketQuery
from threadline_threads.store import postgres_read_contacts
from threadline_threads.store.postgres_read import list_statement

pytestmark = pytest.mark.postgres
# What counts stops after some thousand rows; a migration reads once; the claim that numbers events has its own index.
COUNTS = {"_COUNT_TICKETS", "_COUNT_MESSAGES", "_APPLIED", "_LATELY"}
PARTS = {"_LIST", "_IN_CHANNEL", "_FOUND", "_FOUND_OFTEN", "_STORED", "_ROWS"}


def statements(module: ModuleType) -> list[tuple[str, str]]:
    """Return the SQL constants of a module."""
    found = [(name, value) for name, value in vars(module).items() if name.isupper() and isinstance(value, str)]
    return [(name, sql) for name, sql in found if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", sql)]


ALL = {
    f"{name}.{constant}": sql
    for name in (found.name for found in iter_modules(store.__path__) if found.name.startswith("postgres"))
    for constant, sql in statements(import_module(f"threadline_threads.store.{name}"))
    if constant not in {*COUNTS, *PARTS}
}
ERASING = ("postgres_erase", "postgres_traces", "postgres_blobs", "postgres_tasks")
FEW = {"postgres_erase._ERASED", "postgres_blobs._LOOSE"}  # whom to forget, and blobs that are about to go
# What is not numbered yet, and tasks under way, are few as well.
WALKS_AN_INDEX = re.compile(
    r"^(?!.*using (?:task_open|outbox_unnumbered)).*Index (?:Only )?Scan .*\n(?!\s*Index Cond)", re.MULTILINE
)
NUMBERS = "generate_series(100000, 103000) AS n"
VALUES = {
    "uuid": "gen_random_uuid()",
    "text": "md5(n::text)",
    "bytea": "decode(md5(n::text), 'hex')",
    "timestamp with time zone": "now()",
    "boolean": "true",
    "tsvector": "''::tsvector",
    "ARRAY": "'{}'",
}
COLUMNS = """
    SELECT table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema = 'threads' AND is_identity = 'NO' ORDER BY ordinal_position
"""
LISTS = [
    list_statement(TicketQuery()),
    list_statement(TicketQuery(desk="main", channel="email", status=Status.OPEN)),
    list_statement(TicketQuery(), "'printer':*"),
    list_statement(TicketQuery(), "'printer':*", often=True),
    list_statement(TicketQuery(cursor="MTc3MjcxMjAwMDAwMDAwMC4wMDAwMDAwMDAwMDA1MDAwODAwMDAwMDAwMDAwMDAwMQ")),
]
CONTACTS = [
    postgres_read_contacts.list_statement("", "", 50),
    postgres_read_contacts.list_statement(
        "ana exam", "MTc3MjcxMjAwMDAwMDAwMC4wMDAwMDAwMDAwMDA1MDAwODAwMDAwMDAwMDAwMDAwMQ", 50
    ),
]


@pytest.fixture
async def planner(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Return a connection to a filled database that takes an index wherever there is one."""
    async with open_house({"THREADLINE_DATABASE_URL": database_url}) as house:
        await house.place(*(a_mail(f"m{n}") for n in range(20)))
    connection = await asyncpg.connect(database_url)
    await connection.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; ANALYZE")
    yield connection
    await connection.close()


async def plan_of(planner: "asyncpg.Connection[asyncpg.Record]", sql: str) -> str:
    await planner.execute(f"PREPARE asked AS {sql}")
    values = ", ".join(["NULL"] * max((int(number) for number in re.findall(r"\$(\d+)", sql)), default=0))
    rows = await planner.fetch(f"EXPLAIN EXECUTE asked{f'({values})' if values else ''}")
    await planner.execute("DEALLOCATE asked")
    return "\n".join(row[0] for row in rows)


async def test_no_statement_walks_a_table(planner: "asyncpg.Connection[asyncpg.Record]") -> None:
    plans = {name: await plan_of(planner, sql) for name, sql in ALL.items()}
    assert len(plans) > 25
    assert {name: plan for name, plan in plans.items() if "Seq Scan" in plan} == {}


async def test_to_forget_somebody_walks_no_index_either(planner: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Each row is looked up by a condition on its index."""
    await fill(planner)
    asked = {name: sql for name, sql in ALL.items() if name.startswith(ERASING) and name not in FEW}
    plans = {name: await plan_of(planner, sql) for name, sql in asked.items()}
    assert len(plans) > 40
    assert {name: plan for name, plan in plans.items() if WALKS_AN_INDEX.search(plan)} == {}


async def fill(planner: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Put so many rows into every table that to walk one would not pay."""
    columns: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for table, column, kind in await planner.fetch(COLUMNS):
        columns[table][column] = VALUES.get(kind, "n")
    for table, made in columns.items():
        names, values = ", ".join(made), ", ".join(made.values())
        await planner.execute(f"INSERT INTO threads.{table} ({names}) SELECT {values} FROM {NUMBERS}")  # noqa: S608
    await planner.execute("ANALYZE")


async def test_no_list_walks_a_table_or_sorts_it(planner: "asyncpg.Connection[asyncpg.Record]") -> None:
    plans = [await plan_of(planner, statement) for statement, _ in LISTS]
    assert [plan for plan in plans if "Seq Scan" in plan or "ticket_newest" not in plan] == []


async def test_no_list_of_contacts_walks_a_table(planner: "asyncpg.Connection[asyncpg.Record]") -> None:
    plans = [await plan_of(planner, statement) for statement, _ in CONTACTS]
    assert [plan for plan in plans if "Seq Scan" in plan] == []
