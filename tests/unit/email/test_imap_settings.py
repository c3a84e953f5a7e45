"""Settings of mailboxes that are fetched by IMAP: every mistake is one line that names it."""

from pathlib import Path
from typing import Any

import pytest

from threadline_contracts.errors import SettingsError
from threadline_email.imap_settings import ImapAccount, read_secret
from threadline_email.settings import read_settings, secret_variables

TABLE = """
[[email.mailboxes]]
address = "help@example.com"
[email.mailboxes.imap]
host = "imap.example.com"
user = "help"
"""
OAUTH = """auth = "xoauth2"
[email.mailboxes.imap.oauth]
token_url = "https://example.com/token"
client_id = "threadline"
"""


def env(folder: Path, more: str, table: str = TABLE, **variables: str) -> dict[str, str]:
    (folder / "x.toml").write_text(table + more)
    return {"THREADLINE_CONFIG": str(folder / "x.toml"), **variables}


def an_account(**chosen: Any) -> ImapAccount:
    return ImapAccount(**{"host": "imap.example.com", "user": "help", "secret": "help", **chosen})


def test_little_needs_to_be_said(tmp_path: Path) -> None:
    (mailbox,) = read_settings(env(tmp_path, 'secret = "help"')).mailboxes
    assert mailbox.imap is not None
    assert mailbox.imap.where == ("imap.example.com", 993)
    assert (mailbox.imap.folders, mailbox.imap.after, mailbox.imap.idle) == (("INBOX",), "keep", True)


def test_the_port_follows_from_the_way_to_tls() -> None:
    assert an_account(tls="starttls").where[1] == 143
    assert an_account(tls="tls", port=1993).where[1] == 1993


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("", "secret is missing"),
        ('secret = "help"\ntls = "none"', "tls = none is for this machine only"),
        ('secret = "help"\nafter = "move"', "after = move and target_folder belong together"),
        ('secret = "help"\ntarget_folder = "Done"', "after = move and target_folder belong together"),
        ('secret = "help"\nsent_folder = "INBOX"', "must all be different"),
        ('secret = "help"\nbackfill = "2026-02-31"', "day is out of range"),
        ('secret = "help"\nbackfill = "some"', "history to import"),
        ('secret = "help"\nidle_seconds = 1800', "1740"),
        ('secret = "Help"', "small letters"),
        ('auth = "xoauth2"', "needs [email.mailboxes.imap.oauth]"),
        (OAUTH, "refresh_token is missing"),
        (OAUTH + 'grant = "client_credentials"', "client_secret is missing"),
        ('secret = "help"\nfolder = "INBOX"', "did you mean folders?"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(tmp_path: Path, more: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(env(tmp_path, more))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_fetched_mailboxes_cannot_be_one_account(tmp_path: Path) -> None:
    twice = 'secret = "help"\n' + TABLE + 'secret = "help"'
    with pytest.raises(SettingsError, match="share desk and account"):
        read_settings(env(tmp_path, twice))


def test_secrets_are_variables_that_the_file_names(tmp_path: Path) -> None:
    more = OAUTH + 'refresh_token = "help_refresh"\nclient_secret = "help_client"'
    assert secret_variables(env(tmp_path, more)) == [
        "THREADLINE_IMAP_SECRET_HELP_REFRESH",
        "THREADLINE_IMAP_SECRET_HELP_CLIENT",
    ]


def test_a_secret_comes_from_the_environment_or_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("pässword\n")
    assert read_secret({"THREADLINE_IMAP_SECRET_HELP": "word"}, "help", "the password") == "word"
    assert read_secret({"THREADLINE_IMAP_SECRET_HELP_FILE": str(tmp_path / "password")}, "help", "it") == "pässword"


def test_a_missing_secret_is_named() -> None:
    with pytest.raises(SettingsError, match=r"THREADLINE_IMAP_SECRET_HELP is not set .* the password of help"):
        read_secret({}, "help", "the password of help")
