"""How inputs ended, told to whoever watches: metrics, health, and one log line an input."""

from typing import Final

from threadline_contracts.arrival import Arrival
from threadline_contracts.errors import TemporaryError
from threadline_contracts.outcome import Accepted, Buried, Outcome, Skipped
from threadline_shared import metrics
from threadline_shared.health import Component, component
from threadline_shared.health import Outcome as Ended
from threadline_shared.log import logger

_log: Final = logger()


def tell(outcome: Outcome, arrival: Arrival, took: float) -> None:
    """Tell of an input that was taken, `took` seconds after its last byte."""
    channel, account = arrival.channel, arrival.account
    kind: Ended
    took_ms = round(took * 1000, 1)
    match outcome:
        case Accepted(id=message, spooled=spooled):
            kind = "accepted"
            _log.info(
                "message.taken", channel=channel, account=account, id=str(message), took_ms=took_ms, spooled=spooled
            )
        case Skipped(reason=reason):
            kind = "skipped"
            _log.info("input.skipped", channel=channel, account=account, reason=reason, took_ms=took_ms)
        case Buried(reason=reason, raw=raw, spooled=spooled):
            kind = "buried"
            cause = reason.partition(":")[0]  # what follows may quote the input
            _log.warning("input.buried", channel=channel, account=account, cause=cause, raw=raw, spooled=spooled)
    metrics.inputs(channel, account, kind).inc()
    metrics.yes_seconds(channel).observe(took)
    health = _door(arrival)
    health.count(kind)
    health.ok()


def tell_refusal(arrival: Arrival, err: TemporaryError) -> None:
    """Tell of an input that its source must keep for now."""
    metrics.inputs(arrival.channel, arrival.account, "failed").inc()
    health = _door(arrival)
    health.count("failed")
    health.trouble(str(err))


def _door(arrival: Arrival) -> Component:
    return component(f"{arrival.channel}/{arrival.account}", kind=arrival.channel)
