"""What customers do in chats, and across channels: the same person, known by more than one identity."""

from collections.abc import Mapping
from typing import Final

from benchmarks.grouping.calls import CALLS, a_call
from benchmarks.grouping.forms import FORMS
from benchmarks.grouping.issue import DAY, Issue
from benchmarks.grouping.lines import a_session, some_telegrams
from benchmarks.grouping.mails import Scenario, as_mail, talk
from benchmarks.grouping.thread import Draft, answer, token_of, write


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
    _mail_of_its_own(issue)


def chat_signed_in(issue: Issue) -> None:
    a_session(issue, lines=issue.dice.randint(2, 4), signed=issue.person.address)
    if issue.dice.random() < 0.6:
        _mail_of_its_own(issue)


def signs_in_with_both_addresses(issue: Issue) -> None:
    """Act out an answer from an unknown address, which the site says later is the same customer's."""
    issue.continue_in(f"{issue.person.key}/chat")
    mail = write(issue)
    ours = answer(issue, mail, sent_folder=True)
    other = Draft(address=issue.person.alias, hint="cites it from an address that takes no part")
    write(issue, other, ours)
    a_session(issue, lines=2, signed=issue.person.address, hint="signed in with its address")
    issue.after(DAY)
    a_session(issue, lines=2, signed=issue.person.alias, hint="same visitor, another address")


def two_people_at_one_computer(issue: Issue) -> None:
    """Act out two matters of two people who sign in with addresses of their own, in one browser."""
    a_session(issue, lines=3, signed=issue.person.address)
    if issue.cast.others and not issue.person.shares_mailbox:
        other = issue.cast.others[0]
        issue.turn_to_another_matter()
        issue.after(DAY)
        a_session(issue, lines=3, signed=other.address, by=other)


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
    _mail_of_its_own(issue)


def telegram_by_the_link_in_our_mail(issue: Issue) -> None:
    """Act out a customer who goes on, by the link, in the one chat that they have with us."""
    issue.continue_in(f"{issue.person.key}/telegram")
    ours = answer(issue, write(issue))
    some_telegrams(issue, lines=issue.dice.randint(2, 4), token=token_of(ours))


def telegram_shares_the_phone_and_calls(issue: Issue) -> None:
    some_telegrams(issue, lines=2, shares_phone=True)
    a_call(issue, text=issue.more(), hint="calls from the phone that the bot knows")


CHANNELS: Final[Mapping[Scenario, float]] = {
    **FORMS,
    **CALLS,
    chat: 9,
    chat_goes_on_by_mail: 5,
    chat_in_two_sessions: 3,
    chat_then_a_mail_of_its_own: 2,
    chat_signed_in: 4,
    signs_in_with_both_addresses: 1,
    two_people_at_one_computer: 1,
    telegram: 8,
    telegram_twice: 2,
    telegram_then_a_mail: 2,
    telegram_by_the_link_in_our_mail: 2,
    telegram_shares_the_phone_and_calls: 1,
}


def _mail_of_its_own(issue: Issue) -> None:
    draft = Draft(text=f"{issue.more()} {issue.words.order}", hint="same order number", wait=DAY)
    talk(issue, write(issue, draft), rounds=1)
