"""Every setting of the product, read from the environment once, top to bottom.

A setting that is missing or malformed stops the start with its name. `docs/settings.md` lists them.
"""

from pathlib import Path

from webhooks_terminal.environment import Environment, days, feed_token, peppers, postgres

env = Environment()
BASE_DIR = Path(__file__).resolve().parent.parent

# --- Identity and secrets --------------------------------------------------------------------------
SECRET_KEY = env.str("SECRET_KEY")
# Keyed hashes of webhook secrets: "1:hexpepper,2:hexpepper"; the highest number hashes new keys.
WEBHOOK_PEPPERS = env.get_value("WEBHOOK_PEPPERS", cast=peppers)
QUOTE_FEED_TOKEN = env.get_value("QUOTE_FEED_TOKEN", cast=feed_token)

DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# The address that senders see, used in webhook URLs: "https://terminal.example.com"; empty: the request's own.
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")
# How many proxies of ours stand in front; the client's address is the N-th of X-Forwarded-For from the right.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
HTTPS = PUBLIC_URL.startswith("https://")
# What this process is: web, worker, pump or manage. Decides the database's time limits.
ROLE = env.str("ROLE", default="manage")

# --- What the product consists of ------------------------------------------------------------------
INSTALLED_APPS = [
    "webhooks_terminal.admin.TerminalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "accounts",
    "orders",
    "webhooks",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.zones.ReaderZoneMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "webhooks_terminal.urls"
ASGI_APPLICATION = "webhooks_terminal.asgi.application"
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
                "orders.frame.frame",
            ],
        },
    },
]

# --- PostgreSQL ------------------------------------------------------------------------------------
STATEMENT_TIMEOUT_MS = {"web": 2_000, "worker": 15_000, "pump": 15_000}.get(ROLE, 0)
DATABASE_OPTIONS = {
    "synchronous_commit": "on",
    "statement_timeout": STATEMENT_TIMEOUT_MS,
    "lock_timeout": 1_000 if ROLE == "web" else 10_000,
    "idle_in_transaction_session_timeout": 60_000 if ROLE == "manage" else 10_000,
    "client_connection_check_interval": 1_000,
    "jit": "off",
}
env.get_value("DATABASE_URL", cast=postgres)
DATABASES = {"default": env.db("DATABASE_URL", engine="django.db.backends.postgresql")}
DATABASES["default"]["OPTIONS"] = DATABASES["default"].get("OPTIONS", {}) | {
    "options": " ".join(f"-c {name}={value}" for name, value in DATABASE_OPTIONS.items()),
    "connect_timeout": 2,
}
if ROLE == "web":  # a request's thread is new each time under ASGI, so connections live in a pool
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 8, "timeout": 2}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # after a restart of the database no request meets a dead connection
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Counts of attempts are shared by all processes, and last through a restart and without Redis.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# --- Redis and Celery: the bell, never the queue ------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "bells"
CELERY_TASK_ACKS_LATE = False  # bells are disposable: the tray is the queue
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SOFT_TIME_LIMIT = 20
CELERY_TASK_TIME_LIMIT = 30
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 60,
    "socket_timeout": 2.0 if ROLE == "worker" else 0.5,
    "socket_connect_timeout": 0.3,
    "retry_on_timeout": False,
    "max_retries": 0,
    "global_keyprefix": "webhooks-terminal:",
}

# --- The webhook -------------------------------------------------------------------------------------
WEBHOOK_WAIT_MS = env.int("WEBHOOK_WAIT_MS", default=1_000)
WEBHOOK_MAX_WAITING = env.int("WEBHOOK_MAX_WAITING", default=500)
WEBHOOK_RATE_PER_SECOND = env.int("WEBHOOK_RATE_PER_SECOND", default=20)
WEBHOOK_RATE_BURST = env.int("WEBHOOK_RATE_BURST", default=100)
# Wrong key pairs from one address in a minute, after which it hears 429 instead of 401.
WEBHOOK_WRONG_KEYS = env.int("WEBHOOK_WRONG_KEYS", default=1_000)

# --- What is kept ------------------------------------------------------------------------------------
# For so many days; 0: for good.
DELIVERY_RETENTION_DAYS = env.get_value("DELIVERY_RETENTION_DAYS", cast=days, default=30)
QUOTE_RETENTION_DAYS = env.get_value("QUOTE_RETENTION_DAYS", cast=days, default=30)

# --- The paper exchange ------------------------------------------------------------------------------
STOP_OUT_LEVEL = env.str("STOP_OUT_LEVEL", default="0.5")

# --- People ------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_LOGOUT_ON_GET = False
# Who changes an e-mail address or a second factor proves again who they are when the last time is long ago.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
# Wrong passwords: by one user's name from one address (see accounts.adapter), and in all from one address.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/15m/key"}
# "smtp+tls://user:password@host:587"; by default no mail is sent.
vars().update(env.email_url("EMAIL_URL", default="dummymail://"))
MAIL = not EMAIL_BACKEND.endswith(".dummy.EmailBackend")  # type: ignore[name-defined]  # noqa: F821
# Where mail goes out, an address is verified and its owner hears of changes; nobody waits outside for that mail.
ACCOUNT_EMAIL_VERIFICATION = "optional" if MAIL else "none"
ACCOUNT_EMAIL_NOTIFICATIONS = MAIL
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="webhooks-terminal@localhost")
SIGN_UP = env.bool("SIGN_UP", default=False)
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
# A second factor: an authenticator app or a passkey, and codes for the day when it is lost.
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # clocks differ: the code before and the one after are good as well
MFA_TOTP_ISSUER = "Webhooks Terminal"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.ConfirmingCodeForm",
    "add_webauthn": "accounts.forms.NewPasskeyForm",
    "authenticate_webauthn": "accounts.forms.PasskeyForm",
    "login_webauthn": "accounts.forms.EnteringPasskeyForm",
    "reauthenticate_webauthn": "accounts.forms.ConfirmingPasskeyForm",
}
# Operators enter their desk with a second factor only.
ADMIN_SECOND_FACTOR = env.bool("ADMIN_SECOND_FACTOR", default=True)
USERSESSIONS_ADAPTER = "accounts.adapter.SessionsAdapter"
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SECURE = HTTPS
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []

# --- The browser's rules -----------------------------------------------------------------------------
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
# Not "no-referrer": with it browsers send "Origin: null" with a form, which the CSRF check must refuse.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
FROM_HERE = ("script-src", "style-src", "font-src", "connect-src", "form-action", "manifest-src")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        **{name: ["'none'"] for name in ("default-src", "base-uri", "frame-ancestors")},
        **{name: ["'self'"] for name in FROM_HERE},
        "img-src": ["'self'", "data:"],
    },
}
STATIC_URL = "/static/"
# Where `manage.py collectstatic` puts them; empty: each file is served from where it lies.
STATIC_ROOT = env.str("STATIC_ROOT", default="") or None
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_AUTOREFRESH = DEBUG

# --- The read API --------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "webhooks.authentication.KeyPairAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "webhooks.api_errors.JsonAlways",
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "webhooks.api_errors.api_exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Webhooks Terminal",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["webhooks.openapi.complete"],
}

# --- Time, words, logs ---------------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "number": {"()": "webhooks_terminal.request_numbers.NumberFilter"},
        "redact": {"()": "webhooks_terminal.redaction.RedactingFilter"},
    },
    "formatters": {"plain": {"()": "webhooks_terminal.redaction.RedactingFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["number", "redact"]}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {name: {"handlers": [], "propagate": True} for name in ("django", "django.server", "celery")},
}
