"""Builders of what clues are made of: mails, forms and calls of Ana and Bob, and whether two of them join."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from typing import Final, Unpack

from support.messages import NOON, MessageFields, a_message
from threadline_contracts.message import Assurance, Direction, Identity, IdentityKind, InboundMessage, Party
from threadline_threads.clues import Clue, agree, clues_of
from threadline_threads.identity import Customs, own_contacts, persons, verified
from threadline_threads.numbers import packaged_patterns
from threadline_threads.policy import Action, Condition
from threadline_threads.policy_settings import PolicyRow, policy_of

POLICY: Final = policy_of()
EAGER: Final = policy_of(
    [PolicyRow(condition=Condition(one), action=Action.JOIN) for one in ("same_subject", "same_number")],
    packaged_patterns(),
)
CUSTOMS: Final = Customs(own=own_contacts(["help@desk.example"]), shared=own_contacts(["+385 1 555 0100"]), region="HR")
ANA: Final = "ana@a.example"
BOB: Final = "bob@b.example"


def a_party(*values: str, assurance: Assurance = Assurance.VERIFIED) -> Party:
    """Return somebody with these addresses and numbers."""
    kinds = [(IdentityKind.EMAIL if "@" in value else IdentityKind.PHONE, value) for value in values]
    return Party(identities=tuple(Identity(kind=kind, value=value, assurance=assurance) for kind, value in kinds))


def clues(message: InboundMessage, *, cites: bool = False, has_token: bool = False, eager: bool = False) -> list[Clue]:
    """Return the clues of a message, as threads would ask for them."""
    ours = message.direction is Direction.OUTBOUND
    sender, customs = message.sender, CUSTOMS
    parties = message.recipients if ours else (sender, *message.recipients)
    return list(
        clues_of(
            message,
            () if ours else persons(sender, customs, proved=True),
            tuple(who for party in parties for who in persons(party, customs)),
            () if ours else verified(sender, customs),
            cites=cites,
            has_token=has_token,
            policy=EAGER if eager else POLICY,
            customs=customs,
        )
    )


def mail(
    title: str,
    who: str = ANA,
    *,
    days: float = 0,
    assurance: Assurance = Assurance.VERIFIED,
    **fields: Unpack[MessageFields],
) -> InboundMessage:
    """Return a mail, so many days after noon."""
    told: MessageFields = {
        "subject": title,
        "sender": a_party(who, assurance=assurance),
        "sent_at": NOON + timedelta(days=days),
        **fields,
    }
    return a_message(f"{title} {who} {days}", **told)


def ours(subject: str, *recipients: str, days: float = 0) -> InboundMessage:
    """Return a mail of ours."""
    to = tuple(a_party(who) for who in recipients)
    return mail(subject, "help@desk.example", days=days, direction=Direction.OUTBOUND, recipients=to)


def joined(one: Sequence[Clue], other: Sequence[Clue], *, eager: bool = False) -> bool:
    """Return whether two messages join by their clues, asked both ways round."""
    found = {agree(a, b, EAGER if eager else POLICY) for a, b in product(one, other)}
    assert found == {agree(b, a, EAGER if eager else POLICY) for a, b in product(one, other)}
    return True in found


def form(words: str, *, minutes: float = 0, who: str = ANA, **fields: Unpack[MessageFields]) -> InboundMessage:
    """Return a contact form, so many minutes after noon, whose sender typed an address."""
    told: MessageFields = {
        "channel": "form",
        "account": "contact",
        "subject": "Web form",
        "external_id": "",
        "text": words,
        "sender": a_party(who, assurance=Assurance.CLAIMED),
        "sent_at": NOON + timedelta(minutes=minutes),
        **fields,
    }
    return a_message(f"{words} {minutes} {who} {fields}", **told)


def call(number: str, *, hours: float = 0, outbound: bool = False) -> InboundMessage:
    """Return a call of the customer with this number, or of ours to them."""
    caller, desk = a_party(number, assurance=Assurance.ASSERTED), Party(name="Desk")
    return a_message(
        f"call {number} {hours} {outbound}",
        channel="voice",
        sent_at=NOON + timedelta(hours=hours),
        direction=Direction.OUTBOUND if outbound else Direction.INBOUND,
        sender=desk if outbound else caller,
        recipients=(caller if outbound else desk,),
        subject="Missed call",
    )
