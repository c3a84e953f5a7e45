"""`threadline republish` against a running gateway: asked, watched, done; and what is wrong with a wrong moment."""

from datetime import UTC, datetime, timedelta

import pytest

from support.gateway import Gateway, until


def busy(gateway: Gateway) -> Gateway:
    """Let a gateway have two tickets."""
    for subject in ("Flamingo", "Pelican"):
        gateway.command("send", "mail", "--from", f"{subject}@example.org", "--subject", subject)
    until(lambda: len(gateway.tickets()) == 2)
    return gateway


def test_all_is_told_again(gateway: Gateway) -> None:
    told = busy(gateway).command("republish", "--since", "all", "--because", "a new helpdesk")
    assert (told.code, told.out) == (0, "told 2 messages of 2 tickets again\n")
    state = gateway.command("republish", "--since", "2020-01-01", "--json").json
    assert (state["done"], state["messages"], state["part"]) == (True, 2, 1.0)


def test_nothing_changed_since(gateway: Gateway) -> None:
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert busy(gateway).command("republish", "--since", later).out == "told 0 messages of 0 tickets again\n"


def test_nobody_has_to_wait(gateway: Gateway) -> None:
    command = busy(gateway).command("republish", "--since", "all", "--detach").out.strip()
    until(lambda: gateway.get(f"/republish/{command}")["done"])
    assert gateway.get(f"/commands/{command}")["answer"] == "done"


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", ""])
def test_a_wrong_moment_is_refused_in_one_line(stopped_gateway: Gateway, since: str) -> None:
    told = stopped_gateway.command("republish", "--since", since)
    assert told.code == 2
    assert told.err.startswith("threadline: --since is a moment such as")
