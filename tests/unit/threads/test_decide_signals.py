"""What looks like an attack is told, once a message, and changes nothing else."""

import pytest
from msgspec.structs import replace

from support.threads import ACCOUNTS
from support.threads_shelf import US, Shelf, a_mail, a_token, verified
from threadline_contracts.message import Automation, AutomationKind, InboundMessage
from threadline_contracts.security import SecuritySignal
from threadline_contracts.topology import EventType
from threadline_threads.events import announcement

FIRST = a_mail("m1")
CONFLICT, STRANGER = EventType.SECURITY_IDENTITY_CONFLICT, EventType.SECURITY_STRANGER_ON_THREAD


def signals(*mails: InboundMessage) -> list[tuple[str, InboundMessage]]:
    """Return which signals there are when these arrive one by one, and about which of them."""
    shelf = Shelf()
    for mail in mails:
        shelf.place([mail])
    found = [(one.type, one.data) for one in shelf.happenings if isinstance(one.data, SecuritySignal)]
    assert all(data.ticket in shelf.tickets for _, data in found)
    by_id = {mail.id: mail for mail in mails}
    return [(kind, by_id[data.message_id]) for kind, data in found]


def test_a_forged_token_is_told_once() -> None:
    forged = a_mail("m2", "mallory@m.example", tokens=[a_token(FIRST, secret=b"guessed")])
    assert signals(FIRST, forged, forged) == [(EventType.SECURITY_FORGED_TOKEN, forged)]


def test_whoever_comes_by_a_token_and_takes_no_part_is_a_stranger() -> None:
    newcomer = a_mail("m2", "new@n.example", tokens=[a_token(FIRST)])
    assert signals(FIRST, newcomer) == [(STRANGER, newcomer)]


@pytest.mark.parametrize(
    "mail",
    [
        a_mail("m2", tokens=[a_token(FIRST)]),
        a_mail("m2", claimed=True, tokens=[a_token(FIRST)]),
        a_mail("m2", US, to=["new@n.example"], tokens=[a_token(FIRST)]),
        replace(
            a_mail("m2", "robot@n.example", tokens=[a_token(FIRST)]),
            automation=Automation(kind=AutomationKind.AUTO_REPLY),
        ),
    ],
    ids=["who takes part", "whose mail a forwarder broke", "we", "an auto-reply"],
)
def test_nobody_else_is(mail: InboundMessage) -> None:
    assert signals(FIRST, mail) == []


def test_a_mail_from_our_own_address_that_we_did_not_send_is_a_conflict() -> None:
    posing = a_mail("m2", ACCOUNTS[1])
    plus = a_mail("m3", ACCOUNTS[0].replace("@", "+anything@"), claimed=True)
    assert signals(posing, plus) == [(CONFLICT, posing), (CONFLICT, plus)]


@pytest.mark.parametrize("kind", [AutomationKind.OWN, AutomationKind.BOUNCE, AutomationKind.AUTO_REPLY])
def test_what_machines_write_under_our_address_is_none(kind: str) -> None:
    assert signals(replace(a_mail("m2", ACCOUNTS[0]), automation=Automation(kind=kind))) == []


def test_nor_is_what_is_proved_to_be_ours() -> None:
    assert signals(verified(a_mail("m2", ACCOUNTS[0]))) == []


def test_two_conflicts_of_one_message_are_one_event() -> None:
    posing = replace(a_mail("m2", ACCOUNTS[1]), external_id=FIRST.external_id)
    assert signals(FIRST, posing) == [(CONFLICT, posing)]


def test_a_signal_is_an_event_about_the_message() -> None:
    shelf, posing = Shelf(), a_mail("m2", ACCOUNTS[1])
    plan = shelf.place([posing])
    told = announcement(plan.happenings[-1], shelf.now)
    assert (told.type, told.message) == (CONFLICT, posing.id)
    assert plan.happenings[-1].about == posing.id
