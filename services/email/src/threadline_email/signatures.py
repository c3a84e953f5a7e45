"""Where a signature begins: the separator of RFC 3676 and its variants, lines of programs, and how people close."""

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

from threadline_email.attributions import undirected
from threadline_email.closing_words import CLOSINGS
from threadline_email.quotations import SIGNATURE_MARK, is_rule
from threadline_email.sent_from_words import DEVICES, MINE, SENT_FROM, SENT_FROM_AROUND, SENT_FROM_ENDINGS

_SEPARATOR: Final = re.compile("(?:--|- -|__|\N{EM DASH}|\N{EN DASH}|-{3,4})\\s*")
_STRICT_SEPARATOR: Final = re.compile(r"--\s*")
_SIGNS: Final = f"-_\N{EM DASH}\N{EN DASH}{SIGNATURE_MARK}"
_FOOTER: Final = re.compile(r"_{20,}")
_FOOTER_LINES: Final = 12  # a mailing list's footer is short; a drawn line further up is the sender's
_LINK: Final = re.compile(r"<[^<>]*>|\[[^\[\]]*\]|\((?:https?:)?[^()]*\)|https?://\S+")
_LINK_SIGNS: Final = ("<", "[", "(", "http")
_SENT_FROM_CHARS: Final = 120
_ADDED_WORDS: Final = 12
_OPENING_WORDS: Final = 3  # "sent from my": behind these come names, and few words else
_SMALL_WORDS_MAX: Final = 4
_MINE_WORDS: Final = 5
_HAS_NAME: Final = re.compile(r"[A-Z\d\u4e00-\u9fff]")  # of a thing that one may own: "my bank account" has none
_MAIL_PROGRAM: Final = re.compile(
    r"\bmail (?:for|für|pour|para|per|voor|app)\b|\b(?:apple|proton|yahoo|k-9|pro) ?mail\b"
)

_CLOSING_CHARS: Final = 60
_CARD_LINES: Final = 10  # name, post, firm, street, town, telephones, address, page
_CARD_LINES_WITH_BLANK: Final = 40
_CARD_CHARS: Final = 90
_CARD_WORDS: Final = 10  # a longer line is a sentence
_SENTENCE_WORDS: Final = 5
_UNSTOPPED_WORDS: Final = 4
_ASKS: Final = ("?", "\N{FULLWIDTH QUESTION MARK}", "\N{ARABIC QUESTION MARK}", "\N{IDEOGRAPHIC FULL STOP}")
_NAME_WORDS: Final = 3  # of more, a firm or a program signs: who speaks is part of what it says
_NAME: Final = re.compile(r"[^\W\d_][\w.'\u2019-]*(?:\s+[^\W\d_][\w.'\u2019-]*){0,2}")
_PARTICLES: Final = frozenset(
    {"von", "van", "de", "der", "den", "da", "di", "la", "le", "du", "del", "bin", "al", "zu"}
)
# With a space behind the hyphen it is more likely an item of a list.
_BY: Final = re.compile(r"\s*(?:-|[~\N{EN DASH}\N{EM DASH}]\s?|/{1,2}\s?)(?=[^\W\d_])")
_BARE_CHARS: Final = 5  # "Best", "LP", "mvg": too short to mean but one thing
_COMMAS: Final = (",", "\N{FULLWIDTH COMMA}", "\N{ARABIC COMMA}")
_POSTSCRIPT: Final = re.compile(r"p\.?\s?s\b", re.IGNORECASE)
_ENDS_SENTENCE: Final = ("?", "!", ".", "\N{IDEOGRAPHIC FULL STOP}", "\N{ARABIC QUESTION MARK}", ":")


def without_signature(lines: Sequence[str], *, continued: bool = False) -> list[str]:
    """Return the lines above the signature, without drawn lines at the end; `continued`: they are not the first."""
    bare = [line.strip() for line in lines]
    ends = (number for number in range(len(bare)) if _begins(bare, number, continued=continued))
    kept = _undrawn(lines[: next(ends, len(lines))])
    return _undrawn(kept[: _closing(kept)])


