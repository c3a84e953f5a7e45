"""What a visitor sent, as typed, and the identity of that: pure, and frozen (golden vectors test it).

A key makes a repetition harmless: the same key and the same content are the same message, however often it is sent.
The fingerprint covers both, so that a key used again with other words or files is another message, never a lost one.
Without a key of its own each submission gets a random one, and is a message by itself.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from threadline_contracts.arrival import Arrival
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.ids import message_id
from threadline_contracts.message import Channel

CHANNEL: Final = Channel.FORM
_FINGERPRINT: Final = b"threadline-form-v1\n"


class Submission(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of a form as typed; `key` makes repeating it harmless. Empty fields are not written down."""

    key: str
    name: str = ""
    email: str = ""
    phone: str = ""
    subject: str = ""
    message: str = ""

    def typed(self) -> Mapping[str, str]:
        """Return the visible fields by name."""
        return {name: getattr(self, name) for name in FIELDS}


FIELDS: Final = tuple(name for name in Submission.__struct_fields__ if name != "key")
_encoder: Final = msgspec.json.Encoder(order="sorted")
_decoder: Final = msgspec.json.Decoder(Submission)


def encode(submission: Submission) -> bytes:
    """Return the canonical JSON of a submission: the raw input that is kept, and replayed."""
    return _encoder.encode(submission)


def decode(raw: bytes) -> Submission:
    """Return the submission. Raises MalformedInputError, saying what is wrong."""
    try:
        return _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as err:
        raise MalformedInputError(f"not a submission: {err}") from err


def fingerprint(raw: bytes, file_hashes: Iterable[str]) -> str:
    """Return the frozen external identity of a submission: its raw bytes (key included) and its files, in order."""
    digest = sha256(_FINGERPRINT + sha256(raw).digest())
    for file_hash in file_hashes:
        digest.update(b"\n" + file_hash.encode())
    return digest.hexdigest()


def id_of(raw: bytes, arrival: Arrival) -> UUID:
    """Return the id the message of this input has, whether or not it can be normalised today."""
    known = fingerprint(raw, (file.sha256 for file in arrival.files))
    return message_id(arrival.desk, arrival.channel, arrival.account, known)
