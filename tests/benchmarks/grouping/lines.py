"""Lines of a chat: what customer and agent write in a session of the widget, or to the bot."""

from datetime import timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from benchmarks.grouping.issue import AGENT, MINUTE, Issue, compose
from benchmarks.grouping.labelled import Labelled, Proof
from benchmarks.grouping.people import Person, is_shared, plain
from benchmarks.grouping.proofs import US, Facts
from threadline_contracts.message import Assurance, Channel, Direction, Evidence, Identity, IdentityKind, Party
from threadline_contracts.ticket import Rule

WIDGET: Final = "site"
BOT: Final = "desk_bot"


class Talker(Struct, frozen=True, kw_only=True):
    """Who writes, and where; `certain` is what the channel proves of them, all of it one person's."""

    channel: Channel
    account: str
    conversation: str
    party: Party
    certain: frozenset[str] = frozenset()
    token: str = ""


def a_session(
    issue: Issue, *, lines: int, hint: str = "", typed: bool = True, signed: str = "", by: Person | None = None
) -> Labelled:
    """Let customer and agent write some lines in one chat session; return the first.

    `signed` is the address with which the site says that they are signed in. Some widgets show a visitor the last
    session, too: who then goes on there does so knowingly.
    """
    person = by or issue.person
    issue.continue_in(f"{person.key if by else issue.cast.person.key}/chat")
    visitor = Identity(kind=IdentityKind.VISITOR, value=issue.person.visitor, assurance=Assurance.VERIFIED, by="widget")
    known = Identity(kind=IdentityKind.EMAIL, value=signed, assurance=Assurance.VERIFIED, by="widget")
    more = (known,) if signed else identities_typed(person)[:1] if typed else ()
    talker = Talker(
        channel=Channel.CHAT,
        account=WIDGET,
        conversation=issue.name("session"),
        party=Party(name=person.name, identities=(visitor, *more)),
        certain=frozenset({issue.person.visitor, *((plain(signed),) if signed and not is_shared(signed) else ())}),
    )
    return say(issue, talker, lines, hint, person)


def some_telegrams(issue: Issue, *, lines: int, shares_phone: bool = False, token: str = "") -> Labelled:
    """Let customer and agent write some messages in the one chat that they have, whatever it is about.

    `token`: they came by the link in one of our mails.
    """
    person = issue.person
    known = Identity(kind=IdentityKind.TELEGRAM, value=person.telegram, assurance=Assurance.VERIFIED, by="telegram")
    phone = Identity(kind=IdentityKind.PHONE, value=person.phone, assurance=Assurance.VERIFIED, by="telegram")
    issue.continue_in(f"{issue.cast.person.key}/telegram")
    talker = Talker(
        channel=Channel.TELEGRAM,
        account=BOT,
        conversation=person.telegram,
        party=Party(name=person.name, identities=(known, phone) if shares_phone else (known,)),
        certain=frozenset({person.telegram, *((person.phone,) if shares_phone else ())}),
        token=token,
    )
    return say(issue, talker, lines)


def say(issue: Issue, talker: Talker, lines: int, hint: str = "", person: Person | None = None) -> Labelled:
    """Let customer and agent write lines in turn; return the first."""
    first: Labelled | None = None
    for number in range(lines):
        ours = bool(number % 2)
        sent = issue.after(MINUTE)
        message = compose(
            talker.channel,
            talker.account,
            issue.name("line"),
            Party(name=talker.account) if ours else talker.party,
            external_id=issue.name("external"),
            conversation=talker.conversation,
            direction=Direction.OUTBOUND if ours else Direction.INBOUND,
            text=issue.words.answer if ours else issue.words.first if number == 0 else issue.more(),
            evidence=Evidence(tokens=(talker.token,) if talker.token and not number else ()),
            sent_at=sent,
            received_at=sent + timedelta(seconds=issue.dice.expovariate(1 / 20)),
        )
        known = (Proof(Rule.CONVERSATION, first.id),) if first else ()
        facts = Facts(by=US, beside=known) if ours else Facts(certain=talker.certain, beside=known)
        if talker.token and not number:
            facts = replace(facts, token=issue.tokens[talker.token])
        said = issue.say(message, facts, AGENT if ours else person.key if person else "")
        said = replace(said, hint="" if number else hint, filed=ours, answers=first.id if ours and first else None)
        issue.relabel(said)
        first = first or said
    assert first
    return first


def identities_typed(person: Person) -> tuple[Identity, ...]:
    """Return what a person types into a form: nothing of it is proved."""
    address = Identity(kind=IdentityKind.EMAIL, value=person.address, assurance=Assurance.CLAIMED, by="typed")
    number = Identity(kind=IdentityKind.PHONE, value=person.phone, assurance=Assurance.CLAIMED, by="typed")
    return address, number
