"""One SMTP or LMTP conversation: aiosmtpd's, with a DATA of our own.

aiosmtpd reads DATA line by line, refuses long lines with a 500 and hands over bare line ends. Ours reads blocks, and
takes lines of any length.
"""

import asyncio
import logging
import math
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session, syntax
from typing_extensions import override

from threadline_contracts.errors import TemporaryError
from threadline_email.receiving import NO_ROOM, Incoming, Yard

_COMMAND_LINE_MAX: Final = 2048  # RFC 5321 asks for 512, and for more with extensions
_BLOCK: Final = 64 * 1024
_TOO_LARGE: Final = "552 5.3.4 the mail is larger than we announced (SIZE)"
_END: Final = b"\r\n.\r\n"
_UNASKED: Final = b"550 5.7.1 no PROXY header is expected from you\r\n"
_CLOSING: Final = b"421 4.3.2 shutting down, try again later\r\n"
_SILENCE: Final = b"421 4.4.2 you said nothing for too long\r\n"
_ENDLESS: Final = b"421 4.4.2 the data of this mail took too long\r\n"
_FAREWELL_SECONDS: Final = 5.0  # to read our last line; who does not is cut off
_PLAIN_ADDRESS: Final = re.compile(r"<([^\s<>@\"\\(),:;\[\]]+@[^\s<>@\"\\(),:;\[\]]+|)>(?:\s+(\S.*))?$")

# It would log addresses and envelopes, one line a command.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class Taker(Protocol):
    """What a conversation asks of the door."""

    async def take(self, session: Session, envelope: Envelope, content: bytes) -> Sequence[str]:
        """Return one reply for each recipient."""

    def refused(self, envelope: Envelope) -> None:
        """A mail for these recipients was refused after DATA."""


