"""Builds winmail.dat streams (MS-OXTNEF) as Outlook would."""

from collections.abc import Mapping
from struct import pack

_MESSAGE_INTERFACE = bytes.fromhex("0703020000000000c000000000000046")


def tnef(*attributes: tuple[int, int, bytes]) -> bytes:
    """Return a stream of (level, id, content)."""
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(
        pack("<BHHI", level, number, 6, len(content)) + content + pack("<H", sum(content) % 65536)
        for level, number, content in attributes
    )


def properties(values: Mapping[int, str | bytes]) -> bytes:
    """Return a list of MAPI properties: text is UTF-16, bytes are binary."""
    written = [pack("<I", len(values))]
    for number, value in values.items():
        content = value if isinstance(value, bytes) else value.encode("utf-16-le") + b"\0\0"
        kind = 0x0102 if isinstance(value, bytes) else 0x001F
        written += [pack("<HHII", kind, number, 1, len(content)), content, b"\0" * (-len(content) % 4)]
    return b"".join(written)


def a_file(content: bytes, name: str, **named: str) -> list[tuple[int, int, bytes]]:
    """Return the attributes of a file; `media_type` and `content_id` may be given."""
    numbers = {"media_type": 0x370E, "content_id": 0x3712}
    stated = {0x3707: name} | {numbers[key]: value for key, value in named.items()}
    return [(2, 0x9002, b"\0" * 14), (2, 0x800F, content), (2, 0x9005, properties(stated))]


def an_embedded_mail(stream: bytes, name: str) -> list[tuple[int, int, bytes]]:
    """Return the attributes of a mail inside the mail."""
    content = _MESSAGE_INTERFACE + stream
    data = pack("<HHII", 0x000D, 0x3701, 1, len(content)) + content + b"\0" * (-len(content) % 4)
    return [(2, 0x9002, b"\0" * 14), (2, 0x9005, pack("<I", 1) + data), (2, 0x8010, name.encode() + b"\0")]
