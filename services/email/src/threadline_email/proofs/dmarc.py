"""DMARC (RFC 7489): whether SPF or DKIM speaks for the domain that people see in From."""

import re
from functools import cache
from typing import Final

from msgspec import Struct
from publicsuffixlist import PublicSuffixList

from threadline_email.proofs.resolver import Resolver

_RECORD: Final = re.compile(r"v\s*=\s*DMARC1\s*(?:;|$)", re.ASCII)
_TAG: Final = re.compile(r"(?:^|;)\s*(adkim|aspf)\s*=\s*([rs])\b", re.IGNORECASE)


class Policy(Struct, frozen=True):
    """What a domain asks for: whether its subdomains may speak for it (relaxed) or not (strict)."""

    strict_dkim: bool = False
    strict_spf: bool = False


async def find_policy(resolver: Resolver, domain: str) -> Policy | None:
    """Return the policy of a From domain, or of the organisation it belongs to. Raises TemporaryError."""
    for name in dict.fromkeys((domain, organisation(domain))):
        found = [text for text in await resolver.query(f"_dmarc.{name}", "TXT") if _RECORD.match(text)]
        if len(found) == 1:
            tags = {tag.lower(): value.lower() for tag, value in _TAG.findall(found[0])}
            return Policy(strict_dkim=tags.get("adkim") == "s", strict_spf=tags.get("aspf") == "s")
    return None


def is_aligned(domain: str, with_from: str, *, strict: bool) -> bool:
    """Return whether a proved domain speaks for the From domain."""
    if not domain:
        return False
    return domain == with_from or (not strict and organisation(domain) == organisation(with_from))


def organisation(domain: str) -> str:
    """Return the registered domain that a name belongs to; a public suffix is its own."""
    return _suffixes().privatesuffix(domain) or domain


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
