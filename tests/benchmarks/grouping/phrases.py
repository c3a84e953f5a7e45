"""What customers say, in four languages: words for one issue, drawn from phrases.toml."""

import random
import tomllib
from collections.abc import Container, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

LANGUAGES: Final = ("hr", "el", "ru", "en")
VAGUE: Final = 0.25  # of first subjects say next to nothing, and many people use the same ones
NUMBERED: Final = 0.3  # of the others name the order

Name = tuple[str, str]  # as written, and as it stands in an address


class Topic(Struct, frozen=True):
    """Something to write about."""

    subject: str
    first: str
    more: Sequence[str]


class Language(Struct, frozen=True):
    """Everything there is in one language."""

    replies: Sequence[str]
    forwards: Sequence[str]
    vague: Sequence[str]
    answer: str
    thanks: Sequence[str]
    away: str
    women: Sequence[Name]
    men: Sequence[Name]
    surnames_women: Sequence[Name]
    surnames_men: Sequence[Name]
    topics: Sequence[Topic]


class Words(Struct, frozen=True, kw_only=True):
    """What is said in one issue; every `more` may name the order."""

    language: str
    topic: str
    subject: str
    order: str
    first: str
    more: Sequence[str]
    answer: str


@cache
def languages() -> Mapping[str, Language]:
    """Return all languages by code."""
    text = Path(__file__).with_name("phrases.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Language])


def an_order(dice: random.Random) -> str:
    """Return an order number as shops write them."""
    return dice.choice(["{}-2026-{}", "#{}{}", "{}/{}"]).format(dice.randint(10, 99), dice.randint(100_000, 999_999))


def words_for(dice: random.Random, language: str, order: str = "", spent: Container[str] = ()) -> Words:
    """Return words for an issue about an order (a new one, unless named), on none of the topics that are `spent`.

    Only who says next to nothing in a subject says the same of two matters.
    """
    spoken = languages()[language]
    topics = [topic for topic in spoken.topics if topic.subject not in spent]
    topic, order = dice.choice(topics or spoken.topics), order or an_order(dice)
    more = [text.format(order=order) for text in (*dice.sample(topic.more, len(topic.more)), *spoken.thanks)]
    return Words(
        language=language,
        topic=topic.subject,
        subject=dice.choice(spoken.vague) if dice.random() < VAGUE else _subject(dice, topic, order),
        order=order,
        first=topic.first.format(order=order),
        more=more,
        answer=spoken.answer,
    )


def _subject(dice: random.Random, topic: Topic, order: str) -> str:
    return f"{topic.subject} ({order})" if dice.random() < NUMBERED else topic.subject


def reply_subject(dice: random.Random, language: str, subject: str) -> str:
    """Return the subject of an answer: with the prefix of somebody's mail program, once."""
    prefixes = languages()[language].replies
    return subject if subject.startswith(tuple(prefixes)) else dice.choice(prefixes) + subject


def forward_subject(dice: random.Random, language: str, subject: str) -> str:
    """Return the subject of a forwarded mail."""
    return dice.choice(languages()[language].forwards) + subject
