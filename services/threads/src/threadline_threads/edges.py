"""The edges of a message that hold already, strongest first. Pure. docs/grouping.md explains each rule."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from threadline_contracts.ticket import Rule, Status
from threadline_threads.clues import follows
from threadline_threads.finding import Finding
from threadline_threads.hood import Citation, Holder, Lead
from threadline_threads.identity import Contact
from threadline_threads.incoming import Cited, Incoming
from threadline_threads.keys import Key
from threadline_threads.leads import OF_SUBJECTS, joining
from threadline_threads.ownership import claim, is_contested, read_author
from threadline_threads.reasons import Edge
from threadline_threads.talks import Talks


class Edges:
    """Edges to what is stored, and to what came before in the batch."""

    def __init__(self, finding: Finding, talks: Talks) -> None:
        self._finding = finding
        self._talks = talks

    def of(self, one: Incoming, home: UUID | None = None) -> Iterator[Edge]:
        """Yield the edges of a message; `home`: where it is, if it came before."""
        if one.token:
            numbered_first = sorted(self._finding.holders(one.token), key=lambda at: not at.plain)
            yield from (Edge(Rule.TOKEN, at.ticket) for at in numbered_first)
        if self.may_hold_reference(one):
            yield from (Edge(Rule.TOKEN, at.ticket, backwards=True) for at in self._finding.holders(one.reference))
        for rule, key in one.shared:
            yield from (Edge(rule, at.ticket) for at in self._finding.holders(key) if at.plain or not one.token)
        yield from self._citing(one)
        if one.external:
            yield from self._cited_by(one, one.external)
        for lead in self._alike(one, home):
            yield Edge(Rule.POLICY, lead.ticket, condition=lead.clue.condition, alike=lead.message)

    def may_hold_reference(self, one: Incoming) -> bool:
        """Return whether it is the first of its number: 50 bits can be forged, and tokens must not lead to a forger."""
        return not any(at.plain for at in self._finding.holders(one.reference))

    def meant(self, one: Incoming, cited: Cited) -> Iterator[tuple[Holder, bool]]:
        """Yield the tickets that a message may mean by an id it cites, and whether it answers the author there."""
        holders = self._finding.holders(cited.key)
        contested = is_contested(holders)
        for at in holders:
            answers = read_author(at.by).contact in one.names
            if at.plain and (answers or not contested):
                yield at, answers

    def meaning(self, one: Incoming, key: Key) -> Iterator[tuple[Citation, bool]]:
        """Yield the citations that may mean this message by its id, and whether they answer its author."""
        citations = self._finding.citations(key)
        if one.announces or not citations or not (asked := claim(one.by, self._finding.holders(key))).holds:
            return
        author = read_author(one.by).contact
        for citation in citations:
            answers = author in (citation.speakers or ()) or author in citation.names
            if answers or not asked.contested:
                yield citation, answers

    def _alike(self, one: Incoming, home: UUID | None) -> Iterator[Lead]:
        """Yield the leads by which it joins. By its subject it replies to one conversation, whoever else has that."""
        replied: list[Lead] = []
        for clue in one.clues:
            for lead in joining(one, clue, self._finding.leads(clue.key)):
                if clue.condition in OF_SUBJECTS and follows(clue, lead.clue, one.terms.policy):
                    replied.append(lead)
                else:
                    yield lead
        here = self._talks.of(home) if home else None
        if replied and not (here and any(self._talks.of(lead.ticket) is here for lead in replied)):
            yield max(replied, key=self._likely)

    def _likely(self, lead: Lead) -> tuple[bool, datetime, bool, UUID]:
        """Return how likely a lead is the one that a reply is about: rather what is open, then the newest."""
        talk = self._talks.newest(lead.ticket)
        is_open = talk is not None and self._talks.seen(talk.root).status in {Status.OPEN, Status.PENDING}
        return is_open, lead.clue.at, not lead.clue.marked, lead.message

    def _citing(self, one: Incoming) -> Iterator[Edge]:
        for cited in one.cites:
            for at, answers in self.meant(one, cited):
                besides = "" if answers else cited.external_id
                if one.ours:
                    yield Edge(Rule.REFERENCE, at.ticket, cited.external_id)
                elif speaker := self._talks.speaker(at.ticket, one.speaks_as, besides=besides):
                    yield Edge(Rule.REFERENCE, at.ticket, cited.external_id, speaker)

    def _cited_by(self, one: Incoming, key: Key) -> Iterator[Edge]:
        for citation, answers in self.meaning(one, key):
            if citation.speakers is None:
                yield Edge(Rule.REFERENCE, citation.ticket, one.message.external_id, backwards=True)
            elif speaker := _named(one, citation, answers=answers):
                yield Edge(Rule.REFERENCE, citation.ticket, one.message.external_id, speaker, backwards=True)


def _named(one: Incoming, citation: Citation, *, answers: bool) -> Contact | None:
    """Return as whom the sender of a message that cites this one was named by this one.

    Whoever answers the author of a message was named by that author. Else the message may be a stranger's, that bears
    the id of a mail its reader wrote.
    """
    if not one.vouches:
        return None
    named = one.names if one.ours or answers else one.writes_as
    return next((who for who in citation.speakers or () if who in named), None)
