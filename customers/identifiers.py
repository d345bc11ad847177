"""How identifiers are read, compared and stored ("Customer reference" in docs/integrators.md).

Pure: no database, no clock. What comes out of a normaliser goes through it unchanged, so an
identifier taken from an answer of the API names the same customer again.
"""

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from phonenumbers import PhoneNumberFormat

from couponadmin.storable import UNSTORABLE, UNSTORABLE_SENTENCE

MAX_DIGITS = 30
MAX_EMAIL = 254
MAX_EXTERNAL_ID = 100
MAX_ID = 2**63 - 1

INTEGER = re.compile(r"-?[0-9]+")
INTERNATIONAL = re.compile(r"\A(\+|00)+")
# What people write between digits: blanks, dashes, brackets, and the invisible marks of copying.
BETWEEN_DIGITS = frozenset({"Zs", "Pd", "Ps", "Pe", "Cf"})
ALSO_BETWEEN_DIGITS = frozenset(".\t\n\r−")


@dataclass(frozen=True, slots=True)
class CustomerReference:
    """Who is meant: normalised identifiers, None where not given. All must name one customer."""

    id: int | None = None
    mobile: str | None = None
    external_id: str | None = None
    email: str | None = None


def given_text(value: object, *, longest: int) -> str:
    """The text of a JSON member, empty when not given; a number counts as its digits.

    Raises ValueError, with a sentence, for other types and for what no column can hold.
    """
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 10**MAX_DIGITS:
            raise ValueError(f"No more than {MAX_DIGITS} digits are allowed.")
        return str(value)
    if not isinstance(value, str):
        raise ValueError("A text or a whole number is required.")
    if len(value) > longest:
        raise ValueError(f"No more than {longest} characters are allowed.")
    if UNSTORABLE.search(value):
        raise ValueError(UNSTORABLE_SENTENCE)
    return value.strip()


def read_id(value: object) -> int | None:
    """A customer's id; 0, which is nobody's, for a number that cannot be one."""
    text = given_text(value, longest=MAX_DIGITS)
    if not text:
        return None
    if not INTEGER.fullmatch(text):
        raise ValueError("A valid integer is required.")
    number = int(text)
    return number if 0 < number <= MAX_ID else 0


def read_mobile(value: object, *, region: str) -> str | None:
    """A mobile number in its normal form; text that is none stays what it is, and nobody's."""
    text = given_text(value, longest=MAX_DIGITS)
    return (normal_mobile(text, region=region) or text) if text else None


def read_external_id(value: object) -> str | None:
    """An external id exactly as given."""
    if not given_text(value, longest=MAX_EXTERNAL_ID):
        return None
    return str(value)


def read_email(value: object) -> str | None:
    """An e-mail address in lower case; text that is none stays what it is, and nobody's."""
    if isinstance(value, int):
        raise ValueError("A text is required.")
    return given_text(value, longest=MAX_EMAIL).lower() or None


def possible(text: str, *, region: str) -> dict[str, int | str | None]:
    """What a typed text may be, by column: every identifier that can be read from it."""
    readers: dict[str, Callable[[object], int | str | None]] = {
        "id": read_id,
        "mobile": partial(read_mobile, region=region),
        "external_id": read_external_id,
        "email": read_email,
    }
    found = {}
    for column, reader in readers.items():
        with suppress(ValueError):
            found[column] = reader(text)
    return found


def valid_mobile(value: object, *, region: str) -> str | None:
    """A mobile number that a customer may have: raises ValueError unless it is all digits."""
    mobile = read_mobile(value, region=region)
    if mobile is not None and not (mobile.isascii() and mobile.isdigit()):
        raise ValueError("A mobile number has digits only.")
    return mobile


def valid_email(value: object) -> str | None:
    """An e-mail address that a customer may have: raises ValueError unless it looks like one."""
    email = read_email(value)
    if email is None:
        return None
    try:
        validate_email(email)
    except ValidationError:
        raise ValueError("A valid e-mail address is required.") from None
    # Some capital letters become two small ones.
    if len(email) > MAX_EMAIL:
        raise ValueError(f"No more than {MAX_EMAIL} characters are allowed.")
    return email


def normal_mobile(text: str, *, region: str) -> str:
    """The digits of a mobile number, with the country code where the number is a valid one.

    `region` is the ISO 3166 code whose national numbers are understood ("IN"), or empty. Numbers
    that no numbering plan knows keep their digits: they are customers' numbers all the same.
    Text with anything else than digits comes back with it.
    """
    dialled = digits_of(text)
    digits = INTERNATIONAL.sub("", dialled)
    if not region or not digits.isdecimal():
        return digits
    country_code = str(phonenumbers.country_code_for_region(region))
    as_international = dialled != digits or digits.startswith(country_code)
    international = e164(f"+{digits}", None) if as_international else ""
    if international.startswith(country_code):
        return international
    national = e164(digits, region)
    if international and national:
        # +65 9123 4567 is a number in Singapore, 6591234567 another one in India.
        return f"00{international}"
    return international or national or digits


def digits_of(text: str) -> str:
    """The text without what people write between digits; digits of any script become 0-9."""
    if text.isascii() and text.isdigit():
        return text
    return "".join(
        str(unicodedata.decimal(letter, letter))
        for letter in text.replace("＋", "+")
        if unicodedata.category(letter) not in BETWEEN_DIGITS and letter not in ALSO_BETWEEN_DIGITS
    )


def e164(digits: str, region: str | None) -> str:
    """Country code and national number; empty when the number is not valid."""
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]
