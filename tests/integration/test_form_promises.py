"""Our bug is not the visitor's problem: what we fail to understand is taken, and a replay gives the same message."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import aiohttp
from aiohttp import web

from support.forms import Site
from threadline_contracts.arrival import Arrival, ReplayRequested
from threadline_contracts.codec import encode, make_event
from threadline_contracts.ids import reference_of
from threadline_contracts.message import InboundMessage
from threadline_contracts.outcome import Buried, Outcome
from threadline_contracts.topology import EventType, Exchange
from threadline_form.door import Door
from threadline_form.routes import routes
from threadline_form.settings import FormSettings
from threadline_form.submission import id_of
from threadline_form.traps import Stamps
from threadline_shared.bus import Outgoing

ANA = {"name": "Ana K.", "message": "It burns."}


class BuriesAll:
    """An intake whose normaliser fails; it remembers what it was given."""

    def __init__(self) -> None:
        self.inputs: list[tuple[bytes, Arrival]] = []

    async def __call__(self, raw: bytes, arrival: Arrival, files: Mapping[str, Path]) -> Outcome:
        assert not files
        self.inputs.append((raw, arrival))
        return Buried("our bug", "main.sha256.x")


async def test_what_we_fail_to_understand_has_a_reference_already(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    intake, settings = BuriesAll(), FormSettings()
    app = web.Application()
    door = Door(settings, intake, Stamps(b"secret"), tmp_path)
    app.add_routes(routes({form.id: form for form in settings.forms}, door))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/form/contact"
    async with http.post(url, json=ANA) as answer:
        told = await answer.json()
    await runner.cleanup()
    assert answer.status == 202
    assert told["reference"] == reference_of(id_of(*intake.inputs[0]))


async def test_a_replay_gives_the_same_message(site: Site, http: aiohttp.ClientSession) -> None:
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in ANA.items():
        data.add_field(name, value)
    data.add_field("files", b"it burns", filename="log.txt")
    async with http.post(site.page, data=data, headers={"Accept": "application/json"}) as answer:
        assert answer.status == 202
    first = await site.message()
    await site.bus.publish(a_replay(first, first.received_at))
    assert await site.message() == first


def a_replay(message: InboundMessage, now: datetime) -> Outgoing:
    assert message.raw is not None
    arrival = Arrival(
        channel="form", account=message.account, received_at=message.received_at, files=message.attachments
    )
    request = ReplayRequested(arrival=arrival, raw=message.raw)
    event = make_event(EventType.INPUT_REPLAY_REQUESTED, request, about=message.id, revision=1, source="test", time=now)
    key = f"{event.type}.form"
    return Outgoing(exchange=Exchange.COMMANDS, key=key, body=encode(event), event_id=event.id)
