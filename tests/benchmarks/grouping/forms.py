"""What customers do with the form, and where they go on by mail."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from benchmarks.grouping.issue import DAY, HOUR, MINUTE, Issue, compose
from benchmarks.grouping.labelled import Labelled
from benchmarks.grouping.lines import identities_typed
from benchmarks.grouping.mails import Scenario, as_mail, talk
from benchmarks.grouping.people import plain
from benchmarks.grouping.proofs import Facts
from benchmarks.grouping.thread import Draft, write
from threadline_contracts.ids import show_reference
from threadline_contracts.message import Channel, Party

FORM: Final = "contact"


def a_form(issue: Issue, *, key: str = "", text: str = "", hint: str = "", wait: timedelta = HOUR) -> Labelled:
    """Let the customer fill in the form; nothing in it is proved. `key` is the page's, sent with every attempt."""
    person, sent = issue.person, issue.after(wait)
    number = issue.name("form")
    message = compose(
        Channel.FORM,
        FORM,
        number,
        Party(name=person.name, identities=identities_typed(person)),
        external_id=key or number,
        subject=issue.words.subject,
        text=text or issue.words.first,
        sent_at=sent,
        received_at=sent,
    )
    said = replace(issue.say(message, Facts(names=frozenset({plain(person.address)}))), hint=hint)
    issue.relabel(said)
    return said


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


def form_corrected_and_sent_again(issue: Issue) -> None:
    """Act out the back button: the page keeps its key, the text gets a line more."""
    first = a_form(issue)
    text = f"{first.message.text}\n{issue.more()}"
    again = a_form(issue, key=first.message.external_id, text=text, hint="same key of one page", wait=5 * MINUTE)
    talk(issue, as_mail(issue, again), rounds=1)


FORMS: Final[Mapping[Scenario, float]] = {
    form_answered_by_mail: 8,
    form_then_a_mail_with_the_number: 3,
    form_then_a_mail_of_its_own: 3,
    form_twice: 2,
    form_corrected_and_sent_again: 1,
}
