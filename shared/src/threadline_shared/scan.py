"""Scan verdicts of files by a clamd, where there is one. It never fails: what nobody scanned is "unscanned".

The protocol is clamd's own, newline-terminated (`man clamd`, INSTREAM): a client of twenty lines that sends large
chunks costs a hundredth of one that sends small ones.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from threadline_contracts.errors import SettingsError
from threadline_shared.health import component
from threadline_shared.settings import load

CLEAN: Final = "clean"
UNSCANNED: Final = "unscanned"
_CHUNK_BYTES: Final = 256 * 1024
_MAX_REPLY_BYTES: Final = 4096
_FOUND: Final = re.compile(r"stream: (?P<name>[!-~]+) FOUND")


class ScanSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where clamd listens (`tcp://host:port`; empty: nothing is scanned), and how many seconds one file may take."""

    clamd_url: str = ""
    clamd_timeout: Annotated[float, Meta(gt=0)] = 30.0


class Scanner:
    """Asks clamd about one content after the other; each over a connection of its own."""

    def __init__(self, host: str, port: int, timeout: float) -> None:
        self._host = host
        self._port = port
        self._timeout = timeout
        self._health = component("scan/clamd", kind="scan")

    async def verdict(self, content: bytes) -> str:
        """Return "clean", "infected:<name>", or "unscanned" when clamd gave no answer in time."""
        if not self._host:
            return UNSCANNED
        try:
            async with asyncio.timeout(self._timeout):
                reply = await self._ask(content)
        except (OSError, TimeoutError, ValueError) as err:  # ValueError: a reply without end
            self._health.trouble(f"clamd does not answer: {err!r}")
            return UNSCANNED
        if reply == "stream: OK":
            self._health.ok()
            return CLEAN
        if match := _FOUND.fullmatch(reply):
            self._health.ok()
            return f"infected:{match['name']}"
        self._health.trouble(f"clamd says {reply[:200]!r}")  # "INSTREAM size limit exceeded. ERROR", for example
        return UNSCANNED

    async def _ask(self, content: bytes) -> str:
        reader, writer = await asyncio.open_connection(self._host, self._port, limit=_MAX_REPLY_BYTES)
        try:
            writer.write(b"nINSTREAM\n")
            for start in range(0, len(content), _CHUNK_BYTES):
                chunk = content[start : start + _CHUNK_BYTES]
                writer.write(len(chunk).to_bytes(4, "big") + chunk)
                await writer.drain()
            writer.write(bytes(4))
            return (await reader.readline()).decode("ascii", "replace").strip()
        finally:
            writer.transport.abort()  # nothing is to be said any more


def open_scanner(env: Mapping[str, str]) -> Scanner:
    """Return the scanner of the settings; without THREADLINE_CLAMD_URL it scans nothing. Raises SettingsError."""
    settings = load(ScanSettings, env)
    if not settings.clamd_url:
        return Scanner("", 0, settings.clamd_timeout)
    try:
        parts = urlsplit(settings.clamd_url)
        host, port = parts.hostname, parts.port
    except ValueError as err:
        raise SettingsError(f"THREADLINE_CLAMD_URL: {err}") from err
    if parts.scheme != "tcp" or not host or not port:
        raise SettingsError("THREADLINE_CLAMD_URL must be tcp://host:port")
    return Scanner(host, port, settings.clamd_timeout)
