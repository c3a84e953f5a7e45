"""Server-sent events, read line by line (the format of the WHATWG HTML standard, 9.2.6). Pure: no sockets."""

from collections.abc import Iterable, Iterator

from msgspec import Struct


class Sent(Struct, frozen=True):
    """One event: `id` is where to go on after it, `data` what it says (nothing: only the place has changed)."""

    id: str
    type: str
    data: str


def events(lines: Iterable[str]) -> Iterator[Sent]:
    """Yield each complete event, and each new place; one that is cut off is dropped, as it will be sent again."""
    fields: dict[str, list[str]] = {}
    last_id = ""
    for line in lines:
        if not line:
            last_id = fields.get("id", [last_id])[-1]
            if "data" in fields or "id" in fields:
                yield Sent(last_id, fields.get("event", ["message"])[-1], "\n".join(fields.get("data", [])))
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            fields.setdefault(name, []).append(value.removeprefix(" "))
