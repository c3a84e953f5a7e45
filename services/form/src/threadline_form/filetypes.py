"""What a file is and what it may be called, by its first bytes and its name. Pure; it trusts no declared type."""

import codecs
import re
import unicodedata
from collections.abc import Collection
from typing import Final

import filetype

SAMPLE_BYTES: Final = 8192  # enough for every signature `filetype` knows
UNKNOWN: Final = "application/octet-stream"
_MAX_NAME: Final = 120
_MAX_ENDING: Final = 16
_FALLBACK: Final = "file"
# Control, bidirectional and invisible characters make `gpj.exe` look like `exe.jpg`; the others leave a folder.
_UNSAFE: Final = re.compile(
    r'[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff<>:"|?*]'
)
_RESERVED: Final = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)")
# Types without a signature, believed only when the bytes are text.
_TEXT_TYPES: Final = {
    ".csv": "text/csv",
    ".eml": "message/rfc822",
    ".html": "text/html",
    ".ics": "text/calendar",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".vcf": "text/vcard",
    ".xml": "application/xml",
}


def safe_name(name: str) -> str:
    """Return a name that is a plain file on every system, readable as it was; never empty."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = _UNSAFE.sub("_", plain).strip(" .")
    if _RESERVED.match(plain):
        plain = f"_{plain}"
    return _short(plain) or _FALLBACK


def media_type(sample: bytes, name: str) -> str:
    """Return what the first bytes say; text is told apart by the name's ending; else application/octet-stream."""
    guess = filetype.guess(bytearray(sample)) if sample else None
    if guess is not None:
        return str(guess.mime)
    return _TEXT_TYPES.get(ending(name), "text/plain") if _is_text(sample) else UNKNOWN


def ending(name: str) -> str:
    """Return the ending of a name, in lower case and with its dot; an empty string without one."""
    _, dot, last = name.rpartition(".")
    return f"{dot}{last}".lower() if dot else ""


def matches(kind: str, name: str, patterns: Collection[str]) -> bool:
    """Return whether a type or a name is among patterns: `image/png`, `image/*` or `.exe`."""
    family = f"{kind.partition('/')[0]}/*"
    return any(pattern.lower() in {kind, family, ending(name)} for pattern in patterns)


def _short(name: str) -> str:
    if len(name) <= _MAX_NAME:
        return name
    tail = ending(name)
    return name[: _MAX_NAME - len(tail)] + tail if len(tail) <= _MAX_ENDING else name[:_MAX_NAME]


def _is_text(sample: bytes) -> bool:
    if not sample or b"\0" in sample:
        return False
    try:
        # A sample that is cut may end inside a character.
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=len(sample) < SAMPLE_BYTES)
    except UnicodeDecodeError:
        return False
    return True
