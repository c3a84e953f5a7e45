"""The customers: names, addresses and numbers in four languages; some share a mailbox, some a telephone."""

import random
from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from benchmarks.grouping.phrases import LANGUAGES, languages
from threadline_contracts.message import Assurance

# Domains, and what becomes of the DMARC check of their mail at our mail exchanger.
CHECKED: Final = ("post.example", "brief.example", "pochta.example", "tahydromeio.example")
UNCHECKED: Final = ("kabel.example", "otenet.example")
FORWARDED: Final = ("alumni.example",)  # forwards for its members, which breaks the check every other time
COMPANIES: Final = ("pekara-žito.example", "ψωμι.example", "хлеб.example", "bakery.example")


class Person(Struct, frozen=True, kw_only=True):
    """A customer. `alias` is a second address of theirs; `group` names whom they share a mailbox or telephone with."""

    key: str
    name: str
    language: str
    address: str
    alias: str
    phone: str
    telegram: str
    visitor: str
    group: str = ""
    shares_mailbox: bool = False


def crowd(seed: int, count: int) -> list[Person]:
    """Return the customers: the same for the same seed."""
    dice = random.Random(f"people {seed}")  # noqa: S311 - a repeatable world, not a secret
    found: list[Person] = []
    while len(found) < count:
        number, luck = len(found), dice.random()
        if luck < 0.80:
            found.append(_person(dice, number))
        elif luck < 0.92:
            found += _family(dice, number)
        else:
            found += _company(dice, number)
    return found[:count]


def assurance_of(dice: random.Random, address: str) -> Assurance:
    """Return how far our mail exchanger finds the From of one genuine mail proved."""
    domain = address.rpartition("@")[2]
    if domain in UNCHECKED:
        return Assurance.ASSERTED
    broken = domain in FORWARDED and dice.random() < 0.5
    return Assurance.CLAIMED if broken else Assurance.VERIFIED


def when_forged(address: str) -> Assurance:
    """Return how far it finds a forged From proved: DMARC tells, where there is any."""
    return Assurance.ASSERTED if address.rpartition("@")[2] in UNCHECKED else Assurance.CLAIMED


def spelled(dice: random.Random, address: str) -> str:
    """Return an address as a mail program may write it: capitals now and then, a domain in either of its forms."""
    local, _, domain = address.rpartition("@")
    if not domain.isascii() and dice.random() < 0.5:
        domain = domain.encode("idna").decode()
    return f"{local.title()}@{domain.title()}" if dice.random() < 0.04 else f"{local}@{domain}"


def is_shared(address: str) -> bool:
    """Return whether anybody can see that several people have an address."""
    return address.startswith("info@")


def plain(address: str) -> str:
    """Return an address as it can be compared."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"


def _person(dice: random.Random, number: int, language: str = "") -> Person:
    language = language or dice.choice(LANGUAGES)
    spoken, woman = languages()[language], dice.random() < 0.5
    given, given_ascii = dice.choice(spoken.women if woman else spoken.men)
    surname, surname_ascii = dice.choice(spoken.surnames_women if woman else spoken.surnames_men)
    domain = dice.choices(CHECKED + UNCHECKED + FORWARDED, weights=(6, 6, 6, 6, 4, 4, 2))[0]
    return Person(
        key=f"p{number}",
        name=f"{given} {surname}",
        language=language,
        address=f"{given_ascii}.{surname_ascii}{number}@{domain}",
        alias=f"{surname_ascii}{number}@{dice.choice(CHECKED + UNCHECKED)}",
        phone=f"+3859{10_000_000 + number}",
        telegram=str(700_000_000 + number),
        visitor=f"v-{number:06}",
    )


def _family(dice: random.Random, number: int) -> Iterator[Person]:
    """Yield two who live together: one telephone, and sometimes one mailbox."""
    language = dice.choice(LANGUAGES)
    first, second = (_person(dice, number + offset, language) for offset in range(2))
    mailbox = dice.random() < 0.3
    yield replace(first, group=f"family {number}", shares_mailbox=mailbox)
    address = first.address if mailbox else second.address
    yield replace(second, group=f"family {number}", shares_mailbox=mailbox, phone=first.phone, address=address)


def _company(dice: random.Random, number: int) -> Iterator[Person]:
    """Yield some who answer the same `info@`, and have a mailbox of their own besides."""
    language, phone = dice.choice(LANGUAGES), f"+3851{1_000_000 + number}"
    shared = f"info@{number}.{dice.choice(COMPANIES)}"
    for offset in range(dice.randint(2, 4)):
        person = _person(dice, number + offset, language)
        yield replace(person, group=f"company {number}", shares_mailbox=True, phone=phone, address=shared)
