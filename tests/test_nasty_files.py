"""Whatever file is sent: it is refused in words, or taken and worked off to the last line."""

from collections.abc import Callable
from typing import Any

import pytest

from series.models import ClientHandling
from tests.batches import shown, upload, work
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.nasty_files import NASTY_FILES

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(new_caller: Callable[..., Caller]) -> Caller:
    return new_caller(series_write=True)


@pytest.fixture(params=["coupons", "customers", "codes"])
def address(request: pytest.FixtureRequest, caller: Caller) -> tuple[str, dict[str, Any]]:
    """Where files are sent, with the fields that belong to them."""
    make_customer(mobile="919800000001")
    if request.param == "coupons":
        series = make_series(is_multiple_vouchers_per_user_allowed=True)
        return "/v2/coupon/batches", {"seriesId": series.pk, "customerIdentifier": "MOBILE"}
    if request.param == "customers":
        return "/v2/customers/batches", {}
    series = make_series(client_handling_type=ClientHandling.DISC_CODE_PIN)
    return f"/v2/coupon/series/{series.pk}/codes", {}


@pytest.mark.parametrize("name", NASTY_FILES)
@pytest.mark.parametrize("called", ["rows.csv", "rows.xlsx"])
def test_no_file_breaks_anything(
    caller: Caller, address: tuple[str, dict[str, Any]], name: str, called: str
) -> None:
    path, fields = address

    answer = upload(caller, path, NASTY_FILES[name], name=called, **fields)

    if answer.status_code == 202:
        work()
        batch = shown(caller, answer.json()["id"])
        assert batch["state"] == "done"
        assert batch["issued"] + batch["refused"] == batch["total"], batch
    else:
        assert answer.status_code in (400, 413), answer.content
        assert answer.json()["errors"][0]["message"]


@pytest.mark.django_db(transaction=True)
def test_refusals_of_nasty_lines_can_be_taken_away_again(caller: Caller) -> None:
    series = make_series()
    for content in NASTY_FILES.values():
        answer = upload(
            caller,
            "/v2/coupon/batches",
            content,
            seriesId=series.pk,
            customerIdentifier="MOBILE",
            force="true",
        )
        if answer.status_code != 202:
            continue
        work()
        for form in ("json", "csv", "xlsx"):
            lines = f"/v2/coupon/batches/{answer.json()['id']}/lines?state=refused&format={form}"
            listed = caller.get(lines)
            assert listed.status_code == 200, listed.content
            assert form == "json" or b"".join(listed.streaming_content)
