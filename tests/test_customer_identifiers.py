import re
from collections.abc import Callable

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat

from customers.identifiers import (
    normal_mobile,
    read_email,
    read_external_id,
    read_id,
    read_mobile,
    valid_email,
    valid_mobile,
)


@pytest.mark.parametrize("region", ["", "IN", "US", "DE"])
def test_it_keeps_the_number_of_the_samples_in_every_region(region: str) -> None:
    assert normal_mobile("11223569865", region=region) == "11223569865"


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("11223569865", "11223569865"),
        ("+11223569865", "11223569865"),
        ("0011223569865", "11223569865"),
        ("+0011223569865", "11223569865"),
        (" 112 235-698.65 ", "11223569865"),
        ("(112) [235] {69865}", "11223569865"),
        ("112\u00a0235\u200969865", "11223569865"),
        ("112\u2013235\u2212698\u201165", "11223569865"),
        ("\u202a+11223569865\u202c", "11223569865"),
        ("＋１１２２３５６９８６５", "11223569865"),
        ("١١٢٢٣٥٦٩٨٦٥", "11223569865"),
        # Only what leads is a sign of dialling abroad.
        ("112003569865", "112003569865"),
        ("09876543210", "09876543210"),
        ("12+34", "12+34"),
        ("call me", "callme"),
        ("²34", "²34"),
        ("+", ""),
        ("00", ""),
        ("", ""),
    ],
)
def test_it_ignores_what_people_write_between_digits(text: str, digits: str) -> None:
    assert normal_mobile(text, region="") == digits


@pytest.mark.parametrize(
    "text",
    [
        "9876543210",
        "09876543210",
        "98765 43210",
        "919876543210",
        "+919876543210",
        "00919876543210",
        "+91 (98765) 43-210",
        "+91 09876543210",
        # No country code is meant by this +: nobody in Iran (98) has that number.
        "+9876543210",
    ],
)
def test_with_and_without_the_country_code_is_the_same_number(text: str) -> None:
    assert normal_mobile(text, region="IN") == "919876543210"


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        # A national number that happens to begin with the country code.
        ("9123456789", "919123456789"),
        # Foreign numbers with their own country code, and without the (0) of some cards.
        ("+44 (0)20 7946 0958", "442079460958"),
        ("442079460958", "442079460958"),
        # Dialled from abroad a number in Singapore, at home one in India: two people.
        ("+6591234567", "006591234567"),
        ("6591234567", "916591234567"),
        # No numbering plan has these: they stay as they are.
        ("12345", "12345"),
        ("0012345", "12345"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
    ],
)
def test_other_numbers_in_the_region_of_india(text: str, digits: str) -> None:
    assert normal_mobile(text, region="IN") == digits


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_every_region_knows_its_numbers_in_all_forms(region: str) -> None:
    mobile = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    number = mobile or phonenumbers.example_number(region)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    digits = phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]

    forms = [national, digits, f"+{digits}", f"00{digits}"]

    assert [normal_mobile(form, region=region) for form in forms] == [digits] * 4


dialled = st.from_regex(r"(\+|00)?[ 0-9()\-.]{0,20}", fullmatch=True)
regions = st.sampled_from(["", "IN", "US", "GB", "DE", "IT", "SG", "RU", "ID"])


@given(text=st.one_of(dialled, st.text(max_size=30)), region=regions)
def test_a_normal_number_is_its_own_normal_form(text: str, region: str) -> None:
    once = normal_mobile(text, region=region)

    assert normal_mobile(once, region=region) == once


@given(text=dialled, region=regions)
def test_a_dialled_number_ends_up_in_digits(text: str, region: str) -> None:
    assert re.fullmatch(r"[0-9]*", normal_mobile(text, region=region))


@given(text=st.from_regex(r"[0-9]{4,12}", fullmatch=True), region=regions, cut=st.integers(1, 3))
def test_blanks_and_dashes_never_make_another_number(text: str, region: str, cut: int) -> None:
    written = f" {text[:cut]}-{text[cut:]} "

    assert normal_mobile(written, region=region) == normal_mobile(text, region=region)


def region_free(value: object) -> str | None:
    return valid_mobile(value, region="")


def any_mobile(value: object) -> str | None:
    return read_mobile(value, region="")


@pytest.mark.parametrize(
    ("read", "value", "identifier"),
    [
        (read_id, 5, 5),
        (read_id, " 5 ", 5),
        (read_id, "0005", 5),
        (read_id, 2**63 - 1, 2**63 - 1),
        # Nobody has these ids.
        (read_id, 0, 0),
        (read_id, -5, 0),
        (read_id, 2**63, 0),
        (read_id, "99999999999999999999", 0),
        (any_mobile, 9876543210, "9876543210"),
        (any_mobile, "98765-43210", "9876543210"),
        # Nobody has these numbers, but they were given.
        (any_mobile, "---", "---"),
        (any_mobile, "call me", "callme"),
        (read_external_id, 3873472, "3873472"),
        (read_external_id, "000003873472", "000003873472"),
        (read_external_id, " Ab ", " Ab "),
        (read_email, " Tom@Example.COM ", "tom@example.com"),
        (read_email, "tom", "tom"),
        (valid_email, " Tom@Example.COM ", "tom@example.com"),
        (region_free, "+1 122", "1122"),
    ],
)
def test_it_reads_identifiers_from_texts_and_numbers(
    read: Callable[[object], object], value: object, identifier: object
) -> None:
    assert read(value) == identifier


READERS = [read_id, any_mobile, read_external_id, read_email, region_free, valid_email]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("value", [None, "", " ", "\t\n"])
def test_nothing_and_blanks_are_not_given(read: Callable[[object], object], value: object) -> None:
    assert read(value) is None


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "value",
    [True, False, 5.0, 1e400, [], ["5"], {}, b"5", 10**400, "5\x00", "5\ud800", "5" * 300],
    ids=lambda value: repr(value)[:10],
)
def test_it_refuses_what_is_no_identifier(read: Callable[[object], object], value: object) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        read(value)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (read_id, "five"),
        (read_id, "5.0"),
        (read_id, "1_000"),
        (read_id, "٥"),
        (read_email, 5),
        (region_free, "call me"),
        (region_free, "---"),
        (region_free, "12+34"),
        (valid_email, "tom"),
        (valid_email, "tom@example"),
        (valid_email, "tom@ex ample.com"),
        (valid_email, "[email protected]"),
        # Each İ becomes two letters: 254 characters in the request are too many in the table.
        (valid_email, "a@" + ".".join(["İ" * 40] * 6) + ".com"),
    ],
)
def test_it_refuses_identifiers_that_no_customer_may_have(
    read: Callable[[object], object], value: object
) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        read(value)
