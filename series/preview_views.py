"""What the admin's form of a series asks the server for while people type."""

from math import log10
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import EmptyPage, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from couponadmin.models import OrgEntity
from couponadmin.numbers import BIGGEST_ID, whole_number
from couponadmin.storable import UNSTORABLE
from couponadmin.times import local_date
from series.advice import warnings_at_the_form
from series.codespace import circulating, space, tries_per_hit
from series.forms import SeriesForm, in_words
from series.models import ClientHandling, Series
from series.previews import code_such_as, messages_of
from series.widgets import place_value, series_label

PAGE_SIZE = 20
# A till answers some hundred asks a second, and stops who guesses long before.
BEYOND_GUESSING = 10**9
SIZES = ((10**15, "quadrillion"), (10**12, "trillion"), (10**9, "billion"))
# The meter is full at so many digits of tries.
MOST_STRENGTH = 12
MOST_CHARACTERS = 100


@require_POST
def preview(request: HttpRequest) -> JsonResponse:
    """What a coupon of the series would look like, if what stands in the form was saved."""
    if not may_look(request.user):
        raise PermissionDenied
    form = SeriesForm(request.POST, instance=existing(request.GET.get("series", "")))
    form.is_valid()
    series = form.draft()
    code, today = code_of(series), local_date(timezone.now())
    return JsonResponse(
        {
            "code": code,
            "messages": messages_of(series, code["example"], request.user, today=today),
            "problems": problems(form),
            "warnings": thoughts(form, series) if series.discount_value else [],
        }
    )


@require_GET
def others(request: HttpRequest) -> JsonResponse:
    """Series by id or a part of the name, for a search box."""
    term = searched(request)
    number = whole_number(term)
    by_id = Q(pk=number) if number and number <= BIGGEST_ID else Q()
    found = Series.objects.filter(Q(description__icontains=term) | by_id if term else Q())
    return page_of(found, request, lambda one: (one.pk, series_label(one.pk, one.description)))


@require_GET
def places(request: HttpRequest) -> JsonResponse:
    """Places by a part of their name or code, for a search box."""
    term = searched(request)
    found = OrgEntity.objects.filter(Q(name__icontains=term) | Q(code__icontains=term))
    return page_of(found, request, lambda place: (place_value(place), str(place)))


def may_look(user: User) -> bool:
    return user.has_perm("series.view_series") or user.has_perm("series.add_series")


def existing(text: str) -> Series | None:
    pk = whole_number(text)
    return Series.objects.filter(pk=pk).first() if pk and pk <= BIGGEST_ID else None


def searched(request: HttpRequest) -> str:
    if not may_look(request.user):
        raise PermissionDenied
    return UNSTORABLE.sub("", request.GET.get("term", ""))[:MOST_CHARACTERS].strip()


def page_of(rows: QuerySet, request: HttpRequest, named: Any) -> JsonResponse:
    """As the search box's script wants it."""
    paginator = Paginator(rows, PAGE_SIZE)
    try:
        page = paginator.page(whole_number(request.GET.get("page", "1")) or 1)
    except EmptyPage:
        page = paginator.page(1)
    results = [{"id": str(pk), "text": text} for pk, text in map(named, page)]
    return JsonResponse({"results": results, "pagination": {"more": page.has_next()}})


def code_of(series: Series) -> dict[str, Any]:
    """An example of a code, and how hard it is to guess one: `strength` of MOST_STRENGTH."""
    code = code_such_as(series)
    match series.client_handling_type:
        case ClientHandling.GENERIC:
            return {"example": code, "note": "All customers share this code."}
        case ClientHandling.DISC_CODE_PIN:
            note = "Your own codes: upload them once the series is saved."
            return {"example": code, "note": note}
    if not code:
        return {"example": code, "note": "Too long for a code."}
    tries = tries_per_hit(series)
    return {
        "example": code,
        "note": guessing(tries),
        "strength": min(round(log10(max(tries, 1)), 1), MOST_STRENGTH),
        "figures": f"{short(space(series)).capitalize()} different codes, "
        f"{circulating(series):,} coupons in circulation.",
    }


def guessing(tries: int) -> str:
    """How long somebody would try. Two digits are all that an estimate has."""
    if tries >= BEYOND_GUESSING:
        return "Practically impossible to guess."
    power = max(len(str(tries)) - 2, 0)
    return f"Somebody would need about {round(tries, -power):,} tries to find one."


def short(number: int) -> str:
    """A number that can be read: 8,196,282 or about 820 trillion."""
    for size, name in SIZES:
        if number >= size:
            return f"about {number // size:,} {name}"
    return f"{number:,}"


def thoughts(form: SeriesForm, series: Series) -> list[str]:
    """What to think about, without what is said as a problem already."""
    wrong = tuple(f"{form.fields[name].label}: " for name in form.errors if name in form.fields)
    sentences = map(in_words, warnings_at_the_form(series))
    return [sentence for sentence in sentences if not wrong or not sentence.startswith(wrong)]


def problems(form: SeriesForm) -> list[str]:
    """What could not be saved like that. What is still empty is no problem while people type."""
    return [
        f"{form.fields[column].label}: {text}" if column in form.fields else text
        for column, texts in form.errors.items()
        if column not in form.fields or form[column].data
        for text in texts
    ]
