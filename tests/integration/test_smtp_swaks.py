"""What swaks, the tester of mail servers, finds at the edges of the protocol."""

import asyncio
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from support.packages import program
from support.smtp import Taken, a_door, accounts, facts

HEAD: Final = b"From: ada@example.org\r\nSubject: x\r\n\r\n"
SMUGGLED: Final = b"MAIL FROM:<eve@example.com>\r\nRCPT TO:<support@localhost>\r\nDATA\r\nFrom: eve\r\n\r\nsmuggled"
END: Final = b"\r\n."  # swaks adds the last line end
LOGIN: Final = ("--auth", "PLAIN", "--auth-user", "bob", "--auth-password", "other")
_OURS: Final = re.compile(r"^<(?:~>|~\*|\*\*|-) +(\d{3}(?: .*)?)$", re.MULTILINE)  # the last line of each reply


async def swaks(port: int, *options: str, to: str = "support@localhost") -> list[str]:
    """Send a mail; return the replies, without the greeting and the farewell."""
    command = [str(program("swaks", "swaks")), "--server", "127.0.0.1", "--port", str(port), "--helo", "client.example"]
    command += ["--from", "ada@example.org", "--to", to, "--timeout", "20", *options]
    said = _OURS.findall(await asyncio.to_thread(_output, command))
    assert said[0].startswith("220 "), said
    return [reply for reply in said[1:] if not reply.startswith("221 ")]


def _output(command: list[str]) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    return done.stdout.decode("utf-8", "replace")


async def swaks_raw(port: int, folder: Path, data: bytes) -> list[str]:
    """Send exactly these bytes after DATA."""
    (folder / "data").write_bytes(data)
    return await swaks(port, "--no-data-fixup", "--data", f"@{folder / 'data'}")


def codes(replies: list[str]) -> str:
    return " ".join(reply[:3] for reply in replies)


@pytest.mark.parametrize("options", [(), ("--pipeline",)])
async def test_a_mail_is_taken_one_command_or_one_packet_at_a_time(options: tuple[str, ...]) -> None:
    taken = Taken()
    async with a_door(taken) as port:
        assert codes(await swaks(port, *options)) == "250 250 250 354 250"
    assert len(taken.mails) == 1


async def test_pipelined_commands_of_which_some_are_refused_are_answered_one_by_one() -> None:
    taken = Taken()
    async with a_door(taken) as port:
        replies = await swaks(port, "--pipeline", to="nobody@localhost,support@localhost")
    assert codes(replies) == "250 250 550 250 354 250"
    assert accounts(taken) == [("main", "support@localhost")]


async def test_with_lmtp_each_recipient_has_an_answer() -> None:
    taken = Taken()
    async with a_door(taken, smtp_mode="lmtp") as port:
        replies = await swaks(port, "--protocol", "LMTP", to="support@localhost,sales@localhost")
    assert codes(replies) == "250 250 250 250 354 250 250"


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n", b"\r.\r", b"\r\n.\r"])
async def test_no_mail_is_smuggled_behind_another(end: bytes, tmp_path: Path) -> None:
    taken = Taken()
    async with a_door(taken) as port:
        replies = await swaks_raw(port, tmp_path, HEAD + b"hello" + end + SMUGGLED + END)
    assert codes(replies) == "250 250 250 354 550"
    assert taken.mails == []


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"x" * 100_000, b"x" * 100_000),
        (b"a\0b", b"a\0b"),
        ("Größe".encode("latin-1"), "Größe".encode("latin-1")),
        (b"..\r\n...x", b".\r\n..x"),
    ],
    ids=["a long line", "a NUL", "8 bits", "dots"],
)
async def test_what_a_mail_holds_comes_through(body: bytes, kept: bytes, tmp_path: Path) -> None:
    taken = Taken()
    async with a_door(taken) as port:
        replies = await swaks_raw(port, tmp_path, HEAD + body + END)
    assert codes(replies) == "250 250 250 354 250"
    assert taken.mails == [HEAD + kept + b"\r\n"]


async def test_a_mail_over_the_limit_is_refused_for_good(tmp_path: Path) -> None:
    taken = Taken()
    async with a_door(taken, smtp_max_bytes=10_000) as port:
        replies = await swaks_raw(port, tmp_path, HEAD + b"x" * 10_000 + END)
    assert replies[-1].startswith("552 5.3.4")
    assert taken.mails == []


async def test_nobody_may_say_by_xclient_that_he_is_somebody_else() -> None:
    taken = Taken()
    async with a_door(taken) as port:
        assert codes(await swaks(port, "--xclient", "ADDR=10.0.0.1 LOGIN=bob", "--xclient-no-verify")) == "250"
    assert taken.mails == []


@pytest.mark.parametrize(
    "options", [("--proxy-family", "TCP4"), ("--proxy-version", "2", "--proxy-family", "AF_INET")], ids=["v1", "v2"]
)
async def test_a_proxy_header_is_understood(options: tuple[str, ...]) -> None:
    taken = Taken()
    ends = ("--proxy-source", "203.0.113.7", "--proxy-source-port", "4000", "--proxy-dest", "192.0.2.1")
    async with a_door(taken, smtp_proxy_networks=("127.0.0.0/8",)) as port:
        replies = await swaks(port, *options, *ends, "--proxy-dest-port", "25")
    assert codes(replies) == "250 250 250 354 250"
    assert facts(taken)["peer"] == "203.0.113.7"


async def test_a_password_is_asked_for_on_this_machine_but_never_from_outside_without_tls() -> None:
    taken = Taken()
    async with a_door(taken, smtp_auth_users="bob:other") as port:
        assert codes(await swaks(port, *LOGIN)) == "250 235 250 250 354 250"
    async with a_door(taken, smtp_auth_users="bob:other", is_local=lambda _: False) as port:
        assert codes(await swaks(port, *LOGIN)) == "250"
    assert facts(taken)["auth_user"] == "bob"
