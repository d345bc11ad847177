"""`manage.py normalise_mobiles`: after COUNTRY_CODE_REGION was set where customers are already."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand
from django.utils import timezone

from customers.models import Customer
from customers.normalising import Change, store_normal, stored_otherwise


class Command(BaseCommand):
    """May be stopped and started again; each number is changed by itself."""

    help = "Rewrite stored mobile numbers to match COUNTRY_CODE_REGION."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        changes = stored_otherwise(region=settings.COUNTRY_CODE_REGION)
        if dry_run:
            self.stdout.write(f"{sum(1 for _ in changes)} numbers need rewriting.")
            return
        done, left = 0, 0
        for change in changes:
            if store_normal(change, now=timezone.now()):
                done += 1
            else:
                left += 1
                self.stdout.write(same_number(change))
        self.stdout.write(f"{done} numbers were changed, {left} were left as they are.")


def same_number(change: Change) -> str:
    """Two records of one person, by their ids; the number itself is nobody's business."""
    other = Customer.objects.filter(mobile=change.after).values_list("pk", flat=True).first()
    return f"Customers {change.customer_id} and {other} have the same number: merge them."
