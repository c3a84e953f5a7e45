"""Who guesses passwords at the SMTP door is slowed down, then refused; it is counted and logged, without secrets."""

import base64
from time import perf_counter

from prometheus_client import REGISTRY

from support.logs import Logs
from support.smtp import Taken, Talk, a_door, a_talk

USERS = "bob:other"


async def log_in(talk: Talk, user: str, password: str) -> str:
    await talk.say(b"EHLO x")
    return await talk.say(b"AUTH PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode()))


def counted(why: str) -> float:
    return REGISTRY.get_sample_value("threadline_auth_failures_total", {"door": "smtp", "why": why}) or 0.0


async def test_after_too_many_wrong_passwords_an_address_is_refused(logs: Logs) -> None:
    wrong, barred = counted("wrong"), counted("barred")
    async with a_door(Taken(), smtp_auth_users=USERS, smtp_auth_failures="3 in 10 min") as port:
        for guess in ("guess-one", "guess-two", "guess-three"):
            async with a_talk(port) as talk:
                assert (await log_in(talk, "bob", guess)).startswith("535")
        async with a_talk(port) as talk:
            assert (await log_in(talk, "bob", "other")).startswith("454 4.7.0")  # even the right one
            assert (await talk.say(b"NOOP")).startswith("250")
    assert (counted("wrong") - wrong, counted("barred") - barred) == (3, 1)
    lines = logs.lines("auth.failed")
    assert [line["peer"] for line in lines] == ["127.0.0.1"] * 3
    assert not any(secret in str(lines) for secret in ("guess", "bob", "other"))


async def test_who_mistypes_once_logs_in_the_next_time() -> None:
    async with a_door(Taken(), smtp_auth_users=USERS) as port, a_talk(port) as talk:
        assert (await log_in(talk, "bob", "othr")).startswith("535")
        assert (await log_in(talk, "bob", "other")).startswith("235")


async def test_the_answer_to_a_wrong_password_takes_its_time() -> None:
    async with a_door(Taken(), smtp_auth_users=USERS, smtp_auth_pause=0.2) as port, a_talk(port) as talk:
        started = perf_counter()
        assert (await log_in(talk, "bob", "wrong")).startswith("535")
        assert perf_counter() - started >= 0.2
        assert (await log_in(talk, "bob", "other")).startswith("235")
