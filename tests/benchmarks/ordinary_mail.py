"""Ordinary mails to measure with: written in two alternatives, with a quotation, relayed twice, perhaps with a file."""

import base64
import quopri
import random
from typing import Final

_RELAYED: Final = (
    "Received: from mx.example.org (mx.example.org [192.0.2.1])\r\n\tby mx2.example.com with ESMTPS id 4ABC\r\n"
    "\tfor <support@localhost>; Mon, 02 Mar 2026 10:00:05 +0100\r\n"
)
_HEAD: Final = (
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org;\r\n\ts=s1; h=from:to:subject:date;\r\n"
    f"\tbh={'A' * 44}; b={'B' * 300}\r\n"
    "From: =?utf-8?Q?J=C3=B6rg_M=C3=BCller?= <joerg@example.org>\r\nTo: Support <support@localhost>\r\n"
    'Cc: "Doe, Jane" <jane@example.org>\r\nSubject: =?utf-8?B?RGVyIERydWNrZXIgYnJlbm50IOKAkyBzY2hvbiB3aWVkZXI=?=\r\n'
    "Date: Mon, 02 Mar 2026 10:00:00 +0100\r\nIn-Reply-To: <a1@localhost>\r\n"
    "References: <a0@localhost> <a1@localhost>\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/mixed; boundary="=_outer"\r\n'
)
_WORDS: Final = "Der Drucker im zweiten Stock brennt schon wieder. Könnt ihr bitte nachsehen?"
_PLAIN: Final = (
    f"Hallo zusammen,\n\n{_WORDS}\n\n" * 12
    + "Viele Grüße\nJörg\n\nAm Mo., 2. März 2026 um 09:00 schrieb Support <support@localhost>:\n"
    + "> Danke für Ihre Nachricht, wir kümmern uns darum.\n" * 15
)
_HTML: Final = (
    "<html><head><style>p{margin:0}</style></head><body>"
    + f'<div style="font-family:Arial;color:#333">Hallo zusammen,<br><br><b>{_WORDS}</b></div>\n' * 12
    + '<p>Viele Gr&uuml;&szlig;e<br>J&ouml;rg</p><div class="gmail_quote">Am Mo., 2. M&auml;rz 2026 schrieb Support:'
    + f"<blockquote>{'<p>Danke f&uuml;r Ihre Nachricht, wir k&uuml;mmern uns darum.</p>' * 15}</blockquote></div>"
    + "</body></html>"
)


def an_ordinary_mail(number: int, attached: int) -> bytes:
    """Return a mail of about 8 KB and a file of `attached` bytes; each number makes another."""
    content = b"%PDF-1.4\n" + random.Random(number).randbytes(attached)  # noqa: S311 - no secret
    file = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return b"".join(
        (
            (_RELAYED * 4 + _HEAD + f"Message-ID: <{number}@example.org>\r\n\r\n").encode(),
            b'--=_outer\r\nContent-Type: multipart/alternative; boundary="=_inner"\r\n\r\n',
            _text(b"plain", _PLAIN),
            _text(b"html", _HTML),
            b"--=_inner--\r\n--=_outer\r\nContent-Type: application/pdf; name=bill.pdf\r\n",
            b"Content-Disposition: attachment; filename=bill.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n",
            file,
            b"--=_outer--\r\n",
        )
    )


def _text(subtype: bytes, text: str) -> bytes:
    quoted = quopri.encodestring(text.encode()).replace(b"\n", b"\r\n")
    head = b"--=_inner\r\nContent-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head % subtype + quoted + b"\r\n"
