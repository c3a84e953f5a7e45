"""Ids and tokens that say which conversation a mail belongs to."""

import base64

import pytest

from support.mail import a_mail, message_of
from threadline_contracts.message import Evidence
from threadline_contracts.tokens import sign_token
from threadline_email.ids import REFERENCES_MAX

TOKENS = [
    sign_token("main", reference, "k1", b"secret")
    for reference in ("AAAAAAAAAA", "BBBBBBBBBB", "CCCCCCCCCC", "DDDDDDDDDD")
]


def evidence(rcpt_to: str = "", **fields: str) -> Evidence:
    return message_of(a_mail(**fields), rcpt_to=rcpt_to).evidence


def test_ids_come_without_brackets_in_order_and_once() -> None:
    found = evidence(In_Reply_To="<b@x>", References="<a@x> <b@x>\r\n\t<a@x>")
    assert (found.in_reply_to, found.references) == (("b@x",), ("a@x", "b@x"))


def test_ids_without_brackets_are_read_too() -> None:
    assert evidence(References="a@x, b@x").references == ("a@x", "b@x")


def test_of_too_many_references_the_root_and_the_latest_stay() -> None:
    found = evidence(References=" ".join(f"<{number}@x>" for number in range(1000))).references
    assert (len(found), found[0], found[1], found[-1]) == (REFERENCES_MAX, "0@x", "801@x", "999@x")


def test_tokens_come_in_the_order_of_trust() -> None:
    subject, older, newer, address = TOKENS
    found = evidence(
        rcpt_to=f"support+{address}@localhost",
        Subject=f"Re: fire [{subject}]",
        In_Reply_To="<nothing@x>",
        References=f"<{older}@localhost> <{newer}@localhost>",
    )
    assert found.tokens == (address, newer, older, subject)


def test_a_token_in_the_to_header_counts_as_an_address() -> None:
    assert evidence(To=f"Support <support+{TOKENS[0]}@localhost>").tokens == (TOKENS[0],)


def test_without_tokens_there_are_none() -> None:
    assert evidence(Subject="tl-short is no token").tokens == ()


_OUTLOOK = bytes([1]) + bytes(range(21))


@pytest.mark.parametrize(
    ("index", "head"),
    [
        (_OUTLOOK, _OUTLOOK.hex()),
        (_OUTLOOK + bytes(5), _OUTLOOK.hex()),
        (_OUTLOOK + bytes(4), ""),
        (_OUTLOOK[:20], ""),
        (bytes(22), ""),
    ],
)
def test_mails_of_one_outlook_conversation_share_the_head_of_their_index(index: bytes, head: str) -> None:
    folded = base64.b64encode(index).decode()
    raw = a_mail(Thread_Index=f"{folded[:10]}\r\n {folded[10:]}")
    assert message_of(raw).evidence.thread_index == head


def test_an_index_that_is_no_base64_is_none() -> None:
    assert message_of(a_mail(Thread_Index="AdR=?")).evidence.thread_index == ""
