"""HTML of strangers: sanitised for people to see, with nothing loaded from afar, and turned into readable text."""

import re
from collections.abc import Callable
from html import unescape
from typing import Final

import nh3
from msgspec import Struct

from threadline_email.quotations import QUOTE_MARK

HTML_MAX_CHARS: Final = 1024 * 1024
NESTING_MAX: Final = 500  # both libraries are quadratic in depth
_TAGS_UNCHECKED: Final = 500  # so few tags cannot nest deeper

_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
TAGS_MAX: Final = 20_000  # that begin an element: what the check of the depth may miss stays bearable
_LEFT_OPEN: Final = frozenset({"p", "li", "dd", "dt", "tr", "td", "th", "tbody", "thead", "tfoot", "option"})
_LEFT_OPEN_MAX: Final = 8
_CONTAINERS: Final = _LEFT_OPEN | {"table", "ul", "ol", "dl", "div", "blockquote", "center", "body", "html"}
_VOID: Final = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr", "base", "param"})
_ANY_TAG: Final = re.compile(r"<[a-zA-Z/!][^<>]*>")

_STYLES: Final = {
    *("background-color", "border-collapse", "color", "direction", "font-family", "font-size", "font-style"),
    *("font-weight", "line-height", "list-style-type", "margin-left", "padding", "padding-left", "text-align"),
    *("text-decoration", "text-indent", "vertical-align", "white-space", "border", "border-left", "width", "display"),
}
_ATTRIBUTES: Final = {
    **nh3.ALLOWED_ATTRIBUTES,
    "*": {"style", "dir", "lang", "title", "align", "valign", "bgcolor", "color", "width", "height"},
    "font": {"face", "size"},
    "table": {"border", "cellpadding", "cellspacing", "summary"},
    "ol": {"start", "type"},
    "blockquote": {"cite", "type"},
}
_INERT_IMAGE: Final = re.compile(r"cid:|data:image/(?:png|gif|jpe?g|webp|bmp);base64,", re.IGNORECASE)
_REMOTE_IMAGE: Final = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_LOADS: Final = re.compile(r"url|image|expression|\\", re.IGNORECASE)

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
# The elements in which mail programs put the mail they answer.
_QUOTED_MAIL: Final = re.compile(
    r"<(?:div|blockquote|table|hr)\b[^<>]{0,200}\b(?:id|class)\s*=\s*[\"']?(?:[\w -]{0,60}\s)?(?:x_)*"
    r"(?:gmail_quote|gmail_extra|divRplyFwdMsg|appendonsend|yahoo_quoted|yahooQuoted\w*|moz-cite-prefix|protonmail_quote"
    r"|zmail_extra|mail-editor-reference-message-container|OLK_SRC_BODY_SECTION|replySplit)\b[^<>]{0,200}>",
    re.IGNORECASE,
)
_HIDDEN: Final = re.compile(r"display\s*:\s*none", re.IGNORECASE)


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Keep an attribute unless it would load something; a remote image gets a source no browser follows."""
    if name == "style":
        return "display:none" if _HIDDEN.search(value) else None if _LOADS.search(value) else value
    if name == "src":
        source = value.strip()
        if _INERT_IMAGE.match(source):
            return source
        return f"remote:{source}" if tag == "img" and _REMOTE_IMAGE.match(source) else None
    if name == "href" and value.lstrip().lower().startswith(("data:", "cid:")):
        return None
    return value


def _cleaner_of(schemes: set[str], look: Callable[[str, str, str], str | None] | None) -> nh3.Cleaner:
    return nh3.Cleaner(
        clean_content_tags={"script", "style", "title", "noscript", "template", "select"},
        tags=nh3.ALLOWED_TAGS | {"font", "big", "address"},
        attributes=_ATTRIBUTES,
        attribute_filter=look,
        filter_style_properties=_STYLES,
        url_schemes=schemes,
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )


_SCHEMES: Final = {"http", "https", "mailto", "tel"}
_careful: Final = _cleaner_of(_SCHEMES | {"cid", "data"}, _attribute)
# Looking at every attribute costs a third more; where none of these is, there is nothing to look for.
_quick: Final = _cleaner_of(_SCHEMES, None)
_WORTH_A_LOOK: Final = ("<img", "src", "display", "url", "image", "expression", "&#", "\\")


class Html(Struct, frozen=True):
    """A body of HTML, made harmless, and what a person would read in it."""

    clean: str
    text: str


def read_html(html: str, *, text: bool = True) -> Html:
    """Return HTML that runs and loads nothing, and (unless `text` is False) its text. Total.

    In the text, QUOTE_MARK stands before a mail that is quoted in an element made for that.
    Remote images wait in `data-remote-src`, `cid:` ones stay. Where tags nest too deep to be read safely, `clean` is
    empty. At most HTML_MAX_CHARS are looked at.
    """
    html = _QUOTED_MAIL.sub(rf"\g<0>{QUOTE_MARK}", html[:HTML_MAX_CHARS].replace(QUOTE_MARK, ""))
    if _too_deep(html):
        return Html("", unescape(_ANY_TAG.sub(" ", html)).strip())
    lower = html.lower()
    cleaner = _careful if any(sign in lower for sign in _WORTH_A_LOOK) else _quick
    clean = cleaner.clean(html).strip()
    shown = clean.replace(QUOTE_MARK, "").replace(' src="remote:', ' data-remote-src="')
    return Html(shown, _text(clean) if text else "")


def _text(clean: str) -> str:
    """Return sanitised HTML (where `<` and `>` are tags and nothing else) as text."""
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


def _too_deep(html: str) -> bool:
    """Return whether elements may be nested too deep: an end tag that ends nothing takes none of the depth away."""
    if html.count("<") < _TAGS_UNCHECKED:
        return False
    begun = 0
    inside: list[str] = []
    for closing, tag in _TAG.findall(html):
        name = tag.lower()
        if closing:
            _leave(inside, name)
        elif name not in _VOID:
            begun += 1
            inside.append(name)
            if len(inside) > NESTING_MAX or begun > TAGS_MAX:
                return True
    return False


def _leave(inside: list[str], name: str) -> None:
    """End the innermost element if it has this name; what people leave open in it ends too."""
    at = len(inside) - 1
    if name in _CONTAINERS:
        while at >= 0 and inside[at] in _LEFT_OPEN and inside[at] != name and len(inside) - at <= _LEFT_OPEN_MAX:
            at -= 1
    if at >= 0 and inside[at] == name:
        del inside[at:]
