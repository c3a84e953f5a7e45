"""How far a sender is proved."""

import pytest

from support.mail import a_mail, message_of
from threadline_email.mailboxes import Mailbox

MX = Mailbox(address="support@localhost", authserv_id="mx.example.org")


def assurance(
    results: str | None = None, mailbox: Mailbox = MX, relay: str = "trusted", **facts: str
) -> tuple[str, str]:
    raw = a_mail(Authentication_Results=results)
    (identity,) = message_of(raw, mailbox, relay=relay, **facts).sender.identities
    return identity.assurance.value, identity.by


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (None, ("asserted", "from-header")),
        ("mx.example.org; dmarc=pass header.from=example.org", ("verified", "dmarc")),
        ("MX.example.org 1; spf=fail; DMARC=Pass (p=reject) header.from=example.org", ("verified", "dmarc")),
        ("mx.example.org; dmarc=fail header.from=example.org", ("claimed", "dmarc")),
        ("mx.example.org; dmarc=none header.from=example.org", ("asserted", "from-header")),
        ("mx.example.org; spf=pass; dkim=pass", ("asserted", "from-header")),
        ("mx.example.org; none", ("asserted", "from-header")),
        ("other.example; dmarc=pass header.from=example.org", ("asserted", "from-header")),
        ("mx.example.org; dmarc=pass header.from=evil.example", ("asserted", "from-header")),
        ("mx.example.org; dkim=none (x; dmarc=pass; y)", ("asserted", "from-header")),
        ("mx.example.org; dkim=none (x (nested); dmarc=pass; y)", ("asserted", "from-header")),
        ('mx.example.org; dkim=fail reason="; dmarc=pass; "', ("asserted", "from-header")),
        ("mx.example.org; dkim=fail (unclosed; dmarc=pass", ("asserted", "from-header")),
    ],
)
def test_only_our_own_mail_exchanger_proves_a_sender(results: str | None, expected: tuple[str, str]) -> None:
    assert assurance(results) == expected


PASSED = "mx.example.org; dmarc=pass header.from=example.org"


def test_results_count_only_from_a_relay_that_is_trusted() -> None:
    assert assurance(PASSED, relay="") == ("asserted", "from-header")


def test_results_count_only_where_an_operator_named_the_authserv_id() -> None:
    assert assurance(PASSED, Mailbox(address="support@localhost")) == ("asserted", "from-header")


def test_only_the_topmost_results_count() -> None:
    raw = b"Authentication-Results: mx.example.org; dmarc=fail\r\n" + a_mail(Authentication_Results=PASSED)
    assert message_of(raw, MX, relay="trusted").sender.identities[0].assurance == "claimed"


def test_what_stands_below_results_without_a_verdict_does_not_count_either() -> None:
    raw = b"Authentication-Results: mx.example.org; spf=pass\r\n" + a_mail(Authentication_Results=PASSED)
    assert message_of(raw, MX, relay="trusted").sender.identities[0].assurance == "asserted"


def proved(sender: str, results: str) -> str:
    raw = a_mail(From=sender, Authentication_Results=f"mx.example.org; {results}")
    return message_of(raw, MX, relay="trusted").sender.identities[0].assurance.value


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("ada@example.org", "verified"),
        ("Ada Lovelace <ada@example.org>", "verified"),
        ('"Lovelace, Ada" <ada@example.org>', "verified"),
        ("=?utf-8?q?Ad=C3=A1?= <ada@example.org>", "verified"),
        ("Zoë <zoe@example.org>", "verified"),
        ("<ada@firm.example> <eve@evil.example>", "asserted"),
        ('"ada@firm.example" <eve@evil.example>', "asserted"),
        ("ada@firm.example <eve@evil.example>", "asserted"),
        ("ada@firm.example (eve@evil.example)", "asserted"),
        ("<@evil.example:ada@firm.example>", "asserted"),
        ('"ada@firm.example\\" <eve@evil.example>', "asserted"),
        ("a" * 2000 + " <ada@example.org>", "asserted"),
    ],
)
def test_a_verdict_about_nobody_proves_only_a_plain_from(sender: str, expected: str) -> None:
    assert proved(sender, "dmarc=pass") == expected


def test_a_failure_about_nobody_counts_whatever_the_from() -> None:
    assert proved("<ada@firm.example> <eve@evil.example>", "dmarc=fail") == "claimed"


@pytest.mark.parametrize(
    ("domain", "about", "expected"),
    [
        ("bücher.example", "xn--bcher-kva.example", "verified"),
        ("xn--bcher-kva.example", "bücher.example", "verified"),
        ("xn--bcher-kva.example", "XN--Bcher-kva.Example", "verified"),
        ("bücher.example", "bucher.example", "asserted"),
        ("straße.example", "strasse.example", "asserted"),
        ("straße.example", "xn--strae-oqa.example", "verified"),
        ("xn--.example", "xn--.example", "verified"),
        ("xn--a\u00fc.example", "xn--b.example", "asserted"),
    ],
)
def test_a_verdict_may_name_a_domain_in_letters_or_in_ascii(domain: str, about: str, expected: str) -> None:
    assert proved(f"Ada <ada@{domain}>", f"dmarc=pass header.from={about}") == expected


def test_what_stands_below_somebody_elses_results_came_with_the_mail() -> None:
    raw = b"Authentication-Results: filter.example; spf=pass\r\n" + a_mail(Authentication_Results=PASSED)
    assert message_of(raw, MX, relay="trusted").sender.identities[0].assurance == "asserted"


@pytest.mark.parametrize("extra", [b"From: Eve <eve@example.com>\r\n", b""])
def test_a_mail_of_two_senders_proves_neither(extra: bytes) -> None:
    both = "ada@example.org, eve@example.com" if not extra else "Ada <ada@example.org>"
    raw = extra + a_mail(From=both, Authentication_Results=PASSED)
    assert message_of(raw, MX, relay="trusted").sender.identities[0].assurance == "asserted"


def test_a_login_proves_its_own_address() -> None:
    assert assurance(auth_user="Ada@Example.org") == ("verified", "smtp-auth")


def test_a_login_proves_no_other_address() -> None:
    assert assurance(auth_user="eve@example.com") == ("asserted", "from-header")
