"""The pages of dead letters: grouped by what they died of, shown safely, replayed one or all."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from aiohttp import hdrs, web
from msgspec import Struct

from threadline_console.api.ask import path_id, read_form
from threadline_console.api.dead import DeadApi, cut_page
from threadline_console.api.say import causes
from threadline_console.api.shapes import Cause, DeadLetterDetail
from threadline_console.dead.box import Letters
from threadline_console.dead.letter import Letter, LetterState, cause_id
from threadline_console.dead.replay import NotReplayed, Replayer
from threadline_console.pages.door import Door
from threadline_console.pages.house import Renderer, Trouble
from threadline_console.pages.times import When, when
from threadline_console.pages.words import channel_word
from threadline_shared.text import clean

_LIST: Final = "/dead-letters"
_SHOWN_OF_EACH: Final = 5
_SHOWN_OF_ONE: Final = 100
_REPLAYED_AT_ONCE: Final = 1000
_CAUSES_SHOWN: Final = 30
_GONE: Final = Trouble(
    title="No such dead letter",
    happened="There is no dead letter of this id (any more).",
    kept="Everything: a letter goes only when its message has arrived in a ticket.",
    todo="Look at the dead letters that there are, or for its ticket in the list.",
)


class Line(Struct, frozen=True, kw_only=True):
    """A letter in a list."""

    id: str
    state: str
    reason: str
    times: str
    last: When


class Group(Struct, frozen=True, kw_only=True):
    """Letters of one cause."""

    id: str
    title: str
    what: str
    count: int
    waiting: int
    oldest: When
    newest: When
    letters: tuple[Line, ...]
    more: str


class DeadPages:
    """Renders dead letters; replays them."""

    def __init__(self, api: DeadApi, letters: Letters, replayer: Replayer, renderer: Renderer, door: Door) -> None:
        self._api = api
        self._letters = letters
        self._replayer = replayer
        self._renderer = renderer
        self._door = door

    async def list(self, request: web.Request) -> web.Response:
        """GET /dead-letters."""
        letters = await self._letters.all()
        wanted, cursor = request.query.get("cause", ""), clean(request.query.get("cursor", ""))
        waiting = sum(letter.state is LetterState.WAITING for letter in letters)
        now = datetime.now(UTC)
        found = [cause for cause in causes(letters) if wanted in {"", cause.id}]
        return self._renderer.page(
            "dead_letters.html",
            await self._door.house("dead"),
            total=len(letters),
            waiting=waiting,
            cause=wanted,
            causes=[_group(cause, letters, cursor, now, alone=bool(wanted)) for cause in found[:_CAUSES_SHOWN]],
            more_causes=max(0, len(found) - _CAUSES_SHOWN),
            notice=_notice(request),
        )

    async def one(self, request: web.Request) -> web.Response:
        """GET /dead-letters/{id}."""
        return await self._show(path_id(request), notice=_notice(request))

    async def replay(self, request: web.Request) -> web.Response:
        """POST /dead-letters/{id}/replay."""
        letter_id = path_id(request)
        outcome = await self._replayer.replay(letter_id)
        if isinstance(outcome, NotReplayed):
            return await self._show(letter_id, problem=f"Not replayed: {outcome.reason}. It is kept as it was.")
        if outcome is None:
            return await self._show(letter_id)
        return _see(f"{_LIST}/{letter_id}", replayed="1")

    async def replay_all(self, request: web.Request) -> web.Response:
        """POST /dead-letters/replay: those of one cause, or all."""
        cause = clean((await read_form(request)).get("cause", ""))
        done, refused, _ = await self._replayer.replay_all(cause=cause, limit=_REPLAYED_AT_ONCE)
        return _see(_LIST, replayed=str(len(done)), refused=str(len(refused)) if refused else "")

    async def _show(self, letter_id: str, *, notice: str = "", problem: str = "") -> web.Response:
        house = await self._door.house("dead")
        found = await self._letters.get(letter_id)
        if found is None:
            return self._renderer.trouble(house, _GONE, code=404, again=_LIST)
        detail, now = await self._api.detail(found[0]), datetime.now(UTC)
        return self._renderer.page(
            "dead_letter.html",
            house,
            code=409 if problem else 200,
            letter=detail,
            what=_what(detail.event_type, detail.queue, detail.channel),
            times=_times(detail.times),
            last=when(detail.last_at, now),
            replayed=when(detail.replayed_at, now) if detail.replayed_at else None,
            event=_pretty(detail.event),
            facts=_facts(detail),
            notice=notice,
            problem=problem,
        )


def _group(cause: Cause, letters: Sequence[Letter], cursor: str, now: datetime, *, alone: bool) -> Group:
    own = [letter for letter in letters if cause_id(letter) == cause.id]
    page, older = cut_page(own, cursor if alone else "", _SHOWN_OF_ONE if alone else _SHOWN_OF_EACH)
    return Group(
        id=cause.id,
        title=cause.title,
        what=_what(cause.event_type, cause.queue, cause.channel),
        count=cause.count,
        waiting=cause.waiting,
        oldest=when(cause.oldest_at, now),
        newest=when(cause.newest_at, now),
        letters=tuple(_line(letter, now) for letter in page),
        more=f"{_LIST}?{urlencode({'cause': cause.id, 'cursor': older if alone else ''})}" if older else "",
    )


def _line(letter: Letter, now: datetime) -> Line:
    return Line(
        id=letter.id,
        state=letter.state,
        reason=letter.reason,
        times="" if letter.times == 1 else f"{letter.times} times",
        last=when(letter.last_at, now),
    )


def _what(event_type: str, queue: str, channel: str) -> str:
    if not queue and channel:
        return f"{channel_word(channel).word} input that could not be read"
    what = event_type or "unreadable event"
    return f"{what} in queue {queue}" if queue else what


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _facts(letter: DeadLetterDetail) -> Sequence[tuple[str, str]]:
    facts = {
        "Event id": letter.event_id,
        "About": letter.subject,
        "Came from": f"{letter.exchange} {letter.key}",
        "Queue": letter.queue,
        "Attempts": f"{letter.attempts} before it was given up" if letter.attempts else "",
        "First failure": letter.first_at.isoformat(timespec="seconds"),
        "Replays": str(letter.replays) if letter.replays else "",
        "Raw input": letter.raw,
    }
    return [(name, value) for name, value in facts.items() if value.strip()]


def _pretty(event: str) -> str:
    try:
        return json.dumps(json.loads(event), indent=2, ensure_ascii=False)
    except ValueError:
        return event


def _notice(request: web.Request) -> str:
    count = request.query.get("replayed", "")
    if not count.isdecimal():
        return ""
    letters = "This letter was" if "/" in request.path.removeprefix(_LIST) else f"{count} letters were"
    refused = request.query.get("refused", "")
    rest = f" {refused} could not be; they are kept." if refused.isdecimal() else ""
    return f"{letters} replayed. What succeeds leaves this list by itself; what fails again says so here.{rest}"


def _see(path: str, **query: str) -> web.Response:
    shown = urlencode({name: value for name, value in query.items() if value})
    return web.Response(status=303, headers={hdrs.LOCATION: f"{path}?{shown}"})
