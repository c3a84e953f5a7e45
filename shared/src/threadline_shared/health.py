"""What works in this process and what does not: one registry, read by /readyz, /metrics and the console.

It refuses silence: each component says when it last succeeded, how far it is behind, and how its inputs ended.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Literal

from msgspec import Struct

from threadline_shared import metrics
from threadline_shared.log import logger

Outcome = Literal["accepted", "skipped", "refused", "failed", "buried"]

_log: Final = logger()


class ComponentState(StrEnum):
    """IDLE: nothing to do, nothing wrong."""

    OK = "ok"
    TROUBLE = "trouble"
    IDLE = "idle"


class ComponentHealth(Struct, frozen=True, kw_only=True):
    """A component at one moment; `since` is when its state last changed, `counts` are since the process started.

    `details` are lines for people: what there is to know beside the state. `elsewhere`: it reads a server of others, so
    its trouble does not make this process less ready to serve.
    """

    name: str
    kind: str
    state: ComponentState
    since: datetime
    last_success: datetime | None
    reason: str
    counts: Mapping[str, int]
    lag_seconds: float | None
    details: tuple[str, ...] = ()
    elsewhere: bool = False


class Component:
    """One part that can fail by itself: a mailbox, a form, a queue's worker, the relay. Made by `component`."""

    def __init__(self, name: str, kind: str) -> None:
        self.name: Final = name
        self.kind = kind
        self.state = ComponentState.IDLE
        self.since = _now()
        self.last_success: datetime | None = None
        self.reason = ""
        self._counts: dict[str, int] = {}
        self._lag: float | None = None
        self._details: tuple[str, ...] = ()
        self._works = metrics.component_ok(name)
        self._works.set(1)
        self.elsewhere = False

    def ok(self) -> None:
        """It did its work just now."""
        self.last_success = _now()
        metrics.last_success(self.name).set(self.last_success.timestamp())
        self._become(ComponentState.OK, "")

    def idle(self) -> None:
        """It can work, and has nothing to do."""
        self._become(ComponentState.IDLE, "")

    def trouble(self, reason: str) -> None:
        """It cannot work now, for `reason`; logged once, however often it is said before the next ok or idle."""
        self._become(ComponentState.TROUBLE, reason)

    def count(self, outcome: Outcome, n: int = 1) -> None:
        """Count inputs by how they ended."""
        self._counts[outcome] = self._counts.get(outcome, 0) + n

    def lag(self, seconds: float) -> None:
        """Say how old the oldest thing is that waits for it."""
        self._lag = seconds
        metrics.lag_seconds(self.name).set(seconds)

    def tell(self, details: Sequence[str]) -> None:
        """Say what else there is to know, a line each (how far a folder is read); it stays until it is said anew."""
        self._details = tuple(details)

    def health(self) -> ComponentHealth:
        """Return the component as it is now."""
        return ComponentHealth(
            name=self.name,
            kind=self.kind,
            state=self.state,
            since=self.since,
            last_success=self.last_success,
            reason=self.reason,
            counts=dict(self._counts),
            lag_seconds=self._lag,
            details=self._details,
            elsewhere=self.elsewhere,
        )

    def _become(self, state: ComponentState, reason: str) -> None:
        self.reason = reason
        if state is self.state:
            return
        was, self.state, self.since = self.state, state, _now()
        self._works.set(state is not ComponentState.TROUBLE)
        if state is ComponentState.TROUBLE:
            _log.warning("component.troubled", component=self.name, reason=reason)
        elif was is ComponentState.TROUBLE:
            _log.info("component.recovered", component=self.name)


_components: Final[dict[str, Component]] = {}


def component(name: str, *, kind: str = "") -> Component:
    """Return the component of this name, made at its first mention (`email/support@localhost`, `worker/queue`)."""
    found = _components.get(name)
    if found is None:
        found = _components.setdefault(name, Component(name, kind))
    found.kind = found.kind or kind
    return found


def service_component(name: str) -> Component:
    """Return the component that a whole service is: in trouble while it waits for what it needs to start."""
    return component(f"service/{name}", kind="service")


def snapshot() -> list[ComponentHealth]:
    """Return every component of this process as it is now, by name."""
    return [_components[name].health() for name in sorted(_components)]


def forget(name: str) -> None:
    """Drop a component that is no more (its account was removed); unknown names are fine."""
    _components.pop(name, None)


def _now() -> datetime:
    return datetime.now(UTC)
