"""What tests of the admin's pages about batches share: somebody who is signed in, and a form."""

import re
from typing import Any

from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from batches.models import Batch
from tests.batches import csv_of
from tests.factories import make_customer, make_series

LIST = "/admin/batches/batch/"
ADD = f"{LIST}add/"


def helper(*permissions: str) -> Client:
    """The browser of somebody who may do only that."""
    user = User.objects.create_user("helper", is_staff=True)
    codenames = [name.partition(".")[2] for name in permissions]
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return signed_in(user)


def send(browser: Client, rows: str = "", **fields: Any) -> HttpResponse:
    file = {"file": SimpleUploadedFile("gold members.csv", rows.encode())} if rows else {}
    usual = {"kind": "ISSUE", "count": 1, "identifier": "", "audience": "file"}
    return browser.post(ADD, {**usual, **fields, **file})


def page_of(batch: Batch) -> str:
    return f"{LIST}{batch.pk}/change/"


def text_of(answer: HttpResponse) -> str:
    """What a reader of the page sees."""
    body = re.sub(r"(?s)<(script|style)\b.*?</\1>|<[^>]*>", " ", answer.content.decode())
    return " ".join(body.split())


def begun(browser: Client, customers: int = 3, **fields: Any) -> Batch:
    rows = csv_of([["mobile"], *([make_customer().mobile] for _ in range(customers)), ["4711"]])
    answer = send(browser, rows, series=[make_series().pk], **fields)
    batch = Batch.objects.latest("pk")
    assert answer["Location"] == page_of(batch)
    return batch


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
