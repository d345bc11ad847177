"""The list of customers with what only batches know: coupons for all whom it shows."""

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action

from batches.customer_forms import IssueToManyForm
from batches.tasks import ring
from couponadmin.long_lists import EstimatedCountPaginator
from couponadmin.plain_admin import TICKED
from customers.models import CustomerQuerySet
from issuance.customer_admin import CustomerPageAdmin

WITH = {"yes": "with", "no": "without"}
# What may stand in the address of the list, in words.
SAID = {
    "q": "found by “{}”",
    "mobile": "{} a mobile number",
    "email": "{} an e-mail address",
    "registered_at_from_0": "registered since {}",
    "registered_at_to_0": "registered until {}",
    "coupons__series__id__exact": "who holds one of the newest coupons of series {}",
}


def chosen(query: QueryDict) -> str:
    """Whom the list shows, for the log."""
    if ticked := query.get(TICKED):
        return f"{len(ticked.split(','))} ticked customers"
    filters = ", ".join(f"{name}={value}" for name, value in query.items())
    return f"the customers of the list: {filters or 'all'}"


def audience(query: QueryDict) -> str:
    """The same, for the page of the batch."""
    if ticked := query.get(TICKED):
        count = len(ticked.split(","))
        return f"{count:,} {'customer' if count == 1 else 'customers'} ticked in the list"
    said = [SAID[name].format(WITH.get(text, text)) for name, text in query.items() if name in SAID]
    return " ".join(["everybody", " and ".join(said)]).strip()


class ManyCustomersAdmin(CustomerPageAdmin):
    actions_list = ["issue_to_these", *CustomerPageAdmin.actions_list]
    actions = ["issue_to_selected"]

    @action(description="Issue coupons to these", permissions=["view", "issue"], icon="stacks")
    def issue_to_these(self, request: HttpRequest) -> HttpResponse:
        """Begins a batch for the customers that the list would show on all of its pages."""
        customers = self.listed(request).queryset.filter(merged_into=None)
        form = IssueToManyForm(request.POST or None)
        who = {"audience": audience(request.GET), "now": timezone.now()}
        if form.is_valid() and (batch := form.begin(customers, request.user, **who)):
            self.log_addition(request, batch, f"Begun for {chosen(request.GET)}")
            ring()
            return redirect("admin:batches_batch_change", batch.pk)
        context = self.admin_site.each_context(request) | {
            "title": "Issue coupons to these customers",
            "opts": self.opts,
            "form": form,
            "how_many": EstimatedCountPaginator(customers, self.list_per_page).count_text,
            "back": f"{reverse('admin:customers_customer_changelist')}?{request.GET.urlencode()}",
        }
        return TemplateResponse(request, "admin/customers/customer/issue_many.html", context)

    @action(description="Issue coupons to the selected", permissions=["issue"])
    def issue_to_selected(self, request: HttpRequest, customers: CustomerQuerySet) -> HttpResponse:
        query = QueryDict(mutable=True)
        if request.POST.get("select_across") == "1":
            query = request.GET
        else:
            query[TICKED] = ",".join(request.POST.getlist(ACTION_CHECKBOX_NAME))
        return redirect(f"{reverse('admin:customers_customer_issue_to_these')}?{query.urlencode()}")
