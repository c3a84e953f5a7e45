"""Checks raw settings against a struct, and says what is wrong in one line. Pure; refuses what no field knows."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import msgspec
from msgspec import Struct, inspect

from threadline_contracts.errors import SettingsError
from threadline_shared.settings_words import allowed, bare, is_list, is_table, item_of
from threadline_shared.text import cut, mask_passwords

_SECRET: Final = re.compile(r"token|passw|secret|keys|credential", re.IGNORECASE)
_PLACE: Final = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_MISSING: Final = re.compile(r"Object missing required field `(.+)`")
_SHOWN: Final = 60  # characters of a wrong value
_FEW: Final = 12  # so many names are listed where none is close to the unknown one
_S = TypeVar("_S", bound=Struct)
_Path = tuple[str | int, ...]


class Origins(Struct, frozen=True):
    """Where values came from: by field, a variable or `place in file`; else the part of the file, and what to set."""

    of: Mapping[str, str]
    group: str
    variable: Callable[[str], str]


def check(shape: type[_S], found: Mapping[str, object], origins: Origins) -> _S:
    """Return the struct of raw values. Raises SettingsError."""
    info = inspect.type_info(shape)
    for path, known in _strangers(found, info, ()):
        raise SettingsError(f"{_label(path, origins)} is no setting{suggestion(str(path[-1]), known)}")
    try:
        return msgspec.convert(found, shape, strict=False, dec_hook=_custom)
    except msgspec.ValidationError as err:
        raise SettingsError(_explain(str(err), found, info, origins)) from err


def accepts_list(kind: object) -> Literal["", "words", "tables"]:
    """Return whether a field's type is a list: of words, which one variable may hold, or of tables, which none can."""
    info = inspect.type_info(kind)
    if is_table(info):
        return "tables"
    return "words" if is_list(bare(info)) else ""


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean x?` for a name that is close to a known one, else which there are."""
    names = sorted(known)
    if close := get_close_matches(name, names, n=1):
        return f"; did you mean {close[0]}?"
    return f"; there are: {', '.join(names)}" if 0 < len(names) <= _FEW else ""


def _strangers(value: object, info: inspect.Type, path: _Path) -> Iterator[tuple[_Path, Sequence[str]]]:
    """Yield the path of each name that no struct has, with the names it has instead."""
    info = bare(info)
    if isinstance(info, inspect.StructType) and isinstance(value, Mapping):
        fields = {field.encode_name: field.type for field in info.fields}
        for name, content in value.items():
            if name not in fields:
                yield (*path, name), tuple(fields)
            else:
                yield from _strangers(content, fields[name], (*path, name))
    elif isinstance(info, inspect.DictType) and isinstance(value, Mapping):
        for name, content in value.items():
            yield from _strangers(content, info.value_type, (*path, str(name)))
    elif is_list(info) and isinstance(value, list):
        for index, content in enumerate(value):
            yield from _strangers(content, item_of(info), (*path, index))


def _explain(said: str, found: Mapping[str, object], info: inspect.Type, origins: Origins) -> str:
    match = _PLACE.fullmatch(said)
    what, where = (match["what"], match["path"] or "") if match else (said, "")
    path: _Path = tuple(name or (int(index) if index.isdigit() else index) for name, index in _STEP.findall(where))
    if missing := _MISSING.fullmatch(what):
        return _missing(path, missing[1], info, origins)
    label = _label(path, origins)
    if what.startswith(("Expected ", "Invalid ")):
        return f"{label}: {_shown(path, found)} is not {allowed(_info_at(info, path))}"
    own_words = " ".join(what.split())  # a struct's own check spoke, and named what it is about
    return f"{label}: {own_words}" if path else own_words


def _missing(path: _Path, name: str, info: inspect.Type, origins: Origins) -> str:
    kind = _info_at(info, (*path, name))
    if path:
        return f"{_label(path, origins)}: {name} is missing ({allowed(kind)})"
    if is_table(kind):
        return f"{name} is missing in {origins.group or 'a settings file'} ({allowed(kind)})"
    instead = f", nor is {name} in {origins.group}" if origins.group else ""
    return f"{origins.variable(name)} is not set{instead} ({allowed(kind)})"


def _label(path: _Path, origins: Origins) -> str:
    if not path:
        return origins.group
    place, of, file = origins.of[str(path[0])].partition(" in ")
    rest = "".join(f"[{step}]" if isinstance(step, int) or step == "..." else f".{step}" for step in path[1:])
    return f"{place}{rest}{of}{file}"


def _shown(path: _Path, found: Mapping[str, object]) -> str:
    if any(isinstance(step, str) and _SECRET.search(step) for step in path):
        return "the value (not shown)"
    value: Any = found
    try:
        for step in path:
            value = value[step]
    except (LookupError, TypeError):
        return "the value"
    if isinstance(value, Mapping | list):
        return f"a {'table' if isinstance(value, Mapping) else 'list'}"
    return cut(repr(mask_passwords(value) if isinstance(value, str) else value), _SHOWN)


def _info_at(info: inspect.Type, path: _Path) -> inspect.Type:
    for step in path:
        info = bare(info)
        if isinstance(info, inspect.StructType):
            info = next(field.type for field in info.fields if field.encode_name == step)
        elif isinstance(info, inspect.DictType):
            info = info.value_type
        elif is_list(info):
            info = item_of(info)
    return info


def _custom(kind: type, value: object) -> object:
    if not issubclass(kind, Path):
        raise NotImplementedError(f"settings have no way to read a {kind.__name__}")
    if not isinstance(value, str) or not value:
        raise ValueError("Expected a path")
    try:
        return Path(value).expanduser()
    except RuntimeError as err:
        raise ValueError(f"{value!r} names a user who is not there") from err
