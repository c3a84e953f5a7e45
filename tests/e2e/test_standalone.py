"""`threadline up` as an operator meets it: starts, refuses, stops."""

import signal
import socket
import time
from pathlib import Path

import pytest

from support.gateway import Gateway, free_port


def test_it_says_what_listens_where(gateway: Gateway) -> None:
    ready = gateway.wait_ready()
    assert ready["url"] == gateway.url
    assert ready["smtp"] == f"127.0.0.1:{gateway.smtp_port}"
    assert (ready["mailboxes"], ready["forms"]) == (["support@localhost"], ["contact"])
    assert (ready["bus"], ready["database"], ready["pid"]) == ("SQLite", "SQLite", gateway.pid)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly_and_does_not_hang(gateway: Gateway, how: signal.Signals) -> None:
    before = time.monotonic()
    assert gateway.stop(how) == 0
    assert time.monotonic() - before < 15  # far beyond the promise of 2 s, which `make bench` measures
    assert "Traceback" not in gateway.log()


def test_the_screen_names_three_things_to_try(stopped_gateway: Gateway) -> None:
    stopped_gateway.launch(json=False)
    screen = stopped_gateway.wait_for_screen("Ctrl-C stops it")
    assert f"{stopped_gateway.url}/form/contact" in screen
    assert "send mail --to support@localhost" in screen
    assert f"smtp://127.0.0.1:{stopped_gateway.smtp_port}" in screen


def test_a_second_start_on_the_same_data_is_refused_in_one_line(gateway: Gateway) -> None:
    ports = {"THREADLINE_HTTP_PORT": str(free_port()), "THREADLINE_SMTP_PORT": str(free_port())}
    second = gateway.command("up", **ports)
    assert second.code == 1
    assert second.err.count("\n") == 1
    assert f"in use by process {gateway.pid}" in second.err


@pytest.mark.parametrize("door", ["HTTP", "SMTP"])
def test_a_port_in_use_is_one_line_that_names_the_variable(stopped_gateway: Gateway, door: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = {f"THREADLINE_{door}_PORT": str(other.getsockname()[1])}
        refused = stopped_gateway.command("up", **taken)
    assert refused.code == 1
    assert refused.err.count("\n") == 1
    assert f"THREADLINE_{door}_PORT" in refused.err


@pytest.mark.parametrize("door", ["HTTP", "SMTP"])
def test_it_is_not_open_to_others_without_a_token(stopped_gateway: Gateway, door: str) -> None:
    refused = stopped_gateway.command("up", **{f"THREADLINE_{door}_HOST": "0.0.0.0"})
    assert refused.code == 1
    assert refused.err.count("\n") == 1
    assert "THREADLINE_API_TOKEN" in refused.err


def test_with_a_token_it_is_open_to_those_who_know_it(tmp_path: Path) -> None:
    open_to_all = {"THREADLINE_HTTP_HOST": "0.0.0.0", "THREADLINE_API_TOKEN": "a-long-secret-of-the-operator"}
    gateway = Gateway(tmp_path, open_to_all).start()
    stranger = gateway.command("tickets", THREADLINE_API_TOKEN="")
    friend = gateway.command("tickets")
    gateway.end()
    assert (stranger.code, friend.code) == (1, 0)
    assert "THREADLINE_API_TOKEN" in stranger.err


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"THREADLINE_HTTP_PORT": "many"}, "THREADLINE_HTTP_PORT"),
        ({"THREADLINE_SMTP_PROT": "25"}, "did you mean THREADLINE_SMTP_PORT"),
        ({"THREADLINE_CONFIG": "nowhere.toml"}, "nowhere.toml"),
        ({"THREADLINE_DATA_DIR": "/proc/nothing"}, "/proc/nothing"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(
    stopped_gateway: Gateway, settings: dict[str, str], named: str
) -> None:
    refused = stopped_gateway.command("up", **settings)
    assert refused.code == 1
    assert refused.err.count("\n") == 1
    assert named in refused.err


@pytest.mark.parametrize(
    "text",
    ["[emial]\n", "[console]\n", "smtp_port = 2526\n", "[[email.mailboxes]]\nadress = 'a@b'\n", "data_dri = 'x'\n"],
)
def test_a_name_in_the_file_that_nobody_reads_is_refused(stopped_gateway: Gateway, text: str) -> None:
    stopped_gateway.folder.mkdir()
    (stopped_gateway.folder / "threadline.toml").write_text(text)
    refused = stopped_gateway.command("up", THREADLINE_CONFIG="")
    assert (refused.code, refused.err.count("\n")) == (1, 1)


def test_keys_and_data_are_private(gateway: Gateway) -> None:
    data = gateway.folder / "var"
    assert data.stat().st_mode & 0o077 == 0
    assert (data / "token-keys").stat().st_mode & 0o777 == 0o600


def test_after_a_kill_the_next_start_needs_no_help(gateway: Gateway) -> None:
    gateway.kill()
    assert (gateway.folder / "var" / "lock").exists()
    gateway.start()
    assert gateway.running()
