"""The HTML view of a message, pure: sanitised once more, alone in a frame that runs, loads and knows nothing.

The channel has sanitised it already; this second time defends against an older channel and a message from afar.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Final

import nh3

from threadline_shared.styles import calm_style

_POLICY: Final = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src {images}; "
    "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
# The frame's own policy: no script, no request; `sandbox` gives it an origin of its own. Links open a new tab.
FRAME_POLICY: Final = _POLICY.format(images="data:")
# The same when somebody asked for the images from elsewhere: those may load, and nothing else.
FRAME_POLICY_IMAGES: Final = _POLICY.format(images="data: https: http:")
_STYLES: Final = {
    *("background-color", "border-collapse", "color", "direction", "font-family", "font-size", "font-style"),
    *("font-weight", "line-height", "list-style-type", "margin-left", "padding", "padding-left", "text-align"),
    *("text-decoration", "text-indent", "vertical-align", "white-space", "border", "border-left", "width", "display"),
}
_DATA_IMAGES: Final = ("data:image/png;", "data:image/jpeg;", "data:image/gif;", "data:image/webp;")
_HEAD: Final = (
    '<!doctype html><html><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    '<meta name="viewport" content="width=device-width">'
    '<meta name="referrer" content="no-referrer"><title>Message</title><style>'
    ":root{color-scheme:light dark}"
    "html{background:light-dark(#fff,#17181b);color:light-dark(#1c1d1f,#e9eaec);font:14px/1.6 system-ui,sans-serif}"
    "body{margin:16px;overflow-wrap:anywhere}table{max-width:100%}a{color:light-dark(#3c4bc9,#a5b0ff)}"
    "[style*=background-color] a{color:inherit}"
    # A picture was drawn for white paper: what is transparent in it is that.
    "img{max-width:100%;height:auto;background:#fff}img:not([src]){display:none}"
    "blockquote{margin:0;margin-inline-start:8px;padding-inline-start:12px;"
    "border-inline-start:2px solid light-dark(#ddd,#3f4249);"
    "color:light-dark(#595c61,#a4a8af)}"
    "</style></head><body dir=auto>"
)
_TAIL: Final = "</body></html>"
_WAITING: Final = re.compile(r"(<img\b[^<>]*?)\sdata-remote-src=\"", re.IGNORECASE)


def frame_document(html: str, images: Mapping[str, str], *, remote: bool = False) -> str:
    """Return the document of the frame; `images` are data: URLs by Content-ID.

    What is remote is not loaded, unless somebody asked for it: then images, and they alone, over HTTP.
    """
    waiting = _WAITING.sub(r'\1 src="', html) if remote else html
    return f"{_HEAD}{_cleaner(images, remote=remote).clean(waiting)}{_TAIL}"


def data_url(media_type: str, content: bytes) -> str:
    """Return a small image as a data: URL."""
    return f"data:{media_type};base64,{b64encode(content).decode()}"


def _cleaner(images: Mapping[str, str], *, remote: bool) -> nh3.Cleaner:
    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "src":
            return _source(tag, value.strip(), images, remote=remote)
        if name == "href" and value.lstrip().lower().startswith(("data:", "cid:")):
            return None
        return calm_style(value) if name == "style" else value

    return nh3.Cleaner(
        tags=nh3.ALLOWED_TAGS | {"font", "big", "address"},
        clean_content_tags={"script", "style", "title", "noscript", "template"},
        attributes={
            **nh3.ALLOWED_ATTRIBUTES,
            "*": {"style", "dir", "lang", "title", "align", "valign", "width", "height"},
            "font": {"face", "size"},
            "table": {"border", "cellpadding", "cellspacing", "summary"},
            "ol": {"start", "type"},
        },
        attribute_filter=attribute,
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "tel", "data", "cid"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def _source(tag: str, source: str, images: Mapping[str, str], *, remote: bool) -> str | None:
    if tag != "img":
        return None
    scheme = source.lower()
    if scheme.startswith("cid:"):
        return images.get(source[4:])
    if remote and scheme.startswith(("https://", "http://")):
        return source
    return source if scheme.startswith(_DATA_IMAGES) else None
