"""Makes a message fit its event: large bodies become blobs, then lists and names are cut, every cut noted. Pure."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from threadline_contracts.codec import MESSAGE_MAX_BYTES
from threadline_contracts.ids import file_blob_id
from threadline_contracts.message import Attachment, BodyRef, Evidence, InboundMessage, Party, Problem
from threadline_shared.text import clean

# Each is what a field may keep of the event, in bytes of JSON, when there is too much of everything. Their sum is
# below MESSAGE_MAX_BYTES, which is what makes `fit` total.
PREVIEW_BYTES: Final = 4096  # of a text that went to a blob
RECIPIENTS_BYTES: Final = 8192
ATTACHMENTS_BYTES: Final = 8192
REFERENCES_BYTES: Final = 4096
REPLIED_TO_BYTES: Final = 1024
TOKENS_BYTES: Final = 1024
PARTY_BYTES: Final = 1024
EVIDENCE_BYTES: Final = 1024  # of the automation
PROBLEMS_BYTES: Final = 2048
SUBJECT_BYTES: Final = 1024
NAME_BYTES: Final = 256
NOTE_BYTES: Final = 96  # what the problem that notes a cut may take itself
KEY_BYTES: Final = 1024  # a Message-ID fits into one header line of 998 characters

_BODIES: Final = ("html", "full_text", "text")  # where two are equally large, the visible reply stays longest
_KEYS: Final = ("account", "external_id", "fingerprint", "conversation")
_NUL: Final = b"\\u0000"  # also in a text that spells it out; cleaning that changes nothing
_json: Final = msgspec.json.Encoder().encode
_T = TypeVar("_T")


class Fitted(Struct, frozen=True, kw_only=True):
    """A message of at most MESSAGE_MAX_BYTES as JSON, and the blobs it refers to instead of its bodies."""

    message: InboundMessage
    bodies: Mapping[str, bytes]


def fit(message: InboundMessage) -> Fitted:
    """Return the message as its event can carry it. Total: there is no message that it cannot cut to size."""
    if _fits(message):
        return Fitted(message=message, bodies={})
    message = _short_keys(_sayable(message))
    bodies: dict[str, bytes] = {}
    while _excess(message) > 0 and (field := _largest_body(message)):
        message = _by_reference(message, field, bodies)
    for cut in _CUTS:
        if (excess := _excess(message)) <= 0:
            break
        message = cut(message, excess)
    return Fitted(message=message, bodies=bodies)


def _fits(message: InboundMessage) -> bool:
    try:
        encoded = _json(message)
    except UnicodeEncodeError:
        return False
    return len(encoded) <= MESSAGE_MAX_BYTES and _NUL not in encoded and not _long_keys(message)


def _excess(message: InboundMessage) -> int:
    return len(_json(message)) - MESSAGE_MAX_BYTES


def _sayable(message: InboundMessage) -> InboundMessage:
    """Return the message without lone surrogates, which no JSON can hold, and NULs, which no PostgreSQL can."""
    try:
        if _NUL not in _json(message):
            return message
    except UnicodeEncodeError:
        pass
    return msgspec.convert(_cleaned(msgspec.to_builtins(message)), InboundMessage)


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return clean(value) or (value and "\ufffd")  # what must not be empty stays something
        case dict():
            return {key: _cleaned(item) for key, item in value.items()}
        case list() | tuple():
            return [_cleaned(item) for item in value]
        case _:
            return value


def _short_keys(message: InboundMessage) -> InboundMessage:
    # Always, not only where there is too much: two messages that share a key must go on sharing it.
    return replace(message, **{name: _short_key(getattr(message, name)) for name in _long_keys(message)})


def _long_keys(message: InboundMessage) -> Sequence[str]:
    return [name for name in _KEYS if len(getattr(message, name)) * 6 > KEY_BYTES]  # JSON has at most six bytes for one


def _short_key(key: str) -> str:
    if len(_json(key)) <= KEY_BYTES:
        return key
    return f"{_beginning(key, KEY_BYTES // 2)}~{sha256(key.encode()).hexdigest()}"


def _largest_body(message: InboundMessage) -> str:
    """Return the field whose move saves most, or an empty string when no move saves anything."""
    room = {name: 0 if name == "html" else PREVIEW_BYTES for name in _BODIES}
    sizes = {name: len(_json(getattr(message, name))) - 2 for name in _BODIES}
    movable = [name for name in _BODIES if sizes[name] > room[name]]
    return max(movable, key=sizes.__getitem__, default="")


def _by_reference(message: InboundMessage, field: str, bodies: dict[str, bytes]) -> InboundMessage:
    text: str = getattr(message, field)
    preview = "" if field == "html" else _beginning(text, PREVIEW_BYTES)
    if getattr(message, f"{field}_ref") is not None:  # the channel stored the whole body itself
        return replace(message, **{field: preview})
    body = text.encode()
    blob = file_blob_id(message.desk, sha256(body).hexdigest())
    bodies[blob] = body
    return replace(message, **{field: preview, f"{field}_ref": BodyRef(blob=blob, size=len(body))})


def _cut_recipients(message: InboundMessage, excess: int) -> InboundMessage:
    parties = tuple(_short_party(party) for party in message.recipients)
    kept = _kept(parties, _room(message.recipients, RECIPIENTS_BYTES, excess))
    return _noting(replace(message, recipients=kept), "recipients_cut", len(kept), len(parties))


def _cut_evidence(message: InboundMessage, excess: int) -> InboundMessage:
    before = message.evidence
    evidence = Evidence(
        in_reply_to=_kept(before.in_reply_to, REPLIED_TO_BYTES),
        references=_kept(before.references, _room(before.references, REFERENCES_BYTES, excess), newest=True),
        tokens=_kept(before.tokens, TOKENS_BYTES),
    )
    counts = [len(part.in_reply_to) + len(part.references) + len(part.tokens) for part in (evidence, before)]
    return _noting(replace(message, evidence=evidence), "references_cut", *counts)


def _cut_attachments(message: InboundMessage, excess: int) -> InboundMessage:
    files = tuple(_short_attachment(file) for file in message.attachments)
    kept = _kept(files, _room(message.attachments, ATTACHMENTS_BYTES, excess))
    return _noting(replace(message, attachments=kept), "attachments_cut", len(kept), len(files))


def _cut_subject(message: InboundMessage, _: int) -> InboundMessage:
    subject = _beginning(message.subject, SUBJECT_BYTES)
    return _noting(replace(message, subject=subject), "subject_cut", len(subject), len(message.subject))


def _cut_sender(message: InboundMessage, _: int) -> InboundMessage:
    before, sender = message.sender, _short_party(message.sender)
    counts = [len(party.name) + len(party.identities) for party in (sender, before)]
    return _noting(replace(message, sender=sender), "sender_cut", *counts)


def _cut_notes(message: InboundMessage, _: int) -> InboundMessage:
    automation = replace(message.automation, evidence=_kept(message.automation.evidence, EVIDENCE_BYTES))
    kept = _kept(tuple(reversed(message.problems)), PROBLEMS_BYTES)[::-1]  # the latest are our own cuts
    return _noting(
        replace(message, automation=automation, problems=kept), "problems_cut", len(kept), len(message.problems)
    )


_CUTS: Final[Sequence[Callable[[InboundMessage, int], InboundMessage]]] = (
    _cut_recipients,
    _cut_evidence,
    _cut_attachments,
    _cut_subject,
    _cut_sender,
    _cut_notes,
)


def _noting(message: InboundMessage, code: str, kept: int, of: int) -> InboundMessage:
    if kept == of:
        return message
    return replace(message, problems=(*message.problems, Problem(code=code, detail=f"kept {kept} of {of}")))


def _room(field: object, least: int, excess: int) -> int:
    """Return how many bytes a field may keep: no more is cut than is too much, unless there is too much of all."""
    return max(least, len(_json(field)) - excess - NOTE_BYTES)


def _kept(items: Sequence[_T], room: int, *, newest: bool = False) -> tuple[_T, ...]:
    """Return the items that fit, from the left; `newest`: the first (a thread's root), then from the right."""
    order = range(len(items))
    kept: set[int] = set()
    for index in (*order[:1], *order[:0:-1]) if newest else order:
        size = len(_json(items[index])) + 1
        if size <= room:
            room -= size
            kept.add(index)
    return tuple(item for index, item in enumerate(items) if index in kept)


def _short_party(party: Party) -> Party:
    return Party(name=_beginning(party.name, NAME_BYTES), identities=_kept(party.identities, PARTY_BYTES))


def _short_attachment(file: Attachment) -> Attachment:
    name = file.filename
    if len(_json(name)) > NAME_BYTES:
        suffix = _beginning(PurePosixPath(name).suffix, NAME_BYTES // 8)
        name = _beginning(name, NAME_BYTES - NAME_BYTES // 8) + suffix
    short = {key: _beginning(getattr(file, key), NAME_BYTES) for key in ("media_type", "content_id")}
    return replace(file, filename=name, **short)


def _beginning(text: str, room: int) -> str:
    """Return as much of the beginning as takes at most `room` bytes of JSON, quotes not counted."""
    if len(_json(short := text[:room])) <= room + 2:  # every character takes one byte at least
        return short
    low, high = 0, room
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(_json(text[:middle])) <= room + 2 else (low, middle - 1)
    return text[:low]
