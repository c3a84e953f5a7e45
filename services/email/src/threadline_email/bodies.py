"""What a mail says and which of its parts are files: text and HTML once each, in reading order."""

from collections.abc import Iterable, Sequence
from html import escape

from msgspec import Struct

from threadline_email.contents import Piece, read_contents, says_something
from threadline_email.html import HTML_MAX_CHARS, Html, read_html
from threadline_email.html_marks import holds_quotation
from threadline_email.mime import Part
from threadline_email.reply_text import finds_quotation

__all__ = ["Body", "read_body"]


class Body(Struct, frozen=True):
    """What a mail says and the parts that are files: `html` is sanitised, texts have QUOTE_MARKs of html.py.

    `full_text` is `text` and the text of enclosed mails; where the sender said nothing else, `text` is that too.
    `subject` is the one inside a winmail.dat.
    """

    text: str
    full_text: str
    html: str
    subject: str
    files: tuple[Part, ...]
    problems: tuple[tuple[str, str], ...]  # (code, detail)


def read_body(root: Part) -> Body:
    """Return the body of a mail and its files. Total."""
    contents = read_contents(root)
    pieces = [*(Piece(plain=f"{line}\n") for line in contents.invitations if line), *contents.pieces]
    if sum(len(piece.html or "") for piece in (*pieces, *contents.enclosed)) > HTML_MAX_CHARS:
        contents.problems["html_cut"] = f"looked at the first {HTML_MAX_CHARS} characters"
    own, enclosed = _read(pieces, HTML_MAX_CHARS), _read(contents.enclosed, HTML_MAX_CHARS)
    full_text = "\n".join(_texts((*own, *enclosed)))
    spoken = any(says_something(piece) for piece in pieces)
    return Body(
        text="\n".join(_texts(own)) if spoken and enclosed else full_text,
        full_text=full_text,
        html=_html((*own, *enclosed)),
        subject=contents.subject,
        files=contents.files,
        problems=tuple(contents.problems.items()),
    )


class _Read(Struct, frozen=True):
    """A piece as it will be shown: `shown` is None where the sender sent no HTML."""

    text: str | None
    shown: str | None
    image: str = ""


def _read(pieces: Sequence[Piece], room: int) -> list[_Read]:
    read: list[_Read] = []
    for piece in pieces:
        spoken = bool(piece.plain and piece.plain.strip()) and not _quotes_in_html_alone(piece)
        if piece.html:
            html = read_html(piece.html[:room], text=not spoken) if room else Html("", "")
            room -= min(len(piece.html), room)
            read.append(_Read(piece.plain if spoken else html.text, html.clean))
        else:
            read.append(_Read(piece.plain, None, piece.image))
    return read


def _quotes_in_html_alone(piece: Piece) -> bool:
    """Return whether the HTML of two alternatives alone tells what is quoted: then it is the one to read."""
    plain = piece.plain or ""
    if not piece.html or "\n>" in plain:
        return False
    return holds_quotation(piece.html[:HTML_MAX_CHARS]) and not finds_quotation(plain)


def _texts(read: Iterable[_Read]) -> list[str]:
    return [piece.text for piece in read if piece.text is not None]


def _html(read: Sequence[_Read]) -> str:
    """Return the HTML there is, joined by the plain text between; an image stands where no HTML shows it."""
    htmls = [piece.shown for piece in read if piece.shown is not None]
    images = {piece.image for piece in read if piece.image} - {
        piece.image for piece in read for html in htmls if piece.image and f"cid:{piece.image}" in html
    }
    if not htmls and not images:
        return ""
    shown: list[str] = []
    for piece in read:
        if piece.shown is not None:
            shown.append(piece.shown)
        elif piece.image in images:
            shown.append(f'<img src="cid:{escape(piece.image)}">')
        elif piece.text is not None:
            shown.append(f'<div style="white-space:pre-wrap">{escape(piece.text.strip())}</div>')
    return "\n".join(shown)
