"""Which queues an event goes to: AMQP topic patterns, as data. Pure."""

from collections.abc import Sequence

from threadline_contracts.topology import Queue


def matches(pattern: str, key: str) -> bool:
    """Whether a routing key matches a pattern: `*` stands for one word, `#` for any number; dots part the words."""
    parts = _words(pattern)
    places = _skipping(parts, {0})  # how many parts of the pattern may be used up by now
    for word in _words(key):
        stay = {n for n in places if n < len(parts) and parts[n] == "#"}
        step = {n + 1 for n in places if n < len(parts) and parts[n] in ("*", word) and parts[n] != "#"}
        places = _skipping(parts, stay | step)
    return len(parts) in places


def _words(text: str) -> Sequence[str]:
    return text.split(".") if text else ()  # as RabbitMQ: an empty key has no word, so `*` does not match it


def _skipping(parts: Sequence[str], places: set[int]) -> set[int]:
    reached = set(places)
    for n, part in enumerate(parts):
        if part == "#" and n in reached:
            reached.add(n + 1)
    return reached


class Routes:
    """The declared queues, asked for every publication; answers are remembered."""

    def __init__(self) -> None:
        self._queues: dict[str, Queue] = {}
        self._known: dict[tuple[str, str], Sequence[Queue]] = {}

    def add(self, queues: Sequence[Queue]) -> None:
        """Declare queues; one of the same name gives way."""
        self._queues |= {queue.name: queue for queue in queues}
        self._known.clear()

    def to(self, exchange: str, key: str) -> Sequence[Queue]:
        """Return the queues that an event reaches, each once."""
        known = self._known.get((exchange, key))
        if known is None:
            known = tuple(queue for queue in self._queues.values() if _bound(queue, exchange, key))
            if len(self._known) < _REMEMBERED:
                self._known[exchange, key] = known
        return known

    def __getitem__(self, name: str) -> Queue:
        return self._queues[name]

    def __contains__(self, name: object) -> bool:
        return name in self._queues


_REMEMBERED = 10_000  # keys; theirs are few, unless somebody puts ids into them


def _bound(queue: Queue, exchange: str, key: str) -> bool:
    return any(binding.exchange == exchange and matches(binding.pattern, key) for binding in queue.bindings)
