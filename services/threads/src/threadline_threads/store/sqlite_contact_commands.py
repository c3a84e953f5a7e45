"""Commands about contacts in SQLite."""

from datetime import datetime

from threadline_shared.sqlite import Connection
from threadline_threads.clerk.deciding import decide, named
from threadline_threads.commands.command import Command, CommandOutcome
from threadline_threads.commands.facts import Reread
from threadline_threads.events import announcement
from threadline_threads.plan import Plan
from threadline_threads.store.sqlite_people_save import people_by_id, save_people
from threadline_threads.store.sqlite_save import save


def about_contacts(connection: Connection, command: Command, now: datetime, _: Reread) -> CommandOutcome:
    """Link or unlink, and tell so."""
    people = people_by_id(connection, list(named(command.data)), now)
    outcome = decide(command.data, people)
    if people:
        save_people(connection, people)
        save(connection, Plan(), [announcement(happening, now) for happening in people.happenings], now)
    return outcome
