"""A server that refuses and hangs up at random, while mail arrives: each mail is taken once, or listed as failed."""

import random
from pathlib import Path

import pytest

from support.bus import eventually
from support.dovecot import Dovecot
from support.imap import Fate, Place, a_wire
from support.mail import a_mail
from support.smtp import Taken
from threadline_email.identity import identify

pytestmark = pytest.mark.timeout(180)
LOGGED_IN = (b"UID", b"EXAMINE", b"IDLE", b"DONE")


async def test_at_a_moody_server_each_mail_is_taken_once(dovecot: Dovecot, tmp_path: Path) -> None:
    await campaign(dovecot, tmp_path, seed=1, bursts=8)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(2, 12))
async def test_at_many_moody_servers_each_mail_is_taken_once(dovecot: Dovecot, tmp_path: Path, seed: int) -> None:
    await campaign(dovecot, tmp_path, seed=seed, bursts=30)


async def campaign(dovecot: Dovecot, folder: Path, *, seed: int, bursts: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a repeatable order

    def mood(line: bytes) -> Fate:
        if not any(word in line.upper() for word in LOGGED_IN):
            return "pass"
        return dice.choices(("pass", "refuse", "cut"), (96, 2, 2))[0] if b"DONE" not in line else "pass"

    async with a_wire(dovecot.port) as wire:
        place = Place(dovecot, folder, port=wire.port, batch_mails=7, poll_seconds=0.2, idle_seconds=0.1)
        taken, sent = Taken(), set[str]()
        async with place.state() as state, place.fetched(taken, state):
            wire.fate = mood
            for burst in range(bursts):
                mails = [a_mail(Message_ID=f"<{burst}.{number}@x>") for number in range(dice.randrange(1, 25))]
                place.put(*mails)
                sent |= {identify(mail).external_id for mail in mails}

                async def most_are_there() -> bool:
                    return len(taken.mails) >= len(sent) * 0.8  # noqa: B023 - asked at once

                await eventually(most_are_there, within=60)
            wire.fate = lambda _: "pass"

            async def all_is_settled() -> bool:
                found = await place.find(state)
                return found is not None and found.taken + len(found.failed) == len(sent)

            await eventually(all_is_settled, within=60)
            cursor = await place.cursor(state=state)
    known = [identify(mail).external_id for mail in taken.mails]
    assert len(set(known)) == len(known) == cursor.taken
    assert set(known) <= sent
    assert cursor.reconciliation().waiting == 0
