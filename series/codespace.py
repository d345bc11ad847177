"""What a series' generated codes look like, and how many different ones there are. Pure."""

import secrets

from series.models import Series

DIGITS = "0123456789"
# Without the look-alikes 0 and O, 1, I and L: codes are read out and typed in.
LETTERS_AND_DIGITS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
DEFAULT_LENGTH = 10
MAX_CODE_LENGTH = 100
# How many coupons of a series without maxCreate are taken to be in circulation.
ASSUMED_COUPONS = 100


def alphabet(series: Series) -> str:
    return LETTERS_AND_DIGITS if series.alpha_numeric else DIGITS


def code_length(series: Series) -> int:
    """Length of the random part."""
    return series.random_code_length or series.short_code_length or DEFAULT_LENGTH


def affixes(series: Series) -> tuple[str, str]:
    """What stands before and after the random part."""
    prefix = series.coupon_prefix if series.is_prefix_enabled else ""
    suffix = series.coupon_suffix if series.is_suffix_enabled else ""
    return prefix, suffix


def full_length(series: Series) -> int:
    return code_length(series) + sum(map(len, affixes(series)))


def space(series: Series) -> int:
    """How many different codes the series can make."""
    return int(len(alphabet(series)) ** code_length(series))


def example(series: Series) -> str:
    """A code such as the series makes; it is not taken."""
    prefix, suffix = affixes(series)
    letters = (secrets.choice(alphabet(series)) for _ in range(code_length(series)))
    return f"{prefix}{''.join(letters)}{suffix}"


def circulating(series: Series) -> int:
    """How many coupons are taken to be in circulation."""
    return ASSUMED_COUPONS if series.max_create is None else max(series.max_create, 1)


def tries_per_hit(series: Series) -> int:
    """How many guessed codes it takes to find one that is right."""
    return space(series) // circulating(series)
