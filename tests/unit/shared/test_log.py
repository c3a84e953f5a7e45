"""Log lines: JSON, one a message, and nothing in them that is the customer's."""

import logging
import uuid

import pytest

from support.logs import Logs
from threadline_contracts.errors import SettingsError
from threadline_shared.log import logger, setup


def test_a_line_is_json_with_time_level_event_and_keys(logs: Logs) -> None:
    logger().info("message.taken", channel="email", took_ms=3)

    [line] = logs.lines()
    assert line.pop("time").endswith("Z")
    assert line == {"level": "info", "event": "message.taken", "channel": "email", "took_ms": 3}


@pytest.mark.parametrize(
    "key", ["token", "api_token", "Authorization", "body", "text", "html", "email", "mail-address"]
)
def test_values_under_telling_keys_are_redacted(logs: Logs, key: str) -> None:
    logger().info("door.opened", **{key: "S3CRET", "inner": {key: ["S3CRET"]}})

    assert "S3CRET" not in logs.text
    assert logs.lines()[0][key] == "[redacted]"


def test_sizes_and_counts_are_kept(logs: Logs) -> None:
    logger().info("message.taken", body_bytes=12, context="x")

    assert (logs.lines()[0]["body_bytes"], logs.lines()[0]["context"]) == (12, "x")


def test_addresses_and_passwords_in_free_text_are_redacted(logs: Logs) -> None:
    logger().warning("bus.lost", reason="no amqp://me:S3CRET@bus for ann@example.org", account="support@localhost")

    assert logs.lines()[0]["reason"] == "no amqp://me:[redacted]@bus for [redacted]"
    assert logs.lines()[0]["account"] == "support@localhost"


def test_an_address_in_a_traceback_is_redacted(logs: Logs) -> None:
    try:
        uuid.UUID("ann@example.org")
    except ValueError:
        logger().exception("message.failed")

    assert "ValueError" in logs.lines()[0]["exception"]
    assert "ann@" not in logs.text


def test_bytes_are_counted_not_shown(logs: Logs) -> None:
    logger().info("message.taken", raw=b"S3CRET")

    assert logs.lines()[0]["raw"] == "6 bytes"


def test_a_value_that_is_no_json_does_not_lose_the_line(logs: Logs) -> None:
    logger().info("message.taken", thing=object(), name="\ud800")

    assert logs.lines()[0]["event"] == "message.taken"


def test_a_librarys_warning_comes_in_the_same_form_and_its_chatter_does_not(logs: Logs) -> None:
    logging.getLogger("aiohttp").warning("odd %s", "ann@example.org")
    logging.getLogger("aiohttp").info("chatter")

    [line] = logs.lines()
    assert (line["event"], line["library"], line["says"], line["level"]) == (
        "library.warned",
        "aiohttp",
        "odd [redacted]",
        "warning",
    )


def test_levels_below_the_wanted_one_are_left_out(logs: Logs) -> None:
    setup({"THREADLINE_LOG_LEVEL": "warning"}, stream=logs.stream)
    logger().info("message.taken")
    logger().warning("bus.lost")

    assert [line["event"] for line in logs.lines()] == ["bus.lost"]


def test_the_console_form_is_for_people(logs: Logs) -> None:
    setup({"THREADLINE_LOG_FORMAT": "console"}, stream=logs.stream)
    logger().info("message.taken", channel="email", token="S3CRET")

    assert "message.taken" in logs.text
    assert "channel=email" in logs.text
    assert "S3CRET" not in logs.text


def test_a_wrong_level_is_refused() -> None:
    with pytest.raises(
        SettingsError, match=r"^THREADLINE_LOG_LEVEL: 'loud' is not one of debug, error, info, warning$"
    ):
        setup({"THREADLINE_LOG_LEVEL": "loud"})
