"""The `style` of a stranger's HTML, made calm: it loads nothing, hides nothing and is readable on light and on dark.

Pure and total. Which properties there may be is decided by the sanitiser that calls this.
"""

import re
from functools import lru_cache
from typing import Final

from threadline_shared.colours import contrast

CONTRAST_MIN: Final = 3.0  # WCAG 2.2, 1.4.11: the least at which anything is told from what is behind it

_LOADS: Final = re.compile(r"url|image|expression|\\|@", re.IGNORECASE)
_HIDDEN: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_HEX: Final = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})")
_RGB: Final = re.compile(r"rgb\(\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*\)")
_DISPLACES: Final = re.compile(r"(?:^|[\s(])-")
_MOVING: Final = ("margin", "text-indent", "padding")
_LETTERS: Final = ("font-size", "line-height")
_SIZES: Final = (*_LETTERS, "width", "max-width", "height", "max-height")
_LENGTH: Final = re.compile(
    r"(\d*\.?\d+(?:e[+-]?\d{1,3})?)\s*(px|pt|pc|q|mm|cm|in|r?em|ex|ch|v[a-z]{1,3}|%)?", re.IGNORECASE
)
_PIXELS: Final = {"px": 1.0, "pt": 1.33, "q": 0.94, "mm": 3.78, "cm": 37.8, "in": 96.0}
_EM_PIXELS: Final = 16.0  # of a unit that depends on the letters or the page, and of a bare number: about
_PER_CENT_OF_LETTERS: Final = 0.16
_PER_CENT_OF_PAGE: Final = 6.0
_FAR: Final = 300.0  # pixels: what is moved further is out of a narrow pane
_HUGE: Final = 4000.0
_LEGIBLE: Final = 3.0
_KNOWN_CHARS: Final = 300
_SHORT_HEX: Final = 3
_NAMED: Final = {
    "black": "#000000",
    "white": "#ffffff",
    "red": "#ff0000",
    "green": "#008000",
    "blue": "#0000ff",
    "navy": "#000080",
    "yellow": "#ffff00",
    "orange": "#ffa500",
    "purple": "#800080",
    "maroon": "#800000",
    "teal": "#008080",
    "olive": "#808000",
    "gray": "#808080",
    "grey": "#808080",
    "silver": "#c0c0c0",
    "whitesmoke": "#f5f5f5",
}


def calm_style(style: str) -> str | None:
    """Return what of a style may stay; see _calm. A mail has few styles, each many times."""
    return _known(style) if len(style) <= _KNOWN_CHARS else _calm(style)


def _calm(style: str) -> str | None:
    """Return the declarations that may stay, `display:none` where the element is hidden, or None if nothing may.

    Colours stay in pairs alone, text and background on one element with contrast between them: one alone would be read
    on a background that its author never saw. What moves text out of sight, or leaves it no size, is dropped.
    """
    if _HIDDEN.search(style):
        return "display:none"
    if _LOADS.search(style):
        return None
    told = {
        name.strip().lower(): value.strip() for name, _, value in (each.partition(":") for each in style.split(";"))
    }
    shorthand = told.pop("background", "")
    paint, ground = (_tidy(colour) for colour in (told.pop("color", ""), told.pop("background-color", shorthand)))
    kept = {name: value for name, value in told.items() if name and value and not _hides(name, value)}
    if readable(paint, ground):
        kept |= {"color": paint, "background-color": ground}
    return ";".join(f"{name}:{value}" for name, value in kept.items()) or None


def _hides(name: str, value: str) -> bool:
    """Return whether a declaration moves text out of sight, or leaves it no size to be seen in."""
    moves = name.startswith(_MOVING)
    if not moves and name not in _SIZES:
        return False
    if "(" in value:
        return True  # reckoned: nobody knows what it comes to
    sizes = [_pixels(name, number, unit.lower()) for number, unit in _LENGTH.findall(value)]
    if moves:
        return bool(_DISPLACES.search(value)) or any(size > _FAR for size in sizes)
    least = _LEGIBLE if name in _LETTERS else 0
    return any(size <= least or size > _HUGE for size in sizes)


def _pixels(name: str, number: str, unit: str) -> float:
    """Return about how many pixels a length is."""
    if unit == "%":
        return float(number) * (_PER_CENT_OF_LETTERS if name in _LETTERS else _PER_CENT_OF_PAGE)
    return float(number) * _PIXELS.get(unit, _EM_PIXELS)


_known: Final = lru_cache(maxsize=512)(_calm)


def _tidy(colour: str) -> str:
    return " ".join(colour.lower().removesuffix("!important").split())


def readable(paint: str, ground: str) -> bool:
    """Return whether text of one CSS colour can be read on another; what is not plainly written cannot."""
    first, second = _plain(paint), _plain(ground)
    return bool(first and second) and contrast(first, second) >= CONTRAST_MIN


def _plain(colour: str) -> str:
    """Return a CSS colour as `#rrggbb`; nothing if it is written in another way than these."""
    told = _NAMED.get(colour, colour)
    if stated := _RGB.fullmatch(told):
        return "#" + "".join(f"{min(int(part), 255):02x}" for part in stated.groups())
    found = _HEX.fullmatch(told)
    if found is None:
        return ""
    return told if len(found[1]) > _SHORT_HEX else "#" + "".join(2 * digit for digit in found[1])
