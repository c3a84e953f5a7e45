"""What a server repeats of a secret does not stay in its words."""

from base64 import b64encode

import pytest

from threadline_email.imap.redaction import redact

SECRET = 's3cr"et\\pw with spaces é'
SASL = f"\0ada\0{SECRET}".encode()


def coded(raw: bytes) -> str:
    return b64encode(raw).decode()


@pytest.mark.parametrize(
    "echo",
    [
        SECRET,
        SECRET.replace("\\", "\\\\").replace('"', '\\"'),
        repr(SECRET.encode())[2:-1],
        coded(SECRET.encode()),
        coded(SASL),
        coded(SASL).rstrip("="),
        coded(SASL)[:20],
        coded(SASL)[7:30],
    ],
)
def test_no_form_of_the_secret_is_left(echo: str) -> None:
    assert redact(f"BAD unknown command: {echo} !", SECRET, [SASL]) == "BAD unknown command: [redacted] !"


def test_the_server_s_own_words_stay() -> None:
    said = "[AUTHENTICATIONFAILED] Authentication failed, see https://example.org/help"
    assert redact(said, SECRET, [SASL]) == said


def test_a_piece_of_a_token_is_taken_out_too() -> None:
    assert redact("bad token ya29.a0AfH6SMBx...", "ya29.a0AfH6SMBxyz0123456789") == "bad token [redacted]"
