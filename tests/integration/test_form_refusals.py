"""What a running form service refuses, and how it says so: to programs and to people."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from support.forms import ServeForms, Site

ANA = {"name": "Ana K.", "email": "ana@example.org", "message": "It burns."}
SMALL = """
[[form.forms]]
[form.forms.limits]
max_files = 2
max_file_bytes = 1000
max_total_bytes = 1500
message = 100
"""


def multipart(*files: tuple[str, bytes], **fields: str) -> aiohttp.FormData:
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in (ANA | fields).items():
        data.add_field(name, value)
    for name, content in files:
        data.add_field("files", content, filename=name)
    return data


async def refused(http: aiohttp.ClientSession, url: str, **request: Any) -> tuple[int, dict[str, str]]:
    headers = {"Accept": "application/json"} | request.pop("headers", {})
    async with http.post(url, headers=headers, **request) as answer:
        return answer.status, (await answer.json())["errors"]


async def page(http: aiohttp.ClientSession, url: str, **request: Any) -> tuple[int, str]:
    async with http.post(url, allow_redirects=False, **request) as answer:
        return answer.status, await answer.text()


async def test_each_wrong_field_has_its_error(site: Site, http: aiohttp.ClientSession) -> None:
    status, errors = await refused(http, site.page, json={"email": "ana@example", "phone": "none"})
    assert (status, await site.waiting()) == (422, 0)
    assert errors == {
        "name": "Enter your name.",
        "email": "Enter an e-mail address like name@example.com.",
        "phone": "Enter a phone number with digits, like +49 30 901820.",
        "message": "Write a message.",
    }


async def test_errors_come_in_the_callers_language(site: Site, http: aiohttp.ClientSession) -> None:
    _, errors = await refused(http, site.page, json={"name": "Ana"}, headers={"Accept-Language": "hr-HR,en;q=0.5"})
    assert errors == {"message": "Napišite poruku."}


async def test_a_page_comes_back_with_errors_at_the_fields_and_everything_typed(
    site: Site, http: aiohttp.ClientSession
) -> None:
    typed = {
        "name": "<b>Ana</b>",
        "email": "ana@",
        "message": "\n</textarea><script>alert(1)</script>",
        "idempotency_key": "k",
    }
    status, html = await page(http, site.page, data=typed)
    assert status == 422
    assert 'value="&lt;b&gt;Ana&lt;/b&gt;"' in html
    assert 'aria-invalid="true" autofocus aria-describedby="email-hint email-error"' in html
    assert "\n\n&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;</textarea>" in html
    assert 'name="idempotency_key" value="k"' in html


@pytest.mark.parametrize(
    ("files", "status", "text"),
    [
        ([("a.txt", b"x" * 1001)], 413, "“a.txt” is larger than 1000 B."),
        ([("a.txt", b"x" * 800), ("b.txt", b"x" * 800)], 413, "These files are larger than 1.5 KB together."),
        ([("a.txt", b"x")] * 3, 422, "Attach at most 2 files."),
        ([("run.exe", b"x")], 422, "“run.exe” is a type of file that we cannot take."),
        ([("cat.jpg", b"MZ" + b"\0" * 70)], 422, "“cat.jpg” is a type of file that we cannot take."),
    ],
)
async def test_files_beyond_the_limits_are_refused_by_name(
    files: list[tuple[str, bytes]], status: int, text: str, serve_forms: ServeForms, http: aiohttp.ClientSession
) -> None:
    async with serve_forms(SMALL) as site:
        assert await refused(http, site.page, data=multipart(*files)) == (status, {"files": text})


async def test_a_refused_upload_keeps_what_was_typed_and_leaves_no_file(
    serve_forms: ServeForms, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    async with serve_forms(SMALL) as site:
        status, html = await page(http, site.page, data=multipart(("a.bin", b"x" * 300_000)))
        assert (status, "It burns." in html, "Please attach your files again." in html) == (413, True, True)
        assert list((tmp_path / "var" / "uploads").iterdir()) == []


async def test_a_body_without_end_is_cut_off(serve_forms: ServeForms, http: aiohttp.ClientSession) -> None:
    async with serve_forms(SMALL) as site:
        for body in ({"json": {"message": "x" * 300_000}}, {"data": {"message": "x" * 300_000}}):
            status, errors = await refused(http, site.page, **body)
            assert (status, list(errors)) == (413, ["form"])


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"\xff"', "application/json", 400),
        (b"[" * 5000, "application/json", 400),
        (b"x", "multipart/form-data", 400),
        (b"x", "multipart/form-data; boundary=b", 400),
        (b"a=1&" * 300, "application/x-www-form-urlencoded", 400),
        (b"<x/>", "application/xml", 415),
        (b"hello", "text/plain", 415),
    ],
)
async def test_what_cannot_be_read_is_refused(
    body: bytes, kind: str, status: int, site: Site, http: aiohttp.ClientSession
) -> None:
    found, errors = await refused(http, site.page, data=body, headers={"Content-Type": kind})
    assert (found, list(errors)) == (status, ["form"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"message": ["x"]}, "message"),
        ({"name": True}, "name"),
        ({"files": [{"name": "a"}]}, "files"),
        ({"idempotency_key": "a b"}, "idempotency_key"),
    ],
    ids=repr,
)
async def test_a_program_that_sends_another_shape_is_told(
    body: dict[str, object], field: str, site: Site, http: aiohttp.ClientSession
) -> None:
    status, errors = await refused(http, site.page, json=ANA | body)
    assert (status, field in errors) == (422, True)


async def test_an_unknown_form_is_not_found(site: Site, http: aiohttp.ClientSession) -> None:
    for method in ("GET", "POST"):
        async with http.request(method, f"{site.url}/form/nothing") as answer:
            assert (answer.status, "There is no form" in await answer.text()) == (404, True)
    assert (await refused(http, f"{site.url}/form/nothing", json=ANA))[0] == 404


@pytest.mark.parametrize("path", ["/form/static/nothing.css", "/form/static/..%2ftexts.toml", "/form/contact/thanks/x"])
async def test_nothing_else_is_served(path: str, site: Site, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{site.url}{path}") as answer:
        assert answer.status == 404


async def test_a_thank_you_page_shows_references_only(site: Site, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{site.page}/thanks/7k3m9-qzd4t") as answer:
        assert "7K3M9-QZD4T" in await answer.text()
    async with http.get(f"{site.page}/thanks/URGENT-CALL") as answer:
        assert answer.status == 404
