"""The page that says how the house is: dependencies, what is stored and waits, and each component of this process."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from aiohttp import web
from msgspec import Struct

from threadline_console.api.health import HealthApi
from threadline_console.api.shapes_health import Health, Part
from threadline_console.pages.door import Door
from threadline_console.pages.house import Renderer
from threadline_console.pages.times import When, age, when

_ABOUT: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "bus": ("bus", "takes and hands out messages"),
        "database": ("database", "answers about tickets"),
        "state": ("queue", "keeps dead letters"),
        "blobs": ("blobs", "takes and gives files"),
    }
)
_LAG_WORTH_SAYING: Final = 1.0


class Tile(Struct, frozen=True, kw_only=True):
    """A dependency."""

    name: str
    icon: str
    state: str
    word: str
    reason: str
    about: str


class Line(Struct, frozen=True, kw_only=True):
    """A component."""

    name: str
    state: str
    reason: str
    last: When | None
    counts: str
    lag: str
    details: tuple[str, ...]


class HealthPage:
    """Renders health."""

    def __init__(self, api: HealthApi, renderer: Renderer, door: Door, started: datetime) -> None:
        self._api = api
        self._renderer = renderer
        self._door = door
        self._started = started

    async def show(self, _: web.Request) -> web.Response:
        """GET /health."""
        health, now = await self._api.look(), datetime.now(UTC)
        return self._renderer.page(
            "health.html",
            await self._door.house("health"),
            health=health,
            verdict=verdict(health),
            depends=[_tile(part) for part in health.depends],
            numbers=numbers(health, now),
            parts=[_line(part, now) for part in sorted(health.components, key=lambda part: part.state != "trouble")],
            started=when(self._started, now),
        )


def verdict(health: Health) -> str:
    """Return the one sentence that matters."""
    troubled = [part.name for part in (*health.depends, *health.components) if part.state == "trouble"]
    if not troubled:
        return "Everything here works."
    return f"In trouble: {', '.join(troubled)}. What was accepted is kept, and goes on when it is mended."


def numbers(health: Health, now: datetime) -> Sequence[tuple[str, str, str]]:
    """Return what is stored and what waits: name, number with its unit, and what to compare it with."""
    found: list[tuple[str, str, str]] = []
    if health.stored:
        last = health.stored.last_committed_at
        nearly = "about " if health.stored.estimated else ""
        found += [
            ("Tickets", f"{nearly}{health.stored.tickets:,}", f"from {nearly}{health.stored.messages:,} messages"),
            ("Last message stored", age(now - last) if last else "never", "ago" if last else ""),
            ("Outbox", f"{health.stored.unannounced:,}", "events wait for the bus; usually 0"),
        ]
    for waiting in health.queues:
        about = "waiting; usually 0" if waiting.depth is not None else "the bus does not say"
        found.append((f"Queue {waiting.queue}", "unknown" if waiting.depth is None else f"{waiting.depth:,}", about))
    dead = "unknown" if health.dead_letters is None else f"{health.dead_letters:,}"
    return [*found, ("Dead letters", dead, "kept; usually 0")]


def _tile(part: Part) -> Tile:
    icon, about = _ABOUT.get(part.name, ("queue", ""))
    word = "works" if part.state == "ok" else "in trouble"
    return Tile(name=part.name, icon=icon, state=part.state, word=word, reason=part.reason, about=about)


def _line(part: Part, now: datetime) -> Line:
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in part.counts.items())
    return Line(
        name=part.name,
        state=part.state,
        reason=part.reason,
        last=when(part.last_success, now) if part.last_success else None,
        counts=counts or "nothing yet",
        lag=_lag(part.lag_seconds),
        details=part.details,
    )


def _lag(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return "none" if seconds < _LAG_WORTH_SAYING else f"{age(timedelta(seconds=seconds)).replace('now', 'under 1 min')}"
