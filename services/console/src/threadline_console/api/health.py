"""How the house is: what this process runs, what it depends on, what waits, and what is stored."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

from aiohttp import web
from msgspec.structs import asdict

from threadline_console.answers import json_answer
from threadline_console.api.ask import NoQuestion, read_query
from threadline_console.api.shapes_health import Health, Part, Stored, Waiting
from threadline_console.dead.box import Letters
from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import ALWAYS, QueueKind
from threadline_shared.bus import Bus
from threadline_shared.health import ComponentHealth, ComponentState, snapshot
from threadline_threads.reading import Reader

_PATIENCE: Final = 3.0  # seconds; a dependency that does not answer by then is in trouble
_QUEUES: Final = tuple(queue.name for queue in ALWAYS if queue.kind is QueueKind.WORK)
_T = TypeVar("_T")

Probe = Callable[[], Awaitable[None]]


class HealthApi:
    """Asks every dependency, all at once."""

    def __init__(self, probes: Mapping[str, Probe], bus: Bus, reader: Reader, letters: Letters) -> None:
        self._probes = probes
        self._bus = bus
        self._reader = reader
        self._letters = letters

    async def show(self, request: web.Request) -> web.Response:
        """GET /api/v1/health."""
        read_query(request, NoQuestion)
        return json_answer(await self.look())

    async def look(self) -> Health:
        """Return how everything is now."""
        async with asyncio.TaskGroup() as group:
            probes = [group.create_task(_probed(name, probe)) for name, probe in self._probes.items()]
            queues = [group.create_task(self._waiting(queue)) for queue in _QUEUES]
            stored = group.create_task(_or_none(self._stored()))
            dead = group.create_task(_or_none(self._dead()))
        depends = tuple(task.result() for task in probes)
        components = tuple(_part(component) for component in snapshot())
        return Health(
            status=_status((*depends, *components)),
            checked_at=datetime.now(UTC),
            depends=depends,
            components=components,
            queues=tuple(task.result() for task in queues),
            stored=stored.result(),
            dead_letters=dead.result(),
        )

    async def _waiting(self, queue: str) -> Waiting:
        return Waiting(queue=queue, depth=await _or_none(self._bus.depth(queue)))

    async def _stored(self) -> Stored:
        return Stored(**asdict(await self._reader.totals()))

    async def _dead(self) -> int:
        return len(await self._letters.all())


async def _probed(name: str, probe: Probe) -> Part:
    reason = ""
    now = datetime.now(UTC)
    try:
        async with asyncio.timeout(_PATIENCE):
            await probe()
    except TemporaryError as err:
        reason = str(err) or "does not answer"
    except TimeoutError:
        reason = f"did not answer within {_PATIENCE:.0f} s"
    state = ComponentState.TROUBLE if reason else ComponentState.OK
    return Part(
        name=name,
        kind="dependency",
        state=state,
        reason=reason,
        since=None,
        last_success=None if reason else now,
        counts={},
        lag_seconds=None,
    )


async def _or_none(question: Awaitable[_T]) -> _T | None:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await question
    except (TemporaryError, TimeoutError):
        return None


def _part(component: ComponentHealth) -> Part:
    known = {**asdict(component), "counts": dict(component.counts)}
    return Part(**{name: known[name] for name in Part.__struct_fields__})


def _status(parts: Sequence[Part]) -> str:
    return "trouble" if any(part.state == ComponentState.TROUBLE for part in parts) else "ok"
