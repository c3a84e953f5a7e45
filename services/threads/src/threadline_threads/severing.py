"""What somebody keeps apart: no rule makes one conversation of it again, it only suggests to. Pure."""

from datetime import datetime
from typing import Final
from uuid import UUID

from threadline_contracts.ticket import MergeSuggested, Suggestion, SuggestionReason
from threadline_contracts.topology import EventType
from threadline_threads.hood import Apart, Need, Neighbourhood
from threadline_threads.keys import suggestion_id
from threadline_threads.plan import Happening, Plan
from threadline_threads.reading import Severed
from threadline_threads.reasons import Reason, inherited
from threadline_threads.talks import Talk, Talks
from threadline_threads.tickets import Ticket

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
        made = [pair for pair in self._made() if {pair.one, pair.other} & set(one.tickets)]
        if not made and not (one.origins and other.origins):
            return ""  # nobody has seen a ticket yet that is new
        for pair in (*made, *self._stored(one)):
            if {pair.one, pair.other} & set(other.tickets):
                return pair.by
        self._stored(other)  # what somebody does about these meanwhile must be seen, too
        return ""

    def inherit(self, new: Ticket, old: Talk) -> None:
        """Keep a ticket that follows a conversation apart from whatever that is kept apart from."""
        here, kept = set(old.tickets), dict[UUID, str]()
        for pair in (*self._stored(old), *self._made()):
            others = {pair.one, pair.other} - here
            if len(others) == 1:  # else it is about neither
                kept.setdefault(others.pop(), pair.by)
        because = inherited(new, self._talks.seen(old.root))
        for apart, by in kept.items():
            one, other = sorted((new.id, apart))
            made = Severed(one=one, other=other, by=by, because=because, at=new.created_at, link=None)
            self._plan.severed.append(made)

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

    def _made(self) -> list[Apart]:
        """Return what new tickets are kept apart from."""
        return [Apart(pair.one, pair.other, pair.by) for pair in self._plan.severed]

    def _stored(self, talk: Talk) -> list[Apart]:
        """Return what is kept apart from a conversation; what is not known yet, is noted as needed."""
        self._need.severed.update(origin for origin in talk.origins if origin not in self._hood.severed)
        return [pair for origin in talk.origins for pair in self._hood.severed.get(origin, ())]

    def _told(self, made: Suggestion) -> Happening:
        ticket, other = self._talks.seen(made.ticket), self._talks.seen(made.other)
        data = MergeSuggested(ticket=ticket.header(), other=other.header(), suggestion=made)
        return Happening(EventType.TICKET_MERGE_SUGGESTED, ticket.id, 0, None, data, about=made.id)
