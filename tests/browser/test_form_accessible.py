"""The contact form for everybody: axe-core finds nothing, every script fits a phone, every control a thumb."""

import pytest
from playwright.async_api import expect

from support.chromium import OpenPage, axe_violations
from support.forms import PHOTO, Site, fill, send

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["light", "dark"])
async def test_the_form_its_errors_and_the_thanks_are_accessible(
    *, width: int, dark: bool, site: Site, open_page: OpenPage
) -> None:
    page = await open_page(width=width, height=844, dark=dark)
    await page.goto(site.page)
    found = await axe_violations(page)
    await fill(page, email="ana@", message="")
    await page.set_input_files("#files", [PHOTO])
    await send(page)
    await expect(page.get_by_role("alert")).to_be_visible()
    found += await axe_violations(page)
    await fill(page)
    await send(page)
    await page.wait_for_url("**/thanks/**")
    assert found + await axe_violations(page) == []


@pytest.mark.parametrize("language", ["ar", "ru"])
async def test_every_script_and_direction_is_accessible_and_fits_a_phone(
    language: str, site: Site, open_page: OpenPage
) -> None:
    page = await open_page(width=390, height=844)
    await page.goto(f"{site.page}?lang={language}")
    await fill(page, email="ana@")
    await send(page)
    await expect(page.get_by_role("alert")).to_be_visible()
    assert await axe_violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_every_control_is_large_enough_for_a_thumb(site: Site, open_page: OpenPage) -> None:
    page = await open_page(width=390, height=844)
    await page.goto(site.page)
    await page.set_input_files("#files", [PHOTO])
    for control in await page.locator("input:visible:not([tabindex]), textarea, button").all():
        box = await control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, await control.evaluate("node => node.outerHTML")
