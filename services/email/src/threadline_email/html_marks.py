"""Where HTML itself says that a quoted mail or a signature begins: elements that mail programs make for them. Pure."""

import re
from typing import Final

from threadline_email.quotations import QUOTE_MARK, SIGNATURE_MARK

_TAG: Final = re.compile(r"<(?:div|table|hr|section|blockquote|span|p)\s([^<>]{1,400})>", re.IGNORECASE)
_NAMES: Final = re.compile(r"(?<![\w-])(id|class|name)\s*=\s*(?:\"([^\"<>]*)|'([^'<>]*)|([^\s\"'<>]+))", re.IGNORECASE)
_PREFIXES: Final = re.compile(r"(?:x_|ecx)+")  # of programs that show a mail inside another
_SIGNS: Final = ("id=", "id =", "class=", "class =", "name=", "name =", "border-top")
# Outlook and its web page draw a line above the fields of the mail that is answered.
_DRAWN: Final = re.compile(
    r"border:\s?none;\s*border-top:\s?(?:solid\s[^;<>]{3,20}\s1\.0pt|1pt solid[^;<>]{0,40});\s*padding:\s?3",
    re.IGNORECASE,
)
_QUOTED: Final = frozenset(
    {
        *("gmail_quote", "gmail_extra", "divrplyfwdmsg", "appendonsend", "yahoo_quoted", "moz-cite-prefix", "zwchr"),
        *("protonmail_quote", "tutanota_quote", "zmail_extra", "mail-editor-reference-message-container"),
        *("ms-outlook-mobile-reference-message", "olk_src_body_section", "replysplit", "stopspelling", "edo-message"),
        *(
            "front-blockquote",
            "missive_quote",
            "freshdesk_quote",
            "mail-quote-collapse",
            "hs_reply",
            "name:quote",
            "name:messagereplysection",
        ),
    }
)
_SIGNED: Final = frozenset(
    {
        *("gmail_signature", "gmail_signature_prefix", "moz-signature", "applemailsignature", "yahoo-signature"),
        *("ms-outlook-mobile-signature", "protonmail_signature_block", "tutanota_signature", "edo-signature"),
        *("id:signature", "name:messagesignaturesection"),
    }
)


def marked(html: str) -> str:
    """Return HTML with a mark of quotations.py behind each tag that begins a quoted mail or a signature."""
    return _TAG.sub(lambda tag: f"{tag[0]}{_mark(tag)}", html) if _is_signed(html) else html


def holds_quotation(html: str) -> bool:
    """Return whether an element is there that a mail program made for a quoted mail."""
    return _is_signed(html) and any(_mark(tag) == QUOTE_MARK for tag in _TAG.finditer(html))


def _is_signed(html: str) -> bool:
    """Return whether there may be something to mark: most tags have nothing, and are told at a glance."""
    return any(map(html.lower().__contains__, _SIGNS))


def _mark(tag: re.Match[str]) -> str:
    if not _is_signed(tag[1]):
        return ""
    names = _names(tag[1])
    # What a writer indents in Gmail is a blockquote of this class, and no mail of somebody else.
    if names & _QUOTED and not (tag[0][:6].lower() == "<block" and "gmail_quote" in names):
        return QUOTE_MARK
    if any(name.startswith("yahooquoted") for name in names) or _DRAWN.search(tag[1]):
        return QUOTE_MARK
    return SIGNATURE_MARK if names & _SIGNED else ""


def _names(attributes: str) -> set[str]:
    """Return the ids and classes in lower case, without prefixes; ids and names also as `id:x` and `name:x`."""
    found: set[str] = set()
    for kind, *values in _NAMES.findall(attributes):
        for name in "".join(values).lower().split():
            bare = _PREFIXES.sub("", name, count=1) if _PREFIXES.match(name) else name
            found |= {bare, f"{kind.lower()}:{bare}"}
    return found
