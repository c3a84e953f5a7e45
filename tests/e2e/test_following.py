"""`threadline tail` and `threadline dead` against processes that come and go."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.fleet import Fleet
from support.gateway import Gateway, until
from threadline_contracts.topology import Exchange
from threadline_shared.bus import Outgoing
from threadline_shared.bus.opening import open_bus


def subject_of(line: str) -> str:
    return str(json.loads(line)["data"]["ticket"]["subject"])


def test_tail_goes_on_where_a_killed_gateway_stopped(gateway: Gateway) -> None:
    with gateway.following("tail", "--all", "--json") as lines:
        gateway.command("send", "mail", "--subject", "Before")
        assert subject_of(next(lines)) == "Before"
        gateway.kill()
        gateway.start()
        gateway.command("send", "mail", "--subject", "After")
        assert subject_of(next(lines)) == "After"


@pytest.fixture
def fleet(tmp_path: Path, amqp_url: str, database_url: str) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path, amqp_url, database_url, replicas={"email": 0, "form": 0})
    yield fleet
    fleet.end()


@pytest.mark.rabbit
@pytest.mark.postgres
async def test_what_no_worker_understands_is_listed_shown_and_replayed(fleet: Fleet, tmp_path: Path) -> None:
    fleet.start()
    nonsense = Outgoing(exchange=Exchange.MESSAGES, key="message.received.v1.email", body=b"no event", event_id="e1")
    async with open_bus(fleet.env) as bus:
        await bus.publish(nonsense)
    operator = Gateway(tmp_path / "operator", {"THREADLINE_URL": fleet.api.url})
    until(lambda: fleet.api.get("/dead-letters")["items"] != [])
    (letter,) = operator.command("dead", "list", "--json").json["items"]
    assert "not a CloudEvent" in operator.command("dead", "list").out
    assert "no event" in operator.command("dead", "show", letter["id"]).out
    assert operator.command("dead", "replay", letter["id"], "--json").json["replayed"] == [letter["id"]]
    until(lambda: fleet.api.get(f"/dead-letters/{letter['id']}")["times"] == 2)
