"""Settings: environment over file over defaults, and one line for each mistake."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from threadline_contracts.errors import SettingsError
from threadline_shared.settings import DataSettings, Port, load, sections


class Mailbox(Struct, frozen=True, kw_only=True):
    address: Annotated[str, Meta(min_length=3)]
    password: Annotated[str, Meta(max_length=5)] = ""


class EmailSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    smtp_port: Annotated[Port, Meta(description="where mail comes in")] = 2525
    mode: Literal["smtp", "lmtp"] = "smtp"
    tls: bool = False
    ratio: Annotated[float, Meta(gt=0)] = 1.0
    api_token: Annotated[str, Meta(pattern="^[a-z]*$")] = ""
    bus_url: Annotated[str, Meta(pattern="^amqps?://")] = "amqp://localhost"
    proxies: tuple[str, ...] = ()
    mailboxes: tuple[Mailbox, ...] = ()
    desks: Mapping[str, Mailbox] = {}
    folder: Path | None = None

    def __post_init__(self) -> None:
        if self.tls and self.smtp_port == 25:
            raise ValueError("THREADLINE_TLS: port 25 starts without")


class Required(Struct, frozen=True, kw_only=True):
    host: str


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(toml: str = "", **env: str) -> EmailSettings:
    if toml:
        Path("threadline.toml").write_text(toml)
    return load(EmailSettings, {f"THREADLINE_{name}": value for name, value in env.items()}, section="email")


def refusal(toml: str = "", **env: str) -> str:
    with pytest.raises(SettingsError) as caught:
        settings(toml, **env)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_defaults_hold_without_environment_and_file() -> None:
    assert settings() == EmailSettings()


def test_the_file_is_over_the_defaults() -> None:
    assert settings("[email]\nsmtp_port = 25\n[form]\nx = 1").smtp_port == 25


def test_the_environment_is_over_the_file() -> None:
    assert settings("[email]\nsmtp_port = 25", SMTP_PORT="26").smtp_port == 26


def test_an_empty_variable_is_absent() -> None:
    assert settings(SMTP_PORT="").smtp_port == 2525


def test_text_becomes_numbers_truths_lists_and_paths() -> None:
    got = settings(TLS="true", RATIO="0.5", PROXIES="10.0.0.0/8, ::1,", FOLDER="/srv/x")

    assert (got.tls, got.ratio, got.proxies, got.folder) == (True, 0.5, ("10.0.0.0/8", "::1"), Path("/srv/x"))


def test_lists_of_tables_come_from_the_file() -> None:
    got = settings('[[email.mailboxes]]\naddress = "a@b"\n[email.desks.main]\naddress = "c@d"')

    assert (got.mailboxes, got.desks) == ((Mailbox(address="a@b"),), {"main": Mailbox(address="c@d")})


def test_a_value_may_come_from_a_file_of_its_own(folder: Path) -> None:
    (folder / "token").write_text("secret\n")

    assert settings(API_TOKEN_FILE=str(folder / "token")).api_token == "secret"


def test_the_config_file_may_be_elsewhere(folder: Path) -> None:
    (folder / "x.toml").write_text("[email]\nsmtp_port = 25")

    assert settings(CONFIG=str(folder / "x.toml")).smtp_port == 25


def test_without_a_section_the_keys_above_the_tables_are_read() -> None:
    Path("threadline.toml").write_text('data_dir = "/srv"\nother = 1\n[email]\n')

    assert load(DataSettings, {}) == DataSettings(data_dir=Path("/srv"))


def test_sections_are_the_tables_of_the_file() -> None:
    Path("threadline.toml").write_text('data_dir = "/srv"\n[email]\n[[form.forms]]\nname = "x"\n')

    assert sections({}) == ["email", "form"]


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"SMTP_PORT": "abc"}, "THREADLINE_SMTP_PORT: 'abc' is not a whole number from 0 to 65535"),
        ({"SMTP_PORT": "70000"}, "THREADLINE_SMTP_PORT: '70000' is not a whole number from 0 to 65535"),
        ({"MODE": "pop"}, "THREADLINE_MODE: 'pop' is not one of lmtp, smtp"),
        ({"TLS": "yes"}, "THREADLINE_TLS: 'yes' is not true or false"),
        ({"RATIO": "0"}, "THREADLINE_RATIO: '0' is not a number above 0"),
        ({"API_TOKEN": "S3CRET"}, "THREADLINE_API_TOKEN: the value (not shown) is not text that matches ^[a-z]*$"),
        (
            {"BUS_URL": "http://u:S3CRET@h"},
            "THREADLINE_BUS_URL: 'http://u:[redacted]@h' is not text that matches ^amqps?://",
        ),
        ({"TLS": "true", "SMTP_PORT": "25"}, "THREADLINE_TLS: port 25 starts without"),
        (
            {"MAILBOXES": "x"},
            "THREADLINE_MAILBOXES cannot be set in the environment: write its tables in the settings file",
        ),
        ({"CONFIG": "no.toml"}, "THREADLINE_CONFIG: cannot read no.toml: No such file or directory"),
        ({"API_TOKEN_FILE": "no"}, "THREADLINE_API_TOKEN_FILE: cannot read no: No such file or directory"),
        (
            {"API_TOKEN": "S3CRET", "API_TOKEN_FILE": "x"},
            "THREADLINE_API_TOKEN and THREADLINE_API_TOKEN_FILE are both set: keep one",
        ),
    ],
)
def test_a_wrong_variable_is_named_with_what_is_allowed(env: Mapping[str, str], says: str) -> None:
    assert refusal(**env) == says


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        (
            "[email]\nsmtp_port = 'abc'",
            "email.smtp_port in threadline.toml: 'abc' is not a whole number from 0 to 65535",
        ),
        ("[email]\nsmtp_prot = 1", "email.smtp_prot in threadline.toml is no setting; did you mean smtp_port?"),
        (
            "[[email.mailboxes]]\naddress='a@b'\n[[email.mailboxes]]\nadress='a@b'",
            "email.mailboxes[1].adress in threadline.toml is no setting; did you mean address?",
        ),
        (
            "[[email.mailboxes]]\nzzz=1",
            "email.mailboxes[0].zzz in threadline.toml is no setting; there are: address, password",
        ),
        (
            "[email.desks.eu]\nzzz=1",
            "email.desks.eu.zzz in threadline.toml is no setting; there are: address, password",
        ),
        (
            "[[email.mailboxes]]\n",
            "email.mailboxes[0] in threadline.toml: address is missing (text of at least 3 characters)",
        ),
        (
            "[[email.mailboxes]]\naddress=''",
            "email.mailboxes[0].address in threadline.toml: '' is not text of at least 3 characters",
        ),
        (
            "[[email.mailboxes]]\naddress='a@b'\npassword='S3CRET'",
            "email.mailboxes[0].password in threadline.toml: the value (not shown) is not text of at most 5 characters",
        ),
        (
            "[email.desks.eu]\naddress=1",
            "email.desks[...].address in threadline.toml: the value is not text of at least 3 characters",
        ),
        ("[email]\nmailboxes = 'x'", "email.mailboxes in threadline.toml: 'x' is not a list of tables"),
        ("[email]\nproxies = [1]", "email.proxies[0] in threadline.toml: 1 is not text"),
        (
            "[email]\nsmtp_port = [1]",
            "email.smtp_port in threadline.toml: a list is not a whole number from 0 to 65535",
        ),
        ("[email]\nfolder = 3", "email.folder in threadline.toml: 3 is not a path"),
        ("email = 3", "email in threadline.toml must be a table: write [email] above its settings"),
        ("[email", "threadline.toml is not TOML: Expected ']' at the end of a table declaration (at end of document)"),
    ],
)
def test_a_wrong_key_of_the_file_is_named_with_what_is_allowed(toml: str, says: str) -> None:
    assert refusal(toml) == says


def test_a_missing_setting_says_where_it_may_be_set() -> None:
    with pytest.raises(SettingsError) as bare:
        load(Required, {}, section="door")
    Path("threadline.toml").write_text("[door]")
    with pytest.raises(SettingsError) as with_file:
        load(Required, {}, section="door")

    assert str(bare.value) == "THREADLINE_HOST is not set (text)"
    assert str(with_file.value) == "THREADLINE_HOST is not set, nor is host in [door] of threadline.toml (text)"


def outcome(env: Mapping[str, str]) -> str:
    try:
        load(EmailSettings, env)
    except SettingsError as err:
        return str(err)
    return ""


@given(value=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_value_is_taken_or_refused_in_one_line(value: str) -> None:
    for name in ("SMTP_PORT", "MODE", "TLS", "RATIO", "BUS_URL", "PROXIES", "FOLDER"):
        said = outcome({f"THREADLINE_{name}": value})
        assert said.startswith(f"THREADLINE_{name}: ") or not said
        assert len(said.splitlines()) <= 1


def test_a_home_of_nobody_is_named_in_one_line() -> None:
    with pytest.raises(SettingsError, match=r"THREADLINE_DATA_DIR.*names a user who is not there"):
        load(DataSettings, {"THREADLINE_DATA_DIR": "~nobody-of-that-name/var"})
