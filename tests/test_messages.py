import pytest

from series.messages import (
    DEFAULT_SMS_TEMPLATE,
    TAGS,
    render,
    sms_parts,
    tag_values,
    unknown_tags,
)

VALUES = tag_values(
    first_name="Tom",
    last_name="O'Brien & Co",
    code="ICJE1X12P6",
    valid_days="30",
    offer_name="DIWALI 10% OFF",
    expiry="2029-05-09",
)


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("first_name", "Tom"),
        ("last_name", "O'Brien & Co"),
        ("fullname", "Tom O'Brien & Co"),
        ("cust_name", "Tom O'Brien & Co"),
        ("voucher", "ICJE1X12P6"),
        ("voucher_code", "ICJE1X12P6"),
        ("valid_days_from_create", "30"),
        ("offer_name", "DIWALI 10% OFF"),
        ("expiry_date", "2029-05-09"),
    ],
)
def test_it_replaces_every_documented_tag(tag: str, text: str) -> None:
    assert tag in TAGS
    assert render(f"a {{{{{tag}}}}}b", VALUES) == f"a {text}b"
    assert unknown_tags(f"{{{{{tag}}}}}") == []


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hi {{first_name}} {{ first_name }}{{first_name}}", "Hi Tom TomTom"),
        ("{{first_name", "{{first_name"),
        ("{first_name}}", "{first_name}}"),
        ("{{{first_name}}}", "{Tom}"),
        ("", ""),
    ],
)
def test_it_replaces_tags_only(template: str, text: str) -> None:
    assert render(template, VALUES) == text


@pytest.mark.parametrize(
    "template",
    [
        "{{frist_name}}",
        "{{first_name.__class__}}",
        '{{first_name|center:"60000000"}}',
        "{% load x %}",
        "{{>/etc/passwd}}",
        "{{first_name }{}}",
        "{{FIRST_NAME}}",
        "{{}}",
        "${first_name} %(first_name)s {0}",
    ],
)
def test_a_template_can_run_nothing(template: str) -> None:
    assert render(template, VALUES) == template


def test_a_value_is_no_template() -> None:
    values = VALUES | {"first_name": "{{voucher}}\\g<0>"}

    assert render("{{first_name}}", values) == "{{voucher}}\\g<0>"


def test_a_tag_without_value_stays() -> None:
    assert render("{{first_name}} {{voucher}}", {"voucher": "X"}) == "{{first_name}} X"


def test_it_names_unknown_tags_once_and_in_order() -> None:
    template = "{{b}} {{ a }} {{voucher}} {{b}} {{first_name|upper}}"

    assert unknown_tags(template) == ["b", "a", "first_name|upper"]


def test_the_default_names_the_customer_the_code_and_the_date() -> None:
    text = render(DEFAULT_SMS_TEMPLATE, VALUES)

    assert {"Tom O'Brien & Co", "ICJE1X12P6", "2029-05-09"} <= {
        part for part in VALUES.values() if part in text
    }
    assert "{{" not in text


def test_the_default_does_not_speak_of_a_day_that_there_is_not() -> None:
    text = render(DEFAULT_SMS_TEMPLATE, VALUES | {"expiry_date": ""})

    assert text == "Hello Tom O'Brien & Co, your voucher code is ICJE1X12P6."


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        # A euro sign takes two of 160 places, and is not split: 152 + 2 > 153.
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 151, 2),
        ("a" * 152 + "€" + "a" * 152, 3),
        # One letter outside of GSM 03.38 turns all of them into UCS-2.
        ("ä" * 160, 1),
        ("नमस्ते"[:1] * 70, 1),
        ("ч" * 71, 2),
        ("ч" * 134, 2),
        ("ч" * 135, 3),
        ("`" + "a" * 69, 1),
        ("`" + "a" * 70, 2),
        # An emoji takes two of 70 places, and is not split: 33 of them fit into 67.
        ("🎉" * 35, 1),
        ("🎉" * 36, 2),
        ("🎉" * 66, 2),
        ("🎉" * 67, 3),
    ],
)
def test_it_counts_short_messages(text: str, parts: int) -> None:
    assert sms_parts(text) == parts
