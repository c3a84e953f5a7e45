"""Text as every store, broker and browser takes it. Pure; refuses nothing, mends instead."""

import re
import unicodedata
from typing import Final

_JOINS: Final = frozenset("\u200d\ufe0e\ufe0f")  # zero-width joiner and variation selectors: half an emoji is none
_PASSWORD: Final = re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)")
_LONGEST_CLUSTER: Final = 16  # a "character" of more combining marks than this is an attack, and may be cut


def clean(text: str) -> str:
    r"""Return text without NUL and lone surrogates, its line ends all `\n`; cleaning twice changes nothing more.

    PostgreSQL refuses NUL, UTF-8 (so JSON, SQLite and AMQP) refuses surrogates. A surrogate pair becomes its character.
    """
    text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters (>= 1); what is cut off is shown by a final ellipsis.

    An accent stays with its letter, an emoji whole.
    """
    if len(text) <= limit:
        return text
    end = limit - 1
    first = max(0, end - _LONGEST_CLUSTER)
    while end > first and _belongs(text[end - 1], text[end]):
        end -= 1
    return text[: end if end > first else limit - 1] + "…"


def mask_passwords(text: str) -> str:
    """Return text with the password of every URL in it replaced by `[redacted]`."""
    return _PASSWORD.sub(r"\g<1>[redacted]", text)


def _belongs(left: str, right: str) -> bool:
    return right in _JOINS or left == "\u200d" or unicodedata.combining(right) != 0
