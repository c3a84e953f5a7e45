"""`threadline merge`, `unmerge`, `split`, `status`: decisions about tickets, asked of a running gateway."""

import getpass
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from cyclopts import Parameter
from msgspec import Struct

from threadline_contracts.commands import Answer
from threadline_contracts.ticket import Status
from threadline_standalone.exits import CommandError, Exit
from threadline_standalone.remote import Gateway, gateway, read
from threadline_standalone.terminal import printable, show_json

COMMANDS: Final = "/api/v1/commands"
_NOBODY: Final = "operator"

Ticket = Annotated[str, Parameter(help="A ticket's id, or its reference such as 7K3M9-QZD4T.")]
Because = Annotated[str, Parameter(help="The reason, shown to whoever looks at it later.")]
By = Annotated[str, Parameter(help="Who decides; absent: the user of this shell.")]
Json = Annotated[bool, Parameter(help="Print JSON.")]


class Asked(Struct, frozen=True):
    """What the gateway says to a command; `answer` is empty while there is none."""

    command_id: str
    answer: str = ""
    because: str = ""


def merge(
    ticket: Annotated[str, Parameter(help="The ticket that will speak through the other: its id or reference.")],
    into: Annotated[str, Parameter(help="The ticket that speaks for both.")],
    /,
    *,
    because: Because = "",
    by: By = "",
    json: Json = False,
) -> int:
    """Let the conversation of TICKET speak through that of INTO; `threadline unmerge TICKET` undoes it."""
    return ask("ticket.merge.requested.v1", {"ticket": ticket, "into": into}, because=because, by=by, json=json)


def unmerge(ticket: Ticket, /, *, because: Because = "", by: By = "", json: Json = False) -> int:
    """Undo the merge of TICKET into another one, for good: no rule joins the two again."""
    return ask("ticket.unmerge.requested.v1", {"ticket": ticket}, because=because, by=by, json=json)


def split(
    message: Annotated[str, Parameter(help="A message's id, or its reference (`threadline tickets KEY --json`).")],
    /,
    *,
    because: Because = "",
    by: By = "",
    json: Json = False,
) -> int:
    """Move one message out to a new ticket; merging the two back undoes it."""
    return ask("ticket.split.requested.v1", {"message_id": message}, because=because, by=by, json=json)


def status(
    ticket: Ticket,
    status: Annotated[str, Parameter(help="open, pending, solved or closed.")],
    /,
    *,
    because: Because = "",
    by: By = "",
    json: Json = False,
) -> int:
    """Set the status of TICKET: open, pending, solved or closed."""
    if status not in set(Status):
        raise CommandError(f"the status is one of {', '.join(Status)}, not {printable(status)!r}", Exit.USAGE)
    return ask("ticket.status.requested.v1", {"ticket": ticket, "status": status}, because=because, by=by, json=json)


def ask(kind: str, data: Mapping[str, object], *, because: str, by: str, json: bool) -> int:
    """Ask for something, and print what became of it. Returns the exit code: a refusal is none of success."""
    return conclude(order(gateway(), kind, data, because=because, by=by), json=json)


def order(remote: Gateway, kind: str, data: Mapping[str, object], *, because: str, by: str) -> bytes:
    """Ask for something; return what the gateway says to it, an Asked."""
    asked = {"type": kind, "data": {**data, "because": because, "by": by or _user()}}
    return remote.post(COMMANDS, msgspec.json.encode(asked))


def conclude(answer: bytes, *, json: bool) -> int:
    """Print what became of something, and return the exit code."""
    done = read(answer, Asked)
    if json:
        show_json(answer)
    elif done.answer:
        print(printable(f"{done.answer}: {done.because}"))
    if not done.answer:
        raise CommandError(f"asked as {done.command_id}, but not answered yet: it waits in the queue", Exit.UNREACHABLE)
    return Exit.REFUSED if done.answer == Answer.REFUSED else Exit.OK


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a name for its user
        return _NOBODY
