"""The file broker: nothing lost, nothing twice, however many write and read."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

from couponadmin.celery import app
from couponadmin.embedded import broker


def test_celery_uses_it_where_there_is_no_redis() -> None:
    with app.connection() as connection:
        assert isinstance(connection.transport, broker.Transport)


def test_many_writers_and_readers_lose_and_double_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        written = pool.map(lambda start: write(tmp_path, start, 100), range(0, 400, 100))
        read = [pool.submit(read_until_quiet, tmp_path) for _ in range(4)]
        assert sum(written) == 400
        numbers = [number for job in read for number in job.result()]
    assert sorted(numbers) == list(range(400))


def test_a_queue_that_is_deleted_takes_its_messages_along(tmp_path: Path) -> None:
    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("quick")
        queue.put(1)
        queue.queue.delete()
        with pytest.raises(Empty):
            queue.get(timeout=0.1)


def connect(var: Path) -> Connection:
    return Connection(
        broker.URL, transport=broker.TRANSPORT, transport_options=broker.transport_options(var)
    )


def write(var: Path, start: int, count: int) -> int:
    with connect(var) as connection, connection.SimpleQueue("quick") as queue:
        for number in range(start, start + count):
            queue.put(number)
    return count


def read_until_quiet(var: Path) -> list[int]:
    numbers = []
    with connect(var) as connection, connection.SimpleQueue("quick") as queue:
        while True:
            try:
                message = queue.get(timeout=1)
            except Empty:
                return numbers
            numbers.append(message.payload)
            message.ack()
