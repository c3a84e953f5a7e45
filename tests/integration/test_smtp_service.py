"""The e-mail service as it runs: a mail of a real client is durable, on the bus, and the same bytes in the store."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import aiosmtplib
import pytest

from support.bus import eventually
from support.intakes import Home, a_home
from support.mail import a_mail
from support.smtp import SALES, SUPPORT, a_door, reply_to_mail
from threadline_contracts.errors import SettingsError
from threadline_contracts.topology import ALWAYS
from threadline_email.app import run
from threadline_email.mailboxes import Directory
from threadline_email.normalize import normalize
from threadline_shared.bus.memory import MemoryBus
from threadline_shared.health import component

NORMALIZE = partial(normalize, directory=Directory([SUPPORT, SALES]))


@asynccontextmanager
async def a_service(env: Mapping[str, str]) -> AsyncIterator[tuple[Home, int]]:
    """Open a door on a real intake, whose bus and blob store can be sent away."""
    bus = MemoryBus()
    await bus.declare(ALWAYS)
    async with a_home(env, bus, NORMALIZE) as home, asyncio.TaskGroup() as group:
        draining = group.create_task(home.intake.run())
        async with a_door(home.intake) as port:
            yield home, port
        draining.cancel()


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"THREADLINE_DATA_DIR": str(tmp_path)}


async def test_a_mail_is_on_the_bus_and_its_bytes_are_kept(env: dict[str, str]) -> None:
    raw = a_mail("It burns.\r\n..dots\r\n")
    async with a_service(env) as (home, port):
        await aiosmtplib.send(raw, sender="a@b.c", recipients=["support@localhost"], hostname="127.0.0.1", port=port)
        (message,) = await home.published(1)
        assert message.raw is not None
        assert await home.blobs.read(message.raw) == raw
    assert (message.text, message.account, message.external_id) == (
        "It burns.\n..dots",
        "support@localhost",
        "m1@example.org",
    )


async def test_the_reply_says_the_reference_that_the_message_has(env: dict[str, str]) -> None:
    async with a_service(env) as (home, port):
        reply = await reply_to_mail(port)
        (message,) = await home.published(1)
    assert reply == f"250 2.0.0 accepted {message.reference}"


async def test_a_mail_sent_twice_is_one_message(env: dict[str, str]) -> None:
    async with a_service(env) as (home, port):
        replies = {await reply_to_mail(port) for _ in range(2)}
        first, second = await home.published(2)
    assert len(replies) == 1
    assert first.id == second.id


async def test_a_mail_to_two_desks_is_twins(env: dict[str, str]) -> None:
    async with a_service(env) as (home, port):
        await reply_to_mail(port, b"", b"support@localhost", b"sales@localhost")
        first, second = await home.published(2)
    assert {first.desk, second.desk} == {"main", "shop"}
    assert first.fingerprint == second.fingerprint


async def test_while_the_bus_is_away_mail_is_taken_to_disk(env: dict[str, str]) -> None:
    async with a_service(env) as (home, port):
        home.bus.away = True
        assert (await reply_to_mail(port)).startswith("250")
        assert home.depth == 1
        home.bus.away = False
        (message,) = await home.published(1)
    assert message.text == "It burns."


async def test_without_a_spool_the_sender_keeps_the_mail_while_the_bus_is_away(env: dict[str, str]) -> None:
    async with a_service(env | {"THREADLINE_SPOOL_DIR": "off"}) as (home, port):
        home.bus.away = True
        assert await reply_to_mail(port) == "451 4.3.0 try again later"
        home.bus.away = False
        assert (await reply_to_mail(port)).startswith("250")
        assert len(await home.published(1)) == 1


async def test_what_came_of_each_input_is_counted(env: dict[str, str]) -> None:
    before = dict(component("email/support@localhost").health().counts)
    async with a_service(env | {"THREADLINE_SPOOL_DIR": "off"}) as (home, port):
        await reply_to_mail(port)
        await reply_to_mail(port, b"\r\n")
        await reply_to_mail(port, b"bare\nfeed")
        home.bus.away = True
        await reply_to_mail(port)
    after = component("email/support@localhost").health().counts
    counted = {outcome: number - before.get(outcome, 0) for outcome, number in after.items()}
    assert {outcome: counted[outcome] for outcome in ("accepted", "skipped", "refused", "failed")} == {
        "accepted": 1,
        "skipped": 1,
        "refused": 1,
        "failed": 1,
    }


async def test_a_megabyte_of_attachment_is_a_file_of_the_message(env: dict[str, str]) -> None:
    head = "Content-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment\r\n"
    body = f"--b\r\n\r\nSee the file.\r\n--b\r\n{head}\r\n{'%PDF' * 250_000}\r\n--b--\r\n"
    async with a_service(env) as (home, port):
        assert (await reply_to_mail(port, a_mail(body, Content_Type="multipart/mixed; boundary=b"))).startswith("250")
        (message,) = await home.published(1)
        (file,) = message.attachments
        assert await home.blobs.size(file.blob) == file.size == 1_000_000
    assert message.text == "See the file."


async def test_the_service_runs_until_it_is_cancelled(
    env: dict[str, str], unused_tcp_port_factory: Callable[[], int]
) -> None:
    smtp_port, http_port = unused_tcp_port_factory(), unused_tcp_port_factory()
    bus = MemoryBus()
    await bus.declare(ALWAYS)
    ports = {"THREADLINE_SMTP_PORT": str(smtp_port), "THREADLINE_HTTP_PORT": str(http_port)}
    task = asyncio.create_task(run(env | ports, bus))

    async def is_taken() -> bool:
        try:
            return (await reply_to_mail(smtp_port)).startswith("250")
        except ConnectionRefusedError:
            return False

    await eventually(is_taken)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", smtp_port)


async def test_a_port_that_is_taken_is_named(env: dict[str, str]) -> None:
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    async with taken:
        with pytest.raises(SettingsError, match=f"THREADLINE_SMTP_PORT.*{port}"):
            await run(env | {"THREADLINE_SMTP_PORT": str(port), "THREADLINE_HTTP_PORT": "0"}, MemoryBus())


async def test_a_folder_for_large_mails_that_cannot_be_written_is_named(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "incoming").write_text("in the way")
    with pytest.raises(SettingsError, match="THREADLINE_SMTP_TEMP_DIR"):
        await run(env | {"THREADLINE_SMTP_PORT": "0", "THREADLINE_HTTP_PORT": "0"}, MemoryBus())
