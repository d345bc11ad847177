# One image for web, workers, beat and migrations; compose.yaml says which is which.
FROM python:3.11-slim-bookworm AS build
RUN python -m venv /opt/coupon
COPY deploy/requirements.lock /tmp/requirements.lock
RUN /opt/coupon/bin/pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: -r /tmp/requirements.lock

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --home-dir /var/lib/coupon coupon \
    && install -d -o coupon -g coupon /var/lib/coupon
COPY --from=build /opt/coupon /opt/coupon
COPY . /app
WORKDIR /app
ENV PATH=/opt/coupon/bin:$PATH \
    COUPON_VAR=/var/lib/coupon \
    LOG_FORMAT=json \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER coupon
# Neither value is kept or used: settings ask for them, collecting files does not.
RUN SECRET_KEY=$(python -c 'import secrets; print(secrets.token_urlsafe(50))') \
    DATABASE_URL=postgres://unused@unused/unused \
    python manage.py collectstatic --noinput
EXPOSE 8000
# Every web thread holds a database connection: 2 x 4 for each container.
CMD ["granian", "--interface", "wsgi", "couponadmin.wsgi:application", "--host", "0.0.0.0", \
     "--port", "8000", "--http", "1", "--no-ws", "--log-level", "warning", "--workers", "2", \
     "--blocking-threads", "4", "--backlog", "1024", "--respawn-failed-workers", \
     "--respawn-interval", "0.5", "--workers-kill-timeout", "5"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "deploy/probe.py", "http://127.0.0.1:8000/healthz"]
