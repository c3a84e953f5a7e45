"""Batches of mails to read, and the ledger's marks of them."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from support.mail import a_mail
from threadline_email.imap.connection import Described
from threadline_email.imap.ledger import mark_of, mark_of_head
from threadline_email.imap.reading import batches

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
HEAD = b"Message-ID: <m1@example.org>\r\nFrom: a@b\r\nDate: Mon, 02 Mar 2026 10:00:00 +0100\r\nSubject: x\r\n\r\n"


def described(**sizes: int) -> dict[int, Described]:
    return {int(uid.removeprefix("u")): Described(size, NOON) for uid, size in sizes.items()}


def shapes(found: dict[int, Described], **bounds: int) -> list[tuple[list[int], bool]]:
    limits = {"mails": 3, "size": 100, "max_bytes": 1000, **bounds}
    return [(list(batch.mails), batch.heads_only) for batch in batches(found, **limits)]


def test_batches_are_bounded_by_count_and_by_bytes() -> None:
    assert shapes(described(u1=1, u2=1, u3=1, u4=1)) == [([1, 2, 3], False), ([4], False)]
    assert shapes(described(u1=60, u2=60, u3=30)) == [([1], False), ([2, 3], False)]


def test_a_mail_that_is_larger_than_a_batch_comes_alone() -> None:
    assert shapes(described(u1=1, u2=500, u3=1)) == [([1], False), ([2], False), ([3], False)]


def test_of_too_large_a_mail_the_header_is_read() -> None:
    assert shapes(described(u1=1, u2=5000, u3=1)) == [([1], False), ([2], True), ([3], False)]


@given(st.dictionaries(st.integers(1, 1000), st.integers(0, 2000)))
def test_every_mail_is_in_one_batch_in_order(sizes: dict[int, int]) -> None:
    found = {uid: Described(size, NOON) for uid, size in sizes.items()}
    several = list(batches(found, mails=5, size=1500, max_bytes=1800))
    assert [uid for batch in several for uid in batch.mails] == sorted(sizes)
    assert all(len(batch.mails) <= 5 for batch in several)
    assert all(batch.size <= 1500 or len(batch.mails) == 1 for batch in several)


def test_the_mark_of_a_mail_is_in_its_header_fields() -> None:
    assert mark_of_head(HEAD) == mark_of(HEAD + b"whatever the body")


def test_without_message_id_or_date_the_header_fields_do_not_tell() -> None:
    assert mark_of_head(HEAD.replace(b"Message-ID: <m1@example.org>", b"Message-ID:")) is None
    assert mark_of_head(HEAD.replace(b"Date:", b"X-Date:")) is None


def test_marks_of_different_mails_differ() -> None:
    assert mark_of(a_mail(Message_ID="<1@x>")) != mark_of(a_mail(Message_ID="<2@x>"))
