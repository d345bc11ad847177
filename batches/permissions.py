"""What somebody needs to begin batches, and to steer them: for each kind something else."""

from typing import Any

from rest_framework.request import Request

from batches.models import Kind
from couponadmin.auth import ClientPermission

# All that is needed for each kind of batch, by people and API clients alike.
PERMISSIONS: dict[Kind, tuple[str, ...]] = {
    Kind.ISSUE: ("issuance.add_coupon", "issuance.view_coupon"),
    # It tells who is known already, and corrects them by what the file says.
    Kind.CUSTOMERS: ("customers.add_customer", "customers.view_customer"),
    Kind.CODES: ("series.change_series",),
    # It gives coupons to customers, past the limits of their series.
    Kind.HOLDERS: ("series.change_series", "issuance.add_coupon"),
}


class BatchPermission(ClientPermission):
    """As all views have it; but who may begin a batch of any kind may ask to steer one.

    Whether it is of such a kind is known once it was read.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.user is None or view.action != "steer":
            return super().has_permission(request, view)
        self.message = "This API client may not begin batches, so it may not steer them."
        return any(set(needed) <= request.user.permissions for needed in PERMISSIONS.values())
