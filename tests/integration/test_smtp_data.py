"""What comes after DATA: where a mail ends, how large it may be, how it may be sent."""

import asyncio
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from support.bus import eventually
from support.mail import a_mail
from support.smtp import Taken, a_door, a_talk, reply_to_mail

SMUGGLED = b"\r\nMAIL FROM:<eve@example.com>\r\nRCPT TO:<support@localhost>\r\nDATA\r\nFrom: eve\r\n\r\nsmuggled"

# How servers have disagreed about the end of the data (CVE-2023-51764, -51765, -51766, CVE-2024-27305).
ENDS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\n.\r",
    b"\r.\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
]


@pytest.mark.parametrize("end", ENDS)
async def test_nothing_but_a_dot_on_its_own_line_ends_a_mail(end: bytes) -> None:
    taken = Taken()
    async with a_door(taken) as port, a_talk(port) as talk:
        await talk.envelope()
        reply = await talk.data(b"From: ada\r\n\r\nhello" + end + SMUGGLED + b"\r\n.\r\n")
        assert (await talk.say(b"NOOP")).startswith("250")
    assert reply.startswith("550 5.5.2") if re.search(rb"\r(?!\n)|(?<!\r)\n", end) else reply.startswith("250")
    assert len(taken.mails) <= 1  # one with a NUL is one mail
    assert all(b"MAIL FROM:<eve@example.com>" in mail for mail in taken.mails)


@pytest.mark.parametrize(
    "body", [b"bare\nfeed", b"bare\rreturn", b"at the end\n", b"\r", b"\n", b"a\r\r\nb", b"a\n\rb"]
)
async def test_bare_line_ends_are_refused(body: bytes) -> None:
    taken = Taken()
    async with a_door(taken) as port:
        assert (await reply_to_mail(port, b"Subject: x\r\n\r\n" + body + b"\r\n")).startswith("550 5.5.2")
    assert taken.mails == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"x\r\n.\r\n", b"x\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"..x\r\n\r\n..\r\n...y\r\n.\r\n", b".x\r\n\r\n.\r\n..y\r\n"),
        (b".x\r\n.\r\n", b"x\r\n"),
        (b"ends with a dot.\r\nor two..\r\n.\r\n", b"ends with a dot.\r\nor two..\r\n"),
        (b"\0\xff\x80\r\n.\r\n", b"\0\xff\x80\r\n"),
    ],
)
async def test_dot_stuffing_is_undone_and_nothing_else(sent: bytes, kept: bytes) -> None:
    taken = Taken()
    async with a_door(taken) as port, a_talk(port) as talk:
        await talk.envelope()
        assert (await talk.data(sent)).startswith("250")
    assert taken.mails == [kept]


@pytest.mark.parametrize("length", [998, 1001, 65_534, 65_535, 65_536, 65_537, 200_000])
async def test_a_line_of_any_length_is_taken(length: int) -> None:
    taken = Taken()
    mail = b"x" * length + b"\r\n" + b"y" * length + b"\r\n"
    async with a_door(taken) as port, a_talk(port) as talk:
        await talk.envelope()
        assert (await talk.data(mail + b".\r\n")).startswith("250")
    assert taken.mails == [mail]


async def test_a_mail_of_many_small_pieces_is_one_mail() -> None:
    taken = Taken()
    mail = a_mail("..a dot\r\n.")
    async with a_door(taken) as port, a_talk(port) as talk:
        await talk.envelope()
        assert (await talk.say(b"DATA")).startswith("354")
        for byte in mail.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n":
            await talk.send(bytes([byte]))
            await asyncio.sleep(0)
        assert (await talk.reply()).startswith("250")
    assert taken.mails == [mail + b"\r\n"]


