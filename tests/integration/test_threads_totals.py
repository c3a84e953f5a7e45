"""A large database is not counted row by row: PostgreSQL estimates, and says so."""

import asyncpg
import pytest

from support.threads_house import open_house
from support.threads_shelf import a_mail

pytestmark = pytest.mark.postgres
MANY = 30_000
COPY = """
    INSERT INTO threads.message
    SELECT gen_random_uuid(), version, ticket, reference, external_id, committed_at, placement, content, words
    FROM threads.message, generate_series(2, {0});
    INSERT INTO threads.ticket (id, desk, reference, root, status, revision, subject, channels, accounts, message_count,
        contact, created_at, updated_at, active_at, last_message)
    SELECT gen_random_uuid(), desk, reference, root, status, revision, subject, channels, accounts, message_count,
        contact, created_at, updated_at, active_at, last_message
    FROM threads.ticket, generate_series(2, {0})
"""


async def test_what_is_too_much_to_count_is_estimated(database_url: str) -> None:
    async with open_house({"THREADLINE_DATABASE_URL": database_url}) as house:
        await house.place(a_mail("m1"))
        connection = await asyncpg.connect(database_url)
        await connection.execute("ALTER TABLE threads.message SET (autovacuum_enabled = off)")
        await connection.execute(COPY.format(MANY))
        never_analysed = await house.reader.totals()
        await connection.execute("ANALYZE threads.message; ANALYZE threads.ticket")
        await connection.close()
        totals = await house.reader.totals()
    assert never_analysed.messages == MANY
    assert totals.estimated
    assert totals.messages == pytest.approx(MANY, rel=0.05)
    assert totals.tickets == pytest.approx(MANY, rel=0.05)
