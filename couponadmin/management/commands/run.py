"""`manage.py run`: the whole platform in one terminal, with nothing to install or set up first."""

import io
import json
import os
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.db import connections

from couponadmin import metrics
from couponadmin.embedded import CannotStart
from couponadmin.embedded.guards import alone, check_free, healthy, reachable
from couponadmin.embedded.postgres import Server
from couponadmin.embedded.process import Process
from couponadmin.embedded.programs import BEAT, WEB, WORKER, WORKERS
from couponadmin.embedded.supervisor import Supervisor, leave_on_signals

PATIENCE_SECONDS = 60.0


class Command(BaseCommand):
    """Starts database, worker, clock and web server, and stays until it is told to stop."""

    help = "Run the platform: database, web server, background worker and clock."
    # Some checks of the admin ask the database, which is not there yet.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take host and port from the command line or the environment."""
        parser.add_argument("--host", default=os.environ.get("HOST") or "127.0.0.1")
        parser.add_argument("--port", default=os.environ.get("PORT") or "8000", type=int)

    def handle(self, *, host: str, port: int, **options: Any) -> None:
        """Run until a signal comes; end with status 1 and a sentence if something is in the way."""
        leave_on_signals()
        try:
            with alone(settings.COUPON_VAR, address(host, port)):
                check_free(host, port)
                self._run(Supervisor(self._say), host, port)
        except CannotStart as reason:
            sys.exit(str(reason))

    def _run(self, supervisor: Supervisor, host: str, port: int) -> None:
        try:
            self._say("Starting; the first time takes a little longer.")
            demo = self._start(supervisor, host, port)
            self._say(welcome(address(host, port), demo))
            while True:
                supervisor.watch()
                time.sleep(0.5)
        finally:
            self._say("Stopping after finishing the work in progress.")
            supervisor.stop()

    def _start(self, supervisor: Supervisor, host: str, port: int) -> dict[str, str]:
        os.environ["COUPON_VAR"] = str(settings.COUPON_VAR)
        if settings.EMBEDDED:
            supervisor.start(Server(settings.COUPON_VAR))
        demo = prepare()
        web = child("web", f"{WEB} --host {host} --port {port}")
        # Stopped in the opposite order: no new work comes in while the rest is being finished.
        workers = [worker(number) for number in range(1, WORKERS + 1)]
        for process in (*workers, child("beat", BEAT), web):
            supervisor.start(process)
        wait_until_healthy(supervisor, web, host, port)
        return demo

    def _say(self, text: str) -> None:
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except OSError:
            # The terminal may be closed already; what is left to do matters more.
            pass


def child(name: str, command: str, patience: float = 15) -> Process:
    """Return a Python program of this installation, ready to be started."""
    return Process(
        name,
        (sys.executable, "-m", *command.split()),
        settings.COUPON_VAR / "log" / f"{name}.log",
        cwd=settings.BASE_DIR,
        patience=patience,
    )


def worker(number: int) -> Process:
    """Return a worker, who is given the time to finish a chunk when told to stop."""
    return child(f"worker-{number}", f"{WORKER} --hostname worker{number}@%h", patience=30)


def prepare() -> dict[str, str]:
    """Bring the tables and static files up to date; return the credentials of the sample data.

    A server that DATABASE_URL names gets no sample data.
    """
    metrics.start_anew()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    demo = sample_data() if settings.EMBEDDED else {}
    connections.close_all()
    return demo


def sample_data() -> dict[str, str]:
    """Make what is missing of the sample data; return its credentials."""
    said = io.StringIO()
    call_command("seed_demo", "--json", stdout=said)
    return json.loads(said.getvalue())


def wait_until_healthy(supervisor: Supervisor, web: Process, host: str, port: int) -> None:
    """Return when the web server answers; a listening socket alone says nothing."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not healthy(host, port):
        supervisor.watch()
        if time.monotonic() > deadline:
            raise CannotStart(
                f"The web server does not answer; {web.log} ends with:\n{web.last_lines()}"
            )
        time.sleep(0.1)


def address(host: str, port: int) -> str:
    """Return the URL of the platform as seen from this machine."""
    name = reachable(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def welcome(url: str, demo: dict[str, str]) -> str:
    """Return what a newcomer needs to know, as one block of text."""
    rows = {
        "Admin": url + demo.get("admin_url_path", "/admin/"),
        "Login": demo.get("username", "yours; python manage.py createsuperuser makes one"),
        "Password": demo.get("password"),
        "API": f"{url}/v2/docs",
        "Client id": demo.get("client_id"),
        "Client secret": demo.get("client_secret"),
        "Logs": str(settings.COUPON_VAR / "log"),
    }
    lines = [f"  {name:<14}{value}" for name, value in rows.items() if value]
    return "\n".join(["", "Coupons are ready. Ctrl-C stops everything.", "", *lines, ""])
