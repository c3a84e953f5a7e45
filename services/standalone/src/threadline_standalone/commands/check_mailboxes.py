"""The part of `threadline check` that tries the mailboxes that are fetched by IMAP, and says how far each is read."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from msgspec import Struct

from threadline_contracts.errors import TemporaryError
from threadline_email.imap.figures import read_figures
from threadline_email.imap.trying import try_mailbox
from threadline_email.mailboxes import Mailbox
from threadline_email.settings import read_settings
from threadline_shared.settings import DataSettings, load
from threadline_shared.state import State, StateSettings, open_state
from threadline_shared.state.sqlite import open_sqlite_state
from threadline_standalone.datadir import owned
from threadline_standalone.exits import CommandError
from threadline_standalone.findings import Finding
from threadline_standalone.remote import gateway, read

_NAME: Final = "mailbox"
_STATE: Final = "email"
_AT_ONCE: Final = 8


class _Part(Struct, frozen=True):
    name: str
    state: str
    reason: str = ""
    details: tuple[str, ...] = ()


class _Health(Struct, frozen=True):
    components: tuple[_Part, ...] = ()


async def check_mailboxes(env: Mapping[str, str], holder: int | None) -> Sequence[Finding]:
    """Return what was found, by mailbox; `holder` is the process that has the data directory."""
    boxes = [box for box in read_settings(env).mailboxes if box.imap is not None]
    if not boxes:
        return ()
    async with _service_state(env, holder, boxes) as state:
        turns = asyncio.Semaphore(_AT_ONCE)
        told = {} if state else await asyncio.to_thread(_told, env)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_check(box, env, state, told, turns)) for box in boxes]
    return [finding for task in tasks for finding in task.result()]


async def _check(
    box: Mailbox, env: Mapping[str, str], state: State | None, told: Mapping[str, _Part], turns: asyncio.Semaphore
) -> Sequence[Finding]:
    async with turns:
        if state is not None:
            return [*await _tried(box, env, state), *await _figures(box, state)]
        part = told.get(f"email/{box.name}")
        if not _keeps_token(box):
            async with _nowhere() as nowhere:
                found = [*await _tried(box, env, nowhere), *_troubles(box, told), *_details(box, part)]
                return list(dict.fromkeys(found))  # we and the gateway may say the same
        return [_seen(box, part), *_troubles(box, told), *_details(box, part)]


async def _tried(box: Mailbox, env: Mapping[str, str], state: State) -> Sequence[Finding]:
    return [Finding(_NAME, "ok" if one.ok else "wrong", one.says) for one in await try_mailbox(box, env, state)]


async def _figures(box: Mailbox, state: State) -> Sequence[Finding]:
    try:
        figures = await read_figures(state, box)
    except TemporaryError as err:
        return [Finding(_NAME, "note", f"{box.address}: how far it is read is not known: {err}")]
    return [Finding(_NAME, "note" if one.failed else "ok", f"{box.address}: {one.line}") for one in figures]


def _details(box: Mailbox, part: _Part | None) -> Iterator[Finding]:
    for line in part.details if part else ():
        yield Finding(_NAME, "ok", f"{box.address}: {line}")


def _troubles(box: Mailbox, told: Mapping[str, _Part]) -> Iterator[Finding]:
    """Yield what the running gateway says about the mailbox's folders and its next login, where that is wrong."""
    for name, part in told.items():
        if name.startswith(f"email/{box.name}/") and part.state == "trouble":
            yield Finding(_NAME, "wrong", f"{box.address}: {part.reason}")


def _seen(box: Mailbox, part: _Part | None) -> Finding:
    """Return what the running gateway says: its refresh token may be good for one use, and that is not ours."""
    if part is None:
        return Finding(_NAME, "note", f"{box.address}: the running gateway does not say how it is: see its log")
    if part.state == "trouble":
        return Finding(_NAME, "wrong", f"{box.address}: {part.reason}")
    return Finding(_NAME, "ok", f"{box.address}: the running gateway is logged in")


def _told(env: Mapping[str, str]) -> Mapping[str, _Part]:
    """Return what a running gateway says about its parts, if it answers."""
    try:
        health = read(gateway(env).get("/api/v1/health"), _Health)
    except CommandError:
        return {}
    return {part.name: part for part in health.components}


def _keeps_token(box: Mailbox) -> bool:
    return bool(box.imap and box.imap.oauth and box.imap.oauth.grant == "refresh_token")


@asynccontextmanager
async def _service_state(
    env: Mapping[str, str], holder: int | None, boxes: Sequence[Mailbox]
) -> AsyncIterator[State | None]:
    """Open the state of the e-mail service, where that may be done; else None: a running gateway has it open."""
    folder = load(DataSettings, env).data_dir
    async with AsyncExitStack() as stack:
        if not load(StateSettings, env).database_url:
            if holder is not None:
                yield None
                return
            if not (folder / "state" / f"{_STATE}.sqlite3").exists() and not any(map(_keeps_token, boxes)):
                yield await stack.enter_async_context(_nowhere())
                return
            stack.enter_context(owned(folder))  # so that no gateway starts meanwhile
        yield await stack.enter_async_context(open_state(env, _STATE))


@asynccontextmanager
async def _nowhere() -> AsyncIterator[State]:
    """Return a state that is forgotten afterwards: what is tried with it keeps nothing."""
    with TemporaryDirectory() as folder:
        async with open_sqlite_state(Path(folder) / "state.sqlite3") as state:
            yield state
