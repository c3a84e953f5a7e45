"""A real browser: THREADLINE_TEST_CHROMIUM, else the installed Chromium, else apt as root; it never leaves loopback.

Everything here lives in the test's own event loop: starting a browser takes half a second, and a shared one would
drag every server of a browser test into a loop of its own.
"""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, async_playwright

from support.packages import find_program, program, shared_library

_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A second lock on the door: a name that is not ours does not even resolve.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]",
)
_INLINE_SCHEMES: Final = frozenset({"data", "blob", "about"})
_ASSETS: Final = frozenset({"stylesheet", "script", "image", "font", "media", "manifest"})
_HTTP_ERROR: Final = 400
# Chromium's own line for a refused or missing resource: the rules for responses below are more exact.
_RESOURCE_LINE: Final = "Failed to load resource"


class OpenPage(Protocol):
    """Opens one more watched page, in a context of its own: `await open_page(java_script_enabled=False)`."""

    async def __call__(
        self,
        *,
        java_script_enabled: bool = True,
        width: int = 1440,
        height: int = 900,
        dark: bool = False,
        locale: str = "en-US",
    ) -> Page: ...


@dataclass
class Watch:
    """What went wrong on the pages of one test, in sentences. A test that expects one removes it: `watch.clear()`."""

    faults: list[str] = field(default_factory=list)

    def attach(self, context: BrowserContext) -> None:
        """Listen to every page and frame of a context."""
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.faults.append(f"uncaught in the page: {error.error}"))
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        context.on("requestfailed", self._on_failed)

    def clear(self) -> None:
        """Forget what happened until now."""
        self.faults.clear()

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_RESOURCE_LINE):
            self.faults.append(f"console error: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not is_local(request.url):
            self.faults.append(f"request leaves loopback: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= _HTTP_ERROR and response.request.resource_type in _ASSETS:
            self.faults.append(f"{response.status} for {response.url}")

    def _on_failed(self, request: Request) -> None:
        if request.resource_type in _ASSETS:
            self.faults.append(f"not loaded: {request.url} ({request.failure})")


def is_local(url: str) -> bool:
    """Return whether a URL stays inside this machine."""
    parts = urlsplit(url)
    if parts.scheme in _INLINE_SCHEMES:
        return True
    host = parts.hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def chromium() -> Path:
    """Return the path of Chromium; fails the test in one line where there is none and it cannot be installed."""
    given = os.environ.get("THREADLINE_TEST_CHROMIUM")
    if not given:
        return find_program("chromium-browser") or program("chromium", "chromium")
    if not Path(given).exists():
        pytest.fail(f"THREADLINE_TEST_CHROMIUM names no file: {given}", pytrace=False)
    return Path(given)


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """Return the path of Chromium."""
    shared_library("atomic", "libatomic1")  # of the Node.js inside the Playwright package
    return chromium()


@pytest.fixture
async def browser(chromium_path: Path) -> AsyncIterator[Browser]:
    """Return a fresh headless Chromium; `open_page` and `page` give pages that are watched as well."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium_path, args=list(_ARGUMENTS))
        yield running
        await running.close()


@pytest.fixture
def watch() -> Watch:
    """Return the watch over the pages of this test."""
    return Watch()


@pytest.fixture
async def open_page(browser: Browser, watch: Watch) -> AsyncIterator[OpenPage]:
    """Return the opener of pages; afterwards the test fails on console errors, missing assets and foreign requests."""

    async def opener(
        *,
        java_script_enabled: bool = True,
        width: int = 1440,
        height: int = 900,
        dark: bool = False,
        locale: str = "en-US",
    ) -> Page:
        context = await browser.new_context(
            java_script_enabled=java_script_enabled,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=locale,
        )
        watch.attach(context)
        return await context.new_page()

    yield opener
    for context in browser.contexts:
        await context.close()
    if watch.faults:
        pytest.fail("the page is not clean:\n" + "\n".join(watch.faults), pytrace=False)


@pytest.fixture
async def page(open_page: OpenPage) -> Page:
    """Return one watched page: 1440x900, light, English, JavaScript on."""
    return await open_page()


async def axe_violations(page: Page) -> list[str]:
    """Return what axe-core finds wrong with a page: `rule: element` lines, empty when it is accessible."""
    results = await Axe().run(page)
    return [
        f"{violation['id']}: {node['html']} {node['failureSummary']}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]
