"""Peers that hold a place without end: who reads nothing, and whose mail never ends."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from support.bus import eventually
from support.smtp import Taken, a_door, a_talk


def has_room(port: int) -> Callable[[], Awaitable[bool]]:
    async def try_it() -> bool:
        try:
            async with a_talk(port):
                return True
        except AssertionError:
            return False

    return try_it


def deaf(port: int) -> socket.socket:
    """Return a connection that says much and reads nothing."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", port))
    line.setblocking(False)
    return line


async def test_who_does_not_read_is_cut_off() -> None:
    async with a_door(Taken(), smtp_max_per_ip=1, smtp_timeout=0.3) as port:
        with deaf(port) as line:

            async def is_full() -> bool:
                try:
                    line.send(b"EHLO x\r\n" * 1000)
                except BlockingIOError:
                    return True
                except ConnectionError:
                    return True
                return False

            await eventually(is_full)
            await eventually(has_room(port))


async def test_a_mail_that_comes_without_end_is_given_up() -> None:
    taken = Taken()
    async with a_door(taken, smtp_timeout=0.3, smtp_data_seconds=0.6) as port, a_talk(port) as talk:
        await talk.envelope()
        assert (await talk.say(b"DATA")).startswith("354")
        reply = asyncio.create_task(talk.reply())
        for _ in range(200):
            if reply.done():
                break
            await talk.send(b"a")
            await asyncio.sleep(0.02)
        assert (await reply).startswith("421 4.4.2 the data")
        assert await talk.hung_up()
    assert taken.mails == []


async def test_what_a_mail_may_take_begins_anew_with_each() -> None:
    async with a_door(Taken(), smtp_timeout=0.3, smtp_data_seconds=0.4) as port, a_talk(port) as talk:
        for _ in range(12):
            await talk.envelope()
            assert (await talk.data(b"a\r\n.\r\n")).startswith("250")
            await asyncio.sleep(0.05)
