"""A file's name on its way to somebody's disk, pure: `Content-Disposition` as in RFC 6266 and 8187."""

import re
from typing import Final
from urllib.parse import quote

_LONGEST: Final = 150
_LONGEST_ENDING: Final = 16
# Bidirectional controls make `exe.gpj` look like `gpj.exe`; separators and reserved characters leave the folder.
_UNSAFE: Final = re.compile('[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff<>:"/\\\\|?*]')


def safe_filename(name: str) -> str:
    """Return a name that is one plain file in the folder it is saved to, on every system; never empty."""
    plain = _UNSAFE.sub("_", name).strip(" .")
    if len(plain) > _LONGEST:
        stem, dot, ending = plain.rpartition(".")
        short = len(ending) <= _LONGEST_ENDING and bool(dot)
        plain = f"{stem[: _LONGEST - len(ending) - 1]}.{ending}" if short else plain[:_LONGEST]
    return plain or "file"


def content_disposition(kind: str, name: str) -> str:
    """Return the header for `attachment` or `inline`: an ASCII name for old clients, the true one beside it."""
    safe = safe_filename(name)
    plain = safe.encode("ascii", "replace").decode().replace("?", "_").replace("%", "_")
    header = f'{kind}; filename="{plain}"'
    return header if plain == safe else f"{header}; filename*=UTF-8''{quote(safe, safe='')}"
