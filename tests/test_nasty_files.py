"""Whatever file is sent: it is refused in words, or taken and worked off to the last line."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from batches.models import Batch
from series.models import ClientHandling
from tests.batches import shown, upload, work
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.nasty_files import NASTY_FILES, Taken

pytestmark = pytest.mark.django_db


class Place(NamedTuple):
    """Where files are sent, with the fields that belong to them."""

    kind: str
    path: str
    fields: dict[str, Any]


@pytest.fixture
def caller(new_caller: Callable[..., Caller]) -> Caller:
    return new_caller(series_write=True)


@pytest.fixture(params=["coupons", "customers", "codes", "holders"])
def place(request: pytest.FixtureRequest, caller: Caller) -> Place:
    make_customer(mobile="919800000001")
    if request.param == "coupons":
        series = make_series(is_multiple_vouchers_per_user_allowed=True)
        fields = {"seriesId": series.pk, "customerIdentifier": "MOBILE"}
        return Place(request.param, "/v2/coupon/batches", fields)
    if request.param == "customers":
        return Place(request.param, "/v2/customers/batches", {})
    series = make_series(client_handling_type=ClientHandling.DISC_CODE_PIN)
    return Place(request.param, f"/v2/coupon/series/{series.pk}/{request.param}", {})


@pytest.mark.parametrize("name", NASTY_FILES)
@pytest.mark.parametrize("called", ["rows.csv", "rows.xlsx"])
def test_of_each_file_becomes_what_stands_beside_it(
    caller: Caller, place: Place, name: str, called: str
) -> None:
    nasty = NASTY_FILES[name]
    expected = getattr(nasty, place.kind)

    answer = upload(caller, place.path, nasty.content, name=called, **place.fields)

    if isinstance(expected, Taken):
        assert answer.status_code == 202, answer.content
        work()
        batch = shown(caller, answer.json()["id"])
        assert (batch["state"], batch["issued"], batch["refused"]) == ("done", *expected)
        assert batch["total"] == sum(expected)
    else:
        assert answer.status_code == 400, answer.content
        assert expected in answer.json()["errors"][0]["message"]
        assert not Batch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_refusals_of_nasty_lines_can_be_taken_away_again(caller: Caller) -> None:
    series = make_series()
    for nasty in NASTY_FILES.values():
        answer = upload(
            caller,
            "/v2/coupon/batches",
            nasty.content,
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
