"""Every setting of every service, so that one that nobody reads can be refused."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from threadline_console.settings import ConsoleSettings
from threadline_shared.blobs import BlobSettings
from threadline_shared.bus.opening import BusSettings
from threadline_shared.http_settings import HttpSettings
from threadline_shared.log import LogSettings
from threadline_shared.scan import ScanSettings
from threadline_shared.settings_names import Shapes
from threadline_shared.spool import SpoolSettings
from threadline_shared.state import StateSettings
from threadline_standalone.registry import SERVICES
from threadline_threads.settings import TokenSettings


class RemoteSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the commands that talk to a gateway read."""

    url: Annotated[str, Meta(description="of the gateway that the commands talk to; absent: the one set up here")] = ""


SHARED: Final[Sequence[type[Struct]]] = (
    RemoteSettings,
    TokenSettings,
    ConsoleSettings,
    HttpSettings,
    BusSettings,
    StateSettings,
    BlobSettings,
    SpoolSettings,
    LogSettings,
    ScanSettings,
)


def shapes() -> Shapes:
    """Return the settings by section: those at the top of the file, and each other service's `<Name>Settings`."""
    own = {name: _settings_of(name) for name in SERVICES}
    return {"": SHARED, **{name: [shape] for name, shape in own.items() if shape not in SHARED}}


def secrets(env: Mapping[str, str]) -> list[str]:
    """Return the variables of the secrets that the settings file names: a service's `secret_variables(env)`."""
    modules: list[Any] = [import_module(f"threadline_{name}.settings") for name in SERVICES]
    return [name for module in modules if hasattr(module, "secret_variables") for name in module.secret_variables(env)]


def _settings_of(service: str) -> type[Struct]:
    module: Any = import_module(f"threadline_{service}.settings")
    shape: type[Struct] = getattr(module, f"{service.capitalize()}Settings")
    return shape
