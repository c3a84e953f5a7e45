"""What proves that messages of one issue belong together, worked out by hand over all of them at once.

This is the promise of docs/grouping.md as a careful clerk would check it with every mail on the table; it shares no
code with the service. Pure.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from benchmarks.grouping.labelled import Proof
from threadline_contracts.ticket import Rule

US = "us"


class Facts(Struct, frozen=True, kw_only=True):
    """What a message shows: `by` whom it certainly is (empty: nobody knows), whom it `names`, what it points at.

    `certain` are identities that its channel proves to be one person's. `token` is the message whose signed token it
    carries; then it cites nothing. `beside` are messages that share its channel's own conversation, or of which it is a
    copy.
    """

    by: str = ""
    names: frozenset[str] = frozenset()
    certain: frozenset[str] = frozenset()
    token: UUID | None = None
    cites: tuple[UUID, ...] = ()
    beside: tuple[Proof, ...] = ()


def prove(all_facts: Mapping[UUID, Facts]) -> dict[UUID, tuple[Proof, ...]]:
    """Return the proofs of each message, over and over until no new one turns up."""
    person = _persons(all_facts.values())
    told = {one: _of_persons(facts, person) for one, facts in all_facts.items()}
    together = {one: {one} for one in told}
    found: dict[UUID, dict[Proof, None]] = {one: {} for one in told}
    grew = True
    while grew:
        grew = False
        for one, facts in told.items():
            for proof in _holding(facts, together, told):
                if proof.other in together and proof not in found[one]:
                    found[one][proof] = None
                    both = together[one] | together[proof.other]
                    together.update(dict.fromkeys(both, both))
                    grew = True
    return {one: tuple(proofs) for one, proofs in found.items()}


def _persons(all_facts: Iterable[Facts]) -> Mapping[str, str]:
    """Return one name for each person who is known by several."""
    groups: dict[str, frozenset[str]] = {}
    for facts in all_facts:
        group = facts.certain.union(*(groups.get(name, frozenset()) for name in facts.certain))
        groups.update(dict.fromkeys(group, group))
    return {name: min(group) for name, group in groups.items()}


def _of_persons(facts: Facts, person: Mapping[str, str]) -> Facts:
    names = frozenset(person.get(name, name) for name in facts.names | facts.certain)
    return replace(facts, by=person.get(facts.by, facts.by), names=names)


def _holding(facts: Facts, together: Mapping[UUID, set[UUID]], all_facts: Mapping[UUID, Facts]) -> Iterable[Proof]:
    yield from facts.beside
    if facts.token:
        yield Proof(Rule.TOKEN, facts.token)
        return
    for cited in facts.cites:
        if cited in together and (
            facts.by == US or (facts.by and facts.by in _taking_part(all_facts[one] for one in together[cited]))
        ):
            yield Proof(Rule.REFERENCE, cited)


def _taking_part(conversation: Iterable[Facts]) -> set[str]:
    """Return whom the conversation names: who came by a token names nobody before somebody named them."""
    waiting, part, grew = list(conversation), set[str](), True
    while grew:
        heard = [one for one in waiting if one.token is None or one.by in {US, *part}]
        waiting = [one for one in waiting if one not in heard]
        grew = bool(heard)
        part.update(*(one.names for one in heard))
    return part