def is_signature(lines: Sequence[str]) -> bool:
    """Return whether the lines are a signature and nothing else."""
    said = list(islice((line.strip() for line in lines if line.strip()), _FOOTER_LINES + 1))
    if not said:
        return True
    separated = _STRICT_SEPARATOR.fullmatch(said[0].removeprefix(SIGNATURE_MARK)) and len(said) <= _FOOTER_LINES
    return bool(separated) or (len(said) == 1 and _is_added(said[0].removeprefix(SIGNATURE_MARK)))


def _undrawn(lines: Sequence[str]) -> list[str]:
    kept = list(lines)
    while kept and (not kept[-1].strip() or is_rule(kept[-1], least=3)):
        kept.pop()
    return kept


def _begins(lines: Sequence[str], number: int, *, continued: bool) -> bool:
    """Return whether a signature begins at a line; there is no space around the lines."""
    line = lines[number]
    if number == 0 and not continued:
        return is_signature(lines)
    if not line:
        return False
    if line[0] in _SIGNS:
        if line.startswith(SIGNATURE_MARK) or _STRICT_SEPARATOR.fullmatch(line):
            return True
        if _SEPARATOR.fullmatch(line) or _FOOTER.fullmatch(line):
            return _is_card(lines, number + 1) and _is_the_only_one(lines, number)
    apart = number == 0 or not lines[number - 1] or number == len(lines) - 1
    return apart and _is_added(line) and _is_card(lines, number + 1)


def _is_the_only_one(lines: Sequence[str], number: int) -> bool:
    """Return whether a drawn line has text right below and is alone: people draw tables and part chapters so."""
    below = lines[number + 1] if number + 1 < len(lines) else ""
    if not below or (below[0].islower() and not any("@" in line or "://" in line for line in lines[number:])):
        return False  # small letters without an address are no card's
    others = (*lines[:number], *lines[number + 1 :])
    return not any(line[:1] in _SIGNS and (is_rule(line, least=2) or _SEPARATOR.fullmatch(line)) for line in others)


def _is_card(lines: Sequence[str], start: int) -> bool:
    """Return whether the lines from `start` are few and short, and none a sentence or a question: as people sign."""
    if len(lines) - start > _CARD_LINES_WITH_BLANK:
        return False
    said = [line for line in lines[start:] if line]
    return len(said) < _FOOTER_LINES and all(map(_fits_card, said))


def _is_added(line: str) -> bool:
    """Return whether a program wrote the line, to say what it is or where it runs."""
    if not line or len(line) > _SENT_FROM_CHARS:
        return False
    said = undirected(line)
    if any(map(said.__contains__, _LINK_SIGNS)):
        said = _LINK.sub("", said)
    said = said.strip("*_<>- ")
    return _is_vendors_phrase(said, linked=len(said) < len(undirected(line).strip("*_<>- "))) and not _is_told(said)


def _is_vendors_phrase(said: str, *, linked: bool) -> bool:
    """Return whether words say from what a mail was sent: a device, a program, what is "mine", or a link."""
    words = said.lower()
    around = any(words.startswith(first) and words.rstrip(".").endswith(last) for first, last in SENT_FROM_AROUND)
    if not (around or words.startswith(SENT_FROM) or words.endswith(SENT_FROM_ENDINGS)):
        return False
    if linked or any(map(words.__contains__, DEVICES)) or _MAIL_PROGRAM.search(words):
        return True
    return len(words.split()) <= _MINE_WORDS and _HAS_NAME.search(said[1:]) is not None and _is_mine(words)


def _is_mine(words: str) -> bool:
    return any(map(f" {words} ".__contains__, MINE))


def _is_told(said: str) -> bool:
    """Return whether a line is somebody's sentence, with a comma or many small words; programs name things."""
    words = said.split()
    small = sum(word[0].islower() for word in words[_OPENING_WORDS:])
    comma = "," in said.replace(", an ", " ") or said.endswith((":", "!", "?"))
    return comma or len(words) > _ADDED_WORDS or small > _SMALL_WORDS_MAX