async def test_a_mail_costs_memory_by_its_size_whatever_its_lines_are() -> None:
    size = 256 * 1024
    async with a_door(Taken()) as port, a_talk(port) as talk:
        await talk.envelope()
        assert (await talk.say(b"DATA")).startswith("354")
        tracemalloc.start()
        try:
            for _ in range(8):
                await talk.send(b"x.\r\n" * (size // 4 // 8))
            await talk.send(b".\r\n")
            assert (await talk.reply()).startswith("250")
            assert tracemalloc.get_traced_memory()[1] < 8 * size
        finally:
            tracemalloc.stop()


async def test_everything_in_one_packet_is_understood() -> None:
    taken = Taken()
    whole = (
        b"EHLO x\r\n"
        + 2 * (b"MAIL FROM:<a@b.c>\r\nRCPT TO:<support@localhost>\r\nDATA\r\nhello\r\n.\r\n")
        + b"QUIT\r\n"
    )
    async with a_door(taken) as port, a_talk(port) as talk:
        await talk.send(whole)
        replies = [await talk.reply() for _ in range(10)]
    assert [reply[:3] for reply in replies] == ["250", "250", "250", "354", "250", "250", "250", "354", "250", "221"]
    assert taken.mails == [b"hello\r\n", b"hello\r\n"]


LIMIT = 100_000
ROOM, LARGE = 1_000_000, 800_000  # far more than what a socket and a reader hold


async def test_the_size_limit_is_announced() -> None:
    async with a_door(Taken(), smtp_max_bytes=LIMIT) as port, a_talk(port) as talk:
        assert f"250-SIZE {LIMIT}" in (await talk.say(b"EHLO x")).splitlines()


async def test_a_mail_that_says_it_is_too_large_is_refused_before_it_is_sent() -> None:
    async with a_door(Taken(), smtp_max_bytes=LIMIT) as port, a_talk(port) as talk:
        await talk.say(b"EHLO x")
        assert (await talk.say(b"MAIL FROM:<a@b.c> SIZE=100001")).startswith("552")
        assert (await talk.say(b"MAIL FROM:<a@b.c> SIZE=100000")).startswith("250")


@pytest.mark.parametrize(
    ("size", "code"), [(LIMIT - 2, "250"), (LIMIT, "250"), (LIMIT + 1, "552"), (10 * LIMIT, "552")]
)
async def test_the_bytes_are_counted_too(size: int, code: str) -> None:
    taken = Taken()
    async with a_door(taken, smtp_max_bytes=LIMIT) as port, a_talk(port) as talk:
        await talk.envelope()
        assert (await talk.data(b"x" * (size - 2) + b"\r\n.\r\n")).startswith(code)
        assert (await talk.say(b"NOOP")).startswith("250")
    assert len(taken.mails) == (code == "250")


def on_disk(folder: Path) -> int:
    """Return the bytes of the nameless files that this process has open in a folder."""
    handles = list(Path("/proc/self/fd").iterdir())
    ours = [handle for handle in handles if handle.is_symlink() and str(handle.readlink()).startswith(str(folder))]
    return sum(handle.stat().st_size for handle in ours)


async def test_too_much_mail_at_the_same_moment_is_asked_to_wait(tmp_path: Path) -> None:
    async def has_come_in() -> bool:
        return on_disk(tmp_path) > ROOM - LARGE

    room: dict[str, Any] = {"smtp_max_buffered_bytes": ROOM, "smtp_temp_dir": str(tmp_path)}
    async with a_door(Taken(), **room) as port, a_talk(port) as large, a_talk(port) as small:
        await large.envelope()
        assert (await large.say(b"DATA")).startswith("354")
        await large.send(b"x" * LARGE)
        await eventually(has_come_in)
        await small.envelope()
        assert (await small.data(b"x" * LARGE + b"\r\n.\r\n")).startswith("452 4.3.1")
        await large.send(b"\r\n.\r\n")
        assert (await large.reply()).startswith("250")
        await small.envelope(hello=b"RSET")
        assert (await small.data(b"x" * LARGE + b"\r\n.\r\n")).startswith("250")


async def test_a_client_that_vanishes_in_the_middle_sent_nothing() -> None:
    taken = Taken()
    async with a_door(taken, smtp_max_buffered_bytes=ROOM) as port:
        async with a_talk(port) as talk:
            await talk.envelope()
            assert (await talk.say(b"DATA")).startswith("354")
            await talk.send(b"x" * LARGE)
            talk.vanish()
        assert (await reply_after_room(port)).startswith("250")
    assert [len(mail) for mail in taken.mails] == [LARGE + 2]


async def reply_after_room(port: int) -> str:
    """Send what fits only when the vanished client's room was given back."""
    replies: list[str] = []

    async def sent() -> bool:
        replies.append(await reply_to_mail(port, b"x" * LARGE))
        return replies[-1].startswith("250")

    await eventually(sent)
    return replies[-1]


async def test_a_silent_client_is_hung_up_on() -> None:
    async with a_door(Taken(), smtp_timeout=0.1) as port, a_talk(port) as talk:
        assert (await talk.reply()).startswith("421")
        assert await talk.reply() == ""


async def test_a_slow_client_that_goes_on_is_heard_out() -> None:
    taken = Taken()
    async with a_door(taken, smtp_timeout=0.3) as port, a_talk(port) as talk:
        await talk.envelope()
        assert (await talk.say(b"DATA")).startswith("354")
        for _ in range(20):
            await talk.send(b"x.\r\n")
            await asyncio.sleep(0.03)
        await talk.send(b".\r\n")
        assert (await talk.reply()).startswith("250")
