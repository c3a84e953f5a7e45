"""An oracle that groups drafts by the definition: over all of them at once, naively."""

from collections.abc import Sequence

from support.threads import ACCOUNTS, ROLE, TERMS, Draft, Partition, incomings
from threadline_contracts.message import Assurance
from threadline_threads.clues import agree


def grouped_by_definition(made: Sequence[Draft]) -> Partition:
    """Return the conversations of a set of messages: all edges that hold, over and over, until nothing changes."""
    by_policy = _joined_by_policy(made)
    group = {draft.number: {draft.number} for draft in made}
    by_number = {draft.number: draft for draft in made}
    changed = True
    while changed:
        changed = False
        for one in made:
            for other in made:
                if other.number not in group[one.number] and (
                    (one.number, other.number) in by_policy
                    or _edge(one, other, [by_number[n] for n in group[other.number]])
                ):
                    both = group[one.number] | group[other.number]
                    group.update(dict.fromkeys(both, both))
                    changed = True
    return frozenset(frozenset(members) for members in group.values())


def _joined_by_policy(made: Sequence[Draft]) -> set[tuple[int, int]]:
    """Return every pair that agrees by a clue of each, not both with tokens."""
    clues = {draft.number: one.clues for draft, one in zip(made, incomings(map(Draft.message, made)), strict=True)}
    return {
        (one, other)
        for one, mine in clues.items()
        for other, theirs in clues.items()
        if one != other and any(agree(clue, that, TERMS.policy) for clue in mine for that in theirs)
    }


def _edge(one: Draft, other: Draft, others_conversation: Sequence[Draft]) -> bool:
    if one.desk != other.desk:
        return False
    target, tokened = one.known_token, one.known_token is not None
    if tokened and target in (other.number, other.known_token):
        return True
    if one.channel != other.channel:
        return False
    free = not (tokened and other.known_token is not None)
    chat = one.conversation != "" and (one.account, one.conversation) == (other.account, other.conversation)
    if free and (chat or _are_twins(one, other)):
        return True
    cites = not tokened and other.external_id != "" and other.external_id in one.cites and not other.announces
    return cites and (one.outbound or _answers(one, other, others_conversation))


def _are_twins(one: Draft, other: Draft) -> bool:
    if one.mail != other.mail or _mere_claim(one) != _mere_claim(other):
        return False
    return one.text == other.text or (_is_proved(one) and _is_proved(other))


def _mere_claim(draft: Draft) -> bool:
    return draft.assurance is Assurance.CLAIMED and not draft.outbound


def _is_proved(draft: Draft) -> bool:
    return draft.outbound or draft.assurance is Assurance.VERIFIED


def _answers(one: Draft, other: Draft, conversation: Sequence[Draft]) -> bool:
    """Return whether who cites a message takes part in its conversation.

    Being named by that message alone does not count, unless this one names who wrote that.
    """
    named_by = _participants(conversation).get(one.proved, set())
    author = "" if other.outbound else other.sender
    if author in {one.sender, *one.recipients} - {*ACCOUNTS, ROLE}:
        return bool(named_by)
    return any(not by or by != other.external_id for by in named_by)


def _participants(conversation: Sequence[Draft]) -> dict[str, set[str]]:
    """Return who takes part, and by the ids of which messages (empty: by themselves, by us, or vouched for)."""
    found: dict[str, set[str]] = {}
    for _ in conversation:
        for draft in conversation:
            tokened = draft.known_token is not None and not draft.outbound
            if not tokened or draft.proved in found:
                others = "" if tokened or draft.outbound else draft.external_id
                named = [(person, others) for person in draft.recipients]
                for person, by in [*named, (draft.sender, "")][: None if not draft.outbound else -1]:
                    if person not in {*ACCOUNTS, ROLE}:
                        found.setdefault(person, set()).add(by)
    return found
