"""Signs of a program: they flag, and are not fooled by a stamp of somebody else's."""

import pytest

from threadline_form.settings import Form
from threadline_form.traps import Stamps, suspicion

NOW = 1_800_000_000.0


def test_a_stamp_tells_the_age_of_its_page() -> None:
    stamps = Stamps(b"secret")
    assert stamps.age("contact", stamps.stamp("contact", NOW), NOW + 12.5) == 12.5


@pytest.mark.parametrize(
    "stamp",
    [
        "",
        "x",
        f"{NOW:.0f}",
        f"{NOW:.0f}.",
        "1.ünicode",
        "٣.x",
        Stamps(b"other").stamp("contact", NOW),
        "9" * 6000 + ".",
    ],
)
def test_a_stamp_that_is_not_ours_tells_nothing(stamp: str) -> None:
    assert Stamps(b"secret").age("contact", stamp, NOW) is None


def test_a_stamp_is_good_for_its_form_alone() -> None:
    stamps = Stamps(b"secret")
    assert stamps.age("help", stamps.stamp("contact", NOW), NOW) is None


@pytest.mark.parametrize(
    ("hidden", "age", "sign"),
    [
        ("", 60.0, ""),
        ("", None, ""),
        ("  ", 60.0, ""),
        ("", 1.9, "too_fast"),
        ("", -5.0, "too_fast"),
        ("http://spam.example", 60.0, "hidden_field"),
        ("http://spam.example", 0.1, "hidden_field"),
    ],
)
def test_a_filled_hidden_field_and_haste_are_signs(hidden: str, age: float | None, sign: str) -> None:
    assert suspicion(Form(min_seconds=2), hidden_field=hidden, age=age) == sign
