"""What the pages call things, pure: a word, an icon and, where it needs one, a sentence that explains."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from threadline_contracts.message import Assurance, AutomationKind, IdentityKind
from threadline_contracts.ticket import Rule, Status
from threadline_contracts.topology import EventType


class Word(Struct, frozen=True):
    """A thing's word, its icon in the sprite, and the sentence its tooltip says."""

    word: str
    icon: str
    explains: str = ""


# Words of the interface; a channel that is not named here shows under its own name.
_CHANNELS: Final[Mapping[str, Word]] = MappingProxyType(
    {
        "email": Word("mail", "email"),
        "form": Word("form", "form"),
        "chat": Word("chat", "chat"),
        "telegram": Word("Telegram", "telegram"),
        "voice": Word("call", "voice"),
    }
)

ASSURANCES: Final[Mapping[str, Word]] = MappingProxyType(
    {
        Assurance.VERIFIED: Word(
            "verified", "good", "Verified: the channel proved who this is. It cannot be forged by typing an address."
        ),
        Assurance.ASSERTED: Word(
            "asserted", "help", "Asserted: plausible, but forgeable, like the From line of a mail or a caller's number."
        ),
        Assurance.CLAIMED: Word(
            "claimed", "warning", "Claimed: only typed by the sender, or a From that failed its check. Prove it first."
        ),
    }
)
UNKNOWN: Final = Word("unknown", "help", "Unknown: the channel said nothing about who this is.")

_RULES: Final[Mapping[str, Word]] = MappingProxyType(
    {
        Rule.TOKEN: Word("signed token", "key", "It carries a token that only we can sign, so it belongs here."),
        Rule.CONVERSATION: Word("same conversation", "chat", "The channel itself says it is the same conversation."),
        Rule.TWIN: Word("twin", "merge", "The same message also reached another mailbox of the desk."),
        Rule.REFERENCE: Word(
            "reply to a known message", "reply", "It cites a message of this ticket, and its sender takes part here."
        ),
        Rule.POLICY: Word("policy", "queue", "A rule of the operator's policy joined it."),
        Rule.OPEN: Word("opened", "tickets", "Nothing we know claims this message, so it opened the ticket."),
        Rule.SPLIT: Word("split off", "split", "Somebody moved it out of another ticket; merging the two undoes it."),
        Rule.COMMAND: Word("decided", "merge", "Somebody merged the two tickets; it can be undone."),
        Rule.SUGGESTION: Word("suggestion accepted", "merge", "Somebody accepted a suggestion; it can be undone."),
    }
)

SIGNALS: Final[Mapping[str, Word]] = MappingProxyType(
    {
        EventType.SECURITY_FORGED_TOKEN: Word(
            "Forged reply token",
            "alert",
            "Somebody made up a token of ours; it was ignored. Answer as you would a stranger.",
        ),
        EventType.SECURITY_STRANGER_ON_THREAD: Word(
            "New on this thread",
            "alert",
            "The sender took no part here before: a colleague, or somebody who got hold of a mail. Check before you "
            "answer with details.",
        ),
        EventType.SECURITY_IDENTITY_CONFLICT: Word(
            "Identity conflict",
            "alert",
            "It uses an id or address that is somebody else's. Ask for another proof before you act on it.",
        ),
    }
)

_IDENTITIES: Final[Mapping[str, Word]] = MappingProxyType(
    {
        IdentityKind.EMAIL: Word("address", "email"),
        IdentityKind.PHONE: Word("number", "voice"),
        IdentityKind.TELEGRAM: Word("Telegram", "telegram"),
        IdentityKind.VISITOR: Word("visitor", "chat"),
        IdentityKind.EXTERNAL: Word("id", "key"),
    }
)

STATUS_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Status.OPEN: "somebody has to answer",
        Status.PENDING: "waits for the customer, whose next message opens it again",
        Status.SOLVED: "done; a message soon after opens it again, a later one begins a new ticket",
        Status.CLOSED: "done for good; the next message begins a new ticket that follows it",
    }
)

_AUTOMATION: Final[Mapping[str, str]] = MappingProxyType(
    {
        AutomationKind.AUTO_REPLY: "automatic reply",
        AutomationKind.BOUNCE: "bounce",
        AutomationKind.BULK: "mailing",
        AutomationKind.OWN: "written by us",
        AutomationKind.LOOP: "one of too many",
    }
)

_UNITS: Final = ("B", "KB", "MB", "GB")
_ONE_DIGIT: Final = 10

STATUSES: Final = tuple(str(status) for status in Status)


def channel_word(channel: str) -> Word:
    """Return a channel's word and icon."""
    return _CHANNELS.get(channel, Word(channel, "other"))


def channels() -> tuple[str, ...]:
    """Return the channels that the filter offers."""
    return tuple(_CHANNELS)


def rule_word(rule: str) -> Word:
    """Return a rule's word and what it means."""
    return _RULES.get(rule, Word(rule, "why"))


def identity_word(kind: str) -> Word:
    """Return what an identity is, and its icon."""
    return _IDENTITIES.get(kind, Word(kind, "key"))


def asker(by: str) -> str:
    """Return who decided, as pages say it."""
    return "Threadline" if by == "threads" else by or "somebody"


def automation_word(kind: str) -> str:
    """Return what kind of machine wrote a message; empty for a person."""
    return _AUTOMATION.get(kind, "")


def file_size(count: int) -> str:
    """Return a size with its unit: `812 B`, `1.4 KB`, `25 MB` (1 KB is 1,024 bytes)."""
    step = min((max(count, 1).bit_length() - 1) // 10, len(_UNITS) - 1)
    amount = count / 2 ** (10 * step)
    return f"{amount:.1f} {_UNITS[step]}" if step and amount < _ONE_DIGIT else f"{amount:.0f} {_UNITS[step]}"
