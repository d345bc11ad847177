"""The text of a message: a template whose tags are replaced, and nothing else ever happens.

Templates come from people and API clients, so they are no program: a tag is a name from a list.
Source: `smsTemplate` of "Create coupon series" of the v2 API, and docs/integrators.md.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches

TAGS = (
    "first_name",
    "last_name",
    "fullname",
    "cust_name",
    "voucher",
    "voucher_code",
    "valid_days_from_create",
    "offer_name",
    "expiry_date",
)
TAG = re.compile(r"\{\{([^{}]*)\}\}")
ENDLESS_SMS_TEMPLATE = "Hello {{fullname}}, your voucher code is {{voucher_code}}."
DEFAULT_SMS_TEMPLATE = f"{ENDLESS_SMS_TEMPLATE} It is valid till {{{{expiry_date}}}}."

# GSM 03.38: what one septet can say, and what needs an escape before it.
GSM_BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_ESCAPED = set("\f^{}\\[~]|€")


def render(template: str, values: Mapping[str, str]) -> str:
    """The text for one coupon; tags that are unknown or have no value stay as they are.

    The default does not speak of a day where there is none.
    """
    if template == DEFAULT_SMS_TEMPLATE and values.get("expiry_date") == "":
        template = ENDLESS_SMS_TEMPLATE

    def replaced(tag: re.Match[str]) -> str:
        name = tag[1].strip()
        return values.get(name, tag[0]) if name in TAGS else tag[0]

    return TAG.sub(replaced, template)


def tag_values(
    *, first_name: str, last_name: str, code: str, valid_days: str, offer_name: str, expiry: str
) -> dict[str, str]:
    """The value of every tag; two pairs of tags mean the same."""
    fullname = f"{first_name} {last_name}".strip()
    return {
        "first_name": first_name,
        "last_name": last_name,
        "fullname": fullname,
        "cust_name": fullname,
        "voucher": code,
        "voucher_code": code,
        "valid_days_from_create": valid_days,
        "offer_name": offer_name,
        "expiry_date": expiry,
    }


def tags_in(template: str) -> list[str]:
    """What stands in double braces, each once, in order."""
    return list(dict.fromkeys(found.strip() for found in TAG.findall(template)))


def unknown_tags(template: str) -> list[str]:
    """What stands in double braces and is no tag."""
    return [name for name in tags_in(template) if name not in TAGS]


def about_unknown_tags(template: str) -> str:
    """What to tell the author of a template with a word in braces that nothing replaces."""
    for name in unknown_tags(template):
        meant = get_close_matches(name.lower(), TAGS, n=1)
        hint = f"; did you mean {{{{{meant[0]}}}}}?" if meant else "."
        return f"{{{{{name}}}}} is not known{hint}"
    return ""


def sms_parts(text: str) -> int:
    """How many short messages carry the text (GSM 03.38 where all letters allow it, else UCS-2)."""
    if set(text) <= GSM_BASIC | GSM_ESCAPED:
        return _parts([2 if letter in GSM_ESCAPED else 1 for letter in text], 160, 153)
    return _parts([2 if ord(letter) > 0xFFFF else 1 for letter in text], 70, 67)


def _parts(sizes: list[int], alone: int, chained: int) -> int:
    """`alone` units fit into a single message, `chained` into each of several; none is split."""
    if sum(sizes) <= alone:
        return 1
    parts, room = 1, chained
    for size in sizes:
        if size > room:
            parts, room = parts + 1, chained
        room -= size
    return parts
