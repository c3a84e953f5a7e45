"""SPF: the records and answers are RFC 7208's examples, and what else it says of limits."""

from ipaddress import ip_address

import pytest

from support.dns import NOBODY_KNOWS, Zone
from threadline_email.proofs.spf import check_spf
from threadline_email.proofs.spf_macros import Envelope, expand

# RFC 7208, appendix A.
_NAMES = {
    ("example.com", "A"): ["192.0.2.10", "192.0.2.11"],
    ("example.com", "MX"): ["mail-a.example.com", "mail-b.example.com"],
    ("mail-a.example.com", "A"): ["192.0.2.129"],
    ("mail-b.example.com", "A"): ["192.0.2.130"],
    ("mail-c.example.org", "A"): ["192.0.2.140"],
    ("example.org", "MX"): ["mail-c.example.org"],
    ("includes.example", "TXT"): ["v=spf1 ip4:203.0.113.0/24 -all"],
    ("v6.example", "AAAA"): ["2001:db8::5"],
    ("loop.example", "TXT"): ["v=spf1 include:loop.example -all"],
    ("redirected.example", "TXT"): ["v=spf1 redirect=redirected.example"],
    ("two.example", "TXT"): ["v=spf1 -all", "v=spf1 +all"],
    ("down.example", "TXT"): [NOBODY_KNOWS],
    ("129.2.0.192.allowed.example", "A"): ["127.0.0.2"],
}


async def result_of(record: str, ip: str, mail_from: str = "ada@example.com") -> str:
    names = _NAMES | {("example.com", "TXT"): [record]} if record else _NAMES
    return (await check_spf(Zone(names), ip_address(ip), mail_from, "mail.example.com")).result


@pytest.mark.parametrize(
    ("record", "ip", "result"),
    [
        ("v=spf1 +all", "198.51.100.1", "pass"),
        ("v=spf1 a -all", "192.0.2.10", "pass"),
        ("v=spf1 a -all", "192.0.2.65", "fail"),
        ("v=spf1 a:example.org -all", "192.0.2.10", "fail"),
        ("v=spf1 mx -all", "192.0.2.129", "pass"),
        ("v=spf1 mx -all", "192.0.2.10", "fail"),
        ("v=spf1 mx:example.org -all", "192.0.2.140", "pass"),
        ("v=spf1 mx mx:example.org -all", "192.0.2.140", "pass"),
        ("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.131", "pass"),
        ("v=spf1 ptr -all", "192.0.2.65", "fail"),
        ("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.65", "fail"),
        ("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.129", "pass"),
        ("v=spf1 ip4:192.0.2.128/28 ~all", "192.0.2.65", "softfail"),
        ("V=SPF1 ?all", "192.0.2.65", "neutral"),
        ("v=spf1", "192.0.2.65", "neutral"),
        ("v=spf1 include:includes.example -all", "203.0.113.9", "pass"),
        ("v=spf1 include:includes.example ?all", "192.0.2.65", "neutral"),
        ("v=spf1 redirect=includes.example", "203.0.113.9", "pass"),
        ("v=spf1 redirect=includes.example exp=x.example", "192.0.2.1", "fail"),
        ("v=spf1 exists:%{ir}.allowed.example -all", "192.0.2.129", "pass"),
        ("v=spf1 exists:%{ir}.allowed.example -all", "192.0.2.130", "fail"),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8:1::1", "pass"),
        ("v=spf1 a:v6.example//64 -all", "2001:db8::9", "pass"),
        ("v=spf1 a:v6.example -all", "2001:db8::9", "fail"),
        ("v=spf10 -all", "192.0.2.1", "none"),
        ("", "192.0.2.1", "none"),
    ],
)
async def test_a_domain_says_who_may_send(record: str, ip: str, result: str) -> None:
    assert await result_of(record, ip) == result


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 ip4:192.0.2.999 -all",
        "v=spf1 ip4 -all",
        "v=spf1 a/33 -all",
        "v=spf1 nonsense -all",
        "v=spf1 include:nothing.example -all",
        "v=spf1 include:loop.example -all",
        "v=spf1 redirect=redirected.example",
        "v=spf1 redirect=nothing.example",
        "v=spf1 include:two.example -all",
        "v=spf1 a:%{z}.example -all",
        "v=spf1 a:%{d0}.example -all",
        "v=spf1 a:v1.example a:v2.example a:v3.example -all",
        "v=spf1 " + "a " * 11 + "-all",
    ],
)
async def test_a_broken_or_endless_record_says_nothing(record: str) -> None:
    assert await result_of(record, "198.51.100.1") == "permerror"


async def test_what_nobody_knows_now_is_no_verdict() -> None:
    assert await result_of("v=spf1 include:down.example -all", "198.51.100.1") == "temperror"


async def test_a_bounce_is_asked_by_its_greeting() -> None:
    zone = Zone({("mail.example.com", "TXT"): ["v=spf1 ip4:198.51.100.1 -all"]})
    found = await check_spf(zone, ip_address("198.51.100.1"), "", "mail.example.com")
    assert (found.result, found.domain) == ("pass", "mail.example.com")


@pytest.mark.parametrize(
    ("macro", "said"),
    [  # RFC 7208, 7.4
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
        ("%{h}.%%%_%-", "mx.example.org.% %20"),
    ],
)
def test_macros_are_filled_in(macro: str, said: str) -> None:
    envelope = Envelope(ip_address("192.0.2.3"), "strong-bad@email.example.com", "mx.example.org")
    assert expand(macro, "email.example.com", envelope) == said


def test_an_address_of_version_6_has_a_label_for_each_digit() -> None:
    envelope = Envelope(ip_address("2001:db8::cb01"), "a@example.com", "h")
    expected = "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"
    assert expand("%{ir}.%{v}._spf.%{d2}", "example.com", envelope) == expected
