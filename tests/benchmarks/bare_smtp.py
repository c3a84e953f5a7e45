"""The limits our SMTP door is compared with: aiosmtpd that discards, alone or after running our normaliser."""

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import uvloop
from aiosmtpd.smtp import SMTP, Envelope, Session

from threadline_contracts.arrival import Arrival


class Discard:
    """Says 250 to everything and keeps nothing."""

    def __init__(self, look: Callable[[bytes], object]) -> None:
        self._look = look

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        self._look(bytes(envelope.content or b""))
        return "250 2.0.0 discarded"


def normaliser() -> Callable[[bytes], object]:
    """Return our normaliser, bound to the mailbox of the load."""
    from threadline_email.normalize import normalize

    def look(raw: bytes) -> object:
        return normalize(raw, Arrival(channel="email", account="support@localhost", received_at=datetime.now(UTC)))

    return look


async def main(port: int, *, normalizing: bool) -> None:
    """Serve until terminated."""
    handler = Discard(normaliser() if normalizing else len)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="bare", loop=loop), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), normalizing="--normalize" in sys.argv))
