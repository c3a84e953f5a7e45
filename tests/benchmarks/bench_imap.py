"""IMAP in standalone: a catch-up through to tickets, and how soon a mail that IDLE tells of is a ticket."""

import asyncio
import json
import re
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.bench_smtp import free_port
from benchmarks.measure import Row, Run, Watched, server, timed
from benchmarks.smtp_load import a_mail
from support.dovecot import PASSWORD, Dovecot
from support.imap_settings import imap_alone

MAILS: Final = 10_000
WARM_UP: Final = 300
ONE_BY_ONE: Final = 20
_DONE: Final = re.compile(
    r'^threadline_worker_messages_total\{outcome="done",queue="threads.messages"\} (\S+)', re.MULTILINE
)
_PATIENCE_S: Final = 120.0


async def rows(folder: Path) -> list[Row]:
    """Return the rows of a standalone gateway whose mail is in a Dovecot."""
    return await asyncio.to_thread(_rows, folder)


def _rows(folder: Path) -> list[Row]:
    dovecot = Dovecot()
    try:
        dovecot.start()
        user = dovecot.new_user()
        (folder / "imap.toml").write_text(imap_alone("support@localhost", dovecot.port, user))
        url = f"http://127.0.0.1:{(http := free_port())}"
        env = {
            "THREADLINE_CONFIG": str(folder / "imap.toml"),
            "THREADLINE_IMAP_SECRET_MAILBOX": PASSWORD,
            "THREADLINE_DATA_DIR": str(folder / "imap"),
            "THREADLINE_HTTP_PORT": str(http),
            "THREADLINE_LOG_LEVEL": "warning",
        }
        with server(["-m", "threadline_standalone", "up"], env, folder / "imap.log", f"{url}/readyz") as gateway:
            _put(dovecot, user, range(WARM_UP), "warm")
            _until_done(url, WARM_UP)
            caught_up = _catch_up(gateway, dovecot, user, url)
            seconds = [_one(dovecot, user, url, number) for number in range(ONE_BY_ONE)]
    finally:
        dovecot.close()
    return [
        Row(name=f"IMAP: catch-up of {MAILS:,} mails to tickets, standalone", run=caught_up, aim=">= 500/s"),
        Row(name="IMAP: a delivery to its ticket, by IDLE", run=timed(seconds), aim="<= 1 s"),
    ]


def _catch_up(gateway: Watched, dovecot: Dovecot, user: str, url: str) -> Run:
    gateway.pause()  # an outage, in which the mails arrive
    _put(dovecot, user, range(MAILS), "many")
    cpu, began = gateway.cpu_seconds(), time.perf_counter()
    gateway.resume()
    _until_done(url, WARM_UP + MAILS)
    took = time.perf_counter() - began
    return Run(rate=MAILS / took, cpu_ms=(gateway.cpu_seconds() - cpu) / MAILS * 1000, peak_mb=gateway.peak_mb())


def _one(dovecot: Dovecot, user: str, url: str, number: int) -> float:
    before = _newest(url)
    began = time.perf_counter()
    _put(dovecot, user, [number], "one")
    while _newest(url) == before:
        time.sleep(0.005)
    return time.perf_counter() - began


def _put(dovecot: Dovecot, user: str, numbers: Sequence[int], run: str) -> None:
    dovecot.put(user, [a_mail(number, run) for number in numbers])


def _until_done(url: str, count: int) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while (found := _DONE.search(_get(f"{url}/metrics"))) is None or float(found[1]) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{found and found[1]} of {count} messages are done")
        time.sleep(0.05)


def _newest(url: str) -> str:
    items = json.loads(_get(f"{url}/api/v1/tickets?limit=1"))["items"]
    return str(items[0]["id"]) if items else ""


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own loopback URL
        return bytes(answer.read()).decode()
