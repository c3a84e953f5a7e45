"""Asks, for every mail that comes in, who really sent it, and puts the answer beside it as a fact of its arrival."""

import asyncio
import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from threadline_contracts.arrival import Arrival
from threadline_contracts.errors import TemporaryError
from threadline_contracts.outcome import Outcome
from threadline_email.addresses import read_addresses
from threadline_email.headers import read_headers
from threadline_email.proofs.client import client_of
from threadline_email.proofs.dkim_check import DkimFound, check_dkim
from threadline_email.proofs.dmarc import find_policy, is_aligned
from threadline_email.proofs.resolver import Resolver
from threadline_email.proofs.spf import SpfFound, check_spf
from threadline_email.senders import CHECKED
from threadline_email.smtp import Accepter
from threadline_email.trust import OURS

_DOMAIN: Final = re.compile(r"[^\s;\"()\\]{1,255}")
_UNSURE: Final = f"{OURS}; dmarc=temperror"
# Logins prove themselves; keys of old mail are gone; of an oversize mail only the head is there.
_NOT_FOR: Final = ("auth_user", "backfill", "sent", "oversize", CHECKED)
_NOT_ASKED: Final = SpfFound("none", "")


class Checked:
    """Takes mail in with what the check found. It never refuses or delays a mail longer than `seconds`."""

    def __init__(self, intake: Accepter, resolver: Resolver, seconds: float) -> None:
        self._intake = intake
        self._resolver = resolver
        self._seconds = seconds

    async def accept(self, raw: bytes, arrival: Arrival) -> Outcome:
        """Check, then hand on. Raises TemporaryError, as the intake does."""
        if not any(arrival.facts.get(fact) for fact in _NOT_FOR) and (found := await self._found(raw, arrival.facts)):
            arrival = replace(arrival, facts={**arrival.facts, CHECKED: found})
        return await self._intake.accept(raw, arrival)

    async def _found(self, raw: bytes, facts: Mapping[str, str]) -> str:
        try:
            async with asyncio.timeout(self._seconds):
                return await check_sender(self._resolver, raw, facts)
        except (TimeoutError, TemporaryError):
            return _UNSURE


async def check_sender(resolver: Resolver, raw: bytes, facts: Mapping[str, str]) -> str:
    """Return what SPF, DKIM and DMARC say, as an Authentication-Results field; nothing where nobody can be meant.

    Raises TemporaryError when the policy cannot be known now.
    """
    headers = read_headers(raw)
    senders = [one.email for value in headers.all("from") for one in read_addresses(value)]
    domain = senders[0].rpartition("@")[2].lower() if len(senders) == 1 else ""
    if not _DOMAIN.fullmatch(domain):
        return ""
    ascii_domain = _ascii(domain)
    policy = await find_policy(resolver, ascii_domain) if ascii_domain else None
    if policy is None:
        return f"{OURS}; dmarc=none header.from={domain}"
    client = client_of(facts)
    signed = await check_dkim(resolver, raw)
    spf = await check_spf(resolver, client, facts.get("mail_from", ""), facts.get("helo", "")) if client else _NOT_ASKED
    by_dkim = any(is_aligned(one, ascii_domain, strict=policy.strict_dkim) for one in signed.domains)
    by_spf = spf.result == "pass" and is_aligned(spf.domain, ascii_domain, strict=policy.strict_spf)
    sure = client is not None and spf.result != "temperror" and not signed.unsure
    verdict = "pass" if by_dkim or by_spf else "fail" if sure else "temperror"
    return "; ".join((OURS, *_said(spf, signed), f"dmarc={verdict} header.from={domain}"))


def _said(spf: SpfFound, signed: DkimFound) -> tuple[str, ...]:
    by = f" smtp.mailfrom={spf.domain}" if _DOMAIN.fullmatch(spf.domain) else ""
    keys = (f"dkim=pass header.d={domain}" for domain in signed.domains)
    return (f"spf={spf.result}{by}", *(keys if signed.domains else ("dkim=none",)))


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
