"""Questions to the DNS. Answers are kept as long as they say; what nobody knows now is a TemporaryError, no answer."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final, Literal, Protocol

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
from dns.nameserver import Do53Nameserver
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.TXT import TXT

from threadline_contracts.errors import SettingsError, TemporaryError

Kind = Literal["TXT", "A", "AAAA", "MX"]
_ANSWERS_KEPT: Final = 10_000
_NAME_MAX: Final = 253
_PORT: Final = 53


class Resolver(Protocol):
    """What a check needs of the DNS."""

    async def query(self, name: str, kind: Kind) -> Sequence[str]:
        """Return the records: texts whole, MX as host names, best first. Empty when there are none.

        Raises TemporaryError when that cannot be known now.
        """


class DnsResolver:
    """Asks the system's name servers, or those that are given. `seconds`: for one question, with all its tries."""

    def __init__(self, seconds: float, nameservers: Sequence[str] = ()) -> None:
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not nameservers)
            if nameservers:
                self._resolver.nameservers = [_server(text) for text in nameservers]
        except (dns.exception.DNSException, ValueError) as err:
            raise SettingsError(f"email.verify_nameservers: no name server to ask: {err}") from err
        self._resolver.cache = dns.resolver.LRUCache(_ANSWERS_KEPT)
        self._resolver.lifetime = seconds

    async def query(self, name: str, kind: Kind) -> Sequence[str]:
        """Return the records of a name; see Resolver."""
        try:
            wanted = dns.name.from_text(name)
            answer = await self._resolver.resolve(wanted, kind, raise_on_no_answer=False)
        except (dns.resolver.NXDOMAIN, dns.name.NameTooLong, dns.name.LabelTooLong, dns.name.EmptyLabel):
            return ()
        except dns.exception.SyntaxError:
            return ()
        except (dns.exception.DNSException, OSError) as err:
            raise TemporaryError(f"DNS: {kind} of {name[:_NAME_MAX]}: {type(err).__name__}") from err
        records = list(answer.rrset or ())
        if kind == "MX":
            hosts = [record for record in records if isinstance(record, MX)]
            return [str(host.exchange).rstrip(".") for host in sorted(hosts, key=lambda host: host.preference)]
        return [_text(record) if isinstance(record, TXT) else record.to_text() for record in records]


def _server(text: str) -> Do53Nameserver:
    """Return the name server of `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:53`."""
    host, colon, port = text.rpartition(":")
    with_port = bool(colon) and (":" not in host or host.startswith("["))
    address = ip_address(host.strip("[]") if with_port else text.strip("[]"))
    return Do53Nameserver(str(address), int(port) if with_port else _PORT)


def _text(record: TXT) -> str:
    return b"".join(record.strings).decode("utf-8", "replace")
