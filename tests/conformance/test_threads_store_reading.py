"""What readers see of tickets, the same on both databases."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from msgspec.structs import replace

from support.messages import NOON, a_message, a_person
from support.threads_house import House, open_house
from support.threads_shelf import US, a_mail, a_token
from threadline_contracts.errors import MalformedInputError, TemporaryError
from threadline_contracts.ids import show_reference
from threadline_contracts.message import Evidence
from threadline_contracts.ticket import Status
from threadline_threads.reading import TicketQuery
from threadline_threads.store import open_reader

A, B = a_mail("m1"), a_mail("m2")
TOKEN_OF_A = Evidence(tokens=(a_token(A),))
BOTH = a_mail("m3", cites=["m1", "m2"], account="sales@desk.example")


async def names(house: House, query: TicketQuery) -> list[str]:
    return [item.ticket.subject.removeprefix("The printer ") for item in (await house.reader.tickets(query)).items]


async def test_an_empty_house_has_nothing(house: House) -> None:
    page = await house.reader.tickets(TicketQuery())
    assert (page.items, page.next) == ((), None)
    assert await house.reader.conversation(str(uuid4())) is None
    assert await house.reader.conversation("no such thing") is None
    assert list(await house.reader.trace("m1@example.org")) == []
    assert await house.reader.last_sequence() == 0
    totals = await house.reader.totals()
    assert (totals.tickets, totals.messages, totals.unannounced, totals.last_committed_at) == (0, 0, 0, None)
    await house.reader.probe()


async def test_the_list_shows_conversations_newest_change_first(house: House) -> None:
    for mail in (A, B, a_mail("m4", "bob@b.example"), a_mail("m5", cites=["m1"])):
        await house.place(mail)
    assert await names(house, TicketQuery()) == ["m1", "m4", "m2"]


async def test_imported_conversations_are_solved_and_listed_by_their_own_time(house: House) -> None:
    imported = [
        replace(
            a_mail(f"i{years}", f"p{years}@a.example"), backfill=True, received_at=NOON - timedelta(days=365 * years)
        )
        for years in (2, 1)
    ]
    await house.place(A)
    await house.place(*imported)
    assert await names(house, TicketQuery()) == ["m1", "i1", "i2"]
    items = (await house.reader.tickets(TicketQuery(status=Status.SOLVED))).items
    assert [item.imported_at for item in items] == [item.ticket.solved_at for item in items]
    assert [item.imported_at for item in items] == [mail.received_at for mail in reversed(imported)]


async def test_a_merged_conversation_is_one_row_with_the_counts_of_all(house: House) -> None:
    for mail in (A, B, BOTH):
        await house.place(mail)
    (item,) = (await house.reader.tickets(TicketQuery())).items
    assert item.ticket.id == await house.root(A)
    assert item.ticket.message_count == 3
    assert item.ticket.accounts == ("support@desk.example", "sales@desk.example")
    assert (item.last_text, item.last_sender, item.last_channel) == (BOTH.text, BOTH.sender, "email")


async def test_pages_follow_each_other_without_gap_or_repetition(house: House) -> None:
    await house.place(*(a_mail(f"m{n}") for n in range(7)))
    found, cursor = [], ""
    for expected in (3, 3, 1):
        page = await house.reader.tickets(TicketQuery(limit=3, cursor=cursor))
        assert len(page.items) == expected
        found += [item.ticket.id for item in page.items]
        cursor = page.next or ""
    assert not cursor
    assert len(set(found)) == 7


@pytest.mark.parametrize("cursor", ["x", "_", "MTIz", "é", "MTc3MjcxMjAwMDAwMDAwMC5ub3QgYSB1dWlk"])
async def test_a_cursor_that_is_none_is_refused(house: House, cursor: str) -> None:
    with pytest.raises(MalformedInputError):
        await house.reader.tickets(TicketQuery(cursor=cursor))


async def test_filters_narrow_the_list(house: House) -> None:
    line = a_message("m6", channel="chat", account="widget", conversation="c")
    await house.place(A)
    await house.execute("UPDATE {}ticket SET status = 'solved'")
    await house.place(a_mail("m4", desk="brand"))
    await house.place(line)
    assert await names(house, TicketQuery(desk="brand")) == ["m4"]
    assert await names(house, TicketQuery(channel="chat")) == ["m6"]
    assert await names(house, TicketQuery(channel="email", desk="main")) == ["m1"]
    assert await names(house, TicketQuery(status=Status.SOLVED)) == ["m1"]
    assert await names(house, TicketQuery(status=Status.OPEN)) == ["m6", "m4"]
    assert await names(house, TicketQuery(desk="brand", channel="chat")) == []


async def test_a_channel_of_a_merged_ticket_counts_for_the_conversation(house: House) -> None:
    line = a_message("m6", channel="chat", account="widget", conversation="c")
    brought = a_message("m7", channel="chat", account="widget", conversation="c", evidence=TOKEN_OF_A)
    for message in (A, line, brought):
        await house.place(message)
    assert await names(house, TicketQuery(channel="chat")) == ["m1"]


@pytest.mark.parametrize(
    "search",
    [
        "burning",
        "BURNI",
        "ana",
        "ana@a.example",
        "example ana",
        "muller",
        "Müller",
        "order 4711",
        "4711-",
        "straßen",
    ],
)
async def test_search_finds_words_of_subject_people_and_text(house: House, search: str) -> None:
    wanted = replace(
        A,
        subject="The printer m1",
        text="It is burning, says Frau Müller; order #4711, Straßenbahn.",
        sender=a_person("ana@a.example", name="Ana"),
    )
    await house.place(wanted, a_mail("m2", "bob@b.example"))
    assert await names(house, TicketQuery(search=search)) == ["m1"]


@pytest.mark.parametrize("search", ["absent", "burning absent", "'; DROP TABLE ticket; --", '" OR 1', "a & b | !c:*"])
async def test_search_finds_nothing_else(house: House, search: str) -> None:
    await house.place(A, B)
    assert await names(house, TicketQuery(search=search)) == []


@pytest.mark.parametrize("search", ["", "   ", "***", "' \" & | !"])
async def test_a_search_without_a_word_is_none(house: House, search: str) -> None:
    await house.place(A)
    assert await names(house, TicketQuery(search=search)) == ["m1"]


async def test_search_finds_a_number_as_people_write_it_and_the_merged(house: House) -> None:
    for mail in (A, B, BOTH):
        await house.place(mail)
    for written in (show_reference(B.reference), B.reference.lower(), show_reference(BOTH.reference)):
        assert await names(house, TicketQuery(search=written)) == ["m1"]


async def test_a_conversation_is_found_by_any_of_its_numbers_and_tickets(house: House) -> None:
    for mail in (A, B, BOTH):
        await house.place(mail)
    found = await house.reader.conversation(str(await house.root(A)))
    assert found is not None
    keys = [*(show_reference(mail.reference).lower() for mail in (A, B, BOTH)), str(found.merged[0].id)]
    assert [await house.reader.conversation(key) for key in keys] == [found] * 4


async def test_messages_are_in_the_order_they_were_sent(house: House) -> None:
    hours = {"m1": 5, "m2": 3, "m9": 9}
    mails = [a_mail("m1"), a_mail("m2", cites=["m1"]), a_mail("m9", US, to=["ana@a.example"], cites=["m1"])]
    timed = [replace(mail, sent_at=mail.sent_at.replace(hour=hours[mail.external_id[:2]])) for mail in mails]
    await house.place(*timed)
    found = await house.reader.conversation(A.reference)
    assert found is not None
    assert [one.message.external_id[:2] for one in found.messages] == ["m2", "m1", "m9"]
    assert all(one.ticket == found.ticket.id for one in found.messages)


async def test_a_message_is_traced_by_id_number_and_external_id(house: House) -> None:
    await house.place(A)
    keys = [str(A.id), show_reference(A.reference), f" <{A.external_id}> ", A.external_id]
    traces = [list(await house.reader.trace(key)) for key in keys]
    assert [[trace.message for trace in found] for found in traces] == [[A]] * 4
    assert traces[0] == traces[1] == traces[2]


async def test_totals_count(house: House) -> None:
    await house.place(A, B, BOTH)
    totals = await house.reader.totals()
    assert (totals.tickets, totals.messages, totals.unannounced) == (2, 3, 5)
    await house.announce()
    assert (await house.reader.totals()).unannounced == 0
    assert totals.last_committed_at is not None
    assert not totals.estimated


async def test_totals_count_what_is_placed_again_once(house: House) -> None:
    await house.place(A, B)
    await house.place(A, replace(B, version=2), BOTH)
    totals = await house.reader.totals()
    assert (totals.tickets, totals.messages) == (2, 3)


async def test_before_there_are_tables_readers_ask_for_patience(threads_env: Mapping[str, str]) -> None:
    async with open_reader(threads_env) as reader:
        with pytest.raises(TemporaryError):
            await reader.probe()
        with pytest.raises(TemporaryError):
            await reader.tickets(TicketQuery())


async def test_a_database_that_is_away_is_temporary(tmp_path: Path) -> None:
    env = {"THREADLINE_DATABASE_URL": f"postgresql://nobody@/none?host={tmp_path}"}
    async with open_reader(env) as reader:
        with pytest.raises(TemporaryError):
            await reader.totals()


@pytest.mark.postgres
@pytest.mark.timeout(240)
async def test_a_word_that_is_everywhere_is_found_as_well_as_a_rare_one(database_url: str) -> None:
    async with open_house({"THREADLINE_DATABASE_URL": database_url}) as house:
        for start in range(0, 5200, 400):
            await house.place(*(a_mail(f"m{n}", cites=[f"m{n - 1}"] * (n % 50 > 0)) for n in range(start, start + 400)))
        page = await house.reader.tickets(TicketQuery(search="printer burns", limit=200))
        assert len(page.items) == 104
        assert await names(house, TicketQuery(search="m4321")) == ["m4300"]
