"""Whose an external id is. Pure; refuses to let one id name two messages.

Anybody can write any Message-ID. So an id is its best-proved author's: it names one message of theirs (and that one's
copies), or, where that cannot be told, nothing. Which holders an id ends up with does not depend on their order.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from typing import Final

from msgspec import Struct

from threadline_threads.hood import Holder
from threadline_threads.identity import Contact

MAX_HOLDERS: Final = 16  # copies of one message; an id has no further ones
OURS: Final = "ours"
ANNOUNCED: Final = "announcement"  # ours, to so many that an answer to it is a matter of its own
_STORED: Final = re.compile(r"([0-3]) (-?[0-9]+) (.*)", re.DOTALL)
_UNKNOWN: Final = 0  # seconds: when a message was sent that was stored before this was kept


class Rank(IntEnum):
    """How far it is proved who wrote a message."""

    NOBODY = 0
    ASSERTED = 1
    VERIFIED = 2
    OURS = 3


class Author(Struct, frozen=True):
    """Who wrote a message, how far that is proved, and in which second. Frozen: it is stored as text."""

    rank: int
    second: int
    contact: Contact

    def stored(self) -> str:
        """Return it as it is stored."""
        return f"{self.rank} {self.second} {self.contact}"

    @property
    def who(self) -> Contact:
        """The author, whatever the message is."""
        return OURS if self.contact == ANNOUNCED else self.contact

    def is_same_message(self, other: "Author") -> bool:
        """Return whether one id of both can only be that of one message: what nobody proved, might be anybody's."""
        sure = self.rank == other.rank != Rank.NOBODY and self.contact == other.contact != ""
        return sure and (self.second == other.second or _UNKNOWN in {self.second, other.second})


class Claim(Struct, frozen=True):
    """What becomes of an id that a message bears: whether it names the message, and whom it names no longer.

    `contested`: somebody else has used it.
    """

    holds: bool
    losers: tuple[Holder, ...] = ()
    contested: bool = False


_FREE: Final = Claim(holds=True)


def author(rank: Rank, contact: Contact, sent_at: datetime) -> Author:
    """Return the author of a message."""
    return Author(rank, int(sent_at.timestamp()), contact)


def read_author(by: str) -> Author:
    """Return an author as stored; also as the first release did, which kept no more than the contact."""
    if match := _STORED.fullmatch(by):
        return Author(int(match[1]), int(match[2]), match[3])
    rank = Rank.OURS if by == OURS else Rank.ASSERTED if by else Rank.NOBODY
    return Author(rank, _UNKNOWN, by)


def is_contested(holders: Sequence[Holder]) -> bool:
    """Return whether messages of several authors bear an id, so that citing it may mean another one than it names."""
    return len(holders) > 1 and len({read_author(at.by).who for at in holders}) > 1


def claim(by: str, holders: Sequence[Holder]) -> Claim:
    """Return what becomes of an id when a message by this author bears it, too.

    `holders` are those it names (`plain`), and those it does not, as somebody else used it too.
    """
    if not holders:
        return _FREE
    mine, others = read_author(by), [read_author(at.by) for at in holders]
    contested = any(other.who != mine.who for other in others)
    named = tuple(at for at in holders if at.plain)
    best = max(other.rank for other in others)
    if mine.rank != best:
        better = mine.rank > best
        return Claim(better, named if better else (), contested)
    top = [(at, other) for at, other in zip(holders, others, strict=True) if other.rank == best]
    if all(at.plain and other.is_same_message(mine) for at, other in top):
        return Claim(holds=len(named) < MAX_HOLDERS)
    return Claim(holds=False, losers=named, contested=contested)
