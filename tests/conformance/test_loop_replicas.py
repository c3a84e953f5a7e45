"""Replicas that share a database count a loop together, also at the same moment."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from support.mail import a_mail, an_arrival
from support.smtp import Taken
from threadline_email.loop_counts import FROM
from threadline_email.loops import LoopGuard
from threadline_email.understanding import LOOP
from threadline_shared.state import State, open_state

CAP = 20
MAILS = 60


@pytest.fixture(params=["sqlite", pytest.param("database_url", marks=pytest.mark.postgres)])
def env(request: pytest.FixtureRequest, tmp_path: Path) -> Mapping[str, str]:
    if request.param == "sqlite":
        return {"THREADLINE_DATA_DIR": str(tmp_path)}
    return {"THREADLINE_DATABASE_URL": request.getfixturevalue(request.param)}


@pytest.fixture
async def states(env: Mapping[str, str]) -> AsyncIterator[list[State]]:
    """Two replicas' states; a file has one owner, so that there it is the same."""
    async with open_state(env, "email") as first:
        if "THREADLINE_DATA_DIR" in env:
            yield [first, first]
        else:
            async with open_state(env, "email") as second:
                yield [first, second]


async def test_two_replicas_count_one_loop(states: list[State]) -> None:
    taken = Taken()
    guards = [LoopGuard(taken, state, per_address={10: CAP}, per_conversation={}) for state in states]
    mails = [a_mail(Message_ID=f"<{number}@example.org>") for number in range(MAILS)]
    for pair in zip(mails[::2], mails[1::2], strict=True):
        both = zip(guards, pair, strict=True)
        await asyncio.gather(*(guard.accept(mail, an_arrival()) for guard, mail in both))
    flagged = sum(LOOP in arrival.facts for arrival in taken.arrivals)
    assert MAILS - CAP - len(guards) * FROM <= flagged <= MAILS - CAP
