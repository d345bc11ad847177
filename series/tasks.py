"""Background work of series."""

from celery import shared_task

from series import tallies


@shared_task(name="series.fold_tallies")
def fold_tallies() -> None:
    tallies.fold_tallies()
