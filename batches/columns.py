"""Which column of a file holds what: found by the names that people give to columns."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from batches.files import refused

# The member that stands in a column, and what its header may be, in letters only.
NAMES: dict[str, frozenset[str]] = {
    "id": frozenset({"id", "userid", "customerid"}),
    "mobile": frozenset({"mobile", "mobilenumber", "mobileno", "phone", "phonenumber", "msisdn"}),
    "external_id": frozenset({"externalid", "externalno", "loyaltyid", "cardnumber"}),
    "email": frozenset({"email", "emailid", "emailaddress", "mail"}),
    "first_name": frozenset({"firstname", "givenname"}),
    "last_name": frozenset({"lastname", "surname", "familyname"}),
    "code": frozenset({"code", "coupon", "couponcode", "voucher", "vouchercode"}),
}
# `customerIdentifier` of the API.
IDENTIFIERS = {"MOBILE": "mobile", "EMAIL": "email", "EXTERNAL_ID": "external_id", "USER_ID": "id"}
ANY_IDENTIFIER = frozenset({"customer", "identifier", "customeridentifier"})
OF_CUSTOMERS = ("first_name", "last_name", "mobile", "email", "external_id")
NOT_A_LETTER = re.compile(r"[\W\d_]")


class Layout(NamedTuple):
    """The columns of a file, where which member stands, and whether the first row names them."""

    columns: list[str]
    mapping: dict[str, int]
    has_header: bool = True


def positions(header: Sequence[str], members: Iterable[str]) -> dict[str, int]:
    """At which position each of the members stands; those without a column are left out."""
    names = [NOT_A_LETTER.sub("", name).lower() for name in header]
    found = {}
    for member in members:
        at = next((at for at, name in enumerate(names) if name in NAMES[member]), None)
        if at is not None:
            found[member] = at
    return found


def one_column(first: Sequence[str], member: str) -> Layout:
    """The layout of a file of which one member is needed.

    A file with one column needs no header; any other without the member's name is refused.
    """
    if found := positions(first, [member]):
        return Layout(list(first), found)
    if len(first) == 1 and NOT_A_LETTER.sub("", first[0]).lower() in ANY_IDENTIFIER:
        return Layout(list(first), {member: 0})
    if len(first) == 1:
        return Layout([member], {member: 0}, has_header=False)
    raise refused(f"No column is named {member}. The first row is: {', '.join(first)}.")


def identifier_columns(first: Sequence[str]) -> Layout:
    """The layout of a file whose columns say by themselves who is meant."""
    found = positions(first, IDENTIFIERS.values())
    if not found:
        raise refused("customerIdentifier is mandatory to set, as no column is named after one.")
    return Layout(list(first), found)


def customer_columns(first: Sequence[str]) -> Layout:
    """The layout of a file of customers: a header and at least one identifier."""
    found = positions(first, OF_CUSTOMERS)
    if not {"mobile", "email", "external_id"} & found.keys():
        raise refused("One of the columns mobile, email and externalId is needed.")
    return Layout(list(first), found)
