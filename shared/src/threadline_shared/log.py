"""One line a message, JSON on stderr, event `noun.verb` with keys. Refuses bodies, addresses and secrets by key."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, Literal, TextIO, cast

import msgspec
import structlog
from msgspec import Struct
from structlog.typing import FilteringBoundLogger, Processor

from threadline_shared.settings import load
from threadline_shared.text import mask_passwords

REDACTED: Final = "[redacted]"
_SENSITIVE: Final = frozenset(
    {"token", "tokens", "password", "passwd", "authorization", "cookie", "secret", "secrets", "keys", "credentials"}
    | {"body", "text", "html", "subject", "address", "email", "phone", "sender", "recipient"}
)
_OURS: Final = frozenset({"account", "component", "event", "level", "timestamp"})  # may hold a mailbox of our own
_HANDLER: Final = "threadline"
_ADDRESS: Final = re.compile(r"(?<![/:\w.@-])[\w.+-]{1,64}@[\w.-]{1,255}")


class LogSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much is logged, and how it looks. `log_format` empty: console on a terminal of `threadline up`, else json."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console", ""] = ""


def logger() -> FilteringBoundLogger:
    """Return the logger: `_log.info("message.taken", channel=..., took_ms=...)`."""
    return cast("FilteringBoundLogger", structlog.get_logger())


def setup(env: Mapping[str, str], *, terminal: bool = False, stream: TextIO | None = None) -> None:
    """Send all logs of this process, the libraries' warnings too, to `stream` (stderr) in one form.

    `terminal`: prefer the console form where `stream` is one. Raises SettingsError.
    """
    settings = load(LogSettings, env)
    out = stream or sys.stderr
    console = settings.log_format == "console" or (not settings.log_format and terminal and out.isatty())
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    chain: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
        structlog.dev.ConsoleRenderer(colors=out.isatty()) if console else _as_json,
    ]
    structlog.configure(
        processors=chain,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    _route_libraries(chain, out)


def redact(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace what must not be in a log: values under telling keys, passwords in URLs, addresses in any text."""
    for key, value in event.items():
        if key not in _OURS:
            event[key] = _safe(key, value)
    return event


def _safe(key: str, value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value  # a size or a count gives nothing away
    if not _SENSITIVE.isdisjoint(key.lower().replace("-", "_").split("_")):
        return REDACTED
    match value:
        case str():
            return _ADDRESS.sub(REDACTED, mask_passwords(value)) if "@" in value else value
        case Mapping():
            return {str(inner): _safe(str(inner), content) for inner, content in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_safe("", item) for item in value]
        case _:
            return f"{len(value)} bytes" if isinstance(value, bytes) else value


def _as_json(_: object, __: str, event: MutableMapping[str, Any]) -> str:
    ordered = {"time": event.pop("timestamp", ""), "level": event.pop("level", ""), "event": event.pop("event", "")}
    try:
        return msgspec.json.encode({**ordered, **event}, enc_hook=repr).decode()
    except (UnicodeError, RecursionError, msgspec.MsgspecError):  # a log line must never fail what it tells of
        return msgspec.json.encode({**ordered, "unprintable": sorted(map(ascii, event))}).decode()


def _route_libraries(chain: list[Processor], out: TextIO) -> None:
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if handler.get_name() == _HANDLER]:
        root.removeHandler(handler)
    handler = logging.StreamHandler(out)
    handler.set_name(_HANDLER)
    processors: list[Processor] = [_from_library, structlog.stdlib.ProcessorFormatter.remove_processors_meta, *chain]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=processors))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def _from_library(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Give a library's free text an event of ours."""
    record = event["_record"]
    return {**event, "event": "library.warned", "library": record.name, "says": str(event["event"])}
