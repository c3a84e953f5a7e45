import aiohttp
import pytest

from support.console import Answer, Console, OpenConsole

TOKEN = "correct-horse-battery-staple"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
FILES = {"Authorization": "Bearer files only"}


async def sign_in(console: Console, token: str = TOKEN, target: str = "") -> Answer:
    return await console.post("/sign-in", data={"token": token, "next": target})


def cookie_of(answer: Answer) -> dict[str, str]:
    return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/v1/tickets", {}, 401),
        ("/api/v1/tickets", BEARER, 200),
        ("/api/v1/tickets", {"Authorization": f"bearer {TOKEN}"}, 200),
        ("/api/v1/tickets", {"Authorization": "Bearer wrong"}, 401),
        ("/api/v1/tickets", {"Authorization": f"Basic {TOKEN}"}, 401),
        ("/api/v1/tickets", {"Authorization": "Bearer "}, 401),
        ("/api/v1/tickets", FILES, 401),
        ("/api/v1/tickets", {"Cookie": "threadline_session=forged"}, 401),
        (f"/api/v1/tickets?token={TOKEN}", {}, 401),
        ("/api/v1/blobs/main.sha256.none", FILES, 404),
        ("/api/v1/blobs/main.sha256.none", BEARER, 404),
        ("/api/v1/blobs/main.sha256.none", {}, 401),
        ("/api/v1/health", {}, 401),
        ("/api/v1/events", {}, 401),
        ("/api/v1/dead-letters", {}, 401),
        ("/static/console/house.css", {}, 200),
        ("/sign-in", {}, 200),
        ("/tickets", {}, 303),
        ("/health", {}, 303),
    ],
)
async def test_a_token_opens_what_it_is_for(
    open_console: OpenConsole, path: str, headers: dict[str, str], status: int
) -> None:
    async with open_console(api_token=TOKEN, blob_token="files only") as console:
        assert (await console.get(path, headers=headers)).status == status


async def test_a_401_says_how_to_come_in(open_console: OpenConsole) -> None:
    async with open_console(api_token=TOKEN) as console:
        answer = await console.get("/api/v1/tickets")

        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "Authorization: Bearer" in answer.json["error"]["message"]


async def test_the_token_is_pasted_once_and_a_cookie_remembers(open_console: OpenConsole) -> None:
    async with open_console(api_token=TOKEN) as console:
        door = await console.get("/tickets?status=open")
        assert door.headers["Location"] == "/sign-in?next=/tickets?status%3Dopen"

        signed_in = await sign_in(console, target="/tickets?status=open")

        assert (signed_in.status, signed_in.headers["Location"]) == (303, "/tickets?status=open")
        given = signed_in.headers["Set-Cookie"]
        assert all(word in given for word in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"))
        assert TOKEN not in given
        for path in ("/tickets", "/health", "/api/v1/tickets", "/api/v1/dead-letters"):
            assert (await console.get(path, headers=cookie_of(signed_in))).status == 200


async def test_the_cookie_is_secure_behind_tls(open_console: OpenConsole) -> None:
    async with open_console(api_token=TOKEN) as console:
        answer = await console.post("/sign-in", data={"token": TOKEN}, headers={"X-Forwarded-Proto": "https"})

        assert "Secure" in answer.headers["Set-Cookie"]


async def test_signing_out_takes_the_cookie_away(open_console: OpenConsole) -> None:
    async with open_console(api_token=TOKEN) as console:
        answer = await console.post("/sign-out", headers=cookie_of(await sign_in(console)))

        assert answer.headers["Location"] == "/sign-in"
        assert 'threadline_session=""' in answer.headers["Set-Cookie"]


async def test_wrong_tokens_are_slowed_down(open_console: OpenConsole) -> None:
    async with open_console(api_token=TOKEN) as console:
        tries = [(await sign_in(console, f"guess {number}")).status for number in range(7)]

        assert tries == [403] * 5 + [429] * 2
        assert "Too many tries" in (await sign_in(console)).text


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "/sign-in"])
async def test_signing_in_never_leads_elsewhere(open_console: OpenConsole, target: str) -> None:
    async with open_console(api_token=TOKEN) as console:
        assert (await sign_in(console, target=target)).headers["Location"] == "/tickets"


async def test_a_link_from_elsewhere_is_asked_again_with_its_cookie(open_console: OpenConsole) -> None:
    async with open_console(api_token=TOKEN) as console:
        answer = await console.get("/tickets", headers={"Sec-Fetch-Site": "cross-site"})

        assert answer.status == 200
        assert 'http-equiv="refresh"' in answer.text


@pytest.mark.parametrize("path", ["/tickets", "/api/v1/tickets", "/api/v1/blobs/x", "/dead-letters"])
async def test_without_a_token_a_foreign_name_finds_nobody_home(console: Console, path: str) -> None:
    answer = await console.get(path, headers={"Host": "evil.example:8080"})

    assert answer.status == 403
    assert "THREADLINE_API_TOKEN" in answer.text


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
@pytest.mark.parametrize("path", ["/dead-letters/replay", "/dead-letters/x/replay", "/api/v1/dead-letters/replay"])
async def test_what_another_page_posts_changes_nothing(console: Console, path: str, headers: dict[str, str]) -> None:
    answer = await console.post(path, headers=headers)

    assert answer.status == 403
    assert "another web page" in answer.text


async def test_a_signed_in_browser_is_no_help_to_another_page(open_console: OpenConsole) -> None:
    async with open_console(api_token=TOKEN) as console:
        headers = {**cookie_of(await sign_in(console)), "Origin": "https://evil.example"}

        for path in ("/api/v1/dead-letters/replay", "/dead-letters/replay"):
            assert (await console.post(path, headers=headers)).status == 403


async def test_our_own_page_and_a_program_may_post(console: Console) -> None:
    for headers in ({"Origin": console.url, "Sec-Fetch-Site": "same-origin"}, {}):
        assert (await console.post("/api/v1/dead-letters/replay", headers=headers)).status == 202


async def test_no_page_can_be_framed_and_nothing_foreign_can_load(console: Console) -> None:
    policy = (await console.get("/tickets")).headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


async def test_a_method_that_is_not_there_is_a_405_in_json(console: Console) -> None:
    async with aiohttp.ClientSession() as client, client.delete(f"{console.url}/api/v1/tickets") as answer:
        assert answer.status == 405
        assert (await answer.json())["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=b",
        "application/x-www-form-urlencoded; charset=klingon",
        "x/y",
    ],
)
async def test_a_sign_in_of_broken_bytes_is_refused_not_failed_at(open_console: OpenConsole, kind: str) -> None:
    async with open_console(api_token=TOKEN) as console:
        answer = await console.post("/sign-in", data=b"token=\xff&" + b"x&=" * 50, headers={"Content-Type": kind})

    assert answer.status == 403
