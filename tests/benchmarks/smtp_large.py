"""Mails of 25 MB that arrive in parallel: what they do to the memory of the e-mail service."""

import asyncio
import base64
import os
import time
from typing import Final

from benchmarks.measure import Run, Watched
from benchmarks.smtp_load import command, expect

AT_ONCE: Final = 10
ROUNDS: Final = 2
MOST_MB: Final = 150
_RAW_BYTES: Final = 18 * 1024 * 1024  # makes 24.6 MB of base64
_LINE: Final = 76


def a_large_mail(number: int) -> bytes:
    """Return a mail just under the default limit, with one attachment."""
    text = base64.b64encode(os.urandom(_RAW_BYTES))
    lines = b"\r\n".join(text[start : start + _LINE] for start in range(0, len(text), _LINE))
    head = (
        f"From: Customer {number} <customer{number}@customer.example>\r\nTo: support@localhost\r\n"
        f"Subject: Large {number}\r\nMessage-ID: <large.{number}@customer.example>\r\n"
        "Date: Mon, 02 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b1"\r\n\r\n'
        "--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSee the file.\r\n"
        "--b1\r\nContent-Type: application/octet-stream; name=large.bin\r\n"
        "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=large.bin\r\n\r\n"
    )
    return head.encode() + lines + b"\r\n--b1--\r\n"


async def large_run(port: int, watched: Watched) -> Run:
    """Send them, AT_ONCE at a time."""
    mails = [a_large_mail(number) for number in range(AT_ONCE)]
    before, began = watched.cpu_seconds(), time.perf_counter()
    for _ in range(ROUNDS):
        async with asyncio.TaskGroup() as group:
            for mail in mails:
                group.create_task(_send(port, mail))
    took, cpu, count = time.perf_counter() - began, watched.cpu_seconds() - before, AT_ONCE * ROUNDS
    return Run(rate=count / took, cpu_ms=cpu / count * 1000, peak_mb=watched.peak_mb())


async def _send(port: int, mail: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await expect(reader, b"220")
    await command(reader, writer, b"EHLO bench", b"250")
    await command(reader, writer, b"MAIL FROM:<customer@customer.example>", b"250")
    await command(reader, writer, b"RCPT TO:<support@localhost>", b"250")
    await command(reader, writer, b"DATA", b"354")
    writer.write(mail)
    await writer.drain()
    await command(reader, writer, b".", b"250")
    writer.close()
    await writer.wait_closed()
