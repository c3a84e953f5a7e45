"""Names of files that are safe to show and to save anywhere: no path, no control character, no reserved name."""

import re
import unicodedata
from typing import Final

NAME_MAX_CHARS: Final = 120
NAME_MAX_BYTES: Final = 200
_FORBIDDEN: Final = re.compile(
    r'[\0-\x1f\x7f-\x9f<>:"|?*'
    r"\xad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"  # invisible, or turning the direction
    r"\u2044\ud800-\udfff]"  # like a slash; half a character
)
# Devices of Windows, whatever ending they have.
_RESERVED: Final = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\s*(?:\.|$))", re.IGNORECASE
)
_SUFFIX: Final = re.compile(r"\.[^.\s]{1,10}$")

_EXTENSIONS: Final = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "text/rfc822-headers": ".txt",
    "message/rfc822": ".eml",
    "message/global": ".eml",
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "message/feedback-report": ".txt",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/json": ".json",
    "application/xml": ".xml",
    "application/pgp-signature": ".asc",
    "application/pgp-encrypted": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m",
    "application/ms-tnef": ".dat",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/svg+xml": ".svg",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "video/mp4": ".mp4",
}


def safe_name(name: str, *, default: str = "file") -> str:
    """Return a name without path, controls and tricks, at most NAME_MAX_CHARS long, its ending kept."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    plain = " ".join(_FORBIDDEN.sub("_", last).split()).strip(". ")
    if _RESERVED.match(plain):
        plain = f"_{plain}"
    return _shortened(plain) if plain.strip("_") else default


def default_name(media_type: str, stem: str = "file") -> str:
    """Return the name of a file that has none."""
    return stem + _EXTENSIONS.get(media_type, ".bin")


def unique_name(name: str, taken: dict[str, str], content: str) -> str:
    """Return the name, numbered when another content has it (case does not count); remembers it in `taken`.

    The same file twice may keep its name: whichever one saves, it is the same.
    """
    stem, suffix = _split(name)
    candidate, number = name, 1
    while taken.get(candidate.casefold(), content) != content:
        number += 1
        candidate = f"{stem} ({number}){suffix}"
    taken[candidate.casefold()] = content
    return candidate


def _split(name: str) -> tuple[str, str]:
    suffix = _SUFFIX.search(name)
    return (name, "") if suffix is None or suffix.start() == 0 else (name[: suffix.start()], suffix[0])


def _shortened(name: str) -> str:
    stem, suffix = _split(name)
    stem = stem[: NAME_MAX_CHARS - len(suffix)]
    while len((stem + suffix).encode()) > NAME_MAX_BYTES:
        stem = stem[:-1]
    return stem + suffix
