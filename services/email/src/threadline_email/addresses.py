"""Address headers as people really write them: unquoted commas, raw 8-bit names, groups, missing brackets."""

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from threadline_email.charset import decode
from threadline_email.words import ENCODED_WORD, decode_words, one_line

ADDRESSES_MAX: Final = 500
HEADER_MAX_BYTES: Final = 64 * 1024
ADDRESS_MAX: Final = 320  # RFC 3696: 64 of local part, @, 255 of domain
NAME_MAX: Final = 512

WORDS_KEPT: Final = 50  # of a name with commas in it; more are no name
_BARE: Final = r'\([^()]*\)|<[^<>]*>?|[,;:]|[^,;:<>"()=]+|.'
_TOKEN: Final = re.compile(rf'{ENCODED_WORD}|"(?:[^"\\]|\\.)*"|{_BARE}', re.DOTALL)
_UNQUOTED: Final = re.compile(rf"{ENCODED_WORD}|{_BARE}", re.DOTALL)
_SIMPLE: Final = re.compile(
    r"([\w.!#$%&'*+/=?^`{|}~-]+@[\w-][\w.-]*)|([\w .'!-]*)<([\w.!#$%&'*+/=?^`{|}~-]+@[\w-][\w.-]*)>", re.ASCII
)
_BORDER: Final = r'\s@<>,;:"()\\'
_LOCAL: Final = rf'(?<![^{_BORDER}\[\]])[^{_BORDER}\[\]]{{1,256}}|"[^"]{{1,64}}"'
_ADDRESS: Final = re.compile(rf"(?:{_LOCAL})@[^{_BORDER}.][^{_BORDER}]*")
_COMMENT: Final = re.compile(r"\([^()]*\)")
_LOOSE_DOT: Final = re.compile(r"(?<=@)([\w-]+(?:\.[\w-]+)*)[ \t]+\.[ \t]*(?=\w)")
_QUOTED_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)


class Address(Struct, frozen=True):
    """A mailbox: decoded display name (untrusted), and the address with its domain in lower case."""

    name: str
    email: str


def read_addresses(raw: bytes) -> list[Address]:
    """Return the mailboxes of an address header, groups flattened, at most ADDRESSES_MAX. Total."""
    text = decode(raw[:HEADER_MAX_BYTES]).text.strip()
    if len(text) <= ADDRESS_MAX and (simple := _SIMPLE.fullmatch(text)):
        return [Address(one_line(simple[2] or ""), normal_address(simple[1] or simple[3]))]
    found: list[Address] = []
    for address in _mailboxes(text):
        found.append(address)
        if len(found) == ADDRESSES_MAX:
            break
    return found


def normal_address(address: str) -> str:
    """Return an address with its domain in lower case; the local part is its owner's business."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower().rstrip('.')}"


def is_address(text: str) -> bool:
    """Return whether a text is one plausible address and nothing else."""
    return len(text) <= ADDRESS_MAX and text.isprintable() and _ADDRESS.fullmatch(text) is not None


def _mailboxes(text: str) -> Iterator[Address]:
    """Yield the mailboxes; words before a comma that lead to no address belong to the next name (`Doe, Jane <j@x>`)."""
    words: list[str] = []
    comments: list[str] = []
    angle = ""
    for token in (*_tokens(text), ","):
        if token in {",", ";"}:
            if address := _mailbox(words, comments, angle):
                yield address
            elif words and not angle:
                words = [*words[-WORDS_KEPT:], token]
                continue
            words, comments, angle = [], [], ""
        elif token == ":":  # noqa: S105 - not that kind of token
            words = []  # the name of a group
        elif token.startswith("<"):
            angle = angle or token.strip("<> \t")
        elif token.startswith("("):
            comments.append(token[1:-1])
        else:
            words.append(token)


def _tokens(text: str) -> Iterator[str]:
    """Yield the tokens of an address header; behind a quotation mark that nothing closes, no other one is closed."""
    for match in _TOKEN.finditer(text):
        yield match[0]
        if match[0] == '"':
            yield from _UNQUOTED.findall(text, match.end())
            return


def _mailbox(words: list[str], comments: list[str], angle: str) -> Address | None:
    if angle:
        plain = _COMMENT.sub("", angle) if "(" in angle else angle
        address = "".join(plain.split()).rpartition(":")[2]  # RFC 822 routes: <@relay,@other:joe@x>
        if is_address(address):
            return Address(_name("".join(words)) or _name(" ".join(comments)), normal_address(address))
        return None
    joined = "".join(words)
    if " ." in joined or "\t." in joined:  # RFC 822 let blanks stand round the dots of a domain
        joined = _LOOSE_DOT.sub(r"\1.", joined)
    bare = _ADDRESS.search(joined)
    if bare is None or len(bare[0]) > ADDRESS_MAX or not bare[0].isprintable():
        return None
    name = _name(joined.replace(bare[0], " ", 1)) or _name(" ".join(comments))
    return Address(name, normal_address(bare[0]))


def _name(phrase: str) -> str:
    """Return a display name: encoded words decoded, quotes and their escapes removed."""
    phrase = phrase.strip().strip(",;").strip()
    if len(phrase) > 1 and phrase.startswith('"') and phrase.endswith('"'):
        phrase = _QUOTED_PAIR.sub(r"\1", phrase[1:-1])
    name = decode_words(phrase.encode("utf-8", "replace")) if "=?" in phrase else one_line(phrase)
    return name.strip("\"' ")[:NAME_MAX] if name.startswith(('"', "'")) else name[:NAME_MAX]
