"""Who may post to a form."""

import pytest

from threadline_form.origins import Caller, admitted, is_allowed

SITE = ("https://www.example.com",)


@pytest.mark.parametrize(
    "caller",
    [
        Caller(host="forms.example.org", origin="https://forms.example.org"),
        Caller(host="127.0.0.1:8080", origin="http://127.0.0.1:8080"),
        Caller(host="[::1]:8080", origin="http://[::1]:8080"),
        Caller(host="forms.example.org:443", origin="https://forms.example.org"),
        Caller(host="forms.example.org", origin="https://www.example.com"),
        Caller(host="forms.example.org", origin="https://WWW.example.com:443"),
        Caller(host="forms.example.org", referer="https://www.example.com/help?x=1"),
        Caller(host="forms.example.org", origin="null", fetch_site="same-origin"),
        Caller(host="forms.example.org", fetch_site="none"),
        Caller(host="forms.example.org"),
        Caller(host="forms.example.org", has_cookies=True, sends_json=True),
    ],
    ids=repr,
)
def test_our_page_a_configured_site_and_a_program_may_post(caller: Caller) -> None:
    assert admitted(caller, SITE)


@pytest.mark.parametrize(
    "caller",
    [
        Caller(host="forms.example.org", origin="https://evil.example.net"),
        Caller(host="forms.example.org", origin="http://www.example.com"),
        Caller(host="forms.example.org", origin="https://www.example.com.evil.example.net"),
        Caller(host="forms.example.org", origin="https://forms.example.org:8443"),
        Caller(host="forms.example.org", origin="null"),
        Caller(host="forms.example.org", origin="https://[broken"),
        Caller(host="forms.example.org", origin="https://evil.example.net", sends_json=True),
        Caller(host="forms.example.org", referer="https://evil.example.net/"),
        Caller(host="forms.example.org", fetch_site="cross-site"),
        Caller(host="forms.example.org", fetch_site="same-site", sends_json=True),
        Caller(host="forms.example.org", has_cookies=True),
    ],
    ids=repr,
)
def test_another_site_may_not(caller: Caller) -> None:
    assert not admitted(caller, SITE)


def test_no_origin_is_nobodys() -> None:
    assert not is_allowed("", ("",))
