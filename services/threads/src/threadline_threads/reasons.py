"""Why a message is where it is, and why two tickets are one: sentences for operators. Pure.

They name the message's own ids and the person whose part in the conversation counted; never a token, never what is in
another conversation.
"""

from typing import Final
from uuid import UUID

from msgspec import Struct

from threadline_contracts.ids import reference_of, show_reference
from threadline_contracts.ticket import Placement, Rule
from threadline_shared.text import cut
from threadline_threads.hood import Waiting
from threadline_threads.identity import Contact, shown
from threadline_threads.incoming import Incoming

_LONGEST: Final = 80  # characters of an id or address in a sentence


class Edge(Struct, frozen=True):
    """A reason to be in the conversation of a ticket; `backwards`: something there looked for this message.

    `cited` is the id that is cited; `person` takes part in the conversation of the cited one (None: we wrote).
    """

    rule: Rule
    ticket: UUID
    cited: str = ""
    person: Contact | None = None
    backwards: bool = False


class Reason(Struct, frozen=True):
    """Why two tickets are one conversation."""

    rule: Rule
    because: str


def joined(edge: Edge, one: Incoming) -> Placement:
    """Return why a message is in the ticket of its strongest edge."""
    because, evidence = _told(edge, one, "this ticket")
    return Placement(rule=edge.rule, because=because[0].upper() + because[1:] + ".", evidence=(evidence,))


def opened(one: Incoming, *, refused: str) -> Placement:
    """Return why a message opens a ticket; `refused` is a known id that it cites in vain."""
    return Placement(rule=Rule.OPEN, because=f"{_opened(one, refused)}.", evidence=(refused,) if refused else ())


def bridged(edge: Edge, one: Incoming) -> Reason:
    """Return why a message that is in one ticket makes one conversation of it and the other."""
    because, _ = _told(edge, one, "the other ticket")
    return Reason(edge.rule, f"Message {show_reference(one.message.reference)} {because}.")


def came_true(wait: Waiting) -> Reason:
    """Return why two tickets became one conversation when somebody began to take part in the cited one."""
    number = show_reference(reference_of(wait.message))
    return Reason(
        Rule.REFERENCE,
        f"Message {number} replies to <{_short(wait.cited)}> in the other ticket, and {_short(shown(wait.contact))} "
        "now takes part in that conversation.",
    )


def _told(edge: Edge, one: Incoming, there: str) -> tuple[str, str]:
    """Return a predicate about the message, and its evidence."""
    message = one.message
    person = _short(shown(edge.person)) if edge.person else ""
    match edge.rule, edge.backwards:
        case Rule.TOKEN, False:
            return f"carries a token that we signed for {there}", f"token of {show_reference(one.token_reference)}"
        case Rule.TOKEN, True:
            number = show_reference(message.reference)
            return f"is what a message of {there} answers: that one carries our token for it", f"token of {number}"
        case Rule.CONVERSATION, _:
            conversation = f"{message.channel} conversation {_short(message.conversation)}"
            return f"belongs to the same {message.channel} conversation as {there}", conversation
        case Rule.TWIN, _:
            return (
                f"is a copy of a message in {there}, received by {_short(message.account) or 'another account'}",
                f"fingerprint {_short(message.fingerprint)}",
            )
        case _, True:
            who = f"{person} takes part in its conversation" if person else "we wrote that"
            return f"is what a message of {there} replies to, and {who}", f"cited <{_short(edge.cited)}>"
        case _:
            who = f"{person} takes part in it" if person else "we wrote it"
            return f"replies to <{_short(edge.cited)}> in {there}, and {who}", f"cites <{_short(edge.cited)}>"


def _opened(one: Incoming, refused: str) -> str:
    if one.token:
        return "Carries a token of ours for a message that is not known here"
    if not one.cites_something:
        return "Starts a conversation: it cites no earlier message"
    if not one.cites and not one.ours:
        return "The sender's address is not proved or is a role address, so what the message cites joins nothing"
    if refused:
        who = _short(shown(one.speaks_as[0])) if one.speaks_as else "its sender"
        return f"Cites <{_short(refused)}>, but {who} takes no part in that conversation"
    return "None of the messages it cites is known here"


def _short(text: str) -> str:
    return cut(text, _LONGEST) if text else ""
