"""Checks raw settings against a struct, and says what is wrong in one line. Pure; refuses what no field knows."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, NoReturn, TypeVar

import msgspec
from msgspec import Struct, inspect

from threadline_contracts.errors import SettingsError
from threadline_shared.settings_words import allowed, bare, is_list, item_of
from threadline_shared.text import cut, mask_passwords

_SECRET: Final = re.compile(r"token|passw|secret|keys|credential", re.IGNORECASE)
_PLACE: Final = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_MISSING: Final = re.compile(r"Object missing required field `(.+)`")
_SHOWN: Final = 60  # characters of a wrong value
_FEW: Final = 12  # so many names are listed where none is close to the unknown one
_S = TypeVar("_S", bound=Struct)
_Path = tuple[str | int, ...]


class Key(Struct, frozen=True):
    """Where the value of a field came from: its name there, the file (empty: the environment), and its variable."""

    name: str
    file: str
    variable: str


def check(shape: type[_S], found: Mapping[str, object], keys: Mapping[str, Key], *, group: str) -> _S:
    """Return the struct of raw values. Raises SettingsError; `group` names them all, as in `[email] in x.toml`."""
    info = inspect.type_info(shape)
    for path, known in _strangers(found, info, ()):
        label = f"{group}: {path[0]}" if len(path) == 1 else _label(path, keys, group)
        raise SettingsError(f"{label} is no setting{suggestion(str(path[-1]), known)}")
    try:
        return msgspec.convert(found, shape, strict=False, dec_hook=_custom)
    except msgspec.ValidationError as err:
        _explain(str(err), found, info, keys, group)


def accepts_list(kind: object) -> Literal["", "words", "tables"]:
    """Return whether a field's type is a list: of words, which one variable may hold, or of tables, which none can."""
    info = bare(inspect.type_info(kind))
    if isinstance(info, inspect.StructType | inspect.DictType):
        return "tables"
    if not is_list(info):
        return ""
    return "tables" if isinstance(bare(item_of(info)), inspect.StructType | inspect.DictType) else "words"


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


def _explain(
    said: str, found: Mapping[str, object], info: inspect.Type, keys: Mapping[str, Key], group: str
) -> NoReturn:
    match = _PLACE.fullmatch(said)
    what, where = (match["what"], match["path"] or "") if match else (said, "")
    path: _Path = tuple(name or (int(index) if index.isdigit() else index) for name, index in _STEP.findall(where))
    label = _label(path, keys, group)
    if missing := _MISSING.fullmatch(what):
        wanted = allowed(_info_at(info, (*path, missing[1])))
        raise SettingsError(f"{label}: {missing[1]} is missing: {wanted}")
    if not what.startswith(("Expected ", "Invalid ")):
        raise SettingsError(f"{label}: {' '.join(what.split())}")  # a struct's own check spoke
    raise SettingsError(f"{label}: {_shown(path, found)} is not {allowed(_info_at(info, path))}")


def _label(path: _Path, keys: Mapping[str, Key], group: str) -> str:
    if not path:
        return group
    key = keys[str(path[0])]
    rest = "".join(f"[{step}]" if isinstance(step, int) or step == "..." else f".{step}" for step in path[1:])
    return f"{key.name}{rest}" + (f" in {key.file}" if key.file else "")


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
    if issubclass(kind, Path):
        if isinstance(value, str) and value:
            return Path(value).expanduser()
        raise ValueError("Expected a path")
    raise NotImplementedError(f"settings have no way to read a {kind.__name__}")
