"""Every setting there is, for the documentation, and for refusing names that no service knows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import NODEFAULT, Struct, inspect

from threadline_contracts.errors import SettingsError
from threadline_shared.settings import CONFIG, PREFIX, config, config_path, variable
from threadline_shared.settings_checks import suggestion
from threadline_shared.settings_words import allowed, is_table

_TESTS: Final = f"{PREFIX}TEST_"  # read by the tests, which start processes with their own environment

Shapes = Mapping[str, Sequence[type[Struct]]]
"""Settings structs by section of the file; an empty section holds the keys above its first table."""


class Setting(Struct, frozen=True, kw_only=True):
    """One setting; `variable` is empty where only the file can hold it, `default` is None where it is required."""

    name: str
    section: str
    variable: str
    allows: str
    default: str | None
    about: str


def list_settings(shape: type[Struct], section: str = "") -> list[Setting]:
    """Return the settings of a shape, in its order."""
    return [_setting(field, section) for field in msgspec.structs.fields(shape)]


def refuse_strangers(env: Mapping[str, str], shapes: Shapes, named: Iterable[str] = ()) -> None:
    """Raise SettingsError for a THREADLINE_ variable, or a name at the top of the file, that no shape has.

    `named`: variables that the file itself names, as secrets. Only a process that knows all settings can tell.
    """
    variables = {CONFIG} | {
        variable(field.name) for field in _fields(shape for group in shapes.values() for shape in group)
    }
    variables |= set(named)
    variables |= {f"{name}_FILE" for name in variables}
    for name in sorted(env):
        if name.startswith(PREFIX) and not name.startswith(_TESTS) and name not in variables:
            raise SettingsError(f"{name} is no setting{suggestion(name, variables)}")
    top = {name for name in shapes if name} | {field.encode_name for field in _fields(shapes.get("", ()))}
    for name in config(env):
        if name not in top:
            raise SettingsError(f"{name} in {config_path(env)} is no setting{suggestion(name, top)}")


def _fields(shapes: Iterable[type[Struct]]) -> list[msgspec.structs.FieldInfo]:
    return [field for shape in shapes for field in msgspec.structs.fields(shape)]


def _setting(field: msgspec.structs.FieldInfo, section: str) -> Setting:
    info = inspect.type_info(field.type)
    schema = info.extra_json_schema if isinstance(info, inspect.Metadata) else None
    return Setting(
        name=field.encode_name,
        section=section,
        variable="" if is_table(info) else variable(field.name),
        allows=allowed(info),
        default=_default(field),
        about=str((schema or {}).get("description", "")),
    )


def _default(field: msgspec.structs.FieldInfo) -> str | None:
    value: Any = field.default
    if field.default_factory is not NODEFAULT:
        value = field.default_factory()
    if value is NODEFAULT:
        return None
    return msgspec.json.encode(value, enc_hook=str).decode().strip('"')
