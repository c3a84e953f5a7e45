"""Every service as a process of its own on RabbitMQ and PostgreSQL, in several replicas: killed and started again."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from support.crowd import WELCOMING
from support.gateway import POLL_S, START_LIMIT_S, Api, free_port
from threadline_standalone.exits import CommandError

SERVICES: Final = ("email", "form", "threads", "console")


class Pod:
    """One process of one service; its ports and its volume stay when it is killed."""

    def __init__(self, service: str, folder: Path, env: Mapping[str, str]) -> None:
        self.service = service
        self.http_port, self.smtp_port = free_port(), free_port()
        self._log = folder / "log"
        self._env = {
            **env,
            "THREADLINE_DATA_DIR": str(folder),
            "THREADLINE_HTTP_PORT": str(self.http_port),
            "THREADLINE_SMTP_PORT": str(self.smtp_port),
        }
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)

    def start(self) -> None:
        """Start and wait until it says that it can work."""
        command = [sys.executable, "-m", f"threadline_{self.service}"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, env=self._env, stdout=log, stderr=log, cwd=self._log.parent)
        api, deadline = Api(f"http://127.0.0.1:{self.http_port}").remote, time.monotonic() + START_LIMIT_S
        while True:
            with contextlib.suppress(CommandError):
                api.get("/readyz")
                return
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{self.service} is not ready: {self._log.read_text()[-2000:]}", pytrace=False)
            time.sleep(POLL_S)

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """Ask it to end, as an orchestrator does; return its exit code."""
        assert self._process is not None, "not started"
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(20)


class Fleet:
    """One or more pods of each service; what they share is the broker, the database and a folder of blobs."""

    def __init__(self, folder: Path, amqp_url: str, database_url: str, *, replicas: Mapping[str, int]) -> None:
        self.env = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
            "THREADLINE_BUS_URL": amqp_url,
            "THREADLINE_DATABASE_URL": database_url,
            "THREADLINE_TOKEN_KEYS": f"k1:{'5a' * 32}",
            "THREADLINE_BUS_BACKOFF": "0.05,0.2",
            "THREADLINE_CONFIG": str(folder / "threadline.toml"),
        }
        (folder / "blobs").mkdir(parents=True)
        (folder / "threadline.toml").write_text(WELCOMING)
        self.pods = {
            service: [self._pod(service, folder, number) for number in range(replicas.get(service, 1))]
            for service in SERVICES
        }

    @property
    def api(self) -> Api:
        """The console's API."""
        return Api(f"http://127.0.0.1:{self.pods['console'][0].http_port}")

    def start(self) -> "Fleet":
        for pod in self.all():
            pod.start()
        return self

    def all(self) -> list[Pod]:
        return [pod for pods in self.pods.values() for pod in pods]

    def end(self) -> None:
        for pod in self.all():
            pod.kill()

    def _pod(self, service: str, folder: Path, number: int) -> Pod:
        pod = Pod(service, folder / f"{service}{number}", self.env)
        (folder / f"{service}{number}" / "blobs").symlink_to(folder / "blobs")  # as a shared volume would be
        return pod
