"""The settings of the form service."""

from pathlib import Path

import pytest

from threadline_contracts.errors import SettingsError
from threadline_form.settings import Ask, FormSettings, localized
from threadline_shared.settings import load


def loaded(toml: str, folder: Path) -> FormSettings:
    path = folder / "threadline.toml"
    path.write_text(toml)
    return load(FormSettings, {"THREADLINE_CONFIG": str(path)}, section="form")


def test_without_configuration_there_is_one_form_called_contact() -> None:
    settings = load(FormSettings, {}, section="form")
    assert [form.id for form in settings.forms] == ["contact"]
    assert settings.forms[0].fields.email is Ask.OPTIONAL


def test_everything_about_a_form_can_be_set(tmp_path: Path) -> None:
    form = loaded(
        """
        [[form.forms]]
        id = "help"
        desk = "shop"
        department = "Repairs"
        title = { en = "Repairs", hr = "Popravci" }
        accent = "#ffd400"
        allowed_origins = ["https://www.example.com"]
        languages = ["en", "hr"]
        [form.forms.fields]
        email = "required"
        phone = "off"
        [form.forms.limits]
        max_files = 1
        allowed_types = ["image/*"]
        [form.forms.rates]
        address_per_hour = 5
        """,
        tmp_path,
    ).forms[0]
    assert (form.id, form.desk, form.fields.phone, form.limits.max_files) == ("help", "shop", Ask.OFF, 1)
    assert [localized(form.title, language) for language in ("hr", "ru")] == ["Popravci", "Repairs"]


@pytest.mark.parametrize(
    ("toml", "named"),
    [
        ('[[form.forms]]\nid = "static"', "static"),
        ('[[form.forms]]\nid = "Contact Us"', "id"),
        ("[[form.forms]]\n[[form.forms]]", "contact, contact"),
        ("[form]\nforms = []", "none"),
        ('[[form.forms]]\naccent = "red"', "accent"),
        ('[[form.forms]]\nfont = "x;} body{display:none"', "font"),
        ('[[form.forms]]\nallowed_origins = ["https://example.com/path"]', "https://example.com/path"),
        ('[[form.forms]]\nallowed_origins = ["*"]', "'*'"),
        ('[[form.forms]]\nlanguages = ["en", "tlh"]', "tlh"),
        ("[[form.forms]]\nlanguages = []", "none"),
        ('[[form.forms]]\nfields = { message = "off" }', "message"),
        ('[[form.forms]]\ncolour = "#ffffff"', "colour"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(toml: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=named.replace("*", r"\*")) as refused:
        loaded(toml, tmp_path)
    assert "\n" not in str(refused.value)


def test_a_text_that_is_not_there_is_empty() -> None:
    assert localized({}, "en") == ""
