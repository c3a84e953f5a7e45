"""What a store on PostgreSQL offers to the jobs beside the hot path."""

from threadline_threads.store.postgres_republish import PostgresStock
from threadline_threads.store.postgres_tasks import PostgresTasks


class PostgresUpkeep(PostgresTasks, PostgresStock):
    """An Upkeep."""
