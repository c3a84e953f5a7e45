"""One SMTP or LMTP conversation: aiosmtpd's, with a DATA of our own.

aiosmtpd reads DATA line by line, refuses long lines with a 500 and hands over bare line ends. Ours reads blocks,
takes lines of any length, and refuses bare CR and LF: where servers disagree about them, mails are smuggled.
"""

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, Self

from aiosmtpd.smtp import SMTP, Envelope, Session, syntax
from msgspec import Struct
from typing_extensions import override

from threadline_email.limits import Room

_COMMAND_LINE_MAX: Final = 2048  # RFC 5321 asks for 512, and for more with extensions
_BLOCK: Final = 64 * 1024
_HEARD_STEPS: Final = 20
_BAD_LINE_ENDS: Final = "550 5.5.2 bare CR or LF in the mail data: every line ends in CR LF (RFC 5321 2.3.8)"
_TOO_LARGE: Final = "552 5.3.4 the mail is larger than we announced (SIZE)"
_NO_ROOM: Final = "452 4.3.1 too much mail at the same moment, try again later"
_CLOSING: Final = b"421 4.3.2 shutting down, try again later\r\n"
_SILENCE: Final = b"421 4.4.2 you said nothing for too long\r\n"
_PLAIN_ADDRESS: Final = re.compile(r"<([^\s<>@\"\\(),:;\[\]]+@[^\s<>@\"\\(),:;\[\]]+|)>(?:\s+(\S.*))?$")

# It would log addresses and envelopes, one line a command.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class Received(Struct, frozen=True):
    """What came in DATA: the mail as sent, dot-stuffing undone, or the reply that refuses it."""

    content: bytes = b""
    refusal: str = ""


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
        self, taker: Taker, room: Room, *, leave: Callable[["Conversation"], None], plain_auth: bool, **settings: Any
    ) -> None:
        super().__init__(taker, **settings)
        self._taker = taker
        self._room = room
        self._leave = leave
        self._auth_require_tls = not plain_auth
        # aiosmtpd's own is shared by all conversations, and grows.
        self.command_size_limits: dict[str, int] = defaultdict(lambda: _COMMAND_LINE_MAX)
        self._in_data = False
        self._retiring = False

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

    def _timeout_cb(self) -> None:
        self._hang_up(_SILENCE)

    def _hang_up(self, why: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(why)
            self.transport.close()

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
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            for reply in await self._replies():
                await self.push(reply)
        finally:
            self._in_data = False
        self._set_post_data_state()
        if self._retiring:
            self.retire()

    async def _replies(self) -> Sequence[str]:
        with _Hold(self._room) as hold:
            received = await self._receive(hold)
            self._reset_timeout()
            if received.refusal:
                self._taker.refused(self.envelope)
                return self._summary([received.refusal] * len(self.envelope.rcpt_tos))
            return self._summary(await self._taker.take(self.session, self.envelope, received.content))

    def _summary(self, replies: Sequence[str]) -> Sequence[str]:
        """Return the one reply of SMTP: yes if it is everybody's; a temporary no has the sender try all again."""
        first_no = (reply for code in "45" for reply in replies if reply.startswith(code))
        return [next(first_no, replies[0])]

    async def _receive(self, hold: "_Hold") -> Received:
        """Read to the end of the data, however much it is; keep only what may be kept."""
        content = bytearray()  # not a list: a hostile mail has a piece for every three bytes
        refusal = ""
        size = 0
        tail = b"\r\n"
        heard = self.loop.time()
        while tail != b"\r\n.\r\n":
            piece = await self._piece()
            if (now := self.loop.time()) - heard > self._timeout_duration / _HEARD_STEPS:
                heard = now
                self._reset_timeout()  # not for every piece: each one makes a timer
            tail = (tail + piece)[-5:]
            size += len(piece)
            if refusal:
                continue
            if size > self.data_size_limit + 3:
                refusal = _TOO_LARGE
            elif not hold.more(len(piece)):
                refusal = _NO_ROOM
            if refusal:
                content.clear()
                hold.nothing()
            else:
                content += piece
        return Received(refusal=refusal) if refusal else _unstuffed(bytes(content))

    async def _piece(self) -> bytes:
        """Return the bytes up to the next dot that ends a line, or a block of others."""
        try:
            return bytes(await self._reader.readuntil(b".\r\n"))
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


class _Hold:
    """The room that one mail takes in memory; given back at the end, whatever happens."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._held = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.nothing()

    def more(self, count: int) -> bool:
        if not self._room.take(count):
            return False
        self._held += count
        return True

    def nothing(self) -> None:
        self._room.give_back(self._held)
        self._held = 0


def _unstuffed(data: bytes) -> Received:
    """Return a mail without its final dot line and without the dots added in front of others (RFC 5321 4.5.2)."""
    content = data[:-3]
    if not content.count(b"\r\n") == content.count(b"\n") == content.count(b"\r"):
        return Received(refusal=_BAD_LINE_ENDS)
    if content.startswith(b"."):
        content = content[1:]
    return Received(content.replace(b"\r\n.", b"\r\n") if b"\r\n." in content else content)
