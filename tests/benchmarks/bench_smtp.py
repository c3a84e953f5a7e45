"""SMTP accept, durable, on both buses, against aiosmtpd that discards: alone, and after our normaliser. Then the same

with two processes on one port, and the memory that large mails take.
"""

import asyncio
import socket
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Final

from benchmarks.measure import Row, Run, Watched, median_run, percentile, server
from benchmarks.smtp_large import AT_ONCE, MOST_MB, large_run
from benchmarks.smtp_load import send_all
from support.rabbit import RabbitNode

MAILS: Final = 3000
WARM_UP: Final = 200
ROUNDS: Final = 3
LEAST: Final = 0.75
PROCESSES: Final = 2
BARE: Final = str(Path(__file__).with_name("bare_smtp.py"))


async def rows(node: RabbitNode, folder: Path) -> list[Row]:
    """Return the rows of SMTP accept: two limits, then ours on each bus, as two processes, and with large mails."""
    runs: dict[str, list[Run]] = {"discard": [], "normalise": [], "sqlite": [], "rabbit": [], "two": []}
    for number in range(ROUNDS):  # turn by turn, so that a noisy minute hits all
        place = folder / f"smtp{number}"
        place.mkdir()
        runs["discard"].append(await _bare(place, []))
        runs["normalise"].append(await _bare(place, ["--normalize"]))
        runs["sqlite"].append(await _ours(place, {"THREADLINE_DATA_DIR": str(place / "sqlite")}))
        rabbit = {"THREADLINE_BUS_URL": node.fresh_url(), "THREADLINE_DATA_DIR": str(place / "rabbit")}
        runs["rabbit"].append(await _ours(place, rabbit))
        runs["two"].append(await _processes(place, rabbit | {"THREADLINE_DATA_DIR": str(place / "two")}))
    middle = {name: median_run(several) for name, several in runs.items()}
    return [
        Row(name="SMTP: bare aiosmtpd, discards", run=middle["discard"]),
        Row(name="SMTP: bare aiosmtpd, normalises, discards", run=middle["normalise"]),
        *(_row(name, middle[name], middle) for name in ("sqlite", "rabbit")),
        Row(
            name=f"SMTP: {PROCESSES} processes on one port, rabbit bus",
            run=middle["two"],
            ratio=middle["two"].rate / middle["rabbit"].rate,
            against="one process",
        ),
        await _large(folder),
    ]


def _row(name: str, run: Run, limits: Mapping[str, Run]) -> Row:
    above = run.cpu_ms - limits["discard"].cpu_ms
    return Row(
        name=f"SMTP: accepted and durable, {name} bus ({above:+.2f} CPU ms above bare)",
        run=run,
        ratio=run.rate / limits["normalise"].rate,
        against="bare, normalises",
        aim=f">= {LEAST}; <= +0.7 CPU ms",
        least=LEAST,
    )


async def _large(folder: Path) -> Row:
    smtp = free_port()
    with _service({"THREADLINE_DATA_DIR": str(folder / "large")}, smtp, folder / "large.log") as watched:
        await until_open(smtp)
        run = await large_run(smtp, watched)
    return Row(
        name=f"SMTP: {AT_ONCE} mails of 25 MB at once",
        run=run,
        ratio=MOST_MB / run.peak_mb,
        against=f"{MOST_MB} MB, in memory",
        aim=f"<= {MOST_MB} MB",
        least=1.0,
    )


async def _bare(folder: Path, options: list[str]) -> Run:
    port = free_port()
    with server([BARE, str(port), *options], {"PYTHONPATH": "tests"}, folder / "bare.log") as watched:
        await until_open(port)
        return await accept_run(port, watched)


async def _ours(folder: Path, env: Mapping[str, str]) -> Run:
    smtp = free_port()
    with _service(env, smtp, folder / "ours.log") as watched:
        await until_open(smtp)
        return await accept_run(smtp, watched)


async def _processes(folder: Path, env: Mapping[str, str]) -> Run:
    smtp = free_port()
    with ExitStack() as stack:
        several = [
            stack.enter_context(
                _service(
                    {
                        **env,
                        "THREADLINE_SMTP_REUSE_PORT": "true",
                        "THREADLINE_SPOOL_DIR": str(folder / f"spool{number}"),
                    },
                    smtp,
                    folder / f"process{number}.log",
                )
            )
            for number in range(PROCESSES)
        ]
        await until_open(smtp)
        return await accept_run(smtp, *several)


def _service(env: Mapping[str, str], smtp: int, log: Path) -> AbstractContextManager[Watched]:
    http = free_port()
    own = {"THREADLINE_SMTP_PORT": str(smtp), "THREADLINE_HTTP_PORT": str(http), "THREADLINE_LOG_LEVEL": "info"}
    return server(["-m", "threadline_email"], {**env, **own}, log, f"http://127.0.0.1:{http}/readyz")


async def accept_run(port: int, *watched: Watched) -> Run:
    """Return what sending MAILS to a port costs the watched processes together."""
    await send_all(port, WARM_UP, "warm")
    before = sum(one.cpu_seconds() for one in watched)
    took, latencies = await send_all(port, MAILS, f"run{time.monotonic_ns()}")
    return Run(
        rate=MAILS / took,
        cpu_ms=(sum(one.cpu_seconds() for one in watched) - before) / MAILS * 1000,
        p50_ms=percentile(latencies, 0.5) * 1000,
        p99_ms=percentile(latencies, 0.99) * 1000,
        peak_mb=sum(one.peak_mb() for one in watched),
    )


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def until_open(port: int) -> None:
    """Wait until somebody listens, at most 30 s."""
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return
