"""Random conversations in which everything happens that can go wrong."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from support.threads import ACCOUNTS, PEOPLE, ROLE, Draft, incomings
from threadline_contracts.message import Assurance, InboundMessage
from threadline_threads.clues import Clue
from threadline_threads.keys import Key
from threadline_threads.policy import Condition


def drafts(dice: random.Random, count: int, *, first: int = 0) -> list[Draft]:
    """Return the messages of a few conversations in which everything happens that can go wrong.

    Those of another `first` (steps of `count` or more) share nothing with them: they are in other desks. A subject that
    somebody replies to without citing was begun once: of several, the reply joins the one it finds.
    """
    made: list[Draft] = []
    known: list[tuple[int, Clue]] = []
    while len(made) < count:
        one = _any(dice, first + len(made), made, range(first, first + count))
        by_subject = _by_subject(one)
        if _are_clear([*known, *by_subject]):
            made.append(one)
            known += by_subject
    return made


def _any(dice: random.Random, number: int, made: Sequence[Draft], numbers: range) -> Draft:
    luck = dice.random() if made else 1.0
    if luck < 0.2:
        return _twin(dice, number, dice.choice(made))
    return _again(dice, number, dice.choice(made)) if luck < 0.3 else _draft(dice, number, made, numbers)


def _by_subject(draft: Draft) -> list[tuple[int, Clue]]:
    """Return by what a message may join by its subject, with the mail that it is a copy of."""
    (one,) = incomings([draft.message()])
    return [(draft.mail, clue) for clue in one.clues if clue.condition is Condition.REPLY_SUBJECT]


def _are_clear(known: Sequence[tuple[int, Clue]]) -> bool:
    """Return whether each subject to which somebody replies was begun by one message, copies apart, before that."""
    begun: defaultdict[Key, set[tuple[int, datetime]]] = defaultdict(set)
    replied: dict[Key, datetime] = {}
    for mail, clue in known:
        if clue.marked:
            replied[clue.key] = min(clue.at, replied.get(clue.key, clue.at))
        else:
            begun[clue.key].add((mail, clue.at))
    return all(len(begun[key]) <= 1 and all(at <= first for _, at in begun[key]) for key, first in replied.items())


def deliveries(dice: random.Random, made: Sequence[Draft]) -> Iterator[list[InboundMessage]]:
    """Yield batches that deliver all messages, in any order, some of them again."""
    order = [*made, *dice.choices(made, k=dice.randrange(4))]
    dice.shuffle(order)
    while order:
        size = dice.randint(1, len(order)) if dice.random() < 0.5 else 1
        yield [draft.message() for draft in order[:size]]
        del order[:size]


def _twin(dice: random.Random, number: int, of: Draft) -> Draft:
    """Return a copy of all that identifies a message; sometimes a forged one, sometimes with other recipients."""
    token, text = dice.choice([of.token, None]), dice.choice([of.text, of.text, "forged"])
    recipients = dice.choice([of.recipients, _some(dice, PEOPLE)])
    copy = msgspec.structs.replace(of, number=number, account=dice.choice(ACCOUNTS), token=token, text=text)
    copy = msgspec.structs.replace(copy, recipients=recipients)
    return copy if _is_same_author(copy, of) else msgspec.structs.replace(copy, external_id=f"id{number}")


def _again(dice: random.Random, number: int, of: Draft) -> Draft:
    """Return a message that has nothing but its words in common with another: a form sent twice, a reply typed anew."""
    later = of.minute + dice.choice([0, 3, 12])
    if dice.random() < 0.5:
        form = msgspec.structs.replace(of, channel="form", cites=(), token=None, external_id=f"id{number}")
        return msgspec.structs.replace(form, number=number, mail=number, minute=later)
    person = dice.choice([*of.recipients, of.sender])
    return Draft(
        number=number,
        desk=of.desk,
        mail=number,
        external_id=f"id{number}",
        sender=person,
        assurance=dice.choice([Assurance.VERIFIED, Assurance.VERIFIED, Assurance.ASSERTED]),
        subject=f"Re: {of.subject}",
        text=f"text {number}",
        minute=later,
        token=dice.choice([of.number, None, None, None]),
    )


def _draft(dice: random.Random, number: int, earlier: Sequence[Draft], numbers: range) -> Draft:
    draft = Draft(
        number=number,
        desk=dice.choice([f"main{numbers[0]}"] * 3 + [f"brand{numbers[0]}"]),
        channel=dice.choice([*["email"] * 8, "chat", "form"]),
        account=dice.choice(ACCOUNTS),
        mail=number,
        conversation=dice.choice(["c1", *[""] * 5]),
        outbound=dice.random() < 0.2,
        sender=dice.choice([*PEOPLE, *PEOPLE, ROLE, ACCOUNTS[0]]),
        assurance=dice.choice([*[Assurance.ASSERTED] * 6, *[Assurance.VERIFIED] * 3, Assurance.CLAIMED]),
        subject=dice.choice(["", "Broken lamp", "Re: Broken lamp", f"Matter {number}"]),
        text=f"text {number}",
        minute=dice.choice([0, 0, 0, 5, 9, 11, 20_000]),
        recipients=_some(dice, [*PEOPLE, ACCOUNTS[0], ROLE]),
        cites=tuple(f"id{dice.choice(numbers)}" for _ in range(dice.choice([0, 1, 1, 2, 3]))),
        token=dice.choice(numbers) if dice.random() < 0.15 else None,
        forged=dice.random() < 0.3,
    )
    return msgspec.structs.replace(draft, external_id=_id_for(dice, draft, earlier))


def _some(dice: random.Random, people: Sequence[str]) -> tuple[str, ...]:
    return tuple(dice.choices(people, k=dice.choice([0, 0, 1, 1, 2, 2, 4])))


def _id_for(dice: random.Random, draft: Draft, earlier: Sequence[Draft]) -> str:
    """Return an id: its own, none, one used in another desk or channel, or one its own sender used before."""
    here = [d for d in earlier if (d.desk, d.channel) == (draft.desk, draft.channel)]
    elsewhere = {d.external_id for d in earlier} - {d.external_id for d in here}
    again = {d.external_id for d in here if _is_same_author(d, draft)}
    return dice.choice([f"id{draft.number}"] * 6 + ["", *sorted(elsewhere), *sorted(again)])


def _is_same_author(one: Draft, other: Draft) -> bool:
    """Return whether two messages with one id would be one message: otherwise the id names neither of them."""
    sure = one.proved != "" and one.proved == other.proved and one.announces == other.announces
    return sure and one.minute == other.minute and (one.outbound or one.assurance is other.assurance)
