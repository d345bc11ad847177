"""The main pages for people who do not see well, or use no mouse: axe-core finds nothing."""

from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from batches.models import Batch, Chunk, Download
from couponadmin import guessing
from couponadmin.guessing import Seeker
from couponadmin.models import ApiClient, OrgEntity
from outbox.models import Endpoint
from series.models import Series
from tests.browser import opened
from tests.coupons import make_coupon, make_origin
from tests.factories import make_customer, make_series

pytestmark = pytest.mark.django_db(transaction=True)
SIGN_IN = "/admin/login/"
GRAVE = {"serious", "critical"}
# Not the list of all elements that every rule found to be well.
QUICK = {"resultTypes": ["violations"]}


PAGES = """
/
/series/series/
/series/series/add/
/series/series/{series}/overview/
/series/series/{series}/change/
/series/series/{series}/extend/
/series/series/{series}/revoke/
/series/seriesday/
/issuance/coupon/
/issuance/coupon/{coupon}/change/
/issuance/coupon/would-it-work/?code=DIWALI4711
/customers/customer/
/customers/customer/issue_to_these/
/customers/customer/{customer}/change/
/customers/customer/{customer}/issue_coupons/
/customers/customer/{customer}/merge/
/batches/batch/
/batches/batch/add/
/batches/batch/{batch}/change/
/batches/download/
/redemption/redemption/
/redemption/refusal/
/redemption/hold/
/couponadmin/guesser/
/couponadmin/apiclient/
/couponadmin/apiclient/add/
/couponadmin/orgentity/
/outbox/endpoint/
/outbox/endpoint/add/
/auth/user/
/auth/group/
/admin/logentry/
"""


@pytest.fixture
def pages() -> list[str]:
    """The addresses of the main pages, with something on each of them."""
    now = datetime.now(UTC)
    series = make_series(description="Diwali 500 off", max_create=10, num_issued=9)
    coupon = make_coupon(code="DIWALI4711", series=series, customer=make_customer(first_name="Tom"))
    client = ApiClient.objects.create(name="till 7", client_id="till-7", created_at=now)
    OrgEntity.objects.create(type="STORE", code="s1", name="Main street")
    Endpoint.objects.create(
        name="shop", url="https://example.com/", kinds=[], created_at=now, rotated_at=now
    )
    guessing.note_misses(250, Seeker(client.pk, None, coupon.customer_id), now=now)
    batch = running_batch(series, now=now)
    Download.objects.create(
        batch=batch, content="issued", format="csv", client=client, started_at=now
    )
    ids = {
        "series": series.pk,
        "coupon": coupon.pk,
        "customer": coupon.customer_id,
        "batch": batch.pk,
    }
    return [f"/admin{path}" for path in PAGES.format(**ids).split()]


def running_batch(series: Series, *, now: datetime) -> Batch:
    batch = Batch.objects.create(
        kind="ISSUE",
        state="running",
        lines=4,
        total=4,
        created_at=now,
        series_ids=[series.pk],
        origin=make_origin(),
    )
    Chunk.objects.create(batch=batch, first=1, lines=4, sent="")
    return batch


@pytest.mark.parametrize(
    ("phone", "dark"),
    [(False, False), (False, True), (True, False)],
    ids=["light", "dark", "phone"],
)
def test_no_main_page_has_a_serious_violation(
    live_server: LiveServer,
    chromium: str,
    admin_client: Client,
    pages: list[str],
    phone: bool,
    dark: bool,
) -> None:
    # The same pages, but for colours, or what the theme folds away: a few show that.
    looked_at = pages[::3] if phone else pages[::2] if dark else pages
    with opened(chromium, live_server.url, admin_client, phone=phone, dark=dark) as page:
        found = [line for path in looked_at for line in violations(page, path)]
        page.context.clear_cookies()
        found += violations(page, SIGN_IN)

    assert not found, "\n".join(found)


def violations(page: Page, path: str) -> list[str]:
    """What axe-core holds against a page: where, which rule, and which element."""
    page.goto(path)
    results = Axe().run(page, options=QUICK).response["violations"]
    return [
        f"{path}: {rule['id']}: {node['html']} {node['failureSummary']}"
        for rule in results
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]
