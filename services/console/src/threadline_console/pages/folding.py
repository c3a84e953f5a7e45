"""What of a message's text is shown, and what lies folded below it: quoted mail, a signature; pure."""

import re
from typing import Final

from msgspec import Struct

from threadline_contracts.message import InboundMessage
from threadline_shared.text import cut

_VISIBLE: Final = 2_400  # characters of a message before it folds: about a screen
_VISIBLE_LINES: Final = 40
_FOLDED: Final = 3_000  # what may lie folded in the page itself; more is a page of its own
_HOLE: Final = re.compile(r"\n(?:[ \t\u00a0]*\n){2,}")
_QUOTES: Final = re.compile(r"^\s*>|[:\uff1a]\s*$|^\s*[-_=]{3,}\s*\S.*[-_=]{3,}\s*$", re.MULTILINE)
_SIGNATURE_LINES: Final = 8


class Rest(Struct, frozen=True):
    """What is not shown at once: the text itself behind a button (`what` it is), or where to read all of it."""

    text: str = ""
    what: str = ""
    href: str = ""


def beginning(text: str) -> str:
    """Return what of a text is shown before it folds: whole lines as far as they fit, without holes of empty ones."""
    lines = _HOLE.sub("\n\n", text).strip("\n").split("\n")
    head = "\n".join(lines[:_VISIBLE_LINES]).rstrip()
    return cut(f"{head}\n…" if len(lines) > _VISIBLE_LINES else head, _VISIBLE)


def rest_of(said: InboundMessage, page: str) -> Rest:
    """Return what lies folded under a message, or `page`, where to read it when it is too long for that."""
    visible, whole = said.text.strip("\n"), said.full_text.strip("\n")
    rest = whole.removeprefix(visible).strip("\n") if whole != visible else ""
    if said.text_ref or said.full_text_ref or beginning(visible).endswith("…") or len(rest) > _FOLDED:
        return Rest(href=page)
    if visible and rest == whole:  # the visible part is somewhere inside it
        return Rest(rest, "the whole text")
    return Rest(rest, _what(rest)) if rest else Rest()


def _what(rest: str) -> str:
    lines = [line for line in rest.split("\n") if line.strip()]
    return "what was quoted" if _QUOTES.search(rest) or len(lines) > _SIGNATURE_LINES else "the signature"
