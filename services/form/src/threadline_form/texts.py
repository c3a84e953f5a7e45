"""The words on the form, in every language of `texts.toml`; which language a visitor reads."""

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Final

_CATALOGUE: Final[Mapping[str, Mapping[str, str]]] = tomllib.loads(
    (files(__package__) / "texts.toml").read_text(encoding="utf-8")
)
LANGUAGES: Final = tuple(_CATALOGUE)
_RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})
_KIB: Final = 1024
_MAX_CHOICES: Final = 20  # of an Accept-Language header; real ones have a handful


def text(language: str, key: str, **values: object) -> str:
    """Return one text, its `{names}` filled in. A key that is not in the catalogue is our bug: KeyError."""
    template = _CATALOGUE[language][key]
    if language in _RIGHT_TO_LEFT:  # `10 MB` or a file's name keeps its own direction
        values = {name: f"\N{FIRST STRONG ISOLATE}{value}\N{POP DIRECTIONAL ISOLATE}" for name, value in values.items()}
    return template.format(**values) if values else template


def keys(language: str) -> frozenset[str]:
    """Return the keys a language has."""
    return frozenset(_CATALOGUE[language])


def direction(language: str) -> str:
    """Return `rtl` or `ltr`."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def choose(languages: Sequence[str], *, wanted: str = "", accept: str = "") -> str:
    """Return the language to show: the wanted one, else the best of Accept-Language (RFC 9110), else the first."""
    if wanted in languages:
        return wanted
    ranked = sorted((_weighed(item) for item in accept.split(",")[:_MAX_CHOICES]), key=lambda pair: -pair[0])
    return next((tag for weight, tag in ranked if weight > 0 and tag in languages), languages[0])


def size(count: int) -> str:
    """Return bytes as people say them: `10 MB`."""
    amount = float(count)
    for unit in ("B", "KB", "MB"):
        if amount < _KIB:
            return f"{amount:.1f}".removesuffix(".0") + f" {unit}"
        amount /= _KIB
    return f"{amount:.1f}".removesuffix(".0") + " GB"


def _weighed(item: str) -> tuple[float, str]:
    tag, _, rest = item.strip().partition(";")
    try:
        weight = float(rest.strip().removeprefix("q=")) if rest else 1.0
    except ValueError:
        weight = 0.0
    return weight, tag.strip().lower().partition("-")[0]
