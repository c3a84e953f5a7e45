"""Normalises mails within a time budget: the rare monster is read by a process of its own, which can be killed.

What costs little stays here. How much a mail will cost is told by what is in it, once it is taken apart: that is
cheap for every mail, while reading text and HTML is not.
"""

import os
import subprocess
import sys
import threading
from typing import Final

import msgspec
from msgspec import Struct

from threadline_contracts.arrival import Arrival
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.message import InboundMessage, Problem
from threadline_contracts.outcome import Skipped
from threadline_email.mailboxes import Directory, Mailbox
from threadline_email.mime import Mime, head_only, leaves, take_apart
from threadline_email.normalize import normalize, normalize_parts
from threadline_shared.inputs import Normalized

SMALL_BYTES: Final = 64 * 1024  # no mail of this size takes long; the service's own loop reads it
EFFORT_MAX: Final = 512 * 1024
SECONDS: Final = 10.0
_AT_ONCE: Final = 2  # monsters; others wait for their turn, in the thread that asks
_READERS: Final = (os.cpu_count() or 1) + 4  # mails read here at once, whatever number of monsters waits
_PART_EFFORT: Final = 1024
_READ_CLOSELY: Final = ("text/", "message/", "application/ms-tnef", "application/vnd.ms-tnef", "application/pkcs7-mime")
GAVE_UP: Final = 70  # exit status of monster.py: no memory
_REASON_CHARS: Final = 300


class Asked(Struct, frozen=True, array_like=True):
    """What monster.py reads."""

    raw: bytes
    arrival: bytes  # JSON, which keeps time zones
    mailboxes: bytes


class Answered(Struct, frozen=True, array_like=True):
    """What monster.py writes: a message as JSON and its files, or why there is none."""

    message: bytes = b""
    files: dict[str, bytes] = {}
    skipped: str = ""


def effort(mime: Mime) -> int:
    """Return about how many bytes of a mail must be read closely; a file costs nothing but its decoding."""
    return sum(
        _PART_EFFORT + (len(part.content) if part.kind.value.startswith(_READ_CLOSELY) else 0)
        for part in leaves(mime.root)
    )


class PatientNormalizer:
    """A Normalizer of the intake: total, and done in `seconds` and a bit."""

    def __init__(self, directory: Directory, *, seconds: float = SECONDS) -> None:
        self._directory = directory
        self._seconds = seconds
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._readers = threading.BoundedSemaphore(_READERS)

    def __call__(self, raw: bytes, arrival: Arrival) -> Normalized | Skipped:
        """Return a mail as a message; one that takes too long as a message of its head, with the problem `too_slow`.

        Raises MalformedInputError when our reading fails in the other process: as it would here.
        """
        if len(raw) <= SMALL_BYTES or "oversize" in arrival.facts or not raw.strip():
            return normalize(raw, arrival, self._directory)
        if (found := self._here(raw, arrival)) is not None:
            return found
        with self._turns:
            return self._apart(raw, arrival)

    def _here(self, raw: bytes, arrival: Arrival) -> Normalized | Skipped | None:
        """Read a mail in this thread, unless it is a monster."""
        with self._readers:
            mime = take_apart(raw)
            return normalize_parts(raw, mime, arrival, self._directory) if effort(mime) <= EFFORT_MAX else None

    def _apart(self, raw: bytes, arrival: Arrival) -> Normalized | Skipped:
        encode = msgspec.json.encode
        asked = Asked(raw, encode(arrival), encode(self._directory.mailboxes))
        try:
            done = subprocess.run(  # noqa: S603 - our own module
                [sys.executable, "-m", "threadline_email.monster", str(self._seconds)],
                input=msgspec.msgpack.encode(asked),
                capture_output=True,
                timeout=self._seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return self._head(raw, arrival, f"not read within {self._seconds:g} s")
        except OSError as err:
            return self._head(raw, arrival, f"no process to read it: {err.strerror}")
        if done.returncode < 0 or done.returncode == GAVE_UP:
            return self._head(raw, arrival, "it took too much time or memory")
        if done.returncode > 0:
            raise MalformedInputError(done.stderr.decode("utf-8", "replace").strip()[-_REASON_CHARS:])
        return _answer(done.stdout)

    def _head(self, raw: bytes, arrival: Arrival, detail: str) -> Normalized:
        problem = Problem(code="too_slow", detail=f"{detail}: only the head is shown, the mail is kept")
        return normalize_parts(raw, head_only(raw), arrival, self._directory, problem)


def _answer(said: bytes) -> Normalized | Skipped:
    answered = msgspec.msgpack.decode(said, type=Answered)
    if answered.skipped:
        return Skipped(answered.skipped)
    return Normalized(message=msgspec.json.decode(answered.message, type=InboundMessage), files=answered.files)


def answer(said: bytes) -> bytes:
    """Return the answer to what a PatientNormalizer asks: the other side of the pipe."""
    asked = msgspec.msgpack.decode(said, type=Asked)
    directory = Directory(msgspec.json.decode(asked.mailboxes, type=tuple[Mailbox, ...]))
    found = normalize(asked.raw, msgspec.json.decode(asked.arrival, type=Arrival), directory)
    if isinstance(found, Skipped):
        return msgspec.msgpack.encode(Answered(skipped=found.reason))
    return msgspec.msgpack.encode(Answered(msgspec.json.encode(found.message), dict(found.files)))
