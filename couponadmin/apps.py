from django.apps import AppConfig, apps
from django.conf import settings
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string

# What Django calls users and groups, in the words of this admin.
WORDS = {"auth.User": ("person", "people"), "auth.Group": ("role", "roles")}


class CouponadminConfig(AppConfig):
    name = "couponadmin"
    verbose_name = "Access"

    def ready(self) -> None:
        # The one signal of the project: permissions exist only after migrate has ended,
        # so a migration cannot hand them to groups. (By name: models are not loaded above.)
        receiver = import_string("couponadmin.roles.make_missing_groups")
        post_migrate.connect(receiver, dispatch_uid="couponadmin.roles")
        for model, names in WORDS.items():
            options = apps.get_model(model)._meta
            options.verbose_name, options.verbose_name_plural = names
        apps.get_model("auth.User")._meta.get_field("groups").verbose_name = "roles"
        if settings.SENTRY_DSN:
            # By name: what it needs is installed only where it is used.
            import_string("couponadmin.sentry.start")(settings.SENTRY_DSN)
