"""A submission as a message: pure and total, whatever the bytes are. It refuses only what is no submission at all.

Nothing a visitor types is proved: both identities are *claimed*. What the door noticed comes in `arrival.facts`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from threadline_contracts.arrival import Arrival
from threadline_contracts.ids import message_id, reference_of
from threadline_contracts.message import Assurance, Identity, IdentityKind, InboundMessage, Party, Problem
from threadline_form.submission import Submission, decode, fingerprint
from threadline_shared.inputs import Normalized
from threadline_shared.text import clean, cut

TRAPS: Final[Mapping[str, str]] = {
    "hidden_field": "a field that no person can see was filled in",
    "too_fast": "the page came back faster than a person can write",
}
_MAX_IDENTITY: Final = 512
_MAX_SUBJECT: Final = 120  # of one that we take from the message


def normalize(raw: bytes, arrival: Arrival) -> Normalized:
    """Return the message of a submission. Raises MalformedInputError."""
    submission = decode(raw)
    known = fingerprint(raw, (file.sha256 for file in arrival.files))
    identity = message_id(arrival.desk, arrival.channel, arrival.account, known)
    body = clean(submission.message).strip()
    department = _line(arrival.facts.get("department", ""))
    message = InboundMessage(
        id=identity,
        reference=reference_of(identity),
        desk=arrival.desk,
        channel=arrival.channel,
        account=arrival.account,
        external_id=clean(submission.key),
        fingerprint=known,
        sent_at=arrival.received_at,
        received_at=arrival.received_at,
        sender=_sender(submission),
        recipients=(Party(name=department),) if department else (),
        subject=_line(submission.subject) or cut(_first_line(body), _MAX_SUBJECT),
        text=body,
        full_text=body,
        attachments=arrival.files,
        problems=tuple(_problems(arrival.facts)),
    )
    return Normalized(message=message)


def _sender(submission: Submission) -> Party:
    typed = ((IdentityKind.EMAIL, submission.email), (IdentityKind.PHONE, submission.phone))
    identities = tuple(
        Identity(kind=kind, value=value, assurance=Assurance.CLAIMED, by="typed")
        for kind, text in typed
        if (value := _line(text)[:_MAX_IDENTITY])
    )
    return Party(name=_line(submission.name), identities=identities)


def _problems(facts: Mapping[str, str]) -> Iterator[Problem]:
    trap = facts.get("trap", "")
    if trap:
        yield Problem(code="suspected_spam", detail=TRAPS.get(trap, clean(trap)))
    if "key_reused" in facts:
        yield Problem(code="key_reused", detail="the idempotency key of another submission came with other content")
    if ignored := facts.get("ignored_fields", ""):
        yield Problem(code="fields_ignored", detail=f"fields that the form does not have: {clean(ignored)}")


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _first_line(text: str) -> str:
    return _line(next((line for line in text.splitlines() if line.strip()), ""))
