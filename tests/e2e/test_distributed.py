"""The same services as separate processes, several of each, on RabbitMQ and PostgreSQL."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.crowd import Crowd
from support.fleet import Fleet
from support.ledger import everything_is_there_once, the_log_tells_the_same
from threadline_contracts.codec import decode, decode_data
from threadline_contracts.ticket import MessagePlaced
from threadline_contracts.topology import Binding, Exchange, Queue
from threadline_shared.bus.opening import open_bus
from threadline_standalone.customer import Letter, compose, deliver
from threadline_standalone.remote import Gateway as Remote

pytestmark = [pytest.mark.rabbit, pytest.mark.postgres]
HELPDESK = Queue(name="helpdesk", bindings=(Binding(Exchange.TICKETS, "ticket.#"),))


@pytest.fixture
def fleet(tmp_path: Path, amqp_url: str, database_url: str) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path, amqp_url, database_url, replicas={"threads": 2, "email": 2})
    yield fleet
    fleet.end()


async def test_a_mail_and_a_form_become_tickets_and_events_on_the_helpdesk_s_own_queue(fleet: Fleet) -> None:
    async with open_bus(fleet.env) as bus, asyncio.timeout(60):
        await bus.declare([HELPDESK])
        await asyncio.to_thread(fleet.start)
        letter = Letter(sender="ana@example.org", recipients=["support@localhost"], subject="By mail", text="Hello")
        said = await asyncio.to_thread(deliver, "127.0.0.1", fleet.pods["email"][1].smtp_port, compose(letter))
        form = Remote(f"http://127.0.0.1:{fleet.pods['form'][0].http_port}")
        await asyncio.to_thread(form.post, "/form/contact", b'{"name": "Ivo", "subject": "By form", "message": "Hi"}')
        subjects: set[str] = set()
        async with bus.subscribe(HELPDESK.name) as mine:
            while len(subjects) < 2:
                for delivery in await mine.take(10):
                    subjects.add(decode_data(decode(delivery.body), MessagePlaced).message.subject)
                    await delivery.ack()
    assert said.code == 250
    assert subjects == {"By mail", "By form"}
    assert {row["subject"] for row in fleet.api.tickets()} == subjects
    assert [pod.stop() for pod in fleet.all()] == [0] * len(fleet.all())


@pytest.mark.timeout(300)
async def test_whichever_process_is_killed_every_accepted_input_is_there_exactly_once(fleet: Fleet) -> None:
    dice = random.Random(815)  # noqa: S311 - a repeatable order
    await asyncio.to_thread(fleet.start)
    doors = fleet.pods["email"]
    crowd = Crowd("127.0.0.1", doors[0].smtp_port, f"http://127.0.0.1:{fleet.pods['form'][0].http_port}")
    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(crowd.write_mails(f"ana{number}", random.Random(number)))  # noqa: S311
        group.create_task(crowd.fill_in_forms("ivo"))
        for pod in dice.sample([pod for pod in fleet.all() if pod is not doors[1]] * 2, k=10):
            await crowd.accepted.wait()
            await asyncio.sleep(dice.uniform(0, 0.3))
            pod.kill()
            await asyncio.to_thread(pod.start)
        crowd.go_home()
    told = await asyncio.to_thread(everything_is_there_once, fleet.api, crowd, at_least=20)
    await the_log_tells_the_same(fleet.env, told)
