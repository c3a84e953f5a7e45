"""The same door behind another mail server: LMTP, one answer for each recipient."""

import pytest

from support.smtp import Taken, a_door, a_talk, accounts, facts
from threadline_contracts.arrival import Arrival
from threadline_contracts.errors import TemporaryError
from threadline_contracts.outcome import Outcome

LHLO = b"LHLO relay.example"


async def test_each_recipient_gets_an_answer_of_its_own() -> None:
    def fail_sales(arrival: Arrival) -> Outcome | None:
        if arrival.account == "sales@localhost":
            raise TemporaryError("not now")
        return None

    taken = Taken(fail_sales)
    async with a_door(taken, smtp_mode="lmtp") as port, a_talk(port) as talk:
        await talk.envelope(b"support@localhost", b"sales@localhost", b"help@localhost", hello=LHLO)
        replies = [await talk.data(b"x\r\n.\r\n"), await talk.reply(), await talk.reply()]
        assert (await talk.say(b"NOOP")).startswith("250")
    assert [reply[:3] for reply in replies] == ["250", "451", "250"]
    assert accounts(taken) == [("main", "support@localhost")]


async def test_a_bug_of_ours_is_answered_for_each_recipient() -> None:
    def fail(_: Arrival) -> Outcome:
        raise RuntimeError("our bug")

    async with a_door(Taken(fail), smtp_mode="lmtp") as port, a_talk(port) as talk:
        await talk.envelope(b"support@localhost", b"sales@localhost", hello=LHLO)
        replies = [await talk.data(b"x\r\n.\r\n"), await talk.reply()]
        assert (await talk.say(b"NOOP")).startswith("250")
    assert replies == ["451 4.3.0 try again later"] * 2


@pytest.mark.parametrize("raw", [b"bare\nfeed\r\n.\r\n", b"x" * 2000 + b"\r\n.\r\n"])
async def test_a_refusal_is_said_for_each_recipient(raw: bytes) -> None:
    async with a_door(Taken(), smtp_mode="lmtp", smtp_max_bytes=1024) as port, a_talk(port) as talk:
        await talk.envelope(b"support@localhost", b"sales@localhost", hello=LHLO)
        replies = [await talk.data(raw), await talk.reply()]
        assert (await talk.say(b"NOOP")).startswith("250")
    assert replies[0] == replies[1]
    assert replies[0][:3] in {"550", "552"}


async def test_an_unknown_mailbox_is_refused_at_once() -> None:
    async with a_door(Taken(), smtp_mode="lmtp") as port, a_talk(port) as talk:
        await talk.envelope(hello=LHLO)
        assert (await talk.say(b"RCPT TO:<nobody@localhost>")).startswith("550 5.1.1")


async def test_the_facts_say_lmtp() -> None:
    taken = Taken()
    async with a_door(taken, smtp_mode="lmtp") as port, a_talk(port) as talk:
        await talk.envelope(hello=LHLO)
        await talk.data(b"x\r\n.\r\n")
    assert (facts(taken)["protocol"], facts(taken)["helo"]) == ("lmtp", "relay.example")


@pytest.mark.parametrize("hello", [b"EHLO x", b"HELO x"])
async def test_smtp_greetings_are_refused(hello: bytes) -> None:
    async with a_door(Taken(), smtp_mode="lmtp") as port, a_talk(port) as talk:
        assert (await talk.say(hello)).startswith("500")
