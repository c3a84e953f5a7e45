"""Every setting there is: listed for the documentation, and the only names that are allowed."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from msgspec import Meta, Struct

from threadline_contracts.errors import SettingsError
from threadline_shared.settings import DataSettings, Port
from threadline_shared.settings_names import Shapes, list_settings, refuse_strangers


class Mailbox(Struct, frozen=True):
    address: str


class EmailSettings(Struct, frozen=True, kw_only=True):
    smtp_port: Annotated[Port, Meta(description="where mail comes in")] = 2525
    mode: Literal["smtp", "lmtp"] = "smtp"
    api_token: str = ""
    host: str
    mailboxes: tuple[Mailbox, ...] = ()


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


SHAPES: Shapes = {"": [DataSettings], "email": [EmailSettings]}


@pytest.mark.parametrize(
    "name", ["THREADLINE_SMTP_PORT", "THREADLINE_API_TOKEN_FILE", "THREADLINE_TEST_AMQP_URL", "HOME"]
)
def test_known_names_pass(name: str) -> None:
    refuse_strangers({name: "x"}, SHAPES)


def test_an_unknown_variable_is_refused_with_a_guess() -> None:
    with pytest.raises(SettingsError, match=r"^THREADLINE_SMPT_PORT is no .* mean THREADLINE_SMTP_PORT\?"):
        refuse_strangers({"THREADLINE_SMPT_PORT": "1"}, SHAPES)


def test_an_unknown_table_is_refused_with_a_guess() -> None:
    Path("threadline.toml").write_text("[emial]")

    with pytest.raises(SettingsError, match=r"^emial in threadline.toml is no setting; did you mean email\?"):
        refuse_strangers({}, SHAPES)


def test_settings_can_be_listed_for_the_documentation() -> None:
    port, mode, _, host, mailboxes = list_settings(EmailSettings, "email")

    assert (port.variable, port.allows, port.default, port.about) == (
        "THREADLINE_SMTP_PORT",
        "a whole number from 0 to 65535",
        "2525",
        "where mail comes in",
    )
    assert (mode.allows, mode.default) == ("one of lmtp, smtp", "smtp")
    assert (host.allows, host.default) == ("text", None)
    assert (mailboxes.variable, mailboxes.allows, mailboxes.default) == ("", "a list of tables", "[]")
