"""Lists of MAPI properties as TNEF writes them (MS-OXTNEF 2.1.3.4): the strings and byte strings of a list. Pure."""

from struct import Struct as Layout
from typing import Final

from msgspec import Struct

_PROPERTIES_MAX: Final = 5000
_VALUES_MAX: Final = 5000
_COUNT: Final = Layout("<I")
_TAG: Final = Layout("<HH")  # type, id
_MANY: Final = 0x1000
_NAMED: Final = 0x8000
_GUID_BYTES: Final = 16
_SIZES: Final = {
    **dict.fromkeys((0x0002, 0x0003, 0x0004, 0x000A, 0x000B), 4),  # short ones are padded
    **dict.fromkeys((0x0005, 0x0006, 0x0007, 0x0014, 0x0040), 8),
    0x0048: 16,
}
_UTF_16: Final = 0x001F
_OBJECT: Final = 0x000D
_LONG: Final = frozenset({_OBJECT, 0x001E, _UTF_16, 0x0102})


class Property(Struct, frozen=True):
    """The first value of a property, as it stands there."""

    kind: int
    content: bytes

    @property
    def is_utf_16(self) -> bool:
        """Whether it is text in UTF-16, rather than in the code page of the stream."""
        return self.kind == _UTF_16

    @property
    def is_object(self) -> bool:
        """Whether an interface id stands before the value."""
        return self.kind == _OBJECT


def read_properties(content: bytes) -> dict[int, Property]:
    """Return the properties of a list by id, named ones left out. Raises ValueError and struct.error on damage."""
    (count,) = _COUNT.unpack_from(content)
    found: dict[int, Property] = {}
    at = _COUNT.size
    for _ in range(min(count, _PROPERTIES_MAX)):
        kind, number = _TAG.unpack_from(content, at)
        at += _TAG.size
        if number >= _NAMED:
            at = _behind_name(content, at)
        first, at = _values(content, at, kind)
        if number < _NAMED and first is not None:
            found.setdefault(number, Property(kind & ~_MANY, first))
    return found


def _behind_name(content: bytes, at: int) -> int:
    at += _GUID_BYTES
    (by_text,) = _COUNT.unpack_from(content, at)
    (length,) = _COUNT.unpack_from(content, at + _COUNT.size)
    at += 2 * _COUNT.size
    return at + _padded(length) if by_text else at


def _values(content: bytes, at: int, kind: int) -> tuple[bytes | None, int]:
    """Return the first value and the place behind the last."""
    long = kind & ~_MANY in _LONG
    count = 1
    if long or kind & _MANY:
        (count,) = _COUNT.unpack_from(content, at)
        at += _COUNT.size
    if count > _VALUES_MAX:
        raise ValueError("too many values")
    first: bytes | None = None
    for _ in range(count):
        size = _SIZES.get(kind & ~_MANY, 0)
        if long:
            (size,) = _COUNT.unpack_from(content, at)
            at += _COUNT.size
        elif not size:
            raise ValueError(f"a property of unknown type {kind:#x}")
        if first is None:
            first = content[at : at + size]
        at += _padded(size)
        if at > len(content) + 3:
            raise ValueError("cut off")
    return first, at


def _padded(length: int) -> int:
    return length + -length % 4
