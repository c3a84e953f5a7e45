"""The one accent colour, made readable: pure, by the contrast of WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""

from typing import Final

from msgspec import Struct

from threadline_shared.colours import channels, contrast

TEXT_CONTRAST: Final = 4.5  # AA, normal text
PART_CONTRAST: Final = 3.0  # AA, the edge of a button
LIGHT_SURFACE: Final = "#ffffff"
DARK_SURFACE: Final = "#17181c"
_INKS: Final = ("#ffffff", "#000000")
_STEPS: Final = 50


class Tones(Struct, frozen=True):
    """An accent on one surface: text on it, its edge where it would fade into the surface, and itself as text."""

    on_fill: str
    edge: str
    ink: str


def tones(accent: str, surface: str) -> Tones:
    """Return the tones of an accent, each as close to it as contrast allows."""
    # One of the two inks always has a contrast of 4.58 or more.
    on_fill = next(ink for ink in _INKS if contrast(accent, ink) >= TEXT_CONTRAST)
    return Tones(on_fill, _readable(accent, surface, PART_CONTRAST), _readable(accent, surface, TEXT_CONTRAST))


def _readable(colour: str, surface: str, ratio: float) -> str:
    ink = max(_INKS, key=lambda candidate: contrast(surface, candidate))
    mixed = (_mix(colour, ink, step / _STEPS) for step in range(_STEPS + 1))
    return next((candidate for candidate in mixed if contrast(candidate, surface) >= ratio), ink)


def _mix(colour: str, other: str, share: float) -> str:
    pairs = zip(channels(colour), channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
