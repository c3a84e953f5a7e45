"""The registry of what works."""

import pytest

from threadline_shared import metrics
from threadline_shared.health import ComponentHealth, component, forget, snapshot

NAME = "email/support@localhost"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget(NAME)


def shown() -> ComponentHealth:
    return next(health for health in snapshot() if health.name == NAME)


def test_a_component_begins_idle_and_without_success() -> None:
    component(NAME, kind="smtp")

    assert (shown().state, shown().kind, shown().last_success) == ("idle", "smtp", None)


def test_the_same_name_is_the_same_component() -> None:
    assert component(NAME) is component(NAME, kind="smtp")


def test_success_is_dated() -> None:
    component(NAME).ok()

    success = shown().last_success
    assert success is not None
    assert success >= shown().since or shown().state == "ok"
    assert metrics.last_success(NAME)._value.get() == success.timestamp()


def test_trouble_has_a_reason_until_it_is_over() -> None:
    part = component(NAME)
    part.trouble("no route to host")
    troubled = shown()
    part.ok()

    assert (troubled.state, troubled.reason) == ("trouble", "no route to host")
    assert (shown().state, shown().reason) == ("ok", "")


def test_since_moves_with_the_state_alone() -> None:
    part = component(NAME)
    part.trouble("one")
    since = shown().since
    part.trouble("two")

    assert (shown().since, shown().reason) == (since, "two")


def test_the_gauge_is_0_in_trouble_and_1_after_it() -> None:
    part = component(NAME)
    part.trouble("one")
    during = metrics.component_ok(NAME)._value.get()
    part.idle()

    assert (during, metrics.component_ok(NAME)._value.get()) == (0, 1)


def test_outcomes_and_lag_are_counted() -> None:
    part = component(NAME)
    part.count("accepted", 2)
    part.count("accepted")
    part.count("buried")
    part.lag(1.5)

    assert (shown().counts, shown().lag_seconds) == ({"accepted": 3, "buried": 1}, 1.5)


def test_components_are_shown_by_name() -> None:
    component("z-last")
    component("a-first")

    names = [health.name for health in snapshot()]
    assert names == sorted(names)


def test_what_else_there_is_to_know_is_told_anew_each_time() -> None:
    component(NAME).tell(["INBOX: 3 on the server", "Sent: 1 on the server"])
    component(NAME).tell(["INBOX: 4 on the server"])
    assert shown().details == ("INBOX: 4 on the server",)
