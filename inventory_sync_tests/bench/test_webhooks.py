"""Webhooks are measured on a receiver that takes them all, and on no other."""

import socket
import threading
from dataclasses import replace

import pytest

from inventory_sync.bench.webhooks import CONNECTIONS, Taken, Target, measure
from inventory_sync.cli.bench_receiver import bench_receiver


def test_every_delivery_that_was_measured_is_in_the_inbox() -> None:
    with bench_receiver() as receiver:
        taken = measure(receiver.target, 300)
        assert receiver.rows_in_inbox() == len(taken.latencies_seconds) == 300
        assert receiver.fsync() == "on"
        wrong = replace(receiver.target, secret=b"another")
        with pytest.raises(RuntimeError, match=r"HTTP/1.1 401 Unauthorized: no measurement\."):
            measure(wrong, 300)
        assert receiver.rows_in_inbox() == 300
    assert 2_500 < taken.body_bytes < 11_000


def test_a_receiver_that_hangs_up_is_no_measurement() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS) as listener:
        host, port = listener.getsockname()

        def accept_one() -> None:
            listener.accept()[0].close()

        hang_up = threading.Thread(target=accept_one)
        hang_up.start()
        with pytest.raises(RuntimeError, match="has closed a connection"):
            measure(Target(host, port, "/", "acme-b2b.myshopify.com", b"secret"), 100)
        hang_up.join()


def test_a_share_of_the_deliveries_was_not_slower_than_this() -> None:
    taken = Taken(2.0, [each / 1000 for each in range(1, 102)], 5_000)
    assert taken.per_second == 50.5
    assert [taken.latency_seconds(share) for share in (0, 0.5, 0.99, 1)] == [
        0.001,
        0.051,
        0.1,
        0.101,
    ]
