"""Names for the tests: as a resolver, and as a real name server on loopback."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import dkim  # type: ignore[import-untyped]  # has no types
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from typing_extensions import override

from threadline_contracts.errors import TemporaryError
from threadline_email.proofs.resolver import Kind

NOBODY_KNOWS: Final = "servfail"  # as the only record: the server fails
SILENCE: Final = "silence"  # as the only record: the server never answers
_TEXT_MAX: Final = 255  # of one string of a TXT record
Names = Mapping[tuple[str, str], Sequence[str]]


class Zone:
    """A resolver that knows these names alone; `asked` is every question."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.asked: list[tuple[str, str]] = []

    async def query(self, name: str, kind: Kind) -> Sequence[str]:
        self.asked.append((name, kind))
        found = self._names.get((name, kind), ())
        if SILENCE in found:
            await asyncio.Event().wait()
        if NOBODY_KNOWS in found:
            raise TemporaryError(name)
        return found


@asynccontextmanager
async def a_name_server(names: Names) -> AsyncIterator[str]:
    """Serve these names by UDP on a free port of loopback; yield `address:port`."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Server(names), local_addr=("127.0.0.1", 0))
    try:
        host, port = transport.get_extra_info("sockname")
        yield f"{host}:{port}"
    finally:
        transport.close()


class _Server(asyncio.DatagramProtocol):
    def __init__(self, names: Names) -> None:
        self._names = names
        self._transport: Any = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        name = question.name.to_text().rstrip(".")
        found = self._names.get((name, kind))
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if found == [SILENCE]:
            return
        if found == [NOBODY_KNOWS]:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found is None and not any(known == name for known, _ in self._names):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif found:
            texts = [_quoted(text) if kind == "TXT" else text for text in found]
            answer.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *texts))
        self._transport.sendto(answer.to_wire(), addr)


def _quoted(text: str) -> str:
    return " ".join(f'"{text[start : start + _TEXT_MAX]}"' for start in range(0, len(text), _TEXT_MAX))


class Signer:
    """Signs mails for a domain; `name` and `record` are its key in the DNS."""

    def __init__(self, domain: str, selector: str = "s1") -> None:
        self._domain = domain
        self._selector = selector
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.name = (f"{selector}._domainkey.{domain}", "TXT")
        self.record = f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"

    def signed(self, raw: bytes, **options: Any) -> bytes:
        """Return a mail with a signature on top."""
        private = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        found: bytes = dkim.sign(raw, self._selector.encode(), self._domain.encode(), private, **options)
        return found + raw
