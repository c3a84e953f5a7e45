"""A real Postfix in folders of its own, which relays to us what it gets, by SMTP and by LMTP, and never gives up."""

import contextlib
import os
import pwd
import shutil
import smtplib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from support.gateway import free_port, until
from support.packages import program

SMTP_DOMAIN: Final = "smtp.example"
LMTP_DOMAIN: Final = "help.example"
PATIENCE_S: Final = 2  # with a server that says nothing
_STOP_S: Final = 10

# Every second one more try, of every mail, whatever happened to the last one; and the queue manager looks for new mail,
# since a busy one may miss that it is told. SMTP_DOMAIN goes to the relayhost.
_MAIN: Final = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = {commands}
daemon_directory = {daemons}
maillog_file = {folder}/log
maillog_file_prefixes = /
myhostname = relay.example
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
smtp_host_lookup = native
relayhost = [127.0.0.1]:{smtp}
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
transport_retry_time = 1s
default_destination_concurrency_failed_cohort_limit = 0
smtp_connect_timeout = {patience}s
smtp_data_done_timeout = {patience}s
lmtp_connect_timeout = {patience}s
lmtp_data_done_timeout = {patience}s
"""
_MASTER: Final = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """A relay: what is sent to its `port` goes on to `smtp_port` and `lmtp_port` of this machine, by domain."""

    def __init__(self, folder: Path) -> None:
        self.port, self.smtp_port, self.lmtp_port = free_port(), free_port(), free_port()
        self._folder = folder
        self._master: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        commands = program("postfix", "postfix").parent
        daemons = Path(_default(commands, "daemon_directory"))
        self._write_settings(commands, daemons)
        settings = str(self._folder / "settings")
        subprocess.run([commands / "postfix", "-c", settings, "check"], check=True, capture_output=True)
        # Not detached: so it ends with us, and is ours to end.
        self._master = subprocess.Popen(
            [daemons / "master", "-c", settings, "-d"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self._answers, within=20)

    def send(self, mail: bytes, *recipients: str, sender: str = "ada@example.org") -> None:
        """Have a mail relayed."""
        with smtplib.SMTP("127.0.0.1", self.port) as client:
            assert client.sendmail(sender, recipients, mail) == {}

    def waiting(self) -> list[str]:
        """Return the queue ids of the mails that it has not got rid of."""
        queue = self._folder / "queue"
        return [
            name
            for part in ("incoming", "active", "deferred")
            for _, _, names in os.walk(queue / part)
            for name in names
        ]

    def until_empty(self, within: float = 30.0) -> None:
        """Wait until every mail is delivered; none may have come back."""
        deadline = time.monotonic() + within
        while waiting := self.waiting():
            if time.monotonic() > deadline:
                pytest.fail("\n".join(line for line in self.log().splitlines() if any(one in line for one in waiting)))
            time.sleep(0.05)
        assert "status=bounced" not in self.log()

    def log(self) -> str:
        """Return what it wrote."""
        log = self._folder / "log"
        return log.read_text(errors="replace") if log.exists() else ""

    def stop(self) -> None:
        """End it, and the processes it has started."""
        if self._master is not None:
            self._master.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._master.wait(_STOP_S)
            self._master.kill()
            self._master.wait()

    def _answers(self) -> bool:
        with contextlib.suppress(OSError, smtplib.SMTPException), smtplib.SMTP("127.0.0.1", self.port, timeout=2):
            return True
        return False

    def _write_settings(self, commands: Path, daemons: Path) -> None:
        for name in ("settings", "queue", "data"):
            (self._folder / name).mkdir()
        owner = pwd.getpwnam("postfix")
        os.chown(self._folder / "data", owner.pw_uid, owner.pw_gid)
        main = _MAIN.format(
            folder=self._folder,
            commands=commands,
            daemons=daemons,
            smtp=self.smtp_port,
            patience=PATIENCE_S,
        )
        (self._folder / "settings" / "main.cf").write_text(main + documented(lmtp_port=self.lmtp_port))
        (self._folder / "settings" / "master.cf").write_text(_MASTER.format(port=self.port))


def documented(*, lmtp_port: int) -> str:
    """Return the lines that our documents tell operators to write, with another port."""
    text = (Path(__file__).parents[2] / "docs" / "email.md").read_text()
    begin = text.index("\nrelay_domains =")
    return text[begin : text.index("```", begin)].replace(":2525", f":{lmtp_port}")


def _default(commands: Path, name: str) -> str:
    """Return a setting as the distribution has it."""
    done = subprocess.run([commands / "postconf", "-dh", name], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def postfix() -> Iterator[Postfix]:
    """A running Postfix for the tests of a file; it needs root, as its processes change their user."""
    if os.geteuid() != 0:
        pytest.skip("Postfix starts as root only")
    folder = Path(tempfile.mkdtemp(prefix="threadline-postfix-"))
    folder.chmod(0o755)  # its processes drop root, and must reach their own
    relay = Postfix(folder)
    try:
        relay.start()
        yield relay
    finally:
        relay.stop()
        shutil.rmtree(folder)
