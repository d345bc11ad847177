"""What is typed into the one box of the list of coupons, as conditions that each have an index."""

from collections.abc import Sequence

from django.conf import settings
from django.db.models import Q

from customers import identifiers
from customers.models import Customer
from issuance.models import Coupon, normal_code
from series.codespace import affixes
from series.models import Series

# Of those who share a code; more are found by their series.
SHOWN_OF_A_SHARED_CODE = 1_000
# Enough for all that are still in people's hands, few enough to be looked up by index.
MOST_AFFIXES = 200
AFFIX_COLUMNS = ("coupon_prefix", "coupon_suffix", "is_prefix_enabled", "is_suffix_enabled")
SHORTEST_GUESS = 4
AS_DIGITS = str.maketrans("OIL", "011")
AS_LETTERS = str.maketrans("01", "OI")
DASHES = str.maketrans("", "", "-\u2010\u2011\u2012\u2013\u2014")


def matches(term: str) -> Q:
    """Coupons with that code, or of the customer who has it as an identifier."""
    codes = spellings(term)
    possible = identifiers.possible(term, region=settings.COUNTRY_CODE_REGION)
    customer_ids = [each.pk for each in Customer.objects.identified_by(**possible)]
    holding = holders(codes)
    if not customer_ids and not holding:
        codes = known(codes) or known(guesses(term)) or codes
    found = Q(code__in=codes, shared=False)
    # Ids in place of subqueries, and only where there are some: a condition that might be true of
    # many rows would have the plan walk through all coupons by their ids.
    if holding:
        found |= Q(pk__in=holding)
    if customer_ids:
        found |= Q(customer_id__in=customer_ids)
    return found


def holders(codes: Sequence[str]) -> list[int]:
    """The newest coupons of those who share one of the codes."""
    series = Series.objects.filter(generic_code__in=codes).first()
    if series is None:
        return []
    shared = Coupon.objects.issued().of_series(series.pk).filter(shared=True)
    return list(shared.values_list("pk", flat=True)[:SHOWN_OF_A_SHARED_CODE])


def spellings(text: str) -> list[str]:
    """The codes that may be meant, the likeliest first.

    Read aloud or printed in groups, codes are typed with blanks or dashes that they do not have.
    """
    code = normal_code(text)
    together = "".join(code.split())
    return list(dict.fromkeys([code, together, together.translate(DASHES)]))


def guesses(text: str) -> list[str]:
    """Codes with what stands before and after the letters of a series, which people leave out or
    run together; O and I may be 0 and 1.
    """
    bare = spellings(text)[-1]
    if len(bare) < SHORTEST_GUESS or "@" in bare:
        return []
    return list(
        dict.fromkeys(
            f"{prefix}{letters}{suffix}"
            for prefix, suffix in newest_affixes()
            for middle in middles(bare, prefix, suffix)
            for letters in look_alikes(middle)
        )
    )


def newest_affixes() -> list[tuple[str, str]]:
    """Each pair once, the newest first; codes without any are there as well."""
    rows = Series.objects.exclude(coupon_prefix="", coupon_suffix="").order_by("-pk")
    pairs = [affixes(each) for each in rows.only(*AFFIX_COLUMNS)[:MOST_AFFIXES]]
    written = [(normal_code(prefix), normal_code(suffix)) for prefix, suffix in pairs]
    return list(dict.fromkeys([("", ""), *written]))


def middles(bare: str, prefix: str, suffix: str) -> list[str]:
    """What may be the random part: without what stands around it, if it was typed, or all of it."""
    before, after = (spellings(part)[-1] for part in (prefix, suffix))
    around = bare.startswith(before) and bare.endswith(after)
    inner = bare[len(before) : len(bare) - len(after)] if around else ""
    return [middle for middle in dict.fromkeys([inner, bare]) if middle]


def look_alikes(letters: str) -> list[str]:
    return [letters, letters.translate(AS_DIGITS), letters.translate(AS_LETTERS)]


def known(codes: Sequence[str]) -> list[str]:
    """Those that are a code, in their order."""
    if not codes:
        return []
    found = set(Coupon.objects.with_code(*codes).values_list("code", flat=True))
    return [code for code in codes if code in found]


def meant(text: str) -> str:
    """The first spelling that is a code; the text itself if none is."""
    return next(iter(known(spellings(text)) or known(guesses(text))), text)
