"""What strangers try on a conversation of somebody else: each function is one of them.

`own` is the stranger's issue, `victim` the customer's. Where a stranger has to forge two things that no customer's
mail would show, the message names the `limit`: no rule is meant to stand that.
"""

import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from benchmarks.grouping.calls import a_call
from benchmarks.grouping.forms import a_form
from benchmarks.grouping.issue import HOUR, MINUTE, Issue, Mail
from benchmarks.grouping.labelled import Keeps, Labelled
from benchmarks.grouping.lines import a_session
from benchmarks.grouping.people import when_forged
from benchmarks.grouping.phrases import reply_subject
from benchmarks.grouping.proofs import Facts
from benchmarks.grouping.thread import SALES, SUPPORT, Draft, party, write
from threadline_contracts.ids import message_id, reference_of, show_reference
from threadline_contracts.message import DEFAULT_DESK, Assurance, Channel
from threadline_contracts.tokens import sign_token

Stranger = Callable[[Issue, Issue], None]

TWO_FORGED: Final = "a From without DMARC and a Message-ID, both forged"
LEAKED: Final = "a token of ours that leaked"
QUICK: Final = timedelta(seconds=1)
REPEATED: Final = 0.3  # of forms that a stranger comes to see


def cites_a_known_message(own: Issue, victim: Issue) -> None:
    write(own, Draft(cites=(theirs(victim).shown,), subject=_re(own, victim)))


def cites_it_and_copies_the_customer(own: Issue, victim: Issue) -> None:
    cites = (theirs(victim).shown,)
    write(own, Draft(cites=cites, subject=_re(own, victim), cc=(victim.person.address,)))


def forges_our_token(own: Issue, victim: Issue) -> None:
    forged = sign_token(DEFAULT_DESK, reference_of(theirs(victim).id), "k1", b"a guess")
    account = SUPPORT.replace("@", f"+{forged}@")
    write(own, Draft(addressed=account, subject=_re(own, victim), cites=(f"{forged}.1@desk.example",)))


def forges_the_sender(own: Issue, victim: Issue) -> None:
    write(own, _as_customer(victim, Draft(subject=_re(own, victim))))


def forges_the_sender_and_cites(own: Issue, victim: Issue) -> None:
    write(own, _as_customer(victim, Draft(cites=(theirs(victim).shown,), subject=_re(own, victim))))
    _limit_if_plausible(own, victim)


def types_the_ticket_number(own: Issue, victim: Issue) -> None:
    number = show_reference(reference_of(theirs(victim).id))
    mail = write(own, Draft(subject=f"{_re(own, victim)} [{number}]"))
    if ours := _answer_of_ours(victim):
        own.relabel(replace(own.said(mail.id), answers=ours.id, keeps=frozenset({Keeps.SUBJECT})))


def takes_a_message_id(own: Issue, victim: Issue) -> None:
    write(own, Draft(message_id=theirs(victim).shown, cc=(victim.person.address,)))


def takes_a_message_id_before_it_arrives(own: Issue, victim: Issue) -> None:
    """Act out a reader of a public list to which the customer sent the mail, too; it is slow to reach us."""
    mail = theirs(victim)
    own.now = victim.said(mail.id).message.sent_at
    write(own, Draft(message_id=mail.shown, cc=(victim.person.address,), wait=QUICK))


def copies_all_headers_to_another_department(own: Issue, victim: Issue) -> None:
    """Act out a reader of such a list, who knows Message-ID, From, Date and Subject of a mail."""
    mail = theirs(victim)
    seen = victim.said(mail.id).message
    account = SALES if seen.account == SUPPORT else SUPPORT
    copied = message_id(DEFAULT_DESK, Channel.EMAIL, account, seen.fingerprint)
    if any(one.id == copied for one in victim.told()):
        return  # the customer wrote to that department, too: a repeat of a message has no effect
    message = replace(
        seen,
        id=copied,
        reference=reference_of(copied),
        account=account,
        sender=party("", mail.sender, when_forged(mail.sender)),
        text=own.words.first,
        received_at=seen.received_at + 5 * MINUTE,
    )
    own.say(message, Facts())
    _limit_if_plausible(own, victim)


