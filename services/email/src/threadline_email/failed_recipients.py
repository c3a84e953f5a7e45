"""Whom a notice in plain words is about: the addresses it names, each with what it says of it."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice, pairwise
from typing import Final

from msgspec import Struct

from threadline_email.headers import Headers

FOUND_MAX: Final = 100
_ATOM: Final = r"[\w.!#$%&*+/=?^`{|}~-]"
ADDRESS: Final = re.compile(rf"(?<![\w.!#$%&*+/?^`{{|}}~-]){_ATOM}(?:'?{_ATOM}){{0,127}}@[\w-]+(?:\.[\w-]+)+")
_LINE_MAX: Final = 1000
_LINE_FOUND_MAX: Final = 20
_BEFORE_MAX: Final = 60
# What stands directly before the address that failed, besides nothing at all. "DDA:" is the attribute in which X.400
# gateways carry an address of ours.
_BLAMED: Final = re.compile(
    r"(?:^\W*|^\W*[45]\d\d[ -](?:[45]\.\d\.\d{1,3} )?\W*|\b(?:rcpt to"
    r"|(?:failed|final|original|intended|envelope)?[ -]?recipients?|addresse?e?s?|addressed(?: to)?|user ?id|user"
    r"|mailbox|account|undeliverable to|(?:be )?delivered to|deliver(?:y|ing)?(?: \w+){0,3} to"
    r"|delivery failed|not reach(?:ed)?"
    r"|message to|mail to|e-?mail to|sent to|failed for|unknown(?: \w+)?|dda:)[^\w@]{0,5})$",
    re.IGNORECASE,
)
# Whom a line names that is not about who failed.
_OTHERS: Final = re.compile(
    r"message-?id|\bmts-id|\bfrom:|mail from|\bsender\b|^\W*(?:to|cc|reply-to|return-path|subject)\s*:|contact|please"
    r"|assistance|mailto:|original address|generated from|expanded from|\bvia\b|\bid [<\w]|envelope-from|on behalf of"
    r"|e\.g\.",
    re.IGNORECASE,
)
_OWN_PARTS: Final = ("postmaster@", "mailer-daemon@", "abuse@")
_LOCAL_ALONE: Final = re.compile(r"[ \t]+([A-Za-z0-9][\w.+-]{1,63})[ \t]*$")


class Failed(Struct, frozen=True):
    """An address that a notice names as failed, and what it says about it."""

    address: str
    said: str


def failed_recipients(text: str, headers: Headers, returned: Headers) -> list[Failed]:
    """Return whom a notice names; without any, the only one that the returned mail went to.

    An address that the notice blames counts before one that it merely mentions, and of those one that the returned mail
    went to; its own sender and reader count last, since notices mention them as such.
    """
    lines = [line[:_LINE_MAX] for line in text.splitlines()]
    blamed, mentioned = _named(lines)
    parties = _addresses(headers, ("from", "to", "return-path", "sender"))
    went_to = _addresses(returned, ("to", "cc", "bcc", "x-original-to", "delivered-to", "x-forwarded-to"))
    strangers = {a: n for a, n in mentioned.items() if a.lower() not in parties and not _is_system(a)}
    choices: tuple[dict[str, int], ...] = (
        {a: n for a, n in blamed.items() if a.lower() not in parties},
        {a: n for a, n in strangers.items() if a.lower() in went_to},
        {} if went_to else strangers,
        blamed,
    )
    found = next(filter(None, choices), {})
    if found:
        return _with_words(found, lines)
    alone = _alone(lines, headers)
    if alone or len(went_to) != 1:
        return [Failed(address, text) for address in alone]
    return [Failed(next(iter(went_to)), text)]


def _named(lines: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Return the addresses that are blamed and those that are mentioned, each with the number of its first line."""
    blamed: dict[str, int] = {}
    mentioned: dict[str, int] = {}
    for number, line in enumerate(lines):
        if "@" not in line or _OTHERS.search(line):
            continue
        for found in islice(ADDRESS.finditer(line), _LINE_FOUND_MAX):
            before = max(0, found.start() - _BEFORE_MAX)
            is_blamed = _BLAMED.search(line, before, found.start())
            (blamed if is_blamed else mentioned).setdefault(_bare(found[0]), number)
        if len(blamed) + len(mentioned) > FOUND_MAX:
            break
    return blamed, mentioned


def _bare(address: str) -> str:
    """Return an address without the type that X.400 gateways put before it (`SMTP=bob@example.org`)."""
    kind, equals, rest = address.partition("=")
    return rest if equals and kind.lower() in {"smtp", "rfc822", "rfc-822"} else address


def _with_words(found: dict[str, int], lines: Sequence[str]) -> list[Failed]:
    """Return each address with the lines from its own to the next one's."""
    ends = dict(pairwise([*sorted(set(found.values())), len(lines)]))
    distinct = {address.lower(): address for address in reversed(found)}
    kept = [address for address in found if distinct[address.lower()] == address]
    return [Failed(a, "\n".join(lines[found[a] : ends[found[a]]])) for a in kept]


def _addresses(headers: Headers, names: Iterable[str]) -> dict[str, None]:
    values = (value.decode("utf-8", "replace") for name in names for value in headers.all(name))
    return {address.lower(): None for value in values for address in ADDRESS.findall(value)}


def _is_system(address: str) -> bool:
    return address.lower().startswith(_OWN_PARTS)


def _alone(lines: Sequence[str], headers: Headers) -> list[str]:
    """Return local names that stand alone under "the following recipients:"; a system that writes so means its own."""
    sender = ADDRESS.search(headers.text("from"))
    if sender is None:
        return []
    domain = sender[0].rpartition("@")[2]
    for number, line in enumerate(lines):
        if line.rstrip().endswith(":"):
            under = [_LOCAL_ALONE.match(name) for name in lines[number + 1 : number + 20] if name.strip()]
            if names := [f"{name[1]}@{domain}" for name in under if name]:
                return names
    return []
