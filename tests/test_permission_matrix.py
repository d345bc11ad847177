"""Who may call what: every address of the platform, tried by every kind of API client.

The addresses are read from the URL configuration. One that nobody entered here fails a test.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from couponadmin import clients, roles
from tests.conftest import Caller

# What an API client needs: nothing at all, one of these groups, or two.
OPEN, DEFAULT, WRITE, WATCH = "open", roles.DEFAULT_ACCESS, roles.SERIES_WRITE, roles.MONITORING
BOTH, EITHER = f"{DEFAULT} and {WRITE}", f"{DEFAULT} or {WRITE}"
BATCH = "v2/coupon/batches/<int:batch_id>"

MATRIX = {
    "": {"GET": OPEN},
    "healthz": {"GET": OPEN},
    "readyz": {"GET": OPEN},
    "metrics": {"GET": WATCH},
    "oauth/token": {"POST": OPEN},
    "v3/oauth/token/generate": {"POST": OPEN},
    "v2/schema": {"GET": OPEN},
    "v2/docs": {"GET": OPEN},
    "v2/customers": {"GET": DEFAULT, "POST": DEFAULT},
    "v2/customers/<int:customer_id>": {"GET": DEFAULT},
    "v2/customers/<int:customer_id>/coupons": {"GET": DEFAULT},
    "v2/customers/coupons": {"GET": DEFAULT},
    "v2/customers/batches": {"POST": DEFAULT},
    "v2/coupon/series": {"GET": DEFAULT, "POST": WRITE},
    "v2/coupon/series/<int:series_id>": {"GET": DEFAULT, "PUT": WRITE},
    "v2/coupon/series/<int:series_id>/codes": {"POST": WRITE},
    "v2/coupon/series/<int:series_id>/holders": {"POST": BOTH},
    "v2/coupon": {"GET": DEFAULT},
    "v2/coupon/issue": {"POST": DEFAULT},
    "v2/coupon/issue/multiple": {"POST": DEFAULT},
    "v2/coupon/bulk/issue": {"POST": DEFAULT},
    "v2/coupon/bulk/expiry": {"PUT": DEFAULT},
    "v2/coupon/revoke": {"POST": DEFAULT},
    "v2/coupon/batches": {"GET": DEFAULT, "POST": DEFAULT},
    BATCH: {"GET": DEFAULT},
    f"{BATCH}/lines": {"GET": DEFAULT},
    f"{BATCH}/coupons/expiry": {"PUT": DEFAULT},
    f"{BATCH}/start": {"POST": EITHER},
    f"{BATCH}/pause": {"POST": EITHER},
    f"{BATCH}/resume": {"POST": EITHER},
    f"{BATCH}/cancel": {"POST": EITHER},
    f"{BATCH}/retry": {"POST": EITHER},
    f"{BATCH}/coupons/pause": {"POST": DEFAULT},
    f"{BATCH}/coupons/release": {"POST": DEFAULT},
    f"{BATCH}/coupons/revoke": {"POST": DEFAULT},
    "v2/coupon/is_redeemable": {"GET": DEFAULT},
    "v2/coupon/redeem": {"POST": DEFAULT},
    "v2/coupon/bulk/redeem": {"POST": DEFAULT},
    "v2/coupon/hold": {"POST": DEFAULT},
    "v2/coupon/hold/commit": {"POST": DEFAULT},
    "v2/coupon/hold/cancel": {"POST": DEFAULT},
    "v2/coupon/reactivate": {"POST": DEFAULT},
}
WEB_SHOPS = {
    ("POST", "v2/customers"),
    ("GET", "v2/coupon/series"),
    ("GET", "v2/coupon/series/<int:series_id>"),
    ("POST", "v2/coupon/issue"),
    ("POST", "v2/coupon/issue/multiple"),
    ("POST", "v2/coupon/bulk/issue"),
    ("GET", "v2/coupon/is_redeemable"),
    ("POST", "v2/coupon/redeem"),
    ("POST", "v2/coupon/bulk/redeem"),
    ("POST", "v2/coupon/hold"),
    ("POST", "v2/coupon/hold/commit"),
    ("POST", "v2/coupon/hold/cancel"),
}
CALLS = [
    (route, method, need) for route, methods in MATRIX.items() for method, need in methods.items()
]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
# An empty request that may be made finds nothing, is malformed, or answers.
GRANTED = {200, 202, 302, 400, 404}


class Address(NamedTuple):
    route: str
    pattern: URLPattern

    @property
    def methods(self) -> set[str]:
        actions = getattr(self.pattern.callback, "actions", {"get": ""})
        return {method.upper() for method in actions} - {"HEAD"}


def addresses(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[Address]:
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, route)
        else:
            yield Address(route, entry)


def path_of(route: str) -> str:
    """A path of the route, with ids that nothing has."""
    return "/" + re.sub(r"<\w+:\w+>", "999999999", route)


API = [address for address in addresses() if not address.route.startswith("admin/")]
ADMIN = [address for address in addresses() if address.route.startswith("admin/")]


def test_every_address_and_method_has_an_entry_and_every_entry_an_address() -> None:
    served: dict[str, set[str]] = {}
    for address in API:
        served.setdefault(address.route, set()).update(address.methods)

    assert {route: set(methods) for route, methods in MATRIX.items()} == served


def of_groups(*names: str) -> Callable[[Any], str]:
    """The credentials of a client of these groups."""

    def made(now: Any) -> str:
        groups = Group.objects.filter(name__in=names)
        return Caller(*clients.create_client("c", groups=groups, rate_per_minute=0, now=now)).basic

    return made


def disabled(now: Any) -> str:
    groups = Group.objects.all()
    client, secret = clients.create_client("c", groups=groups, rate_per_minute=0, now=now)
    client.is_active = False
    client.save()
    return Caller(client, secret).basic


# Kind of client -> its credentials, and the groups that it has; None: it is nobody.
KINDS: dict[str, tuple[Callable[[Any], str], set[str] | None]] = {
    "nobody": (lambda now: "", None),
    "a wrong secret": (lambda now: "Basic YTpi", None),
    "an unknown token": (lambda now: "Bearer a", None),
    "a disabled client": (disabled, None),
    "a client without groups": (of_groups(), set()),
    "default access": (of_groups(DEFAULT), {DEFAULT}),
    "series write": (of_groups(DEFAULT, WRITE), {DEFAULT, WRITE}),
    "series write only": (of_groups(WRITE), {WRITE}),
    "monitoring": (of_groups(WATCH), {WATCH}),
}


def expected(need: str, groups: set[str] | None) -> set[int]:
    ways = [set(way.split(" and ")) for way in need.split(" or ")]
    if need == OPEN or any(way <= (groups or set()) for way in ways):
        return GRANTED
    return {401} if groups is None else {403}


@pytest.mark.parametrize("kind", KINDS)
def test_each_call_is_granted_to_whom_it_may_be(db: None, now: Any, kind: str) -> None:
    credentials, groups = KINDS[kind]
    client = Client(headers={"authorization": credentials(now)}, REMOTE_ADDR="10.0.0.7")

    surprises = [
        (method, route, status)
        for route, method, need in CALLS
        if (status := call(client, method, route)) not in asked(need, groups, route)
    ]
    assert surprises == []


def test_a_web_shop_issues_and_redeems_but_reads_no_coupons(db: None, now: Any) -> None:
    client = Client(
        headers={"authorization": of_groups(roles.WEB_SHOP)(now)}, REMOTE_ADDR="10.0.0.7"
    )

    granted = {
        (method, route)
        for route, method, need in CALLS
        if need != OPEN and call(client, method, route) in GRANTED
    }
    assert granted == WEB_SHOPS


def asked(need: str, groups: set[str] | None, route: str) -> set[int]:
    """Who asks for a token signs in by that, with a form; neither stands in an empty request."""
    return expected(need, groups) | ({401, 415} if "oauth" in route else set())


def call(client: Client, method: str, route: str) -> int:
    answer = client.generic(method, path_of(route), "{}", "application/json")
    return answer.status_code


@pytest.mark.parametrize("kind", ["nobody", "a client without groups", "series write"])
def test_methods_that_an_address_does_not_have_do_nothing(db: None, now: Any, kind: str) -> None:
    credentials, groups = KINDS[kind]
    client = Client(headers={"authorization": credentials(now)}, REMOTE_ADDR="10.0.0.7")
    allowed = {401, 403, 405} if groups is None else {403, 405}

    surprises = [
        (method, route, status)
        for route, methods in MATRIX.items()
        if OPEN not in methods.values()
        for method in METHODS
        if method not in methods and not (method == "HEAD" and "GET" in methods)
        if (status := call(client, method, route)) not in allowed
    ]
    assert surprises == []


def test_head_is_granted_to_whom_get_is(db: None, now: Any) -> None:
    client = Client(headers={"authorization": of_groups()(now)}, REMOTE_ADDR="10.0.0.7")
    reads = [route for route, method, need in CALLS if method == "GET" and need != OPEN]

    assert {call(client, "HEAD", route) for route in reads} == {403}


OUTSIDE = ("login/", "logout/", "jsi18n/")


@pytest.mark.parametrize("credentials", ["", "api"])
def test_the_admin_is_for_people_who_signed_in(
    client: Client, series_api: Caller, credentials: str
) -> None:
    headers = {"authorization": series_api.basic} if credentials else {}

    open_ones = {
        address.route
        for address in ADMIN
        if not address.route.endswith(OUTSIDE)
        for answer in [client.get(admin_path(address.route), headers=headers)]
        if not (answer.status_code in (302, 404) and leads_to_sign_in(answer))
    }
    assert open_ones == set()


def admin_path(route: str) -> str:
    plain = re.sub(r"<\w+:\w+>|<\w+>", "1", route)
    return "/" + re.sub(r"[\^$?]|\(.*\)", "", plain)


def leads_to_sign_in(answer: Any) -> bool:
    return answer.status_code == 404 or "/admin/login/" in answer["Location"]
