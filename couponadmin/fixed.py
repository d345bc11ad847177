"""Settings that no deployment changes: what the platform is made of, and what it promises."""

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "simple_history",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "couponadmin",
    "outbox",
    "customers",
    "series",
    "issuance",
    "batches",
    "redemption",
]

MIDDLEWARE = [
    "couponadmin.middleware.RequestIdMiddleware",
    "couponadmin.watch.WatchMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "couponadmin.middleware.ContentSecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # The admin's Alpine.js evaluates expressions; inline scripts stay forbidden.
        "script-src": [SELF, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "couponadmin.auth.BasicClientAuthentication",
        "couponadmin.auth.TokenClientAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["couponadmin.auth.ClientPermission"],
    "DEFAULT_THROTTLE_CLASSES": ["couponadmin.throttle.ClientThrottle"],
    "DEFAULT_PARSER_CLASSES": ["couponadmin.api.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["couponadmin.api.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "couponadmin.api.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "couponadmin.openapi.EnvelopeSchema",
    "EXCEPTION_HANDLER": "couponadmin.api.refusal",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": False,
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Coupon platform",
    "VERSION": "2",
    "DESCRIPTION": "Create coupon series, issue coupons, look them up, take them back.",
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
}

CELERY_BEAT_SCHEDULE = {
    "fold-tallies": {"task": "series.fold_tallies", "schedule": 5},
    "forget-answers": {"task": "couponadmin.forget_old_answers", "schedule": 600},
    "forget-guessing": {"task": "couponadmin.forget_guessing", "schedule": 600},
    "deliver-webhooks": {
        "task": "outbox.deliver",
        "schedule": 2,
        "options": {"expires": 10},
    },
    "forget-webhooks": {"task": "outbox.forget", "schedule": 600},
    "work-on-batches": {"task": "batches.work", "schedule": 5, "options": {"queue": "bulk"}},
    "tidy-redemptions": {"task": "redemption.tidy_up", "schedule": 600},
}
