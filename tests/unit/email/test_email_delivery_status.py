"""Status codes of mail systems that give none, or several."""

import pytest

from threadline_email.delivery_status import stated_status, translated_status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("550 5.1.1 User unknown", "5.1.1"),
        ("(#5.7.17)", "5.7.17"),
        ("550-5.1.1 The account\n550 5.1.1 does not exist.", "5.1.1"),
        ("5.1.0 - Unknown address error 550-'5.2.2 Mailbox full'", "5.2.2"),
        ("554 4.4.7 Message expired.<421 4.4.2 Connection timed out>", "4.4.2"),
        ("5.0.0 permanent failure", "5.0.0"),
        ("Ends with a code 5.1.1.", "5.1.1"),
        ("mx (5.5.2653.19), 5.1.1.1, v5.1.1, 15.1.1, 2.1.5", ""),
        ("", ""),
    ],
)
def test_the_most_telling_code_counts(text: str, status: str) -> None:
    assert stated_status(text) == status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("550 User unknown", "5.1.1"),
        ("host said: 552 mailbox is full", "5.2.2"),
        ("452 mailbox full, try again later", "4.2.2"),
        ("421 Connection refused", "4.4.1"),
        ("550 no", "5.0.0"),
        ("The recipient name is not recognized", "5.1.1"),
        ("Sorry, I couldn't find any host named x", "5.1.2"),
        ("too many hops", "5.4.6"),
        ("The message is too large", "5.3.4"),
        ("rejected as spam", "5.7.1"),
        ("temporarily unreachable", "4.4.1"),
        ("Hello", ""),
    ],
)
def test_a_reply_or_words_are_translated(text: str, status: str) -> None:
    assert translated_status(text) == status


def test_a_delay_is_no_failure() -> None:
    assert translated_status("unreachable", failed=False) == "4.4.1"
