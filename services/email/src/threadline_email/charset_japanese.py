"""ISO-2022-JP as Japanese mailers write it: with the circled digits and kanji of Windows that the standard lacks."""

import re
from typing import Final

_ESCAPE: Final = re.compile(rb"\x1b(\$[@B]|\([BJI])")
_ROW: Final = 94
_TOP: Final = 0x21
_GAP_ROW: Final = 62  # Shift_JIS leaves out the bytes of half-width kana, and DEL
_GAP_CELL: Final = 63
_KANA: Final = re.compile(rb"[\x21-\x5f]")


def decode_windows_jp(raw: bytes) -> str | None:
    """Return ISO-2022-JP bytes read as CP50221 (rows of JIS X 0208 and NEC's, half-width kana), or None."""
    pieces = _ESCAPE.split(raw)
    shifted = [pieces[0]]
    for escape, run in zip(pieces[1::2], pieces[2::2], strict=True):
        if escape.startswith(b"$"):
            shifted.append(_shift_jis(run))
        elif escape == b"(I":
            shifted.append(_KANA.sub(lambda kana: bytes([kana[0][0] | 0x80]), run))
        else:
            shifted.append(run)
    try:
        return b"".join(shifted).decode("cp932")
    except UnicodeDecodeError:
        return None


def _shift_jis(run: bytes) -> bytes:
    """Return two-byte JIS codes in Shift_JIS; a line break between them stays."""
    out = bytearray()
    at = 0
    while at < len(run):
        row, cell = run[at] - _TOP, (run[at + 1] if at + 1 < len(run) else 0) - _TOP
        if not (0 <= row < _ROW and 0 <= cell < _ROW):
            out.append(run[at])
            at += 1
            continue
        trail = cell + 0x9F if row % 2 else cell + 0x40 + (cell >= _GAP_CELL)
        out += bytes([row // 2 + (0x81 if row < _GAP_ROW else 0xC1), trail])
        at += 2
    return bytes(out)
