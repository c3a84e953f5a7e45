"""What a customer does: write a mail and hand it to an SMTP server, fill in a form. Knows nothing of the gateway."""

import secrets
import smtplib
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, getaddresses, localtime, make_msgid, parseaddr
from mimetypes import guess_type
from pathlib import Path
from typing import Final

from msgspec import Struct

from threadline_standalone.exits import CommandError, Exit

_TIMEOUT_S: Final = 30.0
_GO_ON: Final = frozenset({250, 251})
_OCTETS: Final = "application/octet-stream"


class Letter(Struct, frozen=True, kw_only=True):
    """A mail as its author thinks of it; `in_reply_to` is a Message-ID, with or without angle brackets."""

    sender: str
    recipients: Sequence[str]
    subject: str
    text: str
    files: Sequence[Path] = ()
    in_reply_to: str = ""


class Reply(Struct, frozen=True, kw_only=True):
    """What an SMTP server said in the end: 250 means that it is responsible now."""

    code: int
    text: str
    message_id: str


def compose(letter: Letter) -> EmailMessage:
    """Return the mail of a letter, with a Message-ID and a Date of its own."""
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = letter.sender
    mail["To"] = ", ".join(letter.recipients)
    mail["Subject"] = " ".join(letter.subject.split())
    mail["Date"] = format_datetime(localtime())
    mail["Message-ID"] = make_msgid(domain=letter.sender.rpartition("@")[2].rstrip(">") or "localhost")
    if letter.in_reply_to:
        mail["In-Reply-To"] = mail["References"] = f"<{letter.in_reply_to.strip().strip('<>')}>"
    mail.set_content(letter.text)
    for path in letter.files:
        kind, _, detail = _media_type(path).partition("/")
        mail.add_attachment(_content(path), maintype=kind, subtype=detail, filename=path.name)
    return mail


def deliver(host: str, port: int, mail: EmailMessage) -> Reply:
    """Hand a mail to a server and return what it said. Raises CommandError when it cannot be reached."""
    try:
        with smtplib.SMTP(host, port, local_hostname="localhost", timeout=_TIMEOUT_S) as server:
            code, said = _dialogue(server, mail)
    except smtplib.SMTPResponseException as err:
        code, said = err.smtp_code, err.smtp_error if isinstance(err.smtp_error, bytes) else err.smtp_error.encode()
    except OSError as err:
        line = f"no mail server answers at {host}:{port} ({err}): is `threadline up` running?"
        raise CommandError(line, Exit.UNREACHABLE) from err
    except UnicodeError as err:
        raise CommandError(f"not a plain mail address: {err}", Exit.USAGE) from err
    return Reply(code=code, text=said.decode(errors="replace"), message_id=str(mail["Message-ID"]))


def multipart(fields: Mapping[str, str], files: Sequence[Path], *, file_field: str) -> tuple[str, bytes]:
    """Return the content type and the body of a form as a browser sends it (RFC 7578); empty fields are left out."""
    boundary = f"threadline-{secrets.token_hex(16)}"
    lines: list[bytes] = []
    for name, value in fields.items():
        if value:
            lines += [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n'.encode(), value.encode()]
    for path in files:
        quoted = path.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        place = f'Content-Disposition: form-data; name="{file_field}"; filename="{quoted}"'
        lines += [f"--{boundary}\r\n{place}\r\nContent-Type: {_media_type(path)}\r\n".encode(), _content(path)]
    return f"multipart/form-data; boundary={boundary}", b"\r\n".join([*lines, f"--{boundary}--\r\n".encode()])


def _dialogue(server: smtplib.SMTP, mail: EmailMessage) -> tuple[int, bytes]:
    # smtplib's sendmail keeps the server's last words to itself, and they are what we want to show.
    server.ehlo_or_helo_if_needed()
    code, said = server.mail(parseaddr(str(mail["From"]))[1])
    for _, recipient in getaddresses([str(mail["To"])]):
        if code in _GO_ON:
            code, said = server.rcpt(recipient)
    return server.data(mail.as_bytes()) if code in _GO_ON else (code, said)


def _media_type(path: Path) -> str:
    kind, encoding = guess_type(path.name)
    return kind if kind and not encoding else _OCTETS


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as err:
        raise CommandError(f"cannot read {path}: {err.strerror}", Exit.USAGE) from err
