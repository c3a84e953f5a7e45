"""What a conversation becomes when somebody in it is forgotten. Pure.

Their messages become tombstones where they are; what others wrote stays theirs, without the forgotten address in it.
Every ticket that changes becomes the next revision, and each changed message is told again under it: so whoever keeps
the greatest revision forgets, too, in whatever order the events come.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from threadline_contracts.message import Direction, Evidence, InboundMessage, Party
from threadline_contracts.ticket import Placement, TicketUpdated
from threadline_contracts.topology import EventType
from threadline_threads.erasing.scrubbing import Scrubber
from threadline_threads.erasing.shapes import Changed, Forgotten, Person, Row, Rules, Talk
from threadline_threads.erasing.tombstones import blobs_of, is_theirs, is_tombstone, names_them, tombstone, without
from threadline_threads.events import Announcement, announcement
from threadline_threads.identity import contact_of
from threadline_threads.plan import Happening
from threadline_threads.republishing.restating import restate_message
from threadline_threads.tickets import Ticket
from threadline_threads.words import words_of

BECAUSE: Final = "A person was erased."
_message: Final = msgspec.json.Decoder(InboundMessage)


def forget(talk: Talk, person: Person, rules: Rules, now: datetime, words: Iterable[str] = ()) -> Forgotten:
    """Return what becomes of a conversation; nothing, when nobody in it is to be forgotten (any more).

    `words`: how else the person was named, or messages of theirs, in other conversations.
    """
    return _Forgetting(talk, person, rules, words).run(now)


class _Forgetting:
    def __init__(self, talk: Talk, person: Person, rules: Rules, words: Iterable[str]) -> None:
        self._talk = talk
        self._person = person
        self._customs = rules.customs
        self._reread = rules.reread
        self._words = frozenset(words)
        self._result = Forgotten()
        self._messages = {row.id: _message.decode(row.content) for row in talk.rows}

    def run(self, now: datetime) -> Forgotten:
        gone = [row for row in self._talk.rows if row.id in self._talk.hinted and is_tombstone(self._messages[row.id])]
        theirs = [row for row in self._talk.rows if self._is_theirs(self._messages[row.id])]
        for row in theirs:
            self._erase(row)
        self._scrubber = self._scrubbing(theirs)
        for row in self._talk.rows:
            if row not in theirs:
                self._clean(row)
        self._clean_decisions()
        self._result.erased = [row.id for row in (*gone, *theirs)]
        self._result.touched = {row.ticket for row in (*gone, *theirs)}
        self._result.near = [ticket.id for ticket in self._talk.tickets]
        self._clean_tickets({self._messages[row.id].reference for row in (*gone, *theirs)}, now)
        return self._result

    def _is_theirs(self, message: InboundMessage) -> bool:
        late = message.received_at > self._person.before
        return not late and not is_tombstone(message) and is_theirs(message, self._person.is_any, self._customs)

    def _erase(self, row: Row) -> None:
        message, result = self._messages[row.id], self._result
        one = self._reread(row.content)
        result.keys |= {key for _, key in one.shared} | ({one.external} if one.external else set())
        result.cited |= {(cited.key, row.id) for cited in one.cites}
        result.externals |= {message.external_id} - {""}
        left = tombstone(message)
        placement = replace(row.placement, because=BECAUSE, evidence=())
        self._change(row, left, placement, msgspec.json.encode(left))
        result.blobs |= {*blobs_of(message)}

    def _scrubbing(self, theirs: Iterable[Row]) -> Scrubber:
        messages = [self._messages[row.id] for row in theirs]
        senders = [one.sender for one in messages if one.direction is Direction.INBOUND]
        words = self._result.words
        words |= {identity.value for sender in senders for identity in sender.identities}
        words |= {sender.name for sender in senders if sender.name}
        return self._person.scrubber({*self._words, *words, *self._result.externals})

    def _clean(self, row: Row) -> None:
        """Take the forgotten out of somebody else's message."""
        message = self._messages[row.id]
        clean = message
        if message.received_at <= self._person.before and names_them(message, self._person.is_any, self._customs):
            clean = without(message, self._person.is_any, self._customs)
        clean = self._without_words(clean)
        placement = self._scrubber.struct(row.placement)
        if clean != message or placement != row.placement:
            plain: dict[str, Any] = msgspec.json.decode(row.content)
            anew = msgspec.json.decode(msgspec.json.encode(clean))
            self._change(row, clean, placement, msgspec.json.encode(plain | anew))
            self._result.blobs |= {*blobs_of(message)} - {*blobs_of(clean)}

    def _without_words(self, message: InboundMessage) -> InboundMessage:
        text = self._scrubber.text
        said, gone = message.evidence, self._result.externals | self._words
        return replace(
            message,
            subject=text(message.subject),
            text=text(message.text),
            full_text=text(message.full_text),
            html=text(message.html),
            evidence=Evidence(
                in_reply_to=tuple(one for one in said.in_reply_to if one not in gone),
                references=tuple(one for one in said.references if one not in gone),
                tokens=said.tokens,
            ),
            automation=self._scrubber.struct(message.automation),
            delivery_reports=tuple(
                replace(self._scrubber.struct(one), message_id="" if one.message_id in gone else one.message_id)
                for one in message.delivery_reports
            ),
            call=self._scrubber.struct(message.call) if message.call else None,
        )

    def _change(self, row: Row, left: InboundMessage, placement: Placement, content: bytes) -> None:
        changed = Changed(row.id, row.ticket, placement, content, left.external_id, words_of(left))
        self._result.messages.append(changed)

    def _clean_decisions(self) -> None:
        talk, result, clean = self._talk, self._result, self._scrubber.structs
        result.links = clean(talk.links)
        result.severed = clean(talk.severed)
        result.suggestions = clean(talk.suggestions)

    def _clean_tickets(self, erased: set[str], now: datetime) -> None:
        clean = {link.child: link for link in self._result.links}
        changed = {one.ticket for one in self._result.messages}
        for ticket in self._talk.tickets:
            about_them = ticket.reference in erased or self._is_about_them(ticket.contact, ticket)
            linked = [link.child for link in ticket.links if link.child in clean]
            if about_them:
                self._result.headless.add(ticket.id)
            if about_them and (ticket.subject or ticket.contact != Party()):
                ticket.subject, ticket.contact = "", Party()
            elif ticket.id not in changed and not linked:
                continue
            ticket.links = tuple(clean.get(link.child, link) for link in ticket.links)
            ticket.revise(now)
            self._result.tickets[ticket.id] = ticket
            self._tell(ticket, now)

    def _is_about_them(self, party: Party, ticket: Ticket) -> bool:
        accounts = ticket.accounts or ("",)
        found = (contact_of(one, self._customs, account) for one in party.identities for account in accounts)
        return self._person.is_any(one for one in found if one)

    def _tell(self, ticket: Ticket, now: datetime) -> None:
        mine = [one for one in self._result.messages if one.ticket == ticket.id]
        for one in mine:
            told = restate_message(ticket, one.id, one.content, one.placement)
            self._result.announcements.append(Announcement(told.event_id, told.type, one.id, told.body))
        if not mine:
            data = TicketUpdated(ticket=ticket.header(), changed=("subject", "contact"), because=BECAUSE)
            happening = Happening(EventType.TICKET_UPDATED, ticket.id, ticket.revision, None, data)
            self._result.announcements.append(announcement(happening, now))
