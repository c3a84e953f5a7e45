"""Commands off the bus, one by one. What cannot be read is answered as refused, and buried by the worker as well."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from threadline_contracts.codec import Event
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.message import InboundMessage
from threadline_shared.log import logger
from threadline_threads.commands.command import Command, Malformed, read, refusing
from threadline_threads.commands.facts import Reread
from threadline_threads.incoming import Incoming, incoming
from threadline_threads.metrics import commanded
from threadline_threads.store.protocol import Store
from threadline_threads.terms import Terms

_message: Final = msgspec.json.Decoder(InboundMessage)
_log: Final = logger()


class CommandHandler:
    """Has commands carried out; `committed` is called when there is something new to announce."""

    def __init__(self, store: Store, reread: Reread, committed: Callable[[], None]) -> None:
        self._store = store
        self._reread = reread
        self._committed = committed

    async def handle(self, events: Sequence[Event]) -> None:
        """Carry out commands, in order. Raises TemporaryError, or MalformedInputError for the first unreadable one.

        Whatever it raises, those before have been carried out: asked again, they change nothing.
        """
        for event in events:
            command = read(event)
            try:
                await self._carry_out(command)
            except MalformedInputError as err:
                await self._carry_out(refusing(event, str(err)))
                raise
            if isinstance(command.data, Malformed):
                raise MalformedInputError(command.data.because)

    async def _carry_out(self, command: Command) -> None:
        outcome = await self._store.carry_out(command, datetime.now(UTC), self._reread)
        self._committed()
        answer = outcome.answer if outcome else "begun"
        commanded("unreadable" if isinstance(command.data, Malformed) else command.type, answer).inc()
        repeated = outcome is not None and outcome.repeated
        _log.info("command.done", id=command.id, type=command.type, answer=answer, repeated=repeated)


def rereading(terms: Terms) -> Reread:
    """Return how a stored message is read again, on these terms."""

    def reread(content: bytes) -> Incoming:
        return incoming(_message.decode(content), content, terms)

    return reread
