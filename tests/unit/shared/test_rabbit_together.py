"""Publications of many callers at one moment: one write, and to each what became of its own."""

import asyncio
from collections.abc import Sequence

import pytest

from threadline_contracts.errors import TemporaryError
from threadline_shared.bus.rabbit_publisher import Publication
from threadline_shared.bus.rabbit_together import Together
from threadline_shared.bus.rabbit_wire import Properties


class Broker:
    """Notes the keys of each write; a key `lost` is not confirmed, one `wrong` cannot be written at all."""

    def __init__(self) -> None:
        self.writes: list[list[str]] = []
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def publish(self, batch: Sequence[Publication]) -> Sequence[TemporaryError | None]:
        self.writes.append([one.key for one in batch])
        await self.go_on.wait()
        if any(one.key == "wrong" for one in batch):
            raise ValueError("wrong")
        return [TemporaryError("lost") if one.key == "lost" else None for one in batch]


def a_publication(key: str) -> Publication:
    return Publication("exchange", key, b"{}", Properties())


async def test_what_comes_in_one_turn_of_the_loop_is_one_write() -> None:
    broker = Broker()
    together = Together(broker.publish)
    results = await asyncio.gather(*(together.add(a_publication(key)) for key in ("a", "lost", "c")))
    assert broker.writes == [["a", "lost", "c"]]
    assert [str(result or "") for result in results] == ["", "lost", ""]


async def test_what_comes_while_one_is_under_way_does_not_wait_for_it() -> None:
    broker = Broker()
    together = Together(broker.publish)
    broker.go_on.clear()
    first, second = (asyncio.create_task(together.add(a_publication(key))) for key in "ab")
    await asyncio.sleep(0.01)
    third = asyncio.create_task(together.add(a_publication("c")))
    await asyncio.sleep(0.01)
    assert broker.writes == [["a", "b"], ["c"]]
    broker.go_on.set()
    await together.close()
    assert [await first, await second, await third] == [None, None, None]


async def test_one_that_cannot_be_published_spoils_no_other() -> None:
    together = Together(Broker().publish)
    good, bad = asyncio.create_task(together.add(a_publication("a"))), together.add(a_publication("wrong"))
    with pytest.raises(ValueError, match="wrong"):
        await bad
    assert await good is None


async def test_a_caller_that_leaves_takes_nobody_with_it() -> None:
    broker = Broker()
    together = Together(broker.publish)
    broker.go_on.clear()
    leaving, staying = (asyncio.create_task(together.add(a_publication(key))) for key in "ab")
    await asyncio.sleep(0.01)
    leaving.cancel()
    broker.go_on.set()
    assert await staying is None
