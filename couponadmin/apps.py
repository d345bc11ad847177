from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string


class CouponadminConfig(AppConfig):
    name = "couponadmin"
    verbose_name = "Access"

    def ready(self) -> None:
        # The one signal of the project: permissions exist only after migrate has ended,
        # so a migration cannot hand them to groups. (By name: models are not loaded above.)
        receiver = import_string("couponadmin.roles.make_missing_groups")
        post_migrate.connect(receiver, dispatch_uid="couponadmin.roles")
        if settings.SENTRY_DSN:
            # By name: what it needs is installed only where it is used.
            import_string("couponadmin.sentry.start")(settings.SENTRY_DSN)
