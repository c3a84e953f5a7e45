"""Which bus a process uses: RabbitMQ where a URL is set, else a file in its data directory."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta, Struct

from threadline_contracts.errors import SettingsError
from threadline_contracts.topology import ALWAYS
from threadline_shared.bus import Bus
from threadline_shared.bus.loans import Retries
from threadline_shared.bus.sqlite import open_sqlite_bus
from threadline_shared.settings import load

_SCHEMES: Final = ("amqp://", "amqps://")
_DAY: Final = 24 * 3600.0

Seconds = Annotated[float, Meta(gt=0)]


class BusSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where events go, and how patient their handling is."""

    bus_url: Annotated[str, Meta(description="amqp://user:password@host/vhost or amqps://...; absent: a file")] = ""
    data_dir: Annotated[Path, Meta(description="everything durable of this process is below it")] = Path("var")
    bus_publish_timeout: Seconds = 10.0  # until a publication that is not confirmed counts as failed
    bus_backoff: tuple[Seconds, ...] = Retries().backoff  # before the second, third ... try; the last one for ever
    bus_attempts: Annotated[int, Meta(ge=1, le=1000)] = Retries().limit  # then a message is buried
    bus_log_days: Annotated[float, Meta(gt=0)] = 14.0  # how long the ticket log keeps an event


@asynccontextmanager
async def open_bus(env: Mapping[str, str]) -> AsyncIterator[Bus]:
    """Open the bus of this process; every queue that always exists is declared.

    Raises SettingsError when a setting is wrong or another process has the file. An absent broker is no error: it is
    declared to, and published to, when it is back.
    """
    settings = load(BusSettings, env)
    retries = Retries(backoff=settings.bus_backoff or Retries().backoff, limit=settings.bus_attempts)
    log_max_age = settings.bus_log_days * _DAY
    if settings.bus_url:
        if not settings.bus_url.startswith(_SCHEMES):
            raise SettingsError(f"THREADLINE_BUS_URL begins with {' or '.join(_SCHEMES)}")
        from threadline_shared.bus.rabbit import open_rabbit_bus  # a standalone gateway never needs it

        opening: AbstractAsyncContextManager[Bus] = open_rabbit_bus(
            settings.bus_url,
            retries=retries,
            publish_timeout=settings.bus_publish_timeout,
            log_max_age=log_max_age,
        )
    else:
        opening = open_sqlite_bus(settings.data_dir / "bus.sqlite3", retries=retries, log_max_age=log_max_age)
    async with opening as bus:
        await bus.declare(ALWAYS)
        yield bus
