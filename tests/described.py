"""What the tests of the OpenAPI description share: rows that the described calls can find."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.approvals import begun
from tests.factories import make_customer, make_series

# Well-formed requests are refused for what they ask for (no such series), so 400 is no flaw there.
NOT_PROMISED = [positive_data_acceptance, negative_data_rejection]


@pytest.fixture
def platform(db: None, now: datetime) -> Iterator[None]:
    """A customer, a series, a batch that waits for a worker; no request closes the transaction."""
    make_customer()
    make_series(is_multiple_vouchers_per_user_allowed=True)
    begun(2, now=now)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
