"""Our parser in the words of the mail corpora's scorer: a path a line on stdin, one line of JSON each on stdout."""

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
from threadline_email.identity import identify
from threadline_email.ids import read_evidence
from threadline_email.mime import take_apart
from threadline_email.reply_text import visible_reply
from threadline_shared.text import clean


def answer(raw: bytes) -> dict[str, Any]:
    mime = take_apart(raw)
    h = mime.root.headers
    ident = identify(raw)
    body = read_body(mime.root)
    files = describe_files(body.files, desk="main", html=body.html)
    text = clean(body.text)
    vis = visible_reply(text)
    auto = classify(mime.root, {}, sender=h.text("from"), external_id=ident.external_id)
    bounce = auto.kind is AutomationKind.BOUNCE
    b = read_bounce(mime.root, text) if bounce else None
    ev = read_evidence(h, (), "")
    date = read_date(h.first("date"))

    def adr(n):
        return [{"name": a.name, "email": a.email} for v in h.all(n) for a in read_addresses(v)]

    frm = adr("from")
    return {
        "from": frm[0] if frm else {"name": h.text("from")},
        "to": adr("to"),
        "cc": adr("cc"),
        "reply_to": adr("reply-to"),
        "subject": h.text("subject"),
        "date": date.isoformat() if date else None,
        "message_id": "" if ident.external_id.startswith("sha256:") else ident.external_id,
        "in_reply_to": ev.in_reply_to,
        "references": ev.references,
        "text": text.replace("\x02", ""),
        "html": body.html or None,
        "reply": vis.reply,
        "unquoted": vis.unquoted,
        "attachments": [
            {
                "filename": f.filename,
                "content_type": f.media_type,
                "size": f.size,
                "sha256": f.sha256,
                "content_id": f.content_id,
                "inline": f.inline,
            }
            for f in files.attachments
        ],
        "is_auto_reply": auto.kind is AutomationKind.AUTO_REPLY,
        "is_bounce": bounce,
        "suppress_auto_response": auto.kind is not AutomationKind.NONE,
        "bounce_recipients": b.recipients if b else [],
        "bounce_status": b.status if b else "",
        "hard_bounce": bool(b) and b.status.startswith("5"),
    }


def main() -> None:
    for line in sys.stdin:
        path = line.rstrip("\n")
        try:
            out = answer(Path(path).read_bytes())
        except Exception as err:
            import traceback

            traceback.print_exc()
            out = {"error": repr(err)}
        sys.stdout.buffer.write(msgspec.json.encode({"path": path} | out) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
