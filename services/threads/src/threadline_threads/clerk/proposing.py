"""What may be suggested, with its reasons: from scores to one score. Pure."""

from collections.abc import Iterable, Sequence
from math import prod
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from threadline_contracts.ids import show_reference
from threadline_contracts.message import InboundMessage
from threadline_contracts.ticket import SuggestionReason
from threadline_threads.policy import Condition
from threadline_threads.reasons import Reason
from threadline_threads.severing import BLOCKED_SCORE

TWO_TOKENS: Final = 0.5
# Reasons that rest on one thing in common; numbers count one by one.
_KINDS: Final = {
    Condition.ONLY_OPEN_TICKET: "contact",
    Condition.CLAIMED_IDENTITY: "contact",
    "same_contact": "contact",
    Condition.SAME_SUBJECT: "subject",
    Condition.SIMILAR_TEXT: "text",
    Condition.SAME_CONTENT: "text",
    Condition.REPLY_SUBJECT: "subject",
}


class Proposal(Struct, frozen=True):
    """A merge for which some reasons speak.

    `join`: why the operator's policy says to do it. `blocked`: a rule would do it, if nobody kept the two apart.
    """

    ticket: UUID
    other: UUID
    reasons: tuple[SuggestionReason, ...]
    join: Reason | None = None
    blocked: bool = False

    def told(self, apart: str) -> tuple[SuggestionReason, ...]:
        """Return the reasons as they are told when somebody (`apart`) keeps the two apart."""
        if not (self.blocked and apart):
            return self.reasons
        by = f" They are kept apart by a decision of {apart}."
        return tuple(replace(reason, because=reason.because + by) for reason in self.reasons)


def bridged(message: InboundMessage, tickets: Sequence[UUID]) -> list[Proposal]:
    """Return the proposals to merge what the tokens of one message name, each with the first."""
    number = show_reference(message.reference)
    why = a_reason("two_tokens", TWO_TOKENS, f"Message {number} carries our tokens of both.")
    return [Proposal(tickets[0], other, (why,)) for other in tickets[1:]]


def blocked(ticket: UUID, other: UUID, reason: Reason) -> Proposal:
    """Return the proposal of what a rule was not let do."""
    why = SuggestionReason(code=reason.rule, because=reason.because, score=BLOCKED_SCORE)
    return Proposal(ticket, other, (why,), blocked=True)


def combined(scores: Iterable[float]) -> float:
    """Return the score of independent reasons together."""
    return round(1 - prod(1 - score for score in scores), 3)


def strongest(reasons: Iterable[SuggestionReason]) -> tuple[SuggestionReason, ...]:
    """Return the best reason of each kind, the strongest first: what says the same twice counts once."""
    best: dict[str, SuggestionReason] = {}
    for reason in sorted(reasons, key=lambda reason: -reason.score):
        kind = reason.because if reason.code == Condition.SAME_NUMBER else _KINDS.get(reason.code, reason.code)
        best.setdefault(kind, reason)
    return tuple(best.values())


def a_reason(code: str, score: float, because: str) -> SuggestionReason:
    """Return a reason."""
    return SuggestionReason(code=code, because=because, score=score)
