"""What customers do with mail: each function acts out one issue. The name says what happens."""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec.structs import replace

from benchmarks.grouping.issue import DAY, HOUR, MINUTE, Issue, Mail
from benchmarks.grouping.labelled import WHOLE, Keeps, Labelled
from benchmarks.grouping.phrases import forward_subject, languages, reply_subject
from benchmarks.grouping.thread import SALES, SUPPORT, USUAL, Draft, answer, copy_to, write
from threadline_contracts.message import Assurance

Scenario = Callable[[Issue], None]
MANY: Final = 12  # mails of a device
NEWSLETTERS: Final = 20


def talk(
    issue: Issue, mail: Mail, *, rounds: int | None = None, draft: Draft = USUAL, sent_folder: bool = False
) -> Mail:
    """Let agent and customer answer each other for a while, and return the last mail."""
    for _ in range(issue.dice.choice([1, 1, 1, 2, 2, 3]) if rounds is None else rounds):
        ours = answer(issue, mail, sent_folder=sent_folder)
        mail = write(issue, draft, ours)
        if issue.dice.random() < 0.06:
            write(issue, replace(draft, automatic=True, text=languages()[issue.words.language].away), ours)
    return mail


def plain(issue: Issue) -> None:
    talk(issue, write(issue))


def never_answered(issue: Issue) -> None:
    mail = write(issue)
    if issue.dice.random() < 0.4:
        write(issue, Draft(wait=DAY), mail)


def writes_again_before_we_answer(issue: Issue) -> None:
    mail = write(issue, Draft(slow=issue.dice.random() < 0.3))
    again = write(issue, Draft(wait=HOUR), mail)
    if issue.dice.random() < 0.5:
        again = write(issue, Draft(wait=HOUR), again)
    talk(issue, again)


def first_mail_is_late(issue: Issue) -> None:
    mail = write(issue, Draft(slow=True))
    for _ in range(issue.dice.randint(1, 2)):
        mail = write(issue, Draft(wait=30 * MINUTE), mail)
    talk(issue, mail, rounds=1)


def headers_cut_address_kept(issue: Issue) -> None:
    talk(issue, write(issue), draft=Draft(keeps=WHOLE - {Keeps.HEADERS}))


def headers_cut_and_address_book(issue: Issue) -> None:
    ours = answer(issue, write(issue))
    keeps = frozenset({Keeps.SUBJECT} | ({Keeps.QUOTE} if issue.dice.random() < 0.7 else set()))
    lost = write(issue, Draft(keeps=keeps), ours)
    talk(issue, lost, rounds=issue.dice.randint(0, 1))


def address_book(issue: Issue) -> None:
    talk(issue, write(issue), draft=Draft(keeps=WHOLE - {Keeps.ADDRESS}))


def answers_from_another_address(issue: Issue) -> None:
    talk(issue, write(issue), draft=Draft(address=issue.person.alias))


def another_address_without_our_token(issue: Issue) -> None:
    mail = write(issue)
    ours = answer(issue, mail, sent_folder=True)
    other = Draft(address=issue.person.alias, hint="cites it from an address that takes no part")
    write(issue, other, ours)
    if issue.dice.random() < 0.6:  # and puts the other address into Cc later: the proof arrives
        write(issue, Draft(cc=(issue.person.alias,)), ours)


def agent_writes_from_outlook(issue: Issue) -> None:
    talk(issue, write(issue), sent_folder=True)


def colleague_in_copy(issue: Issue) -> None:
    other = _colleague(issue)
    mail = write(issue, Draft(cc=(other.address,)))
    ours = answer(issue, mail, cc=(other.address,), sent_folder=issue.dice.random() < 0.5)
    theirs = write(issue, other, ours)
    talk(issue, theirs, rounds=1, draft=other)


def colleague_takes_over(issue: Issue) -> None:
    other = replace(_colleague(issue), hint="cites it, and takes no part yet")
    mail = write(issue)
    early = write(issue, other, mail)
    if issue.dice.random() < 0.6:
        write(issue, Draft(cc=(other.address,), wait=HOUR), mail)
    talk(issue, early, rounds=1, draft=other)


def forwards_something(issue: Issue) -> None:
    subject = forward_subject(issue.dice, issue.words.language, issue.words.subject)
    supplier = f"newsletter{issue.dice.randrange(NEWSLETTERS)}@supplier.example"  # others forward the same
    mail = write(issue, Draft(subject=subject, cites=(supplier,)))
    talk(issue, mail)


def forwards_our_answer(issue: Issue) -> None:
    ours = answer(issue, write(issue))
    subject = forward_subject(issue.dice, issue.words.language, ours.subject)
    write(issue, Draft(subject=subject, keeps=WHOLE - {Keeps.ADDRESS}), ours)


def two_departments(issue: Issue) -> None:
    mail = write(issue, Draft(cc=(SALES,)))
    tag = "[Sales] " if issue.dice.random() < 0.3 else ""
    twin = copy_to(issue, mail, SALES, tag=tag)
    talk(issue, mail, rounds=1)
    if issue.dice.random() < 0.6:
        talk(issue, twin, rounds=1)


