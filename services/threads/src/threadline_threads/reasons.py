"""Why a message is where it is, and why two tickets are one: sentences for operators. Pure.

They name the message's own ids and the person whose part in the conversation counted; never a token, never what is in
another conversation.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from msgspec import Struct

from threadline_contracts.ids import reference_of, show_reference
from threadline_contracts.ticket import Placement, Rule, Status
from threadline_shared.text import cut
from threadline_threads.hood import Waiting
from threadline_threads.identity import Contact, shown
from threadline_threads.incoming import Incoming
from threadline_threads.policy import Condition
from threadline_threads.tickets import Ticket

POLICY_SCORES: Final[Mapping[Condition, float]] = {
    Condition.SAME_KEY: 0.99,
    Condition.SAME_CONTENT: 0.95,
    Condition.REPLY_SUBJECT: 0.9,
    Condition.CALL_BACK: 0.85,
    Condition.SAME_NUMBER: 0.8,
    Condition.SAME_SUBJECT: 0.7,
}
_BY_POLICY: Final[Mapping[Condition, str]] = {
    Condition.SAME_KEY: "was sent with the same key as message {number} of {there}",
    Condition.SAME_CONTENT: "says the same as message {number} of {there}, and comes from the same address",
    Condition.REPLY_SUBJECT: "shares subject and proved person with message {number} of {there}, and one is a reply",
    Condition.CALL_BACK: "is a call with the same number as message {number} of {there}, in the other direction",
    Condition.SAME_NUMBER: "names the same number as message {number} of {there}, with the same proved person",
    Condition.SAME_SUBJECT: "shares subject and proved person with message {number} of {there}",
}
_LONGEST: Final = 80  # characters of an id or address in a sentence


class Edge(Struct, frozen=True):
    """A reason to be in the conversation of a ticket; `backwards`: something there looked for this message.

    `cited` is the id that is cited; `person` takes part in the conversation of the cited one (None: we wrote). `alike`
    is the message with which it agrees by a `condition` of the policy.
    """

    rule: Rule
    ticket: UUID
    cited: str = ""
    person: Contact | None = None
    backwards: bool = False
    condition: Condition | None = None
    alike: UUID | None = None


class Refused(Struct, frozen=True):
    """A known id that a message cites in vain: its sender takes no part in that conversation.

    Or it is `announced` by us to many, no longer one message's (`ambiguous`), or alone in having `named` its sender.
    """

    cited: str
    announced: bool = False
    ambiguous: bool = False
    named: bool = False


class Reason(Struct, frozen=True):
    """Why two tickets are one conversation."""

    rule: Rule
    because: str


def joined(edge: Edge, one: Incoming) -> Placement:
    """Return why a message is in the ticket of its strongest edge."""
    because, evidence = _told(edge, one, "this ticket")
    score = POLICY_SCORES.get(edge.condition) if edge.condition else None
    return Placement(rule=edge.rule, because=because[0].upper() + because[1:] + ".", evidence=(evidence,), score=score)


def opened(one: Incoming, refused: "Refused | None") -> Placement:
    """Return why a message opens a ticket; `refused` is a known id that it cites in vain."""
    return Placement(rule=Rule.OPEN, because=f"{_opened(one, refused)}.", evidence=(refused.cited,) if refused else ())


def followed_on(edge: Edge, one: Incoming, old: Ticket) -> Placement:
    """Return why a message opens a ticket that follows the one where its strongest edge leads."""
    because, evidence = _told(edge, one, f"ticket {show_reference(old.reference)}")
    return Placement(
        rule=Rule.OPEN,
        because=f"{because[0].upper()}{because[1:]}. {_over(old, one)}, so this one follows it.",
        evidence=(evidence,),
    )


def followed(old: Ticket, new: Ticket) -> str:
    """Return why a ticket has a follower."""
    return f"A customer wrote on this {old.status} ticket: {show_reference(new.reference)} follows it."


def inherited(new: Ticket, old: Ticket) -> str:
    """Return why a ticket is kept apart from what the one that it follows is kept apart from."""
    return f"{show_reference(new.reference)} follows {show_reference(old.reference)}, of which somebody decided that."


def bridged(edge: Edge, one: Incoming) -> Reason:
    """Return why a message that is in one ticket makes one conversation of it and the other."""
    because, _ = _told(edge, one, "the other ticket")
    return Reason(edge.rule, f"Message {show_reference(one.message.reference)} {because}.")


def came_true(wait: Waiting) -> Reason:
    """Return why two tickets became one conversation when somebody began to take part in the cited one."""
    number = show_reference(reference_of(wait.message))
    return Reason(
        Rule.REFERENCE,
        f"Message {number} replies to <{short(wait.cited)}> in the other ticket, and {short(shown(wait.contact))} "
        "now takes part in that conversation.",
    )


def _told(edge: Edge, one: Incoming, there: str) -> tuple[str, str]:
    """Return a predicate about the message, and its evidence."""
    if edge.condition and edge.alike:
        number = show_reference(reference_of(edge.alike))
        return _BY_POLICY[edge.condition].format(number=number, there=there), f"{edge.condition} of {number}"
    return _proved(edge, one, there)


def _proved(edge: Edge, one: Incoming, there: str) -> tuple[str, str]:
    message = one.message
    person = short(shown(edge.person)) if edge.person else ""
    match edge.rule, edge.backwards:
        case Rule.TOKEN, False:
            return f"carries a token that we signed for {there}", f"token of {show_reference(one.token_reference)}"
        case Rule.TOKEN, True:
            number = show_reference(message.reference)
            return f"is what a message of {there} answers: that one carries our token for it", f"token of {number}"
        case Rule.CONVERSATION, _:
            conversation = f"{message.channel} conversation {short(message.conversation)}"
            return f"belongs to the same {message.channel} conversation as {there}", conversation
        case Rule.TWIN, _:
            return (
                f"is a copy of a message in {there}, received by {short(message.account) or 'another account'}",
                f"fingerprint {short(message.fingerprint)}",
            )
        case _, True:
            who = f"{person} takes part in its conversation" if person else "we wrote that"
            return f"is what a message of {there} replies to, and {who}", f"cited <{short(edge.cited)}>"
        case _:
            who = f"{person} takes part in it" if person else "we wrote it"
            return f"replies to <{short(edge.cited)}> in {there}, and {who}", f"cites <{short(edge.cited)}>"


def _over(old: Ticket, one: Incoming) -> str:
    if old.status == Status.CLOSED:
        return "That ticket is closed"
    return f"That ticket was solved more than {one.terms.reopens_within.days} days before"


def _opened(one: Incoming, refused: Refused | None) -> str:
    if one.token:
        return "Carries a token of ours for a message that is not known here"
    if not one.cites_something:
        return "Starts a conversation: it cites no earlier message"
    if not one.cites and not one.ours:
        return "The sender's address is not proved or is a role address, so what the message cites joins nothing"
    if refused:
        return _refused(one, refused)
    return "None of the messages it cites is known here"


def _refused(one: Incoming, refused: Refused) -> str:
    cited = f"Cites <{short(refused.cited)}>"
    if refused.announced:
        return f"{cited}, which we wrote to many people: each answer to it is a matter of its own"
    if refused.ambiguous:
        return f"{cited}, but more than one message bears that id, so it names none of them"
    who = short(shown(one.speaks_as[0])) if one.speaks_as else "its sender"
    if refused.named:
        return f"{cited}, but only that message names {who}, and this is no answer to who wrote it"
    return f"{cited}, but {who} takes no part in that conversation"


def short(text: str) -> str:
    """Return an id or address as it stands in a sentence."""
    return cut(text, _LONGEST) if text else ""
