"""What a file is: by its first bytes where the declaration says nothing, or says what they contradict. Pure."""

import re
from typing import Final

import filetype

_GENERIC: Final = "application/octet-stream"
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_SAYS_NOTHING: Final = frozenset(
    {_GENERIC, "application/x-octet-stream", "application/binary", "application/unknown", "application/x-unknown"}
)
_SYNONYMS: Final = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/x-ms-bmp": "image/bmp",
    "application/x-pdf": "application/pdf",
    "application/x-zip-compressed": "application/zip",
}
# Formats whose beginning is certain: another beginning belies them.
_BEGINNINGS: Final = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
    "image/bmp": b"BM",
    "application/pdf": b"%PDF",
    "application/zip": b"PK",
}
_PROGRAMS: Final = (b"MZ", b"\x7fELF")
_PROGRAM_HEAD: Final = 64
_SNIFF_BYTES: Final = 8192


def media_type_of(declared: str, content: bytes) -> str:
    """Return the media type of a file; `declared` is in lower case. Total."""
    if not is_telling(declared):
        return _sniffed(content) or _GENERIC
    begins = _BEGINNINGS.get(_SYNONYMS.get(declared, declared))
    if (begins is None or content.startswith(begins)) and not _is_program(content):
        return declared
    found = _sniffed(content)
    return found if found and found != _SYNONYMS.get(declared, declared) else declared


def is_telling(declared: str) -> bool:
    """Return whether a declaration is a media type, and one that says what the file is."""
    return declared not in _SAYS_NOTHING and _MEDIA_TYPE.fullmatch(declared) is not None


def _sniffed(content: bytes) -> str:
    found = filetype.guess_mime(content[:_SNIFF_BYTES]) if content else None
    return str(found) if found else ""


def _is_program(content: bytes) -> bool:
    return content.startswith(_PROGRAMS) and b"\0" in content[:_PROGRAM_HEAD]
