"""Behind a real Postfix, by SMTP and LMTP, while we are killed, slow, full or unwilling: each mail is there once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import pytest

from support.bus import eventually
from support.gateway import Gateway, until
from support.intakes import Home, a_home
from support.mail import a_mail
from support.postfix import LMTP_DOMAIN, PATIENCE_S, SMTP_DOMAIN, Postfix
from support.smtp import Taken, a_door, accounts
from support.wire import Heard, Wire
from threadline_contracts.arrival import Arrival
from threadline_contracts.errors import TemporaryError
from threadline_contracts.outcome import Outcome
from threadline_contracts.topology import ALWAYS, THREADS_MESSAGES
from threadline_email.mailboxes import Directory, Mailbox
from threadline_email.normalize import normalize
from threadline_shared.bus.memory import MemoryBus

Mode = Literal["smtp", "lmtp"]
DOMAIN: Final[Mapping[Mode, str]] = {"smtp": SMTP_DOMAIN, "lmtp": LMTP_DOMAIN}
MODES: Final[tuple[Mode, ...]] = ("smtp", "lmtp")
MIDDLE: Final = 100_000  # bytes into a large mail
MAILS: Final = 4


def mailboxes(mode: Mode) -> tuple[Mailbox, ...]:
    return tuple(Mailbox(address=f"{name}@{DOMAIN[mode]}") for name in ("support", "sales"))


def both(mode: Mode) -> list[str]:
    return [box.address for box in mailboxes(mode)]


def port_of(postfix: Postfix, mode: Mode) -> int:
    return postfix.smtp_port if mode == "smtp" else postfix.lmtp_port


def mail(name: str, size: int = 40) -> bytes:
    line = b"all work and no play makes a long mail\r\n"
    return a_mail(From="ada@example.org", Message_ID=f"<{name}@example.org>", Subject=name) + line * (size // len(line))


class Moments:
    """Kills a gateway once at each of these moments, and starts it again."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.left = ["in the middle of a mail", "before its yes is heard", "after its yes was heard"]

    def to_server(self) -> Heard:
        """Hear what one connection of the relay says."""
        said = 0

        async def heard(data: bytes) -> bool:
            nonlocal said
            said += len(data)
            return not (said > MIDDLE and await self._kill_at("in the middle of a mail"))

        return heard

    def to_client(self) -> Heard:
        """Hear what one connection of the gateway answers."""

        async def heard(data: bytes) -> bool:
            if b"accepted" not in data:
                return True
            if await self._kill_at("before its yes is heard"):
                return False
            await self._kill_at("after its yes was heard")
            return True

        return heard

    async def _kill_at(self, moment: str) -> bool:
        if not self.left or self.left[0] != moment:
            return False
        self.left.pop(0)
        self._gateway.kill()
        self._gateway.launch()
        return True


