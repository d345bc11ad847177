"""Calls that follow one another: what one answers the next one asks for.

Schemathesis finds the links itself, such as from the `id` of a new series to `series_id` elsewhere.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth

from couponadmin.wsgi import application
from tests.conftest import Caller
from tests.factories import make_customer, make_series
from tests.test_schema_conformance import NOT_PROMISED

# What schemathesis sends to see whether it is let in is replaced by what lets it in.
NOT_ASKED = [*NOT_PROMISED, ignored_auth]
# Seconds, not coverage: `schemathesis run` goes on for as long as one likes.
RUNS, STEPS = 6, 8

# Batches ask for files that are lists, which strings of letters never are.
schema = schemathesis.openapi.from_wsgi("/v2/schema?format=json", application).exclude(
    path_regex="batches"
)
schema.config.generation.update(modes=[GenerationMode.POSITIVE])


@pytest.fixture
def _platform(db: None) -> Iterator[None]:
    """Rows for a start, in a transaction that no request may close."""
    make_customer()
    make_series(is_multiple_vouchers_per_user_allowed=True)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("_platform")
def test_what_one_call_answers_the_next_one_takes(series_api: Caller) -> None:
    answers: Counter[str] = Counter()

    class Day(schema.as_state_machine()):
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": {"Authorization": series_api.basic}}

        def validate_response(self, response: Any, case: Any, *args: Any, **kwargs: Any) -> None:
            answers[f"{case.operation.label} {response.status_code}"] += 1
            case.validate_response(response, excluded_checks=NOT_ASKED)

    run_state_machine_as_test(
        seed(1)(Day),
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert answers.total() > RUNS
    # What is asked for by id was told by an answer before.
    assert [call for call in answers if "{" in call and call.endswith("200")], answers
