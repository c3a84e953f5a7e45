"""What a store on PostgreSQL offers to the jobs beside the hot path."""

from threadline_threads.store.postgres_blobs import PostgresBlobs
from threadline_threads.store.postgres_erase import PostgresErasing
from threadline_threads.store.postgres_republish import PostgresStock
from threadline_threads.store.postgres_retention import PostgresRetention
from threadline_threads.store.postgres_tasks import PostgresTasks
from threadline_threads.store.postgres_traces import PostgresTraces


class PostgresUpkeep(PostgresTasks, PostgresStock, PostgresErasing, PostgresTraces, PostgresBlobs, PostgresRetention):
    """An Upkeep."""
