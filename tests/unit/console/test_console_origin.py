import pytest

from threadline_console.origin import is_forged, is_local_path, is_loopback_name


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:8080", "127.8.8.8", "[::1]:8080", "desk.localhost", "LOCALHOST."]
)
def test_this_machine_is_known_by_its_names(host: str) -> None:
    assert is_loopback_name(host)


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "192.168.1.5:8080", "[::2]", "[", "0"],
)
def test_a_name_that_a_stranger_can_point_here_is_not_this_machine(host: str) -> None:
    assert not is_loopback_name(host)


@pytest.mark.parametrize(
    ("origin", "fetch_site"),
    [
        ("http://evil.example", None),
        ("null", None),
        ("http://127.0.0.1:9999", None),
        ("http://127.0.0.1:8080", "cross-site"),
        (None, "same-site"),
        ("http://[", None),
    ],
)
def test_what_another_page_sends_is_forged(origin: str | None, fetch_site: str | None) -> None:
    assert is_forged(host="127.0.0.1:8080", origin=origin, fetch_site=fetch_site)


@pytest.mark.parametrize(
    ("origin", "fetch_site"), [("http://127.0.0.1:8080", "same-origin"), (None, None), (None, "none")]
)
def test_what_our_page_or_a_program_sends_is_not(origin: str | None, fetch_site: str | None) -> None:
    assert not is_forged(host="127.0.0.1:8080", origin=origin, fetch_site=fetch_site)


@pytest.mark.parametrize(
    "target", ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb", "tickets"]
)
def test_a_redirect_stays_on_our_site(target: str) -> None:
    assert not is_local_path(target)


def test_a_path_of_ours_may_be_redirected_to() -> None:
    assert is_local_path("/tickets?status=open")
