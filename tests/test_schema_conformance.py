"""The project's own OpenAPI description, tried out by schemathesis against the real application."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from couponadmin.wsgi import application
from tests import described
from tests.conftest import Caller

platform = described.platform
schema = schemathesis.openapi.from_wsgi("/v2/schema?format=json", application)


@pytest.mark.usefixtures("platform")
@schema.parametrize()
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_it_answers_anything_as_described(case: Any, series_api: Caller) -> None:
    case.call_and_validate(
        headers={"Authorization": series_api.basic}, excluded_checks=described.NOT_PROMISED
    )
