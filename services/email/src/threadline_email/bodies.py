"""Which parts of a mail are what it says, and which are files: text and HTML once each, in reading order."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from msgspec import Struct

from threadline_email.charset import decode
from threadline_email.html import HTML_MAX_CHARS, read_html
from threadline_email.mime import Part
from threadline_email.quotations import QUOTE_MARK

TEXT_MAX_BYTES: Final = 4 * 1024 * 1024
_GUESSES_MAX: Final = 10  # of charsets, in one mail
_BODY_TYPES: Final = frozenset({"text/plain", "text/html"})


class Piece(Struct, frozen=True):
    """A stretch of body: as plain text, as HTML, or as both (alternatives)."""

    plain: str | None = None
    html: str | None = None


class Body(Struct, frozen=True):
    """What a mail says and the parts that are files: `html` is sanitised, `text` has QUOTE_MARKs of html.py."""

    text: str
    html: str
    files: tuple[Part, ...]
    problems: tuple[tuple[str, str], ...]  # (code, detail)


def read_body(root: Part) -> Body:
    """Return the body of a mail and its files. Total."""
    reader = _Reader()
    pieces = reader.read(root)
    text, html = _text_and_html(pieces)
    if any(len(piece.html or "") > HTML_MAX_CHARS for piece in pieces):
        reader.problems["html_cut"] = f"looked at the first {HTML_MAX_CHARS} characters"
    return Body(text, html, tuple(reader.files), tuple(reader.problems.items()))


def _text_and_html(pieces: Sequence[Piece]) -> tuple[str, str]:
    """Return the pieces put together; HTML speaks where there is no plain text, and text joins the HTML there is."""
    texts: list[str] = []
    htmls: list[str] = []
    some_html = any(piece.html for piece in pieces)
    for piece in pieces:
        spoken = bool(piece.plain and piece.plain.strip())
        if piece.html:
            read = read_html(piece.html, text=not spoken)
            htmls.append(read.clean)
            texts.append(piece.plain if spoken and piece.plain else read.text)
        elif piece.plain is not None:
            texts.append(piece.plain)
            if some_html:
                htmls.append(f'<div style="white-space:pre-wrap">{escape(piece.plain.strip())}</div>')
    return "\n".join(texts), "\n".join(htmls)


class _Reader:
    """Walks the tree once, collecting files and what had to be guessed."""

    def __init__(self) -> None:
        self.files: list[Part] = []
        self.problems: dict[str, str] = {}
        self._some_text = False
        self._guesses = 0
        self._charset = ""  # some mailers label the container

    def read(self, part: Part) -> list[Piece]:
        self._charset = part.kind.parameters.get("charset", "") if part.parts else self._charset
        if part.kind.value == "multipart/alternative":
            return _best([self.read(child) for child in part.parts])
        if part.parts:
            return [piece for child in part.parts for piece in self.read(child)]
        if part.kind.value.startswith("multipart/"):
            return []
        if not self._is_body(part):
            self.files.append(part)
            return []
        text = self._decoded(part)
        return [Piece(html=text) if part.kind.value == "text/html" else Piece(plain=text)]

    def _is_body(self, part: Part) -> bool:
        """Text is body unless it is sent as a file: by disposition, or by a name when there is text already."""
        disposition = part.disposition
        if part.kind.value not in _BODY_TYPES or disposition.value == "attachment":
            return False
        named = "filename" in disposition.parameters or "name" in part.kind.parameters
        if named and (self._some_text or disposition.value):
            return False
        self._some_text = True
        return True

    def _decoded(self, part: Part) -> str:
        content = part.content
        if len(content) > TEXT_MAX_BYTES:
            self.problems["text_cut"] = f"kept {TEXT_MAX_BYTES} of {len(content)} bytes"
            content = content[:TEXT_MAX_BYTES]
        label = part.kind.parameters.get("charset") or self._charset
        decoded = decode(content, label, detect=self._guesses < _GUESSES_MAX)
        if decoded.guessed:
            self._guesses += 1
            self.problems["charset_guessed"] = f"declared {label[:40] or 'nothing'}, read as {decoded.guessed}"
        return decoded.text.replace(QUOTE_MARK, " ")


def _best(alternatives: Iterable[list[Piece]]) -> list[Piece]:
    """Return one piece out of alternatives: the last (richest) of each kind that says something."""
    plain: str | None = None
    html: str | None = None
    for pieces in alternatives:
        plains = [piece.plain for piece in pieces if piece.plain is not None]
        htmls = [piece.html for piece in pieces if piece.html is not None]
        if any(text.strip() for text in plains) or plain is None:
            plain = "\n".join(plains) if plains else plain
        if any(text.strip() for text in htmls) or html is None:
            html = "\n".join(htmls) if htmls else html
    return [] if plain is None and html is None else [Piece(plain, html)]
