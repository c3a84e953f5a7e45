"""The real `threadline up`: its own process, free ports, its own data folder; started, killed and started again."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from msgspec import Struct

from threadline_standalone.remote import Gateway as Remote

START_LIMIT_S: Final = 30.0  # a loaded machine; the measured time has a test of its own
POLL_S: Final = 0.02


class Ended(Struct, frozen=True):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Api:
    """What a program reads over HTTP."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url
        self.remote = Remote(url, token)

    def get(self, path: str, **query: str) -> Any:
        return json.loads(self.remote.get(f"/api/v1{path}", **query))

    def tickets(self) -> list[dict[str, Any]]:
        """Return every ticket of the list, page by page."""
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.get("/tickets", limit="100", cursor=cursor)
            found += page["items"]
            cursor = page["next"]
        return found

    def ticket(self, key: str) -> dict[str, Any]:
        ticket: dict[str, Any] = self.get(f"/tickets/{quote(key, safe='')}")
        return ticket


class Gateway(Api):
    """One data folder and its ports; the process behind them comes and goes."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.http_port, self.smtp_port = free_port(), free_port()
        self.env = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
            "THREADLINE_DATA_DIR": str(folder / "var"),
            "THREADLINE_HTTP_PORT": str(self.http_port),
            "THREADLINE_SMTP_PORT": str(self.smtp_port),
            **(settings or {}),
        }
        super().__init__(f"http://127.0.0.1:{self.http_port}", self.env.get("THREADLINE_API_TOKEN", ""))
        self._starts = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._running().pid

    def start(self, *options: str) -> "Gateway":
        """Start and wait until it says that it is ready."""
        self.launch(*options)
        self.wait_ready()
        return self

    def launch(self, *options: str, json: bool = True) -> None:
        """Start without waiting."""
        self._starts += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "threadline_standalone", "up", *(["--json"] if json else []), *options]
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(command, env=self.env, cwd=self.folder, stdout=out, stderr=err)

    def wait_ready(self, limit: float = START_LIMIT_S) -> dict[str, Any]:
        """Return what it said when it was ready; fails when it ends before."""
        deadline = time.monotonic() + limit
        while not (said := self._out.read_bytes()).endswith(b"\n"):
            if self._running().poll() is not None:
                pytest.fail(f"the gateway ended with {self._running().returncode}: {self.log()}", pytrace=False)
            if time.monotonic() > deadline:
                pytest.fail(f"the gateway is not ready after {limit} s: {self.log()}", pytrace=False)
            time.sleep(POLL_S)
        ready: dict[str, Any] = json.loads(said)
        return ready

    def wait_for_screen(self, last: str) -> str:
        """Return what it printed, up to and with a text."""
        until(lambda: last in self._out.read_text(), within=START_LIMIT_S)
        return self._out.read_text()

    def kill(self) -> None:
        """kill -9, and wait until the process is gone."""
        self._running().kill()
        self._running().wait()

    def stop(self, how: signal.Signals = signal.SIGINT, limit: float = 20.0) -> int:
        """Ask it to end; return its exit code."""
        self._running().send_signal(how)
        return self._running().wait(limit)

    def signal(self, what: signal.Signals) -> None:
        self._running().send_signal(what)

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        """Return what the last process wrote to its standard error."""
        return self._err.read_text(errors="replace")

    def command(self, *words: str, given: str = "", **settings: str) -> Ended:
        """Run another command of `threadline` against this gateway, in its folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "threadline_standalone", *words]
        env = {**self.env, **settings}
        done = subprocess.run(
            command, check=False, env=env, cwd=self.folder, input=given, capture_output=True, text=True, timeout=60
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    @contextlib.contextmanager
    def following(self, *words: str) -> Iterator[Iterator[str]]:
        """Run a command that does not end by itself, and read what it prints; Ctrl-C in the end."""
        # A shell that runs us in the background has us ignore Ctrl-C, and a program inherits that.
        command = ["env", "--default-signal=INT", sys.executable, "-m", "threadline_standalone", *words]
        with subprocess.Popen(command, env=self.env, cwd=self.folder, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                yield iter(process.stdout)
            finally:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=20)
        assert process.returncode == 0

    def end(self) -> None:
        """Leave nothing behind."""
        if self.running():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.stop(limit=5)
        if self.running():
            self.kill()

    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "not started"
        return self._process

    @property
    def _out(self) -> Path:
        return self.folder / f"out.{self._starts}"

    @property
    def _err(self) -> Path:
        return self.folder / f"err.{self._starts}"


def until(holds: Callable[[], bool], *, within: float = 10.0) -> None:
    """Return when something holds; fails when it does not in time."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(POLL_S)


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def stopped_gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway with default settings that a test starts itself."""
    gateway = Gateway(tmp_path / "gateway")
    yield gateway
    gateway.end()


@pytest.fixture
def gateway(stopped_gateway: Gateway) -> Gateway:
    """A running gateway with default settings."""
    return stopped_gateway.start()
