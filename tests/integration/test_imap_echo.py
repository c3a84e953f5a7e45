"""A server that repeats the command it refuses: the secret is in nothing that we keep or show."""

import asyncio
import traceback
from base64 import b64encode
from typing import Literal

import pytest

from threadline_contracts.errors import TemporaryError
from threadline_email.imap.login import Credentials
from threadline_email.imap.opening import open_connection
from threadline_email.imap_settings import ImapAccount, OauthSettings

SECRET = "s3cretpw-0123456789"


class Parrot:
    """Greets, tells what it can do, and refuses everything else in the words of its client."""

    def __init__(self, capability: bytes, *, tagged: bool) -> None:
        self._capability = capability
        self._tagged = tagged

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK hello\r\n")
        while line := (await reader.readline()).rstrip():
            tag, _, command = line.partition(b" ")
            if command.upper().startswith(b"CAPABILITY"):
                writer.write(b"* CAPABILITY IMAP4rev1" + self._capability + b"\r\n" + tag + b" OK done\r\n")
                continue
            if command.upper().startswith(b"AUTHENTICATE"):
                writer.write(b"+ \r\n")
                command = (await reader.readline()).rstrip()
            writer.write((tag + b" BAD " if self._tagged else b"") + b"unknown command: " + command + b"\r\n")
        writer.close()


@pytest.mark.parametrize("tagged", [True, False])
@pytest.mark.parametrize(
    ("auth", "capability"),
    [
        ("password", b""),
        ("password", b" AUTH=PLAIN"),
        ("xoauth2", b" AUTH=XOAUTH2"),
        ("oauthbearer", b" AUTH=OAUTHBEARER"),
    ],
)
async def test_a_secret_that_is_repeated_is_not_kept(
    auth: Literal["password", "xoauth2", "oauthbearer"], capability: bytes, *, tagged: bool
) -> None:
    server = await asyncio.start_server(Parrot(capability, tagged=tagged).serve, "127.0.0.1", 0)
    oauth = OauthSettings(token_url="https://example.org/", client_id="c", refresh_token="r")
    account = ImapAccount(
        host="127.0.0.1",
        port=server.sockets[0].getsockname()[1],
        tls="none",
        user="ada",
        auth=auth,
        secret="help",
        oauth=None if auth == "password" else oauth,
        timeout_seconds=5.0,
    )
    async with server:
        with pytest.raises(TemporaryError) as caught:
            await asyncio.to_thread(open_connection, account, Credentials(auth, "ada", SECRET))
    shown = "".join(traceback.format_exception(caught.value)) + str(caught.value)
    assert "unknown command" in shown
    assert SECRET not in shown
    assert b64encode(f"\0ada\0{SECRET}".encode()).decode()[:24] not in shown
    assert "[redacted]" in shown
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
