"""The page on which support gives a redeemed coupon back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from couponadmin.plain_admin import ReadOnlyAdmin
from redemption.models import Redemption
from redemption.services import reverse

PERMISSION = "redemption.change_redemption"


class GiveBackForm(forms.Form):
    reason = forms.CharField(
        max_length=Redemption._meta.get_field("reversal_reason").max_length,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Why, for whoever looks at the coupon later. Example: goods were returned",
    )


class GiveBackAdmin(ReadOnlyAdmin):
    actions_detail = ["give_back"]

    def has_give_back_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offered where it was not done yet."""
        if not request.user.has_perm(PERMISSION):
            return False
        one = self.get_object(request, unquote(object_id)) if object_id else None
        return one is None or one.reversed_at is None

    @action(description="Give back", permissions=["give_back"], icon="undo")
    def give_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        one = self.get_object(request, unquote(object_id))
        if one is None:
            raise Http404
        form = GiveBackForm(request.POST or None)
        if request.method != "POST" or not form.is_valid():
            return self.asked(request, one, form)
        self.carry_out(request, one, form.cleaned_data["reason"])
        return redirect("admin:redemption_redemption_change", one.pk)

    def carry_out(self, request: HttpRequest, one: Redemption, reason: str) -> None:
        now = timezone.now()
        [kept] = reverse([one.pk], reason=reason, now=now, user_id=request.user.pk)
        if kept.reversed_at != now:
            sentence = f"{one.coupon} had been given back already."
            self.message_user(request, sentence, messages.WARNING)
            return
        self.log_change(request, one, f"Given back. {reason}".strip())
        self.message_user(request, f"{one.coupon} was given back.")

    def asked(self, request: HttpRequest, one: Redemption, form: GiveBackForm) -> HttpResponse:
        context: dict[str, Any] = self.admin_site.each_context(request) | {
            "title": "Give back",
            "opts": self.opts,
            "object": one,
            "redemption": one,
            "form": form,
        }
        return TemplateResponse(request, "admin/redemption/redemption/give_back.html", context)
