"""Log lines: JSON, one a message, and nothing in them that is the customer's."""

import io
import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from threadline_contracts.errors import SettingsError
from threadline_shared.log import logger, setup


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    was, root = structlog.get_config(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    setup({}, stream=stream)
    yield stream
    structlog.configure(**was)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_json_with_time_level_event_and_keys(out: io.StringIO) -> None:
    logger().info("message.taken", channel="email", took_ms=3)

    [line] = lines(out)
    assert line.pop("time").endswith("Z")
    assert line == {"level": "info", "event": "message.taken", "channel": "email", "took_ms": 3}


@pytest.mark.parametrize(
    "key", ["token", "api_token", "Authorization", "body", "text", "html", "email", "mail-address"]
)
def test_values_under_telling_keys_are_redacted(out: io.StringIO, key: str) -> None:
    logger().info("door.opened", **{key: "S3CRET", "inner": {key: ["S3CRET"]}})

    assert "S3CRET" not in out.getvalue()
    assert lines(out)[0][key] == "[redacted]"


def test_sizes_and_counts_are_kept(out: io.StringIO) -> None:
    logger().info("message.taken", body_bytes=12, context="x")

    assert (lines(out)[0]["body_bytes"], lines(out)[0]["context"]) == (12, "x")


def test_addresses_and_passwords_in_free_text_are_redacted(out: io.StringIO) -> None:
    logger().warning("bus.lost", reason="no amqp://me:S3CRET@bus for ann@example.org", account="support@localhost")

    assert lines(out)[0]["reason"] == "no amqp://me:[redacted]@bus for [redacted]"
    assert lines(out)[0]["account"] == "support@localhost"


def test_an_address_in_a_traceback_is_redacted(out: io.StringIO) -> None:
    try:
        uuid.UUID("ann@example.org")
    except ValueError:
        logger().exception("message.failed")

    assert "ValueError" in lines(out)[0]["exception"]
    assert "ann@" not in out.getvalue()


def test_bytes_are_counted_not_shown(out: io.StringIO) -> None:
    logger().info("message.taken", raw=b"S3CRET")

    assert lines(out)[0]["raw"] == "6 bytes"


def test_a_value_that_is_no_json_does_not_lose_the_line(out: io.StringIO) -> None:
    logger().info("message.taken", thing=object(), name="\ud800")

    assert lines(out)[0]["event"] == "message.taken"


def test_a_librarys_warning_comes_in_the_same_form_and_its_chatter_does_not(out: io.StringIO) -> None:
    logging.getLogger("aiohttp").warning("odd %s", "ann@example.org")
    logging.getLogger("aiohttp").info("chatter")

    [line] = lines(out)
    assert (line["event"], line["library"], line["says"], line["level"]) == (
        "library.warned",
        "aiohttp",
        "odd [redacted]",
        "warning",
    )


def test_levels_below_the_wanted_one_are_left_out(out: io.StringIO) -> None:
    setup({"THREADLINE_LOG_LEVEL": "warning"}, stream=out)
    logger().info("message.taken")
    logger().warning("bus.lost")

    assert [line["event"] for line in lines(out)] == ["bus.lost"]


def test_the_console_form_is_for_people(out: io.StringIO) -> None:
    setup({"THREADLINE_LOG_FORMAT": "console"}, stream=out)
    logger().info("message.taken", channel="email", token="S3CRET")

    assert "message.taken" in out.getvalue()
    assert "channel=email" in out.getvalue()
    assert "S3CRET" not in out.getvalue()


def test_a_wrong_level_is_refused() -> None:
    with pytest.raises(
        SettingsError, match=r"^THREADLINE_LOG_LEVEL: 'loud' is not one of debug, error, info, warning$"
    ):
        setup({"THREADLINE_LOG_LEVEL": "loud"})
