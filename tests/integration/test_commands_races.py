"""Messages and commands at once, on the same conversations, from four replicas: as if one after the other."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from support.commands import (
    a_merge,
    a_split,
    a_status,
    an_unmerge,
    as_command,
    data_of,
    headers,
    reread,
    revisions_are_gapless,
    told,
)
from support.copies import copy_of, differences, originals
from support.threads import incomings, seeded
from support.threads_house import House, open_house
from support.threads_shelf import a_mail
from threadline_contracts.commands import Answer
from threadline_contracts.message import InboundMessage
from threadline_contracts.ticket import MessagePlaced, Rule, Status
from threadline_threads.commands.command import CommandOutcome, read
from threadline_threads.reasons import Reason
from threadline_threads.store import open_store
from threadline_threads.store.protocol import Store

pytestmark = pytest.mark.postgres
CONVERSATIONS = 20
STEPS = 60  # of each replica
WHY = Reason(Rule.REFERENCE, "A rule says so.")


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_house({"THREADLINE_DATABASE_URL": database_url}) as opened:
        yield opened


class Replica:
    """Does whatever comes to its mind to tickets that others work on, too."""

    def __init__(self, store: Store, name: str, tickets: Sequence[UUID], dice: random.Random) -> None:
        self.store = store
        self.name = name
        self.tickets = tickets
        self.dice = dice
        self.written: list[InboundMessage] = []
        self.answers: list[CommandOutcome] = []

    async def run(self) -> None:
        for number in range(STEPS):
            await self.dice.choice([self.write, self.write, self.command, self.command, self.join])(number)

    async def write(self, number: int) -> None:
        cited = [f"m{self.dice.randrange(CONVERSATIONS)}" for _ in range(self.dice.choice([0, 1, 1, 2]))]
        mail = a_mail(f"{self.name}{number}", cites=cited)
        self.written.append(mail)
        await self.store.place(incomings([mail]), datetime.now(UTC))

    async def join(self, _: int) -> None:
        await self.store.join(self.any(), self.any(), WHY, datetime.now(UTC))

    async def command(self, _: int) -> None:
        mail = self.dice.choice([*self.written, a_mail(f"m{self.dice.randrange(CONVERSATIONS)}")])
        asked = self.dice.choice(
            [
                a_merge(self.any(), self.any()),
                an_unmerge(self.any()),
                a_status(self.any(), self.dice.choice(list(Status))),
                a_split(mail),
            ]
        )
        outcome = await self.store.carry_out(read(as_command(asked)), datetime.now(UTC), reread)
        assert outcome is not None
        self.answers.append(outcome)

    def any(self) -> UUID:
        return self.dice.choice(self.tickets)


async def hammered(house: House, url: str, seed: int) -> list[Replica]:
    mails = [a_mail(f"m{n}") for n in range(CONVERSATIONS)]
    await house.place(*mails)
    tickets = [await house.root(mail) for mail in mails]
    dice = seeded(seed)
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(open_store({"THREADLINE_DATABASE_URL": url})) for _ in range(4)]
        replicas = [Replica(store, f"r{n}-", tickets, seeded(dice.randrange(10**6))) for n, store in enumerate(stores)]
        async with asyncio.TaskGroup() as group:
            for replica in replicas:
                group.create_task(replica.run())
    return replicas


@pytest.mark.parametrize("seed", [1, 2])
async def test_four_replicas_with_messages_and_commands_on_the_same_conversations(
    house: House, database_url: str, seed: int
) -> None:
    replicas = await hammered(house, database_url, seed)
    answers = {outcome.answer for replica in replicas for outcome in replica.answers}
    assert answers == {Answer.DONE, Answer.UNCHANGED, Answer.REFUSED}
    assert not [one for replica in replicas for one in replica.answers if one.because.startswith("There is no")]
    events = await told(house)
    assert revisions_are_gapless(events)
    tables = await read_tables(database_url)
    roots = {ticket: root for ticket, root, _, _ in tables["tickets"]}
    assert roots == ends(roots, dict(tables["links"]))
    counted = {ticket: count for ticket, _, _, count in tables["tickets"] if count}
    assert counted == dict(tables["homes"])
    assert sum(counted.values()) == CONVERSATIONS + sum(len(replica.written) for replica in replicas)
    last = {header.id: header.revision for header in headers(events)}
    assert last == {ticket: revision for ticket, _, revision, _ in tables["tickets"]}
    assert [pair for pair in tables["severed"] if roots[pair[0]] == roots[pair[1]]] == []
    assert tables["deadlocks"] == [(0,)]
    bodies = [event.body for event in await house.history()] * 2
    seeded(seed).shuffle(bodies)
    messages = [a_mail(f"m{n}").id for n in range(CONVERSATIONS)]
    messages += [mail.id for replica in replicas for mail in replica.written]
    assert differences(copy_of(bodies), await originals(house.reader, messages)) == []  # whatever order they come in


async def read_tables(url: str) -> dict[str, list[tuple[Any, ...]]]:
    statements = {
        "tickets": "SELECT id, root, revision, message_count FROM threads.ticket",
        "links": "SELECT child, parent FROM threads.link",
        "homes": "SELECT ticket, count(*) FROM threads.message GROUP BY ticket",
        "severed": "SELECT one, other FROM threads.severed",
        "deadlocks": "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
    }
    connection = await asyncpg.connect(url)
    found = {name: [tuple(row) for row in await connection.fetch(sql)] for name, sql in statements.items()}
    await connection.close()
    return found


def ends(tickets: Iterable[UUID], parents: dict[UUID, UUID]) -> dict[UUID, UUID]:
    """Return where the links of each ticket end; a cycle ends nowhere."""
    found = {}
    for ticket in tickets:
        way = [ticket]
        while (parent := parents.get(way[-1])) and parent not in way:
            way.append(parent)
        found[ticket] = way[-1] if way[-1] not in parents else UUID(int=0)
    return found


async def test_two_merges_towards_each_other_at_once_make_no_circle(house: House, database_url: str) -> None:
    async with open_store({"THREADLINE_DATABASE_URL": database_url}) as other:
        for number in range(30):
            mails = [a_mail(f"m{n}", desk=f"d{number}") for n in (1, 2, 3)]
            await house.place(*mails)
            tickets = [await house.root(mail) for mail in mails]
            circle = [*pairwise([*tickets, tickets[0]])]
            async with asyncio.TaskGroup() as group:
                for store, (one, two) in zip([house.store, other, house.store], circle, strict=True):
                    command = read(as_command(a_merge(one, two)))
                    group.create_task(store.carry_out(command, datetime.now(UTC), reread))
            assert len({await house.root(mail) for mail in mails}) == 1


async def test_an_answer_and_the_split_of_what_it_answers_at_once(house: House, database_url: str) -> None:
    """The answer is in the old ticket if it was there first, and else in the new one."""
    async with open_store({"THREADLINE_DATABASE_URL": database_url}) as other:
        for number in range(40):
            desk = f"d{number}"
            first, second = a_mail("m1", desk=desk), a_mail("m2", desk=desk, cites=["m1"])
            answer = a_mail("m3", desk=desk, cites=["m2"])
            await house.place(first, second)
            async with asyncio.TaskGroup() as group:
                group.create_task(other.place(incomings([answer]), datetime.now(UTC)))
                group.create_task(house.store.carry_out(read(as_command(a_split(second))), datetime.now(UTC), reread))
            assert await house.root(first) != await house.root(second)
            placed = [one for event in await told(house) if isinstance(one := data_of(event), MessagePlaced)]
            *_, last_but_one, last = [one.message.id for one in placed if one.message.desk == desk]
            assert {last_but_one, last} == {second.id, answer.id}
            assert await house.root(answer) == await house.root(first if last == second.id else second)
