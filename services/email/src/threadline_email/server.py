"""The listener of the SMTP door: admits connections within the limits, and stops without losing a mail in hand."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, cast

from typing_extensions import override

from threadline_contracts.errors import SettingsError
from threadline_email.dialogue import Conversation, LmtpConversation
from threadline_email.limits import Connections, Room, Turns
from threadline_email.mailboxes import Directory
from threadline_email.networks import Networks
from threadline_email.settings import EmailSettings, auth_users, tls_context
from threadline_email.smtp import Accepter, SmtpDoor
from threadline_shared.http_settings import is_loopback

STOP_SECONDS: Final = 8.0  # for the mails in hand
AUTH_TRIES: Final = 5
_ANY: Final = 1_000_000_000
_BACKLOG: Final = 512


@asynccontextmanager
async def serving_smtp(
    settings: EmailSettings,
    directory: Directory,
    intake: Accepter,
    *,
    is_local: Callable[[str], bool] = is_loopback,
    stop_seconds: float = STOP_SECONDS,
) -> AsyncIterator[tuple[str, int]]:
    """Listen, and yield host and port; on leaving, finish the mails in hand and hang up. Raises SettingsError.

    `is_local`: peers that may send a password without TLS.
    """
    listener = Listener(settings, directory, intake, is_local)
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(
            listener.connection, settings.smtp_host, settings.smtp_port, backlog=_BACKLOG, reuse_address=True
        )
    except OSError as err:
        where = f"{settings.smtp_host}:{settings.smtp_port}"
        raise SettingsError(f"THREADLINE_SMTP_PORT: cannot listen on {where}: {err.strerror}") from err
    try:
        host, port = server.sockets[0].getsockname()[:2]
        yield host, port
    finally:
        server.close()
        await listener.stop(stop_seconds)


class Listener:
    """Makes a conversation of every connection it admits, and knows which are going on."""

    def __init__(
        self, settings: EmailSettings, directory: Directory, intake: Accepter, is_local: Callable[[str], bool]
    ) -> None:
        self._is_local = is_local
        self._users = auth_users(settings)
        self._tls: ssl.SSLContext | None = tls_context(settings)
        self._settings = settings
        self._connections = Connections(total=settings.smtp_max_connections, per_ip=settings.smtp_max_per_ip)
        self._room = Room(settings.smtp_max_buffered_bytes)
        self._kind = LmtpConversation if settings.smtp_mode == "lmtp" else Conversation
        self._door = SmtpDoor(
            intake,
            directory,
            turns=Turns(settings.smtp_concurrency, patience=settings.smtp_patience),
            users=self._users,
            trusted=Networks(settings.smtp_trusted_peers),
            max_recipients=settings.smtp_max_recipients,
            protocol=settings.smtp_mode,
        )
        self._going_on: dict[Conversation, str] = {}
        self._quiet = asyncio.Event()
        self._stopping = False

    def connection(self) -> asyncio.Protocol:
        """Return the protocol of a new connection, of which nothing is known yet."""
        return _Gate(self._admit)

    async def stop(self, seconds: float) -> None:
        """Tell everybody to come back later; wait for the mails in hand, at most so long."""
        self._stopping = True
        for conversation in list(self._going_on):
            conversation.retire()
        try:
            async with asyncio.timeout(seconds):
                while self._going_on:
                    self._quiet.clear()
                    await self._quiet.wait()
        except TimeoutError:
            for conversation in list(self._going_on):
                conversation.abort()

    def _admit(self, ip: str) -> Conversation | str:
        """Return the conversation with a peer, or the reply that refuses it."""
        if self._stopping:
            return "421 4.3.2 shutting down, try again later"
        if refusal := self._connections.enter(ip):
            return refusal
        conversation = self._kind(
            self._door, self._room, leave=self._left, plain_auth=self._is_local(ip), **self._options()
        )
        self._going_on[conversation] = ip
        return conversation

    def _options(self) -> dict[str, Any]:
        return {
            "data_size_limit": self._settings.smtp_max_bytes,
            "enable_SMTPUTF8": True,
            "hostname": self._settings.smtp_hostname,
            "ident": f"{self._settings.smtp_mode.upper()} Threadline",
            "tls_context": self._tls,
            "require_starttls": self._settings.smtp_tls_required,
            "timeout": self._settings.smtp_timeout,
            "auth_required": self._settings.smtp_auth_required,
            "authenticator": self._door.authenticate,
            "command_call_limit": {"AUTH": AUTH_TRIES, "*": _ANY},
            "loop": asyncio.get_running_loop(),
        }

    def _left(self, conversation: Conversation) -> None:
        ip = self._going_on.pop(conversation, None)
        if ip is not None:
            self._connections.leave(ip)
            self._quiet.set()


class _Gate(asyncio.Protocol):
    """Looks at who connects; a refused one costs a line, an admitted one gets its conversation."""

    def __init__(self, admit: Callable[[str], Conversation | str]) -> None:
        self._admit = admit

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        admitted = self._admit(str(peer[0]) if isinstance(peer, tuple) else "")
        if isinstance(admitted, str):
            stream.write(f"{admitted}\r\n".encode())
            stream.close()
        else:
            stream.set_protocol(admitted)
            admitted.connection_made(stream)
