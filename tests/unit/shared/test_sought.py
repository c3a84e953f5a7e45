"""Whom a spool and the dead letters look for when a person is erased: strictly them."""

import pytest

from support.messages import a_message, a_person
from threadline_contracts.commands import IdentityName
from threadline_contracts.message import IdentityKind
from threadline_shared.sought import Sought

ANA = IdentityName(kind="email", value="ana@xn--mnchen-3ya.example")
PHONE = IdentityName(kind="phone", value="+385912345678")
CHAT = IdentityName(kind="telegram", value="123456789")
SOUGHT = Sought([ANA, PHONE, CHAT])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (IdentityKind.EMAIL, "Ana@München.example"),
        (IdentityKind.EMAIL, " ana@xn--mnchen-3ya.example. "),
        (IdentityKind.PHONE, "+385 (91) 234-5678"),
        (IdentityKind.TELEGRAM, "123456789"),
    ],
)
def test_they_are_known_however_they_are_written(kind: IdentityKind, value: str) -> None:
    assert SOUGHT.wrote(a_message(sender=a_person(value, kind=kind)))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (IdentityKind.EMAIL, "ana@other.example"),
        (IdentityKind.EMAIL, "diana@münchen.example"),
        (IdentityKind.EMAIL, "ana+work@münchen.example"),
        (IdentityKind.PHONE, "091 234 5678"),
        (IdentityKind.EXTERNAL, "123456789"),
        (IdentityKind.EMAIL, "nonsense"),
    ],
)
def test_others_are_not(kind: IdentityKind, value: str) -> None:
    assert not SOUGHT.wrote(a_message(sender=a_person(value, kind=kind)))


def test_a_recipient_is_not_a_sender() -> None:
    assert not SOUGHT.wrote(a_message(recipients=(a_person("ana@münchen.example"),)))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"From: Ana <ANA@xn--mnchen-3ya.example>\r\n", True),
        ("From: ana@münchen.example".encode(), True),
        (b"call +385912345678 now", True),
        (b'{"from": {"id": 123456789}}', True),
        (b"From: diana@xn--mnchen-3ya.example", False),
        (b"From: ana@xn--mnchen-3ya.example.org", False),
        (b"order 9123456789", False),
        (b"\xff\xfe\x00binary", False),
        (b"", False),
    ],
)
def test_bytes_name_them_or_do_not(content: bytes, found: bool) -> None:  # noqa: FBT001 - an expectation
    assert SOUGHT.is_in(content) is found


def test_a_door_knows_the_sender_s_address() -> None:
    assert SOUGHT.came_by({"peer": "192.0.2.1", "mail_from": "ANA@münchen.example"})
    assert not SOUGHT.came_by({"mail_from": "bob@b.example"})


def test_nobody_is_sought_by_what_is_too_short() -> None:
    assert not Sought([IdentityName(kind="external", value="42")]).is_in(b"42 and 42")
