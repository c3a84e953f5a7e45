import asyncio
from hashlib import sha256

import pytest

from support.console import Console, OpenConsole

CONTENT = bytes(range(256)) * 8
PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


async def kept(console: Console, content: bytes) -> str:
    return "/api/v1/blobs/" + await console.blobs.put("main", content, sha256=sha256(content).hexdigest())


async def test_a_file_is_given_to_be_saved_and_never_to_be_run(console: Console) -> None:
    answer = await console.get(await kept(console, CONTENT) + "?name=Ra%C4%8Dun%20%2F%20..pdf")

    assert (answer.status, answer.body) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["Threadline-Scan"] == "unscanned"
    disposition = answer.headers["Content-Disposition"]
    assert disposition == "attachment; filename=\"Ra_un _ ..pdf\"; filename*=UTF-8''Ra%C4%8Dun%20_%20..pdf"


@pytest.mark.parametrize(
    ("asked", "status", "start", "stop", "content_range"),
    [
        ("bytes=0-9", 206, 0, 10, "bytes 0-9/2048"),
        ("bytes=2040-", 206, 2040, 2048, "bytes 2040-2047/2048"),
        ("bytes=-8", 206, 2040, 2048, "bytes 2040-2047/2048"),
        ("bytes=5-1", 200, 0, 2048, None),
        ("nonsense", 200, 0, 2048, None),
    ],
)
async def test_a_part_of_a_file_can_be_read(
    console: Console, asked: str, status: int, start: int, stop: int, content_range: str | None
) -> None:
    answer = await console.get(await kept(console, CONTENT), headers={"Range": asked})

    assert (answer.status, answer.body) == (status, CONTENT[start:stop])
    assert answer.headers.get("Content-Range") == content_range
    assert answer.headers["Content-Length"] == str(stop - start)


async def test_a_part_behind_the_end_is_a_416(console: Console) -> None:
    answer = await console.get(await kept(console, CONTENT), headers={"Range": "bytes=2048-"})

    assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */2048")


@pytest.mark.parametrize(
    ("content", "media_type", "kind"),
    [
        (PNG, "image/png", "inline"),
        (SVG, "application/octet-stream", "attachment"),
        (b"", "application/octet-stream", "attachment"),
    ],
)
async def test_only_a_bitmap_is_shown_in_place(console: Console, content: bytes, media_type: str, kind: str) -> None:
    answer = await console.get(await kept(console, content) + "?inline=1&name=x.png")

    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["Content-Disposition"].startswith(kind)


async def test_a_small_raw_input_is_read_out_of_its_pack(console: Console) -> None:
    blob = await console.blobs.keep_raw("main", b"Subject: hi\r\n\r\nthere")

    answer = await console.get(f"/api/v1/blobs/{blob}", headers={"Range": "bytes=9-10"})

    assert answer.body == b"hi"


@pytest.mark.parametrize("blob", ["main.sha256.none", "..%2F..%2Fetc%2Fpasswd", "%00", "main.pack.1.0.9.zz"])
async def test_an_unknown_blob_is_a_404(console: Console, blob: str) -> None:
    answer = await console.get(f"/api/v1/blobs/{blob}")

    assert answer.status == 404
    assert answer.json["error"]["code"] == "not_found"


async def test_head_tells_without_sending(console: Console) -> None:
    answer = await console.ask("HEAD", await kept(console, CONTENT))

    assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, "2048", b"")


class Clamd:
    """Speaks the stream command of clamd; finds EICAR."""

    asked = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        await reader.readline()
        content = b""
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            content += await reader.readexactly(size)
        writer.write(b"stream: Eicar-Test-Signature FOUND\n" if b"EICAR" in content else b"stream: OK\n")
        await writer.drain()
        writer.close()


async def test_a_scanned_file_says_so_and_an_infected_one_stays_here(open_console: OpenConsole) -> None:
    clamd = Clamd()
    server = await asyncio.start_server(clamd.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, open_console(clamd_url=f"tcp://127.0.0.1:{port}") as console:
        clean, infected = await kept(console, b"harmless"), await kept(console, b"EICAR")

        answers = [await console.get(path) for path in (clean, clean, infected)]

    assert [answer.status for answer in answers] == [200, 200, 403]
    assert [answer.headers["Threadline-Scan"] for answer in answers] == ["clean", "clean", "infected"]
    assert clamd.asked == 2
