"""The reference consumer as a process, and what its copy must be: what the database says."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest

from support.bus import eventually
from threadline_threads.reading import Reader

CONSUMER: Final = Path(__file__).parents[2] / "contracts/examples/consumer.py"
Copy = Mapping[str, Any]


def the_rules() -> Any:
    """Return the consumer as a module, to apply its rules without a broker."""
    spec = spec_from_file_location("consumer", CONSUMER)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def copy_of(events: Iterable[bytes]) -> Copy:
    """Return the copy that a consumer of these events has."""
    rules, copy = the_rules(), {"tickets": {}, "messages": {}, "erased": {}, "log": 0}
    for event in events:
        rules.apply(copy, json.loads(event))
    return shown(copy)


class ReferenceConsumer:
    """`contracts/examples/consumer.py`, which may be killed and started again."""

    def __init__(self, url: str, folder: Path, queue: str = "helpdesk") -> None:
        self._file = folder / f"{queue}.json"
        self._command = [sys.executable, str(CONSUMER), url, str(self._file), queue]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, replay: bool = False) -> None:
        self._process = subprocess.Popen([*self._command, *(["replay"] if replay else [])])

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def copy(self) -> Copy:
        """Return its copy as it is on the disk."""
        empty: Copy = {"tickets": {}, "messages": {}}
        return json.loads(self._file.read_text()) if self._file.exists() else empty


async def originals(reader: Reader, messages: Sequence[UUID]) -> Copy:
    """Return what a copy of these messages and all their tickets must be."""
    tickets: dict[str, Any] = {}
    placed: dict[str, Any] = {}
    for message in messages:
        (trace,) = await reader.trace(str(message))
        content, placement = as_json(trace.message), as_json(trace.placement)
        placed[str(message)] = {"message": content, "placement": placement, "ticket": str(trace.ticket)}
        if str(trace.ticket) not in tickets:
            found = await reader.conversation(str(trace.ticket))
            assert found is not None
            tickets |= {str(one.id): as_json(one) for one in (found.ticket, *found.merged)}
    return shown({"tickets": tickets, "messages": placed})


def as_json(value: msgspec.Struct) -> Any:
    """Return a struct as a consumer reads it."""
    return json.loads(msgspec.json.encode(value))


def shown(copy: Copy) -> Copy:
    """Return a consumer's copy without what it keeps for itself."""
    messages = {
        key: {name: row[name] for name in ("message", "placement", "ticket")} for key, row in copy["messages"].items()
    }
    # Links of one moment have no order.
    tickets = {
        key: {**header, "links": sorted(header["links"], key=lambda link: (link["at"], link["child"]))}
        for key, header in copy["tickets"].items()
    }
    return {"tickets": tickets, "messages": messages}


def differences(copy: Copy, expected: Copy) -> list[str]:
    """Return what is wrong with a copy, one line each."""
    return [
        f"{part} {key}: {copy[part].get(key)} is not {expected[part].get(key)}"
        for part in expected
        for key in {*copy[part], *expected[part]}
        if copy[part].get(key) != expected[part].get(key)
    ]


async def becomes(consumer: ReferenceConsumer, expected: Copy, *, within: float = 30.0) -> None:
    """Wait until a consumer's copy is what it must be; fails by showing the differences."""

    async def right() -> bool:
        return not differences(shown(consumer.copy()), expected)

    try:
        await eventually(right, within=within)
    except TimeoutError:
        pytest.fail("\n".join(differences(shown(consumer.copy()), expected)), pytrace=False)
