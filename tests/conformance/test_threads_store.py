"""What every store of tickets keeps: messages once, their conversation, and the events that tell of them."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

import pytest
from msgspec.structs import replace

from support.messages import a_message
from support.threads_house import House, open_house, said
from support.threads_shelf import a_copy, a_mail, a_token
from threadline_contracts.errors import MalformedInputError, SettingsError
from threadline_contracts.message import Evidence
from threadline_contracts.ticket import (
    MessagePlaced,
    Status,
    TicketMerged,
    TicketReopened,
    TicketUpdated,
)
from threadline_threads.reading import TicketQuery
from threadline_threads.store import open_store


async def test_a_message_comes_back_as_it_was(house: House) -> None:
    mail = a_mail("m1", to=["bob@b.example"])
    await house.place(mail)
    (trace,) = await house.reader.trace(str(mail.id))
    assert trace.message == mail
    assert trace.ticket == trace.root
    assert trace.placement.rule == "open"


async def test_an_answer_in_another_batch_joins(house: House) -> None:
    first, answer = a_mail("m1"), a_mail("m2", cites=["m1"])
    await house.place(first)
    await house.place(answer)
    header = await house.header(first)
    assert await house.root(answer) == header.id
    assert (header.message_count, header.revision, header.channels) == (2, 2, ("email",))


async def test_a_repeat_changes_nothing_and_tells_nothing(house: House) -> None:
    mail = a_mail("m1")
    await house.place(mail)
    before = await house.header(mail)
    outcome = await house.place(mail, mail)
    assert (outcome.placed, outcome.repeats, outcome.events) == ([], 2, 0)
    assert await house.header(mail) == before
    assert len(await house.history()) == 1


async def test_the_greatest_version_wins_in_any_order(house: House) -> None:
    versions = [replace(a_mail("m1"), version=n, text=text) for n, text in ((1, "one"), (3, "three"), (2, "two"))]
    for version in versions:
        await house.place(version)
    (trace,) = await house.reader.trace(str(versions[0].id))
    assert trace.message == versions[1]
    header = await house.header(versions[0])
    assert (header.message_count, header.revision) == (1, 2)
    events = [said(event) for event in await house.announce()]
    assert [event.message.version for event in events if isinstance(event, MessagePlaced)] == [1, 3]
    assert (await house.reader.tickets(TicketQuery(search="three"))).items
    assert not (await house.reader.tickets(TicketQuery(search="one"))).items


async def test_a_late_parent_meets_what_waits_for_it(house: House) -> None:
    answer, stranger = a_mail("m2", cites=["m1"]), a_mail("m3", "mallory@m.example", cites=["m1"])
    await house.place(answer)
    await house.place(stranger)
    await house.place(a_mail("m1"))
    assert await house.root(a_mail("m1")) == await house.root(answer) != await house.root(stranger)


async def test_a_merge_is_kept_and_told(house: House) -> None:
    one, two, both = a_mail("m1"), a_mail("m2"), a_mail("m3", cites=["m1", "m2"])
    for mail in (one, two, both):
        await house.place(mail)
    conversation = await house.reader.conversation(two.reference)
    assert conversation is not None
    assert conversation.ticket.id == await house.root(one)
    assert [ticket.root for ticket in conversation.merged] == [conversation.ticket.id]
    assert conversation.links == conversation.ticket.links == conversation.merged[0].links
    assert {placed.message.id for placed in conversation.messages} == {one.id, two.id, both.id}
    *_, added, updated, merged = [said(event) for event in await house.announce()]
    assert isinstance(added, MessagePlaced)
    assert isinstance(updated, TicketUpdated)
    assert isinstance(merged, TicketMerged)
    assert updated.ticket == merged.root == conversation.ticket
    assert merged.ticket == conversation.merged[0]


async def test_a_chain_of_merges_ends_at_one_root(house: House) -> None:
    mails = [a_mail(f"m{n}") for n in range(4)]
    for mail in (*mails, *(a_mail(f"b{n}", cites=[f"m{n}", f"m{n + 1}"]) for n in (2, 1, 0))):
        await house.place(mail)
    assert {await house.root(mail) for mail in mails} == {await house.root(mails[0])}
    found = await house.reader.conversation(mails[3].reference)
    assert found is not None
    assert len(found.links) == 3


async def test_a_waiting_citation_comes_true_later(house: House) -> None:
    first, stranger = a_mail("m1"), a_mail("m2", "bob@b.example", cites=["m1"])
    for mail in (first, stranger, a_mail("m3", cites=["m1"], to=["bob@b.example"])):
        await house.place(mail)
    assert await house.root(stranger) == await house.root(first)


async def test_two_conversations_of_which_each_waits_for_the_other_meet(house: House) -> None:
    one, two = a_mail("m1"), a_mail("m2", to=["bob@b.example"])
    stranger = a_mail("m3", "bob@b.example", cites=["m1"])
    for mail in (one, two, stranger, a_mail("m4", cites=["m1", "m2"])):
        await house.place(mail)
    assert await house.root(stranger) == await house.root(one)


async def test_a_token_finds_its_ticket(house: House) -> None:
    first, answer = a_mail("m1"), a_mail("m2", "new@n.example", tokens=[a_token(a_mail("m1"))])
    await house.place(first)
    await house.place(answer)
    assert await house.root(answer) == await house.root(first)


async def test_a_conversation_and_a_twin_are_found(house: House) -> None:
    line = a_message("m1", channel="chat", account="widget", conversation="c1")
    copy = a_copy(a_mail("m5"))
    for message in (line, a_mail("m5"), copy):
        await house.place(message)
    await house.place(a_message("m2", channel="chat", account="widget", conversation="c1"))
    assert (await house.header(line)).message_count == 2
    assert (await house.header(copy)).accounts == ("support@desk.example", "sales@desk.example")


async def test_two_desks_that_share_a_message_id_share_nothing_else(house: House) -> None:
    mails = [
        a_mail(name, desk=desk, cites=["m1"] * (name == "m2")) for desk in ("main", "brand") for name in ("m1", "m2")
    ]
    await house.place(*mails)
    roots = [await house.root(mail) for mail in mails]
    assert roots[0] == roots[1] != roots[2] == roots[3]
    assert {trace.message.desk for trace in await house.reader.trace("<m1@example.org>")} == {"main", "brand"}


async def test_a_solved_ticket_is_opened_again(house: House) -> None:
    first, answer = a_mail("m1"), a_mail("m2", cites=["m1"])
    await house.place(first)
    await house.execute("UPDATE {}ticket SET status = 'solved'")
    await house.place(answer)
    assert (await house.header(first)).status == Status.OPEN
    *_, reopened = [said(event) for event in await house.announce()]
    assert isinstance(reopened, TicketReopened)
    assert (reopened.ticket.revision, reopened.message_id) == (3, answer.id)


async def test_more_keys_than_one_transaction_may_lock(house: House) -> None:
    mails = [
        replace(a_mail(f"m{n}"), evidence=Evidence(references=tuple(f"r{n}-{k}" for k in range(90)))) for n in range(30)
    ]
    assert len((await house.place(*mails)).placed) == 30
    assert (await house.reader.totals()).messages == 30


async def test_a_value_that_cannot_be_stored_is_malformed_and_leaves_no_trace(house: House) -> None:
    with pytest.raises(MalformedInputError):
        await house.place(a_mail("m2"), replace(a_mail("m1"), version=2**70))
    assert (await house.place(a_mail("m2"))).repeats == 0
    assert (await house.reader.totals()).messages == 1


@pytest.mark.postgres
async def test_replicas_may_start_at_once(database_url: str) -> None:
    env = {"THREADLINE_DATABASE_URL": database_url}
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(stack.enter_async_context(open_store(env)))
    async with open_house(env) as house:
        await house.place(a_mail("m1"))


async def test_a_store_opened_again_has_what_it_had(threads_env: Mapping[str, str]) -> None:
    async with open_house(threads_env) as house:
        await house.place(a_mail("m1"))
    async with open_house(threads_env) as house:
        assert (await house.place(a_mail("m1"))).repeats == 1


async def test_a_changed_migration_is_refused(threads_env: Mapping[str, str]) -> None:
    async with open_house(threads_env) as house:
        await house.execute("UPDATE {}migration SET checksum = 'another'")
    with pytest.raises(SettingsError, match="applied to the database in another form"):
        async with open_store(threads_env):
            pass
