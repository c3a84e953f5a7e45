"""A batch of message events into tickets. Refuses nothing that can be read; what cannot be is buried by the worker."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import Final

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from threadline_contracts.codec import Event, decode_data, encode_data
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.message import MessageReceived, Problem
from threadline_shared.log import logger
from threadline_threads.erasing.late import NOBODY_ERASED, Lately
from threadline_threads.incoming import Incoming, incoming
from threadline_threads.metrics import FORGED_TOKENS, placed
from threadline_threads.store.protocol import Outcome, Store
from threadline_threads.terms import Terms

_FORGED: Final = Problem(code="forged_token", detail="carries a reply token under a key of ours with a wrong signature")
_log: Final = logger()


class _Content(Struct):
    message: Raw


_content: Final = msgspec.json.Decoder(_Content)


class Handler:
    """Places messages; `committed` is called when there is something new to announce, `lately` knows who was erased."""

    def __init__(
        self, store: Store, terms: Terms, committed: Callable[[], None], lately: Lately = NOBODY_ERASED
    ) -> None:
        self._store = store
        self._terms = terms
        self._committed = committed
        self._lately = lately

    async def handle(self, events: Sequence[Event]) -> None:
        """Place the messages of a batch. Raises MalformedInputError or TemporaryError; then none counts as placed."""
        began = perf_counter()
        batch = [self._read(event) for event in events]
        await self._lately.loosen()
        outcome = await self._store.place(batch, datetime.now(UTC))
        if outcome.events:
            self._committed()
        placed("placed").inc(len(outcome.placed))
        placed("repeated").inc(outcome.repeats)
        _tell(outcome, took_ms=round((perf_counter() - began) * 1000, 1))

    def _read(self, event: Event) -> Incoming:
        message = decode_data(event, MessageReceived).message
        # As published: fields that a newer channel added travel on to consumers who know them.
        one = incoming(*self._lately.receive(message, bytes(_content.decode(event.data).message)), self._terms)
        if b"\\u0000" in one.content:
            _refuse_nul(one)
        return self._with_problem(one) if one.forged else one

    def _with_problem(self, one: Incoming) -> Incoming:
        FORGED_TOKENS.inc()
        _log.warning("token.forged", id=str(one.message.id), channel=one.message.channel, account=one.message.account)
        message = replace(one.message, problems=(*one.message.problems, _FORGED))
        return replace(one, message=message, content=encode_data(message))


def _tell(outcome: Outcome, *, took_ms: float) -> None:
    for one in outcome.placed:
        message, rule = one.incoming.message, one.placement.rule
        _log.info("message.placed", id=str(message.id), channel=message.channel, ticket=str(one.ticket), rule=rule)
    _log.debug("batch.placed", placed=len(outcome.placed), repeats=outcome.repeats, took_ms=took_ms)


def _refuse_nul(one: Incoming) -> None:
    """Raise MalformedInputError for NUL in what becomes text in the database; elsewhere it is only JSON."""
    message = one.message
    names = (*one.names, *one.speaks_as, one.by, *(cited.external_id for cited in one.cites))
    if any("\0" in text for text in (message.account, message.external_id, message.subject, message.reference, *names)):
        raise MalformedInputError("a NUL character in an id, address or subject")
