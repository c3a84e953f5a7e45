"""How much speaks for it that a message belongs to another conversation, reason by reason. Pure.

Reasons count as independent: the score is what is left of the doubt when each has taken its part of it. No reason
repeats what is in the other conversation, only what the two have in common.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from rapidfuzz import fuzz

from threadline_contracts.ids import show_reference
from threadline_contracts.message import IdentityKind
from threadline_contracts.ticket import Rule, Status, SuggestionReason
from threadline_shared.text import cut
from threadline_threads.clerk.candidates import Candidate, Match
from threadline_threads.clerk.proposing import Proposal, a_reason, strongest
from threadline_threads.clues import HintKind
from threadline_threads.identity import Customs, links_people, shown
from threadline_threads.numbers import REFERENCE, numbers_of
from threadline_threads.policy import Action, Condition, Policy, Row
from threadline_threads.reasons import Reason
from threadline_threads.subject import normal_subject
from threadline_threads.words import words

CITED: Final = 0.7
CITED_CLAIMED: Final = 0.5
CALL_BACK: Final = 0.5
SAME_WORDS: Final = 0.7
SAME_KEY: Final = 0.8
NUMBER: Final = 0.5
OWN_NUMBER: Final = 0.7
SUBJECT_OF: Final = 0.55
SUBJECT_CLAIMED: Final = 0.4
SUBJECT: Final = 0.3
ONLY_ONE: Final = 0.45
CLAIM: Final = 0.4
CLAIM_OF_MANY: Final = 0.2
NAMED: Final = 0.25
SAME_CONTACT: Final = 0.2
AN_HOUR: Final = 0.15
A_DAY: Final = 0.05
ALIKE_LEAST: Final = 75.0  # per cent
ALIKE_FROM: Final = 0.25  # the score at the least,
ALIKE_TO: Final = 0.7  # and that of texts with the same words
TEXT_CHARACTERS: Final = 2_000  # of a text that are compared
_WORDS_LEAST: Final = 6  # different ones: "Hello, any news?" is like anything
_MOST_NUMBERS: Final = 3
_SHORT: Final = 60  # characters of a subject or number in a sentence
_SUGGESTS: Final = frozenset({Action.SUGGEST, Action.JOIN})


def proposal(one: Candidate, texts: Mapping[UUID, str], policy: Policy, customs: Customs) -> Proposal | None:
    """Return what speaks for a candidate; None where nothing does. `texts` are those of messages with a match."""
    judge = _Judge(one, policy, customs, texts)
    reasons = [*judge.cited(), *judge.keys(), *judge.numbers(), *judge.subject(), *judge.called(), *judge.contact()]
    reasons += judge.alike() if reasons else ()
    reasons += judge.near() if reasons else ()
    if not reasons:
        return None
    return Proposal(one.ticket.id, one.other.id, strongest(reasons), judge.join())


def compared(one: Candidate) -> list[UUID]:
    """Return the messages whose texts are compared with that of a candidate: the nearest ones with a match."""
    at = one.opener.message.sent_at
    near = sorted(one.matches, key=lambda match: abs(match.clue.at - at))
    return list(dict.fromkeys(match.clue.message for match in near if not match.clue.ours))[:2]


def likeness(one: str, other: str) -> float:
    """Return how alike two texts are in their words, in per cent; 0 where too little is said to tell."""
    a, b = words(one[:TEXT_CHARACTERS]), words(other[:TEXT_CHARACTERS])
    if min(len(a), len(b)) < _WORDS_LEAST:
        return 0.0
    first, second = " ".join(a), " ".join(b)
    # The first alone would call a text like another that holds all its words among a thousand.
    return (fuzz.token_set_ratio(first, second) + fuzz.token_sort_ratio(first, second)) / 2


class _Judge:
    def __init__(self, one: Candidate, policy: Policy, customs: Customs, texts: Mapping[UUID, str]) -> None:
        self._one = one
        self._policy = policy
        self._customs = customs
        self._message = one.opener.message
        self._texts = {match.clue.message: texts.get(match.clue.message, "") for match in one.matches}
        self._differ = self._names_others(filter(None, self._texts.values()))

    def cited(self) -> Iterator[SuggestionReason]:
        if self._one.cited:
            if self._one.opener.proved:
                yield a_reason(
                    "cites_in_vain", CITED, "It replies to a message there, but its sender takes no part there."
                )
            else:
                because = "It replies to a message there, but its sender's address is not proved."
                yield a_reason("cites_in_vain", CITED_CLAIMED, because)
        elif self._one.citing:
            because = "A message there replies to it, but that one's sender takes no part here."
            yield a_reason("cites_in_vain", CITED, because)

    def keys(self) -> Iterator[SuggestionReason]:
        if any(self._row(match, Condition.SAME_KEY) for match in self._of(HintKind.KEY)):
            yield a_reason(Condition.SAME_KEY, SAME_KEY, "Both were sent with one idempotency key.")

    def numbers(self) -> Iterator[SuggestionReason]:
        shared: dict[str, str] = {}  # by value: one that stands alone there may be an order here
        for match in self._of(HintKind.NUMBER):
            kind, _, value = match.hint.value.partition(" ")
            if self._row(match, Condition.SAME_NUMBER):
                shared.setdefault(value, kind)
        for value, kind in list(shared.items())[:_MOST_NUMBERS]:
            if kind == REFERENCE:
                because = f"Both have the number {show_reference(value)}."
                yield a_reason(Condition.SAME_NUMBER, OWN_NUMBER, because)
            else:
                yield a_reason(Condition.SAME_NUMBER, NUMBER, f"Both name {kind} {cut(value, _SHORT)}.")

    def subject(self) -> Iterator[SuggestionReason]:
        subject = normal_subject(self._message.subject)
        condition = Condition.REPLY_SUBJECT if subject.reply else Condition.SAME_SUBJECT
        told = cut(subject.base, _SHORT) if subject.base else ""
        for match in self._of(HintKind.SUBJECT_OF):
            if self._row(match, condition):
                score = SUBJECT_OF if match.hint.proved else SUBJECT_CLAIMED
                who = cut(shown(match.hint.value.partition(" ")[0]), _SHORT)
                yield a_reason(condition, score, f"Both are about “{told}”, and {who} has to do with both.")
        if any(self._row(match, condition) for match in self._of(HintKind.SUBJECT)) and not self._differ:
            yield a_reason(condition, SUBJECT, f"Both are about “{told}”.")

    def called(self) -> Iterator[SuggestionReason]:
        for match in self._of(HintKind.CONTACT):
            phone = match.hint.value.startswith(f"{IdentityKind.PHONE}:")
            if phone and match.hint.proved and match.clue.ours and self._row(match, Condition.CALL_BACK):
                yield a_reason(Condition.CALL_BACK, CALL_BACK, f"We called {self._who(match)} there, and they call us.")

    def contact(self) -> Iterator[SuggestionReason]:
        if self._one.other.status is Status.SOLVED:
            return
        for match in self._of(HintKind.CONTACT):
            who = self._who(match)
            if match.hint.proved and match.clue.proved:
                yield from self._known(match, who)
            elif self._row(match, Condition.CLAIMED_IDENTITY):
                yield self._claimed(match, who)

    def alike(self) -> Iterator[SuggestionReason]:
        for match in self._one.matches:
            text = self._texts[match.clue.message]
            if not text or self._differ:
                continue
            if text.split() == self._message.text.split() and self._row(match, Condition.SAME_CONTENT):
                yield a_reason(Condition.SAME_CONTENT, SAME_WORDS, "Both say the same, word for word.")
            if not self._row(match, Condition.SIMILAR_TEXT):
                continue
            likely = likeness(self._message.text, text)
            if likely >= ALIKE_LEAST:
                part = (likely - ALIKE_LEAST) / (100 - ALIKE_LEAST)
                score = round(ALIKE_FROM + (ALIKE_TO - ALIKE_FROM) * part, 3)
                yield a_reason(Condition.SIMILAR_TEXT, score, f"Their texts are alike ({likely:.0f} %).")

    def near(self) -> Iterator[SuggestionReason]:
        gap = self._one.gap
        if gap <= timedelta(hours=1):
            yield a_reason("close_in_time", AN_HOUR, "The two messages are less than an hour apart.")
        elif gap <= timedelta(days=1):
            yield a_reason("close_in_time", A_DAY, "The two messages are less than a day apart.")

    def join(self) -> Reason | None:
        """Return why the policy joins them: what needs more than two messages, and a sender who is proved."""
        for match in self._of(HintKind.CONTACT):
            row = self._row(match, Condition.ONLY_OPEN_TICKET)
            sure = match.hint.value in self._one.opener.verified and match.clue.proved
            if row and row.action is Action.JOIN and sure and self._is_only_one(match):
                number = show_reference(self._message.reference)
                who = self._who(match)
                return Reason(
                    Rule.POLICY, f"Message {number} is from {who}, whose only open ticket this is (only_open_ticket)."
                )
        return None

    def _known(self, match: Match, who: str) -> Iterator[SuggestionReason]:
        if not self._row(match, Condition.ONLY_OPEN_TICKET):
            return
        if self._is_only_one(match):
            yield a_reason(Condition.ONLY_OPEN_TICKET, ONLY_ONE, f"It is the only other open ticket of {who}.")
        else:
            yield a_reason("same_contact", SAME_CONTACT, f"{who} takes part there, too.")

    def _claimed(self, match: Match, who: str) -> SuggestionReason:
        score = CLAIM if self._one.only_one else CLAIM_OF_MANY
        if not match.hint.proved:
            return a_reason(Condition.CLAIMED_IDENTITY, score, f"Its sender claims to be {who}, who is named there.")
        if match.about:
            return a_reason(Condition.CLAIMED_IDENTITY, score, f"A sender there claims to be {who}, who wrote this.")
        return a_reason(Condition.CLAIMED_IDENTITY, NAMED, f"A message there names {who}, who wrote this.")

    def _is_only_one(self, match: Match) -> bool:
        older = self._one.other.age < self._one.ticket.age
        return self._one.only_one and older and links_people(match.hint.value, self._customs)

    def _names_others(self, texts: Iterable[str]) -> bool:
        """Return whether both name numbers of a kind, and none in common: two orders are two matters."""
        mine = _by_kind(hint.value.partition(" ") for hint in self._one.opener.hints if hint.kind is HintKind.NUMBER)
        found = (number for text in texts for number in numbers_of(text, self._policy.patterns))
        theirs = _by_kind((number.kind, " ", number.value) for number in found)
        kinds = mine.keys() & theirs.keys() - {REFERENCE}
        return bool(kinds) and not any(mine[kind] & theirs[kind] for kind in kinds)

    def _who(self, match: Match) -> str:
        return cut(shown(match.hint.value), _SHORT)

    def _of(self, kind: HintKind) -> list[Match]:
        return [match for match in self._one.matches if match.hint.kind is kind]

    def _row(self, match: Match, condition: Condition) -> Row | None:
        """Return the row of the policy by which a match counts; None: it is off, or they are too far apart."""
        mine, theirs = (self._message.sent_at, self._message.channel), (match.clue.at, match.clue.channel)
        (before, earlier), (after, later) = sorted((mine, theirs))
        row = self._policy.action(condition, later=later, earlier=earlier)
        return row if row.action in _SUGGESTS and row.in_time(before, after) else None


def _by_kind(numbers: Iterable[tuple[str, str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for kind, _, value in numbers:
        found.setdefault(kind, set()).add(value)
    return found
