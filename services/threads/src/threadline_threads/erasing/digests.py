"""Whom we were asked to forget, without knowing who that is: keyed digests of identities. Pure.

The key is drawn once and stays in the database, so a digest tells nothing to whoever has it alone.
"""

import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct

from threadline_threads.identity import Contact

SECRET_BYTES: Final = 32
_DIGEST_BYTES: Final = 16


def digest(secret: bytes, desk: str, identity: Contact) -> bytes:
    """Return the digest of an identity of a desk, in its comparable form."""
    return hmac.digest(secret, f"{desk}\n{identity}".encode("utf-8", "surrogatepass"), "sha256")[:_DIGEST_BYTES]


class Erased(Struct, frozen=True):
    """Who is to be forgotten: for each digest, everything received until then."""

    secret: bytes = b""
    until: Mapping[bytes, datetime] = {}

    def __bool__(self) -> bool:
        return bool(self.until)

    def of(self, desk: str, identities: Iterable[Contact], received_at: datetime) -> frozenset[Contact]:
        """Return those of some identities that are to be forgotten in a message that was received then."""
        return frozenset(
            one
            for one in identities
            if (until := self.until.get(digest(self.secret, desk, one))) and received_at <= until
        )
