"""The log of a test, as it would be on stderr."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from threadline_shared.log import setup


class Logs:
    """What has been logged since the test began."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def lines(self, event: str = "") -> list[dict[str, Any]]:
        """Return the lines, of one event if it is named."""
        lines = [json.loads(line) for line in self.text.splitlines()]
        return [line for line in lines if event in {"", line["event"]}]


@pytest.fixture
def logs() -> Iterator[Logs]:
    """Collect the JSON log of this process, the libraries' warnings too."""
    was, root = structlog.get_config(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    collected = Logs()
    setup({}, stream=collected.stream)
    yield collected
    structlog.configure(**was)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