class Conversation(SMTP):  # type: ignore[misc]  # aiosmtpd's types are not followed
    """SMTP: one reply for a whole mail."""

    line_length_limit = _BLOCK  # of what is read at once

    def __init__(
        self,
        taker: Taker,
        yard: Yard,
        *,
        ip: str,
        leave: Callable[["Conversation"], None],
        plain_auth: bool,
        data_seconds: float,
        auth_pause: float,
        **settings: Any,
    ) -> None:
        super().__init__(taker, **settings)
        self.ip: Final = ip  # a load balancer's connections are other people's
        self._taker = taker
        self._yard = yard
        self._leave = leave
        self._auth_require_tls = not plain_auth
        # aiosmtpd's own is shared by all conversations, and grows.
        self.command_size_limits: dict[str, int] = defaultdict(lambda: _COMMAND_LINE_MAX)
        self._timeout_handle: asyncio.TimerHandle | None = None
        self._patient_until = 0.0
        self._auth_pause = auth_pause
        self._data_seconds = data_seconds
        self._data_until = math.inf
        self._in_data = False
        self._retiring = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or begin again inside TLS."""
        super().connection_made(transport)
        self.session.peer = (self.ip, 0)

    def data_received(self, data: bytes) -> None:
        """Take note that somebody is there."""
        if self._in_data:
            self._reset_timeout()
        super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the server, too; aiosmtpd may call this twice."""
        self._leave(self)
        super().connection_lost(error)

    def retire(self) -> None:
        """Hang up with 421: now, or as soon as the mail in hand has its reply."""
        self._retiring = True
        if not self._in_data:
            self._hang_up(_CLOSING)

    def abort(self) -> None:
        """Hang up at once; the sender keeps the mail in hand."""
        if self.transport is not None:
            self.transport.abort()

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Move the end of our patience; a timer of its own for each command would cost a microsecond or ten."""
        patience = duration or self._timeout_duration
        self._patient_until = min(self.loop.time() + patience, self._data_until)
        if self._timeout_handle is None:
            self._timeout_handle = self.loop.call_later(patience, self._timeout_cb)

    def _timeout_cb(self) -> None:
        if (left := self._patient_until - self.loop.time()) > 0:
            self._timeout_handle = self.loop.call_later(left, self._timeout_cb)
        else:
            self._hang_up(_SILENCE if self._patient_until < self._data_until else _ENDLESS)
            # Closing waits until all is sent, and so for a peer that does not read.
            self.loop.call_later(min(_FAREWELL_SECONDS, self._timeout_duration), self.abort)

    def _hang_up(self, why: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(why)
            self.transport.close()

    async def smtp_PROXY(self, _: str | None) -> None:  # noqa: N802 - aiosmtpd finds commands by name
        """Hang up on who introduces others unasked: we would take him for them, or them for him."""
        self._hang_up(_UNASKED)

    async def auth_PLAIN(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 - found by name, too
        """Log in, in one message (RFC 4616)."""
        return await self._unhurried(await super().auth_PLAIN(server, args))

    async def auth_LOGIN(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        """Log in, name and password in turn."""
        return await self._unhurried(await super().auth_LOGIN(server, args))

    async def _unhurried(self, result: AuthResult) -> AuthResult:
        """Let who guesses passwords wait for the answer."""
        if not (result.success or result.handled):
            await asyncio.sleep(self._auth_pause)
        return result

    @syntax("DATA")  # type: ignore[untyped-decorator]  # aiosmtpd's types are not followed
    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd finds commands by name
        """Take a mail: 354, its bytes, and the door's reply."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
        elif not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
        else:
            await self._data()

    async def _data(self) -> None:
        self._in_data = True
        self._data_until = self.loop.time() + self._data_seconds
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            for reply in await self._replies():
                await self.push(reply)
        finally:
            self._in_data = False
            self._data_until = math.inf
        self._set_post_data_state()
        if self._retiring:
            self.retire()

    async def _replies(self) -> Sequence[str]:
        with Incoming(self._yard) as mail:
            content = await self._receive(mail)
            self._data_until = math.inf
            self._reset_timeout()
            if isinstance(content, str):
                self._taker.refused(self.envelope)
                return self._summary([content] * len(self.envelope.rcpt_tos))
            return self._summary(await self._taker.take(self.session, self.envelope, content))

    def _summary(self, replies: Sequence[str]) -> Sequence[str]:
        """Return the one reply of SMTP: yes if it is everybody's; a temporary no has the sender try all again."""
        first_no = (reply for code in "45" for reply in replies if reply.startswith(code))
        return [next(first_no, replies[0])]

    async def _receive(self, mail: Incoming) -> bytes | str:
        """Read to the end of the data, however much it is; return the mail, or the reply that refuses it."""
        # So that a dot on the first line ends a mail like any other; aiosmtpd reaches for the buffer, too.
        self._reader._buffer[:0] = b"\r\n"  # noqa: SLF001
        left = self.data_size_limit + len(_END)
        refusal = ""
        piece = b""
        while not piece.endswith(_END):
            piece = await self._piece()
            left -= len(piece)
            if not refusal:
                kept = piece[:-3] if piece.endswith(_END) else piece
                refusal = _TOO_LARGE if left < 0 else await mail.add(kept)
                if refusal:
                    mail.drop()
        try:
            return refusal or await mail.end() or await mail.content()
        except TemporaryError:
            return NO_ROOM

    async def _piece(self) -> bytes:
        """Return what there is up to the end of the data, or a block from the middle of it."""
        try:
            return bytes(await self._reader.readuntil(_END))
        except asyncio.LimitOverrunError as err:
            return bytes(await self._reader.read(err.consumed))

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Read the usual `<a@b> SIZE=1` at once; leave the rest to aiosmtpd's slow grammar."""
        if match := _PLAIN_ADDRESS.match(arg):
            return match[1] or "<>", match[2] or ""
        parsed: tuple[str | None, str | None] = super()._getaddr(arg)
        return parsed


class LmtpConversation(Conversation):
    """LMTP (RFC 2033): LHLO, and one reply for each recipient after the dot."""

    @syntax("LHLO hostname")  # type: ignore[untyped-decorator]  # aiosmtpd's types are not followed
    async def smtp_LHLO(self, arg: str) -> None:  # noqa: N802
        """Greet."""
        await super().smtp_EHLO(arg)

    async def smtp_HELO(self, _: str) -> None:  # noqa: N802
        """Refuse the greeting of SMTP."""
        await self.push("500 5.5.1 this is LMTP: say LHLO")

    async def smtp_EHLO(self, _: str) -> None:  # noqa: N802
        """Refuse the greeting of SMTP."""
        await self.push("500 5.5.1 this is LMTP: say LHLO")

    @override
    def _summary(self, replies: Sequence[str]) -> Sequence[str]:
        return replies
