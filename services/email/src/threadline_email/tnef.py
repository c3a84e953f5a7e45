"""TNEF (winmail.dat, MS-OXTNEF): what Outlook wraps mails in; their files and text, by a small bounded reader. Pure.

A library reads it too (tnefparse), but copies the rest of the stream for each attribute, and raises on what is damaged.
"""

from collections.abc import Iterator
from struct import Struct as Layout
from struct import error as damaged
from typing import Final

from msgspec import Struct

from threadline_email.charset import decode
from threadline_email.mapi import Property, read_properties

DEPTH_MAX: Final = 5
FILES_MAX: Final = 500
SIGNATURE: Final = b"\x78\x9f\x3e\x22"
_ATTRIBUTES_MAX: Final = 10_000
_HEAD: Final = Layout("<BHHI")  # level, id, type, length
_FIRST: Final = 6  # behind the signature and the key
_CHECKSUM: Final = 2
_MESSAGE: Final = bytes.fromhex("0703020000000000c000000000000046")  # IID_IMessage

_SUBJECT, _BODY, _DATA, _TITLE, _START, _CODEPAGE = 0x8004, 0x800C, 0x800F, 0x8010, 0x9002, 0x9007
_OF_MESSAGE, _OF_ATTACHMENT = 0x9003, 0x9005
_P_SUBJECT, _P_BODY, _P_RTF, _P_HTML, _P_CODEPAGE = 0x0037, 0x1000, 0x1009, 0x1013, 0x3FDE
_P_DATA, _P_NAMES, _P_TYPE, _P_CID = 0x3701, (0x3707, 0x3704, 0x3001), 0x370E, 0x3712


class TnefFile(Struct, frozen=True):
    """A file of a TNEF stream; `message` is set where it is a mail of its own."""

    name: str
    content: bytes
    media_type: str = ""
    content_id: str = ""
    message: "Tnef | None" = None


class Tnef(Struct, frozen=True):
    """A mail out of a TNEF stream; `whole` tells whether it was read to its end."""

    subject: str = ""
    text: str = ""
    html: str = ""
    rtf: bytes = b""
    files: tuple[TnefFile, ...] = ()
    whole: bool = True


def read_tnef(stream: bytes) -> Tnef | None:
    """Return the mail in a TNEF stream, or None when it is no such stream. Total: what is damaged ends the reading."""
    return _read(stream, 0) if stream.startswith(SIGNATURE) else None


def _read(stream: bytes, depth: int) -> Tnef:
    reader = _Reader(depth)
    try:
        for name, content in _attributes(stream):
            reader.take(name, content)
    except (damaged, ValueError):
        return reader.tnef(whole=False)
    return reader.tnef(whole=True)


def _attributes(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield id and content; ValueError where the stream ends too early."""
    at = _FIRST
    for _ in range(_ATTRIBUTES_MAX):
        if at + _HEAD.size > len(stream):
            if stream[at:].strip(b"\0\r\n"):
                raise ValueError("cut off")
            return
        _, name, _, length = _HEAD.unpack_from(stream, at)
        begin = at + _HEAD.size
        at = begin + length + _CHECKSUM
        yield name, stream[begin : begin + length]
        if at > len(stream):
            raise ValueError("cut off")


class _Reader:
    """Collects the attributes of one stream."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._codepage = ""
        self._own: dict[int, Property] = {}
        self._plain: dict[int, bytes] = {}
        self._files: list[tuple[dict[int, bytes], dict[int, Property]]] = []

    def take(self, name: int, content: bytes) -> None:
        if name == _CODEPAGE:
            self._codepage = f"cp{int.from_bytes(content[:4], 'little')}"
        elif name == _OF_MESSAGE:
            self._own |= read_properties(content)
        elif name in {_SUBJECT, _BODY}:
            self._plain[name] = content
        elif name == _START:
            if len(self._files) >= FILES_MAX:
                raise ValueError("too many files")
            self._files.append(({}, {}))
        elif self._files and name in {_DATA, _TITLE}:
            self._files[-1][0][name] = content
        elif self._files and name == _OF_ATTACHMENT:
            self._files[-1][1].update(read_properties(content))

    def tnef(self, *, whole: bool) -> Tnef:
        files = [self._file(plain, own) for plain, own in self._files]
        html = self._own.get(_P_HTML)
        rtf = self._own.get(_P_RTF)
        return Tnef(
            subject=self._text(self._own.get(_P_SUBJECT), self._plain.get(_SUBJECT)),
            text=self._text(self._own.get(_P_BODY), self._plain.get(_BODY)),
            html=self._text(html, None, charset=self._html_charset()),
            rtf=rtf.content if rtf else b"",
            files=tuple(file for file in files if file.content or file.message),
            whole=whole and all(file.message is None or file.message.whole for file in files),
        )

    def _html_charset(self) -> str:
        stated = self._own.get(_P_CODEPAGE)
        number = int.from_bytes(stated.content[:4], "little") if stated else 0
        return "utf-8" if number == 65001 else f"cp{number}" if number else self._codepage  # noqa: PLR2004 - Windows' number of UTF-8

    def _file(self, plain: dict[int, bytes], own: dict[int, Property]) -> TnefFile:
        data = own.get(_P_DATA)
        content = data.content if data else plain.get(_DATA, b"")
        names = (self._text(own.get(name), None) for name in _P_NAMES)
        if data and data.is_object:
            interface, content = content[: len(_MESSAGE)], content[len(_MESSAGE) :]
            if interface == _MESSAGE and content.startswith(SIGNATURE) and self._depth < DEPTH_MAX:
                return TnefFile(next(filter(None, names), ""), b"", message=_read(content, self._depth + 1))
        return TnefFile(
            name=next(filter(None, names), "") or self._text(None, plain.get(_TITLE)),
            content=content,
            media_type=self._text(own.get(_P_TYPE), None).lower(),
            content_id=self._text(own.get(_P_CID), None),
        )

    def _text(self, stated: Property | None, plain: bytes | None, *, charset: str = "") -> str:
        if stated is not None and stated.is_utf_16:
            text = stated.content.decode("utf-16-le", "replace")
        else:
            text = decode(stated.content if stated else plain or b"", charset or self._codepage).text
        return text.partition("\0")[0]
