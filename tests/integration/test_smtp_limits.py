"""How many may talk at once, to how many, and what happens when the service stops."""

import asyncio
from contextlib import AsyncExitStack
from time import perf_counter

import pytest

from support.bus import eventually
from support.smtp import Taken, a_door, a_talk, reply_to_mail


async def test_too_many_connections_of_one_address_are_refused() -> None:
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(a_door(Taken(), smtp_max_per_ip=2))
        for _ in range(2):
            await stack.enter_async_context(a_talk(port))
        refused = await stack.enter_async_context(a_talk(port, greeting="421 4.7.0"))
        assert await refused.reply() == ""


async def test_too_many_connections_in_all_are_refused() -> None:
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(a_door(Taken(), smtp_max_connections=2))
        for _ in range(2):
            await stack.enter_async_context(a_talk(port))
        await stack.enter_async_context(a_talk(port, greeting="421 4.3.2"))


@pytest.mark.parametrize("leave", ["quit", "vanish"])
async def test_who_leaves_makes_room(leave: str) -> None:
    async def may_enter() -> bool:
        try:
            async with a_talk(port):
                return True
        except AssertionError:
            return False

    async with a_door(Taken(), smtp_max_per_ip=1) as port:
        async with a_talk(port) as first:
            assert not await may_enter()
            if leave == "quit":
                await first.say(b"QUIT")
            else:
                first.vanish()
        await eventually(may_enter)


async def test_too_many_recipients_are_asked_to_come_again() -> None:
    async with a_door(Taken(), smtp_max_recipients=2) as port, a_talk(port) as talk:
        await talk.envelope(b"support+1@localhost", b"support+2@localhost")
        assert (await talk.say(b"RCPT TO:<support+3@localhost>")).startswith("452 4.5.3")
        assert (await talk.data(b"x\r\n.\r\n")).startswith("250")


def slow() -> Taken:
    taken = Taken()
    taken.go_on.clear()
    return taken


async def test_only_so_many_mails_are_taken_at_once() -> None:
    taken = slow()
    async with a_door(taken, smtp_concurrency=2) as port:
        async with asyncio.TaskGroup() as group:
            replies = [group.create_task(reply_to_mail(port)) for _ in range(6)]
            await eventually(taken.holds_some)
            taken.go_on.set()
        assert all(reply.result().startswith("250") for reply in replies)
    assert taken.most == 2


async def test_a_mail_that_waits_too_long_for_its_turn_is_kept_by_its_sender() -> None:
    taken = slow()
    async with a_door(taken, smtp_concurrency=1, smtp_patience=0.05) as port, asyncio.TaskGroup() as group:
        first = group.create_task(reply_to_mail(port))
        await eventually(taken.holds_some)
        assert (await reply_to_mail(port)).startswith("451")
        taken.go_on.set()
        assert (await first).startswith("250")


async def test_a_mail_in_hand_is_finished_when_the_service_stops() -> None:
    taken = slow()
    async with AsyncExitStack() as door, AsyncExitStack() as talks:
        port = await door.enter_async_context(a_door(taken))
        idle = await talks.enter_async_context(a_talk(port))
        busy = await talks.enter_async_context(a_talk(port))
        await busy.envelope()
        assert (await busy.say(b"DATA")).startswith("354")
        await busy.send(b"hello\r\n.\r\n")
        await eventually(taken.holds_some)
        async with asyncio.TaskGroup() as group:
            group.create_task(door.aclose())
            assert (await idle.reply()).startswith("421")
            taken.go_on.set()
            assert (await busy.reply()).startswith("250")
            assert (await busy.reply()).startswith("421")
        assert taken.mails == [b"hello\r\n"]


async def test_a_stopped_service_is_no_longer_there() -> None:
    async with a_door(Taken()) as port:
        pass
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_stopping_with_idle_clients_takes_no_time() -> None:
    async with AsyncExitStack() as door:
        port = await door.enter_async_context(a_door(Taken()))
        async with a_talk(port), a_talk(port) as talk:
            await talk.envelope()
            started = perf_counter()
            await door.aclose()
            assert perf_counter() - started < 5.0


async def test_a_mail_that_never_ends_does_not_keep_the_service_from_stopping() -> None:
    async with AsyncExitStack() as door:
        port = await door.enter_async_context(a_door(Taken(), stop_seconds=0.1))
        async with a_talk(port) as talk:
            await talk.envelope()
            assert (await talk.say(b"DATA")).startswith("354")
            await talk.send(b"and so on\r\n")
            await door.aclose()
            assert await talk.hung_up()
