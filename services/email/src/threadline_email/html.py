"""HTML of strangers: sanitised for people to see, with nothing loaded from afar, and turned into readable text."""

import re
from collections.abc import Callable
from html import unescape
from typing import Final

import nh3
from msgspec import Struct

from threadline_email.html_marks import marked
from threadline_email.html_text import text_of
from threadline_email.quotations import QUOTE_MARK
from threadline_shared.styles import calm_style

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
    "*": {"style", "dir", "lang", "title", "align", "valign", "width", "height"},
    "font": {"face", "size"},
    "table": {"border", "cellpadding", "cellspacing", "summary"},
    "ol": {"start", "type"},
    "blockquote": {"cite", "type"},
}
_WRITTEN_MARK: Final = re.compile(r"&#(?:0*2(?!\d)|[xX]0*2(?![\da-fA-F]));?")  # of QUOTE_MARK, as a number
_REMOTE_SOURCE: Final = re.compile(r'(<img(?: [^<>]*?)?) src="remote:')
_INERT_IMAGE: Final = re.compile(r"cid:|data:image/(?:png|gif|jpe?g|webp|bmp);base64,", re.IGNORECASE)
_REMOTE_IMAGE: Final = re.compile(r"(?:https?:)?//", re.IGNORECASE)


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Keep an attribute unless it would load something; a remote image gets a source no browser follows."""
    if name == "style":
        return calm_style(value)
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
_WORTH_A_LOOK: Final = ("<img", "src", "style")


class Html(Struct, frozen=True):
    """A body of HTML, made harmless, and what a person would read in it."""

    clean: str
    text: str


def read_html(html: str, *, text: bool = True) -> Html:
    """Return HTML that runs and loads nothing, and (unless `text` is False) its text. Total.

    In the text, a mark stands before what is in an element made for quoted mail or a signature. Colours are kept only
    where they can be read on light and on dark. Remote images wait in `data-remote-src`, `cid:` ones stay. Where tags
    nest too deep to be read safely, `clean` is empty. At most HTML_MAX_CHARS are looked at.
    """
    html = marked(_WRITTEN_MARK.sub(" ", html[:HTML_MAX_CHARS].replace(QUOTE_MARK, "")))
    if _too_deep(html):
        return Html("", unescape(_ANY_TAG.sub(" ", html)).strip())
    lower = html.lower()
    cleaner = _careful if any(sign in lower for sign in _WORTH_A_LOOK) else _quick
    clean = cleaner.clean(html).strip()
    shown = clean.replace(QUOTE_MARK, "")
    if ' src="remote:' in shown:
        shown = _REMOTE_SOURCE.sub(r'\1 data-remote-src="', shown)
    return Html(shown, text_of(clean) if text else "")


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
