"""Our mail parser in the words of the corpora's scorer: a path a line on stdin, one line of JSON each on stdout."""

import sys
from pathlib import Path
from typing import Any

import msgspec

from threadline_contracts.message import AutomationKind
from threadline_email.addresses import read_addresses
from threadline_email.attachments import describe_files
from threadline_email.automation import classify
from threadline_email.bodies import read_body
from threadline_email.bounce import read_bounce
from threadline_email.dates import read_date
from threadline_email.headers import Headers
from threadline_email.identity import identify
from threadline_email.ids import read_evidence
from threadline_email.mime import take_apart
from threadline_email.quotations import QUOTE_MARK
from threadline_email.reply_text import visible_reply
from threadline_shared.text import clean


def answer(raw: bytes) -> dict[str, Any]:
    """Return what we make of a mail, in the scorer's shape."""
    root = take_apart(raw).root
    body = read_body(root)
    text = clean(body.text)
    visible = visible_reply(text)
    files = describe_files(body.files, desk="main", html=body.html).attachments
    external_id = identify(raw).external_id
    automation = classify(root, {}, sender=root.headers.text("from"), external_id=external_id, text=text).kind
    reports = read_bounce(root, text) if automation == AutomationKind.BOUNCE else []
    status = next((report.status for report in reports if report.status), "")
    return _headers(root.headers, external_id) | {
        "text": text.replace(QUOTE_MARK, ""),
        "html": body.html or None,
        "reply": visible.reply,
        "unquoted": visible.unquoted,
        "attachments": [msgspec.to_builtins(file) | {"content_type": file.media_type} for file in files],
        "is_auto_reply": automation == AutomationKind.AUTO_REPLY,
        "is_bounce": automation == AutomationKind.BOUNCE,
        "suppress_auto_response": automation != AutomationKind.NONE,
        "bounce_recipients": [report.recipient for report in reports if report.recipient],
        "bounce_status": status,
        "hard_bounce": status.startswith("5"),
    }


def _headers(headers: Headers, external_id: str) -> dict[str, Any]:
    senders = _addresses(headers, "from")
    date = read_date(headers.first("date"))
    evidence = read_evidence(headers, (), "")
    return {
        "from": senders[0] if senders else {"name": headers.text("from")},
        "to": _addresses(headers, "to"),
        "cc": _addresses(headers, "cc"),
        "reply_to": _addresses(headers, "reply-to"),
        "subject": headers.text("subject"),
        "date": date.isoformat() if date else None,
        "message_id": "" if external_id.startswith("sha256:") else external_id,
        "in_reply_to": evidence.in_reply_to,
        "references": evidence.references,
    }


def _addresses(headers: Headers, name: str) -> list[dict[str, str]]:
    return [
        {"name": address.name, "email": address.email}
        for value in headers.all(name)
        for address in read_addresses(value)
    ]


def main() -> None:
    """Answer until stdin ends. An exception is the answer to its mail, as it would bury it."""
    for line in sys.stdin:
        path = line.rstrip("\n")
        try:
            said = answer(Path(path).read_bytes())
        except Exception as err:  # noqa: BLE001 - the scorer counts it
            said = {"error": repr(err)}
        sys.stdout.buffer.write(msgspec.json.encode({"path": path} | said) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
