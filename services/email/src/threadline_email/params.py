"""Structured header values, `text/plain; charset="utf-8"`: RFC 2045 parameters, RFC 2231 pieces, unclosed quotes."""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from threadline_email.charset import codec_name, decode
from threadline_email.words import decode_words, one_line

VALUE_MAX_BYTES: Final = 8 * 1024
# A semicolon may be missing behind a closing quote.
_PARAMETER: Final = re.compile(
    rb'(?:;|(?<=")\s)\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"(?=\s*(?:;|$)|\s+[\w*-]{1,40}\s?=)|[^;]*)', re.DOTALL
)
_NO_SEMICOLON: Final = re.compile(rb"\s*([^\s;=,]{1,127})[\s,]+(?=[\w*-]{1,40}\s?=)")
_PIECE: Final = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")
_LABEL: Final = re.compile(rb"([^']*)'[^']*'")  # charset'language'
_UNMARKED: Final = re.compile(
    rb"([\w.:-]{2,40})'[\w-]{0,20}'(?=[^']*%[0-9A-Fa-f]{2})"
)  # an extended value without its asterisk
_ESCAPE: Final = re.compile(rb'\\(["\\])')


class Structured(Struct, frozen=True):
    """A value in lower case and its parameters, names in lower case, values decoded."""

    value: str
    parameters: dict[str, str]


def read_structured(raw: bytes) -> Structured:
    """Return a structured header value, to be read only. Total: what cannot be understood is left out."""
    return _read(raw[:VALUE_MAX_BYTES])


@lru_cache(maxsize=512)  # most values are one of a few
def _read(raw: bytes) -> Structured:
    if glued := _NO_SEMICOLON.match(raw):
        raw = glued[1] + b";" + raw[glued.end() :]
    value = raw.partition(b";")[0].strip().lower().decode("ascii", "replace")
    if b";" not in raw:
        return Structured(value, {})
    simple: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, bytes]]] = {}
    for match in _PARAMETER.finditer(raw):
        name, content = match[1].decode("ascii", "replace").lower(), _unquoted(match[2])
        parsed = _PIECE.fullmatch(name)
        if parsed is None or (parsed[2] is None and parsed[3] is None):
            simple.setdefault(name, _simple(content))
        else:
            pieces.setdefault(parsed[1], {})[int(parsed[2] or 0)] = (parsed[3] is not None, content)
    return Structured(value, simple | {name: _joined(found) for name, found in pieces.items()})


def _unquoted(raw: bytes) -> bytes:
    content = raw.strip()
    if content.startswith(b'"'):
        return _ESCAPE.sub(rb"\1", content[1:-1] if content.endswith(b'"') and len(content) > 1 else content[1:])
    return content


def _simple(content: bytes) -> str:
    label = _UNMARKED.match(content)
    if label and codec_name(label[1].decode("ascii", "replace")):
        return _joined({0: (True, content)})
    return decode_words(content)


def _joined(pieces: dict[int, tuple[bool, bytes]]) -> str:
    """Return an RFC 2231 value; percent-decoding comes before the charset, as a character may span pieces."""
    charset = ""
    content: list[bytes] = []
    first = min(*pieces, 1)  # some mailers count from 1
    for place, (number, (extended, piece)) in enumerate(sorted(pieces.items()), first):
        if number != place:
            break  # a piece is missing: what follows it would be misread
        label = _LABEL.match(piece) if extended and number == first else None
        if label:
            charset = label[1].decode("ascii", "replace")
        bare = piece[label.end() :] if label else piece
        content.append(unquote_to_bytes(bare) if extended else bare)
    whole = b"".join(content)
    return one_line(decode(whole, charset).text) if charset else decode_words(whole)
