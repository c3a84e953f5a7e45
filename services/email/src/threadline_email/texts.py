"""The text parts of one mail as text, within limits that they share: charset, soft line breaks, armour. Pure, total."""

import re
from typing import Final

from threadline_email.charset import decode
from threadline_email.flowed import unflowed
from threadline_email.mime import Part
from threadline_email.quotations import QUOTE_MARK

TEXT_MAX_BYTES: Final = 4 * 1024 * 1024  # of all that a mail says
_GUESSES_MAX: Final = 10  # of charsets, in one mail
_META_CHARSET: Final = re.compile(
    rb"<meta\b[^<>]{0,200}\bcharset\s{0,9}=[\s\"']{0,9}([\w.:-]{2,40})", re.IGNORECASE | re.ASCII
)
_META_BYTES: Final = 2048
_ARMOUR: Final = {
    "-----BEGIN PGP MESSAGE-----": "encrypted",
    "-----BEGIN PGP SIGNED MESSAGE-----": "signature_unchecked",
}


class TextReader:
    """Reads the texts of one mail, and notes in `problems` what it had to cut or guess."""

    def __init__(self, problems: dict[str, str]) -> None:
        self._problems = problems
        self._guesses = 0
        self._room = TEXT_MAX_BYTES

    def read(self, part: Part, container_charset: str) -> str:
        """Return the text of a part; some mailers label the container with its charset."""
        text = self._decoded(part, self._within_limit(part.content), container_charset)
        for beginning, code in _ARMOUR.items():
            if text.lstrip().startswith(beginning):
                self._problems[code] = "PGP"
        parameters = part.kind.parameters
        if parameters.get("format", "").lower() == "flowed" and part.kind.value == "text/plain":
            return unflowed(text, delsp=parameters.get("delsp", "").lower() == "yes")
        return text

    def _within_limit(self, content: bytes) -> bytes:
        if len(content) > self._room:
            self._problems["text_cut"] = f"kept {self._room} of {len(content)} bytes"
            content = content[: self._room]
        self._room -= len(content)
        return content

    def _decoded(self, part: Part, content: bytes, container_charset: str) -> str:
        label = part.kind.parameters.get("charset") or container_charset
        if not label and part.kind.value == "text/html" and (meta := _META_CHARSET.search(content, 0, _META_BYTES)):
            label = meta[1].decode("ascii")
        decoded = decode(content, label, detect=self._guesses < _GUESSES_MAX)
        if decoded.guessed:
            self._guesses += 1
            self._problems["charset_guessed"] = f"declared {label[:40] or 'nothing'}, read as {decoded.guessed}"
        return decoded.text.replace(QUOTE_MARK, " ")
