"""Every value that a deployment may change comes from the environment; others are in `fixed`.

Without DATABASE_URL and REDIS_URL the embedded PostgreSQL and the file broker of `make run` serve.
"""

import os
from datetime import timedelta
from pathlib import Path

import phonenumbers
from environs import validate

from couponadmin import environment, fixed, look
from couponadmin.embedded import broker, postgres, secret
from couponadmin.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()
NOT_NEGATIVE, POSITIVE = validate.Range(min=0), validate.Range(min=1)

# Where things live
COUPON_VAR = Path(env.str("COUPON_VAR", str(BASE_DIR / "var"))).resolve()
DATABASE_URL = env.str("DATABASE_URL", "")
REDIS_URL = env.str("REDIS_URL", "", validate=environment.broker)
EMBEDDED = not DATABASE_URL

# Trust
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str(
    "SECRET_KEY",
    secret.kept_below(COUPON_VAR) if EMBEDDED else ...,
    validate=environment.secret,
)
# Whoever watches asks at this machine's own address.
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"] + (
    env.list("ALLOWED_HOSTS", [], validate=environment.hosts) or []
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [], validate=environment.origins)
HTTPS = env.bool("HTTPS", False)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", 31_536_000 if HTTPS else 0, validate=NOT_NEGATIVE)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("MAX_BODY_BYTES", 2_621_440, validate=POSITIVE)

# What the API promises
REFUSAL_HTTP_STATUS = env.int("REFUSAL_HTTP_STATUS", 400, validate=validate.OneOf([200, 400]))
ORG_ID = env.int("ORG_ID", 1, validate=NOT_NEGATIVE)
COUNTRY_CODE_REGION = env.str(
    "COUNTRY_CODE_REGION", "", validate=validate.OneOf(["", *phonenumbers.SUPPORTED_REGIONS])
)
RATE_ISSUE_PER_MINUTE = env.int("RATE_ISSUE_PER_MINUTE", 300, validate=NOT_NEGATIVE)
RATE_PER_MINUTE = env.int("RATE_PER_MINUTE", 1000, validate=NOT_NEGATIVE)
IDEMPOTENCY_HOURS = env.int("IDEMPOTENCY_HOURS", 24, validate=POSITIVE)
TOKEN_TTL_SECONDS = env.int("TOKEN_TTL_SECONDS", 300, validate=POSITIVE)
CREDENTIAL_CACHE_SECONDS = env.int("CREDENTIAL_CACHE_SECONDS", 5, validate=NOT_NEGATIVE)
# Webhooks go to https:// only; true: to http:// in the private network, too (docs/webhooks.md).
WEBHOOK_ALLOW_HTTP = env.bool("WEBHOOK_ALLOW_HTTP", False)

INSTALLED_APPS = fixed.INSTALLED_APPS
MIDDLEWARE = fixed.MIDDLEWARE
ROOT_URLCONF = "couponadmin.urls"
WSGI_APPLICATION = "couponadmin.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASE = (
    postgres.database_settings(COUPON_VAR) if EMBEDDED else env.database("DATABASE_URL") or {}
)
DATABASE_POOLER = env.bool("DATABASE_POOLER", False)
CONNECTED = {
    "ENGINE": "couponadmin.postgresql",
    "CONN_MAX_AGE": env.int("CONN_MAX_AGE", 60, validate=NOT_NEGATIVE),
    "CONN_HEALTH_CHECKS": True,
    # A pooler such as pgbouncer lends a connection for one transaction: cursors live longer, and
    # what was prepared or set when connecting was so on another one.
    "DISABLE_SERVER_SIDE_CURSORS": DATABASE_POOLER,
}
# Every statement here looks rows up by an index, so one plan per connection serves all its calls:
# planning anew took longer than running (issue: 1 ms, of it 0.4 planning). It must be right while
# a table is small and when it is large: indexes, always.
PLANNED_ONCE = {
    "prepare_threshold": 3,
    "options": "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off",
}
SERVED = {"server_side_binding": True} | (
    {"prepare_threshold": None} if DATABASE_POOLER else PLANNED_ONCE
)
DATABASES = {"default": DATABASE | CONNECTED | {"OPTIONS": DATABASE.get("OPTIONS", {}) | SERVED}}
# Long lists are read here (couponadmin.replica), everything else is not.
if env.str("DATABASE_REPLICA_URL", ""):
    REPLICA = env.database("DATABASE_REPLICA_URL") or {}
    AT_ONCE = {"connect_timeout": 3} | REPLICA.get("OPTIONS", {})
    DATABASES["replica"] = REPLICA | CONNECTED | {"OPTIONS": AT_ONCE | SERVED}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