def _closing(lines: Sequence[str]) -> int:
    """Return where "Kind regards" and a person's name begin at the end of the lines, or a name behind a dash.

    Cautious: what follows the closing must look like a card (a short name, short lines, no sentence, no postscript),
    and something must be left above it.
    """
    last = len(lines) - 1
    if last > 0 and _is_by_line(lines, last):
        return last
    seen = 0
    for at in range(last, 0, -1):
        if not lines[at].strip():
            continue
        if _closes(lines, at) and any(line.strip() for line in lines[:at]):
            return at
        seen += 1
        if seen > _CARD_LINES or not _fits_card(lines[at].strip()):
            break
    return len(lines)


def _closes(lines: Sequence[str], at: int) -> bool:
    """Return whether the line is a closing with a name behind it or in the next line."""
    line = lines[at].strip()
    if len(line) > _CLOSING_CHARS:
        return False
    if _is_closing(line):
        if len(_plain(line)) <= _BARE_CHARS and lines[at - 1].strip() and not line.endswith(_COMMAS):
            return False
        below = next((each.strip() for each in lines[at + 1 :] if each.strip()), "")
        return _is_name(below.strip("*_ "))
    if at != len(lines) - 1:
        return False
    phrase, comma, name = line.partition(",")
    return _is_closing(phrase) and _is_name(name.strip()) if comma else _ends_in_a_name(line.split())


def _is_closing(line: str) -> bool:
    """Return whether a line is a closing, in one language or several: `Kind regards / Mit freundlichen Grüßen`."""
    return all(_plain(phrase) in CLOSINGS for phrase in re.split(r"[/|]", line))


def _ends_in_a_name(words: Sequence[str]) -> bool:
    """Return whether a line is a closing of two words or more, and behind it a name: `Med venlig hilsen Ada`."""
    return any(
        _plain(" ".join(words[:end])) in CLOSINGS and words[end][0].isupper() and _is_name(" ".join(words[end:]))
        for end in range(2, len(words))
    )


def _plain(line: str) -> str:
    """Return a line in lower case without the stops, stars and pictures around it."""
    return re.sub(r"^[\W_]+|[\W_]+$", "", " ".join(line.lower().split()))


def _is_name(text: str) -> bool:
    """Return whether the text may be a person's name: three words at most, no number; of several, none begins small."""
    words = text.rstrip(",.").split()
    small = [word for word in words if word[0].islower() and word not in _PARTICLES]
    return len(words) <= _NAME_WORDS and bool(_NAME.fullmatch(" ".join(words))) and (not small or len(words) == 1)


def _fits_card(line: str) -> bool:
    return (
        len(line) <= _CARD_CHARS
        and len(line.split()) <= _CARD_WORDS
        and not line.endswith(_ASKS)
        and not _is_unstopped(line.split())
        and not (line.endswith((".", "!")) and len(line.split()) >= _SENTENCE_WORDS)
        and not _POSTSCRIPT.match(line)
    )


def _is_unstopped(words: Sequence[str]) -> bool:
    """Return whether words are a sentence without a stop: posts, firms and streets begin most words with a capital."""
    return len(words) >= _UNSTOPPED_WORDS and 2 * sum(word[0].islower() for word in words) > len(words)


def _is_by_line(lines: Sequence[str], at: int) -> bool:
    """Return whether the last line is `-Ada Lovelace` or `/Ada`, apart from the rest, and not the end of a list."""
    mark = _BY.match(lines[at])
    if mark is None:
        return False
    name = lines[at][mark.end() :].strip()
    above = next((line.strip() for line in reversed(lines[:at]) if line.strip()), "")
    alone = (not lines[at - 1].strip() or above.endswith(_ENDS_SENTENCE)) and not above.endswith(_ASKS[:3])
    listed = any(line.lstrip().startswith(lines[at].strip()[0]) for line in lines[:at])
    capitals = all(not word[0].islower() for word in name.split())
    return alone and not listed and capitals and _is_name(name)
