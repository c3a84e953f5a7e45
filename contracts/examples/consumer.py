"""The reference consumer of Threadline's bus: it keeps a copy of all tickets in one JSON file, with aio-pika alone.

Events may come twice, late and in any order, and this program may be killed at any moment: the copy is right all the
same (docs/consuming.md says why). Have it started again whenever it ends:

    python consumer.py amqp://user:password@host/vhost copy.json helpdesk [replay]
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import aio_pika

EXCHANGE, LOG = "threadline.tickets", "threadline.tickets.log"
BATCH, LINGER, QUIET = 200, 0.1, 2.0  # events saved together; seconds to wait for more; seconds that end a replay
Json = dict[str, Any]


def apply(copy: Json, event: Json) -> None:
    """Take one event into the copy: in any order, however often each comes, the same events make the same copy."""
    data = event["data"]
    if event["type"].startswith("ticket."):
        for header in filter(None, map(data.get, ("ticket", "root", "other"))):  # the greatest revision holds
            if header["revision"] > copy["tickets"].get(header["id"], {"revision": 0})["revision"]:
                copy["tickets"][header["id"]] = header  # its `root` says to which conversation it belongs now
        if "message" in data:  # of ticket.opened and ticket.message_added
            take(copy, data["message"], data["placement"], data["ticket"])
    if event["type"] == "contact.erased.v1":
        copy["erased"] |= dict.fromkeys(data["messages"], event["time"])
        for row in filter(None, map(copy["messages"].get, data["messages"])):
            forget(row["message"])


def take(copy: Json, message: Json, placement: Json, ticket: Json) -> None:
    """Keep the newest content and the newest home of a message: an event may bring a newer one of only one of them."""
    row = copy["messages"].setdefault(message["id"], {"content": [], "home": []})
    home = [placement["moves"], ticket["revision"]]
    if (content := [message["version"], *home]) > row["content"]:
        row |= {"content": content, "message": message}
        if message["id"] in copy["erased"]:
            forget(message)
    if home > row["home"]:
        row |= {"home": home, "ticket": ticket["id"], "placement": placement}


def forget(message: Json) -> None:
    """Empty what an erased person wrote. If you keep the files of `attachments`, delete them here."""
    message |= {"subject": "", "text": "", "full_text": "", "html": ""}


def save(path: Path, copy: Json) -> None:
    """Put a new file in the place of the old one: whole, durable, and at once."""
    with path.with_suffix(".new").open("w") as file:
        json.dump(copy, file)
        file.flush()
        os.fsync(file.fileno())
    path.with_suffix(".new").replace(path)


async def follow(channel: Any, name: str, path: Path, copy: Json, quiet: float | None, **how: Any) -> None:
    """Take what a queue delivers into the copy, until nothing came for `quiet` seconds (None: for ever)."""
    arrived: asyncio.Queue[Any] = asyncio.Queue()
    await channel.set_qos(prefetch_count=BATCH)  # a stream delivers nothing without it
    await (await channel.get_queue(name, ensure=False)).consume(arrived.put, **how)
    while True:
        try:
            batch = [await asyncio.wait_for(arrived.get(), quiet)]
        except TimeoutError:
            return
        await asyncio.sleep(LINGER)
        batch += [arrived.get_nowait() for _ in range(arrived.qsize())]
        for message in batch:
            apply(copy, json.loads(message.body))
            copy["log"] = max(copy["log"], message.headers.get("x-stream-offset", -1) + 1)
        save(path, copy)
        await batch[-1].ack(multiple=True)  # only now: the file has them


async def main(url: str, path: Path, copy: Json, name: str, *, replay: bool) -> None:
    """Read the log to its end, if asked to; then the queue, for ever."""
    async with await aio_pika.connect_robust(url) as connection, connection.channel() as mine:
        queue = await mine.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})
        for pattern in ("ticket.#", "contact.#"):
            await queue.bind(EXCHANGE, pattern)  # before the log is read, so that nothing falls between the two
        if replay:
            async with connection.channel() as channel:
                await follow(channel, LOG, path, copy, QUIET, arguments={"x-stream-offset": copy["log"]})
        await follow(mine, name, path, copy, None)


if __name__ == "__main__":
    file, empty = Path(sys.argv[2]), {"tickets": {}, "messages": {}, "erased": {}, "log": 0}
    known = json.loads(file.read_text()) if file.exists() else empty
    asyncio.run(main(sys.argv[1], file, known, sys.argv[3], replay="replay" in sys.argv))
