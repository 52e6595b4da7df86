# One image for web, worker, pump and the operators' commands.
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 STATIC_ROOT=/srv/static
WORKDIR /srv/app
RUN useradd --system --uid 10001 terminal

COPY pyproject.toml constraints.txt README.md LICENSE ./
RUN pip install -c constraints.txt '.[calendars]'
COPY manage.py ./
COPY accounts accounts
COPY orders orders
COPY webhooks webhooks
COPY webhooks_terminal webhooks_terminal
COPY templates templates
COPY static static
COPY docs/webhooks.md docs/webhooks.md
# Collecting needs settings, not their values.
RUN SECRET_KEY=none WEBHOOK_PEPPERS=1:00000000000000000000000000000000 QUOTE_FEED_TOKEN=none-and-nothing-but-none DATABASE_URL=postgres://none@127.0.0.1/none \
    python manage.py collectstatic --no-input --verbosity 0

USER terminal
EXPOSE 8000
CMD ["granian", "--interface", "asgi", "--host", "0.0.0.0", "--port", "8000", "--http", "1", "--no-ws", \
     "--backlog", "8192", "--backpressure", "8192", "--workers", "1", "--respawn-failed-workers", "--respawn-interval", "8", \
     "--workers-kill-timeout", "2", "--log-level", "warning", "webhooks_terminal.asgi:application"]
