"""Two replicas, one moment: pairs of messages that could miss each other, over and over."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import asyncpg
import pytest

from support.threads import incomings
from support.threads_house import House, open_house
from support.threads_shelf import a_mail, a_token
from threadline_contracts.errors import TemporaryError
from threadline_contracts.message import InboundMessage
from threadline_threads.keys import lock_number, message_key
from threadline_threads.store import open_store
from threadline_threads.store.protocol import Store

pytestmark = pytest.mark.postgres
ROUNDS = 40


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[tuple[House, Store]]:
    env = {"THREADLINE_DATABASE_URL": database_url}
    async with open_house(env) as house, open_store(env) as other:
        yield house, other


async def place(store: Store, *messages: InboundMessage) -> None:
    await store.place(incomings(messages), datetime.now(UTC))


async def at_once(replicas: tuple[House, Store], one: InboundMessage, two: InboundMessage) -> None:
    house, other = replicas
    async with asyncio.TaskGroup() as group:
        group.create_task(place(house.store, one))
        group.create_task(place(other, two))


async def together(house: House, *messages: InboundMessage) -> bool:
    return len({await house.root(message) for message in messages}) == 1


def in_desk(number: int, *names: str) -> Sequence[InboundMessage]:
    return [a_mail(name, desk=f"d{number}") for name in names]


async def test_two_that_cite_each_other(replicas: tuple[House, Store]) -> None:
    for n in range(ROUNDS):
        one, two = a_mail("m1", desk=f"d{n}", cites=["m2"]), a_mail("m2", desk=f"d{n}", cites=["m1"])
        await at_once(replicas, one, two)
        assert await together(replicas[0], one, two)


async def test_the_same_message_twice(replicas: tuple[House, Store]) -> None:
    for n in range(ROUNDS):
        (mail,) = in_desk(n, "m1")
        await at_once(replicas, mail, mail)
    assert (await replicas[0].reader.totals()).messages == ROUNDS
    assert len(await replicas[0].history()) == ROUNDS


async def test_an_answer_and_its_parent(replicas: tuple[House, Store]) -> None:
    for n in range(ROUNDS):
        one, two = a_mail("m1", desk=f"d{n}"), a_mail("m2", desk=f"d{n}", cites=["m1"])
        await at_once(replicas, one, two)
        assert await together(replicas[0], one, two)


async def test_a_citation_and_whoever_draws_its_sender_in(replicas: tuple[House, Store]) -> None:
    for n in range(ROUNDS):
        first, second = a_mail("m1", desk=f"d{n}"), a_mail("m2", desk=f"d{n}", cites=["m1"])
        await replicas[0].place(first, second)
        stranger = a_mail("m3", "bob@b.example", desk=f"d{n}", cites=["m1"])
        await at_once(replicas, stranger, a_mail("m4", desk=f"d{n}", to=["bob@b.example"], cites=["m2"]))
        assert await together(replicas[0], first, stranger)


async def test_a_citation_and_a_merge_elsewhere_that_makes_its_sender_take_part(
    replicas: tuple[House, Store],
) -> None:
    for n in range(ROUNDS):
        first, second = a_mail("m1", desk=f"d{n}"), a_mail("m2", desk=f"d{n}", cites=["m1"])
        third = a_mail("m3", desk=f"d{n}", to=["bob@b.example"])
        await replicas[0].place(first, second, third)
        stranger = a_mail("m4", "bob@b.example", desk=f"d{n}", cites=["m1"])
        await at_once(replicas, stranger, a_mail("m5", desk=f"d{n}", cites=["m2", "m3"]))
        assert await together(replicas[0], first, third, stranger)


async def test_two_merges_that_meet_in_the_middle(replicas: tuple[House, Store]) -> None:
    for n in range(ROUNDS):
        mails = in_desk(n, "m1", "m2", "m3")
        others = [a_mail(f"x{k}", desk=f"d{n}", cites=[f"m{k}"]) for k in (1, 2, 3)]
        await replicas[0].place(*mails, *others)
        await at_once(
            replicas,
            a_mail("b1", desk=f"d{n}", cites=["m1", "m2"]),
            a_mail("b2", desk=f"d{n}", cites=["x3", "x2"]),
        )
        assert await together(replicas[0], *mails, *others)


async def test_somebody_let_in_by_a_token_and_somebody_who_vouches(replicas: tuple[House, Store]) -> None:
    for n in range(ROUNDS):
        first, second = a_mail("m1", desk=f"d{n}"), a_mail("m2", desk=f"d{n}", cites=["m1"])
        friend = a_mail("m5", "friend@f.example", desk=f"d{n}", cites=["m2"])
        await replicas[0].place(first, second, friend)
        newcomer = a_mail("m3", "new@n.example", desk=f"d{n}", to=["friend@f.example"], tokens=[a_token(first)])
        await at_once(replicas, newcomer, a_mail("m4", desk=f"d{n}", to=["new@n.example"], cites=["m2"]))
        assert await together(replicas[0], first, friend)


async def test_two_that_write_on_a_closed_ticket_share_its_follower(replicas: tuple[House, Store]) -> None:
    firsts = [in_desk(n, "m1")[0] for n in range(ROUNDS)]
    await replicas[0].place(*firsts)
    await replicas[0].execute("UPDATE {}ticket SET status = 'closed'")
    for n, first in enumerate(firsts):
        one, two = (a_mail(name, desk=f"d{n}", cites=["m1"]) for name in ("m2", "m3"))
        await at_once(replicas, one, two)
        assert await together(replicas[0], one, two)
        assert await replicas[0].root(one) != await replicas[0].root(first)


@pytest.mark.deep
async def test_a_replica_that_hangs_does_not_hold_up_the_others_for_ever(
    replicas: tuple[House, Store], database_url: str
) -> None:
    (mail,) = in_desk(0, "m1")
    hung = await asyncpg.connect(database_url)
    await hung.execute(f"BEGIN; SELECT pg_advisory_xact_lock({lock_number(message_key(mail.id))})")
    with pytest.raises(TemporaryError, match="lock timeout"):
        await replicas[0].place(mail)
    await hung.close()
    await replicas[0].place(mail)
