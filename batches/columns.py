"""Which column of a file holds what: found by the names that people give to columns."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from batches.files import refused
from couponadmin.errors import CouponError

# The member that stands in a column, and what its header may be, in letters only.
NAMES: dict[str, frozenset[str]] = {
    "id": frozenset({"id", "userid", "customerid"}),
    "mobile": frozenset({"mobile", "mobilenumber", "mobileno", "phone", "phonenumber", "msisdn"}),
    "external_id": frozenset({"externalid", "externalno", "loyaltyid", "cardnumber"}),
    "email": frozenset({"email", "emailid", "emailaddress", "mail"}),
    "first_name": frozenset({"firstname", "givenname"}),
    "last_name": frozenset({"lastname", "surname", "familyname"}),
    "code": frozenset({"code", "coupon", "couponcode", "voucher", "vouchercode"}),
    "issued_on": frozenset({"issuedon", "issuedat", "issuedate", "issueddate"}),
    "valid_till": frozenset(
        {"validtill", "validtilldate", "validtilldatetime", "validuntil", "expirydate", "expireson"}
    ),
    "redeemed_on": frozenset({"redeemedon", "redeemedat", "redeemeddate", "redemptiondate"}),
}
# `customerIdentifier` of the API.
IDENTIFIERS = {"MOBILE": "mobile", "EMAIL": "email", "EXTERNAL_ID": "external_id", "USER_ID": "id"}
# How people are told to name a column, where that is not the member's name.
SPELT = {"id": "customerId", "external_id": "externalId"}
ANY_IDENTIFIER = frozenset({"customer", "identifier", "customeridentifier"})
# Other systems export their coupons with an id of the coupon.
OF_NOBODY = "id"
OF_HOLDERS = ("code", "issued_on", "valid_till", "redeemed_on")
OF_CUSTOMERS = ("first_name", "last_name", "mobile", "email", "external_id")
NOT_SPOKEN = re.compile(r"[\W_]")
TWICE = "Two columns are named {}."
NO_IDENTIFIER = "customerIdentifier is mandatory to set, as no column is named after one."
NO_HOLDER = (
    "No column says who holds the coupons: name one mobile, email, externalId or customerId. A "
    "column id is taken for the coupon's, unless customerIdentifier=USER_ID is set."
)
NOT_A_LETTER = re.compile(r"[\W\d_]")


class Layout(NamedTuple):
    """The columns of a file, where which member stands, and whether the first row names them."""

    columns: list[str]
    mapping: dict[str, int]
    has_header: bool = True


def positions(header: Sequence[str], members: Iterable[str]) -> dict[str, int]:
    """At which position each of the members stands; those without a column are left out."""
    names = letters_of(header)
    found = {}
    for member in members:
        at = next((at for at, name in enumerate(names) if name in NAMES[member]), None)
        if at is not None:
            refuse_twice([spelling(name) for name in header], at, header[at])
            found[member] = at
    return found


def spelling(name: str) -> str:
    """The name without what people write differently; "phone 1" and "phone 2" are two names."""
    return NOT_SPOKEN.sub("", name).lower()


def refuse_twice(names: Sequence[str], at: int, sent: str) -> None:
    if names.count(names[at]) > 1:
        raise refused(TWICE.format(sent.strip()))


def letters_of(header: Iterable[str]) -> list[str]:
    return [NOT_A_LETTER.sub("", name).lower() for name in header]


def one_column(first: Sequence[str], member: str) -> Layout:
    """The layout of a file of which one member is needed.

    A file with one column needs no header; any other without the member's name is refused.
    """
    if found := positions(first, [member]):
        return Layout(list(first), found)
    if len(first) == 1 and letters_of(first)[0] in ANY_IDENTIFIER:
        return Layout(list(first), {member: 0})
    if len(first) == 1:
        return Layout([member], {member: 0}, has_header=False)
    raise unnamed(member, first)


def unnamed(member: str, first: Sequence[str]) -> CouponError:
    return refused(f"No column is named {member}. The first row is: {', '.join(first)}.")


def identifier_columns(first: Sequence[str]) -> Layout:
    """The layout of a file whose columns say by themselves who is meant."""
    found = positions(first, IDENTIFIERS.values())
    if not found:
        raise refused(NO_IDENTIFIER)
    return Layout(list(first), found)


def customer_columns(first: Sequence[str]) -> Layout:
    """The layout of a file of customers: a header and at least one identifier."""
    found = positions(first, OF_CUSTOMERS)
    if not {"mobile", "email", "external_id"} & found.keys():
        raise refused("One of the columns mobile, email and externalId is needed.")
    # The others are kept by their names.
    for name, times in Counter(map(str.strip, first)).items():
        if name and times > 1:
            raise refused(TWICE.format(name))
    return Layout(list(first), found)


def holder_columns(first: Sequence[str], identifier: str) -> Layout:
    """The layout of a file of coupons that are out: a header, the code, and who holds it."""
    found = positions(first, OF_HOLDERS)
    if "code" not in found:
        raise unnamed("code", first)
    return Layout(list(first), holder_column(first, identifier) | found)


def holder_column(first: Sequence[str], identifier: str) -> dict[str, int]:
    letters = letters_of(first)
    plain = ["" if it == OF_NOBODY else name for name, it in zip(first, letters, strict=True)]
    if not identifier:
        if found := positions(plain, IDENTIFIERS.values()):
            return found
        raise refused(NO_HOLDER)
    member = IDENTIFIERS[identifier]
    if found := positions(plain, [member]):
        return found
    for at, name in enumerate(letters):
        if name in ANY_IDENTIFIER:
            return {member: at}
    if found := positions(first, [member]):
        return found
    raise unnamed(member, first)
