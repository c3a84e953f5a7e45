"""A request's body as an entry, whichever of the three forms it has. Bytes are counted as they come."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from aiohttp import ClientPayloadError, StreamReader, web
from multipart import MultipartError, parse_options_header

from threadline_contracts.errors import MalformedInputError, TemporaryError
from threadline_form.entry import KNOWN_FIELDS, Entry, body_cap, text_cap, unreadable
from threadline_form.receive import Receiver
from threadline_form.settings import Form
from threadline_form.texts import size
from threadline_form.validate import Fault
from threadline_shared.http_answers import LIMIT

MULTIPART: Final = "multipart/form-data"
_CHUNK: Final = 256 * 1024
_MAX_PAIRS: Final = 200
_TO_ANSWER: Final = 60.0  # seconds, once everything is read


async def read_entry(request: web.Request, form: Form, folder: Path | None, seconds: float) -> Entry:
    """Return what a post holds; files go to `folder` (None: they are read and thrown away).

    Nothing a client sends raises: what cannot be read is an entry with a fault. Raises TemporaryError when our disk
    fails.
    """
    if limit := request.get(LIMIT):  # the listener's is meant for requests without files
        limit.reschedule(asyncio.get_running_loop().time() + seconds + _TO_ANSWER)
    try:
        async with asyncio.timeout(seconds):
            match request.content_type:
                case "multipart/form-data":
                    return await _multipart(request, form, folder)
                case "application/json":
                    return await _whole(request.content, text_cap(form.limits), _from_json)
                case "application/x-www-form-urlencoded":
                    return await _whole(request.content, text_cap(form.limits), _from_pairs)
                case _:
                    return unreadable("wrong_type")
    except (MalformedInputError, ClientPayloadError, ConnectionError, TimeoutError):
        return unreadable()
    except OSError as err:
        raise TemporaryError(f"no room for files: {err.strerror}") from err


async def _multipart(request: web.Request, form: Form, folder: Path | None) -> Entry:
    cap = body_cap(form.limits)
    hopeless = (request.content_length or 0) > cap  # read for its text alone: the page is to keep what was typed
    receiver = _receiver(request, form, None if hopeless else folder)
    received = 0
    try:
        async for chunk in request.content.iter_chunked(_CHUNK):
            await asyncio.to_thread(receiver.feed, chunk)
            received += len(chunk)
            if received > cap:
                return receiver.stop(_too_large(form.limits.max_total_bytes))
        return receiver.finish()
    finally:
        receiver.close()


def _receiver(request: web.Request, form: Form, folder: Path | None) -> Receiver:
    _, options = parse_options_header(request.headers["Content-Type"])
    try:
        return Receiver(options.get("boundary", ""), form, folder)
    except MultipartError as err:
        raise MalformedInputError(f"not multipart: {err}") from err


async def _whole(content: StreamReader, cap: int, parse: Callable[[bytes], Entry]) -> Entry:
    body = bytearray()
    async for chunk in content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > cap:
            return Entry(faults=(_too_large(cap),))
    return parse(bytes(body))


def _from_json(body: bytes) -> Entry:
    try:
        found = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as err:
        raise MalformedInputError(f"not a JSON object: {err}") from err
    fields = {name: _text(value) for name, value in found.items() if name in KNOWN_FIELDS}
    ignored = len(found) - len(fields) - ("files" in found)
    return Entry(fields=fields, ignored=ignored, faults=tuple(_json_faults(found)))


def _json_faults(found: Mapping[str, object]) -> Iterator[Fault]:
    for name in found:
        if name in KNOWN_FIELDS and isinstance(found[name], bool | list | dict):
            yield Fault(field=name, code="not_text")
    if found.get("files"):
        yield Fault(field="files", code="files_not_json")


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _from_pairs(body: bytes) -> Entry:
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace", max_num_fields=_MAX_PAIRS
        )
    except ValueError as err:
        raise MalformedInputError(f"not a form: {err}") from err
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in KNOWN_FIELDS:
            fields.setdefault(name, value)
    return Entry(fields=fields, ignored=len(pairs) - len(fields))


def _too_large(limit: int) -> Fault:
    return Fault(field="form", code="too_large", values={"limit": size(limit)})
