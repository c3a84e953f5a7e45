"""The route table of the API: what can be asked, by whom, and what is answered. OpenAPI is made from it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import hdrs, web

from threadline_console.access import Access, Scope
from threadline_console.answers import failure
from threadline_console.api.ask import (
    BlobQuestion,
    ContactQuestion,
    DeadLetterQuestion,
    EventQuestion,
    NoQuestion,
    SuggestionQuestion,
    TicketQuestion,
    read_query,
)
from threadline_console.api.operation import ROOT, Operation
from threadline_console.api.republish import RepublishOrder, RepublishState
from threadline_console.api.shapes import (
    DeadLetter,
    DeadLetterDetail,
    DeadLetterList,
    Replayed,
    ReplayOrder,
    TicketList,
    Trace,
)
from threadline_console.api.shapes_commands import ORDERS, Command, CommandTaken
from threadline_console.api.shapes_decisions import SuggestionList, TicketDetail
from threadline_console.api.shapes_health import Health
from threadline_console.api.shapes_people import ContactDetail, ContactList
from threadline_contracts.errors import MalformedInputError, TemporaryError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_RETRY_SECONDS: Final = "2"
_A_LETTER: Final = "a dead letter's id"


OPERATIONS: Final = (
    Operation(
        name="list_tickets",
        method=hdrs.METH_GET,
        path="/tickets",
        summary="List conversations, newest change first",
        query=TicketQuestion,
        answer=TicketList,
    ),
    Operation(
        name="show_ticket",
        method=hdrs.METH_GET,
        path="/tickets/{id}",
        summary="Show a conversation with its messages, each with why it is there",
        about_id="a ticket's id, or the reference of any of its messages (with or without its hyphen)",
        answer=TicketDetail,
        errors=(404,),
    ),
    Operation(
        name="list_suggestions",
        method=hdrs.METH_GET,
        path="/suggestions",
        summary="List the open suggestions to merge, newest first, each with its score and reasons",
        query=SuggestionQuestion,
        answer=SuggestionList,
    ),
    Operation(
        name="list_contacts",
        method=hdrs.METH_GET,
        path="/contacts",
        summary="List contacts, last changed first",
        query=ContactQuestion,
        answer=ContactList,
    ),
    Operation(
        name="show_contact",
        method=hdrs.METH_GET,
        path="/contacts/{id}",
        summary="Show a contact: identities and how each was proved, links with who, when and why, and conversations",
        about_id="a contact's id",
        answer=ContactDetail,
        errors=(404,),
    ),
    Operation(
        name="ask_command",
        method=hdrs.METH_POST,
        path="/commands",
        summary="Merge, unmerge, split, set a status, decide a suggestion, link, unlink or erase a contact",
        body=ORDERS,
        headers={"Idempotency-Key": "the command's id, where the body has none: asked twice, done once"},
        answer=Command,
        later=CommandTaken,
        errors=(404, 409, 422),
    ),
    Operation(
        name="show_command",
        method=hdrs.METH_GET,
        path="/commands/{id}",
        summary="Say what became of a command",
        about_id="a command's id",
        answer=Command,
        errors=(404,),
    ),
    Operation(
        name="ask_republish",
        method=hdrs.METH_POST,
        path="/republish",
        summary="Have the present state of all tickets told on the bus again, for a consumer that starts from nothing",
        body=(RepublishOrder,),
        status=202,
        answer=CommandTaken,
    ),
    Operation(
        name="show_republish",
        method=hdrs.METH_GET,
        path="/republish/{id}",
        summary="Say how far a republication is",
        about_id="the id of its command",
        answer=RepublishState,
        errors=(404,),
    ),
    Operation(
        name="trace_message",
        method=hdrs.METH_GET,
        path="/messages/{id}/trace",
        pattern="/messages/{id:[^/]+}/trace",  # Message-IDs have braces, which `{id}` alone leaves out
        summary="Say where a message is, and when it got there",
        about_id="a message's id, reference or external id (the Message-ID of a mail)",
        answer=Trace,
        errors=(404,),
    ),
    Operation(
        name="list_dead_letters",
        method=hdrs.METH_GET,
        path="/dead-letters",
        summary="List what no worker could do, the latest failure first, and its causes",
        query=DeadLetterQuestion,
        answer=DeadLetterList,
    ),
    Operation(
        name="show_dead_letter",
        method=hdrs.METH_GET,
        path="/dead-letters/{id}",
        pattern="/dead-letters/{id:(?!replay$)[^/]+}",
        summary="Show a dead letter with its event and its kept input, as text",
        about_id=_A_LETTER,
        answer=DeadLetterDetail,
        errors=(404,),
    ),
    Operation(
        name="replay_dead_letter",
        method=hdrs.METH_POST,
        path="/dead-letters/{id}/replay",
        summary="Send a dead letter back to where it failed",
        about_id=_A_LETTER,
        status=202,
        answer=DeadLetter,
        errors=(404, 409),
    ),
    Operation(
        name="replay_dead_letters",
        method=hdrs.METH_POST,
        path="/dead-letters/replay",
        summary="Send waiting dead letters back, those of one cause or all",
        body=(ReplayOrder,),
        status=202,
        answer=Replayed,
    ),
    Operation(
        name="follow_events",
        method=hdrs.METH_GET,
        path="/events",
        summary="Follow ticket events in commit order: server-sent events, id the sequence, data the CloudEvent",
        query=EventQuestion,
        headers={"Last-Event-ID": "the id of the last event seen: go on behind it"},
        answer="text/event-stream",
    ),
    Operation(
        name="show_health",
        method=hdrs.METH_GET,
        path="/health",
        summary="Say how the house is: dependencies, components, queues and counts",
        answer=Health,
    ),
    Operation(
        name="read_blob",
        method=hdrs.METH_GET,
        path="/blobs/{id}",
        summary="Read a file or a kept input",
        about_id="a blob's id, as attachments, *_ref and raw say it",
        query=BlobQuestion,
        headers={"Range": "one byte range: `bytes=0-1023`"},
        answer="application/octet-stream",
        errors=(206, 403, 404, 416),
        scope=Scope.BLOBS,
    ),
)


def routes(handlers: Mapping[str, Handler], access: Access) -> list[web.AbstractRouteDef]:
    """Return the routes of all operations, each behind the door; `handlers` are by the operation's name."""
    return [
        web.route(
            operation.method,
            ROOT + (operation.pattern or operation.path),
            guarded(operation, handlers[operation.name], access),
            **_options(operation),
        )
        for operation in OPERATIONS
    ]


def guarded(operation: Operation, handler: Handler, access: Access) -> Handler:
    """Return the handler that lets in who may, and says failures in the API's shape."""

    async def handle(request: web.Request) -> web.StreamResponse:
        refused = access.refusal(request, operation.scope)
        if refused is not None:
            headers = {"WWW-Authenticate": "Bearer"} if refused.status == web.HTTPUnauthorized.status_code else None
            return failure(refused.status, refused.code, refused.message, headers)
        try:
            if operation.query is NoQuestion:
                read_query(request, NoQuestion)
            return await handler(request)
        except MalformedInputError as err:
            return failure(400, "invalid_request", str(err))
        except TemporaryError as err:
            return failure(503, "unavailable", f"try again soon: {err}", {hdrs.RETRY_AFTER: _RETRY_SECONDS})

    return handle


def _options(operation: Operation) -> Mapping[str, bool]:
    # HEAD of a stream would never end.
    return {"allow_head": not operation.path.startswith("/events")} if operation.method == hdrs.METH_GET else {}
