"""What is asked of a token endpoint, and what each of its answers tells the operator to do."""

import json

import pytest
from msgspec.structs import replace

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_email.imap.grant import LIFETIME_S, Grant, check_token_url, read_answer, request_form

GRANT = Grant(
    token_url="https://login.example/tenant/oauth2/v2.0/token",
    client_id="id",
    client_secret="s3cret",
    refresh_token="r3fresh",
    scope="https://mail.google.com/",
    refresh_name="THREADLINE_IMAP_SECRET_SUPPORT",
    client_name="THREADLINE_IMAP_SECRET_APP",
)


def body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def line(status: int, answer: bytes, grant: Grant = GRANT) -> str:
    with pytest.raises(SettingsError) as raised:
        read_answer(grant, status, answer, asked_with="r0tated")
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_refresh_token_is_asked_with_as_it_is_now() -> None:
    assert request_form(GRANT, "newer") == {
        "grant_type": "refresh_token",
        "client_id": "id",
        "client_secret": "s3cret",
        "refresh_token": "newer",
        "scope": "https://mail.google.com/",
    }


def test_without_one_the_client_asks_in_its_own_name() -> None:
    grant = replace(GRANT, refresh_token="", scope="https://outlook.office365.com/.default")
    assert request_form(grant, "") == {
        "grant_type": "client_credentials",
        "client_id": "id",
        "client_secret": "s3cret",
        "scope": "https://outlook.office365.com/.default",
    }


def test_a_public_client_sends_no_secret() -> None:
    assert "client_secret" not in request_form(replace(GRANT, client_secret=""), "r")


@pytest.mark.parametrize(("stated", "lifetime"), [(3599, 3599.0), ("3599", 3599.0), (None, LIFETIME_S), (-5, 1.0)])
def test_how_long_a_token_is_good(stated: object, lifetime: float) -> None:
    granted = read_answer(GRANT, 200, body(access_token="a", expires_in=stated))
    assert (granted.access_token, granted.lifetime, granted.refresh_token) == ("a", lifetime, "")


def test_a_replaced_refresh_token_is_told() -> None:
    assert read_answer(GRANT, 200, body(access_token="a", refresh_token="b")).refresh_token == "b"


@pytest.mark.parametrize(
    ("status", "answer"),
    [(500, b"oops"), (503, b"{}"), (429, b""), (408, b""), (400, body(error="temporarily_unavailable"))],
)
def test_what_may_pass_is_asked_again(status: int, answer: bytes) -> None:
    with pytest.raises(TemporaryError, match=r"login\.example answers"):
        read_answer(GRANT, status, answer)


def test_a_dead_refresh_token_says_where_the_new_one_goes() -> None:
    said = line(400, body(error="invalid_grant", error_description="AADSTS700082: The refresh token has expired."))
    assert "invalid_grant, AADSTS700082" in said
    assert "sign in again" in said
    assert "THREADLINE_IMAP_SECRET_SUPPORT" in said


def test_a_wrong_client_secret_says_which_to_check() -> None:
    said = line(401, body(error="invalid_client", error_description="AADSTS7000222: The provided keys are expired."))
    assert "oauth.client_id and THREADLINE_IMAP_SECRET_APP" in said


def test_a_client_that_nobody_consented_to() -> None:
    assert "administrator" in line(400, body(error="unauthorized_client", error_description="AADSTS700016"))


def test_a_wrong_scope_is_shown() -> None:
    assert "oauth.scope, 'https://mail.google.com/' now" in line(400, body(error="invalid_scope"))


@pytest.mark.parametrize(("status", "answer"), [(404, b"<html>"), (200, b"hello"), (302, b""), (200, b"{}")])
def test_what_is_no_token_endpoint_is_called_so(status: int, answer: bytes) -> None:
    assert "oauth.token_url" in line(status, answer)


def test_no_secret_is_quoted_back() -> None:
    described = "client s3cret sent r3fresh and r0tated\nby mistake"
    said = line(400, body(error="invalid_request", error_description=described))
    assert said.count("[redacted]") == 3
    assert not any(secret in said for secret in ("s3cret", "r3fresh", "r0tated"))


def test_nothing_shows_a_secret() -> None:
    shown = repr(GRANT) + repr(read_answer(GRANT, 200, body(access_token="acc3ss", refresh_token="r3fresh")))
    assert not any(secret in shown for secret in ("s3cret", "r3fresh", "acc3ss"))


@pytest.mark.parametrize(
    "url", ["https://oauth2.googleapis.com/token", "http://127.0.0.1:8/token", "http://localhost/t"]
)
def test_secrets_go_by_tls_or_not_far(url: str) -> None:
    check_token_url(url)


@pytest.mark.parametrize(
    "url", ["http://oauth2.example/token", "oauth2.googleapis.com/token", "https://", "", "ftp://a/b"]
)
def test_they_go_nowhere_else(url: str) -> None:
    with pytest.raises(ValueError, match="token_url = "):
        check_token_url(url)
