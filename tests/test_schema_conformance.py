"""The project's own OpenAPI description, tried out by schemathesis against the real application."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from couponadmin.wsgi import application
from tests.conftest import Caller
from tests.factories import make_customer, make_series

# Well-formed requests are refused for what they ask for (no such series), so 400 is no flaw there.
NOT_PROMISED = [positive_data_acceptance, negative_data_rejection]

schema = schemathesis.openapi.from_wsgi("/v2/schema?format=json", application)


@pytest.fixture
def _platform(db: None) -> Iterator[None]:
    """Rows that the described calls can find, in a transaction that no request may close."""
    make_customer()
    make_series(is_multiple_vouchers_per_user_allowed=True)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("_platform")
@schema.parametrize()
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_it_answers_anything_as_described(case: Any, series_api: Caller) -> None:
    case.call_and_validate(
        headers={"Authorization": series_api.basic}, excluded_checks=NOT_PROMISED
    )
