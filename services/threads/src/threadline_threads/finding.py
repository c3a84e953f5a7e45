"""What a batch can be found by: the stored holders, citations and clues of its keys, and on top its own. Pure."""

from msgspec.structs import replace

from threadline_threads.hood import Citation, Holder, Lead, Neighbourhood
from threadline_threads.keys import Key
from threadline_threads.plan import Plan


class Finding:
    """Who holds and who cites a key by now; what is added is planned, too."""

    def __init__(self, hood: Neighbourhood, plan: Plan) -> None:
        self._hood = hood
        self._plan = plan
        self._holders: dict[Key, list[Holder]] = {}
        self._citations: dict[Key, list[Citation]] = {}
        self._leads: dict[Key, list[Lead]] = {}

    def holders(self, key: Key) -> list[Holder]:
        """Return the tickets that can be found by a key."""
        if (found := self._holders.get(key)) is None:
            found = self._holders[key] = list(self._hood.holders.get(key, ()))
        return found

    def citations(self, key: Key) -> list[Citation]:
        """Return the messages that cite a key."""
        if (found := self._citations.get(key)) is None:
            found = self._citations[key] = list(self._hood.citations.get(key, ()))
        return found

    def leads(self, key: Key) -> list[Lead]:
        """Return the clues of other messages under a key."""
        if (found := self._leads.get(key)) is None:
            found = self._leads[key] = list(self._hood.leads.get(key, ()))
        return found

    def hold(self, key: Key, new: Holder) -> None:
        """Make a ticket findable by a key, once; a plain holder replaces one that is not."""
        holders = self.holders(key)
        for index, at in enumerate(holders):
            if at.ticket == new.ticket:
                if new.plain and not at.plain:
                    holders[index] = self._plan.holders[key, new.ticket] = new
                return
        holders.append(new)
        self._plan.holders[key, new.ticket] = new

    def lose(self, key: Key, old: Holder) -> None:
        """Let a key name a ticket no longer. The holder stays: it says whose the key was."""
        holders = self.holders(key)
        holders[holders.index(old)] = self._plan.holders[key, old.ticket] = replace(old, plain=False)

    def cite(self, key: Key, citation: Citation) -> None:
        """Remember that a message cites a key."""
        self.citations(key).append(citation)
        self._plan.citations.append((key, citation))

    def offer(self, lead: Lead) -> None:
        """Remember a clue of a message."""
        self.leads(lead.clue.key).append(lead)
        self._plan.leads.append(lead)
