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

_BATCH: Final = 50


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
    for delivery in deliveries:
        await letters.take(read_letter(_found(delivery), datetime.now(UTC)), delivery.body)
    await subscription.ack(deliveries)
    component.ok()
    component.count("accepted", len(deliveries))


def _found(delivery: Delivery) -> Found:
    return Found(
        body=delivery.body,
        exchange=delivery.exchange,
        key=delivery.key,
        event_id=delivery.event_id,
        headers=delivery.headers,
    )
