"""What people did in the admin: what was done to one thing is found among a lot else."""

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from issuance.models import Coupon

pytestmark = pytest.mark.django_db


def test_what_was_done_to_a_coupon_is_found_by_its_index() -> None:
    kind = ContentType.objects.get_for_model(Coupon)
    user = User.objects.create_user("ann")
    LogEntry.objects.bulk_create(
        LogEntry(user=user, content_type=kind, object_id=str(number), action_flag=CHANGE)
        for number in range(5_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE django_admin_log")

    told = LogEntry.objects.filter(content_type=kind, object_id="4711").explain()

    assert "admin_log_by_object" in told
