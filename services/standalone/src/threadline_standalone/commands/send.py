"""`threadline send`: act as a customer, through the real doors of a running gateway."""

import os
import sys
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter
from msgspec import Struct

from threadline_standalone.addresses import addresses, reachable
from threadline_standalone.customer import Letter, Reply, compose, deliver, multipart
from threadline_standalone.exits import CommandError, Exit
from threadline_standalone.remote import gateway, read, segment
from threadline_standalone.terminal import show_json

_SMTP_OK: Final = 250
_SMTP_REFUSED: Final = 500

Text = Annotated[str, Parameter(help="What to say; `-` reads it from standard input.", allow_leading_hyphen=True)]
Files = Annotated[tuple[Path, ...], Parameter(name="--attach", help="A file to send along; may be repeated.")]
Json = Annotated[bool, Parameter(help="Print the answer as JSON.")]


class FormAnswer(Struct, frozen=True, kw_only=True):
    """What a form says when it has taken an input in."""

    reference: str


def mail(
    *,
    to: Annotated[tuple[str, ...], Parameter(help="The mailbox to write to; may be repeated.")] = (
        "support@localhost",
    ),
    sender: Annotated[str, Parameter(name="--from", help="Who writes.")] = "Ana Kern <ana@example.org>",
    subject: Annotated[str, Parameter(help="The subject.")] = "Broken printer",
    text: Text = "Hello, it is on fire.",
    attach: Files = (),
    in_reply_to: Annotated[str, Parameter(help="Message-ID of the mail that this one answers.")] = "",
    server: Annotated[str, Parameter(help="HOST:PORT of the SMTP server, if not the gateway's usual one.")] = "",
    json: Json = False,
) -> int:
    """Send a mail by SMTP and print what the server said: with 250 the gateway has it for good."""
    letter = Letter(
        sender=sender, recipients=to, subject=subject, text=_given(text), files=attach, in_reply_to=in_reply_to
    )
    reply = deliver(*_smtp_address(server), compose(letter))
    if json:
        show_json(reply)
    else:
        print(f"{reply.code} {reply.text}\nMessage-ID: {reply.message_id}")
    return _exit_code(reply)


def form(
    *,
    form: Annotated[str, Parameter(help="Which form, as the configuration names it.")] = "contact",
    name: Annotated[str, Parameter(help="Who writes.")] = "Ivo Marin",
    email: Annotated[str, Parameter(help="Where to answer.")] = "ivo@example.org",
    phone: Annotated[str, Parameter(help="Where to call back.")] = "",
    subject: Annotated[str, Parameter(help="What it is about.")] = "Invoice 4711",
    message: Text = "Please send it once more.",
    attach: Files = (),
    json: Json = False,
) -> None:
    """Fill in a contact form and print the reference that the customer gets."""
    fields = {"name": name, "email": email, "phone": phone, "subject": subject, "message": _given(message)}
    kind, body = multipart(fields, attach, file_field="files")
    answer = gateway().post(f"/form/{segment(form)}", body, kind)
    if json:
        show_json(answer)
    else:
        print(f"accepted: your reference is {read(answer, FormAnswer).reference}")


def _given(text: str) -> str:
    return sys.stdin.read() if text == "-" else text


def _smtp_address(server: str) -> tuple[str, int]:
    host, _, port = server.rpartition(":")
    if server and not (host and port.isdecimal()):
        raise CommandError(f"--server {server}: HOST:PORT is needed", Exit.USAGE)
    if server:
        return host.strip("[]"), int(port)
    door = addresses(os.environ).smtp
    if door is None:
        raise CommandError(
            "the SMTP door is off (smtp_mode): write to the mailbox itself, or name a --server", Exit.USAGE
        )
    return reachable(door)


def _exit_code(reply: Reply) -> int:
    if reply.code == _SMTP_OK:
        return Exit.OK
    return Exit.REFUSED if reply.code >= _SMTP_REFUSED else Exit.UNREACHABLE
