"""The pages of questions: each works by itself, and a script shows its form as a dialog of the page it belongs to."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from aiohttp import hdrs, web
from msgspec.structs import replace

from threadline_console.api.ask import path_id, read_form
from threadline_console.asking.orders import Faults
from threadline_console.pages.acting import Acting
from threadline_console.pages.asks import Question, Typed, ask_merge, ask_split, ask_unmerge, is_confirmed
from threadline_console.pages.choosing import Choosing
from threadline_console.pages.door import Door, Handler
from threadline_console.pages.happenings import place_of
from threadline_console.pages.house import Renderer, Trouble
from threadline_console.pages.tickets import message_of
from threadline_contracts.ids import show_reference
from threadline_contracts.ticket import TicketHeader
from threadline_shared.text import clean, cut
from threadline_threads.reading import Conversation, Reader

Found = Question | Trouble
Asker = Callable[[web.Request], Awaitable[Found]]
_EXCERPT: Final = 80
_LONGEST: Final = 200
_NO_TICKET: Final = Trouble(
    title="No such ticket",
    happened="No ticket has this id, and no message this reference.",
    kept="Everything: nothing was changed.",
    todo="Go back to the tickets, and look for it in the list.",
)
_NOT_MERGED: Final = Trouble(
    title="This is not merged",
    happened="The ticket speaks for itself, so there is no merge to undo. Somebody may have undone it already.",
    kept="Everything: nothing was changed.",
    todo="Go back to the ticket: its timeline says what happened to it.",
)


class QuestionPages:
    """Asks, and passes the answer on as a command."""

    def __init__(self, reader: Reader, renderer: Renderer, door: Door, acting: Acting) -> None:
        self._reader = reader
        self._renderer = renderer
        self._door = door
        self._acting = acting
        self._choosing = Choosing(reader)

    def asking(self, question: Asker) -> Handler:
        """Return the handler of a question's page: GET asks, POST answers."""

        async def handle(request: web.Request) -> web.StreamResponse:
            found = await question(request)
            if isinstance(found, Trouble):
                return self._renderer.trouble(await self._door.house(""), found, code=404, again="/tickets")
            if request.method != hdrs.METH_POST:
                return await self._show(found, _typed(found, request.query))
            return await self._answer(request, found)

        return handle

    async def merge(self, request: web.Request) -> Found:
        """Return the question which ticket a conversation should be merged with."""
        found = await self._reader.conversation(path_id(request))
        if found is None:
            return _NO_TICKET
        q = await looked_for(request)
        choices, hint = await self._choosing.tickets(found, q, _now())
        return ask_merge(place_of(found.ticket), q, choices, hint)

    async def unmerge(self, request: web.Request) -> Found:
        """Return the question whether a merge should be undone; the path names the child."""
        key = path_id(request)
        found = await self._reader.conversation(key)
        child = _member(found, key) if found else None
        if found is None or child is None:
            return _NO_TICKET
        if not any(link.child == child.id for link in found.links):
            return _NOT_MERGED
        return ask_unmerge(place_of(child), place_of(found.ticket), child.message_count)

    async def split(self, request: web.Request) -> Found:
        """Return the question whether a message should be a ticket of its own."""
        found = await self._reader.conversation(path_id(request))
        placed = message_of(found, clean(request.match_info["message"])) if found else None
        if found is None or placed is None:
            return _NO_TICKET
        said = cut(" ".join(placed.message.text.split()) or "no text", _EXCERPT)
        here = place_of(found.ticket)
        page = f"/tickets/{here.reference}/messages/{placed.message.reference}"
        return ask_split(here, show_reference(placed.message.reference), said, page)

    async def _answer(self, request: web.Request, question: Question) -> web.Response:
        form = await read_form(request)
        typed = _typed(question, form)
        if problem := _problem(question, typed):
            return await self._show(question, replace(typed, problem=problem))
        done = await self._acting.carry_out(request, _order(question, typed, form), question.after or question.back)
        if isinstance(done, Faults):
            return await self._show(question, replace(typed, problem="; ".join(done.fields.values())))
        return done

    async def _show(self, question: Question, typed: Typed) -> web.Response:
        return self._renderer.page(
            "ask.html",
            await self._door.house(""),
            code=422 if typed.problem else 200,
            ask=question,
            typed=typed,
            id=str(uuid4()),
        )


def _typed(question: Question, form: Mapping[str, str]) -> Typed:
    """Return what somebody typed until now; what they look for next forgets nothing of it."""
    return Typed(
        because=clean(form.get("because", "")),
        confirm=clean(form.get("confirm", "")),
        chosen=clean(form.get(question.chooser.name, "")) if question.chooser else "",
        speaks="here" if form.get("speaks") == "here" else "there",
    )


def _problem(question: Question, typed: Typed) -> str:
    if question.chooser and not typed.chosen:
        return "Choose one first."
    if question.confirm and not is_confirmed(question, typed.confirm):
        return f"Type “{question.confirm}” to confirm. Nothing was erased."
    return ""


def _order(question: Question, typed: Typed, form: Mapping[str, str]) -> Mapping[str, str]:
    """Return the fields of the command; a merge the other way round swaps the two."""
    fields = {**question.fields, "type": question.type.value, "id": form.get("id", ""), "because": typed.because}
    if question.chooser:
        fields[question.chooser.name] = typed.chosen
    if question.chooser and question.chooser.both_ways and typed.speaks == "here":
        fields["ticket"], fields["into"] = fields["into"], fields["ticket"]
    return fields


def _member(found: Conversation, key: str) -> TicketHeader | None:
    """Return the ticket of a conversation that a key names: by its id or reference, or a message's in it."""
    plain = key.replace("-", "").upper()
    members = (found.ticket, *found.merged)
    homes = {placed.message.reference: placed.ticket for placed in found.messages}
    named = (one for one in members if plain in {one.id.hex.upper(), one.reference})
    return next(named, None) or next((one for one in members if one.id == homes.get(plain)), None)


async def looked_for(request: web.Request) -> str:
    """Return the words that somebody looks for, whether they find (GET) or answer too early (POST)."""
    given = await read_form(request) if request.method == hdrs.METH_POST else request.query
    return clean(given.get("q", ""))[:_LONGEST].strip()


def _now() -> datetime:
    return datetime.now(UTC)
