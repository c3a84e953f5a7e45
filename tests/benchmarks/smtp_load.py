"""A load of mails over kept SMTP connections, cheap enough not to hide the server it measures."""

import asyncio
import time
from collections.abc import Iterator
from typing import Final

CONNECTIONS: Final = 20


def a_mail(number: int, run: str) -> bytes:
    """Return a 4 KB multipart mail with ids of its own."""
    text = "".join(f"Line {line} of a mail about a broken printer, order {number}.\r\n" for line in range(20))
    html = text.replace("\r\n", "<br>\r\n")
    return (
        f"From: Customer {number} <customer{number}@customer.example>\r\n"
        "To: support@localhost\r\n"
        f"Subject: Broken printer {number}\r\n"
        f"Message-ID: <{run}.{number}@customer.example>\r\n"
        "Date: Mon, 02 Nov 2026 12:00:00 +0000\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/alternative; boundary="b1"\r\n\r\n'
        f"--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        f"--b1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>{html}</p>\r\n"
        "--b1--\r\n"
    ).encode()


async def send_all(port: int, count: int, run: str) -> tuple[float, list[float]]:
    """Send `count` mails over CONNECTIONS connections; return the seconds it took and each mail's latency."""
    numbers = iter(range(count))
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        clients = [group.create_task(_client(port, numbers, run)) for _ in range(CONNECTIONS)]
    took = time.perf_counter() - started
    return took, [latency for client in clients for latency in client.result()]


async def _client(port: int, numbers: Iterator[int], run: str) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await expect(reader, b"220")
    await command(reader, writer, b"EHLO bench", b"250")
    latencies = []
    for number in numbers:
        mail = a_mail(number, run)
        started = time.perf_counter()
        await command(reader, writer, b"MAIL FROM:<customer@customer.example>", b"250")
        await command(reader, writer, b"RCPT TO:<support@localhost>", b"250")
        await command(reader, writer, b"DATA", b"354")
        await command(reader, writer, mail + b".", b"250")
        latencies.append(time.perf_counter() - started)
    writer.close()
    await writer.wait_closed()
    return latencies


async def command(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes, code: bytes) -> None:
    writer.write(line + b"\r\n")
    await expect(reader, code)


async def expect(reader: asyncio.StreamReader, code: bytes) -> None:
    while True:
        line = await reader.readline()
        if not line.startswith(code):
            message = f"the server said {line!r}, not {code!r}"
            raise ConnectionError(message)
        if line[3:4] != b"-":
            return
