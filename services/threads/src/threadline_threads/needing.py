"""Who needs a blob: what others who drop something must ask first."""

from typing import Protocol


class BlobNeeds(Protocol):
    """The references of messages to blobs."""

    async def needs_blob(self, desk: str, blob: str) -> bool:
        """Return whether a message of the desk refers to a blob. Raises TemporaryError."""
