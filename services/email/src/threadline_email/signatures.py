"""Where a signature begins: the separator of RFC 3676 and its variants, and the lines that mail programs add."""

import re
from collections.abc import Sequence
from typing import Final

from threadline_email.header_words import SENT_FROM, SENT_FROM_ENDINGS
from threadline_email.quotations import is_rule

_SEPARATOR: Final = re.compile("(?:--|- -|__|\N{EM DASH}|\N{EN DASH}|-{3,4})\\s*")
_SEPARATORS: Final = "-_\N{EM DASH}\N{EN DASH}"
_FOOTER: Final = re.compile(r"_{20,}")
_FOOTER_LINES: Final = 12  # a mailing list's footer is short; a drawn line further up is the sender's
_LINK: Final = re.compile(r"<[^<>]*>|\[[^\[\]]*\]|\((?:https?:)?[^()]*\)|https?://\S+")
_SENT_FROM_CHARS: Final = 120


def without_signature(lines: Sequence[str]) -> list[str]:
    """Return the lines above the signature, without drawn lines at the end."""
    end = next((number for number in range(1, len(lines)) if _begins(lines, number)), len(lines))
    kept = list(lines[:end])
    while kept and (not kept[-1].strip() or is_rule(kept[-1])):
        kept.pop()
    return kept


def _begins(lines: Sequence[str], number: int) -> bool:
    line = lines[number].strip()
    if line[:1] in _SEPARATORS:
        if not line or _SEPARATOR.fullmatch(line):
            return bool(line)
        if _FOOTER.fullmatch(line):
            return len(lines) - number <= _FOOTER_LINES
    alone = not lines[number - 1].strip() or number == len(lines) - 1
    return alone and len(line) <= _SENT_FROM_CHARS and _is_sent_from(_LINK.sub("", line).strip("*_<>- ").lower())


def _is_sent_from(line: str) -> bool:
    """Return whether a program wrote the line; a sentence has a comma or a full stop."""
    if line.endswith((".", "!", "?")) or "," in line:
        return False
    return line.startswith(SENT_FROM) or line.endswith(SENT_FROM_ENDINGS)
