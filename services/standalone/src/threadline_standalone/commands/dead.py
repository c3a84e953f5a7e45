"""`threadline dead`: what could not be processed, why, and another try after the fix."""

from typing import Annotated, Final

import msgspec
from cyclopts import Parameter

from threadline_console.api.shapes import DeadLetter, DeadLetterDetail, DeadLetterList, Replayed, ReplayOrder
from threadline_standalone.exits import CommandError, Exit
from threadline_standalone.remote import Gateway, gateway, read, segment
from threadline_standalone.terminal import add, ago, printable, screen, show_json, table

_PATH: Final = "/api/v1/dead-letters"

Json = Annotated[bool, Parameter(help="Print JSON.")]
Id = Annotated[str, Parameter(help="The id of a dead letter, as the list shows it.")]


def list_dead(
    *,
    cause: Annotated[str, Parameter(help="Only those of one cause.")] = "",
    limit: Annotated[int, Parameter(help="How many at most, the latest failure first.")] = 50,
    json: Json = False,
) -> None:
    """List dead letters, the latest failure first."""
    answer = gateway().get(_PATH, cause=cause, limit=str(limit))
    if json:
        show_json(answer)
        return
    found, out = read(answer, DeadLetterList), screen()
    if not found.items:
        out.print("No dead letters: everything that was accepted could be processed.")
        return
    grid = table("id", "state", "failed", "times", "queue", "reason")
    for row in found.items:
        add(grid, [row.id, row.state, ago(row.last_at), str(row.times), row.queue, row.reason])
    out.print(grid)
    if found.next:
        out.print("There are more: --limit", style="dim")


def show(letter: Id, /, *, json: Json = False) -> None:
    """Show one dead letter: its reason, its event, the beginning of its input, and what a replay would do."""
    answer = gateway().get(f"{_PATH}/{segment(letter)}")
    if json:
        show_json(answer)
        return
    found, out = read(answer, DeadLetterDetail), screen()
    facts = {
        "reason": found.reason,
        "event": f"{found.event_type} {found.event_id}",
        "key": f"{found.exchange} {found.key}",
        "queue": found.queue,
        "failed": f"{found.times} times, first {found.first_at:%Y-%m-%d %H:%M:%S%z}",
        "last": f"{found.last_at:%Y-%m-%d %H:%M:%S%z}",
        "replay": found.replay_explains,
    }
    for name, value in facts.items():
        out.print(f"{name:<8} {printable(value)}", soft_wrap=True)
    text = found.input.text if found.input else found.event
    out.print("\n" + "\n".join(map(printable, text.splitlines())), soft_wrap=True)


def replay(
    letter: Annotated[str, Parameter(help="The id of a dead letter; or give --all or --cause.")] = "",
    /,
    *,
    all_: Annotated[bool, Parameter(name="--all", help="Every waiting dead letter.")] = False,
    cause: Annotated[str, Parameter(help="Every waiting dead letter of one cause.")] = "",
    json: Json = False,
) -> int:
    """Send dead letters back to where they failed; harmless when the message has arrived meanwhile."""
    if sum(map(bool, (letter, all_, cause))) != 1:
        raise CommandError("say what to replay: one id, --all, or --cause CAUSE", Exit.USAGE)
    remote = gateway()
    done = _one(remote, letter) if letter else _many(remote, cause)
    if json:
        show_json(done)
    else:
        print(f"replayed {len(done.replayed)}, refused {len(done.refused)}, {done.remaining} still wait")
        for refused in done.refused:
            print(f"  {refused.id}: {printable(refused.reason)}")
    return Exit.REFUSED if done.refused else Exit.OK


def _one(remote: Gateway, letter: str) -> Replayed:
    sent = read(remote.post(f"{_PATH}/{segment(letter)}/replay"), DeadLetter)
    return Replayed(replayed=(sent.id,), refused=(), remaining=0)


def _many(remote: Gateway, cause: str) -> Replayed:
    replayed: dict[str, None] = {}
    while True:
        done = read(remote.post(f"{_PATH}/replay", msgspec.json.encode(ReplayOrder(cause=cause))), Replayed)
        fresh = [letter for letter in done.replayed if letter not in replayed]
        replayed |= dict.fromkeys(done.replayed)
        if not done.remaining or not fresh:
            return Replayed(replayed=tuple(replayed), refused=done.refused, remaining=done.remaining)
