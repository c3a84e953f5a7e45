"""One mail's bytes to one message of the contract. Pure and total: what is broken is mended, and noted as a problem."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from threadline_contracts.arrival import Arrival
from threadline_contracts.ids import message_id, reference_of
from threadline_contracts.message import Assurance, Direction, InboundMessage, Party, Problem
from threadline_contracts.outcome import Skipped
from threadline_email.addresses import ADDRESSES_MAX, Address, is_address, read_addresses
from threadline_email.attachments import Files, describe_files
from threadline_email.bodies import Body, read_body
from threadline_email.dates import read_date
from threadline_email.headers import FIELDS_MAX, HEAD_MAX_BYTES, Headers
from threadline_email.identity import identify
from threadline_email.ids import read_evidence
from threadline_email.mailboxes import Directory
from threadline_email.mime import Mime, head_only, take_apart
from threadline_email.quotations import QUOTE_MARK
from threadline_email.reply_text import passes_on, visible_reply
from threadline_email.senders import caller_party, party, read_sender
from threadline_email.trust import Proof
from threadline_email.understanding import Understood, understand
from threadline_shared.inputs import Normalized
from threadline_shared.text import clean

NOBODY: Final = Directory(())
SUBJECT_MAX: Final = 2000
OLDEST_YEAR: Final = 1982  # RFC 822: no Date is older
FUTURE_TOLERANCE: Final = timedelta(days=1)  # clocks are wrong by hours, and zones too


def normalize(raw: bytes, arrival: Arrival, directory: Directory = NOBODY) -> Normalized | Skipped:
    """Return a mail as a message and its files by blob id. Total: every byte string is a mail, an empty one is skipped.

    `arrival.facts` are those of smtp.py, `oversize`, the bytes of a mail of which only the head was fetched,
    `unreadable`, why the server could not give it, and `backfill=1` for imported history; `directory` says whose
    authentication results a mailbox believes.
    """
    if not raw.strip():
        return Skipped("an empty mail")
    if "oversize" in arrival.facts:
        detail = f"{arrival.facts['oversize'][:20]} bytes; the body stayed on the server"
        return normalize_parts(raw, head_only(raw), arrival, directory, Problem(code="oversize", detail=detail))
    unread = arrival.facts.get("unreadable")
    problems = [Problem(code="unreadable", detail=clean(unread)[:SUBJECT_MAX])] if unread else []
    return normalize_parts(raw, take_apart(raw), arrival, directory, *problems)


def normalize_parts(raw: bytes, mime: Mime, arrival: Arrival, directory: Directory, *problems: Problem) -> Normalized:
    """Return a mail that is taken apart as a message; `problems` are known already. Total."""
    headers, identity, body = mime.root.headers, identify(raw), read_body(mime.root)
    known = message_id(arrival.desk, arrival.channel, arrival.account, identity.fingerprint)
    files = describe_files(body.files, desk=arrival.desk, html=body.html)
    text = clean(body.text)
    senders, recipients = read_addresses(headers.first("from")), _recipients(headers, arrival.facts)
    subject = clean(headers.text("subject") or body.subject)[:SUBJECT_MAX]
    sent_at, date_problem = _sent_at(headers, arrival.received_at)
    ours = any(directory.find(sender.email) for sender in senders)
    understood = understand(mime.root, arrival.facts, external_id=identity.external_id, text=text, ours=ours)
    message = InboundMessage(
        id=known,
        reference=reference_of(known),
        desk=arrival.desk,
        channel=arrival.channel,
        account=arrival.account,
        external_id=identity.external_id,
        fingerprint=identity.fingerprint,
        direction=Direction.OUTBOUND if arrival.facts.get("sent") == "1" else Direction.INBOUND,
        sent_at=sent_at,
        received_at=arrival.received_at,
        sender=_sender(senders, headers, arrival, directory, understood),
        recipients=recipients,
        subject=subject,
        text=visible_reply(text, passed_on=passes_on(subject)).reply,
        full_text=(text if body.full_text is body.text else clean(body.full_text)).replace(QUOTE_MARK, "").strip("\n"),
        html=clean(body.html),
        evidence=read_evidence(headers, _addresses(recipients), subject, reported=understood.tokens),
        attachments=files.attachments,
        automation=understood.automation,
        delivery_reports=understood.reports,
        call=understood.call,
        problems=(
            *(*problems, *understood.problems, *_structure_problems(mime.problems, body, files)),
            *(*_header_problems(senders, headers), *_cut_problems(headers, recipients), *date_problem),
        ),
        backfill=arrival.facts.get("backfill") == "1",
    )
    return Normalized(message=message, files=files.contents)


def _sender(
    senders: list[Address], headers: Headers, arrival: Arrival, directory: Directory, understood: Understood
) -> Party:
    """Return who wrote, or who called where an exchange wrote."""
    mailbox = directory.of_account(arrival.desk, arrival.account)
    sender = read_sender(senders, headers, arrival.facts, mailbox.authserv_id if mailbox else "")
    return caller_party(understood.call.caller, sender, arrival.facts) if understood.call else sender


def _recipients(headers: Headers, facts: Mapping[str, str]) -> tuple[Party, ...]:
    """Return To and Cc, then who else this mailbox was addressed as (Bcc): only the envelope knows."""
    found: dict[str, Party] = {}
    for field in ("to", "cc"):
        for value in headers.all(field):
            for address in read_addresses(value):
                found.setdefault(address.email.lower(), party(address, Proof(Assurance.ASSERTED, f"{field}-header")))
    for to in filter(is_address, facts.get("rcpt_to", "").split()):
        found.setdefault(to.lower(), party(Address("", to), Proof(Assurance.VERIFIED, "envelope")))
    return tuple(found.values())[:ADDRESSES_MAX]


def _addresses(parties: Iterable[Party]) -> Iterable[str]:
    return (identity.value for party in parties for identity in party.identities)


def _sent_at(headers: Headers, received_at: datetime) -> tuple[datetime, tuple[Problem, ...]]:
    """Return the Date, or when we received the mail if that is missing, older than mail, or in the future."""
    stated = headers.first("date")
    date = read_date(stated) if stated else None
    if date is None:
        detail = headers.text("date")[:100]
        return received_at, (Problem(code="date_unreadable" if stated else "date_missing", detail=detail),)
    if date.year < OLDEST_YEAR or date > received_at + FUTURE_TOLERANCE:
        return received_at, (Problem(code="date_implausible", detail=headers.text("date")[:100]),)
    return date, ()


def _structure_problems(codes: Iterable[str], body: Body, files: Files) -> Iterable[Problem]:
    yield from (Problem(code=code) for code in codes)
    yield from (Problem(code=code, detail=detail) for code, detail in (*body.problems, *files.problems))


def _cut_problems(headers: Headers, recipients: Sequence[Party]) -> Iterable[Problem]:
    if headers.cut:
        yield Problem(code="headers_cut", detail=f"looked at the first {FIELDS_MAX} fields, {HEAD_MAX_BYTES} bytes")
    if len(recipients) >= ADDRESSES_MAX:
        yield Problem(code="recipients_cut", detail=f"kept the first {ADDRESSES_MAX}")


def _header_problems(senders: list[Address], headers: Headers) -> Iterable[Problem]:
    if not senders:
        yield Problem(code="sender_missing", detail=headers.text("from")[:200])
    elif len(senders) > 1:
        yield Problem(code="several_senders", detail=", ".join(address.email for address in senders[:5]))
    # Reply-To is typed by the sender: a hint for the person who answers, never an identity that could link two people.
    replies = [a.email for a in read_addresses(headers.first("reply-to"))] if "reply-to" in headers else []
    if replies and (not senders or replies[0].lower() != senders[0].email.lower()):
        yield Problem(code="reply_to_differs", detail=", ".join(replies[:5]))
