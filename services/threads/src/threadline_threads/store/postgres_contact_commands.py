"""Commands about contacts in PostgreSQL: carried out while the clerk waits."""

from datetime import datetime

from threadline_threads.clerk.deciding import decide, named
from threadline_threads.commands.command import Command, CommandOutcome
from threadline_threads.commands.facts import Reread
from threadline_threads.events import announcement
from threadline_threads.plan import Plan
from threadline_threads.store.postgres_load import Connection
from threadline_threads.store.postgres_people_save import lock_people, people_by_id, save_people
from threadline_threads.store.postgres_save import save


async def about_contacts(connection: Connection, command: Command, now: datetime, _: Reread) -> CommandOutcome:
    """Link or unlink, and tell so."""
    await lock_people(connection)
    people = await people_by_id(connection, list(named(command.data)), now)
    outcome = decide(command.data, people)
    if people:
        await save_people(connection, people)
        await save(connection, Plan(), [announcement(happening, now) for happening in people.happenings], now)
    return outcome
