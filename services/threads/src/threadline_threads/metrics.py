"""What only this service counts, in the Prometheus format."""

from functools import cache
from typing import Final

from prometheus_client import Counter

PLACED: Final = Counter(
    "threadline_messages_total",
    "Messages committed to tickets: placed (or revised), or repeated without effect",
    ("outcome",),
)
FORGED_TOKENS: Final = Counter(
    "threadline_forged_tokens_total", "Messages with a reply token under a key of ours and a wrong signature"
)

COMMANDS: Final = Counter(
    "threadline_commands_total", "Commands by type and answer, repeated ones too", ("type", "answer")
)

RETIRED: Final = Counter("threadline_retired_total", "Rows that went because of their age", ("kind",))


@cache
def retired(kind: str) -> Counter:
    """Return the count of what went of a kind."""
    return RETIRED.labels(kind)


@cache
def placed(outcome: str) -> Counter:
    """Return the count of messages with an outcome."""
    return PLACED.labels(outcome)


@cache
def commanded(command_type: str, answer: str) -> Counter:
    """Return the count of commands of a type with an answer."""
    return COMMANDS.labels(command_type, answer)
