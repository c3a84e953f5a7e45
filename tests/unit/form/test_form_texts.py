"""The words on the form."""

import string

import pytest

from threadline_form.texts import LANGUAGES, choose, direction, keys, size, text


def names(language: str, key: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text(language, key)) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_values(language: str) -> None:
    assert keys(language) == keys("en")
    assert {key: names(language, key) for key in keys("en")} == {key: names("en", key) for key in keys("en")}


@pytest.mark.parametrize(
    ("wanted", "accept", "chosen"),
    [
        ("", "", "en"),
        ("hr", "de", "hr"),
        ("xx", "de-AT,en;q=0.5", "de"),
        ("", "fr, el;q=0.3, de;q=0.9", "de"),
        ("", "de;q=0, el;q=0.1", "el"),
        ("", "de;q=nonsense, *", "en"),
        ("", "," * 5000 + "de", "en"),
    ],
)
def test_a_visitor_reads_the_best_language_there_is(wanted: str, accept: str, chosen: str) -> None:
    assert choose(("en", "de", "hr", "el"), wanted=wanted, accept=accept) == chosen


def test_arabic_runs_from_right_to_left_and_keeps_foreign_words_apart() -> None:
    assert (direction("ar"), direction("el")) == ("rtl", "ltr")
    assert "\u2068a.exe\u2069" in text("ar", "file_type", name="a.exe")


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KB"), (1536, "1.5 KB"), (10 * 1024**2, "10 MB"), (3 * 1024**3, "3 GB")],
)
def test_sizes_are_said_as_people_say_them(count: int, shown: str) -> None:
    assert size(count) == shown
