"""All customers with all their issues, and the strangers among them: the same world for the same seed."""

import random
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from benchmarks.grouping.channels import CHANNELS
from benchmarks.grouping.issue import AGENT, DAY, HOUR, START, Cast, Issue, Mail, compose
from benchmarks.grouping.labelled import Labelled
from benchmarks.grouping.mails import MAILS, Scenario, device_repeats_its_message_id
from benchmarks.grouping.people import Person, crowd
from benchmarks.grouping.strangers import choose
from benchmarks.grouping.thread import SUPPORT, Draft, party, write
from threadline_contracts.message import Channel, Direction, InboundMessage

CUSTOMERS: Final = 2000
SPAN: Final = 60 * DAY
ATTACKED: Final = 0.08  # of issues
REPEATED: Final = 0.02  # of messages are delivered again
REVISED: Final = 0.3  # of calls: their record changes when it is complete
DEVICES: Final = 0.004  # of customers have a scanner with one Message-ID
ADDRESSEES: Final = 25  # of an announcement
_SCENARIOS: Final[Mapping[Scenario, float]] = {**MAILS, **CHANNELS}


class World(Struct, frozen=True):
    """What happened: each message once, as it first arrived; and everything as it was delivered, in order."""

    arrived: tuple[Labelled, ...]
    delivered: tuple[InboundMessage, ...]

    def by_id(self) -> Mapping[UUID, Labelled]:
        """Return the messages with their labels by id."""
        return {one.id: one for one in self.arrived}


def simulate(seed: int, customers: int = CUSTOMERS) -> World:
    """Return the world of a seed."""
    dice = random.Random(f"world {seed}")  # noqa: S311 - a repeatable world, not a secret
    people = crowd(seed, customers)
    said = [one for person, others in _households(people) for one in _life(person, others, seed)]
    for number in range(customers // 500):
        said += _announcement(dice, number, dice.sample(people, min(ADDRESSEES, customers)))
    said.sort(key=lambda one: (one.message.received_at, one.id))
    return World(tuple(said), tuple(_delivered(dice, said)))


def _households(people: Sequence[Person]) -> Iterator[tuple[Person, tuple[Person, ...]]]:
    groups: defaultdict[str, list[Person]] = defaultdict(list)
    for person in people:
        groups[person.group or person.key].append(person)
    for person in people:
        yield person, tuple(other for other in groups[person.group or person.key] if other is not person)


def _life(person: Person, others: tuple[Person, ...], seed: int) -> Iterator[Labelled]:
    """Yield everything one customer says, and what strangers make of it."""
    dice = random.Random(f"{seed} {person.key}")  # noqa: S311 - as above
    now, order, spent = START + dice.random() * SPAN, "", frozenset[str]()
    for number in range(dice.choice([1, 1, 1, 2, 2, 3])):
        scenario = dice.choices(list(_SCENARIOS), list(_SCENARIOS.values()))[0]
        if not number and dice.random() < DEVICES:
            scenario = device_repeats_its_message_id
        key = f"{person.key}/{number}"
        cast = Cast(key=key, scenario=_told(scenario), person=person, others=others, order=order, spent=spent)
        issue = Issue(cast, dice, now)
        scenario(issue)
        yield from issue.told()
        if dice.random() < ATTACKED:
            yield from _strangers(issue)
        # The next issue begins while this one goes on, or later, and may be about the same order.
        now += dice.choice([DAY * dice.random(), 7 * DAY * dice.random(), 20 * DAY])
        order = issue.words.order if dice.random() < 0.3 else ""
        spent = issue.spent


def _strangers(victim: Issue) -> Iterator[Labelled]:
    attack = choose(victim.dice, victim)
    key = f"stranger {victim.cast.key}"
    mallory = replace(
        victim.person,
        key=key,
        name="Mallory",
        address=f"mallory.{key.replace('/', '.').replace(' ', '.')}@brief.example",
        phone=f"+3859{20_000_000 + zlib.crc32(key.encode()) % 10_000_000}",
        telegram=key,
        visitor=key,
    )
    since = max(one.message.received_at for one in victim.told())
    own = Issue(Cast(key=key, scenario=_told(attack), person=mallory), victim.dice, since)
    attack(own, victim)
    yield from (replace(one, stranger=one.inbound, author=key) for one in own.told())


def _announcement(dice: random.Random, number: int, customers: Sequence[Person]) -> Iterator[Labelled]:
    """Yield a mail of an agent to many customers at once, and what each of them answers: matters of their own."""
    key, sent = f"announcement {number}", START + dice.random() * SPAN
    shown = f"outlook.announcement.{number}@desk.example"
    message = compose(
        Channel.EMAIL,
        SUPPORT,
        key,
        party("", SUPPORT),
        external_id=shown,
        direction=Direction.OUTBOUND,
        recipients=tuple(party(person.name, person.address) for person in customers),
        subject="We are closed on Friday",
        text="Dear customers, we are closed on Friday.",
        sent_at=sent,
        received_at=sent,
    )
    yield Labelled(message=message, issue=key, conversation=key, scenario="announcement", author=AGENT)
    mail = Mail(id=message.id, shown=shown, subject=message.subject, account=SUPPORT, reply_to=SUPPORT, sender=SUPPORT)
    for person in customers:
        if dice.random() < 0.4:
            cast = Cast(key=f"{key}/{person.key}", scenario="answers an announcement", person=person)
            issue = Issue(cast, dice, sent)
            write(issue, Draft(wait=8 * HOUR, text=issue.words.first), mail)
            yield from issue.told()


def _delivered(dice: random.Random, said: Sequence[Labelled]) -> list[InboundMessage]:
    entries: list[tuple[datetime, int, InboundMessage]] = []
    for number, message in enumerate(one.message for one in said):
        entries.append((message.received_at, number, message))
        if message.channel == Channel.VOICE and dice.random() < REVISED:
            again = replace(message, version=1, text=f"{message.text} (recording complete)")
            entries.append((message.received_at + _soon(dice), number, again))
        if dice.random() < REPEATED:
            entries.append((message.received_at + _soon(dice), number, message))
    return [message for *_, message in sorted(entries, key=lambda entry: entry[:2])]


def _soon(dice: random.Random) -> timedelta:
    return timedelta(seconds=dice.expovariate(1 / 600))


def _told(function: Scenario | object) -> str:
    return getattr(function, "__name__", "").replace("_", " ")
