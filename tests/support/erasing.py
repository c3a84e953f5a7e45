"""A person with unmistakable words, in every place a gateway has, and a look into all of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, nullcontext, suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import asyncpg
from msgspec.structs import replace

from support.bus import eventually
from support.commands import IVA, reread
from support.messages import a_message, an_attachment
from support.tasks import begin, finish
from support.threads import RING
from support.threads_house import House
from threadline_contracts.commands import ContactEraseRequested
from threadline_contracts.message import Assurance, Direction, Evidence, Identity, InboundMessage, Party
from threadline_shared.blobs import Blobs
from threadline_shared.bus import Bus
from threadline_shared.health import component
from threadline_shared.sqlite import sqlite3
from threadline_threads.clerk.job import Clerk
from threadline_threads.erasing.job import Eraser
from threadline_threads.erasing.loose import Sweeper
from threadline_threads.erasing.shapes import Rules
from threadline_threads.identity import Customs, own_contacts
from threadline_threads.keys import contact_id
from threadline_threads.numbers import packaged_patterns
from threadline_threads.policy_settings import policy_of
from threadline_threads.tasks import Step
from threadline_threads.terms import Terms

DESK: Final = "support@desk.example"
ADDRESS: Final = "Quixa.Marker@geheim.example"
PHONE: Final = "+385912345678"
# Everything of hers that must not be anywhere afterwards, as it may be written.
MARKERS: Final = (
    b"quixa.marker",
    b"quixa kovac",
    b"geheim",
    b"385912345678",
    b"secretsubject",
    b"secretbody",
    b"secretfile",
)
FILE: Final = b"%PDF secretfile" + b"\0" * 300
SHARED_FILE: Final = b"\x89PNG the logo of a company" * 20
CUSTOMS: Final = Customs(own=own_contacts([DESK]))
TERMS: Final = Terms(ring=RING, customs=CUSTOMS, policy=policy_of((), packaged_patterns()))
ERASE: Final = ContactEraseRequested(
    contact=contact_id("main", f"email:{ADDRESS.lower()}"), by=IVA, because="she asked"
)
QUIXA: Final = Party(
    name="Quixa Kovac",
    identities=(
        Identity(kind="email", value=ADDRESS, assurance=Assurance.VERIFIED, by="dmarc"),
        Identity(kind="phone", value=PHONE, assurance=Assurance.VERIFIED, by="signed"),
    ),
)


def a_party(address: str) -> Party:
    return Party(identities=(Identity(kind="email", value=address, assurance=Assurance.ASSERTED),))


def from_quixa(name: str, *files: bytes, cites: str = "") -> InboundMessage:
    """Return a mail of hers."""
    return a_message(
        name,
        account=DESK,
        external_id=f"{name}@geheim.example",
        fingerprint=f"{name}@geheim.example/1",
        sender=QUIXA,
        recipients=(a_party(DESK),),
        subject=f"Secretsubject {name}",
        text=f"My secretbody {name}, call {PHONE}.",
        full_text=f"My secretbody {name}, call {PHONE}.\n-- \nQuixa Kovac",
        html="<p>My secretbody</p>",
        evidence=Evidence(in_reply_to=(f"{cites}@geheim.example",) if cites else ()),
        attachments=tuple(an_attachment(file, filename="secretfile.pdf") for file in files),
    )


def to_quixa(name: str, cites: str) -> InboundMessage:
    """Return our answer to her alone."""
    return a_message(
        name,
        account=DESK,
        direction=Direction.OUTBOUND,
        sender=a_party(DESK),
        recipients=(QUIXA,),
        subject=f"Re: Secretsubject {cites}",
        text="Dear Quixa Kovac, we look into it.",
        full_text="Dear Quixa Kovac, we look into it.\n> My secretbody",
        evidence=Evidence(in_reply_to=(f"{cites}@geheim.example",)),
    )


def by_bob(name: str, *files: bytes, cites: str = "", copied: bool = True) -> InboundMessage:
    """Return a colleague's mail, to us and (a copy) to her; it quotes her address, not her words."""
    return a_message(
        name,
        account=DESK,
        sender=a_party("bob@firm.example"),
        recipients=(a_party(DESK), *([QUIXA] if copied else [])),
        subject="About the printer",
        text=f"I spoke to {ADDRESS}." if copied else "Hello.",
        evidence=Evidence(references=(f"{cites}@geheim.example",) if cites else ()),
        attachments=tuple(an_attachment(file, filename="logo.png") for file in files),
    )


