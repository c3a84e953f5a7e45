"""The queue of dead letters into the console's own state: a letter is acknowledged after it is stored."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from threadline_console.dead.box import Letters
from threadline_console.dead.letter import Found, read_letter
from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import DEAD_LETTERS
from threadline_shared.backoff import delays
from threadline_shared.bus import Bus, Delivery, Subscription
from threadline_shared.health import Component
from threadline_shared.log import logger

_BATCH: Final = 50
_log: Final = logger()


async def take_letters(bus: Bus, letters: Letters, component: Component) -> None:
    """Take dead letters for ever. Trouble of the bus or the database leaves them in their queue, and is retried."""
    pauses = delays()
    while True:
        try:
            async with bus.subscribe(DEAD_LETTERS.name, prefetch=_BATCH) as subscription:
                while True:
                    await _take_some(subscription, letters, component)
                    pauses = delays()
        except TemporaryError as err:
            component.trouble(str(err))
            await asyncio.sleep(next(pauses))


async def _take_some(subscription: Subscription, letters: Letters, component: Component) -> None:
    deliveries = await subscription.take(_BATCH)
    kept = [delivery for delivery in deliveries if await _keep(delivery, letters)]
    await subscription.ack(kept)
    component.ok()
    component.count("accepted", len(kept))
    component.count("failed", len(deliveries) - len(kept))


async def _keep(delivery: Delivery, letters: Letters) -> bool:
    try:
        await letters.take(read_letter(_found(delivery), datetime.now(UTC)), delivery.body)
    except TemporaryError:
        raise
    except Exception as err:  # noqa: BLE001 - a letter that we fail at must not stop the others; its queue keeps it
        _log.exception("letter.failed", key=delivery.key)
        await delivery.retry(f"{type(err).__name__}: {err}")
        return False
    return True


def _found(delivery: Delivery) -> Found:
    return Found(
        body=delivery.body,
        exchange=delivery.exchange,
        key=delivery.key,
        event_id=delivery.event_id,
        headers=delivery.headers,
    )
