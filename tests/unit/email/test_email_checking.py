"""Our own check of who sent a mail: what SPF, DKIM and DMARC come to, and what we do not know."""

from collections.abc import Mapping
from typing import Final

import pytest

from support.dns import NOBODY_KNOWS, SILENCE, Names, Signer, Zone
from support.mail import SUPPORT, a_mail, an_arrival, message_of
from support.smtp import Taken
from threadline_email.mailboxes import Mailbox
from threadline_email.proofs.checking import Checked
from threadline_email.senders import CHECKED

SIGNER: Final = Signer("example.org")
LIST: Final = Signer("lists.example.org")
STRANGER: Final = Signer("evil.example")
POLICY: Final = {("_dmarc.example.org", "TXT"): ["v=DMARC1; p=reject"]}
NAMES: Final = POLICY | {one.name: [one.record] for one in (SIGNER, LIST, STRANGER)}
MAIL: Final = a_mail()
DIRECT: Final = {"peer": "203.0.114.9", "helo": "mx.example.org", "mail_from": "ada@example.org"}
SPF: Final = {("example.org", "TXT"): ["v=spf1 ip4:203.0.114.9 -all"]}


async def found(raw: bytes, facts: Mapping[str, str], names: Names = NAMES, seconds: float = 5) -> str:
    taken = Taken()
    await Checked(taken, Zone(names), seconds).accept(raw, an_arrival(SUPPORT, **facts))
    return taken.arrivals[0].facts.get(CHECKED, "")


async def assurance(raw: bytes, names: Names = NAMES, facts: Mapping[str, str] = DIRECT) -> tuple[str, str]:
    said = await found(raw, facts, names)
    (identity,) = message_of(raw, SUPPORT, **{**facts, CHECKED: said}).sender.identities
    return identity.assurance.value, identity.by


PROVED: Final = ("verified", "dmarc-check")
REFUTED: Final = ("claimed", "dmarc-check")
UNKNOWN: Final = ("asserted", "from-header")


async def test_a_signature_of_its_domain_proves_a_sender() -> None:
    assert await assurance(SIGNER.signed(MAIL)) == PROVED


async def test_a_client_that_its_domain_allows_proves_a_sender() -> None:
    assert await assurance(MAIL, NAMES | SPF) == PROVED


async def test_nothing_that_speaks_for_its_domain_refutes_a_sender() -> None:
    assert await assurance(MAIL) == REFUTED


async def test_the_proof_of_another_domain_proves_nothing() -> None:
    spf = {("evil.example", "TXT"): ["v=spf1 +all"]}
    facts = DIRECT | {"mail_from": "eve@evil.example"}
    assert await assurance(STRANGER.signed(MAIL), NAMES | spf, facts) == REFUTED


@pytest.mark.parametrize(("policy", "expected"), [("p=none", PROVED), ("p=none; adkim=s", REFUTED)])
async def test_a_subdomain_speaks_for_its_organisation_unless_that_is_strict(
    policy: str, expected: tuple[str, str]
) -> None:
    names = NAMES | {("_dmarc.example.org", "TXT"): [f"v=DMARC1; {policy}"]}
    assert await assurance(LIST.signed(MAIL), names) == expected


async def test_the_policy_of_the_organisation_counts_for_a_subdomain() -> None:
    signed = SIGNER.signed(a_mail(From="ada@desk.example.org"))
    assert await assurance(signed) == PROVED


async def test_a_public_suffix_is_no_organisation() -> None:
    neighbour = Signer("evil.co.uk")
    names = {("_dmarc.victim.co.uk", "TXT"): ["v=DMARC1; p=none"], neighbour.name: [neighbour.record]}
    assert await assurance(neighbour.signed(a_mail(From="bob@victim.co.uk")), names) == REFUTED


async def test_a_domain_without_a_policy_proves_and_refutes_nobody() -> None:
    names = {SIGNER.name: [SIGNER.record]}
    assert await assurance(SIGNER.signed(MAIL), names) == UNKNOWN


@pytest.mark.parametrize(
    "changed",
    [
        lambda signed: signed.replace(b"It burns", b"It works"),
        lambda signed: signed.replace(b"Subject: The", b"Subject: A"),
        lambda signed: b"From: Eve <eve@example.org>\r\n" + signed,
        lambda signed: signed.replace(b"a=rsa-sha256", b"a=rsa-sha1"),
        lambda signed: signed.replace(b"d=example.org", b"d=other.example"),
    ],
)
async def test_a_mail_that_was_changed_on_the_way_is_not_proved(changed: object) -> None:
    assert callable(changed)
    said = await found(changed(SIGNER.signed(MAIL)), DIRECT)
    assert "dmarc=pass" not in said


async def test_a_signature_over_the_beginning_alone_proves_nothing() -> None:
    signed = SIGNER.signed(MAIL, length=True)
    assert await assurance(signed + b"Pay me at once.\r\n") == REFUTED


@pytest.mark.parametrize("facts", [{"relay": "trusted"}, {"peer": "127.0.0.1"}, {"peer": "10.0.0.9"}, {"peer": ""}])
async def test_behind_a_relay_only_a_proof_is_a_verdict(facts: dict[str, str]) -> None:
    behind = DIRECT | facts
    assert await assurance(MAIL, facts=behind) == UNKNOWN
    assert await assurance(SIGNER.signed(MAIL), facts=behind) == PROVED


@pytest.mark.parametrize(
    "broken",
    [
        {SIGNER.name: [NOBODY_KNOWS]},
        {("_dmarc.example.org", "TXT"): [NOBODY_KNOWS]},
        {("example.org", "TXT"): [NOBODY_KNOWS]},
    ],
)
async def test_trouble_of_the_dns_is_no_verdict(broken: dict[tuple[str, str], list[str]]) -> None:
    signed = (
        SIGNER.signed(MAIL).replace(b"It burns", b"It works")
        if ("example.org", "TXT") in broken
        else SIGNER.signed(MAIL)
    )
    assert await assurance(signed, NAMES | broken) == UNKNOWN


async def test_a_dns_that_is_silent_holds_no_mail_up() -> None:
    said = await found(SIGNER.signed(MAIL), DIRECT, NAMES | {SIGNER.name: [SILENCE]}, seconds=0.02)
    assert said == "threadline; dmarc=temperror"


@pytest.mark.parametrize("fact", ["auth_user", "backfill", "sent", "oversize"])
async def test_who_is_known_already_or_not_to_be_known_is_not_asked_for(fact: str) -> None:
    assert await found(SIGNER.signed(MAIL), DIRECT | {fact: "1"}) == ""


@pytest.mark.parametrize("sender", [None, "a@example.org, b@example.org", "nobody", "x@exa;mple.org"])
async def test_a_mail_without_one_sender_is_not_checked(sender: str | None) -> None:
    assert "pass" not in await found(a_mail(From=sender), DIRECT, NAMES | SPF)


async def test_the_exchanger_that_an_operator_trusts_counts_before_our_check() -> None:
    box = Mailbox(address="support@localhost", authserv_id="mx.example.com")
    raw = a_mail(Authentication_Results="mx.example.com; dmarc=pass header.from=example.org")
    facts = {"relay": "trusted", CHECKED: "threadline; dmarc=fail header.from=example.org"}
    assert message_of(raw, box, **facts).sender.identities[0].by == "dmarc"


def test_nobody_can_send_us_our_own_verdict() -> None:
    raw = a_mail(Authentication_Results="threadline; dmarc=pass header.from=example.org")
    assert message_of(raw, SUPPORT, relay="trusted").sender.identities[0].assurance == "asserted"
