"""The HTML view of a message, pure: sanitised once more, alone in a frame that runs, loads and knows nothing.

The channel has sanitised it already; this second time defends against an older channel and a message from afar.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Final

import nh3

# The frame's own policy: no script, no request; `sandbox` gives it an origin of its own. Links open a new tab.
FRAME_POLICY: Final = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
_STYLES: Final = {
    *("background-color", "border-collapse", "color", "direction", "font-family", "font-size", "font-style"),
    *("font-weight", "line-height", "list-style-type", "margin-left", "padding", "padding-left", "text-align"),
    *("text-decoration", "text-indent", "vertical-align", "white-space", "border", "border-left", "width", "display"),
}
_DATA_IMAGES: Final = ("data:image/png;", "data:image/jpeg;", "data:image/gif;", "data:image/webp;")
_HEAD: Final = (
    '<!doctype html><html><head><meta charset="utf-8"><meta name="color-scheme" content="light">'
    '<meta name="referrer" content="no-referrer"><title>Message</title><style>'
    "html{background:#fff;color:#1c1d1f;font:14px/1.6 system-ui,sans-serif;overflow-wrap:anywhere}"
    "body{margin:16px}img{max-width:100%;height:auto}img:not([src]){display:none}table{max-width:100%}"
    ".note{margin:0 0 12px;color:#595c61;font-size:13px}"
    "blockquote{margin:0 0 0 8px;padding-left:12px;border-left:2px solid #ddd;color:#555}"
    "</style></head><body>"
)
_TAIL: Final = "</body></html>"
_NOT_LOADED: Final = '<p class="note">Images from elsewhere are not loaded.</p>'
_REMOTE: Final = re.compile(r"<img[^>]*src=[\"']?\s*(?:https?:)?//", re.IGNORECASE)  # `data-remote-src` too


def frame_document(html: str, images: Mapping[str, str]) -> str:
    """Return the document of the frame; `images` are data: URLs by Content-ID. What is remote is not loaded."""
    note = _NOT_LOADED if _REMOTE.search(html) else ""
    return f"{_HEAD}{note}{_cleaner(images).clean(html)}{_TAIL}"


def data_url(media_type: str, content: bytes) -> str:
    """Return a small image as a data: URL."""
    return f"data:{media_type};base64,{b64encode(content).decode()}"


def _cleaner(images: Mapping[str, str]) -> nh3.Cleaner:
    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "src":
            return _source(tag, value.strip(), images)
        if name == "href" and value.lstrip().lower().startswith(("data:", "cid:")):
            return None
        if name == "style" and ("url" in value.lower() or "\\" in value):
            return None
        return value

    return nh3.Cleaner(
        tags=nh3.ALLOWED_TAGS | {"font", "big", "address"},
        clean_content_tags={"script", "style", "title", "noscript", "template"},
        attributes={
            **nh3.ALLOWED_ATTRIBUTES,
            "*": {"style", "dir", "lang", "title", "align", "valign", "bgcolor", "color", "width", "height"},
            "font": {"face", "size"},
        },
        attribute_filter=attribute,
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "tel", "data", "cid"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def _source(tag: str, source: str, images: Mapping[str, str]) -> str | None:
    if tag != "img":
        return None
    if source.lower().startswith("cid:"):
        return images.get(source[4:])
    return source if source.lower().startswith(_DATA_IMAGES) else None
