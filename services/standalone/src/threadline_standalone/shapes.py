"""Every setting of every service, so that one that nobody reads can be refused."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from msgspec import Struct

from threadline_shared.blobs import BlobSettings
from threadline_shared.bus.opening import BusSettings
from threadline_shared.http_settings import HttpSettings
from threadline_shared.log import LogSettings
from threadline_shared.scan import ScanSettings
from threadline_shared.settings_names import Shapes
from threadline_shared.spool_settings import SpoolSettings
from threadline_shared.state import StateSettings
from threadline_standalone.registry import SERVICES


class OwnSettings(Struct, frozen=True, kw_only=True):
    """What the command line itself reads."""

    url: str = ""  # of the gateway that the commands talk to
    token_keys: str = ""


SHARED: Final[Sequence[type[Struct]]] = (
    OwnSettings,
    HttpSettings,
    BusSettings,
    StateSettings,
    BlobSettings,
    SpoolSettings,
    LogSettings,
    ScanSettings,
)


def shapes() -> Shapes:
    """Return the settings by section: those at the top of the file, and each service's `<Name>Settings`."""
    return {"": SHARED, **{name: [_settings_of(name)] for name in SERVICES}}


def _settings_of(service: str) -> type[Struct]:
    module: Any = import_module(f"threadline_{service}.settings")
    shape: type[Struct] = getattr(module, f"{service.capitalize()}Settings")
    return shape
