"""SPF (RFC 7208): may this client send for this domain? No kept library does it, so this is the standard's algorithm.

`ptr` never matches: RFC 7208 asks not to use it, and it costs up to ten questions.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, ip_network
from typing import Final, Literal

from msgspec import Struct

from threadline_contracts.errors import MalformedInputError, TemporaryError
from threadline_email.proofs.client import IP, read_ip
from threadline_email.proofs.resolver import Resolver
from threadline_email.proofs.spf_macros import Envelope, expand
from threadline_email.proofs.spf_record import Mechanism, Result, is_record, read_record

LOOKUPS_MAX: Final = 10  # RFC 7208, 4.6.4
VOID_MAX: Final = 2
_HOSTS_MAX: Final = 10
_DOMAIN: Final = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})+\.?")


class SpfFound(Struct, frozen=True):
    """What SPF says of a domain."""

    result: Result
    domain: str


async def check_spf(resolver: Resolver, ip: IP, mail_from: str, helo: str) -> SpfFound:
    """Return whether a client may send for the domain of MAIL FROM (of HELO, when that is empty). Raises nothing."""
    sender = mail_from if "@" in mail_from else f"postmaster@{helo}"
    domain = sender.rpartition("@")[2].lower()
    if not _DOMAIN.fullmatch(domain):
        return SpfFound("none", domain)
    try:
        return SpfFound(await _Evaluation(resolver, Envelope(ip, sender, helo)).of(domain), domain)
    except TemporaryError:
        return SpfFound("temperror", domain)
    except MalformedInputError:
        return SpfFound("permerror", domain)


class _Evaluation:
    """One check_host() with all that it includes; counts its questions. MalformedInputError: a permerror."""

    def __init__(self, resolver: Resolver, envelope: Envelope) -> None:
        self._resolver = resolver
        self._envelope = envelope
        self._lookups = 0
        self._void = 0

    async def of(self, domain: str) -> Result:
        """Return the result for a domain."""
        records = [text for text in await self._resolver.query(domain, "TXT") if is_record(text)]
        if not records:
            return "none"
        if len(records) > 1:
            raise MalformedInputError("several records")
        mechanisms, redirect = read_record(records[0])
        for mechanism in mechanisms:
            if await self._matches(mechanism, domain):
                return mechanism.result
        if not redirect:
            return "neutral"
        self._count()
        result = await self.of(expand(redirect, domain, self._envelope))
        if result == "none":
            raise MalformedInputError("redirect to nothing")
        return result

    async def _matches(self, one: Mechanism, domain: str) -> bool:
        if one.name == "all":
            return True
        if one.name in {"ip4", "ip6"}:
            return self._within(one.argument, one)
        self._count()
        target = expand(one.argument, domain, self._envelope) if one.argument else domain
        match one.name:
            case "include":
                return await self._includes(target)
            case "a":
                return await self._is_at(target, one)
            case "mx":
                return await self._is_mx(target, one)
            case _:
                return one.name == "exists" and bool(await self._asked(target, "A"))

    async def _includes(self, target: str) -> bool:
        result = await self.of(target)
        if result == "none":
            raise MalformedInputError("an include of nothing")
        return result == "pass"

    async def _is_mx(self, target: str, one: Mechanism) -> bool:
        hosts = await self._asked(target, "MX")
        if len(hosts) > _HOSTS_MAX:
            raise MalformedInputError("too many exchangers")
        for host in hosts:
            if await self._is_at(host, one):
                return True
        return False

    async def _is_at(self, host: str, one: Mechanism) -> bool:
        addresses = await self._asked(host, "A" if isinstance(self._envelope.ip, IPv4Address) else "AAAA")
        return any(self._within(ip, one) for ip in addresses)

    async def _asked(self, name: str, kind: Literal["A", "AAAA", "MX"]) -> Sequence[str]:
        answers = await self._resolver.query(name, kind)
        self._void += not answers
        if self._void > VOID_MAX:
            raise MalformedInputError("too many questions without an answer")
        return answers

    def _within(self, text: str, one: Mechanism) -> bool:
        ip = read_ip(text)
        if ip is None:
            raise MalformedInputError("no address")
        prefix = one.prefix4 if isinstance(ip, IPv4Address) else one.prefix6
        return ip.version == self._envelope.ip.version and self._envelope.ip in ip_network((ip, prefix), strict=False)

    def _count(self) -> None:
        self._lookups += 1
        if self._lookups > LOOKUPS_MAX:
            raise MalformedInputError("too many questions")
