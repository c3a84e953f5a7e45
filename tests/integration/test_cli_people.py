"""People on the command line, against one running gateway: linked, taken apart, and erased only when it is meant."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from support.gateway import Gateway, until

PEOPLE = ("ana", "bob", "eve", "kim")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway to which four people wrote one mail each."""
    gateway = Gateway(tmp_path_factory.mktemp("people")).start()
    for name in PEOPLE:
        gateway.command("send", "mail", "--from", f"{name.title()} <{name}@example.org>", "--subject", f"Of {name}")
    try:
        until(lambda: len(gateway.command("contacts", "--json").json["items"]) == len(PEOPLE))
        yield gateway
    finally:
        gateway.end()


def person(gateway: Gateway, name: str) -> str:
    (found,) = gateway.command("contacts", name, "--json").json["items"]
    return str(found["id"])


def identities(gateway: Gateway, contact: str) -> set[str]:
    shown: Any = gateway.command("contacts", contact, "--json").json
    return {one["value"] for one in shown["identities"]}


def test_two_are_linked_and_taken_apart_again(known: Gateway) -> None:
    ana, bob = person(known, "ana"), person(known, "bob")

    linked = known.command("contacts", "link", ana, bob, "--because", "said so", "--by", "Iva")
    assert (linked.code, linked.out.startswith("done: ")) == (0, True)
    assert identities(known, ana) == {"ana@example.org", "bob@example.org"}
    assert "linked by Iva: said so" in known.command("contacts", ana).out

    strange = known.command("contacts", "unlink", ana, "eve@example.org")
    assert (strange.code, "it has ana@example.org, bob@example.org" in strange.err) == (4, True)
    apart = known.command("contacts", "unlink", ana, "bob@example.org", "--json")
    assert (apart.code, apart.json["answer"]) == (0, "done")
    assert identities(known, ana) == {"ana@example.org"}


def test_nobody_is_erased_who_was_not_meant(known: Gateway) -> None:
    eve = person(known, "eve")
    looked = known.command("contacts", "erase", eve)
    assert (looked.code, "say --yes" in looked.err) == (2, True)
    assert "eve@example.org" in looked.out
    assert identities(known, eve) == {"eve@example.org"}


def test_to_erase_waits_until_the_person_is_gone(known: Gateway) -> None:
    kim = person(known, "kim")
    erased = known.command("contacts", "erase", kim, "--yes", "--because", "asked for it")
    assert (erased.code, erased.out.startswith("done: ")) == (0, True)
    assert known.command("contacts", "kim", "--json").json["items"] == []
    assert "Of kim" not in known.command("tickets").out


def test_an_erasure_can_be_left_alone(known: Gateway) -> None:
    eve = person(known, "eve")
    command = known.command("contacts", "erase", eve, "--yes", "--detach").out.strip()
    until(lambda: known.command("contacts", "eve", "--json").json["items"] == [], within=60)
    until(lambda: known.get(f"/commands/{command}")["answer"] == "done", within=60)


@pytest.mark.parametrize("words", [("link",), ("erase", "--yes")], ids=["link", "erase"])
def test_whom_nobody_knows_is_refused(known: Gateway, words: tuple[str, ...]) -> None:
    strangers = [str(uuid4()), str(uuid4())][: 2 if words == ("link",) else 1]
    refused = known.command("contacts", words[0], *strangers, *words[1:])
    assert (refused.code, refused.out.startswith("refused: ")) == (1, True)
