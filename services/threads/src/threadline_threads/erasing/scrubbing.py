"""Taking somebody's identities out of texts and of JSON that name them in passing. Pure.

An address or number is taken out of any text; what could as well be an order number (a bare id of a channel) only out
of what we wrote ourselves: reasons, evidence, commands.
"""

import re
from collections.abc import Iterable
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from threadline_threads.identity import Contact, shown

MARK: Final = "erased"
_LEAST: Final = 5  # characters: a shorter one is in many words
_ADDRESS: Final = re.compile(r".+@.+|\+[0-9]{6,}")
_S = TypeVar("_S", bound=Struct)


class Scrubber:
    """Knows what to take out. `identities` are comparable; `others` are names, ids and values as they were written."""

    def __init__(self, identities: Iterable[Contact], others: Iterable[str] = ()) -> None:
        known = {one for one in (*map(shown, identities), *identities, *others) if len(one) >= _LEAST}
        self._ours = _any_of(known)
        self._theirs = _any_of(one for one in known if _ADDRESS.fullmatch(one))

    def text(self, text: str) -> str:
        """Return somebody's text without addresses and numbers of the forgotten."""
        return self._theirs.sub(MARK, text) if self._theirs else text

    def reason(self, text: str) -> str:
        """Return a text of ours without anything of theirs."""
        return self._ours.sub(MARK, text) if self._ours else text

    def tree(self, value: Any) -> Any:
        """Return JSON, as built-in values, without anything of theirs."""
        if isinstance(value, str):
            return self.reason(value)
        if isinstance(value, dict):
            return {key: self.tree(inner) for key, inner in value.items()}
        return [self.tree(inner) for inner in value] if isinstance(value, list) else value

    def json(self, text: bytes) -> bytes:
        """Return JSON without anything of theirs; as it is, when there is nothing."""
        value = msgspec.json.decode(text)
        clean = self.tree(value)
        return text if clean == value else msgspec.json.encode(clean)

    def struct(self, value: _S) -> _S:
        """Return a struct without anything of theirs."""
        plain = msgspec.json.decode(msgspec.json.encode(value))
        return msgspec.convert(self.tree(plain), type(value))

    def structs(self, values: Iterable[_S]) -> list[_S]:
        """Return those of some structs that had something of theirs, without it."""
        return [new for old in values if (new := self.struct(old)) != old]


def _any_of(words: Iterable[str]) -> "re.Pattern[str] | None":
    found = sorted(words, key=len, reverse=True)
    if not found:
        return None
    return re.compile(rf"(?<![\w@.+-])(?:{'|'.join(map(re.escape, found))})(?![\w@]|[.-]\w)", re.IGNORECASE)
