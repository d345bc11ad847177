"""What stands beside each field of the form of a series."""

from django import forms
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from series.advice import TEMPLATES
from series.layout import FORGOTTEN_WHEN_HIDDEN, SHOWN_WHEN
from series.members import SAMPLE_TERMS_AND_CONDITIONS
from series.serializers import columns_by_member
from series.words import EXAMPLES, HELP_WHEN, TAG_WORDS, WORDS

MEMBERS = {column: member.rpartition(".")[2] for member, column in columns_by_member().items()}
# What counts as not set, besides nothing and 0.
DEFAULTS = {"discount_on": "BILL", "terms_and_conditions": SAMPLE_TERMS_AND_CONDITIONS}
HINT = '<span data-shown-when="{}">{}</span>'
ZONED = (
    "valid_till_date",
    "redemption_valid_from",
    "valid_user_registration_start_time",
    "valid_user_registration_end_time",
)


def explain(column: str, field: forms.Field) -> None:
    """Say what the field is, in plain words; the documented name stands beside in small print."""
    field.label, help_text = WORDS[column]
    more = format_html_join(" ", HINT, HELP_WHEN.get(column, {}).items())
    zone = f" Dates are those of {timezone.get_default_timezone_name()}." * (column in ZONED)
    field.help_text = format_html(
        '{}{}{} <span class="member" title="Its name in the API">{}</span>{}',
        help_text,
        more,
        zone,
        MEMBERS[column],
        chips() if column in TEMPLATES.values() else "",
    )
    field.widget.attrs |= behaviour(column)
    if isinstance(field.widget, forms.Textarea):
        field.widget.attrs["rows"] = 3


def chips() -> SafeString:
    """The words that can be put into a message, to be clicked."""
    tags = ((f"{{{{{tag}}}}}", word) for tag, word in TAG_WORDS.items())
    buttons = format_html_join(" ", '<button type="button" data-tag="{}">{}</button>', tags)
    return format_html('<span class="chips" data-tags hidden>{}</span>', buttons)


def behaviour(column: str) -> dict[str, str]:
    """What the page's script reads."""
    condition = SHOWN_WHEN.get(column)
    attrs = {"data-shown-when": condition} if condition else {}
    if column == "discount_value":
        attrs["min"] = "0"
    if column in DEFAULTS:
        attrs["data-default"] = DEFAULTS[column]
    if column in EXAMPLES:
        attrs["placeholder"] = EXAMPLES[column]
    return attrs | ({"data-forgotten": ""} if column in FORGOTTEN_WHEN_HIDDEN else {})
