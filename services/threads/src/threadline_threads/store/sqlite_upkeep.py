"""What a store on SQLite offers to the jobs beside the hot path."""

from threadline_shared.sqlite import SqliteWriter
from threadline_threads.store.sqlite_republish import SqliteStock
from threadline_threads.store.sqlite_tasks import SqliteTasks


class SqliteUpkeep(SqliteTasks, SqliteStock):
    """An Upkeep."""

    def __init__(self, writer: SqliteWriter) -> None:
        super().__init__(writer)
