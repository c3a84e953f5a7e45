"""Posts to a running form service, in each of the three forms a post may have."""

from hashlib import sha256
from typing import Any

import aiohttp
import pytest

from support.forms import UNHURRIED, ServeForms, Site
from threadline_contracts.ids import file_blob_id, show_reference
from threadline_contracts.message import Assurance
from threadline_form.submission import decode

ANA = {"name": "Ana K.", "email": "ana@example.org", "subject": "Printer", "message": "It burns."}


def multipart(*files: tuple[str, bytes], **fields: str) -> aiohttp.FormData:
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in (ANA | fields).items():
        data.add_field(name, value)
    for name, content in files:
        data.add_field("files", content, filename=name)
    return data


async def posted(http: aiohttp.ClientSession, site: Site, **request: Any) -> dict[str, Any]:
    headers = {"Accept": "application/json"} | request.pop("headers", {})
    async with http.post(site.page, headers=headers, **request) as answer:
        told: dict[str, Any] = await answer.json()
        assert answer.status == 202, told
        return told


@pytest.mark.parametrize(
    "body", [{"json": ANA}, {"data": ANA}, {"data": multipart()}], ids=["json", "urlencoded", "multipart"]
)
async def test_a_post_becomes_a_message(body: dict[str, Any], site: Site, http: aiohttp.ClientSession) -> None:
    told = await posted(http, site, **body)
    message = await site.message()
    assert (str(message.id), message.reference) == (told["id"], told["reference"])
    assert (message.channel, message.account, message.desk) == ("form", "contact", "main")
    assert (message.sender.name, message.subject, message.text) == ("Ana K.", "Printer", "It burns.")
    assert [(known.value, known.assurance) for known in message.sender.identities] == [
        ("ana@example.org", Assurance.CLAIMED)
    ]
    assert message.problems == ()


async def test_all_three_forms_of_a_post_with_one_key_are_one_message(site: Site, http: aiohttp.ClientSession) -> None:
    keyed = ANA | {"idempotency_key": "one-key"}
    answers = [
        await posted(http, site, json=keyed),
        await posted(http, site, data=keyed),
        await posted(http, site, data=multipart(idempotency_key="one-key")),
        await posted(http, site, json=ANA, headers={"Idempotency-Key": '"one-key"'}),
    ]
    assert len({answer["id"] for answer in answers}) == 1


async def test_files_are_kept_as_they_came(site: Site, http: aiohttp.ClientSession) -> None:
    photo = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4000
    await posted(http, site, data=multipart(("ra\u010dun \u041c.png", photo), ("log.txt", b"it burns\n")))
    message = await site.message()
    assert [(file.media_type, file.size) for file in message.attachments] == [
        ("image/png", len(photo)),
        ("text/plain", 9),
    ]
    assert message.attachments[0].blob == file_blob_id("main", sha256(photo).hexdigest())
    assert [await site.blob(file.blob) for file in message.attachments] == [photo, b"it burns\n"]


async def test_the_raw_input_is_kept_for_a_replay(site: Site, http: aiohttp.ClientSession) -> None:
    await posted(http, site, json=ANA | {"idempotency_key": "k"})
    message = await site.message()
    assert message.raw is not None
    assert decode(await site.blob(message.raw)).typed() == ANA | {"phone": ""}


async def test_without_a_key_each_post_is_a_message(site: Site, http: aiohttp.ClientSession) -> None:
    one, other = [await posted(http, site, json=ANA) for _ in range(2)]
    assert one["id"] != other["id"]


async def test_a_key_with_other_content_loses_nothing_and_is_told(site: Site, http: aiohttp.ClientSession) -> None:
    for text in ("It burns.", "It stopped."):
        await posted(http, site, json=ANA | {"message": text, "idempotency_key": "k"})
    messages = [await site.message(), await site.message()]
    assert [message.text for message in messages] == ["It burns.", "It stopped."]
    assert [[problem.code for problem in message.problems] for message in messages] == [[], ["key_reused"]]


async def test_a_browser_is_led_to_the_thank_you_page(site: Site, http: aiohttp.ClientSession) -> None:
    async with http.post(f"{site.page}?lang=de", data=ANA, allow_redirects=False) as answer:
        assert answer.status == 303
        way = answer.headers["Location"]
    async with http.get(f"{site.url}{way}") as page:
        html = await page.text()
    message = await site.message()
    assert show_reference(message.reference) in html
    assert "Danke. Wir haben Ihre Nachricht." in html


async def test_a_filled_hidden_field_is_flagged_never_dropped(site: Site, http: aiohttp.ClientSession) -> None:
    await posted(http, site, data=ANA | {"your_website": "http://spam.example"})
    assert [problem.code for problem in (await site.message()).problems] == ["suspected_spam"]


async def test_a_page_sent_back_at_once_is_flagged(serve_forms: ServeForms, http: aiohttp.ClientSession) -> None:
    async with serve_forms("") as site:
        async with http.get(site.page) as page:
            stamp = (await page.text()).partition('name="rendered" value="')[2].partition('"')[0]
        await posted(http, site, data=ANA | {"rendered": stamp})
        assert [problem.detail for problem in (await site.message()).problems] == [
            "the page came back faster than a person can write"
        ]


async def test_unknown_fields_are_ignored_and_counted(site: Site, http: aiohttp.ClientSession) -> None:
    await posted(http, site, json=ANA | {"planet": "Mars", "moon": ["Phobos"]})
    assert [problem.detail for problem in (await site.message()).problems] == ["fields that the form does not have: 2"]


async def test_numbers_and_nothing_are_taken_as_typed(site: Site, http: aiohttp.ClientSession) -> None:
    await posted(http, site, json=ANA | {"phone": 38512345, "subject": None})
    message = await site.message()
    assert message.sender.identities[-1].value == "38512345"
    assert message.subject == "It burns."


async def test_a_message_of_another_desk_says_so(serve_forms: ServeForms, http: aiohttp.ClientSession) -> None:
    toml = '[[form.forms]]\nid = "contact"\ndesk = "shop"\ndepartment = "Repairs"\n'
    async with serve_forms(toml) as site:
        await posted(http, site, data=multipart(("a.txt", b"x")))
        message = await site.message()
    assert (message.desk, message.recipients[0].name) == ("shop", "Repairs")
    assert message.attachments[0].blob.startswith("shop.")


async def test_a_message_of_twenty_thousand_letters_travels(site: Site, http: aiohttp.ClientSession) -> None:
    text = "жар " * 5000
    await posted(http, site, data=multipart(message=text))
    message = await site.message()
    assert message.full_text_ref is not None
    assert (await site.blob(message.full_text_ref.blob)).decode() == text.strip()


@pytest.mark.parametrize("form_of", ["json", "data"])
async def test_a_field_that_the_form_does_not_have_is_left_out(
    form_of: str, serve_forms: ServeForms, http: aiohttp.ClientSession
) -> None:
    typed = ANA | {"email": "no address at all", "subject": "x" * 5_000}
    async with serve_forms(UNHURRIED + '[form.forms.fields]\nemail = "off"\nsubject = "off"\n') as site:
        await posted(http, site, **{form_of: typed})
        message = await site.message()
    assert (message.sender.identities, message.subject) == ((), "It burns.")
    assert [problem.code for problem in message.problems] == ["fields_ignored"]
