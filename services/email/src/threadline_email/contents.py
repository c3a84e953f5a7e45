"""A walk through the parts of a mail: what is said, what is a file, and what is a mail of its own. Pure, total."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from threadline_email.charset import decode
from threadline_email.cms import is_encrypted, signed_content
from threadline_email.invitations import describe_invitation
from threadline_email.mime import Part, take_apart
from threadline_email.texts import TEXT_MAX_BYTES, TextReader
from threadline_email.tnef import SIGNATURE as TNEF_SIGNATURE
from threadline_email.unwrapping import Wrapped, head_of, unwrap

ENCLOSED_DEPTH_MAX: Final = 3
ENCLOSED_MAX: Final = 20  # mails in a mail that are read; more are files only
_INVITATIONS_MAX: Final = 3
_BODY_TYPES: Final = frozenset({"text/plain", "text/html", "text/markdown"})
_RENDERINGS: Final = frozenset({"text/x-amp-html", "text/watch-html", "text/enriched", "text/richtext"})
_MAILS: Final = frozenset({"message/rfc822", "message/global", "message/news"})
_CALENDARS: Final = frozenset({"text/calendar", "application/ics"})
_TNEF: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_CMS: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SIGNED: Final = "signature_unchecked"
_ENCRYPTED: Final = "encrypted"
_PROTECTED: Final = {
    "multipart/signed": _SIGNED,
    "application/pkcs7-signature": _SIGNED,
    "application/x-pkcs7-signature": _SIGNED,
    "application/pgp-signature": _SIGNED,
    "multipart/encrypted": _ENCRYPTED,
    "application/pgp-encrypted": _ENCRYPTED,
}


class Piece(Struct, frozen=True):
    """A stretch of body: as plain text, as HTML, or as both (alternatives); or an image by its Content-ID."""

    plain: str | None = None
    html: str | None = None
    image: str = ""


class Contents(Struct, frozen=True):
    """What a mail holds; `enclosed` are the pieces of the mails inside it."""

    pieces: list[Piece]
    enclosed: list[Piece]
    invitations: tuple[str, ...]
    subject: str  # of a wrapped mail, where this one may have none
    files: tuple[Part, ...]
    problems: dict[str, str]


def read_contents(root: Part) -> Contents:
    """Return the contents of a mail. Total; what is cut or guessed is told."""
    walk = _Walk()
    pieces = walk.read(root)
    if not any(says_something(piece) for piece in pieces):
        pieces = [*pieces, *(walk.wrapped or walk.texts_among_files(root))]
    return Contents(
        pieces=pieces,
        enclosed=walk.enclosed,
        invitations=tuple(walk.invitations),
        subject=walk.subject,
        files=tuple(walk.files),
        problems=walk.problems,
    )


def says_something(piece: Piece) -> bool:
    """Return whether there is more than white space."""
    return bool((piece.plain and piece.plain.strip()) or (piece.html and piece.html.strip()))


class _Walk:
    """Walks a tree once, and the trees of the mails in it."""

    def __init__(self) -> None:
        self.files: list[Part] = []
        self.problems: dict[str, str] = {}
        self.enclosed: list[Piece] = []
        self.wrapped: list[Piece] = []  # the body that a winmail.dat repeats
        self.invitations: dict[str, None] = {}
        self.subject = ""
        self._texts = TextReader(self.problems)
        self._some_text = False
        self._charset = ""  # some mailers label the container
        self._depth = 0
        self._mails = 0

    def read(self, part: Part, around: str = "") -> list[Piece]:
        kind = part.kind.value
        self._charset = part.kind.parameters.get("charset", "") if part.parts else self._charset
        if kind in _PROTECTED:
            self.problems[_PROTECTED[kind]] = _scheme(part.kind.parameters.get("protocol", kind))
        if kind == "multipart/alternative":
            return _best([self.read(child, kind) for child in part.parts])
        if kind == "multipart/report":  # the mail inside is the one that is reported
            return [piece for child in part.parts for piece in self.read(child, kind)]
        if part.parts:
            inner = around if around == "multipart/report" else kind
            return [piece for child in part.parts for piece in self.read(child, inner)]
        return [] if kind.startswith("multipart/") else self._leaf(part, around)

    def texts_among_files(self, root: Part) -> list[Piece]:
        """Return the text that some mailers send as a file although it is all they say; it stays a file too."""
        texts = [
            part
            for part in self.files[:1]
            if part.kind.value in _BODY_TYPES and (part is root or part.disposition.value != "attachment")
        ]
        return [self._piece(part) for part in texts]

    def _leaf(self, part: Part, around: str) -> list[Piece]:
        if self._is_body(part):
            return [self._piece(part)]
        if around == "multipart/alternative" and part.kind.value in _RENDERINGS and not _is_named(part):
            return []
        return self._file(part, around)

    def _is_body(self, part: Part) -> bool:
        """Text is body unless it is sent as a file: by disposition, or by a name when there is text already."""
        if part.kind.value not in _BODY_TYPES or part.disposition.value == "attachment":
            return False
        if _is_named(part) and (self._some_text or part.disposition.value):
            return False
        self._some_text = True
        return True

    def _file(self, part: Part, around: str) -> list[Piece]:
        """Keep a part as a file, and read what is inside of it."""
        kind = part.kind.value
        if (kind in _TNEF or part.content.startswith(TNEF_SIGNATURE)) and (wrapped := unwrap(part.content)) is not None:
            self._take(wrapped)
            if wrapped.whole:
                return []
        elif kind in _CMS:
            self.files.append(part)
            return self._signed(part)
        elif kind in _CALENDARS and len(self.invitations) < _INVITATIONS_MAX:
            method = part.kind.parameters.get("method", "")
            self.invitations[describe_invitation(decode(part.content[:TEXT_MAX_BYTES]).text, method)] = None
        self.files.append(_placed(part, around))
        if kind in _MAILS and around != "multipart/report":
            self._enclose(part)
        return [Piece(image=_cid(part))] if around == "multipart/mixed" and self.files[-1].placed else []

    def _enclose(self, part: Part) -> None:
        """Read a mail inside this one: its head and text behind ours, its files after itself."""
        if self._depth == ENCLOSED_DEPTH_MAX or self._mails == ENCLOSED_MAX:
            self.problems["enclosed_unread"] = f"kept as files beyond {ENCLOSED_MAX} mails, {ENCLOSED_DEPTH_MAX} deep"
            return
        self._mails += 1
        mail = take_apart(part.content)
        self.problems |= dict.fromkeys(mail.problems, "in an enclosed mail")
        own_text, self._some_text = self._some_text, False
        self._depth += 1
        self.enclosed.append(Piece(plain=head_of(mail.root.headers)))
        place = len(self.enclosed)
        pieces = self.read(mail.root)
        self.enclosed[place:place] = pieces
        self._depth -= 1
        self._some_text = own_text

    def _take(self, wrapped: Wrapped) -> None:
        self.subject = self.subject or wrapped.subject
        self.files += wrapped.files
        self.wrapped += [] if self._depth else [Piece(wrapped.text or None, wrapped.html or None)]
        self.enclosed += [Piece(head or text or None, html or None) for head, text, html in wrapped.mails]
        self.problems["tnef_unpacked" if wrapped.whole else "tnef_damaged"] = f"{len(wrapped.files)} files"

    def _signed(self, part: Part) -> list[Piece]:
        content = signed_content(part.content)
        self.problems[_ENCRYPTED if is_encrypted(part.content) else _SIGNED] = "S/MIME"
        if not content or self._depth == ENCLOSED_DEPTH_MAX:
            return []
        self._depth += 1
        pieces = self.read(take_apart(content).root)
        self._depth -= 1
        return pieces

    def _piece(self, part: Part) -> Piece:
        text = self._texts.read(part, self._charset)
        return Piece(html=text) if part.kind.value == "text/html" else Piece(plain=text)


def _scheme(protocol: str) -> str:
    return "PGP" if "pgp" in protocol.lower() else "S/MIME"


def _is_named(part: Part) -> bool:
    return "filename" in part.disposition.parameters or "name" in part.kind.parameters


def _cid(part: Part) -> str:
    return part.headers.text("content-id").strip("<> ")


def _placed(part: Part, around: str) -> Part:
    """Mark an image that the text shows where it stands, whether or not it names it."""
    if not part.kind.value.startswith("image/") or part.disposition.value == "attachment":
        return part
    related = around == "multipart/related"
    return replace(part, placed=related or (part.disposition.value == "inline" and bool(_cid(part))))


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
