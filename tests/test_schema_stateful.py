"""Calls that follow one another: what one answers the next one asks for.

Schemathesis finds the links itself, such as from the `id` of a new series to `series_id` elsewhere:
among the calls for series and among those for batches. It sends what is described, and what is not.
Calls that nothing leads to (issue, redeem, customers) are tried one by one in
test_schema_conformance; no worker works on a batch meanwhile.
"""

from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth

from couponadmin.wsgi import application
from tests import described
from tests.conftest import Caller

platform = described.platform
# What schemathesis sends to see whether it is let in is replaced by what lets it in.
NOT_ASKED = [*described.NOT_PROMISED, ignored_auth]
# Seconds, not coverage: `schemathesis run` goes on for as long as one likes.
RUNS, STEPS = 40, 12

schema = schemathesis.openapi.from_wsgi("/v2/schema?format=json", application)
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])


@pytest.mark.usefixtures("platform")
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
    for calls in ("series/{series_id}", "batches/{batch_id}"):
        assert [call for call in answers if calls in call and call.endswith(" 200")], answers
