"""`threadline suggestions`: what waits for a decision."""

from typing import Annotated, Final

from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from threadline_console.api.shapes_decisions import Suggestion, SuggestionList
from threadline_contracts.ids import show_reference
from threadline_standalone.commands.decide import Because, By, Json, ask
from threadline_standalone.exits import CommandError, Exit
from threadline_standalone.remote import gateway, read
from threadline_standalone.terminal import add, ago, screen, show_json, table

_DECIDED: Final = "suggestion.decided.v1"

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
