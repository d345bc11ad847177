"""How the admin looks and what its sidebar offers, to whom."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy


def entry(title: str, icon: str, page: str, permission: str) -> dict[str, Any]:
    """An entry of the sidebar, for those who have the permission."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{page}"),
        "permission": having(permission),
    }


def having(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def among_coupons(request: HttpRequest) -> bool:
    """Trying a code has an entry of its own, though its address begins like that of coupons."""
    tried = request.path.startswith(reverse("admin:would_it_work"))
    return not tried and request.path.startswith(reverse("admin:issuance_coupon_changelist"))


def among_webhooks(request: HttpRequest) -> bool:
    """Events are looked at from the page of the webhook that is told of them."""
    return "/outbox/" in request.path


UNFOLD = {
    "SITE_TITLE": "Coupons",
    "SITE_HEADER": "Coupons",
    "SITE_SYMBOL": "confirmation_number",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("admin/coupon-icon.svg"),
        }
    ],
    # There is no other site to view.
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    # The theme's own is too dark to be read on its dark pages.
    "COLORS": {"primary": {"500": "oklch(67% .24 304)"}},
    "STYLES": [lambda request: static("admin/look.css")],
    "SCRIPTS": [lambda request: static("admin/coupon_labels.js")],
    "DASHBOARD_CALLBACK": "marketing.home.dashboard",
    "LOGIN": {"form": "couponadmin.signin.SignInForm"},
    "ACCOUNT": {
        "navigation": [
            {"title": "Change password", "link": reverse_lazy("admin:password_change")},
            {"title": "Second factor", "link": reverse_lazy("admin:second_factor")},
        ]
    },
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {
                "items": [
                    {"title": "Home", "icon": "home", "link": reverse_lazy("admin:index")},
                    entry(
                        "Series", "local_offer", "series_series_changelist", "series.view_series"
                    ),
                    entry(
                        "Coupons",
                        "confirmation_number",
                        "issuance_coupon_changelist",
                        "issuance.view_coupon",
                    )
                    | {"active": among_coupons},
                    entry(
                        "Customers",
                        "group",
                        "customers_customer_changelist",
                        "customers.view_customer",
                    ),
                    entry("Batches", "stacks", "batches_batch_changelist", "issuance.view_coupon"),
                ]
            },
            {
                "title": "At the till",
                "separator": True,
                "items": [
                    entry("Would it work?", "help", "would_it_work", "redemption.view_redemption"),
                    entry(
                        "Redemptions",
                        "point_of_sale",
                        "redemption_redemption_changelist",
                        "redemption.view_redemption",
                    ),
                    entry(
                        "Refusals",
                        "block",
                        "redemption_refusal_changelist",
                        "redemption.view_refusal",
                    ),
                    entry(
                        "Holds", "hourglass", "redemption_hold_changelist", "redemption.view_hold"
                    ),
                    entry(
                        "Guessing",
                        "gpp_maybe",
                        "couponadmin_guesser_changelist",
                        "couponadmin.view_guesser",
                    ),
                    entry(
                        "Places",
                        "store",
                        "couponadmin_orgentity_changelist",
                        "couponadmin.view_orgentity",
                    ),
                ],
            },
            {
                "title": "Access",
                "separator": True,
                "items": [
                    entry("People", "person", "auth_user_changelist", "auth.view_user"),
                    entry("Roles", "badge", "auth_group_changelist", "auth.view_group"),
                    entry(
                        "API clients",
                        "key",
                        "couponadmin_apiclient_changelist",
                        "couponadmin.view_apiclient",
                    ),
                    entry(
                        "Webhooks", "webhook", "outbox_endpoint_changelist", "outbox.view_endpoint"
                    )
                    | {"active": among_webhooks},
                    entry(
                        "Downloads",
                        "download",
                        "batches_download_changelist",
                        "admin.view_logentry",
                    ),
                    entry("Log", "history", "admin_logentry_changelist", "admin.view_logentry"),
                ],
            },
        ],
    },
}
