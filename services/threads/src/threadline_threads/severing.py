"""What somebody keeps apart: no rule makes one conversation of it again, it only suggests to. Pure."""

from datetime import datetime
from typing import Final

from threadline_contracts.ticket import MergeSuggested, Suggestion, SuggestionReason
from threadline_contracts.topology import EventType
from threadline_threads.hood import Need, Neighbourhood
from threadline_threads.keys import suggestion_id
from threadline_threads.plan import Happening, Plan
from threadline_threads.reasons import Reason
from threadline_threads.talks import Talk, Talks

BLOCKED_SCORE: Final = 0.95  # a proof, against which somebody decided


class Severing:
    """Keeps two conversations apart if anybody keeps a ticket of the one from a ticket of the other."""

    def __init__(self, hood: Neighbourhood, plan: Plan, need: Need, talks: Talks) -> None:
        self._hood = hood
        self._plan = plan
        self._need = need
        self._talks = talks

    def apart(self, one: Talk, other: Talk) -> str:
        """Return who keeps two conversations apart; empty: nobody."""
        if not (one.origins and other.origins):
            return ""  # nobody has seen a ticket yet that is new
        for origin in (*one.origins, *other.origins):
            if origin not in self._hood.severed:
                self._need.severed.add(origin)
        for origin in one.origins:
            for pair in self._hood.severed.get(origin, ()):
                if {pair.one, pair.other} & set(other.tickets):
                    return pair.by
        return ""

    def suggest(self, older: Talk, younger: Talk, reason: Reason, by: str, now: datetime) -> None:
        """Suggest, once, what a rule would do if it might."""
        asked = suggestion_id(younger.root, older.root)
        known = self._hood.suggested.get(asked)
        if known is None:
            self._need.suggestions.add(asked)
        if known or asked in self._plan.suggestions:
            return
        because = f"{reason.because} They are kept apart by a decision of {by}."
        why = SuggestionReason(code=reason.rule, because=because, score=BLOCKED_SCORE)
        made = Suggestion(id=asked, ticket=younger.root, other=older.root, score=BLOCKED_SCORE, reasons=(why,), at=now)
        self._plan.suggestions[asked] = made
        self._plan.happenings.append(self._told(made))

    def _told(self, made: Suggestion) -> Happening:
        ticket, other = self._talks.seen(made.ticket), self._talks.seen(made.other)
        data = MergeSuggested(ticket=ticket.header(), other=other.header(), suggestion=made)
        return Happening(EventType.TICKET_MERGE_SUGGESTED, ticket.id, 0, None, data, about=made.id)
