"""Several e-mail services on one port: each takes some connections, and one that is killed is not missed."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from support.gateway import START_LIMIT_S, free_port, until
from support.mail import a_mail
from support.smtp import Taken, a_door, reply_to_mail
from threadline_contracts.errors import SettingsError

PROCESSES: Final = 2
MAILS: Final = 24


class Processes:
    """Services that differ in their spools and HTTP ports alone."""

    def __init__(self, folder: Path, bus_url: str) -> None:
        self.port = free_port()
        self._logs = [folder / f"log{number}" for number in range(PROCESSES)]
        common = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
            "THREADLINE_BUS_URL": bus_url,
            "THREADLINE_DATA_DIR": str(folder / "data"),
            "THREADLINE_SMTP_PORT": str(self.port),
            "THREADLINE_SMTP_REUSE_PORT": "true",
        }
        self.running: list[subprocess.Popen[bytes]] = []
        for number, log in enumerate(self._logs):
            own = {"THREADLINE_HTTP_PORT": str(free_port()), "THREADLINE_SPOOL_DIR": str(folder / f"spool{number}")}
            with log.open("wb") as out:
                command = [sys.executable, "-m", "threadline_email"]
                self.running.append(subprocess.Popen(command, env=common | own, cwd=folder, stderr=out))

    def wait(self) -> None:
        """Wait until all listen."""
        until(lambda: all("smtp.listening" in log.read_text() for log in self._logs), within=START_LIMIT_S)

    def taken(self) -> list[int]:
        """Return how many mails each has taken."""
        return [log.read_text().count("message.taken") for log in self._logs]

    def end(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait(20)


@pytest.fixture
def processes(amqp_url: str, tmp_path: Path) -> Iterator[Processes]:
    found = Processes(tmp_path, amqp_url)
    yield found
    found.end()


async def test_processes_share_a_port_and_one_that_is_killed_is_not_missed(processes: Processes) -> None:
    await asyncio.to_thread(processes.wait)
    for number in range(MAILS):
        reply = await reply_to_mail(processes.port, a_mail(Message_ID=f"<{number}@example.org>"))
        assert reply.startswith("250")
    shares = processes.taken()
    assert sum(shares) == MAILS
    assert min(shares) > 0
    processes.running[0].kill()
    processes.running[0].wait()
    for number in range(MAILS):
        assert (await reply_to_mail(processes.port, a_mail(Message_ID=f"<late{number}@example.org>"))).startswith("250")


async def test_without_the_setting_a_port_belongs_to_one() -> None:
    async with a_door(Taken()) as port:
        with pytest.raises(SettingsError, match="THREADLINE_SMTP_PORT"):
            async with a_door(Taken(), smtp_port=port, smtp_reuse_port=True):
                pass
