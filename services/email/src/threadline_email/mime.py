"""The MIME tree of a mail: a splitter of our own that reads broken structure as mail clients do, within limits.

Neither fast-mail-parser (raises on unpadded base64) nor the standard library (ends the head at an odd line, and
recurses with the nesting) reads all mail; docs/decisions/0005-own-mime-splitter.md has the numbers.
"""

import binascii
import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from threadline_email.headers import Headers, read_head, split_head
from threadline_email.params import Structured, read_structured
from threadline_email.words import even_base64, lenient_base64

PARTS_MAX: Final = 1000
DEPTH_MAX: Final = 30
BOUNDARIES_MAX: Final = 20_000  # places looked at, so that a mail made of boundaries costs no more than its size

_BOUNDARY_GUESS: Final = re.compile(rb"^--(?=[^\s-])([^\r\n]{1,200}?)[ \t]{0,80}\r?$", re.MULTILINE)
_UU_BEGIN: Final = re.compile(rb"^begin [0-7]{3,4} [^\r\n]*\r?\n", re.MULTILINE)
_NOT_BLANK: Final = re.compile(rb"\S")
_HTML: Final = re.compile(rb"\s*<(?:!doctype html|html|head|body|div|p|table)\b", re.IGNORECASE)

Stretch = tuple[int, int]


class Part(Struct, frozen=True):
    """A node of the tree: a leaf has its content, transfer decoding undone; a multipart has its parts."""

    headers: Headers
    kind: Structured
    content: bytes
    parts: tuple["Part", ...] = ()
    placed: bool = False  # an image that the text shows where it stands

    @property
    def disposition(self) -> Structured:
        """Content-Disposition, empty when there is none."""
        return read_structured(self.headers.first("content-disposition"))


class Mime(Struct, frozen=True):
    """A mail taken apart, and the codes of what was guessed or cut."""

    root: Part
    problems: tuple[str, ...]


def take_apart(raw: bytes) -> Mime:
    """Return the MIME tree of a mail. Total: what has no readable structure is one text part."""
    splitter = _Splitter()
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")  # as old Macs ended lines
    start = len(raw) - len(raw.lstrip(b"\r\n"))
    root = splitter.part(raw, start, len(raw), depth=0, default="text/plain")
    return Mime(root, tuple(splitter.problems))


def head_only(raw: bytes) -> Mime:
    """Return a mail of which nothing but the head is read. Total."""
    headers, _ = read_head(raw.lstrip(b"\r\n"))
    kind = _kind(headers.first("content-type"), "text/plain")
    return Mime(Part(headers, kind if kind.value.startswith("multipart/") else Structured("text/plain", {}), b""), ())


def leaves(part: Part) -> list[Part]:
    """Return the parts that are no multipart, in order."""
    if not part.parts:
        return [] if part.kind.value.startswith("multipart/") else [part]
    return [leaf for child in part.parts for leaf in leaves(child)]


