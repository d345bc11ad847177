"""The programs of one host, as arguments of `python -m`."""

# Every web thread holds a database connection: 2 x 4 stay far below what PostgreSQL grants.
WEB = (
    "granian --interface wsgi couponadmin.wsgi:application --http 1 --no-ws --log-level warning "
    "--workers 2 --blocking-threads 4 --backlog 1024 "
    "--respawn-failed-workers --respawn-interval 0.5 --workers-kill-timeout 5"
)
# One process each: of a pool of children one may be killed while it holds the lock of their common
# queue, and then all of them wait for ever, beside a parent that looks well. Greetings and
# heartbeats between workers serve no one.
WORKER = (
    "celery --quiet -A couponadmin worker --queues quick,bulk --pool solo --loglevel WARNING "
    "--without-gossip --without-mingle --without-heartbeat"
)
WORKERS = 2
BEAT = "celery --quiet -A couponadmin beat --loglevel WARNING --pidfile="
