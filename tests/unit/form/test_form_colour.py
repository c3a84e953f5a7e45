"""Whatever accent an operator picks, everything on the form stays readable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_form.colour import DARK_SURFACE, LIGHT_SURFACE, tones
from threadline_shared.colours import contrast

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast_is_that_of_the_standard(one: str, other: str, ratio: float) -> None:
    assert round(contrast(one, other), 2) == ratio


@given(accent=COLOURS, surface=st.sampled_from([LIGHT_SURFACE, DARK_SURFACE]))
def test_every_accent_is_readable_on_every_surface(accent: str, surface: str) -> None:
    made = tones(accent, surface)
    assert contrast(made.on_fill, accent) >= 4.5
    assert contrast(made.ink, surface) >= 4.5
    assert contrast(made.edge, surface) >= 3


def test_an_accent_that_is_readable_stays_as_it_is() -> None:
    assert tones("#4f46e5", LIGHT_SURFACE).ink == "#4f46e5"
