"""A real browser that is signed in, and complains about what no page may do.

While it is open the test's own thread must not use the database: Playwright runs a loop there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, sync_playwright

DESKTOP = {"width": 1360, "height": 900}
PHONE = {"width": 390, "height": 844}


@contextmanager
def opened(
    chromium: str, url: str, client: Client, *, phone: bool = False, dark: bool = False
) -> Iterator[Page]:
    """A page of the browser with the session of `client`.

    Fails on leaving if a script failed, the console has an error, or another host was asked.
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
    assert trouble == []


def session_of(client: Client, url: str) -> Any:
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}


def watch(page: Page, host: str, trouble: list[str]) -> None:
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "console",
        lambda message: trouble.append(message.text) if message.type == "error" else None,
    )
    page.on(
        "request",
        lambda request: (
            trouble.append(request.url)
            if urlsplit(request.url).scheme != "data" and urlsplit(request.url).netloc != host
            else None
        ),
    )


def overflows(page: Page) -> bool:
    """Whether the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
