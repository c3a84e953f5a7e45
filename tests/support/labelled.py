"""Labelled messages in few words, for the tests of the grouping simulation."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from benchmarks.grouping.labelled import WHOLE, Labelled, Proof
from benchmarks.grouping.scoring import Grouping, Join
from support.messages import a_message, a_person
from threadline_contracts.message import Direction, Evidence
from threadline_contracts.ticket import Rule


def a_labelled(
    name: str,
    issue: str = "i1",
    *,
    by: str = "ana@a.example",
    cites: Sequence[str] = (),
    answers: Labelled | None = None,
    proved_by: Labelled | None = None,
    account: str = "support@localhost",
    subject: str = "",
) -> Labelled:
    """Return a mail of an issue; `cites` names other mails, `answers` is what its author had before them."""
    message = a_message(
        name,
        account=account,
        sender=a_person(by),
        subject=subject or f"The printer {issue}",
        evidence=Evidence(references=tuple(f"{cited}@example.org" for cited in cites)),
    )
    return Labelled(
        message=message,
        issue=issue,
        conversation=issue,
        scenario="test",
        author=by,
        proofs=(Proof(Rule.REFERENCE, proved_by.id),) if proved_by else (),
        answers=answers.id if answers else None,
        keeps=WHOLE if answers else frozenset(),
    )


def an_agents_answer(name: str, to: Labelled) -> Labelled:
    """Return what an agent answers inside the help desk."""
    message = a_message(
        name, direction=Direction.OUTBOUND, sender=a_person("support@localhost"), recipients=(to.message.sender,)
    )
    return Labelled(
        message=message,
        issue=to.issue,
        conversation=to.conversation,
        scenario="test",
        author="the desk",
        answers=to.id,
        filed=True,
    )


def labels(*all_of_them: Labelled) -> Mapping[UUID, Labelled]:
    """Return messages by id."""
    return {one.id: one for one in all_of_them}


def grouped(*groups: Iterable[Labelled], rule: str = Rule.REFERENCE) -> Grouping:
    """Return a grouping in which the first message of each group opened it, and `rule` joined the others."""
    lists = [list(group) for group in groups]
    return Grouping(
        groups={one.id: number for number, group in enumerate(lists) for one in group},
        joins=[Join(rule, one.id, group[0].id) for group in lists for one in group[1:]],
    )
