"""Erasing a person reaches the dead letters, with what only they refer to; so does their age, if it is set."""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from support.bus import eventually
from support.console import Console, OpenConsole
from support.console_tickets import a_conversation
from support.messages import NOON, a_message, a_person, an_arrival, an_attachment
from threadline_console.dead.box import Letters
from threadline_console.dead.forget import LetterForgetter
from threadline_console.dead.letter import Found, read_letter
from threadline_contracts.arrival import InputBuried
from threadline_contracts.codec import encode, make_event
from threadline_contracts.commands import IdentityName
from threadline_contracts.contact import ErasureRequested
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.ids import file_blob_id
from threadline_contracts.message import InboundMessage, MessageReceived
from threadline_contracts.topology import EventType, Exchange
from threadline_shared.bus import Outgoing
from threadline_shared.state import open_state

ANA = IdentityName(kind="email", value="ana@a.example")
HERS = b"From: Ana@a.example\r\n\r\nunreadable"
FILE = b"the plan of her house"
LOGO = b"a logo that everybody has"


class Grave:
    """Buries things, and has them erased."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.buried = 0

    async def input(self, raw: bytes, **facts: str) -> str:
        """Bury an input that nobody could read; return its blob."""
        blob = await self._console.blobs.keep_raw("main", raw)
        data = InputBuried(arrival=an_arrival(facts=facts), raw=blob, reason="IndexError")
        await self._bury(EventType.INPUT_BURIED, data)
        return blob

    async def message(self, message: InboundMessage) -> None:
        """Bury a message that threads gave up."""
        await self._bury(EventType.MESSAGE_RECEIVED, MessageReceived(message=message))

    async def erase(self, *, hours: int = 1, desk: str = "main") -> None:
        asked = ErasureRequested(
            contact=UUID(int=1), desk=desk, identities=(ANA,), before=NOON + timedelta(hours=hours)
        )
        event = make_event(EventType.ERASURE_REQUESTED, asked, about=UUID(int=1), revision=0, source="t", time=NOON)
        outgoing = Outgoing(exchange=Exchange.COMMANDS, key=event.type, body=encode(event), event_id=event.id)
        await self._console.bus.publish(outgoing)

    async def left(self) -> int:
        return len((await self._console.get("/api/v1/dead-letters")).json["items"])

    async def has_left(self, number: int) -> None:
        async def so() -> bool:
            return await self.left() == number

        await eventually(so)

    async def _bury(self, kind: EventType, data: InputBuried | MessageReceived) -> None:
        event = make_event(kind, data, about=uuid4(), revision=0, source="t", time=NOON)
        key = f"{kind}.email"
        await self._console.bus.publish(
            Outgoing(exchange=Exchange.DEAD, key=key, body=encode(event), event_id=event.id)
        )
        self.buried += 1
        await self._console.has_letters(self.buried)


@pytest.fixture
def grave(console: Console) -> Grave:
    return Grave(console)


def anywhere(folder: Path, *texts: bytes) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(text in path.read_bytes() for text in texts)]


async def test_theirs_are_gone_without_a_trace_and_others_stay(grave: Grave, console: Console, tmp_path: Path) -> None:
    for file in (FILE, LOGO):
        await console.blobs.put("main", file, sha256=sha256(file).hexdigest())
    console.tickets.put(a_conversation(a_message("m1", attachments=(an_attachment(LOGO),))))
    raw = await console.blobs.keep_raw("main", HERS)
    files = (an_attachment(FILE), an_attachment(LOGO))
    await grave.message(a_message("m2", sender=a_person("ANA@a.example"), raw=raw, attachments=files))
    await grave.input(HERS)
    await grave.input(b"Envelope only.", mail_from="ana@A.example")
    others = await grave.input(b"From: bob@b.example")
    await grave.message(a_message("m3", sender=a_person("bob@b.example")))
    await eventually(lambda: console.has_letters(5))
    await grave.erase()
    await grave.has_left(2)
    assert await console.blobs.read(others) == b"From: bob@b.example"
    assert await console.blobs.read(file_blob_id("main", sha256(LOGO).hexdigest())) == LOGO
    await eventually(lambda: nowhere(tmp_path))


async def nowhere(folder: Path) -> bool:
    return anywhere(folder, b"na@a.example", b"ANA@a.example", b"Envelope only", FILE) == []


async def test_what_came_later_or_to_another_desk_stays(grave: Grave) -> None:
    await grave.input(HERS)
    await grave.erase(hours=-1)
    await grave.erase(desk="brand")
    await grave.input(b"From: bob@b.example")
    await grave.has_left(2)


async def test_letters_go_when_they_are_old_enough(console: Console, tmp_path: Path) -> None:
    blob = await console.blobs.keep_raw("main", HERS)
    data = InputBuried(arrival=an_arrival(), raw=blob, reason="IndexError")
    body = encode(make_event(EventType.INPUT_BURIED, data, about=uuid4(), revision=0, source="t", time=NOON))
    async with open_state({"THREADLINE_DATA_DIR": str(tmp_path / "elsewhere")}, "console") as state:
        letters = Letters(state)
        found = Found(body=body, exchange=Exchange.DEAD, key="input.buried.v1.email", event_id="e1", headers={})
        await letters.take(read_letter(found, NOON), body)
        forgetter = LetterForgetter(console.bus, letters, state, console.blobs, console.tickets)
        assert await forgetter.drop_before(NOON - timedelta(seconds=1)) == 0
        assert await forgetter.drop_before(NOON + timedelta(seconds=1)) == 1
        assert [*await letters.all()] == []
    with pytest.raises(MalformedInputError):
        await console.blobs.read(blob)


async def test_the_setting_is_read(open_console: OpenConsole) -> None:
    async with open_console(dead_letter_days="30") as console:
        await console.bury_inputs(1)
        assert await Grave(console).left() == 1
