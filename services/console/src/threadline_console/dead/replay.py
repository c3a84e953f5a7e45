"""Replay: the same bytes go where they failed, once more; ids make a second success harmless."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid5

from msgspec import Struct

from threadline_console.dead.box import Letters
from threadline_console.dead.letter import Letter, LetterState, cause_id, is_input, replayed
from threadline_contracts.arrival import InputBuried, ReplayRequested
from threadline_contracts.codec import decode, decode_data, encode, make_event
from threadline_contracts.errors import MalformedInputError, TemporaryError
from threadline_contracts.topology import EventType, Exchange, message_key, replays
from threadline_shared.bus import Bus, Outgoing
from threadline_threads.reading import Reader

_SOURCE: Final = "/threadline/console"
_LETTERS: Final = UUID("5d3f3f7c-2a0b-5d0e-9a55-0d6a2b7f6c31")  # names letters in the ids of our requests


class NotReplayed(Struct, frozen=True):
    """Why a letter stays as it is."""

    reason: str


def explain(letter: Letter) -> str:
    """Return the sentence that says what a replay will do, before it is done."""
    if is_input(letter):
        return (
            f"Replay asks the {letter.channel} service to read the kept input again. Do it after the cause is mended: "
            "then it becomes a message and a ticket as if it had just arrived; else it comes back here."
        )
    where = letter.queue or "every queue that is bound to its key"
    return (
        f"Replay publishes the same event again for {where}. What was already done is not done twice: "
        "the event keeps its id. If it fails again, it comes back here."
    )


class Replayer:
    """Sends dead letters back. Publishing comes first and the mark second: a crash between them repeats a replay."""

    def __init__(self, bus: Bus, letters: Letters, reader: Reader) -> None:
        self._bus = bus
        self._letters = letters
        self._reader = reader

    async def replay(self, letter_id: str) -> Letter | NotReplayed | None:
        """Replay one letter; None when there is none. Raises TemporaryError when the bus cannot take it now."""
        found = await self._letters.get(letter_id)
        if found is None:
            return None
        letter, version = found
        after = await self._reader.last_sequence()
        try:
            outgoing = outgoing_of(letter, await self._letters.event(letter.id), datetime.now(UTC))
        except MalformedInputError as err:
            return NotReplayed(str(err))
        if is_input(letter):
            await self._bus.declare([replays(letter.channel)])  # kept there until the channel's service comes
        await self._bus.publish(outgoing)
        changed = replayed(letter, at=datetime.now(UTC), after=after)
        await self._letters.put_back(changed, version)  # False: it has failed again meanwhile, and says so itself
        return changed

    async def replay_all(self, *, cause: str, limit: int) -> tuple[list[str], dict[str, str], int]:
        """Replay up to `limit` waiting letters of a cause (empty: of all), oldest first.

        Returns the ids replayed, the reasons of those that could not be, by id, and how many still wait.
        """
        waiting = [letter for letter in await self._letters.all() if _is_wanted(letter, cause)]
        done: list[str] = []
        refused: dict[str, str] = {}
        for letter in reversed(waiting[-limit:]):
            try:
                outcome = await self.replay(letter.id)
            except TemporaryError as err:
                refused[letter.id] = str(err)
                break  # the others would fail the same way; they stay
            if isinstance(outcome, NotReplayed):
                refused[letter.id] = outcome.reason
            else:
                done.append(letter.id)
        return done, refused, len(waiting) - len(done)


def outgoing_of(letter: Letter, event: bytes, now: datetime) -> Outgoing:
    """Return what a replay publishes. Raises MalformedInputError when it can go nowhere."""
    if not event:
        raise MalformedInputError("its event is no longer kept")
    if is_input(letter):
        return _request(letter, event, now)
    if letter.exchange not in set(Exchange) - {Exchange.DEAD}:
        raise MalformedInputError(f"nobody knows where it came from (exchange {letter.exchange!r})")
    return Outgoing(exchange=Exchange(letter.exchange), key=letter.key, body=event, event_id=letter.event_id)


def _request(letter: Letter, event: bytes, now: datetime) -> Outgoing:
    buried = decode_data(decode(event), InputBuried)
    request = make_event(
        EventType.INPUT_REPLAY_REQUESTED,
        ReplayRequested(arrival=buried.arrival, raw=buried.raw),
        about=uuid5(_LETTERS, letter.id),
        revision=letter.replays + 1,
        source=_SOURCE,
        time=now,
    )
    return Outgoing(
        exchange=Exchange.COMMANDS,
        key=message_key(EventType.INPUT_REPLAY_REQUESTED, letter.channel),
        body=encode(request),
        event_id=request.id,
    )


def _is_wanted(letter: Letter, cause: str) -> bool:
    return letter.state is LetterState.WAITING and cause in {"", cause_id(letter)}
