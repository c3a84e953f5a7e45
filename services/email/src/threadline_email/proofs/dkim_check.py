"""DKIM (RFC 6376): which domains signed this mail as it is. Keys are asked for first; verifying needs no network."""

import asyncio
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import dkim  # type: ignore[import-untyped]  # has no types
from msgspec import Struct

from threadline_contracts.errors import TemporaryError
from threadline_email.headers import read_headers
from threadline_email.proofs.resolver import Resolver

SIGNATURES_MAX: Final = 5
_TAG: Final = re.compile(r"(?:^|;)\s*([a-z]+)\s*=\s*([^;]*)")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")
_ALGORITHMS: Final = frozenset({"rsa-sha256"})  # RFC 8301 forbids SHA-1; Ed25519 always has an RSA signature beside it
_BROKEN: Final = (dkim.DKIMException, binascii.Error, ValueError, LookupError, TypeError, AttributeError)


class DkimFound(Struct, frozen=True):
    """The domains whose signature holds; `unsure`: another one could not be checked now."""

    domains: tuple[str, ...]
    unsure: bool


async def check_dkim(resolver: Resolver, raw: bytes) -> DkimFound:
    """Return what the first signatures prove. Raises nothing."""
    signatures = [_tags(value) for value in read_headers(raw).all("dkim-signature")[:SIGNATURES_MAX]]
    usable = {number: tags for number, tags in enumerate(signatures) if _is_usable(tags)}
    keys: dict[str, str] = {}
    unsure = False
    for tags in usable.values():
        name = f"{tags['s']}._domainkey.{tags['d']}".lower()
        try:
            keys[name] = next(iter(await resolver.query(name, "TXT")), "")
        except TemporaryError:
            unsure = True
    if not keys:
        return DkimFound((), unsure)
    return DkimFound(await asyncio.to_thread(_signers, raw, list(usable), keys), unsure)


def _tags(value: bytes) -> dict[str, str]:
    text = value.decode("ascii", "replace")
    return {name: "".join(content.split()) for name, content in _TAG.findall(text)}


def _is_usable(tags: Mapping[str, str]) -> bool:
    """Return whether a signature can prove anything: one over the beginning of a body lets others write the rest."""
    if tags.get("a", "").lower() not in _ALGORITHMS or "l" in tags:
        return False
    return all(_NAME.fullmatch(tags.get(name, "")) for name in ("d", "s"))


def _from_of(fields: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """Return the From fields; the verifier must see the same as we do, else a signature proves another sender."""
    return [b" ".join(value.split()) for name, value in fields if name.strip().lower() == b"from"]


def _signers(raw: bytes, numbers: Sequence[int], keys: Mapping[str, str]) -> tuple[str, ...]:
    def key_of(name: bytes, timeout: float = 0) -> bytes | None:
        del timeout
        return keys.get(name.decode("ascii", "replace").rstrip(".").lower(), "").encode() or None

    sender = _from_of((b"from", value) for value in read_headers(raw).all("from"))
    found: dict[str, None] = {}
    for number in numbers:
        try:
            verifier = dkim.DKIM(raw)
            if _from_of(verifier.headers) == sender and verifier.verify(idx=number, dnsfunc=key_of):
                found[verifier.domain.decode("ascii").lower()] = None
        except _BROKEN:
            continue
    return tuple(found)
