"""The platform's own settings; only the addresses are those of `bench.urls`."""

from couponadmin import settings as real

globals().update({name: getattr(real, name) for name in dir(real) if name.isupper()})
ROOT_URLCONF = "bench.urls"