def one_department_forwards_to_the_other(issue: Issue) -> None:
    mail = write(issue, Draft(account=SALES))
    ours = answer(issue, replace(mail, sender=SUPPORT), sent_folder=True)
    copy_to(issue, ours, SUPPORT)
    talk(issue, mail, rounds=1)


def new_mail_about_the_same(issue: Issue) -> None:
    talk(issue, write(issue))
    text = f"{issue.more()} ({issue.words.order})"
    talk(issue, write(issue, Draft(text=text, wait=3 * DAY, hint="same order number")), rounds=1)


def types_a_reply_prefix(issue: Issue) -> None:
    ours = answer(issue, write(issue))
    subject = reply_subject(issue.dice, issue.words.language, ours.subject)
    write(issue, Draft(subject=subject, text=issue.more(), wait=DAY, hint="same subject, typed anew"))


def second_matter_same_subject(issue: Issue) -> None:
    """Act out an issue whose subject line nobody could tell from that of any other."""
    subject = issue.dice.choice(languages()[issue.words.language].vague)
    talk(issue, write(issue, Draft(subject=subject)))


def new_matter_in_an_old_thread(issue: Issue) -> None:
    ours = answer(issue, talk(issue, write(issue)))
    issue.turn_to_another_matter()
    first = write(issue, Draft(text=issue.words.first, wait=10 * DAY), ours)
    talk(issue, first, rounds=1)


def forwarder_breaks_dmarc(issue: Issue) -> None:
    claimed = Draft(assurance=Assurance.CLAIMED, hint="cites it, but its From failed DMARC")
    mail = write(issue)
    again = write(issue, replace(claimed, wait=HOUR), mail)
    talk(issue, again if issue.dice.random() < 0.5 else mail, draft=claimed)


def device_repeats_its_message_id(issue: Issue) -> None:
    """Act out a scanner: each of its mails is a matter of its own, and all have one Message-ID."""
    for number in range(issue.dice.randint(3, MANY)):
        if number:
            issue.begin_another()
        mail = write(issue, Draft(message_id=f"scan@{issue.person.key}.local", wait=2 * DAY))
        if issue.dice.random() < 0.5:
            talk(issue, mail, rounds=1, sent_folder=issue.dice.random() < 0.3)


def client_drops_references(issue: Issue) -> None:
    """Act out a mail program that keeps "Re:" and nothing else, and an agent whose mails show no token."""
    keeps = frozenset({Keeps.SUBJECT, Keeps.QUOTE})
    talk(issue, write(issue), draft=Draft(keeps=keeps, hint="same subject with a prefix"), sent_folder=True)


def same_subject_twice_and_references_dropped(issue: Issue) -> None:
    """Act out two matters of one customer under one meagre subject, and an answer that could be about either."""
    subject = issue.dice.choice(languages()[issue.words.language].vague)
    answer(issue, write(issue, Draft(subject=subject)), sent_folder=True)
    issue.begin_another()
    ours = answer(issue, write(issue, Draft(subject=subject, wait=DAY)), sent_folder=True)
    write(issue, Draft(keeps=frozenset({Keeps.SUBJECT}), hint="same subject with a prefix"), ours)


def as_mail(issue: Issue, one: Labelled) -> Mail:
    """Return what an agent answers by mail when the customer did not write one."""
    subject = one.message.subject or issue.words.subject
    return Mail(id=one.id, subject=subject, account=SUPPORT, reply_to=SUPPORT, sender=issue.person.address)


MAILS: Final[Mapping[Scenario, float]] = {
    plain: 30,
    never_answered: 6,
    writes_again_before_we_answer: 6,
    first_mail_is_late: 3,
    headers_cut_address_kept: 4,
    headers_cut_and_address_book: 4,
    address_book: 3,
    answers_from_another_address: 3,
    another_address_without_our_token: 3,
    agent_writes_from_outlook: 6,
    colleague_in_copy: 3,
    colleague_takes_over: 2,
    forwards_something: 3,
    forwards_our_answer: 2,
    two_departments: 4,
    one_department_forwards_to_the_other: 1,
    new_mail_about_the_same: 5,
    types_a_reply_prefix: 3,
    second_matter_same_subject: 5,
    new_matter_in_an_old_thread: 3,
    forwarder_breaks_dmarc: 1,
    client_drops_references: 4,
    same_subject_twice_and_references_dropped: 0.3,
}


def _colleague(issue: Issue) -> Draft:
    """Return how somebody at the customer's side writes: who shares the mailbox, has their own besides."""
    if issue.cast.others:
        other = issue.cast.others[0]
        return Draft(author=other.key, name=other.name, address=other.alias)
    return Draft(
        author=f"{issue.person.key} friend", name="Sasha", address=f"friend.of.{issue.person.key}@post.example"
    )
