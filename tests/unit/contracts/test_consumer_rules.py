"""The rules of docs/consuming.md, as the reference consumer follows them: no order of the events matters."""

import random
from itertools import permutations
from pathlib import Path
from typing import Any, Final

from support.copies import the_rules
from threadline_contracts.codec import encode
from threadline_contracts.examples import example_events
from threadline_contracts.schema import exchange_of
from threadline_contracts.topology import EventType, Exchange

Json = dict[str, Any]
CONSUMER: Final = the_rules()


def a_header(name: str = "t1", revision: int = 1, root: str = "") -> Json:
    return {"id": name, "root": root or name, "revision": revision, "subject": f"{name} at {revision}"}


def a_placed(ticket: Json, *, version: int = 0, moves: int = 0, text: str = "") -> Json:
    message = {"id": "m1", "version": version, "text": text, "full_text": text, "html": "", "subject": "Hi"}
    data = {"ticket": ticket, "message": message, "placement": {"moves": moves, "rule": "open"}}
    return {"type": "ticket.message_added.v1", "time": "2026-03-05T12:00:00Z", "data": data}


def an_update(*headers: Json) -> Json:
    return {"type": "ticket.merged.v1", "data": dict(zip(("ticket", "root"), headers, strict=False))}


def copy_of(*events: Json) -> Json:
    copy: Json = {"tickets": {}, "messages": {}, "erased": {}, "log": 0}
    for event in events:
        CONSUMER.apply(copy, CONSUMER.json.loads(CONSUMER.json.dumps(event)))
    return copy


def the_same_in_any_order(*events: Json) -> Json:
    first = copy_of(*events)
    assert all(copy_of(*some, *some[:2]) == first for some in permutations(events))
    return first


def test_the_greatest_revision_of_a_header_holds() -> None:
    merged = an_update(a_header("t1", 3, root="t2"), a_header("t2", 2))
    copy = the_same_in_any_order(an_update(a_header("t1", 2)), merged, an_update(a_header("t2", 1)))
    assert copy["tickets"]["t1"]["root"] == "t2"
    assert copy["tickets"]["t2"]["revision"] == 2


def test_a_message_has_its_newest_content_and_its_newest_home() -> None:
    moved_away = a_placed(a_header("t2", 1), version=1, moves=1, text="as moved")
    copy = the_same_in_any_order(
        a_placed(a_header("t1", 1), text="first"),
        a_placed(a_header("t1", 2), version=2, text="revised at its old home"),
        moved_away,
    )
    row = copy["messages"]["m1"]
    assert (row["ticket"], row["message"]["text"]) == ("t2", "revised at its old home")


def test_a_message_told_again_with_less_in_it_stays_so() -> None:
    copy = the_same_in_any_order(
        a_placed(a_header("t1", 1), text="My number is 12345"),
        a_placed(a_header("t1", 2)),
        an_update(a_header("t1", 3)),
    )
    assert copy["messages"]["m1"]["message"]["text"] == ""


def test_an_erased_person_s_words_do_not_come_back() -> None:
    erased = {"type": "contact.erased.v1", "time": "2026-03-06T12:00:00Z", "data": {"messages": ["m1"]}}
    copy = the_same_in_any_order(a_placed(a_header("t1", 1), text="secret"), erased, a_placed(a_header("t1", 2)))
    assert "secret" not in str(copy)


def test_every_example_can_be_taken() -> None:
    heard = [event for kind, event in example_events().items() if exchange_of(EventType(kind)) is Exchange.TICKETS]
    events = [CONSUMER.json.loads(encode(event)) for event in heard]
    assert len(copy_of(*events)["tickets"]) == 2


def test_a_saved_copy_is_whole(tmp_path: Path) -> None:
    dice = random.Random(3)  # noqa: S311 - repeatable
    for _ in range(5):
        CONSUMER.save(tmp_path / "copy.json", {"tickets": {str(dice.random()): {}}})
    assert len(CONSUMER.json.loads((tmp_path / "copy.json").read_text())["tickets"]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["copy.json"]