async def kept(blobs: Blobs, message: InboundMessage, *files: bytes) -> InboundMessage:
    """Return a message whose raw input and files are in the blob store."""
    people = " ".join(one.value for party in (message.sender, *message.recipients) for one in party.identities)
    raw = f"{people}\r\nSubject: {message.subject}\r\nMessage-ID: {message.external_id}\r\n\r\n{message.text}"
    for file in files:
        await blobs.put(message.desk, file, sha256=sha256(file).hexdigest())
    return replace(message, raw=await blobs.keep_raw(message.desk, raw.encode()))


@asynccontextmanager
async def clerk_at_work(house: House) -> AsyncIterator[None]:
    """Have the clerk read, as it does in a service, and the events be numbered and sent."""
    clerk = Clerk(house.store, TERMS, component("clerk"), pause=0.01)

    async def read() -> None:
        while True:
            await house.announce()
            await clerk.step(100)
            await asyncio.sleep(0.005)

    task = asyncio.create_task(read())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def an_eraser(house: House, bus: Bus, blobs: Blobs) -> Step:
    """Return what erases, without its patience."""
    rules = Rules(CUSTOMS, reread)
    return Eraser(house.store, bus, a_sweeper(house, bus, blobs), rules, settle=timedelta()).step


def a_sweeper(house: House, bus: Bus, blobs: Blobs) -> Sweeper:
    """Return what erases blobs, without its patience."""
    return Sweeper(house.store, lambda: nullcontext(blobs), bus, in_hand=timedelta())


async def erase(house: House, bus: Bus, blobs: Blobs, command: str = "erase-1") -> None:
    """Erase her."""
    await begin_erasing(house, command)
    await finish(house, ContactEraseRequested, an_eraser(house, bus, blobs))


async def begin_erasing(house: House, command: str = "erase-1") -> None:
    """Ask to erase her, once the clerk knows her."""

    async def known() -> bool:
        return await house.reader.contact(ERASE.contact) is not None

    await eventually(known)
    await begin(house, ERASE, command)


async def found_in_tables(house: House) -> list[str]:
    """Return where in the database any of her markers is."""
    if url := house.env.get("THREADLINE_DATABASE_URL"):
        return await _found_in_postgres(url)
    return await asyncio.to_thread(_found_in_sqlite, Path(house.env["THREADLINE_DATA_DIR"]) / "threads.sqlite3")


def found_in_files(folder: Path, *but: str) -> list[str]:
    """Return every file below a folder that has any of her markers, but for some names."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in but)
    return [str(path.relative_to(folder)) for path in files if marked(path.read_bytes())]


def marked(content: bytes) -> list[bytes]:
    """Return her markers in some bytes."""
    return [marker for marker in MARKERS if marker in content.lower()]


async def _found_in_postgres(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        tables = [
            f'"{schema}"."{table}"'
            for schema, table in await connection.fetch("SELECT schemaname, tablename FROM pg_tables")
            if not schema.startswith(("pg_", "information_schema"))
        ]
        found = {table: await connection.fetch(f"SELECT * FROM {table}") for table in tables}  # noqa: S608
    finally:
        await connection.close()
    return [line for table, rows in found.items() for row in rows for line in _hits(table, dict(row))]


def _found_in_sqlite(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    found = [
        line
        for table in tables
        for row in connection.execute(f"SELECT * FROM {table}")  # noqa: S608
        for line in _hits(table, dict(row))
    ]
    connection.close()
    return found


def _hits(table: str, row: dict[str, Any]) -> Iterator[str]:
    for column, value in row.items():
        content = value if isinstance(value, bytes) else str(value).encode()
        if hits := marked(content):
            yield f"{table}.{column}: {hits} in {content[:300]!r}"
