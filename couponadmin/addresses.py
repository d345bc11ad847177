"""Where the pages of other apps are, which an app may link to without knowing them."""

from django.urls import NoReverseMatch, reverse


def page_of(name: str, *arguments: int | str) -> str:
    """The address of a page; empty where the app that has it is left out."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
