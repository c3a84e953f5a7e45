"""What a subject says once mail programs, lists, filters and other desks are taken off it. Pure and total.

The way of RFC 5256 2.1 (base subject), with the prefixes of other languages and the tags of help desks. Only what
stands at an end of the subject is taken off, so that two subjects that people tell apart stay apart: `[Order 4711]`
stays, `[Ticket#4711]` does not.
"""

import re
import unicodedata
from typing import Final

from msgspec import Struct

from threadline_contracts.tokens import TOKEN_PATTERN
from threadline_threads.wordlists import words

MAX_SUBJECT: Final = 1_000  # characters that are looked at
_WORDS: Final = words("subject_words.toml")


def _folded(text: str) -> str:
    """Return a text for comparing: NFKC_Casefold of Unicode 3.13, without invisible marks, white space collapsed."""
    text = text[:MAX_SUBJECT]
    if text.isascii():
        return " ".join(text.lower().split())
    seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", seen).casefold())
    folded = unicodedata.normalize("NFKC", once.casefold())
    return " ".join(folded[:MAX_SUBJECT].split())


def _any_of(group: str) -> str:
    """Return a pattern of the words of a group as they are folded, the longest first."""
    folded = {_folded(word) for word in _WORDS[group]}
    return "|".join(re.escape(word) for word in sorted(folded, key=lambda word: (-len(word), word)))


_COUNT: Final = r"(?:\[\d{1,3}\]|\(\d{1,3}\)|[\^*]?\d{1,3})"  # Re[2]: Re(2): Re^2: Re*2: Re2:
_PREFIX: Final = re.compile(rf"(?:(?P<reply>{_any_of('reply')})|(?P<forward>{_any_of('forward')})) ?{_COUNT}? ?: ?")
# RFC 5256: subj-fwd, and subj-trailer
_FORWARDED: Final = re.compile(r"\[fwd?:(?P<inside>.*)\]|(?P<before>.*)\(fwd\)")
_TICKET: Final = _any_of("tag.ticket")
_SIGN: Final = rf"(?![^\[\]{{}}]{{0,40}}\b(?:{_any_of('tag.business')}))[^\[\]{{}}#]{{0,40}}#"
_NUMBER: Final = r"[ .:#-]{0,3}(?:no|nr|br|id)?[ .:#-]{0,3}[a-z]{0,5}-?\d[\d./-]{0,25}"
_TAG: Final = "|".join(
    (
        rf"[\[{{] ?{_SIGN} ?[a-z._/-]{{0,15}}\d[\w./-]{{0,40}} ?[\]}}]",  # [#123] {#123} [Ticket#2024011]
        rf"[\[({{] ?(?:{_TICKET}){_NUMBER} ?[\])}}]",  # (Case 1234) [Vorgang 2024-17]
        r"\(#[a-z]{2,10}-\d[\d-]{0,20}\)",  # Frappe: (#ISS-2024-00017)
        r"\[jira\] ?(?:\[[a-z ]{1,20}\] ?|[a-z]{1,20}: ?)?\([a-z][a-z0-9]{1,9}-\d{1,7}\)",
        r"##[a-z]{0,5}-?\d{1,20}##",  # ManageEngine
        r"\[? ?ref:[\w!.-]{3,60}:ref ?\]?",  # Salesforce
        rf"[\[({{<*][*!_? -]{{0,5}}(?:{_any_of('tag.mark')})[*!_? :-]{{0,5}}[\])}}>*]",  # ***SPAM*** [EXTERNAL]
    )
)
_TAG_MAX: Final = 150
_TAG_FIRST: Final = re.compile(rf"(?:{_TAG}|(?:{_TICKET}) ?# ?\d{{1,20}} ?[:-]|(?:spam|external) ?:) ?")
_TAG_LAST: Final = re.compile(rf" ?(?:{_TAG})$")
_ANY_TAG: Final = re.compile(r"[\[({<*#]|ref:|spam|external")
_LIST: Final = re.compile(r"\[(?=[^\]]*[^\W\d_])[^\[\]\d#]{1,50}\] ?")
_OURS: Final = re.compile(rf"\[?{TOKEN_PATTERN}\]?|\[#?[0-9a-hjkmnp-tv-z]{{5}}-[0-9a-hjkmnp-tv-z]{{5}}\]")

_NOTHING: Final = frozenset(_folded(word) for word in _WORDS["nothing"])
_VAGUE: Final = frozenset(_folded(word).strip("!?. ") for word in _WORDS["vague"])
_SHORTEST: Final = 2  # characters: a Chinese word
_MANY_WORDS: Final = 3
_IDEOGRAMS: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class Subject(Struct, frozen=True):
    """A base subject as it compares; `reply` and `forward` say which prefixes stood before it.

    An empty `base` matches nothing; "(no subject)" is empty.
    """

    base: str
    reply: bool = False
    forward: bool = False

    @property
    def tells(self) -> bool:
        """Whether it says what the matter is: "Help" may be two matters of one person, "Broken lamp" hardly."""
        return len(self.base) >= _SHORTEST and self.base.strip("!?. ") not in _VAGUE

    @property
    def is_long(self) -> bool:
        """Whether it is rare enough to suggest something whoever wrote it: three words, or six letters of Chinese."""
        return len(self.base.split()) >= _MANY_WORDS or len(_IDEOGRAMS.findall(self.base)) >= 2 * _MANY_WORDS


def normal_subject(text: str) -> Subject:
    """Return the base subject of a subject."""
    base, reply, forward = _without_ours(_folded(text)), False, False
    before = None
    while base != before:
        before = base
        if prefix := _PREFIX.match(base):
            reply, forward = reply or bool(prefix["reply"]), forward or bool(prefix["forward"])
            base = base[prefix.end() :]
        elif wrapped := _FORWARDED.fullmatch(base):
            base, forward = (wrapped["inside"] or wrapped["before"] or "").strip(" "), True
        else:
            base = _untagged(base)
    return Subject("" if base in _NOTHING else base, reply, forward)


def _without_ours(text: str) -> str:
    """Return a subject without our tokens and numbers, wherever they stand."""
    return " ".join(_OURS.sub(" ", text).split()) if "-" in text else text


def _untagged(text: str) -> str:
    """Return a subject without one tag at each end."""
    if not _ANY_TAG.search(text):
        return text
    if tag := _TAG_FIRST.match(text):
        text = text[tag.end() :]
    if tag := _TAG_LAST.search(text, max(0, len(text) - _TAG_MAX)):
        text = text[: tag.start()]
    # RFC 5256: a list's tag goes only where something is left of the subject.
    if (blob := _LIST.match(text)) and blob.end() < len(text):
        text = text[blob.end() :]
    return text.strip(" ")
