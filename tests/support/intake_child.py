"""A process to be killed: accepts inputs while the bus is away, and prints each one it has said yes to."""

import asyncio
import sys
from typing import cast

from support.intakes import normalize
from support.messages import an_arrival
from threadline_contracts.errors import TemporaryError
from threadline_contracts.outcome import Accepted
from threadline_shared import log
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.intake import Intake, open_intake


class AwayBus:
    async def publish(self, _: Outgoing) -> None:
        raise TemporaryError("the bus is away")


async def customer(intake: Intake, name: str) -> None:
    for n in range(100_000):
        raw = f"{name} {n}"
        outcome = await intake.accept(raw.encode(), an_arrival())
        assert isinstance(outcome, Accepted)
        assert outcome.spooled
        print(raw, flush=True)


async def main(folder: str) -> None:
    env = {"THREADLINE_DATA_DIR": folder}
    log.setup(env)  # to stderr: stdout is for the acknowledgements
    async with open_intake(env, cast("Bus", AwayBus()), "email", normalize) as intake, asyncio.TaskGroup() as group:
        for name in "abcd":
            group.create_task(customer(intake, name))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
