"""The `threadline` command: names and help only; a command's own code is imported when it runs."""

import os
import sys
from typing import Final, NoReturn

from cyclopts import App, Group, Parameter

from threadline_contracts.errors import SettingsError
from threadline_standalone.exits import MEANINGS, CommandError, Exit

_RUN: Final = Group("Run it", sort_key=1)
_TRY: Final = Group("Act as a customer", sort_key=2)
_LOOK: Final = Group("Look into a running gateway", sort_key=3)
_DECIDE: Final = Group("Decide about tickets", sort_key=4)
_WIRE: Final = Group("Build on it", sort_key=5)
_HERE: Final = "threadline_standalone.commands"
_ADDRESS: Final = "The gateway is found at THREADLINE_URL, else at THREADLINE_HTTP_HOST and THREADLINE_HTTP_PORT."


def command_line() -> App:
    """Return every command with its help; nothing else is imported yet."""
    app = App(
        name="threadline",
        help="Every channel a customer uses, one ticket thread on your bus.",
        help_epilogue=f"{_ADDRESS}\n\n{MEANINGS}",
        default_parameter=Parameter(negative=""),
        version=_version,
    )
    app["--help"].group = app["--version"].group = Group("Also", sort_key=9)
    _add_running(app)
    send = App(name="send", group=_TRY, help="Send a mail or a form to a running gateway, as a customer would.")
    send.command(f"{_HERE}.send:mail", name="mail", help="Send a mail by SMTP; print what the server said.")
    send.command(f"{_HERE}.send:form", name="form", help="Fill in a contact form; print the reference it gave.")
    app.command(send)
    app.command(f"{_HERE}.tickets:tickets", name="tickets", group=_LOOK, help="List tickets, or show one.")
    app.command(
        f"{_HERE}.suggestions:suggestions", name="suggestions", group=_DECIDE, help="List what may belong together."
    )
    app.command(f"{_HERE}.decide:merge", name="merge", group=_DECIDE, help="Let a ticket speak through another one.")
    app.command(f"{_HERE}.decide:unmerge", name="unmerge", group=_DECIDE, help="Undo a merge, for good.")
    app.command(f"{_HERE}.decide:split", name="split", group=_DECIDE, help="Move a message out to a ticket of its own.")
    app.command(f"{_HERE}.decide:status", name="status", group=_DECIDE, help="Set a ticket's status.")
    people = "List people, show one; link, unlink or erase."
    app.command(f"{_HERE}.contacts:contacts", name="contacts", group=_LOOK, help=people)
    app.command(f"{_HERE}.tail:tail", name="tail", group=_LOOK, help="Follow ticket events as they happen.")
    app.command(f"{_HERE}.trace:trace", name="trace", group=_LOOK, help="Say where a message is, and why there.")
    dead = App(name="dead", group=_LOOK, help="What could not be processed: list, show, replay.")
    dead.command(f"{_HERE}.dead:list_dead", name="list", help="List what is buried, with its reason.")
    dead.command(f"{_HERE}.dead:show", name="show", help="Show one buried input.")
    dead.command(f"{_HERE}.dead:replay", name="replay", help="Try one again, or all, after the fix.")
    app.command(dead)
    republish_help = "Have all tickets told again, for a consumer that starts from nothing."
    app.command(f"{_HERE}.republish:republish", name="republish", group=_WIRE, help=republish_help)
    app.command(f"{_HERE}.schema:schema", name="schema", group=_WIRE, help="Print or write the published contracts.")
    return app


def _add_running(app: App) -> None:
    """Add what prepares a gateway, and runs it."""
    app.command(f"{_HERE}.up:up", name="up", group=_RUN, help="Start every service in one process.")
    app.command(f"{_HERE}.up:demo", name="demo", group=_RUN, help="Start, send one input through every door, and end.")
    check_help = "Try settings, ports, bus, database, disk and mailboxes."
    app.command(f"{_HERE}.check:check", name="check", group=_RUN, help=check_help)
    backfill_help = "Import the mails that a mailbox had before its first connection."
    app.command(f"{_HERE}.backfill:backfill", name="backfill", group=_RUN, help=backfill_help)


def main() -> NoReturn:
    """Run one command and leave with its exit code."""
    try:
        code = command_line()(result_action="return_int_as_exit_code_else_zero")
    except CommandError as err:
        code = _say(str(err), err.code)
    except SettingsError as err:
        code = _say(str(err), Exit.REFUSED)
    except BrokenPipeError:  # `threadline tail | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = Exit.OK
    sys.exit(code)


def _say(line: str, code: Exit) -> Exit:
    print(f"threadline: {line}", file=sys.stderr)
    return code


def _version() -> str:
    from importlib.metadata import version

    return version("threadline-standalone")
