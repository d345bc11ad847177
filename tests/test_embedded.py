"""The embedded PostgreSQL: started, killed, outlived, moved, and run as other users."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from environs import Env

from couponadmin.embedded import CannotStart, binaries, places
from couponadmin.embedded.places import Account
from couponadmin.embedded.postgres import Server, database_settings, database_url, servers_in
from tests.embedded_postgres import SETTINGS

STRANGER = Account(65534, 65534)


@contextmanager
def stopped_at_last(server: Server) -> Iterator[Server]:
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def server(own_var: Path) -> Iterator[Server]:
    """A server as `make run` has it: what is committed survives a kill."""
    with stopped_at_last(Server(own_var)) as server:
        yield server


def run_sql(var: Path, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database_url(var), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def write_and_find_again(var: Path, between: Callable[[], None]) -> None:
    run_sql(var, "CREATE TABLE kept AS SELECT 7 AS number")
    between()
    assert run_sql(var, "SELECT number FROM kept") == [(7,)]


class TestServer:
    @pytest.mark.parametrize("programs", list(binaries.candidates()), ids=str)
    def test_keeps_its_data_over_a_stop(
        self, programs: Path, own_var: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COUPON_PG_BIN", str(programs))
        with stopped_at_last(Server(own_var, SETTINGS)) as server:
            server.start()

            def restart() -> None:
                server.stop()
                assert servers_in(server.data) == []
                server.start()

            write_and_find_again(own_var, restart)

    def test_finds_programs_that_were_named_from_here(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("COUPON_PG_BIN", "bin")
        assert list(binaries.places()) == [tmp_path / "bin"]

    def test_starts_again_after_it_was_killed(self, server: Server, own_var: Path) -> None:
        server.start()
        with stopped_at_last(Server(own_var)) as successor:

            def kill_and_start() -> None:
                # Nobody collects it, as in many containers: a zombie, whose pid still looks alive.
                assert server.running
                server.running.kill()
                successor.start()

            write_and_find_again(own_var, kill_and_start)

    def test_replaces_one_that_outlived_its_supervisor(self, server: Server, own_var: Path) -> None:
        server.start()
        with stopped_at_last(Server(own_var)) as successor:
            write_and_find_again(own_var, successor.start)
            assert not server.alive()

    def test_a_stale_pid_that_belongs_to_somebody_else_is_no_obstacle(self, server: Server) -> None:
        server.start()
        server.stop()
        pid_file = server.data / "postmaster.pid"
        pid_file.write_text(f"{os.getpid()}\n{server.data}\n")
        server.start()
        assert server.alive()

    def test_runs_for_a_plain_user(self, own_var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        home = own_var.parent / "home"
        home.mkdir()

        def start_and_stop() -> None:
            with stopped_at_last(Server(home / "var", SETTINGS)) as server:
                server.start()
                assert server.data.stat().st_uid == os.geteuid() != 0

        if os.geteuid() != 0:
            start_and_stop()
            return
        os.chown(home, *STRANGER)
        programs = binaries.find(own_var / "pg", STRANGER)
        monkeypatch.setenv("COUPON_PG_BIN", str(programs))
        # A fork, because this Python may lie where no other user can start it.
        child = os.fork()
        if child == 0:
            become(STRANGER, start_and_stop)
        assert os.waitpid(child, 0)[1] == 0

    def test_says_when_the_data_need_another_version(self, server: Server) -> None:
        server.data.mkdir(parents=True)
        (server.data / "PG_VERSION").write_text("7\n")
        with pytest.raises(CannotStart, match="made by PostgreSQL 7"):
            server.start()

    def test_says_when_there_is_none(
        self, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COUPON_PG_BIN", str(tmp_path))
        with pytest.raises(CannotStart, match="apt install postgresql"):
            server.start()


def become(account: Account, call: Callable[[], None]) -> None:
    """Do `call` as `account`, then end this (forked) process."""
    try:
        os.setgroups([])
        os.setgid(account.gid)
        os.setuid(account.uid)
        call()
        os._exit(0)
    finally:
        os._exit(1)


class TestPlaces:
    def test_settings_and_url_say_the_same(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        var = tmp_path / "with space & Ümlaut"
        monkeypatch.setenv("DATABASE_URL", database_url(var))
        parsed = Env().dj_db_url("DATABASE_URL")
        said = database_settings(var) | {"PORT": 5432}
        assert {name: parsed[name] for name in said} == said

    @pytest.mark.parametrize("name", ["x" * 100, "a,b"])
    def test_a_socket_path_that_libpq_cannot_take_is_replaced(self, name: str) -> None:
        data = Path("/srv") / name / "pg"
        assert places.socket_directory(data).parent == places.SHORT_HOME
        assert places.socket_directory(Path("/srv/pg")) == Path("/srv/pg")

    def test_data_below_a_private_directory_move_for_another_account(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        private = tmp_path / "private"
        private.mkdir(mode=0o700)
        monkeypatch.setattr(places, "account_for", lambda data: STRANGER)
        assert places.SYSTEM_DATA in places.data_directory(private / "var").parents
        assert places.data_directory(Path("/srv/var")) == Path("/srv/var/pg")

    def test_programs_out_of_reach_are_copied(self, tmp_path: Path) -> None:
        programs = tmp_path / "private" / "package" / "install" / "bin"
        programs.mkdir(parents=True, mode=0o700)
        (programs / "postgres").touch(mode=0o700)
        (tmp_path / "private" / "package.libs").mkdir()
        tmp_path.joinpath("private").chmod(0o700)
        copied = binaries.lent(programs, "18.4", tmp_path, STRANGER)
        assert copied == tmp_path / "postgresql-18.4" / "package" / "install" / "bin"
        assert (copied / "postgres").stat().st_mode & 0o777 == 0o755
        assert (tmp_path / "postgresql-18.4" / "package.libs").is_dir()
        assert binaries.lent(programs, "18.4", tmp_path, None) == programs
