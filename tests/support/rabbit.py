"""A real RabbitMQ: THREADLINE_TEST_AMQP_URL, else a private node on free ports that ends with the tests."""

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import aio_pika
import pytest

from support.packages import find_program, program
from threadline_contracts.topology import ALWAYS, deliveries, replays

_PACKAGE: Final = "rabbitmq-server"
_VHOSTS: Final = 40  # made at the first start, where they cost next to nothing; one for each test
_START_LIMIT: Final = 60.0  # seconds; usually 5


class RabbitNode:
    """A private node that tests may kill, pause and restart; what it stored stays until the tests end."""

    def __init__(self, folder: Path) -> None:
        self.port = _free_port()
        self._folder = folder
        self._bin = program("rabbitmqctl", _PACKAGE).resolve().parent
        self._epmd_port = _free_port()
        self._env = self._environment(_free_port())
        # They die with the thread that started them, should the tests be killed; this one lives as long as the tests.
        self._spawner = ThreadPoolExecutor(1, "rabbit")
        self._server: subprocess.Popen[bytes] | None = None
        self._epmd: subprocess.Popen[bytes] | None = None
        self._vhosts = [f"test{n}" for n in range(_VHOSTS)]
        self._configure()

    def url(self, vhost: str = "main") -> str:
        """Return the URL of one of its virtual hosts."""
        return f"amqp://test:test@127.0.0.1:{self.port}/{vhost}"

    def fresh_url(self) -> str:
        """Return the URL of an empty virtual host that nobody else uses."""
        if not self._vhosts:
            self._add_vhosts()
        return self.url(self._vhosts.pop())

    def start(self) -> None:
        """Start it and wait until it serves."""
        if self._epmd is None:
            self._epmd = self._spawn("epmd", "-port", str(self._epmd_port), "-address", "127.0.0.1")
        self._server = self._spawn(str(self._bin / "rabbitmq-server"))
        self._wait_until_it_serves()

    def stop(self) -> None:
        """Stop it in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash does."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop it in order, and start it again."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze it: connections stay open, nothing answers."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """End a pause."""
        self._running().send_signal(signal.SIGCONT)

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl (half a second) and return what it prints."""
        command = [str(self._bin / "rabbitmqctl"), "-q", *arguments]
        return subprocess.run(command, env=self._env, check=True, capture_output=True, text=True).stdout

    def write_down(self) -> None:
        """Have it write what it would within minutes: 3.10 forgets its first stream when it is killed before."""
        self.ctl("eval", "[dets:sync(T) || T <- dets:all()].")

    def close(self) -> None:
        """End it and its port mapper, whatever state it is in."""
        if self._server is not None and self._server.poll() is None:
            self.kill()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()
        self._spawner.shutdown()

    def _spawn(self, *command: str) -> "subprocess.Popen[bytes]":
        setpriv = find_program("setpriv")
        dies_with_us = [str(setpriv), "--pdeathsig", "KILL"] if setpriv else []

        def spawn() -> "subprocess.Popen[bytes]":
            with (self._folder / "out").open("ab") as out:
                return subprocess.Popen(
                    [*dies_with_us, *command],
                    env=self._env,
                    cwd="/",
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )

        return self._spawner.submit(spawn).result()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._server is None:
            raise RuntimeError("the node was never started")
        return self._server

    def _end(self, number: signal.Signals) -> None:
        server = self._running()
        server.send_signal(number)
        server.send_signal(signal.SIGCONT)
        server.wait(timeout=60)

    def _wait_until_it_serves(self) -> None:
        deadline = time.monotonic() + _START_LIMIT
        while not _open(self.port):
            if self._running().poll() is not None or time.monotonic() > deadline:
                last = (self._folder / "out").read_text(errors="replace")[-2000:]
                pytest.fail(f"RabbitMQ did not start: {last}", pytrace=False)
            time.sleep(0.05)

    def _add_vhosts(self) -> None:
        added = [f"test-{secrets.token_hex(4)}" for _ in range(_VHOSTS)]
        for vhost in added:
            self._vhosts.append(vhost)
        names = ",".join(f'<<"{vhost}">>' for vhost in added)
        grant = 'rabbit_auth_backend_internal:set_permissions(<<"test">>, V, <<".*">>, <<".*">>, <<".*">>, <<"test">>)'
        self.ctl("eval", f'[begin rabbit_vhost:add(V, <<"test">>), {grant} end || V <- [{names}]].')

    def _configure(self) -> None:
        home = self._folder / "home"
        home.mkdir()
        (home / ".erlang.cookie").write_text(secrets.token_hex(16))
        (home / ".erlang.cookie").chmod(0o400)
        (self._folder / "enabled_plugins").write_text("[].")
        (self._folder / "definitions.json").write_text(json.dumps(_definitions(["main", *self._vhosts])))
        settings = {
            "listeners.tcp.1": f"127.0.0.1:{self.port}",
            "load_definitions": str(self._folder / "definitions.json"),
            "vm_memory_high_watermark.absolute": "512MiB",
            "disk_free_limit.absolute": "50MB",
        }
        (self._folder / "rabbitmq.conf").write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))

    def _environment(self, distribution_port: int) -> Mapping[str, str]:
        folder = self._folder
        return {
            "PATH": f"{self._bin}:{os.environ['PATH']}:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(folder / "home"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_DIST_PORT": str(distribution_port),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            # Loopback only, and no spinning when idle: the tests need the processor.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}"
            " +sbwt none +sbwtdcpu none +sbwtdio none",
            "RUNNING_UNDER_SYSTEMD": "true",  # the start script becomes the server, so its process id is the server's
        }


@pytest.fixture(scope="session")
def rabbit_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitNode]:
    """Return a private node of this test run; a test that stops it starts it again."""
    node = RabbitNode(tmp_path_factory.mktemp("rabbit"))
    try:
        node.start()
        yield node
    finally:
        node.close()


@pytest.fixture
def amqp_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty virtual host of this test alone; a given broker has only our own queues emptied."""
    given = os.environ.get("THREADLINE_TEST_AMQP_URL")
    if given:
        with ThreadPoolExecutor(1) as beside:  # not in the thread of the test's event loop
            beside.submit(asyncio.run, _delete_our_queues(given)).result()
        return given
    node = request.getfixturevalue("rabbit_node")
    assert isinstance(node, RabbitNode)
    return node.fresh_url()


async def _delete_our_queues(url: str) -> None:
    channels = ("email", "form", "chat", "telegram", "voice")
    ours = [*ALWAYS, *map(replays, channels), *map(deliveries, channels)]
    async with await aio_pika.connect(url) as connection:
        for queue in ours:
            async with connection.channel() as channel:
                await (await channel.get_underlay_channel()).queue_delete(queue.name)


def _definitions(vhosts: Sequence[str]) -> Mapping[str, object]:
    may = {"configure": ".*", "write": ".*", "read": ".*"}
    return {
        "users": [{"name": "test", "password": "test", "tags": "administrator"}],
        "vhosts": [{"name": vhost} for vhost in vhosts],
        "permissions": [{"user": "test", "vhost": vhost, **may} for vhost in vhosts],
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
