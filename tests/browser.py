"""A real browser that is signed in, and complains about what no page may do.

While it is open the test's own thread must not use the database: Playwright runs a loop there.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Page, expect, sync_playwright

DESKTOP = {"width": 1360, "height": 900}
PHONE = {"width": 390, "height": 844}
# Pictures of the documents; they are taken anew by `make screenshots` only.
PICTURES = settings.BASE_DIR / "docs" / "screenshots"
# No inline script, and none of another host.
POLICY = "script-src 'self' 'unsafe-eval'"
# More browsers than processors may be at work.
expect.set_options(timeout=20_000)


@contextmanager
def opened(
    chromium: str, url: str, client: Client, *, phone: bool = False, dark: bool = False
) -> Iterator[Page]:
    """A page of the browser with the session of `client`.

    Fails on leaving if a script failed, the console has an error, another host was asked, or a
    page came without a Content-Security-Policy: what breaks that is an error on the console.
    """
    trouble: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(
            base_url=url,
            viewport=PHONE if phone else DESKTOP,
            color_scheme="dark" if dark else "light",
        )
        context.add_cookies([session_of(client, url)])
        page = context.new_page()
        watch(page, urlsplit(url).netloc, trouble)
        yield page
        browser.close()
    assert not trouble, trouble


def session_of(client: Client, url: str) -> Any:
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}


def watch(page: Page, host: str, trouble: list[str]) -> None:
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "console",
        lambda message: (
            trouble.append(f"{message.text} {message.location['url']}")
            if message.type == "error"
            else None
        ),
    )
    page.on(
        "request",
        lambda request: (
            trouble.append(request.url)
            if urlsplit(request.url).scheme != "data" and urlsplit(request.url).netloc != host
            else None
        ),
    )
    page.on(
        "response",
        lambda response: (
            trouble.append(f"No policy: {response.url}")
            if response.headers.get("content-type", "").startswith("text/html")
            and POLICY not in response.headers.get("content-security-policy", "").split("; ")
            else None
        ),
    )


def picture(page: Page, name: str, *, height: int | None = None) -> None:
    """What the window shows, or its upper part, for the documents, if pictures are taken."""
    if "SCREENSHOTS" in os.environ:
        page.wait_for_load_state("networkidle")
        window = page.viewport_size
        part = {"x": 0, "y": 0, "width": window["width"], "height": height or window["height"]}
        path = PICTURES / f"{name}.png"
        page.screenshot(path=path, clip=part, animations="disabled")


def elsewhere(call: Callable[[], Any]) -> Any:
    """What `call` returns, which may use the database: the browser's loop runs in this thread."""

    def call_and_leave() -> Any:
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call_and_leave).result()


def pick(page: Page, column: str, text: str) -> None:
    """Search in a box and take the first hit."""
    page.locator(f".field-{column} .select2-selection").click()
    page.keyboard.type(text)
    page.locator(".select2-results__option", has_text=text).first.click()


def overflows(page: Page) -> bool:
    """Whether the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
