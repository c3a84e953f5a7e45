"""Settings: one frozen struct a service, read once from the environment over a TOML file over defaults.

It refuses what it does not know. Every refusal is one SettingsError of one line that names the key, shows the value (a
secret's never) and says what is allowed.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from threadline_contracts.errors import SettingsError
from threadline_shared.settings_checks import Origins, accepts_list, check

PREFIX: Final = "THREADLINE_"
CONFIG: Final = "THREADLINE_CONFIG"
DEFAULT_CONFIG: Final = "threadline.toml"
_MAX_BYTES: Final = 1024 * 1024  # of a settings file or a secret's file: more is a mistaken path

Port = Annotated[int, Meta(ge=0, le=65535)]
_S = TypeVar("_S", bound=Struct)


class DataSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a process keeps its files."""

    data_dir: Annotated[Path, Meta(description="everything durable of this process is below it")] = Path("var")


def load(shape: type[_S], env: Mapping[str, str], *, section: str = "") -> _S:
    """Return the settings of a shape: field `smtp_port` is THREADLINE_SMTP_PORT, else `smtp_port` in `[section]`.

    Without a section, the keys above the first table of the file that the shape has are read. `NAME_FILE` holds the
    path of a file with the value of NAME. An empty variable counts as absent; lists of tables come from the file only.
    Raises SettingsError.
    """
    path = config_path(env)
    found: dict[str, object] = dict(_table(shape, env, section))
    origins = {name: f"{section}.{name} in {path}" if section else f"{name} in {path}" for name in found}
    for field in msgspec.structs.fields(shape):
        name = variable(field.name)
        if (text := value_of(env, name)) is not None:
            found[field.encode_name] = _from_text(text, field.type, name)
            origins[field.encode_name] = name
    group = f"[{section}] of {path}" if section and path else str(path or "")
    return check(shape, found, Origins(origins, group, variable))


def variable(field: str) -> str:
    """Return the name of the environment variable that sets a field."""
    return PREFIX + field.upper()


def value_of(env: Mapping[str, str], name: str) -> str | None:
    """Return the value of NAME, or of the file that NAME_FILE names (its last line end dropped); None if absent.

    Raises SettingsError when both are set, or the file cannot be read.
    """
    direct, file = env.get(name), env.get(f"{name}_FILE")
    if direct and file:
        raise SettingsError(f"{name} and {name}_FILE are both set: keep one")
    if file:
        return _read(Path(file), f"{name}_FILE").rstrip("\r\n") or None
    return direct or None


def config_path(env: Mapping[str, str]) -> Path | None:
    """Return the settings file: THREADLINE_CONFIG, else ./threadline.toml if it exists."""
    if named := env.get(CONFIG):
        return Path(named)
    return path if (path := Path(DEFAULT_CONFIG)).is_file() else None


def sections(env: Mapping[str, str]) -> list[str]:
    """Return the names of the file's top-level tables, in its order. Raises SettingsError."""
    return [name for name, value in config(env).items() if isinstance(value, dict)]


def config(env: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings file as parsed; empty where there is none. Raises SettingsError."""
    path = config_path(env)
    if path is None:
        return {}
    try:
        return tomllib.loads(_read(path, CONFIG))
    except tomllib.TOMLDecodeError as err:
        raise SettingsError(f"{path} is not TOML: {' '.join(str(err).split())}") from err


def _table(shape: type[Struct], env: Mapping[str, str], section: str) -> Mapping[str, object]:
    whole = config(env)
    if not section:
        return {name: whole[name] for name in (f.encode_name for f in msgspec.structs.fields(shape)) if name in whole}
    table = whole.get(section, {})
    if not isinstance(table, dict):
        raise SettingsError(f"{section} in {config_path(env)} must be a table: write [{section}] above its settings")
    return table


def _from_text(text: str, kind: object, name: str) -> object:
    match accepts_list(kind):
        case "words":
            return [word.strip() for word in text.split(",") if word.strip()]
        case "tables":
            raise SettingsError(f"{name} cannot be set in the environment: write its tables in the settings file")
        case _:
            return text


def _read(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise SettingsError(f"{name}: {path} is larger than {_MAX_BYTES} bytes")
        return content.decode("utf-8-sig")
    except OSError as err:
        raise SettingsError(f"{name}: cannot read {path}: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise SettingsError(f"{name}: {path} is not UTF-8 text") from err
