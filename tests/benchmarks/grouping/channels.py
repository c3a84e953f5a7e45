"""What customers do with the form, the chat, Telegram and the telephone, and where they go on by mail."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from benchmarks.grouping.issue import AGENT, DAY, HOUR, MINUTE, Issue, Mail, compose
from benchmarks.grouping.labelled import Labelled, Proof
from benchmarks.grouping.mails import Scenario, talk
from benchmarks.grouping.people import Person, plain
from benchmarks.grouping.proofs import US, Facts
from benchmarks.grouping.thread import SUPPORT, Draft, write
from threadline_contracts.ids import show_reference
from threadline_contracts.message import Assurance, Channel, Direction, Identity, IdentityKind, Party
from threadline_contracts.ticket import Rule

FORM: Final = "contact"
WIDGET: Final = "site"
BOT: Final = "desk_bot"
LINE: Final = "+38515550100"


def a_form(issue: Issue, *, text: str = "", hint: str = "", wait: timedelta = HOUR) -> Labelled:
    """Let the customer fill in the form; nothing in it is proved."""
    person, sent = issue.person, issue.after(wait)
    key = issue.name("form")
    message = compose(
        Channel.FORM,
        FORM,
        key,
        Party(name=person.name, identities=_typed(person)),
        external_id=key,
        subject=issue.words.subject,
        text=text or issue.words.first,
        sent_at=sent,
        received_at=sent,
    )
    said = replace(issue.say(message, Facts(names=frozenset({plain(person.address)}))), hint=hint)
    issue.relabel(said)
    return said


def a_session(issue: Issue, *, lines: int, hint: str = "", typed: bool = True) -> Labelled:
    """Let customer and agent write some lines in one chat session; return the first.

    Some widgets show a visitor the last session, too: who then goes on there does so knowingly.
    """
    key, person = issue.name("session"), issue.person
    issue.continue_in(f"{issue.cast.person.key}/chat")
    visitor = Identity(kind=IdentityKind.VISITOR, value=person.visitor, assurance=Assurance.VERIFIED)
    customer = Party(name=person.name, identities=(visitor, *(_typed(person)[:1] if typed else ())))
    return _lines(issue, Channel.CHAT, (WIDGET, key), customer, lines, hint)


def some_telegrams(issue: Issue, *, lines: int) -> Labelled:
    """Let customer and agent write some messages in the one chat that they have, whatever it is about."""
    person = issue.person
    known = Identity(kind=IdentityKind.TELEGRAM, value=person.telegram, assurance=Assurance.VERIFIED, by="telegram")
    issue.continue_in(f"{issue.cast.person.key}/telegram")
    return _lines(issue, Channel.TELEGRAM, (BOT, person.telegram), Party(name=person.name, identities=(known,)), lines)


def a_call(issue: Issue, *, caller: Person | None = None, text: str = "", hint: str = "", author: str = "") -> Labelled:
    """Let somebody call: the caller id is plausible, no more."""
    person, sent = caller or issue.person, issue.after(3 * HOUR)
    key = issue.name("call")
    number = Identity(kind=IdentityKind.PHONE, value=person.phone, assurance=Assurance.ASSERTED, by="caller-id")
    message = compose(
        Channel.VOICE,
        LINE,
        key,
        Party(identities=(number,)),
        external_id=key,
        conversation=key,
        text=text or issue.words.first,
        sent_at=sent,
        received_at=sent + issue.travel(),
    )
    said = replace(issue.say(message, Facts(names=frozenset({person.phone})), author), hint=hint)
    issue.relabel(said)
    return said


def as_mail(issue: Issue, one: Labelled) -> Mail:
    """Return what an agent answers by mail when the customer did not write one."""
    return Mail(
        id=one.id, subject=one.message.subject or issue.words.subject, account=SUPPORT, reply_to=SUPPORT,
        sender=issue.person.address,
    )  # fmt: skip


def form_answered_by_mail(issue: Issue) -> None:
    talk(issue, as_mail(issue, a_form(issue)))


def form_then_a_mail_with_the_number(issue: Issue) -> None:
    form = a_form(issue)
    number = show_reference(form.message.reference)
    draft = Draft(subject=f"{issue.words.subject} [{number}]", text=issue.more(), hint="our number, typed")
    talk(issue, write(issue, draft), rounds=1)


def form_then_a_mail_of_its_own(issue: Issue) -> None:
    a_form(issue)
    draft = Draft(text=f"{issue.more()} {issue.words.order}", hint="same order number", wait=DAY)
    talk(issue, write(issue, draft), rounds=1)


def form_twice(issue: Issue) -> None:
    first = a_form(issue)
    again = a_form(issue, text=first.message.text, hint="same content and address within 10 minutes", wait=3 * MINUTE)
    talk(issue, as_mail(issue, again), rounds=1)


def chat(issue: Issue) -> None:
    a_session(issue, lines=issue.dice.randint(3, 8), typed=issue.dice.random() < 0.6)


def chat_goes_on_by_mail(issue: Issue) -> None:
    first = a_session(issue, lines=issue.dice.randint(2, 5))
    talk(issue, as_mail(issue, first))


def chat_in_two_sessions(issue: Issue) -> None:
    a_session(issue, lines=issue.dice.randint(2, 4))
    issue.after(DAY)
    a_session(issue, lines=issue.dice.randint(2, 4), hint="same visitor, new session")


def chat_then_a_mail_of_its_own(issue: Issue) -> None:
    a_session(issue, lines=3)
    draft = Draft(text=f"{issue.more()} {issue.words.order}", hint="same order number", wait=DAY)
    talk(issue, write(issue, draft), rounds=1)


def telegram(issue: Issue) -> None:
    some_telegrams(issue, lines=issue.dice.randint(2, 7))


def telegram_twice(issue: Issue) -> None:
    """Act out two matters, weeks apart, in the one chat that a customer has with a bot."""
    some_telegrams(issue, lines=issue.dice.randint(2, 4))
    issue.turn_to_another_matter()
    issue.after(20 * DAY)
    some_telegrams(issue, lines=issue.dice.randint(2, 4))


def telegram_then_a_mail(issue: Issue) -> None:
    some_telegrams(issue, lines=2)
    draft = Draft(text=f"{issue.more()} {issue.words.order}", hint="same order number", wait=DAY)
    talk(issue, write(issue, draft), rounds=1)


def call(issue: Issue) -> None:
    a_call(issue)


def calls_back(issue: Issue) -> None:
    a_call(issue)
    for _ in range(issue.dice.randint(1, 2)):
        a_call(issue, text=issue.more(), hint="call back")


def call_answered_by_mail(issue: Issue) -> None:
    talk(issue, as_mail(issue, a_call(issue)))


def family_calls(issue: Issue) -> None:
    """Act out two calls from one telephone within a day: two people, two matters."""
    a_call(issue)
    if issue.cast.others:
        issue.begin_another()
        other = issue.cast.others[0]
        a_call(issue, caller=replace(other, phone=issue.person.phone), author=other.key)


CHANNELS: Final[Mapping[Scenario, int]] = {
    form_answered_by_mail: 8,
    form_then_a_mail_with_the_number: 3,
    form_then_a_mail_of_its_own: 3,
    form_twice: 2,
    chat: 9,
    chat_goes_on_by_mail: 5,
    chat_in_two_sessions: 3,
    chat_then_a_mail_of_its_own: 2,
    telegram: 9,
    telegram_twice: 2,
    telegram_then_a_mail: 2,
    call: 4,
    calls_back: 5,
    call_answered_by_mail: 4,
    family_calls: 3,
}


def _lines(
    issue: Issue, channel: Channel, place: tuple[str, str], customer: Party, lines: int, hint: str = ""
) -> Labelled:
    account, conversation = place
    first: Labelled | None = None
    for number in range(lines):
        ours = bool(number % 2)
        sent = issue.after(MINUTE)
        message = compose(
            channel,
            account,
            issue.name("line"),
            Party(name=account) if ours else customer,
            external_id=issue.name("external"),
            conversation=conversation,
            direction=Direction.OUTBOUND if ours else Direction.INBOUND,
            text=issue.words.answer if ours else issue.words.first if number == 0 else issue.more(),
            sent_at=sent,
            received_at=sent + timedelta(seconds=issue.dice.expovariate(1 / 20)),
        )
        known = (Proof(Rule.CONVERSATION, first.id),) if first else ()
        said = issue.say(message, Facts(by=US if ours else "", beside=known), AGENT if ours else "")
        said = replace(said, hint="" if number else hint, filed=ours, answers=first.id if ours and first else None)
        issue.relabel(said)
        first = first or said
    assert first
    return first


def _typed(person: Person) -> tuple[Identity, ...]:
    address = Identity(kind=IdentityKind.EMAIL, value=person.address, assurance=Assurance.CLAIMED, by="typed")
    number = Identity(kind=IdentityKind.PHONE, value=person.phone, assurance=Assurance.CLAIMED, by="typed")
    return address, number
