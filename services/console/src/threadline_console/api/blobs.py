"""Files and kept inputs: given to be saved, never to be run; ranges, a safe name, and a scanner's verdict."""

from typing import Final

from aiohttp import hdrs, web

from threadline_console.answers import failure, not_found
from threadline_console.api.ask import BlobQuestion, path_id, read_query
from threadline_console.filenames import content_disposition
from threadline_console.ranges import Span, Unsatisfiable, read_range
from threadline_console.scanning import BlobScanner
from threadline_contracts.errors import MalformedInputError, TemporaryError
from threadline_shared.blobs import Blobs

_GONE: Final = "no blob has this id: it may have been erased, or belong to another instance"
_INFECTED: Final = "the virus scanner found something in this file; it is kept, and not given out"
_HEAD_BYTES: Final = 16
# What a browser may show in place: bitmaps, known by their first bytes. SVG is a program.
_IMAGES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_CONTENT_NEVER_CHANGES: Final = "private, max-age=86400, immutable"


class BlobsApi:
    """Reads blobs; whoever asks has been let in already."""

    def __init__(self, blobs: Blobs, scanner: BlobScanner) -> None:
        self._blobs = blobs
        self._scanner = scanner

    async def read(self, request: web.Request) -> web.StreamResponse:
        """GET /api/v1/blobs/{id}."""
        question = read_query(request, BlobQuestion)
        blob = path_id(request)
        try:
            size = await self._blobs.size(blob)
        except MalformedInputError:
            return not_found(_GONE)
        asked = read_range(request.headers.get(hdrs.RANGE), size)
        if isinstance(asked, Unsatisfiable):
            return failure(416, "range", f"the file has {size} bytes", {hdrs.CONTENT_RANGE: f"bytes */{size}"})
        scan = await self._scanner.verdict(blob)
        if scan.infected:
            return failure(403, "infected", _INFECTED, {"Threadline-Scan": scan.word})
        span = asked or Span(0, size)
        media_type = await self._image_type(blob, size) if question.inline == "1" else ""
        answer = web.StreamResponse(status=200 if asked is None else 206)
        answer.headers.update(_headers(blob, question.name, media_type))
        answer.headers["Threadline-Scan"] = scan.word
        answer.content_type = media_type or "application/octet-stream"
        answer.content_length = span.stop - span.start
        if asked is not None:
            answer.headers[hdrs.CONTENT_RANGE] = f"bytes {span.start}-{span.stop - 1}/{size}"
        await self._send(request, answer, blob, span)
        return answer

    async def _send(self, request: web.Request, answer: web.StreamResponse, blob: str, span: Span) -> None:
        await answer.prepare(request)
        try:
            if request.method != hdrs.METH_HEAD and span.stop > span.start:
                async for chunk in self._blobs.stream(blob, span.start, span.stop):
                    await answer.write(chunk)
            await answer.write_eof()
        except (MalformedInputError, TemporaryError):  # damaged or cut off: the reader must not take it for whole
            if request.transport is not None:
                request.transport.abort()

    async def _image_type(self, blob: str, size: int) -> str:
        head = b"".join([chunk async for chunk in self._blobs.stream(blob, 0, min(size, _HEAD_BYTES))])
        return image_type(head)


def image_type(head: bytes) -> str:
    """Return the media type of a bitmap by its first bytes; empty for everything else, whatever it claims to be."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((media_type for magic, media_type in _IMAGES if head.startswith(magic)), "")


def _headers(blob: str, name: str, media_type: str) -> dict[str, str]:
    return {
        hdrs.ACCEPT_RANGES: "bytes",
        hdrs.CONTENT_DISPOSITION: content_disposition("inline" if media_type else "attachment", name or blob),
        hdrs.CACHE_CONTROL: _CONTENT_NEVER_CHANGES,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
