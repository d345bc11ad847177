from django.apps import AppConfig


class CouponadminConfig(AppConfig):
    name = "couponadmin"
    verbose_name = "Access"