@pytest.mark.timeout(120)
async def test_when_we_are_killed_each_mail_is_there_once(postfix: Postfix, tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as group:  # both ways at once: what they do most is wait
        for mode in MODES:
            group.create_task(killed(postfix, mode, tmp_path / mode))


async def killed(postfix: Postfix, mode: Mode, folder: Path) -> None:
    gateway = a_gateway(folder, mode)
    moments = Moments(gateway)
    sent = {f"{mode}{number}": mail(f"{mode}{number}", size=40 if number else 3 * MIDDLE) for number in range(MAILS)}
    try:
        await asyncio.to_thread(gateway.start)
        wire = Wire(gateway.smtp_port, to_server=moments.to_server, to_client=moments.to_client)
        async with wire.at(port_of(postfix, mode)):
            for raw in sent.values():
                await asyncio.to_thread(postfix.send, raw, *both(mode))
            await asyncio.to_thread(postfix.until_empty)
        assert moments.left == []
        await asyncio.to_thread(gateway.wait_ready)
        assert await asyncio.to_thread(found, gateway, len(sent) * 2) == Counter(
            {(f"{name}@example.org", account): 1 for name in sent for account in both(mode)}
        )
    finally:
        gateway.end()


def a_gateway(folder: Path, mode: Mode) -> Gateway:
    folder.mkdir()
    boxes = "".join(f'[[email.mailboxes]]\naddress = "{box.address}"\n' for box in mailboxes(mode))
    (folder / "threadline.toml").write_text(f'[email]\nsmtp_mode = "{mode}"\n{boxes}')
    return Gateway(folder, {"THREADLINE_CONFIG": str(folder / "threadline.toml")})


def found(gateway: Gateway, expected: int) -> Counter[tuple[str, str]]:
    """Return how often each mail is in which account."""
    until(lambda: sum(row["message_count"] for row in gateway.tickets()) >= expected)
    tickets = [gateway.ticket(row["id"]) for row in gateway.tickets()]
    return Counter((one["external_id"], one["account"]) for ticket in tickets for one in ticket["messages"])


def door(taken: Any, postfix: Postfix, mode: Mode) -> Any:
    return a_door(taken, smtp_mode=mode, smtp_port=port_of(postfix, mode), mailboxes=mailboxes(mode))


@pytest.mark.parametrize("mode", MODES)
async def test_what_we_ask_to_come_later_comes_later(postfix: Postfix, mode: Mode) -> None:
    asked = Counter[str]()

    def unwilling(arrival: Arrival) -> Outcome | None:
        asked[arrival.account] += 1
        if asked[arrival.account] % 2:
            raise TemporaryError("not now")
        return None

    taken = Taken(unwilling)
    async with door(taken, postfix, mode):
        await asyncio.to_thread(postfix.send, mail(f"later{mode}"), both(mode)[0])
        await asyncio.to_thread(postfix.until_empty)
    assert accounts(taken) == [("main", both(mode)[0])]


async def test_with_lmtp_only_the_mailbox_that_failed_is_tried_again(postfix: Postfix) -> None:
    support, sales = both("lmtp")
    asked: list[str] = []

    def first_no(arrival: Arrival) -> Outcome | None:
        asked.append(arrival.account)
        if asked.count(sales) == 1 and arrival.account == sales:
            raise TemporaryError("not now")
        return None

    taken = Taken(first_no)
    async with door(taken, postfix, "lmtp"):
        await asyncio.to_thread(postfix.send, mail("half"), support, sales)
        await asyncio.to_thread(postfix.until_empty)
    assert Counter(asked) == {support: 1, sales: 2}
    assert sorted(accounts(taken)) == [("main", sales), ("main", support)]


class Slow:
    """Says yes to the first mail only when Postfix has lost its patience; so it comes again."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.asked = 0

    async def accept(self, raw: bytes, arrival: Arrival) -> Outcome:
        self.asked += 1
        first = self.asked == 1
        outcome = await self._home.intake.accept(raw, arrival)
        if first:
            await asyncio.sleep(PATIENCE_S + 1)
        return outcome


@asynccontextmanager
async def a_real_intake(folder: Path, mode: Mode, **settings: str) -> AsyncIterator[Home]:
    bus = MemoryBus()
    await bus.declare(ALWAYS)
    normalizer = partial(normalize, directory=Directory(mailboxes(mode)))
    async with a_home({"THREADLINE_DATA_DIR": str(folder), **settings}, bus, normalizer) as home:
        yield home


async def test_when_we_are_slow_a_mail_that_comes_twice_is_one_message(postfix: Postfix, tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as group:
        for mode in MODES:
            group.create_task(slow(postfix, mode, tmp_path / mode))


async def slow(postfix: Postfix, mode: Mode, folder: Path) -> None:
    async with a_real_intake(folder, mode) as home:
        late = Slow(home)
        async with door(late, postfix, mode):
            await asyncio.to_thread(postfix.send, mail(f"slow{mode}"), both(mode)[0])
            await asyncio.to_thread(postfix.until_empty)

            async def both_are_taken() -> bool:
                return late.asked == 2 == await home.bus.depth(THREADS_MESSAGES.name)

            await eventually(both_are_taken)
        first, second = await home.published(2)
    assert first.id == second.id


@pytest.mark.parametrize("mode", MODES)
async def test_when_our_disk_is_full_the_mail_waits_at_the_relay(postfix: Postfix, mode: Mode, tmp_path: Path) -> None:
    name = f"full{mode}"
    async with (
        a_real_intake(tmp_path, mode, THREADLINE_DISK_MIN_FREE_BYTES=str(2**60)) as home,
        door(home.intake, postfix, mode),
    ):
        await asyncio.to_thread(postfix.send, mail(name), both(mode)[0])
        await asyncio.to_thread(until, lambda: "451 4.3.0 try again later" in last_tries(postfix, mode))
        assert await home.nothing_waits()
    async with a_real_intake(tmp_path, mode) as home, door(home.intake, postfix, mode):
        await asyncio.to_thread(postfix.until_empty)
        (message,) = await home.published(1)
    assert message.external_id == f"{name}@example.org"


def last_tries(postfix: Postfix, mode: Mode) -> str:
    """Return what Postfix says of its last tries to deliver what is full."""
    lines = postfix.log().splitlines()
    (begin,) = (number for number, line in enumerate(lines) if f"<full{mode}@example.org>" in line)
    return "\n".join(line for line in lines[begin:] if f"postfix/{mode}" in line)
