"""Sanitised HTML as readable text, in the lines that a browser would lay it out in. Pure and total."""

import re
from html import unescape
from typing import Final

from threadline_email.quotations import QUOTE_MARK

_VOID: Final = frozenset({"br", "col", "hr", "img", "wbr"})
_SPLIT: Final = re.compile(r"<(/?)([a-z][a-z0-9]*)([^<>]*)>")
# Most tags of a mail, and none of them moves a line.
_INLINE: Final = re.compile(
    r"</?(?:a|b|i|u|s|em|strong|span|font|small|big|code|sub|sup|tbody|thead|img|col)(?: [^<>]*)?>"
)
_BREAKS: Final = frozenset(
    {"br", "div", "li", "tr", "hr", "table", "ul", "ol", "dl", "dt", "dd", "section", "article", "header", "footer"}
    | {"address", "center", "figure", "figcaption", "aside", "nav", "details", "summary", "caption", "hgroup"}
)
_PARAGRAPHS: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote"})
_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
_MANY_LINES: Final = re.compile(r"\n{3,}")
_QUOTE_DEPTH_MAX: Final = 20


def text_of(clean: str) -> str:
    """Return sanitised HTML (where `<` and `>` are tags and nothing else) as text; quotations carry quote marks."""
    if "display:none" not in clean:
        clean = _INLINE.sub("", clean)
    writer = _Writer()
    pieces = iter(_SPLIT.split(clean))  # text, slash, name, attributes, text ...
    writer.write(next(pieces))
    for slash, name, attributes, text in zip(pieces, pieces, pieces, pieces, strict=True):
        writer.tag(name, attributes, closing=bool(slash))
        if text:
            writer.write(text)
    return writer.text()


class _Writer:
    """Writes lines as a browser lays them out: block elements break them, quotations indent them."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes = 0
        self._pre = 0
        self._hidden = ""
        self._hidden_depth = 0

    def write(self, html: str) -> None:
        if not self._hidden:
            text = unescape(html) if "&" in html else html
            if QUOTE_MARK in text:
                self._break_if_started()
            if self._pre:
                *whole, rest = text.split("\n")
                for line in whole:
                    self._line.append(line)
                    self._break()
                text = rest
            self._line.append(text)

    def tag(self, name: str, attributes: str, *, closing: bool) -> None:
        if self._hidden:
            self._leave_hidden(name, closing=closing)
        elif not closing and "display:none" in attributes and name not in _VOID:
            self._hidden, self._hidden_depth = name, 1
        elif name == "br":
            self._break()
        elif name in _BREAKS:
            self._break_if_started()
        elif name in _PARAGRAPHS:
            self._paragraph(name, closing=closing)
        elif name in {"td", "th"} and closing:
            self._line.append(" ")

    def text(self) -> str:
        self._break_if_started()
        return _MANY_LINES.sub("\n\n", "\n".join(self._lines)).strip("\n")

    def _leave_hidden(self, name: str, *, closing: bool) -> None:
        if name == self._hidden:
            self._hidden_depth += -1 if closing else 1
            if self._hidden_depth == 0:
                self._hidden = ""

    def _paragraph(self, name: str, *, closing: bool) -> None:
        self._break_if_started()
        step = -1 if closing else 1
        if name == "blockquote" and closing:
            self._quotes = max(self._quotes + step, 0)
        if self._lines and self._lines[-1].strip("> "):
            self._break()
        if name == "blockquote" and not closing:
            self._quotes += step
        elif name == "pre":
            self._pre = max(self._pre + step, 0)

    def _break_if_started(self) -> None:
        if self._line:
            if "".join(self._line).strip():
                self._break()
            self._line.clear()

    def _break(self) -> None:
        joined = "".join(self._line)
        line = joined.rstrip() if self._pre else _SPACE.sub(" ", joined).strip()
        prefix = "> " * min(self._quotes, _QUOTE_DEPTH_MAX)
        self._lines.append(f"{prefix}{line}".rstrip() if prefix else line)
        self._line.clear()