class _Splitter:
    """Counts what it has split, and stops at the limits."""

    def __init__(self) -> None:
        self.problems: dict[str, None] = {}
        self._parts = PARTS_MAX
        self._boundaries = BOUNDARIES_MAX

    def part(self, raw: bytes, start: int, end: int, *, depth: int, default: str) -> Part:
        headers, raw, start, end = split_head(raw, start, end)
        kind = _kind(headers.first("content-type"), default)
        encoding = headers.first("content-transfer-encoding")
        if not kind.value.startswith("multipart/"):
            return Part(headers, kind, _decoded(raw, start, end, encoding))
        pieces = self._pieces(raw, start, end, kind, depth)
        if not pieces and encoding:
            raw = _decoded(raw, start, end, encoding)
            start, end = 0, len(raw)
            pieces = self._pieces(raw, start, end, kind, depth)
        if not pieces:
            return self._unstructured(headers, raw[start:end])
        inner = "message/rfc822" if kind.value == "multipart/digest" else "text/plain"
        parts = (self.part(raw, *piece, depth=depth + 1, default=inner) for piece in pieces)
        return Part(headers, kind, b"", tuple(parts))

    def _pieces(self, raw: bytes, start: int, end: int, kind: Structured, depth: int) -> list[Stretch]:
        """Return the bodies between the delimiters, or none when there is no telling, or the limit is reached."""
        if depth >= DEPTH_MAX:
            self.problems["nesting_cut"] = None
            return []
        boundary = kind.parameters.get("boundary", "").encode("utf-8", "replace").rstrip()
        pieces = self._between(raw, start, end, boundary) if boundary else []
        if not pieces and (guess := _BOUNDARY_GUESS.search(raw, start, end)):
            self.problems["boundary_guessed"] = None
            pieces = self._between(raw, start, end, guess[1])
        return pieces

    def _between(self, raw: bytes, start: int, end: int, boundary: bytes) -> list[Stretch]:
        pieces: list[Stretch] = []
        piece = -1
        for before, behind, closing in self._delimiters(raw, start, end, b"--" + boundary):
            if piece >= 0:
                pieces.append((piece, max(piece, before)))
            piece = -1 if closing else behind
            if self._parts <= len(pieces):
                self.problems["parts_cut"] = None
                piece = -1
                break
        if piece >= 0 and _NOT_BLANK.search(raw, piece, end):
            pieces.append((piece, end))  # the last delimiter is missing: cut off on the way
        self._parts -= len(pieces)
        return pieces

    def _delimiters(self, raw: bytes, start: int, end: int, delimiter: bytes) -> Iterator[tuple[int, int, bool]]:
        """Yield (end of the part before, start of the part behind, whether it closes) for each delimiter line."""
        at = raw.find(delimiter, start, end)
        while at >= 0 and self._boundaries > 0:
            self._boundaries -= 1
            line_end = raw.find(b"\n", at, end)
            line_end = end if line_end < 0 else line_end + 1
            rest = raw[at + len(delimiter) : line_end].strip()
            if (at == start or raw[at - 1] in b"\r\n") and rest in {b"", b"--"}:
                before = at - 2 if raw[max(at - 2, start) : at] == b"\r\n" else max(at - 1, start)
                yield before, line_end, rest == b"--"
            at = raw.find(delimiter, max(line_end - 1, at + 1), end)

    def _unstructured(self, headers: Headers, content: bytes) -> Part:
        """Return a multipart without parts as text, so that what it says is not lost."""
        self.problems["structure_guessed"] = None
        return Part(headers, Structured("text/html" if _HTML.match(content) else "text/plain", {}), content)


def _kind(raw: bytes, default: str) -> Structured:
    """Return the media type; without a readable one RFC 2045 says text/plain."""
    if not raw:
        return Structured(default, {})
    kind = read_structured(raw)
    main, slash, sub = "".join(kind.value.split()).partition("/")
    if slash and main and sub:
        return Structured(f"{main}/{sub}", kind.parameters)
    return Structured("text/plain" if main in {"", "text"} else "application/octet-stream", kind.parameters)


def _decoded(raw: bytes, start: int, end: int, encoding: bytes) -> bytes:
    """Return a body with its transfer encoding undone, as far as it can be."""
    match encoding.partition(b";")[0].partition(b"(")[0].strip(b" \t\"'").lower():
        case b"quoted-printable" | b"quotedprintable" | b"quoted-printible":
            return binascii.a2b_qp(raw[start:end])
        case b"base64" | b"base-64":
            whole = even_base64(raw, start, end)
            return lenient_base64(raw[start:end]) if whole is None else whole
        case b"x-uuencode" | b"uuencode" | b"x-uue" | b"uue":
            return _uudecoded(raw[start:end])
        case _:
            return raw[start:end]


def _uudecoded(body: bytes) -> bytes:
    begin = _UU_BEGIN.search(body)
    if begin is None:
        return body
    end = body.find(b"\nend", begin.end())
    return b"".join(map(_uu_line, body[begin.end() : end if end >= 0 else len(body)].splitlines()))


def _uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:  # trailing spaces lost, or a check character added
        length = ((line[0] - 32) & 63) * 4 // 3 + 2 if line else 0
        try:
            return binascii.a2b_uu(line[:length])
        except binascii.Error:
            return b""
