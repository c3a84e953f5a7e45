"""What proves that messages of one issue belong together, worked out by hand over all of them at once.

This is the promise of docs/grouping.md as a careful clerk would check it with every mail on the table; it shares no
code with the service. Pure.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from msgspec import Struct

from benchmarks.grouping.labelled import Proof
from threadline_contracts.ticket import Rule

US = "us"


class Facts(Struct, frozen=True, kw_only=True):
    """What a message shows: `by` whom it certainly is (empty: nobody knows), whom it `names`, what it points at.

    `token` is the message whose signed token it carries; then it cites nothing. `beside` are messages that share its
    channel's own conversation, or of which it is a copy.
    """

    by: str = ""
    names: frozenset[str] = frozenset()
    token: UUID | None = None
    cites: tuple[UUID, ...] = ()
    beside: tuple[Proof, ...] = ()


def prove(all_facts: Mapping[UUID, Facts]) -> dict[UUID, tuple[Proof, ...]]:
    """Return the proofs of each message, over and over until no new one turns up."""
    together = {one: {one} for one in all_facts}
    found: dict[UUID, dict[Proof, None]] = {one: {} for one in all_facts}
    grew = True
    while grew:
        grew = False
        for one, facts in all_facts.items():
            for proof in _holding(facts, together, all_facts):
                if proof.other in together and proof not in found[one]:
                    found[one][proof] = None
                    both = together[one] | together[proof.other]
                    together.update(dict.fromkeys(both, both))
                    grew = True
    return {one: tuple(proofs) for one, proofs in found.items()}


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
