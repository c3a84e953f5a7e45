"""The ticket pages: the list, a conversation beside it, one message whole, and its HTML in a frame."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec
from aiohttp import web
from msgspec.structs import replace

from threadline_console.answers import page_answer
from threadline_console.api.ask import TicketQuestion, path_id
from threadline_console.api.blobs import image_type
from threadline_console.api.tickets import hops, query_of
from threadline_console.pages.conversation import Pane, conversation
from threadline_console.pages.door import Door
from threadline_console.pages.happenings import elsewhere
from threadline_console.pages.house import House, Renderer, Trouble
from threadline_console.pages.mailhtml import FRAME_POLICY, FRAME_POLICY_IMAGES, data_url, frame_document
from threadline_console.pages.message import shown, steps
from threadline_console.pages.people import Person, beside
from threadline_console.pages.view import Filters, asks_for, read_filters, ticket_href, ticket_list
from threadline_console.pages.words import STATUS_WORDS, STATUSES, channel_word, channels
from threadline_console.settings import ConsoleSettings
from threadline_contracts.errors import MalformedInputError, TemporaryError
from threadline_contracts.ids import show_reference
from threadline_contracts.message import BodyRef, InboundMessage
from threadline_shared.blobs import Blobs
from threadline_shared.text import clean
from threadline_threads.reading import Conversation, PlacedMessage, Reader

_BODY_MAX: Final = 8 * 1024 * 1024
_IMAGE_MAX: Final = 512 * 1024
_IMAGES_MAX: Final = 20
_DESKS_REMEMBERED: Final = 100
_DIGITS: Final = 9
_ALONE: Final = 50  # rows of the list
_BESIDE: Final = 25  # beside a conversation
_UNKNOWN: Final = Trouble(
    title="No such ticket",
    happened="No ticket has this id, and no message this reference.",
    kept="Everything: a ticket is never deleted by itself, and its reference finds it after a merge, too.",
    todo="Search the list for the subject, the address or the reference; or trace the message in the API.",
)


class TicketPages:
    """Renders tickets; changes nothing."""

    def __init__(
        self,
        settings: ConsoleSettings,
        reader: Reader,
        blobs: Blobs,
        renderer: Renderer,
        door: Door,
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._blobs = blobs
        self._renderer = renderer
        self._door = door
        self._desks: set[str] = set()

    async def list(self, request: web.Request) -> web.Response:
        """GET /tickets."""
        return await self._page(request, None)

    async def one(self, request: web.Request) -> web.Response:
        """GET /tickets/{id}."""
        found = await self._reader.conversation(path_id(request))
        if found is None:
            return self._renderer.trouble(await self._house(), _UNKNOWN, code=404, again=request.path_qs)
        return await self._page(request, found)

    async def message(self, request: web.Request) -> web.Response:
        """GET /tickets/{id}/messages/{message}: the whole text."""
        found, placed = await self._placed(request)
        if found is None or placed is None:
            return self._renderer.trouble(await self._house(), _UNKNOWN, code=404, again=request.path_qs)
        said = placed.message
        text = await self._body(said.full_text_ref, said.full_text) or await self._body(said.text_ref, said.text)
        message = shown(placed, found.ticket, {}, _now())
        traces = await self._reader.trace(str(said.id))
        return self._renderer.page(
            "message.html",
            await self._house(),
            way=steps(hops(traces[0]), _now()) if traces else (),
            message=message,
            pane_subject=said.subject.strip() or found.ticket.subject,
            ticket_href=ticket_href(show_reference(found.ticket.reference), Filters()),
            text=text,
            words=f"{len(text.split()):,}",
        )

    async def html(self, request: web.Request) -> web.Response:
        """GET /tickets/{id}/messages/{message}/html: what the sandboxed frame shows; `?images=remote` loads images."""
        _, placed = await self._placed(request)
        if placed is None:
            raise web.HTTPNotFound
        html = await self._body(placed.message.html_ref, placed.message.html)
        remote = request.query.get("images") == "remote"
        document = frame_document(html, await self._images(placed.message), remote=remote)
        policy = FRAME_POLICY_IMAGES if remote else FRAME_POLICY
        return page_answer(document, headers={"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"})

    async def _page(self, request: web.Request, found: Conversation | None) -> web.Response:
        filters, now = read_filters(request.query), _now()
        page = await self._reader.tickets(replace(query_of(_question(filters)), limit=_BESIDE if found else _ALONE))
        self._remember_desks(filters, *(row.ticket.desk for row in page.items))
        selected = str(found.ticket.id) if found else ""
        settings = self._settings
        return self._renderer.page(
            "tickets.html",
            await self._door.house("tickets", live=True, request=request),
            list=ticket_list(page.items, filters, page.next, selected, now),
            pane=await self._pane(found, filters, _start(request), now) if found else None,
            person=await self._person(found, now) if found else None,
            channels=[(channel, channel_word(channel).word) for channel in channels()],
            statuses=STATUSES,
            status_words=STATUS_WORDS.items(),
            desks=sorted(self._desks) if len(self._desks) > 1 else [],
            try_command=f"swaks --to {settings.try_mailbox} --server {settings.try_server}",
        )

    async def _pane(self, found: Conversation, filters: Filters, start: int | None, now: datetime) -> Pane:
        others = await self._reader.headers(sorted(elsewhere(found)))
        return conversation(found, filters, now, start=start, others={header.id: header for header in others})

    async def _person(self, found: Conversation, now: datetime) -> Person | None:
        for identity in found.ticket.contact.identities:
            contact = await self._reader.contact_of(found.ticket.desk, identity.kind, identity.value)
            view = await self._reader.contact(contact) if contact else None
            if view:
                return beside(view, [found.ticket.id], now)
        return None

    async def _house(self) -> House:
        return await self._door.house("tickets")

    async def _placed(self, request: web.Request) -> tuple[Conversation | None, PlacedMessage | None]:
        found = await self._reader.conversation(path_id(request))
        return found, message_of(found, clean(request.match_info["message"])) if found else None

    async def _body(self, kept: BodyRef | None, beginning: str) -> str:
        if kept is None:
            return beginning
        try:
            return (await self._blobs.read(kept.blob, limit=_BODY_MAX)).decode(errors="replace")
        except (MalformedInputError, TemporaryError):
            return beginning  # what the message itself holds is better than nothing

    async def _images(self, said: InboundMessage) -> Mapping[str, str]:
        found = {}
        small = (one for one in said.attachments if one.content_id and one.size <= _IMAGE_MAX)
        for attachment in [*small][:_IMAGES_MAX]:
            try:
                content = await self._blobs.read(attachment.blob, limit=_IMAGE_MAX)
            except (MalformedInputError, TemporaryError):
                continue
            if media_type := image_type(content):
                found[attachment.content_id] = data_url(media_type, content)
        return found

    def _remember_desks(self, filters: Filters, *desks: str) -> None:
        if len(self._desks) < _DESKS_REMEMBERED:
            self._desks.update(desk for desk in (filters.desk, *desks) if desk)


def message_of(found: Conversation, key: str) -> PlacedMessage | None:
    """Return the message of a conversation with this id or reference."""
    return next(
        (placed for placed in found.messages if key in {str(placed.message.id), placed.message.reference}), None
    )


def _question(filters: Filters) -> TicketQuestion:
    try:
        return msgspec.convert(asks_for(filters), TicketQuestion, strict=False)
    except msgspec.ValidationError as err:
        raise MalformedInputError(str(err)) from err


def _start(request: web.Request) -> int | None:
    given = request.query.get("from", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < _DIGITS else None


def _now() -> datetime:
    return datetime.now(UTC)
