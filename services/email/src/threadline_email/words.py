"""RFC 2047 encoded words, the broken ones too: words split inside a character, unpadded base64, raw 8-bit between."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

from threadline_email.charset import decode

ENCODED_WORD: Final = r"=\?[^?\s]{1,64}\?[bBqQ]\?[^?]*\?="
_TWICE: Final = re.compile(ENCODED_WORD)
_HEAD: Final = re.compile(rb"=\?([^?\s*]{1,64})(?:\*[^?\s]{0,32})?\?([bBqQ])\?")
_CUT_OFF: Final = re.compile(rb"([!-~]{2,200}?)\??")  # the last word of a value that was too long for somebody
_PAYLOAD_MAX: Final = 4000
_DETECTED: Final = 10  # pieces whose charset may be asked of a detector
VALUE_MAX_BYTES: Final = 16 * 1024
_TAIL_BYTES: Final = 64
_CARRIAGE_RETURN: Final = 13
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]")
_QUOTED: Final = re.compile(rb"=([0-9A-Fa-f]{2})")
# Controls, and the invisible marks that turn text round and hide the true ending of a name (bidi overrides).
_UNPRINTABLE: Final = re.compile("[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]+")


def decode_words(raw: bytes) -> str:
    """Return an unstructured header value as one line of text; at most VALUE_MAX_BYTES are looked at. Total."""
    raw = raw[:VALUE_MAX_BYTES]
    if raw.isascii() and b"=?" not in raw:
        return one_line(raw.decode("ascii"))
    text = _decoded(raw)
    if "=?" in text and _TWICE.search(text):
        text = _decoded(text.encode("utf-8", "replace"))
    return one_line(text)


def _decoded(raw: bytes) -> str:
    pieces: list[tuple[str, bytes]] = []  # (charset, bytes); an empty charset is raw header text
    end = 0
    for head, stop in _words(raw):
        between = raw[end : head.start()]
        if not pieces or between.strip() or not pieces[-1][0]:
            pieces.append(("", between))
        _append(pieces, head[1].decode("ascii", "replace").lower(), _payload(head[2], raw[head.end() : stop]))
        end = stop + 2
    pieces.append(("", raw[end:]))
    return "".join(
        decode(content, charset, detect=number < _DETECTED).text for number, (charset, content) in enumerate(pieces)
    )


def one_line(text: str) -> str:
    """Return text without line breaks, control characters and direction overrides, white space collapsed."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split()) if not text.isprintable() else " ".join(text.split())


def _words(raw: bytes) -> Iterator[tuple[re.Match[bytes], int]]:
    """Yield the beginning of each encoded word, and where its payload ends."""
    head = _HEAD.search(raw)
    while head:
        stop = raw.find(b"?=", head.end(), head.end() + _PAYLOAD_MAX + 2)
        if stop < 0 and (rest := _CUT_OFF.fullmatch(raw, head.end())):
            stop = rest.end(1)
        if stop >= 0:
            yield head, stop
        head = _HEAD.search(raw, stop + 2 if stop >= 0 else head.start() + 1)


def _append(pieces: list[tuple[str, bytes]], charset: str, content: bytes) -> None:
    """Add a word; neighbours of one charset are joined first, since some mailers split inside a character."""
    if pieces and pieces[-1][0] == charset:
        pieces[-1] = (charset, pieces[-1][1] + content)
    else:
        pieces.append((charset, content))


def _payload(encoding: bytes, content: bytes) -> bytes:
    if encoding in b"qQ":
        return _QUOTED.sub(lambda m: bytes.fromhex(m[1].decode()), content.replace(b"_", b" "))
    return lenient_base64(content)


def lenient_base64(content: bytes) -> bytes:
    """Return what base64 holds, skipping foreign bytes and mending the padding. Total."""
    if (whole := even_base64(content, 0, len(content))) is not None:
        return whole
    dense = content.translate(None, b"\r\n \t")
    try:
        return base64.b64decode(dense, validate=True)
    except (binascii.Error, ValueError):
        pass
    first, *others = re.split(rb"=+", dense)
    whole = _unpadded(_NOT_BASE64.sub(b"", first))
    for run in others:  # padding in the middle: concatenated base64, or a mailing list's footer, which is not read
        if _NOT_BASE64.search(run):
            break
        whole += _unpadded(run)
    return whole


def even_base64(raw: bytes, start: int, end: int) -> bytes | None:
    """Return what flawless base64 in even lines holds, or None: the decoder skips what is foreign, and comes out short.

    Nearly all attachments are such. Nothing here but the decoder itself reads all of one, and nothing copies it.
    """
    tail = raw[max(start, end - _TAIL_BYTES) : end]
    letters = tail.rstrip(b"\r\n")
    end -= len(tail) - len(letters)
    padding = len(letters) - len(letters.rstrip(b"="))
    width = raw.find(b"\n", start, end) + 1 - start
    breaks = (end - start - 1) // width if width > 0 else 0
    line_end = 2 if width > 1 and raw[start + width - 2] == _CARRIAGE_RETURN else 1
    try:
        whole = binascii.a2b_base64(memoryview(raw)[start:end])
    except binascii.Error:
        return None
    return whole if len(whole) == (end - start - padding - breaks * line_end) * 3 // 4 else None


def _unpadded(run: bytes) -> bytes:
    whole = run[: len(run) - 1] if len(run) % 4 == 1 else run  # a single left-over character holds no byte
    return base64.b64decode(whole + b"=" * (-len(whole) % 4))
