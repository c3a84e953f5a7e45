"""What readers see beside messages, the same on both databases: what they did, tickets by id, open suggestions."""

from uuid import uuid4

from support.messages import NOON
from support.threads_house import House
from support.threads_rows import keep_suggestion
from support.threads_shelf import a_mail
from threadline_contracts.ticket import Suggestion, SuggestionReason, SuggestionStatus
from threadline_threads.keys import suggestion_id


async def test_a_conversation_says_which_message_reopened_it(house: House) -> None:
    first, answer = a_mail("m1"), a_mail("m2", cites=["m1"])
    await house.place(first)
    await house.execute("UPDATE {}ticket SET status = 'pending'")
    await house.place(answer)

    found = await house.reader.conversation(first.reference)

    assert found is not None
    assert [(note.message, note.type) for note in found.notes] == [(answer.id, "ticket.reopened.v1")]
    assert "pending" in found.notes[0].because


async def test_tickets_are_read_by_their_ids(house: House) -> None:
    one, other = a_mail("m1"), a_mail("m2")
    await house.place(one, other)
    ids = [await house.root(one), await house.root(other)]

    found = await house.reader.headers([*ids, uuid4()])

    assert {header.id: header for header in found} == {
        ids[0]: await house.header(one),
        ids[1]: await house.header(other),
    }
    assert await house.reader.headers([]) == []


async def test_open_suggestions_are_counted(house: House) -> None:
    mails = [a_mail(f"m{number}") for number in range(3)]
    await house.place(*mails)
    a, b, c = [await house.root(mail) for mail in mails]
    reason = SuggestionReason(code="same_number", because="Both name order 4711.", score=0.6)
    for one, other, status in ((a, b, SuggestionStatus.OPEN), (a, c, SuggestionStatus.DECLINED)):
        suggestion = Suggestion(
            id=suggestion_id(one, other), ticket=one, other=other, score=0.6, reasons=(reason,), status=status, at=NOON
        )
        await keep_suggestion(house, suggestion)

    assert await house.reader.open_suggestions() == 1
