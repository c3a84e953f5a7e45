"""format=flowed (RFC 3676): soft line breaks undone, so that paragraphs and quotations are as their writer saw them."""

from typing import Final

from msgspec import Struct

_SIGNATURE: Final = "-- "


class _Line(Struct, frozen=True):
    quotes: int
    text: str

    def written(self) -> str:
        return f"{'>' * self.quotes} {self.text}".rstrip(" ") if self.quotes else self.text


def unflowed(text: str, *, delsp: bool = False) -> str:
    """Return text with its soft breaks joined; `delsp`: the space before one is not part of the text. Total."""
    lines = text.replace("\r\n", "\n").split("\n")
    written: list[str] = []
    paragraph: list[str] = []
    quotes = 0
    for line in map(_line, lines):
        soft = line.text.endswith(" ") and line.text != _SIGNATURE
        if paragraph and (line.quotes != quotes or not line.text.strip() or line.text == _SIGNATURE):
            written.append(_Line(quotes, "".join(paragraph)).written())
            paragraph = []
        quotes = line.quotes
        if soft:
            paragraph.append(line.text[:-1] if delsp else line.text)
        else:
            written.append(_Line(quotes, "".join((*paragraph, line.text))).written())
            paragraph = []
    if paragraph:
        written.append(_Line(quotes, "".join(paragraph)).written())
    return "\n".join(written)


def _line(raw: str) -> _Line:
    """Return the depth of quoting and the text, the space that protects a line's beginning removed."""
    if not raw.startswith((">", " ")):
        return _Line(0, raw)
    text = raw.lstrip(">")
    return _Line(len(raw) - len(text), text.removeprefix(" "))