OTP_TOTP_ISSUER = "Coupons"

# Who fails too often is locked out by name and address together: neither can a stranger lock out
# a colleague, nor one colleague the shop. The API does not sign in this way.
AUTHENTICATION_BACKENDS = [
    "couponadmin.signin.LockOut",
    "django.contrib.auth.backends.ModelBackend",
]
# How many proxies of our own stand before the server and write X-Forwarded-For.
PROXY_COUNT = env.int("PROXY_COUNT", 0, validate=validate.Range(min=0, max=10))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = env.int("SIGN_IN_FAILURES", 6, validate=validate.Range(min=1))
AXES_COOLOFF_TIME = timedelta(
    minutes=env.int("SIGN_IN_LOCKED_MINUTES", 15, validate=validate.Range(min=1))
)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "couponadmin.signin.locked_out"
AXES_CLIENT_IP_CALLABLE = "couponadmin.signin.client_ip"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "otp_token"]
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "couponadmin.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", "UTC", validate=environment.time_zone)

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = COUPON_VAR / "staticfiles"
WHITENOISE_USE_FINDERS = DEBUG

CONTENT_SECURITY_POLICY = fixed.CONTENT_SECURITY_POLICY
REST_FRAMEWORK = fixed.REST_FRAMEWORK
SPECTACULAR_SETTINGS = fixed.SPECTACULAR_SETTINGS
UNFOLD = look.UNFOLD

# Background work: rows are the queue, messages only wake workers
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
else:
    CELERY_BROKER_URL = broker.URL
    CELERY_BROKER_TRANSPORT = broker.TRANSPORT
    CELERY_BROKER_TRANSPORT_OPTIONS = broker.transport_options(COUPON_VAR)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "quick"
CELERY_TASK_ROUTES = {"batches.work": {"queue": "bulk"}}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_BEAT_SCHEDULE_FILENAME = str(COUPON_VAR / "beat-schedule")
CELERY_BEAT_SCHEDULE = fixed.CELERY_BEAT_SCHEDULE

# Batches: how many lines are worked on at once, for how long until another has its turn, by how
# many workers, and when one that hangs loses its lines.
BATCH_CHUNK = env.int("BATCH_CHUNK", 2000, validate=validate.Range(min=1, max=20_000))
BATCH_TURN_SECONDS = env.float("BATCH_TURN_SECONDS", 2.0, validate=validate.Range(min=0.1, max=60))
BATCH_WORKERS = env.int("BATCH_WORKERS", 2, validate=validate.Range(min=1, max=64))
BATCH_LEASE_SECONDS = env.int("BATCH_LEASE_SECONDS", 60, validate=validate.Range(min=5))
MAX_UPLOAD_BYTES = env.int("MAX_UPLOAD_BYTES", 200_000_000, validate=validate.Range(min=1_000))
# What stands beside amounts on the pages of the admin: a sign, or letters.
CURRENCY = env.str("CURRENCY", "", validate=validate.Length(max=10))
# Above so many coupons, or so much money, a batch or a revocation waits for a second person.
APPROVAL_SIZE = env.int("APPROVAL_SIZE", None, validate=NOT_NEGATIVE)
APPROVAL_VALUE = env.decimal("APPROVAL_VALUE", None, validate=NOT_NEGATIVE)

# prometheus_client reads this when it is imported, which couponadmin.metrics does later.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(COUPON_VAR / "metrics")

LOG_FORMAT = env.str("LOG_FORMAT", "text", validate=validate.OneOf(["text", "json"]))
SENTRY_DSN = env.str("SENTRY_DSN", "", validate=environment.sentry)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "couponadmin.middleware.RequestIdFilter"}},
    "formatters": {"line": {"()": "couponadmin.logs.Line", "form": LOG_FORMAT}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["stderr"], "level": env.log_level("LOG_LEVEL", "INFO")},
    "loggers": {
        # Each request has a line of its own, refused or not; statements would quote values.
        "django.request": {"level": "ERROR"},
        "django.db.backends": {"level": "INFO"},
        "pyBarcode": {"level": "WARNING"},
    },
}

env.seal()
