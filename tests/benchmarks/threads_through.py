"""From SMTP to the ticket event, with a service each for e-mail and threads, on RabbitMQ and PostgreSQL."""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Final

from benchmarks.bench_smtp import free_port, until_open
from benchmarks.desk import HELPDESK, Desk
from benchmarks.measure import Run, Watched, server
from benchmarks.smtp_load import send_all
from benchmarks.threads_postgres import KEYS, Place
from support.postgres import new_database
from threadline_shared.bus.opening import open_bus

MAILS: Final = 4000
WARM_UP: Final = 200


async def mail_to_event(place: Place, name: str) -> Run:
    """Return what it takes, the CPU of both services together."""
    folder = place.folder / name
    folder.mkdir()
    url, smtp = place.node.fresh_url(), free_port()
    env = {
        "THREADLINE_BUS_URL": url,
        "THREADLINE_DATABASE_URL": await new_database(place.postgres),
        "THREADLINE_TOKEN_KEYS": KEYS,
        "THREADLINE_SMTP_PORT": str(smtp),
        "THREADLINE_DATA_DIR": str(folder / "data"),
    }
    async with open_bus({"THREADLINE_BUS_URL": url}) as bus:
        await bus.declare([HELPDESK])
        async with Desk(bus).listening() as desk:
            with ExitStack() as stack:
                services = [stack.enter_context(_service(name, env, folder)) for name in ("threads", "email")]
                await until_open(smtp)
                return await _measure(smtp, desk, services)


async def _measure(smtp: int, desk: Desk, services: list[Watched]) -> Run:
    await send_all(smtp, WARM_UP, "warm")
    await desk.until(WARM_UP)
    cpu, began = _cpu(services), time.perf_counter()
    await send_all(smtp, MAILS, "run")
    await desk.until(WARM_UP + MAILS)
    took, cpu = time.perf_counter() - began, _cpu(services) - cpu
    return Run(rate=MAILS / took, cpu_ms=cpu / MAILS * 1000, peak_mb=sum(one.peak_mb() for one in services))


def _cpu(services: list[Watched]) -> float:
    return sum(one.cpu_seconds() for one in services)


def _service(name: str, env: Mapping[str, str], folder: Path) -> AbstractContextManager[Watched]:
    http = free_port()
    ready = f"http://127.0.0.1:{http}/readyz"
    port = {"THREADLINE_HTTP_PORT": str(http)}
    return server(["-m", f"threadline_{name}"], {**env, **port}, folder / f"{name}.log", ready)
