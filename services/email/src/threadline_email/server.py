"""The listener of the SMTP door: admits connections within the limits, and stops without losing a mail in hand."""

import asyncio
import errno
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from threadline_contracts.errors import SettingsError
from threadline_email.dialogue import Conversation, LmtpConversation
from threadline_email.failed_logins import FailedLogins
from threadline_email.gate import Gate
from threadline_email.limits import Connections, Memory, Room, Turns
from threadline_email.mailboxes import Directory
from threadline_email.networks import Networks
from threadline_email.receiving import Yard
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
            listener.connection,
            settings.smtp_host,
            settings.smtp_port,
            backlog=_BACKLOG,
            reuse_address=True,
            reuse_port=settings.smtp_reuse_port,
        )
    except OSError as err:
        raise SettingsError(_refusal(settings, err)) from err
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
        self._proxies = Networks(settings.smtp_proxy_networks)
        self._yard = _yard(settings)
        self._kind = LmtpConversation if settings.smtp_mode == "lmtp" else Conversation
        self._door = SmtpDoor(
            intake,
            directory,
            turns=Turns(settings.smtp_concurrency, patience=settings.smtp_patience),
            users=self._users,
            failed=FailedLogins(settings.smtp_auth_failures),
            trusted=Networks(settings.smtp_trusted_peers),
            max_recipients=settings.smtp_max_recipients,
            protocol=settings.smtp_mode,
        )
        self._going_on: set[Conversation] = set()
        self._quiet = asyncio.Event()
        self._stopping = False

    def connection(self) -> asyncio.Protocol:
        """Return the protocol of a new connection, of which nothing is known yet."""
        return Gate(self._admit, self._connections, self._proxies)

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
            self._door, self._yard, ip=ip, leave=self._left, plain_auth=self._is_local(ip), **self._options()
        )
        self._going_on.add(conversation)
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
            "auth_pause": self._settings.smtp_auth_pause,
            "data_seconds": self._settings.smtp_data_seconds,
            "auth_required": self._settings.smtp_auth_required,
            "authenticator": self._door.authenticate,
            "command_call_limit": {"AUTH": AUTH_TRIES, "*": _ANY},
            "loop": asyncio.get_running_loop(),
        }

    def _left(self, conversation: Conversation) -> None:
        if conversation in self._going_on:
            self._going_on.remove(conversation)
            self._connections.leave(conversation.ip)
            self._quiet.set()


def _yard(settings: EmailSettings) -> Yard:
    """Return the place of mails that come in. Raises SettingsError when large ones cannot be written there."""
    folder = Path(settings.smtp_temp_dir or tempfile.gettempdir())
    yard = Yard(
        Room(settings.smtp_max_buffered_bytes),
        small=Room(settings.smtp_memory_bytes // 2),
        memory=Memory(settings.smtp_memory_bytes, patience=settings.smtp_patience),
        folder=folder,
    )
    try:
        yard.open_file().close()
    except OSError as err:
        raise SettingsError(f"THREADLINE_SMTP_TEMP_DIR: cannot write to {folder}: {err.strerror}") from err
    return yard


def _refusal(settings: EmailSettings, err: OSError) -> str:
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    said = f"THREADLINE_SMTP_PORT: cannot listen on {where}: {err.strerror}"
    if err.errno == errno.EADDRINUSE and settings.smtp_reuse_port:
        return f"{said}; every process on it must be of one user, and have THREADLINE_SMTP_REUSE_PORT"
    return said