def answers_with_a_leaked_token(own: Issue, victim: Issue) -> None:
    if ours := _answer_of_ours(victim):
        shown = own.dice.choice([Keeps.ADDRESS, Keeps.HEADERS])
        mail = write(own, Draft(keeps=frozenset({shown})), ours)
        own.relabel(replace(own.said(mail.id), limit=LEAKED))


def types_the_customers_address_in_a_form(own: Issue, victim: Issue) -> None:
    own.person = victim.person
    a_form(own)


def types_the_customers_address_in_the_chat(own: Issue, victim: Issue) -> None:
    own.person = replace(victim.person, visitor=own.person.visitor)
    a_session(own, lines=2)


def forges_the_caller_id(own: Issue, victim: Issue) -> None:
    own.person = victim.person
    a_call(own)


def repeats_a_form_under_its_key(own: Issue, victim: Issue) -> None:
    """Act out somebody who saw what a customer's browser sent, and sends it from an address of their own."""
    form = a_form_of(victim)
    if form:
        a_form(own, key=form.message.external_id, text=form.message.text)


BY_MAIL: Final[Mapping[Stranger, int]] = {
    cites_a_known_message: 8,
    cites_it_and_copies_the_customer: 4,
    forges_our_token: 6,
    forges_the_sender: 6,
    forges_the_sender_and_cites: 8,
    types_the_ticket_number: 5,
    takes_a_message_id: 3,
    copies_all_headers_to_another_department: 3,
    answers_with_a_leaked_token: 2,
}
OTHERWISE: Final[Mapping[Stranger, int]] = {
    types_the_customers_address_in_a_form: 2,
    types_the_customers_address_in_the_chat: 2,
    forges_the_caller_id: 1,  # it takes a telephone provider who plays along
}


def choose(dice: random.Random, victim: Issue) -> Stranger:
    """Return what somebody tries on a customer."""
    mails = [mail for mail in victim.mails if _is_theirs(victim, mail)]
    if a_form_of(victim) and dice.random() < REPEATED:
        return repeats_a_form_under_its_key
    if not mails:
        return dice.choices(list(OTHERWISE), list(OTHERWISE.values()))[0]
    seen = victim.said(mails[0].id).message
    if seen.received_at - seen.sent_at > HOUR and dice.random() < 0.5:
        return takes_a_message_id_before_it_arrives
    return dice.choices(list(BY_MAIL), list(BY_MAIL.values()))[0]


def theirs(victim: Issue) -> Mail:
    """Return the customer's first mail that shows a Message-ID and no token of ours."""
    return next(mail for mail in victim.mails if _is_theirs(victim, mail))


def a_form_of(victim: Issue) -> Labelled | None:
    """Return the customer's first form."""
    return next((one for one in victim.told() if one.message.channel == Channel.FORM), None)


def _is_theirs(victim: Issue, mail: Mail) -> bool:
    one = victim.said(mail.id)
    return mail.shown != "" and one.inbound and one.author == victim.person.key and not one.message.evidence.tokens


def _answer_of_ours(victim: Issue) -> Mail | None:
    return next((mail for mail in victim.mails if victim.said(mail.id).filed), None)


def _re(own: Issue, victim: Issue) -> str:
    return reply_subject(own.dice, own.words.language, theirs(victim).subject)


def _as_customer(victim: Issue, draft: Draft) -> Draft:
    mail = theirs(victim)
    return replace(draft, name=victim.person.name, address=mail.sender, assurance=when_forged(mail.sender))


def _limit_if_plausible(own: Issue, victim: Issue) -> None:
    if when_forged(theirs(victim).sender) is Assurance.ASSERTED:
        for one in own.told():
            own.relabel(replace(own.said(one.id), limit=TWO_FORGED))
