"""Behind a load balancer: the PROXY header is believed from its networks alone, and required from them."""

import struct
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from support.bus import eventually
from support.certificates import a_certificate
from support.smtp import Taken, a_door, a_talk, facts
from threadline_email.gate import INTRODUCTION_SECONDS
from threadline_shared.http_settings import is_loopback

ADA = b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 25\r\n"
BOB = b"PROXY TCP4 203.0.113.8 192.0.2.1 40000 25\r\n"
HEALTH_CHECK = b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", 0x20, 0, 0)
ADA_2 = b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH4s4sHH", 0x21, 0x11, 12, b"\xcb\0q\7", b"\xc0\0\2\1", 40_000, 25)
BEHIND: dict[str, Any] = {"smtp_proxy_networks": ("127.0.0.0/8",), "is_local": is_loopback}


@pytest.mark.parametrize("header", [ADA, ADA_2])
async def test_the_customers_own_address_is_a_fact(header: bytes) -> None:
    taken = Taken()
    async with a_door(taken, **BEHIND) as port, a_talk(port, first=header) as talk:
        await talk.envelope()
        assert (await talk.data(b"x\r\n.\r\n")).startswith("250")
    assert facts(taken)["peer"] == "203.0.113.7"
    assert "relay" not in facts(taken)  # the load balancer is trusted, not who comes through it


@pytest.mark.parametrize("header", [b"PROXY UNKNOWN\r\n", HEALTH_CHECK])
async def test_who_is_not_named_is_nobody(header: bytes) -> None:
    taken = Taken()
    async with a_door(taken, **BEHIND) as port, a_talk(port, first=header) as talk:
        await talk.envelope()
        assert (await talk.data(b"x\r\n.\r\n")).startswith("250")
    assert {"peer", "relay"}.isdisjoint(facts(taken))


async def test_a_password_through_a_load_balancer_on_this_machine_needs_tls() -> None:
    async with a_door(Taken(), smtp_auth_users="bob:other", **BEHIND) as port, a_talk(port, first=ADA) as talk:
        assert "AUTH" not in await talk.say(b"EHLO x")
        assert (await talk.say(b"AUTH PLAIN AGJvYgBvdGhlcg==")).startswith("538")


async def test_the_address_is_still_known_inside_tls(tmp_path: Path) -> None:
    certificate = a_certificate(tmp_path)
    taken = Taken()
    tls: dict[str, Any] = {"smtp_tls_cert": str(certificate.cert), "smtp_tls_key": str(certificate.key)}
    async with a_door(taken, **tls, **BEHIND) as port, a_talk(port, first=ADA) as talk:
        await talk.say(b"EHLO x")
        await talk.start_tls(certificate.trusted())
        await talk.envelope()
        await talk.data(b"x\r\n.\r\n")
    assert facts(taken)["peer"] == "203.0.113.7"


async def test_each_customer_has_connections_of_his_own() -> None:
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(a_door(Taken(), smtp_max_per_ip=1, **BEHIND))
        await stack.enter_async_context(a_talk(port, first=ADA))
        await stack.enter_async_context(a_talk(port, first=BOB))
        await stack.enter_async_context(a_talk(port, first=ADA, greeting="421 4.7.0"))


async def test_health_checks_have_no_limit_of_one_address() -> None:
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(a_door(Taken(), smtp_max_per_ip=1, **BEHIND))
        for _ in range(3):
            await stack.enter_async_context(a_talk(port, first=HEALTH_CHECK))


async def test_a_load_balancer_that_waits_takes_the_room_of_a_connection() -> None:
    async with a_door(Taken(), smtp_max_connections=1, **BEHIND) as port:
        async with a_talk(port, greeting="", first=b"PROXY ") as waiting:
            async with a_talk(port, greeting="421 4.3.2"):
                pass
            waiting.vanish()

        async def may_enter() -> bool:
            try:
                async with a_talk(port, first=ADA):
                    return True
            except AssertionError:
                return False

        await eventually(may_enter)


@pytest.mark.parametrize("instead", [b"EHLO x\r\n", b"PROXY nonsense\r\n", b"\r\n\r\n\0\r\nQUIT\n\xff\xff\xff\xff"])
async def test_a_load_balancer_that_says_something_else_is_hung_up_on(instead: bytes) -> None:
    async with a_door(Taken(), **BEHIND) as port, a_talk(port, first=instead, greeting="") as talk:
        assert await talk.hung_up()


async def test_a_load_balancer_that_says_nothing_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert INTRODUCTION_SECONDS < 60
    monkeypatch.setattr("threadline_email.gate.INTRODUCTION_SECONDS", 0.05)
    async with a_door(Taken(), **BEHIND) as port, a_talk(port, greeting="", first=b"P") as talk:
        assert await talk.hung_up()


async def test_a_header_and_the_first_commands_may_come_in_one_packet() -> None:
    async with a_door(Taken(), **BEHIND) as port, a_talk(port, first=ADA + b"EHLO x\r\nNOOP\r\n") as talk:
        assert (await talk.reply()).startswith("250-")
        assert (await talk.reply()).startswith("250")


@pytest.mark.parametrize("header", [ADA, ADA_2])
async def test_a_header_from_anybody_else_is_refused(header: bytes) -> None:
    networks: dict[str, Any] = {"smtp_proxy_networks": ("10.0.0.0/8",)}
    async with a_door(Taken(), **networks) as port, a_talk(port) as talk:
        await talk.send(header)
        replies = [await talk.reply()]
        while replies[-1]:
            replies.append(await talk.reply())
    assert replies[-2][:3] in {"550", "221"}  # version 2 is made so that it hangs up by itself
    assert {reply[:3] for reply in replies[:-2]} <= {"500"}
