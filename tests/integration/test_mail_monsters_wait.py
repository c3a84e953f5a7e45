"""Mails that are hard to read wait for their turn, and nothing else waits for them."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.bus import eventually
from support.intakes import a_home
from support.mail import SUPPORT, a_mail, an_arrival
from threadline_contracts.arrival import Arrival
from threadline_contracts.outcome import Accepted, Skipped
from threadline_contracts.topology import ALWAYS
from threadline_email.mailboxes import Directory
from threadline_email.patience import PatientNormalizer
from threadline_shared.bus.memory import MemoryBus
from threadline_shared.inputs import Normalized

THREADS = 2  # of the loop, which disks and digests need


def monster(number: int) -> bytes:
    body = "<p>It burns.</p>" * 150_000
    return a_mail(body, Content_Type="text/html; charset=utf-8", Message_ID=f"<monster{number}@example.org>")


async def test_a_large_mail_does_not_wait_for_monsters(tmp_path: Path) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
    patient = PatientNormalizer(Directory([SUPPORT]), seconds=1.0)
    begun: list[int] = []

    def read(raw: bytes, arrival: Arrival) -> Normalized | Skipped:
        begun.append(len(raw))
        return patient(raw, arrival)

    async def are_read() -> bool:
        return len(begun) >= THREADS

    bus = MemoryBus()
    await bus.declare(ALWAYS)
    async with a_home({"THREADLINE_DATA_DIR": str(tmp_path)}, bus, read) as home, asyncio.TaskGroup() as group:
        accept = home.intake.accept
        monsters = [group.create_task(accept(monster(number), an_arrival())) for number in range(THREADS + 2)]
        await eventually(are_read)
        assert isinstance(await accept(a_mail("word " * 20_000), an_arrival()), Accepted)
        assert not any(task.done() for task in monsters)
        await asyncio.gather(*monsters)
