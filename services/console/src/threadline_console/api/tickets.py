"""Tickets and the way of a message, as JSON."""

from typing import Final

from aiohttp import web
from msgspec import UNSET

from threadline_console.answers import json_answer, not_found
from threadline_console.api import say, say_decisions
from threadline_console.api.ask import TicketQuestion, path_id, read_query
from threadline_console.api.shapes import Hop, Trace, TracedMessage
from threadline_console.dead.box import Letters
from threadline_console.dead.letter import Letter
from threadline_contracts.ids import show_reference
from threadline_threads.reading import MessageTrace, Reader, TicketQuery

_NO_TICKET: Final = "no ticket has this id, and no message this reference: search with /api/v1/tickets?q="
_NO_MESSAGE: Final = (
    "no message of this id, reference or external id has reached the tickets. It may wait in a spool or a queue "
    "(GET /api/v1/health), be a dead letter (GET /api/v1/dead-letters), or never have been accepted: then its source "
    "still has it, and the log of its channel has no line message.taken"
)


class TicketsApi:
    """Reads tickets; changes nothing."""

    def __init__(self, reader: Reader, letters: Letters) -> None:
        self._reader = reader
        self._letters = letters

    async def list(self, request: web.Request) -> web.Response:
        """GET /api/v1/tickets."""
        return json_answer(say.ticket_list(await self._reader.tickets(query_of(read_query(request, TicketQuestion)))))

    async def one(self, request: web.Request) -> web.Response:
        """GET /api/v1/tickets/{id}: by id, or by any message's reference."""
        found = await self._reader.conversation(path_id(request))
        return json_answer(say_decisions.conversation(found)) if found else not_found(_NO_TICKET)

    async def trace(self, request: web.Request) -> web.Response:
        """GET /api/v1/messages/{id}/trace: by message id, reference or external id."""
        key = path_id(request)
        traces = await self._reader.trace(key) or await self._reader.trace(key.strip("<>"))
        letters = [letter.id for letter in await self._letters.all() if _names(letter, key)]
        if not traces and not letters:
            return not_found(_NO_MESSAGE)
        return json_answer(Trace(items=tuple(_traced(trace) for trace in traces), dead_letters=tuple(letters)))


def query_of(question: TicketQuestion) -> TicketQuery:
    """Return the reader's query for what was asked."""
    return TicketQuery(
        desk=question.desk,
        channel=question.channel,
        status=None if question.status is UNSET else question.status,
        search=question.q.strip(),
        cursor=question.cursor,
        limit=question.limit,
    )


def _names(letter: Letter, key: str) -> bool:
    return bool(key) and key in {letter.subject, letter.event_id, letter.raw, letter.id}


def _traced(trace: MessageTrace) -> TracedMessage:
    said = trace.message
    return TracedMessage(
        message_id=str(said.id),
        reference=said.reference,
        external_id=said.external_id,
        desk=said.desk,
        channel=said.channel,
        account=said.account,
        ticket=str(trace.ticket),
        root=str(trace.root),
        placement=trace.placement,
        hops=hops(trace),
        now=_now(trace),
    )


def hops(trace: MessageTrace) -> tuple[Hop, ...]:
    """Return the steps of a message, in their order. A step that must have happened is done, known time or not."""
    said = trace.message
    announced = [event.announced_at for event in trace.events]
    times = [at for at in announced if at is not None]
    told = bool(announced) and len(times) == len(announced)
    return (
        Hop(name="received", done=True, at=said.received_at, detail=f"by {said.channel} for {said.account}"),
        Hop(name="stored", done=said.raw is not None, at=None, detail=f"raw input {said.raw or 'not kept'}"),
        Hop(name="published", done=True, at=None, detail="confirmed by the bus"),
        Hop(name="grouped", done=True, at=trace.committed_at, detail=trace.placement.because),
        Hop(name="committed", done=True, at=trace.committed_at, detail=f"in ticket {trace.ticket}"),
        Hop(
            name="announced",
            done=told,
            at=max(times) if told else None,
            detail=", ".join(event.type for event in trace.events),
        ),
    )


def _now(trace: MessageTrace) -> str:
    where = f"in the ticket of {show_reference(trace.message.reference)}"
    if trace.root != trace.ticket:
        where += ", which is merged into another one"
    waiting = sum(event.announced_at is None for event in trace.events)
    return f"{where}; {waiting} events still wait for the bus" if waiting else f"{where}; announced on the bus"
