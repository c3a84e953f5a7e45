"""What customers do by telephone, and we with them."""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from benchmarks.grouping.forms import a_form
from benchmarks.grouping.issue import AGENT, HOUR, Issue, compose
from benchmarks.grouping.labelled import Labelled
from benchmarks.grouping.mails import Scenario, as_mail, talk
from benchmarks.grouping.people import Person
from benchmarks.grouping.proofs import US, Facts
from threadline_contracts.message import Assurance, Channel, Direction, Identity, IdentityKind, Party

LINE: Final = "+38515550100"


def a_call(issue: Issue, *, caller: Person | None = None, text: str = "", hint: str = "", author: str = "") -> Labelled:
    """Let somebody call: the caller id is plausible, no more."""
    return _call(issue, (caller or issue.person).phone, text or issue.words.first, hint, author)


def our_call(issue: Issue, to: Labelled) -> Labelled:
    """Let an agent call the customer, from a telephone that knows no ticket, about what somebody said."""
    said = _call(issue, issue.person.phone, issue.words.answer, "we call back", AGENT, ours=True)
    said = replace(said, answers=to.id)
    issue.relabel(said)
    return said


def call(issue: Issue) -> None:
    a_call(issue)


def calls_again(issue: Issue) -> None:
    a_call(issue)
    for _ in range(issue.dice.randint(1, 2)):
        a_call(issue, text=issue.more(), hint="calls again")


def we_call_back(issue: Issue) -> None:
    """Act out a call that nobody took."""
    ours = our_call(issue, a_call(issue))
    if issue.dice.random() < 0.5:
        a_call(issue, text=issue.more(), hint="returns our call")
        if issue.dice.random() < 0.3:
            our_call(issue, ours)


def we_call_first(issue: Issue) -> None:
    """Act out a form that an agent answers by telephone; the customer misses that, and returns it."""
    form = a_form(issue)
    our_call(issue, form)
    a_call(issue, text=issue.more(), hint="returns our call")


def we_call_the_other_one(issue: Issue) -> None:
    """Act out two at one telephone: one called, and we call about what the other wrote."""
    a_call(issue)
    if issue.cast.others:
        issue.begin_another()
        issue.person = replace(issue.cast.others[0], phone=issue.person.phone)
        our_call(issue, a_form(issue))


def call_answered_by_mail(issue: Issue) -> None:
    talk(issue, as_mail(issue, a_call(issue)))


def family_calls(issue: Issue) -> None:
    """Act out two calls from one telephone within a day: two people, two matters."""
    a_call(issue)
    if issue.cast.others:
        issue.begin_another()
        other = issue.cast.others[0]
        a_call(issue, caller=replace(other, phone=issue.person.phone), author=other.key)


CALLS: Final[Mapping[Scenario, float]] = {
    call: 4,
    calls_again: 3,
    we_call_back: 3,
    we_call_first: 1,
    we_call_the_other_one: 0.2,
    call_answered_by_mail: 4,
    family_calls: 3,
}


def _call(issue: Issue, phone: str, text: str, hint: str, author: str, *, ours: bool = False) -> Labelled:
    sent = issue.after(3 * HOUR)
    key = issue.name("call")
    number = Identity(kind=IdentityKind.PHONE, value=phone, assurance=Assurance.ASSERTED, by="caller-id")
    line = Identity(kind=IdentityKind.PHONE, value=LINE, assurance=Assurance.VERIFIED, by="line")
    customer, desk = Party(identities=(number,)), Party(identities=(line,))
    message = compose(
        Channel.VOICE,
        LINE,
        key,
        desk if ours else customer,
        external_id=key,
        conversation=key,
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        recipients=(customer if ours else desk,),
        text=text,
        sent_at=sent,
        received_at=sent + issue.travel(),
    )
    facts = Facts(by=US if ours else "", names=frozenset({phone}))
    said = replace(issue.say(message, facts, author), hint=hint)
    issue.relabel(said)
    return said
