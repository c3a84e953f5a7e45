"""A real pgbouncer in transaction mode before a fresh database: what lives in a session is lost between statements."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from support.packages import program


@pytest.fixture
def pgbouncer_url(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a database behind a pool of two server connections."""
    parts = urlsplit(database_url)
    sockets = parse_qs(parts.query)["host"][0]
    folder = tmp_path_factory.mktemp("pgbouncer")
    folder.chmod(0o755)
    port = _free_port()
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n"
        f"* = host={sockets} user=postgres pool_size=2\n"
        f"[pgbouncer]\n"
        f"listen_addr=127.0.0.1\nlisten_port={port}\nunix_socket_dir=\nauth_type=any\npool_mode=transaction\n"
    )
    command = [str(program("pgbouncer", "pgbouncer")), "-q", str(settings)]
    # It refuses to be root; the server's own user may always open the server's socket.
    user = Path(sockets).stat().st_uid if os.geteuid() == 0 else None
    process = subprocess.Popen(command, user=user, cwd=folder, stderr=subprocess.DEVNULL)
    _wait_for(port)
    yield f"postgresql://postgres@127.0.0.1:{port}{parts.path}"
    process.terminate()
    process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(500):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail("pgbouncer did not start", pytrace=False)
