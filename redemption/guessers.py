"""Who guesses codes, by name. Counting them is `couponadmin.guessing`, which knows numbers only."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    ExpressionWrapper,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Concat, NullIf, Trim

from couponadmin import guessing
from couponadmin.addresses import page_of
from couponadmin.models import ApiClient, Guesser, OrgEntity
from customers.models import Customer

Kind = Guesser.Kind
PERMISSION = "couponadmin.view_guesser"
MOST_ON_HOME = 8
# By kind: the page, and what somebody needs to look at it.
PAGES = {
    Kind.CLIENT: ("admin:couponadmin_apiclient_change", "couponadmin.view_apiclient"),
    Kind.TILL: ("admin:couponadmin_orgentity_change", "couponadmin.view_orgentity"),
    Kind.CUSTOMER: ("admin:customers_customer_change", "customers.view_customer"),
}
FULL_NAME = Trim(Concat("first_name", Value(" "), "last_name"))
NAMES = {
    Kind.CLIENT: (ApiClient, F("name")),
    Kind.TILL: (OrgEntity, Concat("name", Value(" ("), "code", Value(")"))),
    Kind.CUSTOMER: (
        Customer,
        Coalesce(NullIf(FULL_NAME, Value("")), "mobile", "email", "external_id"),
    ),
}


def named(guessers: QuerySet[Guesser], user: User) -> QuerySet[Guesser]:
    """With `known_as`, `named_by`: the client that named a till, and `may_open`: whether this
    person may look at who it is.
    """
    kinds = [kind for kind, (_, permission) in PAGES.items() if user.has_perm(permission)]
    names = [When(kind=kind, then=name_of(*source)) for kind, source in NAMES.items()]
    clients = ApiClient.objects.filter(pk=OuterRef("through")).order_by()
    return guessers.annotate(
        named_by=Subquery(clients.values("name")),
        known_as=Case(*names, output_field=CharField()),
        may_open=ExpressionWrapper(Q(kind__in=kinds), output_field=BooleanField()),
    )


def name_of(model: type[Model], name: Any) -> Subquery:
    rows = model._default_manager.filter(pk=OuterRef("subject_id")).order_by()
    return Subquery(rows.values_list(name))


def name(guesser: Guesser) -> str:
    """Of a `named` one; who may not look at customers gets their number."""
    secret = guesser.kind == Kind.CUSTOMER and not guesser.may_open
    return str(guesser) if secret or not guesser.known_as else guesser.known_as


def address(guesser: Guesser) -> str:
    """The page of the client, place or customer; empty if it is not for this person's eyes."""
    page, _ = PAGES[Kind(guesser.kind)]
    return page_of(page, guesser.subject_id) if guesser.may_open else ""


def waiting_for(user: User, *, now: datetime) -> list[dict[str, Any]]:
    """Who has to wait now, the worst first, for people who may know."""
    if not user.has_perm(PERMISSION):
        return []
    rows = named(guessing.waiting(now=now), user).order_by("-misses", "pk")[:MOST_ON_HOME]
    return [
        {
            "kind": guesser.get_kind_display(),
            "name": f"{name(guesser)} ({guesser.named_by})" if guesser.named_by else name(guesser),
            "url": address(guesser) or page_of("admin:couponadmin_guesser_changelist"),
            "misses": guesser.misses,
            "until": guessing.waits_until(guesser, now=now),
        }
        for guesser in rows
    ]
