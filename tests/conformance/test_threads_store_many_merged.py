"""A conversation of very many merged tickets: a message reads few of them, and loses none."""

from support.commands import a_merge, carry_out, home
from support.threads_house import House, said
from support.threads_shelf import US, a_mail
from threadline_contracts.message import InboundMessage
from threadline_contracts.ticket import TicketMerged
from threadline_contracts.topology import EventType
from threadline_threads.tickets import MAX_LINKS

MANY = 12
OLD, ROOT = a_mail("old", "bob@b.example"), a_mail("root")
MERGED = [a_mail(f"m{n}", f"m{n}@a.example") for n in range(MANY)]


async def merged(house: House) -> None:
    """Place all, and merge many into one of them, one by one."""
    for mail in (OLD, ROOT, *MERGED):
        await house.place(mail)
    for mail in MERGED:
        await carry_out(house, a_merge(await home(house, mail), await home(house, ROOT)))


async def test_whoever_answers_at_any_of_them_is_in_the_conversation(house: House) -> None:
    await merged(house)
    answers = [a_mail("a1", cites=["root"]), a_mail("a2", "m3@a.example", cites=["m3"])]
    await house.place(*answers)
    assert [await house.root(answer) for answer in answers] == [await home(house, ROOT)] * 2
    newest = [await home(house, mail) for mail in MERGED[-MAX_LINKS:]]
    assert [link.child for link in (await house.header(ROOT)).links] == newest


async def test_all_of_them_go_along_when_a_rule_links_their_root(house: House) -> None:
    await merged(house)
    await house.announce()
    await house.place(bridge := a_mail("both", US, to=["ana@a.example"], cites=["old", "root"]))
    everybody: list[InboundMessage] = [ROOT, *MERGED, bridge]
    assert {await house.root(mail) for mail in everybody} == {await home(house, OLD)}
    told = [said(event) for event in await house.announce() if event.type == EventType.TICKET_MERGED]
    gone = [one.ticket.id for one in told if isinstance(one, TicketMerged)]
    assert sorted(gone) == sorted([await home(house, mail) for mail in (ROOT, *MERGED)])
