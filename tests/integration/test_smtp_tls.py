"""STARTTLS and AUTH at the SMTP door."""

import base64
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest

from support.certificates import Certificate, a_certificate
from support.mail import a_mail, message_of
from support.smtp import SUPPORT, Taken, a_door, a_talk, facts

USERS = "ada@example.org:secret,bob:other"


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return a_certificate(tmp_path)


def tls(certificate: Certificate, **more: Any) -> dict[str, Any]:
    return {"smtp_tls_cert": str(certificate.cert), "smtp_tls_key": str(certificate.key), **more}


def plain(user: str, password: str) -> bytes:
    return b"AUTH PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode())


async def test_a_real_client_logs_in_over_tls(certificate: Certificate) -> None:
    taken = Taken()
    async with a_door(taken, **tls(certificate, smtp_auth_users=USERS)) as port:
        await aiosmtplib.send(
            a_mail(),
            sender="ada@example.org",
            recipients=["support@localhost"],
            hostname="localhost",
            port=port,
            start_tls=True,
            tls_context=certificate.trusted(),
            username="ada@example.org",
            password="secret",
        )
    assert facts(taken).items() >= {"tls": "yes", "auth_user": "ada@example.org"}.items()
    (sender,) = message_of(a_mail(From="ada@example.org"), SUPPORT, **facts(taken)).sender.identities
    assert (sender.assurance, sender.by) == ("verified", "smtp-auth")


async def test_without_a_certificate_there_is_no_tls() -> None:
    async with a_door(Taken()) as port, a_talk(port) as talk:
        assert "STARTTLS" not in await talk.say(b"EHLO x")
        assert (await talk.say(b"STARTTLS")).startswith("454")


async def test_what_was_said_before_tls_is_forgotten(certificate: Certificate) -> None:
    taken = Taken()
    async with a_door(taken, **tls(certificate)) as port, a_talk(port) as talk:
        await talk.envelope()
        await talk.start_tls(certificate.trusted())
        assert (await talk.say(b"DATA")).startswith("503")
        await talk.envelope()
        assert (await talk.data(b"x\r\n.\r\n")).startswith("250")
    assert facts(taken)["tls"] == "yes"


async def test_commands_smuggled_in_before_tls_are_not_run(certificate: Certificate) -> None:
    async with a_door(Taken(), **tls(certificate)) as port, a_talk(port) as talk:
        await talk.say(b"EHLO x")
        await talk.send(b"STARTTLS\r\nEHLO smuggled\r\nMAIL FROM:<eve@example.com>\r\n")
        assert (await talk.reply()).startswith("220")
        await talk.upgrade(certificate.trusted())
        assert (await talk.say(b"RCPT TO:<support@localhost>")).startswith("503")


async def test_required_tls_is_required(certificate: Certificate) -> None:
    async with a_door(Taken(), **tls(certificate, smtp_tls_required=True)) as port, a_talk(port) as talk:
        await talk.say(b"EHLO x")
        assert (await talk.say(b"MAIL FROM:<a@b.c>")).startswith("530")
        await talk.start_tls(certificate.trusted())
        await talk.envelope()


async def test_required_login_is_required() -> None:
    async with a_door(Taken(), smtp_auth_users=USERS, smtp_auth_required=True) as port, a_talk(port) as talk:
        await talk.say(b"EHLO x")
        assert (await talk.say(b"MAIL FROM:<a@b.c>")).startswith("530")
        assert (await talk.say(plain("bob", "other"))).startswith("235")
        assert (await talk.say(b"MAIL FROM:<a@b.c>")).startswith("250")


@pytest.mark.parametrize(("user", "password"), [("bob", "wrong"), ("nobody", "other"), ("", ""), ("bob", "")])
async def test_a_wrong_login_is_refused(user: str, password: str) -> None:
    async with a_door(Taken(), smtp_auth_users=USERS) as port, a_talk(port) as talk:
        await talk.say(b"EHLO x")
        assert (await talk.say(plain(user, password))).startswith("535")


async def test_guessing_is_hung_up_on() -> None:
    async with a_door(Taken(), smtp_auth_users=USERS) as port, a_talk(port) as talk:
        await talk.say(b"EHLO x")
        replies = [await talk.say(plain("bob", str(number))) for number in range(6)]
        assert await talk.reply() == ""
    assert [reply[:3] for reply in replies] == ["535"] * 5 + ["421"]


async def test_auth_login_is_understood_too() -> None:
    async with a_door(Taken(), smtp_auth_users=USERS) as port, a_talk(port) as talk:
        await talk.say(b"EHLO x")
        assert (await talk.say(b"AUTH LOGIN")).startswith("334")
        assert (await talk.say(base64.b64encode(b"bob"))).startswith("334")
        assert (await talk.say(base64.b64encode(b"other"))).startswith("235")


async def test_without_users_nobody_can_log_in() -> None:
    async with a_door(Taken()) as port, a_talk(port) as talk:
        assert "AUTH" not in await talk.say(b"EHLO x")
        assert (await talk.say(plain("", ""))).startswith("535")


async def test_from_outside_a_password_is_taken_over_tls_only(certificate: Certificate) -> None:
    from_outside = tls(certificate, smtp_auth_users=USERS, is_local=lambda _: False)
    async with a_door(Taken(), **from_outside) as port, a_talk(port) as talk:
        assert "AUTH" not in await talk.say(b"EHLO x")
        assert (await talk.say(plain("bob", "other"))).startswith("538")
        await talk.start_tls(certificate.trusted())
        assert "AUTH" in await talk.say(b"EHLO x")
        assert (await talk.say(plain("bob", "other"))).startswith("235")
