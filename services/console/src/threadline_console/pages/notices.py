"""What became of what somebody asked here, in one line on the page they come back to.

The address names the command, never the words: nobody can put a sentence of theirs into a page of ours.
"""

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aiohttp import web
from msgspec import Struct

from threadline_console.origin import is_local_path
from threadline_contracts.commands import Answer
from threadline_contracts.errors import TemporaryError
from threadline_threads.reading import CommandRecord, Reader

_QUERY: Final = "command"
_LONGEST: Final = 120
_WAITS: Final = "It is asked for and will not be lost, but it is not done yet. Look again in a moment."


class Notice(Struct, frozen=True):
    """One line: `kind` is done, unchanged, refused or waiting; `close` is the same page without it."""

    kind: str
    text: str
    close: str


async def notice(request: web.Request, reader: Reader) -> Notice | None:
    """Return what became of the command that the address of a page names."""
    command = request.query.get(_QUERY, "")
    if not command or len(command) > _LONGEST:
        return None
    try:
        record = await reader.command(command)
    except TemporaryError:
        return None  # the page itself says that the database is away
    close = _without(request.path_qs)
    if record is None:
        return Notice("waiting", _WAITS, close)
    return Notice(record.answer, sentence(record), close)


def sentence(record: CommandRecord) -> str:
    """Return what became of a command, in one line."""
    if record.answer == Answer.REFUSED:
        return f"Not done: {record.because}"
    return record.because or "Done."


def back_to(target: str, command: str) -> str:
    """Return a page's address that names a command; anything but a page of ours becomes the list of tickets."""
    parts = urlsplit(_without(target if is_local_path(target) else "/tickets"))
    query = urlencode([*parse_qsl(parts.query), (_QUERY, command)])
    return urlunsplit(("", "", parts.path, query, parts.fragment))


def _without(target: str) -> str:
    parts = urlsplit(target)
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if name != _QUERY])
    return urlunsplit(("", "", parts.path, query, parts.fragment))
