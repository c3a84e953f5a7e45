"""Who wrote a message, and how far that is proved. Pure."""

from typing import Final

from msgspec import Struct

from threadline_contracts.message import Assurance, InboundMessage
from threadline_threads.identity import Contact, contact_of, persons, verified, without_plus
from threadline_threads.ownership import OURS, Author, Rank, author
from threadline_threads.terms import Terms

_RANKS: Final = {
    Assurance.VERIFIED: Rank.VERIFIED,
    Assurance.ASSERTED: Rank.ASSERTED,
    Assurance.CLAIMED: Rank.NOBODY,
}


class Sender(Struct, frozen=True):
    """Who wrote a message: all contacts, the proved ones, those that the channel proved, and whose it is."""

    writes_as: tuple[Contact, ...]
    speaks_as: tuple[Contact, ...]
    verified: tuple[Contact, ...]
    author: Author


def we(message: InboundMessage) -> Sender:
    """Return who wrote a message of ours: nobody who could take part."""
    return Sender((), (), (), author(Rank.OURS, OURS, message.sent_at))


def sender_of(message: InboundMessage, terms: Terms) -> Sender:
    """Return who wrote an inbound message."""
    party, customs, account = message.sender, terms.customs, message.account
    everyone = persons(party, customs, account=account)
    if len(party.identities) == 1 and everyone:  # as nearly always
        rank = _RANKS[party.identities[0].assurance]
        speaks_as = everyone if rank >= Rank.ASSERTED else ()
        proved = everyone if rank >= Rank.VERIFIED else ()
        return Sender(everyone, speaks_as, proved, author(rank, everyone[0], message.sent_at))
    speaks_as = persons(party, customs, account=account, proved=True)
    return Sender(everyone, speaks_as, verified(party, customs, account=account), _author(message, terms))


def _author(message: InboundMessage, terms: Terms) -> Author:
    """Return whose an inbound message is, a person's or a role's; the best-proved of them."""
    best = max(message.sender.identities, key=lambda who: _RANKS[who.assurance], default=None)
    if best is None:
        return author(Rank.NOBODY, "", message.sent_at)
    found = contact_of(best, terms.customs, message.account) or ""
    own = terms.customs.own_at(message.account)
    return author(_RANKS[best.assurance], OURS if {found, without_plus(found)} & own else found, message.sent_at)
