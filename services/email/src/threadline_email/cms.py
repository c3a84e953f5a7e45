"""The mail inside an opaque S/MIME signature (RFC 8551), by a small, bounded BER reader. Pure; nothing is verified."""

from typing import Final

from msgspec import Struct

_SIGNED_DATA: Final = bytes.fromhex("2a864886f70d010702")
_ENVELOPED: Final = (bytes.fromhex("2a864886f70d010703"), bytes.fromhex("2a864886f70d0109100117"))
_CONSTRUCTED: Final = 0x20
_OCTETS: Final = 0x04
_LONG_FORM: Final = 0x80
_LENGTH_BYTES_MAX: Final = 4
_ELEMENTS_MAX: Final = 100_000
_DEPTH_MAX: Final = 16


class _Element(Struct, frozen=True):
    tag: int
    start: int
    end: int  # of the content
    next: int


class _Reader:
    """Reads elements of one byte string; ValueError where it is no BER."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = _ELEMENTS_MAX

    def element(self, at: int, limit: int, depth: int = 0) -> _Element:
        self._left -= 1
        if at + 2 > limit or self._left < 0 or depth > _DEPTH_MAX:
            raise ValueError("no BER")
        tag, length = self._data[at], self._data[at + 1]
        start = at + 2
        if length == _LONG_FORM:
            return self._indefinite(tag, start, limit, depth)
        if length > _LONG_FORM:
            count = length - _LONG_FORM
            if count > _LENGTH_BYTES_MAX:
                raise ValueError("no BER")
            length = int.from_bytes(self._data[start : start + count], "big")
            start += count
        end = min(start + length, limit)  # cut off on the way: what is there is read
        return _Element(tag, start, end, end)

    def _indefinite(self, tag: int, start: int, limit: int, depth: int) -> _Element:
        at = start
        while self._data[at : at + 2] != b"\0\0" and at < limit:
            at = self.element(at, limit, depth + 1).next
        return _Element(tag, start, min(at, limit), at + 2)

    def child(self, parent: _Element, number: int) -> _Element:
        at = parent.start
        for _ in range(number):
            at = self.element(at, parent.end).next
        return self.element(at, parent.end)

    def content(self, element: _Element) -> bytes:
        return self._data[element.start : element.end]

    def octets(self, element: _Element, depth: int = 0) -> bytes:
        """Return a string of octets, put together where it comes in pieces."""
        if element.tag & _CONSTRUCTED == 0:
            return self.content(element)
        pieces: list[bytes] = []
        at = element.start
        while at < element.end:
            piece = self.element(at, element.end, depth)
            if piece.tag & ~_CONSTRUCTED != _OCTETS:
                break
            pieces.append(self.octets(piece, depth + 1))
            at = piece.next
        return b"".join(pieces)


def signed_content(cms: bytes) -> bytes:
    """Return what an opaque signature signs, or nothing when it is none, or is encrypted."""
    reader = _Reader(cms)
    try:
        whole = reader.element(0, len(cms))
        if reader.content(reader.child(whole, 0)) != _SIGNED_DATA:
            return b""
        signed = reader.child(reader.child(whole, 1), 0)
        holder = reader.child(signed, 2)  # behind version and digest algorithms
        return reader.octets(reader.child(reader.child(holder, 1), 0))
    except ValueError:
        return b""


def is_encrypted(cms: bytes) -> bool:
    """Return whether a CMS object is enveloped data: nobody without the key reads it."""
    reader = _Reader(cms)
    try:
        return reader.content(reader.child(reader.element(0, len(cms)), 0)) in _ENVELOPED
    except ValueError:
        return False
