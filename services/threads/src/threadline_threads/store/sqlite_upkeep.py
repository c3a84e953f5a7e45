"""What a store on SQLite offers to the jobs beside the hot path."""

from threadline_shared.sqlite import SqliteWriter
from threadline_threads.store.sqlite_blobs import SqliteBlobs
from threadline_threads.store.sqlite_erase import SqliteErasing
from threadline_threads.store.sqlite_republish import SqliteStock
from threadline_threads.store.sqlite_retention import SqliteRetention
from threadline_threads.store.sqlite_tasks import SqliteTasks
from threadline_threads.store.sqlite_traces import SqliteTraces


class SqliteUpkeep(SqliteTasks, SqliteStock, SqliteErasing, SqliteTraces, SqliteBlobs, SqliteRetention):
    """An Upkeep."""

    def __init__(self, writer: SqliteWriter) -> None:
        super().__init__(writer)
