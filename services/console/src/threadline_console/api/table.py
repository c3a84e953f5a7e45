"""The route table of the API: what can be asked, by whom, and what is answered. OpenAPI is made from it."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

from aiohttp import hdrs, web
from msgspec import Struct

from threadline_console.access import Access, Scope
from threadline_console.answers import failure
from threadline_console.api.ask import (
    BlobQuestion,
    DeadLetterQuestion,
    EventQuestion,
    NoQuestion,
    TicketQuestion,
    read_query,
)
from threadline_console.api.blobs import BlobsApi
from threadline_console.api.dead import DeadApi
from threadline_console.api.events import EventsApi
from threadline_console.api.health import HealthApi
from threadline_console.api.shapes import (
    DeadLetter,
    DeadLetterDetail,
    DeadLetterList,
    Health,
    Replayed,
    ReplayOrder,
    TicketDetail,
    TicketList,
    Trace,
)
from threadline_console.api.tickets import TicketsApi
from threadline_contracts.errors import MalformedInputError, TemporaryError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ROOT: Final = "/api/v1"
_RETRY_SECONDS: Final = "2"


class Operation(Struct, frozen=True, kw_only=True):
    """One thing to ask. `answer` is a shape, or a media type for what is no JSON; `errors` beside 400, 401 and 503.

    `pattern` is the path for the router where `{id}` alone would also match another operation's path.
    """

    method: str
    path: str
    pattern: str = ""
    handler: Handler
    summary: str
    about_id: str = ""
    query: type[Struct] = NoQuestion
    body: type[Struct] | None = None
    status: int = 200
    answer: type[Struct] | str
    errors: tuple[int, ...] = ()
    headers: Mapping[str, str] = {}
    scope: Scope = Scope.ALL


def ticket_operations(api: TicketsApi) -> Sequence[Operation]:
    """Return what can be asked about tickets and messages."""
    return (
        Operation(
            method=hdrs.METH_GET,
            path="/tickets",
            handler=api.list,
            summary="List conversations, newest change first",
            query=TicketQuestion,
            answer=TicketList,
        ),
        Operation(
            method=hdrs.METH_GET,
            path="/tickets/{id}",
            handler=api.one,
            summary="Show a conversation with its messages, each with why it is there",
            about_id="a ticket's id, or the reference of any of its messages (with or without its hyphen)",
            answer=TicketDetail,
            errors=(404,),
        ),
        Operation(
            method=hdrs.METH_GET,
            path="/messages/{id}/trace",
            handler=api.trace,
            summary="Say where a message is, and when it got there",
            about_id="a message's id, reference or external id (the Message-ID of a mail)",
            answer=Trace,
            errors=(404,),
        ),
    )


def dead_letter_operations(api: DeadApi) -> Sequence[Operation]:
    """Return what can be asked about dead letters."""
    about = "a dead letter's id"
    return (
        Operation(
            method=hdrs.METH_GET,
            path="/dead-letters",
            handler=api.list,
            summary="List what no worker could do, the latest failure first, and its causes",
            query=DeadLetterQuestion,
            answer=DeadLetterList,
        ),
        Operation(
            method=hdrs.METH_GET,
            path="/dead-letters/{id}",
            pattern="/dead-letters/{id:(?!replay$)[^/]+}",
            handler=api.one,
            summary="Show a dead letter with its event and its kept input, as text",
            about_id=about,
            answer=DeadLetterDetail,
            errors=(404,),
        ),
        Operation(
            method=hdrs.METH_POST,
            path="/dead-letters/{id}/replay",
            handler=api.replay,
            summary="Send a dead letter back to where it failed",
            about_id=about,
            status=202,
            answer=DeadLetter,
            errors=(404, 409),
        ),
        Operation(
            method=hdrs.METH_POST,
            path="/dead-letters/replay",
            handler=api.replay_all,
            summary="Send waiting dead letters back, those of one cause or all",
            body=ReplayOrder,
            status=202,
            answer=Replayed,
        ),
    )


def other_operations(events: EventsApi, health: HealthApi, blobs: BlobsApi) -> Sequence[Operation]:
    """Return what else can be asked: events, health and files."""
    return (
        Operation(
            method=hdrs.METH_GET,
            path="/events",
            handler=events.stream,
            summary="Follow ticket events in commit order: server-sent events, id the sequence, data the CloudEvent",
            query=EventQuestion,
            headers={"Last-Event-ID": "the id of the last event seen: go on behind it"},
            answer="text/event-stream",
        ),
        Operation(
            method=hdrs.METH_GET,
            path="/health",
            handler=health.show,
            summary="Say how the house is: dependencies, components, queues and counts",
            answer=Health,
        ),
        Operation(
            method=hdrs.METH_GET,
            path="/blobs/{id}",
            handler=blobs.read,
            summary="Read a file or a kept input",
            about_id="a blob's id, as attachments, *_ref and raw say it",
            query=BlobQuestion,
            headers={"Range": "one byte range: `bytes=0-1023`"},
            answer="application/octet-stream",
            errors=(206, 403, 404, 416),
            scope=Scope.BLOBS,
        ),
    )


def routes(operations: Iterable[Operation], access: Access) -> list[web.AbstractRouteDef]:
    """Return the routes of operations, each behind the door."""
    return [
        web.route(
            operation.method,
            ROOT + (operation.pattern or operation.path),
            guarded(operation, access),
            **_options(operation),
        )
        for operation in operations
    ]


def guarded(operation: Operation, access: Access) -> Handler:
    """Return the handler that lets in who may, and says failures in the API's shape."""

    async def handle(request: web.Request) -> web.StreamResponse:
        refused = access.refusal(request, operation.scope)
        if refused is not None:
            headers = {"WWW-Authenticate": "Bearer"} if refused.status == web.HTTPUnauthorized.status_code else None
            return failure(refused.status, refused.code, refused.message, headers)
        try:
            if operation.query is NoQuestion:
                read_query(request, NoQuestion)
            return await operation.handler(request)
        except MalformedInputError as err:
            return failure(400, "invalid_request", str(err))
        except TemporaryError as err:
            return failure(503, "unavailable", f"try again soon: {err}", {hdrs.RETRY_AFTER: _RETRY_SECONDS})

    return handle


def _options(operation: Operation) -> Mapping[str, bool]:
    # HEAD of a stream would never end.
    return {"allow_head": not operation.path.startswith("/events")} if operation.method == hdrs.METH_GET else {}
