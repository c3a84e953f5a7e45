"""`threadline contacts`: who people are; link two of them, take an identity away from one, or erase one.

Refuses to erase anybody unless `--yes` says that it is meant.
"""

import sys
import time
from contextlib import suppress
from typing import Annotated, Final
from uuid import UUID

from cyclopts import App, Parameter
from rich.console import Console
from rich.text import Text

from threadline_console.api.shapes_people import ContactDetail, ContactList
from threadline_contracts.ids import show_reference
from threadline_standalone.commands.decide import COMMANDS, Asked, Because, By, Json, ask, conclude, order
from threadline_standalone.exits import CommandError, Exit
from threadline_standalone.remote import Gateway, gateway, read, segment
from threadline_standalone.terminal import add, printable, screen, show_json, table

_CONTACTS: Final = "/api/v1/contacts"
_LOOK_S: Final = 0.3
_LONG_S: Final = 3600.0  # of a very large database

Id = Annotated[str, Parameter(help="A contact's id, as `threadline contacts` lists it.")]
Limit = Annotated[int, Parameter(help="How many at most.")]
Yes = Annotated[bool, Parameter(help="It is meant. Without it the person is shown, and nothing is erased.")]
Detach = Annotated[bool, Parameter(help="Do not wait until it is done: print the command's id.")]

contacts: Final = App(name="contacts")


@contacts.default
def look(
    search: Annotated[str, Parameter(help="Words that begin a name or an identity; or the id of one: show it.")] = "",
    /,
    *,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List contacts, last changed first; with an id, show one and why its identities are one person's."""
    remote = gateway()
    if _is_id(search):
        answer = remote.get(_path(search))
        show_json(answer) if json else _show_contact(screen(), read(answer, ContactDetail))
        return
    answer = remote.get(_CONTACTS, search=search, limit=str(limit))
    show_json(answer) if json else _list_contacts(screen(), read(answer, ContactList))


@contacts.command
def link(contact: Id, other: Id, /, *, because: Because = "", by: By = "", json: Json = False) -> int:
    """Say that two contacts are one person; `threadline contacts unlink` takes an identity away again."""
    return ask("contact.link.requested.v1", {"contact": contact, "other": other}, because=because, by=by, json=json)


@contacts.command
def unlink(
    contact: Id,
    identity: Annotated[str, Parameter(help="An address or a number of theirs, as the contact shows it.")],
    /,
    *,
    because: Because = "",
    by: By = "",
    json: Json = False,
) -> int:
    """Take an identity away from a contact, for good: it is another person's."""
    value = identity.strip()
    found = read(gateway().get(_path(contact)), ContactDetail)
    kinds = [known.kind for known in found.identities if known.value == value]
    if len(kinds) != 1:
        has = ", ".join(known.value for known in found.identities)
        raise CommandError(printable(f"{contact} has no identity {value!r}; it has {has}"), Exit.NOT_FOUND)
    asked = {"contact": contact, "identity": {"kind": kinds[0], "value": value}}
    return ask("contact.unlink.requested.v1", asked, because=because, by=by, json=json)


@contacts.command
def erase(
    contact: Id, /, *, yes: Yes = False, because: Because = "", by: By = "", detach: Detach = False, json: Json = False
) -> int:
    """Forget a person for good: texts, files and identities go from every store, and this waits until they are gone."""
    remote = gateway()
    if not yes:
        _show_contact(screen(), read(remote.get(_path(contact)), ContactDetail))
        raise CommandError("nothing was erased; it cannot be undone: say --yes if this person is meant", Exit.USAGE)
    answer = order(remote, "contact.erase.requested.v1", {"contact": contact}, because=because, by=by)
    asked = read(answer, Asked)
    if detach and not asked.answer:
        show_json(answer) if json else print(asked.command_id)
        return Exit.OK
    return conclude(answer if asked.answer else _erased(remote, asked.command_id), json=json)


def _erased(remote: Gateway, command: str) -> bytes:
    """Wait for the answer to an erasure, and return it."""
    began = time.monotonic()
    while (took := time.monotonic() - began) < _LONG_S:
        if answer := _answer(remote, command):
            _show(f"\r{'':40}\r")
            return answer
        _show(f"\rerasing ... {took:.0f} s")
        time.sleep(_LOOK_S)
    raise CommandError(f"asked as {command}: it still goes on, and needs nobody to wait for it", Exit.UNREACHABLE)


def _answer(remote: Gateway, command: str) -> bytes:
    """Return what became of a command; nothing while there is no answer."""
    try:
        return remote.get(f"{COMMANDS}/{segment(command)}")
    except CommandError as err:
        if err.code is not Exit.NOT_FOUND:
            raise
        return b""


def _show(line: str) -> None:
    """Write over the line before, where somebody looks."""
    if sys.stderr.isatty():
        print(line, end="", file=sys.stderr, flush=True)


def _path(contact: str) -> str:
    return f"{_CONTACTS}/{segment(contact)}"


def _list_contacts(out: Console, found: ContactList) -> None:
    if not found.items:
        out.print("No contacts: whoever writes appears here.")
        return
    grid = table("contact", "name", "identities")
    for one in found.items:
        add(grid, [one.id, one.name, ", ".join(f"{known.value} ({known.assurance})" for known in one.identities)])
    out.print(grid)
    if found.next:
        out.print("There are more: --limit, or search", style="dim")


def _show_contact(out: Console, found: ContactDetail) -> None:
    out.print(Text(printable(found.name or "(no name)"), style="bold"), soft_wrap=True)
    out.print(Text(found.id, style="dim"))
    for known in found.identities:
        why = f"; linked by {known.linked_by}: {known.because}" if known.linked_by else ""
        out.print(printable(f"  {known.kind:<9} {known.value} ({known.assurance}, {known.by}{why})"), soft_wrap=True)
    for link in found.links:
        if link.undone_at:
            said = f"  not one person: {link.one} and {link.other}, by {link.undone_by}: {link.undone_because}"
            out.print(printable(said), style="dim", soft_wrap=True)
    for own in found.tickets:
        line = f"  ticket {show_reference(own.reference)}  {own.status:<8} {own.subject or '(no subject)'}"
        out.print(printable(line), soft_wrap=True)


def _is_id(text: str) -> bool:
    with suppress(ValueError):
        return bool(UUID(text))
    return False
