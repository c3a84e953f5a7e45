"""The questions before something changes, pure: what will happen, in plain words, and what can still be undone."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

from msgspec import Struct

from threadline_console.pages.happenings import Place
from threadline_console.pages.people import Person
from threadline_console.pages.times import When
from threadline_console.pages.words import Word
from threadline_contracts.topology import EventType


class Choice(Struct, frozen=True, kw_only=True):
    """Something to choose: a ticket or a contact; `there` and `here` say what each direction would do."""

    value: str
    title: str
    reference: str
    href: str
    facts: tuple[str, ...]
    words: tuple[Word, ...]
    status: str
    updated: When | None
    there: str
    here: str = ""


class Chooser(Struct, frozen=True, kw_only=True):
    """What to choose from, and how to find more."""

    name: str
    find: str
    q: str
    hint: str
    choices: tuple[Choice, ...]
    both_ways: bool


class Question(Struct, frozen=True, kw_only=True):
    """A question: its page, and the form that answers it with a command; `after`, where that leads unless `back`."""

    title: str
    lines: tuple[str, ...] = ()
    goes: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    type: EventType
    fields: Mapping[str, str]
    action: str
    back: str
    after: str = ""
    submit: str
    danger: bool = False
    chooser: Chooser | None = None
    confirm: str = ""


class Typed(Struct, frozen=True):
    """What was typed already, and what is wrong with it."""

    because: str = ""
    confirm: str = ""
    chosen: str = ""
    speaks: str = "there"
    problem: str = ""


def ask_merge(here: Place, q: str, choices: Iterable[Choice], hint: str) -> Question:
    """Return the question which ticket another one speaks through."""
    chooser = Chooser(
        name="into",
        find="A reference, a name, an address or words",
        q=q,
        hint=hint,
        choices=tuple(choices),
        both_ways=True,
    )
    return Question(
        title=f"Merge “{here.subject}” with another ticket",
        lines=("The two become one conversation. Messages stay in their own ticket, so this can be undone.",),
        type=EventType.TICKET_MERGE_REQUESTED,
        fields={"ticket": here.reference},
        action=f"/tickets/{here.reference}/merge",
        back=here.href,
        submit="Merge",
        chooser=chooser,
    )


def merge_sentences(here: Place, other: Place) -> tuple[str, str]:
    """Return what a merge does in each direction: this one through the other, and the other way round."""
    one, two = (f"“{place.subject}” ({place.reference})" for place in (here, other))
    return (
        f"{one} will speak through {two}; you can undo this.",
        f"{two} will speak through {one}; you can undo this.",
    )


def ask_unmerge(child: Place, root: Place, messages: int) -> Question:
    """Return the question whether a merge should be undone."""
    count = "Its message" if messages == 1 else f"Its {messages} messages"
    return Question(
        title=f"Undo the merge of “{child.subject}”?",
        lines=(
            f"{count} will be a conversation of its own again ({child.reference}); “{root.subject}” keeps the rest.",
            "No rule joins the two again. Merging them by hand does.",
        ),
        type=EventType.TICKET_UNMERGE_REQUESTED,
        fields={"ticket": child.reference},
        action=f"/tickets/{child.reference}/unmerge",
        back=root.href,
        submit="Undo the merge",
    )


def ask_split(here: Place, message: str, said: str, page: str) -> Question:
    """Return the question whether a message should be a ticket of its own."""
    return Question(
        title="Split this message off?",
        lines=(
            f"“{said}” leaves “{here.subject}” and opens a ticket of its own. Answers to it will go there.",
            "No rule joins the two again. Merging them by hand undoes it.",
        ),
        type=EventType.TICKET_SPLIT_REQUESTED,
        fields={"message_id": message},
        action=f"{page}/split",
        back=here.href,
        submit="Split it off",
    )


def ask_unlink(of: Person, kind: str, value: str) -> Question:
    """Return the question whether an identity is somebody else's."""
    return Question(
        title=f"Is “{value}” somebody else?",
        lines=(
            f"It will be a contact of its own, and no rule links it to {of.name} again. Tickets stay as they are.",
            "Linking the two contacts by hand undoes it.",
        ),
        type=EventType.CONTACT_UNLINK_REQUESTED,
        fields={"contact": of.id, "identity": f"{kind}:{value}"},
        action=f"{of.href}/unlink?{urlencode({'kind': kind, 'value': value})}",
        back=of.href,
        submit="Take it away",
    )


def ask_link(of: Person, q: str, choices: Sequence[Choice]) -> Question:
    """Return the question who else a contact is."""
    chooser = Chooser(
        name="other", find="A name, an address or a number", q=q, hint="", choices=tuple(choices), both_ways=False
    )
    return Question(
        title=f"Who else is {of.name}?",
        lines=("The two become one contact, with all identities of both. Taking an identity away undoes it.",),
        type=EventType.CONTACT_LINK_REQUESTED,
        fields={"contact": of.id},
        action=f"{of.href}/link",
        back=of.href,
        submit="They are one person",
        chooser=chooser,
    )


def ask_erase(of: Person) -> Question:
    """Return the question whether a person should be forgotten."""
    names = ", ".join(name.value for name in of.names) or "none is known"
    return Question(
        title=f"Erase {of.name}?",
        lines=("This person asked to be forgotten, or the law asks you to. It cannot be undone.",),
        goes=(
            f"The name, and every identity: {names}. Where others quote an address or number, it says “erased”.",
            "The texts, subjects, files and raw inputs of what they wrote, and of what we wrote to them alone.",
            "What of theirs was received before now and is still on the way: in a spool, a queue, the dead letters.",
        ),
        stays=(
            "Every ticket and message as an id with its reference, times, sizes and counts; who decided what.",
            "What other people wrote, and files that other messages have, too.",
            "The log of the bus, until it is too old (bus_log_days). Consumers are told to forget.",
        ),
        type=EventType.CONTACT_ERASE_REQUESTED,
        fields={"contact": of.id},
        action=f"{of.href}/erase",
        back=of.href,
        after="/contacts",
        submit="Erase for good",
        danger=True,
        confirm=of.name,
    )


def is_confirmed(question: Question, typed: str) -> bool:
    """Return whether somebody typed what the question wants; case and spaces do not matter."""
    return _plain(typed) == _plain(question.confirm)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
