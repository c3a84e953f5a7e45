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


@cache
def placed(outcome: str) -> Counter:
    """Return the count of messages with an outcome."""
    return PLACED.labels(outcome)
