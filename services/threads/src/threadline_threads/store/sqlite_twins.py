"""By what copies find a message: what the first release kept, kept as this one looks for it. A step of a migration."""

from datetime import UTC, datetime
from typing import Final

from threadline_shared.sqlite import Connection
from threadline_threads.store.sqlite_load import stored
from threadline_threads.store.twins import COPIES_COME_WITHIN, renamed

_LATELY: Final = "SELECT ticket, content FROM message WHERE committed_at > ?"
_KEEP: Final = """
    INSERT INTO holder (key, ticket, plain, by) SELECT ?, ticket, plain, by FROM holder WHERE key = ? AND ticket = ?
    ON CONFLICT DO NOTHING
"""


def keep_twins(connection: Connection) -> None:
    """Let the copies that still come find what came lately. What the first release kept stays, for a way back."""
    since = stored(datetime.now(UTC) - COPIES_COME_WITHIN)
    for ticket, content in connection.execute(_LATELY, (since,)):
        if keys := renamed(content):
            before, now = keys
            connection.execute(_KEEP, (now, before, ticket))
