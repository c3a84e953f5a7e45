"""The charset of bytes that carry no label, or a wrong one: first which script, then which of its charsets.

A detector asked about all charsets at once takes French for Cyrillic; how the bytes above 127 stand together tells.
"""

import re
from typing import Final

import chardet

_GUESS_BYTES: Final = 16 * 1024
_LATIN: Final = ("cp1252", "cp1250", "iso8859-2", "cp1254", "cp1257")
_OTHERS: Final = (
    *("gb18030", "big5hkscs", "cp932", "euc-jp", "cp949", "cp1251", "koi8-r", "koi8-u"),
    *("cp1253", "iso8859-7", "cp1255", "iso8859-8", "cp1256", "iso8859-6", "cp874"),
    "cp1252",  # what the detector says when nothing matches
)
_HIGH_RUN: Final = re.compile(rb"[\x80-\xff]+")
_LETTER: Final = re.compile(rb"[A-Za-z]")
_C1: Final = re.compile(rb"[\x80-\x9f]")
_LONG_RUN: Final = 3
_AS_GOOD: Final = 0.8  # western Europe writes most of such mail: another alphabet has to fit better


def guess_charset(raw: bytes) -> str:
    """Return the name of the likeliest charset; Windows-1252 where nothing speaks for another. Total."""
    sample = raw[:_GUESS_BYTES]
    if _is_latin(sample):
        return _latin(sample)
    return str(chardet.detect(sample, include_encodings=_OTHERS)["encoding"] or "cp1252")


def _is_latin(sample: bytes) -> bool:
    """Return whether bytes above 127 stand between ASCII letters, one or two at a time."""
    runs = [len(run) for run in _HIGH_RUN.findall(sample)]
    high = sum(runs)
    letters = len(_LETTER.findall(sample))
    return 2 * sum(run for run in runs if run >= _LONG_RUN) < high <= letters


def _latin(sample: bytes) -> str:
    found = {
        str(each["encoding"]).lower(): each["confidence"]
        for each in chardet.detect_all(sample, include_encodings=_LATIN)
    }
    best = max(found, key=found.__getitem__, default="windows-1252")
    if found.get("windows-1252", 0) >= _AS_GOOD * found.get(best, 0):
        return "cp1252"
    if best in {"windows-1250", "iso-8859-2"}:  # they share most letters; only one has letters where controls are
        return "cp1250" if _C1.search(sample) else "iso8859-2"
    return best
