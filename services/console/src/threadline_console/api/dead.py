"""Dead letters as JSON: what died of what, the bytes behind it, and replay."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web
from msgspec.structs import asdict

from threadline_console.answers import failure, json_answer, not_found
from threadline_console.api import say
from threadline_console.api.ask import DeadLetterQuestion, path_id, read_body, read_query
from threadline_console.api.shapes import DeadLetterDetail, DeadLetterList, RawInput, Refused, Replayed, ReplayOrder
from threadline_console.dead.box import Letters
from threadline_console.dead.letter import Letter, cause_id
from threadline_console.dead.replay import NotReplayed, Replayer, explain
from threadline_contracts.errors import MalformedInputError
from threadline_shared.blobs import Blobs

_SHOWN_BYTES: Final = 32 * 1024
_GONE: Final = "no dead letter has this id: its message may have arrived meanwhile (GET /api/v1/dead-letters)"


class DeadApi:
    """Lists, shows and replays."""

    def __init__(self, letters: Letters, replayer: Replayer, blobs: Blobs) -> None:
        self._letters = letters
        self._replayer = replayer
        self._blobs = blobs

    async def list(self, request: web.Request) -> web.Response:
        """GET /api/v1/dead-letters."""
        question = read_query(request, DeadLetterQuestion)
        letters = await self._letters.all()
        page, cursor = cut_page(select(letters, question), question.cursor, question.limit)
        items = tuple(say.dead_letter(letter) for letter in page)
        return json_answer(DeadLetterList(items=items, next=cursor, causes=say.causes(letters)))

    async def one(self, request: web.Request) -> web.Response:
        """GET /api/v1/dead-letters/{id}."""
        found = await self._letters.get(path_id(request))
        return json_answer(await self.detail(found[0])) if found else not_found(_GONE)

    async def replay(self, request: web.Request) -> web.Response:
        """POST /api/v1/dead-letters/{id}/replay."""
        outcome = await self._replayer.replay(path_id(request))
        if outcome is None:
            return not_found(_GONE)
        if isinstance(outcome, NotReplayed):
            return failure(409, "not_replayable", outcome.reason)
        return json_answer(say.dead_letter(outcome), 202)

    async def replay_all(self, request: web.Request) -> web.Response:
        """POST /api/v1/dead-letters/replay."""
        order = await read_body(request, ReplayOrder)
        done, refused, remaining = await self._replayer.replay_all(cause=order.cause, limit=order.limit)
        reasons = tuple(Refused(id=letter, reason=reason) for letter, reason in refused.items())
        return json_answer(Replayed(replayed=tuple(done), refused=reasons, remaining=remaining), 202)

    async def detail(self, letter: Letter) -> DeadLetterDetail:
        """Return a letter with its event and its kept input, both as text."""
        return DeadLetterDetail(
            **asdict(say.dead_letter(letter)),
            event=as_text(await self._letters.event(letter.id)),
            input=await self._input(letter) if letter.raw else None,
            replay_explains=explain(letter),
        )

    async def _input(self, letter: Letter) -> RawInput | None:
        try:
            size = await self._blobs.size(letter.raw)
            chunks = [chunk async for chunk in self._blobs.stream(letter.raw, 0, min(size, _SHOWN_BYTES))]
        except MalformedInputError:
            return None
        href = say.blob_href(letter.raw, f"{letter.id}.txt")
        text = as_text(b"".join(chunks))
        return RawInput(blob=letter.raw, href=href, size=size, text=text, cut=size > _SHOWN_BYTES)


def select(letters: Sequence[Letter], question: DeadLetterQuestion) -> Sequence[Letter]:
    """Return the letters that a question asks for."""
    return [
        letter
        for letter in letters
        if question.state in {"", letter.state} and question.cause in {"", cause_id(letter)}
    ]


def cut_page(letters: Sequence[Letter], cursor: str, limit: int) -> tuple[Sequence[Letter], str | None]:
    """Return one page and the cursor of the next: the place of its last letter, so that new ones move nothing."""
    behind = [letter for letter in letters if not cursor or _place(letter) < cursor]
    page = behind[:limit]
    return page, _place(page[-1]) if len(behind) > limit else None


def as_text(raw: bytes) -> str:
    """Return bytes as text that shows every byte that is none."""
    return raw.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def _place(letter: Letter) -> str:
    return f"{letter.last_at.timestamp():020.6f}.{letter.id}"
