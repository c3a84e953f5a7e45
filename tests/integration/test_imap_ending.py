"""A service that ends while an IMAP server keeps it waiting."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

# The greeting after which nothing comes; without one, nothing comes at all.
SILENCES = [b"", b"* OK hello\r\n"]
SERVICE = """
import asyncio, os, sys
from threadline_contracts.topology import ALWAYS
from threadline_email.app import run
from threadline_shared.bus.memory import MemoryBus
from threadline_shared.runtime import run_process

async def body():
    bus = MemoryBus()
    await bus.declare(ALWAYS)
    await run(dict(os.environ), bus)

sys.exit(run_process("email", body, dict(os.environ)))
"""


@pytest.mark.parametrize("greeting", SILENCES)
async def test_a_server_that_says_nothing_does_not_keep_it_from_ending(tmp_path: Path, greeting: bytes) -> None:
    reached = asyncio.Event()

    async def keep_waiting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        if greeting:
            await reader.readline()  # the first command: it waits for an answer
        reached.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(keep_waiting, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    (tmp_path / "threadline.toml").write_text(
        f'[email]\nsmtp_mode = "off"\n[[email.mailboxes]]\naddress = "a@example.com"\n[email.mailboxes.imap]\n'
        f'host = "127.0.0.1"\nport = {port}\ntls = "none"\nuser = "a"\nsecret = "a"\n'
        "connect_seconds = 40.0\ntimeout_seconds = 40.0\n"
    )
    env = {"THREADLINE_DATA_DIR": str(tmp_path), "THREADLINE_HTTP_PORT": "0", "THREADLINE_IMAP_SECRET_A": "x"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVICE, env=env, cwd=tmp_path, stdout=PIPE, stderr=PIPE
    )
    async with server:
        await asyncio.wait_for(reached.wait(), 30)
        process.send_signal(signal.SIGTERM)
        try:
            _, said = await asyncio.wait_for(process.communicate(), 10)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert (process.returncode, b"Traceback" in said) == (0, False)
