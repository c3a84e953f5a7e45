"""The check of senders over a real name server, and through a real SMTP conversation."""

import asyncio
import smtplib

import pytest

from support.dns import NOBODY_KNOWS, SILENCE, Signer, a_name_server
from support.mail import a_mail
from support.smtp import Taken, a_door
from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_email.proofs import checked
from threadline_email.proofs.resolver import DnsResolver
from threadline_email.senders import CHECKED
from threadline_email.settings import EmailSettings

NAMES = {
    ("text.example", "TXT"): ["v=spf1 -all"],
    ("mail.example", "MX"): ["20 b.mail.example.", "10 a.mail.example."],
    ("a.mail.example", "A"): ["192.0.2.1", "192.0.2.2"],
    ("a.mail.example", "AAAA"): ["2001:db8::1"],
    ("down.example", "TXT"): [NOBODY_KNOWS],
    ("silent.example", "TXT"): [SILENCE],
}


async def test_records_are_read_as_they_are() -> None:
    async with a_name_server(NAMES) as server:
        resolver = DnsResolver(5, [server])
        assert list(await resolver.query("text.example", "TXT")) == ["v=spf1 -all"]
        assert list(await resolver.query("mail.example", "MX")) == ["a.mail.example", "b.mail.example"]
        assert sorted(await resolver.query("a.mail.example", "A")) == ["192.0.2.1", "192.0.2.2"]
        assert list(await resolver.query("a.mail.example", "AAAA")) == ["2001:db8::1"]


@pytest.mark.parametrize("name", ["nothing.example", "text.example", "a" * 64 + ".example", "", "a..b", "x." * 130])
async def test_a_name_without_records_has_none(name: str) -> None:
    async with a_name_server(NAMES) as server:
        assert list(await DnsResolver(5, [server]).query(name, "MX")) == []


@pytest.mark.parametrize("name", ["down.example", "silent.example"])
async def test_trouble_is_told_from_absence(name: str) -> None:
    async with a_name_server(NAMES) as server:
        with pytest.raises(TemporaryError, match="DNS: TXT"):
            await DnsResolver(0.2, [server]).query(name, "TXT")


@pytest.mark.parametrize("server", ["ns.example", "127.0.0.1:x", "1.2.3"])
def test_a_name_server_is_an_address(server: str) -> None:
    with pytest.raises(SettingsError, match="verify_nameservers"):
        DnsResolver(1, [server])


async def test_a_signed_mail_that_comes_by_smtp_arrives_with_its_proof() -> None:
    signer = Signer("example.org")
    names = {("_dmarc.example.org", "TXT"): ["v=DMARC1; p=none"], signer.name: [signer.record]}
    taken = Taken()
    async with a_name_server(names) as server:
        settings = EmailSettings(verify=True, verify_nameservers=(server,))
        async with a_door(checked(taken, settings)) as port:
            await asyncio.to_thread(_send, port, signer.signed(a_mail()))
    assert (
        taken.arrivals[0].facts[CHECKED].endswith("dkim=pass header.d=example.org; dmarc=pass header.from=example.org")
    )


def _send(port: int, raw: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.sendmail("ada@example.org", ["support@localhost"], raw)
