"""A loop is told from correspondence by its numbers, whichever process sees the mails."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from support.mail import NOON, SUPPORT, a_mail, an_arrival, message_of
from support.smtp import Taken
from threadline_contracts.errors import TemporaryError
from threadline_contracts.outcome import Outcome
from threadline_contracts.tokens import sign_token
from threadline_email.loop_counts import FROM, LoopCounts, digest
from threadline_email.loops import LoopGuard, guarded
from threadline_email.settings import EmailSettings
from threadline_email.understanding import LOOP
from threadline_shared.state import State
from threadline_shared.state.sqlite import open_sqlite_state


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[State]:
    async with open_sqlite_state(tmp_path / "state.sqlite3") as state:
        yield state


def a_guard(state: State, taken: Taken, address: int = 10, conversation: int = 100) -> LoopGuard:
    return LoopGuard(taken, state, per_address={10: address}, per_conversation={10: conversation})


async def send(guard: LoopGuard, number: int, minutes: float = 0, **fields: str | None) -> Outcome:
    arrival = replace(an_arrival(SUPPORT), received_at=NOON + timedelta(minutes=minutes))
    return await guard.accept(a_mail("x", Message_ID=f"<{number}@example.org>", **fields), arrival)


def flagged(taken: Taken) -> int:
    return sum(LOOP in arrival.facts for arrival in taken.arrivals)


async def test_what_is_beyond_the_cap_of_an_address_is_taken_and_flagged(state: State) -> None:
    taken = Taken()
    guard = a_guard(state, taken)
    for number in range(13):
        await send(guard, number)
    assert (len(taken.mails), flagged(taken)) == (13, 3)
    assert taken.arrivals[-1].facts[LOOP] == "more than 10 mails of one address in 10 minutes"


async def test_another_address_counts_for_itself(state: State) -> None:
    taken = Taken()
    guard = a_guard(state, taken)
    for number in range(10):
        await send(guard, number)
    await send(guard, 11, From="bob@example.org")
    assert flagged(taken) == 0


async def test_a_window_ends(state: State) -> None:
    taken = Taken()
    guard = a_guard(state, taken)
    for number in range(10):
        await send(guard, number)
    await send(guard, 11, minutes=10)
    assert flagged(taken) == 0


async def test_processes_count_together(state: State) -> None:
    taken = Taken()
    guards = [a_guard(state, taken) for _ in range(3)]
    for number in range(3 * 10):
        await send(guards[number % 3], number)
    assert flagged(taken) >= 3 * 10 - 10 - 3 * (FROM - 1)


async def test_a_conversation_of_many_counts_as_one(state: State) -> None:
    taken = Taken()
    guard = a_guard(state, taken, address=100, conversation=4)
    for number in range(6):
        await send(guard, number, From=f"p{number}@example.org", References=f"<root@x> <m{number}@x>")
    assert [arrival.facts.get(LOOP, "") for arrival in taken.arrivals[3:]] == [
        "",
        *["more than 4 mails of one conversation in 10 minutes"] * 2,
    ]


async def test_answers_to_one_message_of_ours_are_one_conversation(state: State) -> None:
    taken = Taken()
    guard = a_guard(state, taken, address=100, conversation=2)
    token = sign_token("main", "AAAAAAAAAA", "k1", b"secret")
    for number in range(3):
        await send(guard, number, From=f"p{number}@example.org", In_Reply_To=f"<{token}@localhost>")
    assert flagged(taken) == 1


async def test_only_what_was_taken_counts(state: State) -> None:
    def refuse(_: object) -> Outcome:
        raise TemporaryError("no room")

    away = a_guard(state, Taken(refuse))
    for number in range(20):
        with pytest.raises(TemporaryError):
            await send(away, number)
    taken = Taken()
    await send(a_guard(state, taken), 21)
    assert flagged(taken) == 0


@pytest.mark.parametrize("fact", ["backfill", "sent"])
async def test_history_and_our_own_mail_are_no_loop(fact: str, state: State) -> None:
    taken = Taken()
    guard = a_guard(state, taken, address=1)
    for number in range(3):
        await guard.accept(a_mail(Message_ID=f"<{number}@x>"), an_arrival(SUPPORT, **{fact: "1"}))
    assert flagged(taken) == 0


class _Away:
    """A state whose database is away."""

    def __getattr__(self, name: str) -> object:
        async def fail(*_: object, **__: object) -> None:
            raise TemporaryError(name)

        return fail


async def test_a_database_that_is_away_holds_no_mail_up_and_this_process_still_counts() -> None:
    taken = Taken()
    guard = a_guard(_Away(), taken)  # type: ignore[arg-type]
    for number in range(12):
        await send(guard, number)
    assert (len(taken.mails), flagged(taken)) == (12, 2)


async def test_counts_that_are_over_are_deleted_and_hold_no_address(state: State) -> None:
    counts = LoopCounts(state, 10)
    for _ in range(FROM):
        await counts.add(digest("address", "ada@example.org"), 1000)
    ((key, record),) = await state.scan("loops")
    assert (b"ada" in key.encode() + record.value, sum((await counts.read(key, 1000)).values())) == (False, FROM)
    await counts.add("another", 1010)
    assert await state.scan("loops") == []


async def test_without_caps_nothing_is_counted(state: State) -> None:
    taken = Taken()
    assert guarded(taken, EmailSettings(loop_address_caps=(), loop_conversation_caps=()), state) is taken
    assert isinstance(guarded(taken, EmailSettings(), state), LoopGuard)


def test_a_loop_is_nobodys_message_and_says_why() -> None:
    message = message_of(a_mail(), SUPPORT, loop="more than 30 mails of one address in 10 minutes")
    assert (message.automation.kind, [problem.code for problem in message.problems]) == ("loop", ["loop"])


def test_an_automatic_mail_in_a_loop_stays_what_it_is() -> None:
    message = message_of(a_mail(Auto_Submitted="auto-replied"), SUPPORT, loop="more than 30")
    assert (message.automation.kind, [problem.code for problem in message.problems]) == ("auto_reply", ["loop"])


def test_a_mail_that_went_through_too_many_servers_is_a_loop() -> None:
    hops = "".join(f"Received: from a{number} by b; Mon, 02 Mar 2026 10:00:00 +0100\r\n" for number in range(50))
    message = message_of(hops.encode() + a_mail())
    assert (message.automation.kind, message.problems[0].detail) == ("loop", "went through 50 servers")


def test_an_automatic_mail_from_our_own_address_is_our_own() -> None:
    raw = a_mail(From="Support <support+x@localhost>", Auto_Submitted="auto-replied")
    assert message_of(raw).automation.kind == "own"
