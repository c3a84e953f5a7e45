"""What stores keep for the rules: whose an id is, who is named by what, what is kept apart, followed, or alike."""

from datetime import timedelta

from msgspec.structs import replace

from support.clues import form, mail
from support.messages import NOON
from support.threads_house import House, said
from support.threads_shelf import a_mail, verified
from threadline_contracts.message import Evidence
from threadline_contracts.security import SecuritySignal
from threadline_contracts.ticket import MergeSuggested


async def test_an_id_that_two_authors_use_is_settled_by_who_is_proved_better(house: House) -> None:
    theirs = replace(a_mail("m2", "mallory@m.example", to=["ana@a.example"]), external_id="m1@example.org")
    waits, mail = a_mail("m3", "bob@b.example", cites=["m1"]), verified(a_mail("m1"))
    for each in (theirs, waits, mail, a_mail("m4", cites=["m1"]), a_mail("m5", "mallory@m.example", cites=["m2"])):
        await house.place(each)
    assert await house.root(a_mail("m4")) == await house.root(mail)
    assert len({await house.root(each) for each in (theirs, waits, mail)}) == 3
    (conflict,) = [said(event) for event in await house.announce() if event.type == "security.identity_conflict.v1"]
    assert isinstance(conflict, SecuritySignal)
    assert (conflict.message_id, conflict.ticket) == (mail.id, await house.root(mail))


async def test_an_id_of_two_messages_names_neither(house: House) -> None:
    one, two = (replace(a_mail(f"s{n}"), external_id="scan@device", sent_at=NOON + timedelta(n)) for n in (1, 2))
    answer = replace(a_mail("m3"), evidence=Evidence(references=("scan@device",)))
    for each in (one, two, answer):
        await house.place(each)
    assert len({await house.root(each) for each in (one, two, answer)}) == 3


async def test_whom_one_mail_names_is_kept_with_that_mail(house: House) -> None:
    first, answer = a_mail("m1", to=["bob@b.example"]), a_mail("m2", "bob@b.example", cites=["m1"])
    for each in (first, answer):
        await house.place(each)
    assert await house.root(answer) != await house.root(first)
    polite = a_mail("m3", "bob@b.example", to=["ana@a.example"], cites=["m1"])
    await house.place(polite)
    assert await house.root(polite) == await house.root(first) == await house.root(answer)


async def test_what_somebody_keeps_apart_is_suggested_once_and_never_joined(house: House) -> None:
    one, two, third = a_mail("m1"), a_mail("m2"), a_mail("m3")
    for each in (one, two, third):
        await house.place(each)
    ends = sorted([await house.root(one), await house.root(two)])
    await house.sever(*ends)
    for each in (a_mail("m4", cites=["m1", "m2"]), a_mail("m5", cites=["m3", "m1"]), a_mail("m6", cites=["m3", "m2"])):
        await house.place(each)
    assert await house.root(third) == await house.root(one) != await house.root(two)
    events = [event for event in await house.announce() if event.type == "ticket.merge_suggested.v1"]
    (told,) = map(said, events)
    assert isinstance(told, MergeSuggested)
    assert sorted([told.suggestion.ticket, told.suggestion.other]) == ends
    assert told.suggestion.reasons[0].because.endswith("They are kept apart by a decision of Olga.")
    (kept,) = (await house.reader.suggestions()).items
    assert kept.suggestion == told.suggestion


async def test_a_ticket_that_was_solved_long_ago_is_followed_by_a_new_one(house: House) -> None:
    first, answer, more = a_mail("m1"), a_mail("m2", cites=["m1"]), a_mail("m3", cites=["m1"])
    await house.place(first)
    await house.execute("UPDATE {}ticket SET status = 'closed'")
    await house.place(answer)
    old, new = await house.header(first), await house.header(answer)
    assert (new.follows, old.followed_by, new.links) == (old.id, new.id, ())
    await house.place(more)  # where it goes is known only once the old ticket is
    assert await house.root(more) == new.id
    await house.execute("UPDATE {}ticket SET status = 'closed'")
    last = a_mail("m4", cites=["m1"])
    await house.place(last)
    assert (await house.header(last)).follows == new.id


async def test_what_follows_a_ticket_is_kept_apart_from_what_that_is_kept_apart_from(house: House) -> None:
    one, two = a_mail("m1"), a_mail("m2")
    for each in (one, two):
        await house.place(each)
    first, second = await house.header(one), await house.header(two)
    await house.sever(*sorted([first.id, second.id]))
    await house.execute(f"UPDATE {{}}ticket SET status = 'closed' WHERE reference = '{one.reference}'")  # noqa: S608
    for each in (a_mail("m3", cites=["m1"]), a_mail("m4", cites=["m3", "m2"])):
        await house.place(each)
    follower = await house.header(a_mail("m3"))
    assert follower.follows == first.id
    assert await house.root(a_mail("m4")) == second.id != follower.id
    found = await house.reader.conversation(str(follower.id))
    assert found is not None
    (pair,) = found.severed
    assert ({pair.one, pair.other}, pair.by) == ({follower.id, second.id}, "Olga")
    assert " follows " in pair.because
    (asked,) = found.suggestions
    assert {asked.ticket.id, asked.other.id} == {follower.id, second.id}


async def test_the_policy_joins_what_shares_a_clue_in_its_window(house: House) -> None:
    lamp, reply, late = mail("Broken lamp"), mail("Re: Broken lamp", days=1), mail("Re: Broken lamp", days=9)
    forms = [form("Lampa ne radi.", minutes=minutes) for minutes in (0, 5, 20)]
    for each in (lamp, reply, late, *forms):
        await house.place(each)
    assert await house.root(reply) == await house.root(lamp) != await house.root(late)
    roots = [await house.root(one) for one in forms]
    assert roots[0] == roots[1] != roots[2]
    (trace,) = await house.reader.trace(str(reply.id))
    assert (trace.placement.rule, trace.placement.score) == ("policy", 0.9)


async def test_a_reply_by_its_subject_joins_one_ticket_and_a_late_one_none_of_its(house: House) -> None:
    first, second, late = mail("Broken lamp"), mail("Broken lamp", days=1), mail("Broken lamp", days=1.5)
    reply = mail("Re: Broken lamp", days=2)
    for each in (first, second, reply, late, replace(reply, version=1)):
        await house.place(each)
    assert await house.root(reply) == await house.root(second)
    assert len({await house.root(each) for each in (first, second, late)}) == 3


async def test_of_very_many_alike_the_newest_count(house: House) -> None:
    many = [form("Test", minutes=n / 10, external_id="key") for n in range(60)]
    await house.place(*many)
    last = form("Test", minutes=6, external_id="key")
    await house.place(last)
    assert await house.root(last) == await house.root(many[0])
