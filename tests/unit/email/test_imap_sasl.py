"""Bearer tokens on the wire, byte by byte as the documents give them."""

import base64

import pytest

from threadline_email.imap.sasl import BearerDialogue, BearerMechanism, initial_response, read_refusal

GOOGLE_EXAMPLE = (
    "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cB"
    "AQ=="
)
RFC_EXAMPLE = (  # RFC 7628 4.1
    "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSb"
    "GNrQmhkSFJoZG1semRHRXVZMjl0Q2c9PQEB"
)


def test_xoauth2_is_as_google_shows_it() -> None:
    token = "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"
    assert base64.b64encode(initial_response("XOAUTH2", "someuser@example.com", token)).decode() == GOOGLE_EXAMPLE


def test_oauthbearer_is_as_the_rfc_shows_it() -> None:
    token = "vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg=="
    told = initial_response("OAUTHBEARER", "user@example.com", token, host="server.example.com", port=143)
    assert base64.b64encode(told).decode() == RFC_EXAMPLE


def test_a_name_cannot_end_its_field() -> None:
    assert initial_response("OAUTHBEARER", "a,b=c", "t").startswith(b"n,a=a=2Cb=3Dc,\x01auth=")


@pytest.mark.parametrize(("mechanism", "gives_up"), [("XOAUTH2", b""), ("OAUTHBEARER", b"\x01")])
def test_an_error_challenge_is_answered_so_that_the_server_says_no(mechanism: BearerMechanism, gives_up: bytes) -> None:
    dialogue = BearerDialogue(mechanism, "u", "t")
    assert dialogue(b"") == initial_response(mechanism, "u", "t")
    assert dialogue(b'{"status":"invalid_token","scope":"mail"}') == gives_up
    assert dialogue.refused == "invalid_token, wants scope mail"


@pytest.mark.parametrize("challenge", [b"", b"no JSON", b"[]", b'{"other": 1}', b"\xff"])
def test_a_refusal_without_words_is_still_one(challenge: bytes) -> None:
    assert read_refusal(challenge) == "no reason given"


def test_google_gives_its_status_as_a_number() -> None:
    said = read_refusal(b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}')
    assert said == "400, wants scope https://mail.google.com/"


def test_a_dialogue_shows_no_token() -> None:
    assert "s3cret" not in repr(BearerDialogue("XOAUTH2", "u", "s3cret"))
