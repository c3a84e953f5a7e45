"""A real Dovecot: private, on loopback and free ports, its mails in plain Maildir files that tests may write."""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from imapclient import IMAPClient

from support.certificates import Certificate, a_certificate
from support.packages import find_program, program

PASSWORD: Final = "correct-horse"
_PACKAGE: Final = "dovecot-imapd"
_START_LIMIT: Final = 20.0  # seconds; usually 0.2
_NOBODY: Final = 65534
_numbers = itertools.count(1)

_CONFIG: Final = """
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = {folder}
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = 1
first_valid_gid = 1
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%u
mail_fsync = never
mail_max_userip_connections = 100
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """A private server that tests may stop, kill and restart; any user may log in with PASSWORD."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="threadline-dovecot-", dir="/tmp"))  # short: sockets
        self._folder.chmod(0o755)  # the server drops root, and must reach its own
        self.port, self.tls_port = _free_port(), _free_port()
        self._binary = program("dovecot", _PACKAGE)
        self.certificate: Certificate = a_certificate(self._folder)
        self._settings = ""
        self._server: subprocess.Popen[bytes] | None = None

    def start(self, settings: str = "") -> None:
        """Start it and wait until it serves; `settings` are added to its configuration."""
        self._settings = settings
        (self._folder / "conf").write_text(self._config() + settings)
        (self._folder / "mail").mkdir(exist_ok=True)
        self._give_away(self._folder / "mail")
        setpriv = find_program("setpriv")
        dies_with_us = [str(setpriv), "--pdeathsig", "KILL"] if setpriv else []
        command = [*dies_with_us, str(self._binary), "-F", "-c", str(self._folder / "conf")]
        with (self._folder / "out").open("wb") as out:
            self._server = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        self._wait_until_it_serves()

    def stop(self) -> None:
        """End it at once, and every connection with it."""
        server = self._running()
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(timeout=20)

    def restart(self, settings: str | None = None) -> None:
        """Stop it, and start it again, with other settings if they are given."""
        self.stop()
        self.start(self._settings if settings is None else settings)

    def close(self) -> None:
        """End it, and leave nothing."""
        if self._server is not None and self._server.poll() is None:
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def new_user(self) -> str:
        """Return the name of a user whose folders are empty."""
        return f"user{next(_numbers)}"

    def put(self, user: str, mails: Sequence[bytes], folder: str = "INBOX", *, age: float = 0.0) -> None:
        """Put mails into a folder, as a delivery does, as if so many seconds ago; the server notices by itself."""
        place, then = self._maildir(user, folder), time.time() - age
        for mail in mails:
            name = f"{time.time():.6f}.M{next(_numbers):09}.test"
            written = place / "tmp" / name
            written.write_bytes(mail)
            os.utime(written, (then, then))
            self._give_away(written)
            written.rename(place / "new" / name)

    def renumber(self, user: str, folder: str = "INBOX") -> None:
        """Have the folder lose its UIDs, as a restored backup does: another UIDVALIDITY, numbers from 1."""
        place = self._maildir(user, folder)
        first = (place / "dovecot-uidlist").read_text().split("\n", 1)[0]
        validity = next(int(word[1:]) for word in first.split() if word.startswith("V"))
        for index in place.glob("dovecot.index*"):
            index.unlink(missing_ok=True)
        (place / "dovecot-uidlist").write_text(f"3 V{validity + 1000} N1 G{os.urandom(16).hex()}\n")
        self._give_away(place / "dovecot-uidlist")

    def client(self, user: str) -> Any:
        """Return a mail client of that user, as a person has one."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=20)
        client.login(user, PASSWORD)
        return client

    def log(self) -> str:
        """Return what it wrote to its log."""
        return (self._folder / "log").read_text(errors="replace")

    def _config(self) -> str:
        uid, gid = (_NOBODY, _NOBODY) if os.geteuid() == 0 else (os.getuid(), os.getgid())
        import grp
        import pwd

        return _CONFIG.format(
            folder=self._folder,
            user=pwd.getpwuid(uid).pw_name,
            group=grp.getgrgid(gid).gr_name,
            cert=self.certificate.cert,
            key=self.certificate.key,
            password=PASSWORD,
            uid=uid,
            gid=gid,
            port=self.port,
            tls_port=self.tls_port,
        )

    def _maildir(self, user: str, folder: str) -> Path:
        home = self._folder / "mail" / user
        place = home if folder == "INBOX" else home / f".{folder}"
        for path in (home, place, *(place / part for part in ("cur", "new", "tmp"))):
            if not path.exists():
                path.mkdir()
                self._give_away(path)
        return place

    def _give_away(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, _NOBODY, _NOBODY)

    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._server is not None, "not started"
        return self._server

    def _wait_until_it_serves(self) -> None:
        deadline = time.monotonic() + _START_LIMIT
        while not _greets(self.port):
            server = self._running()
            if server.poll() is not None or time.monotonic() > deadline:
                last = (self._folder / "out").read_text(errors="replace")[-2000:]
                pytest.fail(f"Dovecot did not start: {last}", pytrace=False)
            time.sleep(0.02)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """Return a private Dovecot of this test run; a test that stops it starts it again."""
    server = Dovecot()
    try:
        server.start()
        yield server
    finally:
        server.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
            return line.recv(10).startswith(b"* OK")
    except OSError:
        return False
