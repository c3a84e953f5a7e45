"""The settings of mail: one line says what is wrong."""

from pathlib import Path

import pytest

from threadline_contracts.errors import SettingsError
from threadline_email.settings import auth_users, read_settings, tls_context


def config(folder: Path, toml: str, **env: str) -> dict[str, str]:
    path = folder / "threadline.toml"
    path.write_text(toml, encoding="utf-8")
    return {"THREADLINE_CONFIG": str(path), **env}


def test_without_a_configuration_there_is_one_mailbox_on_loopback(tmp_path: Path) -> None:
    settings = read_settings(config(tmp_path, ""))
    assert [box.address for box in settings.mailboxes] == ["support@localhost"]
    assert (settings.smtp_host, settings.smtp_port) == ("127.0.0.1", 2525)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    env = config(tmp_path, "[email]\nsmtp_port = 25\n", THREADLINE_SMTP_PORT="2500")
    assert read_settings(env).smtp_port == 2500


def test_mailboxes_come_from_the_file(tmp_path: Path) -> None:
    toml = '[[email.mailboxes]]\naddress = "a@b.c"\naccount = "sales"\naliases = ["x@b.c"]\nauthserv_id = "mx"\n'
    (box,) = read_settings(config(tmp_path, toml)).mailboxes
    assert (box.address, box.name, box.aliases, box.authserv_id) == ("a@b.c", "sales", ("x@b.c",), "mx")


@pytest.mark.parametrize(
    ("toml", "env", "named"),
    [
        ("[email]\nmailboxes = []\n", {}, "mailboxes"),
        ('[[email.mailboxes]]\naddress = "no address"\n', {}, "email.mailboxes[0].address"),
        ('[[email.mailboxes]]\naddres = "a@b.c"\n', {}, "addres"),
        ("", {"THREADLINE_SMTP_PORT": "many"}, "THREADLINE_SMTP_PORT"),
        ("", {"THREADLINE_SMTP_MODE": "x400"}, "THREADLINE_SMTP_MODE"),
        ("", {"THREADLINE_SMTP_HOST": "0.0.0.0"}, "THREADLINE_API_TOKEN"),
        ("", {"THREADLINE_SMTP_HOST": "mail.example.org"}, "THREADLINE_API_TOKEN"),
        ("", {"THREADLINE_SMTP_TLS_REQUIRED": "true"}, "THREADLINE_SMTP_TLS_CERT"),
        ("", {"THREADLINE_SMTP_AUTH_REQUIRED": "true"}, "THREADLINE_SMTP_AUTH_USERS"),
        ("", {"THREADLINE_SMTP_TRUSTED_PEERS": "10.0.0.1/8"}, "10.0.0.1/8"),
        ("", {"THREADLINE_SMTP_PROXY_NETWORKS": "10.0.0.1/8"}, "10.0.0.1/8"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, toml: str, env: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(config(tmp_path, toml, **env))
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_needs_no_token(tmp_path: Path, host: str) -> None:
    assert read_settings(config(tmp_path, "", THREADLINE_SMTP_HOST=host)).smtp_host == host


def test_with_a_token_it_may_listen_outside(tmp_path: Path) -> None:
    env = config(tmp_path, "", THREADLINE_SMTP_HOST="0.0.0.0", THREADLINE_API_TOKEN="secret")
    assert read_settings(env).smtp_host == "0.0.0.0"


def test_users_come_from_a_file_one_a_line(tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text("ada:pass:word\n\nbob:secret\n", encoding="utf-8")
    settings = read_settings(config(tmp_path, "", THREADLINE_SMTP_AUTH_USERS_FILE=str(users)))
    assert auth_users(settings) == {"ada": b"pass:word", "bob": b"secret"}


def test_a_broken_user_is_counted_not_shown(tmp_path: Path) -> None:
    settings = read_settings(config(tmp_path, "", THREADLINE_SMTP_AUTH_USERS="ada:x,hunter2"))
    with pytest.raises(SettingsError, match="entry 2") as caught:
        auth_users(settings)
    assert "hunter2" not in str(caught.value)


def test_an_unreadable_certificate_is_named(tmp_path: Path) -> None:
    settings = read_settings(config(tmp_path, "", THREADLINE_SMTP_TLS_CERT=str(tmp_path / "none.pem")))
    with pytest.raises(SettingsError, match=r"THREADLINE_SMTP_TLS_CERT: .*none\.pem"):
        tls_context(settings)
