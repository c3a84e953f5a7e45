"""RTF bodies of TNEF: unpacked (MS-OXRTFCP), and read as text or as the HTML they wrap (MS-OXRTFEX). Pure, total."""

import re
from html import escape
from struct import Struct as Layout
from typing import Final

from msgspec import Struct

from threadline_email.charset import decode

RTF_MAX_BYTES: Final = 1024 * 1024
_TOKENS_MAX: Final = 200_000
_HEAD: Final = Layout("<IIII")  # packed size, unpacked size, kind, checksum
_PACKED: Final = 0x75465A4C
_WINDOW: Final = 4096
_SHORTEST: Final = 2
_DICTIONARY: Final = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_TOKEN: Final = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z\r\n])|([{}])|([^\\{}\r\n]+)"
)
_SKIPPED: Final = frozenset({b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"footer"})
_BREAKS: Final = {b"par": "\n", b"line": "\n", b"tab": "\t", b"row": "\n", b"cell": "\t"}
_SIGNS: Final = {b"emdash": "—", b"endash": "–", b"lquote": "\u2018", b"rquote": "\u2019", b"bullet": "•"}  # noqa: RUF001
_QUOTES: Final = {b"ldblquote": "\u201c", b"rdblquote": "\u201d"}
_LITERAL: Final = {b"~": "\N{NO-BREAK SPACE}", b"_": "-", b"{": "{", b"}": "}", b"\\": "\\"}
_WORDS: Final = _BREAKS | _SIGNS | _QUOTES


class RtfBody(Struct, frozen=True):
    """What an RTF body says: HTML where it was made from that, else text."""

    text: str = ""
    html: str = ""


class _Group(Struct):
    skipped: bool = False
    tag: bool = False  # holds HTML itself
    fallback: int = 1  # bytes that stand for a \u character where it is not known


def unpack_rtf(packed: bytes) -> bytes:
    """Return compressed RTF unpacked, at most RTF_MAX_BYTES; nothing where it is no such stream."""
    if len(packed) < _HEAD.size:
        return b""
    _, size, kind, _ = _HEAD.unpack_from(packed)
    if kind != _PACKED:
        return packed[_HEAD.size :][: min(size, RTF_MAX_BYTES)]
    window = bytearray(_DICTIONARY.ljust(_WINDOW, b"\0"))
    out = bytearray()
    at, place, limit = _HEAD.size, len(_DICTIONARY), min(size, RTF_MAX_BYTES)
    while at < len(packed) and len(out) < limit:
        flags = packed[at]
        at += 1
        for bit in range(8):
            run = packed[at : at + 1 + (flags >> bit & 1)]
            at += len(run)
            if flags >> bit & 1:
                token = int.from_bytes(run.ljust(2, b"\0"), "big")
                start, length = token >> 4, (token & 15) + _SHORTEST
                if start == place or len(run) < 2:  # noqa: PLR2004 - the end, said or cut off
                    return bytes(out[:limit])
                run = _copied(window, start, length, place)
            for byte in run:
                window[place] = byte
                place = (place + 1) % _WINDOW
            out += run
    return bytes(out[:limit])


def _copied(window: bytearray, start: int, length: int, place: int) -> bytes:
    """Return a run out of the window; what it writes itself it may read again."""
    distance = (place - start) % _WINDOW
    run = bytes(window[(start + n) % _WINDOW] for n in range(min(length, distance)))
    return (run * (length // len(run) + 1))[:length]


def read_rtf(rtf: bytes) -> RtfBody:
    """Return what RTF says."""
    if not rtf.lstrip().startswith(b"{\\rtf"):
        return RtfBody()
    writer = _Writer(from_html=b"\\fromhtml" in rtf[:4096])
    for count, match in enumerate(_TOKEN.finditer(rtf[:RTF_MAX_BYTES])):
        if count > _TOKENS_MAX:
            break
        writer.take(match)
    return writer.body()


class _Writer:
    def __init__(self, *, from_html: bool) -> None:
        self._from_html = from_html
        self._out: list[str] = []
        self._bytes = bytearray()
        self._groups = [_Group()]
        self._codepage = "cp1252"
        self._for_rtf_only = False
        self._tag = False
        self._replaced = 0  # bytes still to be passed over behind a \u

    def body(self) -> RtfBody:
        self._flush()
        said = "".join(self._out).strip("\n")
        return RtfBody(html=said) if self._from_html else RtfBody(text=said)

    def take(self, match: re.Match[bytes]) -> None:
        word, number, code, sign, brace, text = match.groups()
        if brace == b"{":
            group = self._groups[-1]
            self._groups.append(_Group(group.skipped, group.tag, group.fallback))
        elif brace:
            self._groups = self._groups[:-1] if len(self._groups) > 1 else self._groups
        elif word:
            self._word(word, int(number) if number else None)
        elif sign == b"*":
            self._groups[-1].skipped = True  # unless a word that follows is known
        elif sign:
            self._write(_LITERAL.get(sign, ""))
        else:
            self._raw(bytes.fromhex(code.decode()) if code else text)

    def _word(self, word: bytes, number: int | None) -> None:
        group = self._groups[-1]
        if word == b"htmltag":
            group.tag, group.skipped = True, not self._from_html
        elif word == b"htmlrtf":
            self._for_rtf_only = number != 0
        elif word in _SKIPPED:
            group.skipped = True
        elif word == b"ansicpg" and number:
            self._codepage = f"cp{number}"
        elif word == b"uc" and number is not None:
            group.fallback = min(max(number, 0), 8)
        elif word == b"u" and number is not None:
            self._write(chr(number % 0x10000))
            self._replaced = group.fallback
        elif word in _WORDS:
            self._write(_WORDS[word])

    @property
    def _silent(self) -> bool:
        group = self._groups[-1]
        return group.skipped or (self._from_html and self._for_rtf_only and not group.tag)

    def _raw(self, content: bytes) -> None:
        passed, self._replaced = content[: self._replaced], max(0, self._replaced - len(content))
        if not self._silent:
            self._escaped_if_text()
            self._bytes += content[len(passed) :]

    def _escaped_if_text(self) -> None:
        """Keep what was said inside a tag apart from what was said outside of it."""
        if self._from_html and self._bytes and self._groups[-1].tag != self._tag:
            self._flush()
        self._tag = self._groups[-1].tag

    def _write(self, text: str) -> None:
        self._replaced = 0
        if not self._silent:
            self._flush()
            self._out.append(text)

    def _flush(self) -> None:
        if self._bytes:
            text = decode(bytes(self._bytes), self._codepage).text
            self._out.append(escape(text, quote=False) if self._from_html and not self._tag else text)
            self._bytes.clear()
