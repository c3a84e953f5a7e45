import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from threadline_contracts.errors import SettingsError
from threadline_shared.scan import Scanner, open_scanner

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
Answer = Callable[[bytes, asyncio.StreamReader], Awaitable[bytes]]


@asynccontextmanager
async def a_clamd(answer: Answer) -> AsyncIterator[Scanner]:
    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readline() == b"nINSTREAM\n"
        content = b""
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            content += await reader.readexactly(size)
        with suppress(ConnectionError):
            writer.write(await answer(content, reader))
            writer.close()
            await writer.wait_closed()
        ended.set()

    ended = asyncio.Event()
    server = await asyncio.start_server(session, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield open_scanner(
            {"THREADLINE_CLAMD_URL": f"tcp://127.0.0.1:{port}", "THREADLINE_CLAMD_TIMEOUT": "0.5"},
        )
        await asyncio.wait_for(ended.wait(), 5)


async def looks_for_eicar(content: bytes, _: asyncio.StreamReader) -> bytes:
    return b"stream: Win.Test.EICAR_HDB-1 FOUND\n" if EICAR in content else b"stream: OK\n"


@pytest.mark.parametrize("content", [b"", b"hello", b"x" * 3_000_000], ids=len)
async def test_a_clean_file_is_clean(content: bytes) -> None:
    async with a_clamd(looks_for_eicar) as scanner:
        assert await scanner.verdict(content) == "clean"


async def test_an_infected_file_says_with_what() -> None:
    async with a_clamd(looks_for_eicar) as scanner:
        assert await scanner.verdict(b"x" * 1_000_000 + EICAR) == "infected:Win.Test.EICAR_HDB-1"


@pytest.mark.parametrize(
    "reply", [b"INSTREAM size limit exceeded. ERROR\n", b"", b"stream: \xff FOUND\n", b"x" * 100_000], ids=len
)
async def test_any_other_reply_means_unscanned(reply: bytes) -> None:
    async def answers(_: bytes, __: asyncio.StreamReader) -> bytes:
        return reply

    async with a_clamd(answers) as scanner:
        assert await scanner.verdict(b"hello") == "unscanned"


async def test_a_clamd_that_hangs_means_unscanned() -> None:
    async def hangs(_: bytes, client: asyncio.StreamReader) -> bytes:
        await client.read()  # until it gives up
        return b""

    async with a_clamd(hangs) as scanner:
        assert await scanner.verdict(b"hello") == "unscanned"


async def test_no_clamd_means_unscanned() -> None:
    assert await open_scanner({}).verdict(b"hello") == "unscanned"
    assert await open_scanner({"THREADLINE_CLAMD_URL": "tcp://127.0.0.1:1"}).verdict(b"hello") == "unscanned"


@pytest.mark.parametrize("url", ["clamd", "http://a:1", "tcp://a", "tcp://:3310", "tcp://a:99999", "tcp://[a:1"])
def test_a_wrong_url_is_named(url: str) -> None:
    with pytest.raises(SettingsError, match="THREADLINE_CLAMD_URL"):
        open_scanner({"THREADLINE_CLAMD_URL": url})
