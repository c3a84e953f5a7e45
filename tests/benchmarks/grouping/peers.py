"""What other help desks make of the same messages: each a small function, in the order in which messages arrive.

Written from their sources (chatwoot, zammad, FreeScout, osTicket), with the settings they come with, and in their
favour where versions differ: an agent's answer always stands where the answered message is, and what a desk puts into
its mails (a number into the subject, a token into the address, a mark into the text) comes back wherever the customer's
answer kept it. A desk does not see what agents write outside of it. What comes by a channel that it lacks stands alone.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from benchmarks.grouping.labelled import Keeps, Labelled
from benchmarks.grouping.people import plain
from benchmarks.grouping.scoring import Grouping, Join
from threadline_contracts.message import AutomationKind, Channel

RESOLVED_AFTER: Final = timedelta(days=7)  # of silence: then an agent has closed a chat
NEW: Final = "new"
_ZAMMAD_PREFIX: Final = re.compile(r"^(..(\[\d+\])?:\s)+")

Found = tuple[str, int]  # by which rule, and the conversation
Algorithm = Callable[["Desk", Labelled], Found | None]


class Desk:
    """What a help desk has on file; conversations are numbered in the order in which they were opened."""

    def __init__(self, labels: Mapping[UUID, Labelled]) -> None:
        self._labels = labels
        self.of: dict[UUID, int] = {}
        self.openers: list[Labelled] = []
        self.ids: dict[tuple[str, str], int] = {}  # (account, Message-ID); account "" is any
        self.people: dict[int, set[str]] = {}
        self.last: dict[tuple[str, ...], Labelled] = {}
        self.joins: list[Join] = []

    def take(self, one: Labelled, found: Found | None) -> None:
        """File a message where it was found to belong, or in a new conversation."""
        rule, number = found or (NEW, len(self.openers))
        if found is None:
            self.openers.append(one)
        else:
            self.joins.append(Join(rule, one.id, self.openers[number].id, len(self.of)))
        self.of[one.id] = number
        message = one.message
        for account in (message.account, ""):
            self.ids.setdefault((account, message.external_id), number)
        parties = (message.sender, *message.recipients)
        addresses = (identity.value for party in parties for identity in party.identities if "@" in identity.value)
        self.people.setdefault(number, set()).update(map(plain, addresses))
        self.last[where(one)] = one

    def known(self, external_id: str, account: str = "") -> int | None:
        """Return the conversation of a Message-ID; nothing matches an empty one."""
        return self.ids.get((account, external_id)) if external_id else None

    def answered(self, one: Labelled, kept: Keeps) -> int | None:
        """Return the conversation of the agent's mail that this one answers, if so much of it came back."""
        while one.answers and kept in one.keeps:
            one = self._labels[one.answers]
            if one.filed:
                return self.of.get(one.id)
        return None


def run(algorithm: Algorithm, arrived: Sequence[Labelled]) -> Grouping:
    """Return the grouping of an algorithm."""
    desk = Desk({one.id: one for one in arrived})
    for one in arrived:
        if one.inbound:
            desk.take(one, algorithm(desk, one))
        elif one.filed and one.answers in desk.of:
            desk.take(one, ("agent", desk.of[one.answers]))
    return Grouping(groups=dict(desk.of), joins=desk.joins, homes=dict(desk.of))


def where(one: Labelled) -> tuple[str, ...]:
    """Return whom a message without headers comes from: the visitor, or the Telegram user."""
    message = one.message
    return (message.channel, message.account, next((who.value for who in message.sender.identities), ""))


def chatwoot(desk: Desk, one: Labelled) -> Found | None:
    """Return where chatwoot puts it: reply address, In-Reply-To in any inbox, References in this one, last chat."""
    message = one.message
    match message.channel:
        case Channel.EMAIL:
            return _first(
                ("seen", desk.known(message.external_id, message.account)),
                ("address", desk.answered(one, Keeps.ADDRESS)),
                *(("in-reply-to", desk.known(cited)) for cited in message.evidence.in_reply_to),
                *(("references", desk.known(cited, message.account)) for cited in message.evidence.references),
            )
        case Channel.CHAT | Channel.TELEGRAM:
            return _last_open(desk, one)
        case _:
            return None


def zammad(desk: Desk, one: Labelled) -> Found | None:
    """Return where zammad puts it: the number in the subject, References where also the subject is the same."""
    message = one.message
    match message.channel:
        case Channel.EMAIL:
            cited = [desk.known(cited) for cited in (*message.evidence.in_reply_to, *message.evidence.references)]
            automatic = message.automation.kind == AutomationKind.AUTO_REPLY
            return _first(
                ("seen", desk.known(message.external_id)),
                ("subject", desk.answered(one, Keeps.SUBJECT)),
                *(
                    ("references", number)
                    for number in cited
                    if number is not None and (automatic or _same_subject(desk, one, number))
                ),
            )
        case Channel.TELEGRAM:
            return _last_open(desk, one)
        case Channel.CHAT:  # a session is kept as such; it never becomes a ticket by itself
            return _first(*(("session", number) for number in _session(desk, one)))
        case _:
            return None


def freescout(desk: Desk, one: Labelled) -> Found | None:
    """Return where FreeScout puts it: any cited id or its mark in the text, of this mailbox, whoever writes."""
    message = one.message
    if message.channel != Channel.EMAIL:
        return None
    cited = (*message.evidence.in_reply_to, *message.evidence.references)
    quoted = desk.answered(one, Keeps.QUOTE)
    here = quoted is not None and desk.openers[quoted].message.account == message.account
    return _first(
        ("seen", desk.known(message.external_id, message.account)),
        *(("references", desk.known(one_id, message.account)) for one_id in cited),
        ("mark", quoted if here else None),
    )


def osticket(desk: Desk, one: Labelled) -> Found | None:
    """Return where osTicket puts it: cited ids, its mark in the text, the number if the sender is on the ticket."""
    message = one.message
    if message.channel != Channel.EMAIL:
        return None
    cited = (*message.evidence.in_reply_to, *reversed(message.evidence.references))
    number = desk.answered(one, Keeps.SUBJECT)
    mentioned = number is not None and plain(message.sender.identities[0].value) in desk.people[number]
    return _first(
        ("seen", desk.known(message.external_id)),
        *(("references", desk.known(one_id)) for one_id in cited),
        ("mark", desk.answered(one, Keeps.QUOTE)),
        ("subject", number if mentioned else None),
    )


PEERS: Final[Mapping[str, Algorithm]] = {
    "chatwoot": chatwoot,
    "zammad": zammad,
    "FreeScout": freescout,
    "osTicket": osticket,
}


def _first(*candidates: tuple[str, int | None]) -> Found | None:
    return next(((rule, number) for rule, number in candidates if number is not None), None)


def _last_open(desk: Desk, one: Labelled) -> Found | None:
    last = desk.last.get(where(one))
    if last is None or one.message.received_at - last.message.received_at > RESOLVED_AFTER:
        return None
    return "last", desk.of[last.id]


def _session(desk: Desk, one: Labelled) -> list[int]:
    last = desk.last.get(where(one))
    return [desk.of[last.id]] if last and last.message.conversation == one.message.conversation else []


def _same_subject(desk: Desk, one: Labelled, number: int) -> bool:
    return _ZAMMAD_PREFIX.sub("", one.message.subject) == desk.openers[number].message.subject
