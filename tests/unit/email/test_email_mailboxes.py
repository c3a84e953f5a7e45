"""Which mailbox an address belongs to."""

import pytest

from threadline_email.mailboxes import Directory, Mailbox

SUPPORT = Mailbox(address="support@example.org", aliases=("help@example.org",))
SALES = Mailbox(address="Sales@example.org", account="sales", desk="shop")
DIRECTORY = Directory([SUPPORT, SALES])


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("support@example.org", SUPPORT),
        ("SUPPORT@Example.ORG", SUPPORT),
        ("support+tag+more@example.org", SUPPORT),
        ("Help@example.org", SUPPORT),
        ("help+x@example.org", SUPPORT),
        ("sales@example.org", SALES),
        ("nobody@example.org", None),
        ("support@example.com", None),
        ("support", None),
        ("+tag@example.org", None),
        ("", None),
    ],
)
def test_case_and_plus_tags_do_not_count(address: str, mailbox: Mailbox | None) -> None:
    assert DIRECTORY.find(address) == mailbox


def test_a_mailbox_may_have_a_plus_in_its_own_address() -> None:
    urgent = Mailbox(address="support+urgent@example.org")
    assert Directory([SUPPORT, urgent]).find("support+urgent@example.org") == urgent


def test_the_account_is_the_department_or_else_the_address() -> None:
    assert (SUPPORT.name, SALES.name) == ("support@example.org", "sales")


def test_a_mailbox_is_found_by_what_its_messages_carry() -> None:
    assert DIRECTORY.of_account("shop", "sales") == SALES
    assert DIRECTORY.of_account("main", "sales") is None
