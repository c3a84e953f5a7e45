"""Every metric there is, same names in every service, in the Prometheus format.

Children are cached by the functions, because a look-up by label costs more than the count itself. Labels are what the
operator configured (channels, accounts, queues), never what a customer sent: their number is bounded.
"""

from functools import cache
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_FAST: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)

INPUTS: Final = Counter(
    "threadline_inputs_total",
    "Inputs a door took, by outcome: accepted, skipped, refused, failed or buried",
    ("channel", "account", "outcome"),
)
AUTH_FAILURES: Final = Counter(
    "threadline_auth_failures_total",
    "Logins a door refused: wrong ones, and those of addresses barred after too many",
    ("door", "why"),
)
YES_SECONDS: Final = Histogram(
    "threadline_yes_seconds", "From the last byte of an input to the door's yes", ("door",), buckets=_FAST
)
SPOOL_DEPTH: Final = Gauge(
    "threadline_spool_depth", "Inputs accepted to disk that the bus does not have yet", ("channel",)
)
SPOOL_BYTES: Final = Gauge("threadline_spool_bytes", "Disk space of the spool", ("channel",))
OUTBOX_DEPTH: Final = Gauge("threadline_outbox_depth", "Ticket events committed that the bus has not confirmed yet")
LAST_SUCCESS: Final = Gauge(
    "threadline_last_success_timestamp_seconds", "When a component last did its work (Unix time)", ("component",)
)
COMPONENT_OK: Final = Gauge("threadline_component_ok", "0 while a component is in trouble, else 1", ("component",))
LAG_SECONDS: Final = Gauge("threadline_lag_seconds", "Age of the oldest thing a component has not done", ("component",))
WORKED: Final = Counter(
    "threadline_worker_messages_total", "Deliveries settled: done, retried, buried or released", ("queue", "outcome")
)
BATCH_MESSAGES: Final = Histogram(
    "threadline_worker_batch_messages", "Deliveries handled in one go", ("queue",), buckets=_SIZES
)
BATCH_SECONDS: Final = Histogram(
    "threadline_worker_batch_seconds", "Time to handle and settle one batch", ("queue",), buckets=_FAST
)
HTTP_SECONDS: Final = Histogram(
    "threadline_http_request_seconds", "Time to answer a request", ("route", "status"), buckets=_FAST
)


@cache
def inputs(channel: str, account: str, outcome: str) -> Counter:
    """Return the count of inputs of an account with an outcome."""
    return INPUTS.labels(channel, account, outcome)


@cache
def auth_failures(door: str, why: str) -> Counter:
    """Return the count of refused logins of a door: `wrong` or `barred`."""
    return AUTH_FAILURES.labels(door, why)


@cache
def yes_seconds(door: str) -> Histogram:
    """Return the time to yes of a door (`smtp`, `form` ...)."""
    return YES_SECONDS.labels(door)


@cache
def spool_depth(channel: str) -> Gauge:
    """Return the gauge of inputs in a channel's spool."""
    return SPOOL_DEPTH.labels(channel)


@cache
def spool_bytes(channel: str) -> Gauge:
    """Return the gauge of the disk space of a channel's spool."""
    return SPOOL_BYTES.labels(channel)


@cache
def last_success(component: str) -> Gauge:
    """Return the gauge of a component's last success, in Unix time."""
    return LAST_SUCCESS.labels(component)


@cache
def component_ok(component: str) -> Gauge:
    """Return the gauge that is 0 while a component is in trouble."""
    return COMPONENT_OK.labels(component)


@cache
def lag_seconds(component: str) -> Gauge:
    """Return the gauge of a component's lag."""
    return LAG_SECONDS.labels(component)


@cache
def worked(queue: str, outcome: str) -> Counter:
    """Return the count of deliveries of a queue settled in one way."""
    return WORKED.labels(queue, outcome)


@cache
def batch_messages(queue: str) -> Histogram:
    """Return the sizes of a queue's batches."""
    return BATCH_MESSAGES.labels(queue)


@cache
def batch_seconds(queue: str) -> Histogram:
    """Return the times of a queue's batches."""
    return BATCH_SECONDS.labels(queue)


@cache
def http_seconds(route: str, status: str) -> Histogram:
    """Return the times to answer on a route, by status class (`2xx` ...)."""
    return HTTP_SECONDS.labels(route, status)
