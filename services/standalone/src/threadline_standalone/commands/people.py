"""`threadline suggestions` and `threadline contacts`: what waits for a decision, and who people are."""

from contextlib import suppress
from typing import Annotated, Final
from uuid import UUID

from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from threadline_console.api.shapes_decisions import Suggestion, SuggestionList
from threadline_console.api.shapes_people import ContactDetail, ContactList
from threadline_contracts.ids import show_reference
from threadline_standalone.commands.decide import Because, By, ask
from threadline_standalone.exits import CommandError, Exit
from threadline_standalone.remote import gateway, read, segment
from threadline_standalone.terminal import add, ago, printable, screen, show_json, table

_DECIDED: Final = "suggestion.decided.v1"

Json = Annotated[bool, Parameter(help="Print JSON.")]
Limit = Annotated[int, Parameter(help="How many at most.")]


def suggestions(
    *,
    accept: Annotated[str, Parameter(help="Accept the suggestion with this id: the two are merged.")] = "",
    decline: Annotated[str, Parameter(help="Decline it: no rule joins the two.")] = "",
    because: Because = "",
    by: By = "",
    limit: Limit = 50,
    json: Json = False,
) -> int:
    """List merges that somebody should decide, newest first; or accept or decline one."""
    if accept and decline:
        raise CommandError("accept one, or decline one, not both", Exit.USAGE)
    if accept or decline:
        decision = {"suggestion": accept or decline, "decision": "accept" if accept else "decline"}
        return ask(_DECIDED, decision, because=because, by=by, json=json)
    answer = gateway().get("/api/v1/suggestions", limit=str(limit))
    show_json(answer) if json else _list_suggestions(screen(), read(answer, SuggestionList))
    return Exit.OK


def contacts(
    search: Annotated[str, Parameter(help="Words that begin a name or an identity; or the id of one: show it.")] = "",
    /,
    *,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List contacts, last changed first; with an id, show one and why its identities are one person's."""
    remote = gateway()
    if _is_id(search):
        answer = remote.get(f"/api/v1/contacts/{segment(search)}")
        show_json(answer) if json else _show_contact(screen(), read(answer, ContactDetail))
        return
    answer = remote.get("/api/v1/contacts", search=search, limit=str(limit))
    show_json(answer) if json else _list_contacts(screen(), read(answer, ContactList))


def _list_suggestions(out: Console, found: SuggestionList) -> None:
    if not found.items:
        out.print("Nothing to decide: what is proved is joined already.")
        return
    grid = table("suggestion", "score", "ticket", "may belong to", "made", "because")
    for one in found.items:
        add(grid, [one.id, f"{one.score:.2f}", *map(_reference, _ends(one)), ago(one.at), _because(one)])
    out.print(grid)
    out.print("threadline suggestions --accept ID, or --decline ID", style="dim")


def _ends(one: Suggestion) -> tuple[str, str]:
    return one.ticket.reference, one.other.reference


def _because(one: Suggestion) -> str:
    return " ".join(reason.because for reason in one.reasons)


def _reference(reference: str) -> Text:
    return Text(show_reference(reference), style="cyan")


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
