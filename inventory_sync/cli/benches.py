"""``inventory-sync bench ...``: speed on this machine, printed with its conditions.

Put how a measurement is shown here; what is measured is ``bench``. Nothing here is ever asserted.
"""

import os
import platform
from collections.abc import Sequence
from typing import Any

from inventory_sync.bench import atp, erp_read, projection, publish, webhooks
from inventory_sync.cli import bench_erp, bench_events, bench_promise
from inventory_sync.cli.bench_receiver import bench_receiver
from inventory_sync.cli.bench_stores import bench_stores
from inventory_sync.cli.show import console, print_json, print_table
from inventory_sync.wiring import Databases, open_parts

_DATABASE = "inventory_sync_bench"


def show_atp(keys: int, *, as_json: bool) -> int:
    """Time and memory of each way to sum the same rows into ATP."""
    rows = [
        [
            each.name,
            round(each.seconds, 3),
            round(each.times_floor, 1),
            round(each.extra_megabytes),
            round(each.extra_share, 2),
        ]
        for each in atp.measure(keys)
    ]
    columns = ["way", "seconds", "times the floor", "extra MB", "times the rows' bytes"]
    _show(f"ATP of {keys:,} SKU-locations", columns, rows, as_json=as_json)
    return 0


def show_projection(rows: int, *, as_json: bool) -> int:
    """Time and memory of each way to project the same dated rows."""
    listing = [
        [
            each.name,
            round(each.seconds, 3),
            round(each.million_rows_per_second, 1),
            round(each.extra_megabytes),
        ]
        for each in projection.measure(rows)
    ]
    columns = ["way", "seconds", "million rows per second", "extra MB"]
    _show(f"Projected ATP of {rows:,} dated rows", columns, listing, as_json=as_json)
    return 0


def show_erp_read(rows: int, *, as_json: bool) -> int:
    """Rows per second of each way to read stock from the embedded PostgreSQL."""
    with Databases.of().embedded_url(_DATABASE) as url:
        measured = erp_read.measure(url, rows)
    listing = [[name, round(rate)] for name, rate in measured]
    _show(f"Reading {rows:,} stock rows", ["way", "rows per second"], listing, as_json=as_json)
    return 0


def show_publish(levels: int, *, as_json: bool) -> int:
    """A cold publish to a small and to a middling store at the same time."""
    ours = Databases.of()
    with (
        bench_stores(("standard", "advanced"), levels) as stores,
        ours.embedded_url(_DATABASE) as url,
        publish.fresh_ledger(url),
        open_parts(stores.settings, Databases(ours.home, url)) as parts,
    ):
        rows = [_published_row(each) for each in publish.measure(parts, levels, stores.count)]
    columns = ["plan", "seconds", "calls", "levels per second", "points used", "points allowed"]
    columns += ["used share", "throttled", "throttled in a row"]
    _show(f"Cold publish of {levels:,} levels per store", columns, rows, as_json=as_json)
    return 0


def show_webhooks(deliveries: int, *, as_json: bool) -> int:
    """Deliveries per second of the real receiver, and what is in the inbox afterwards."""
    with bench_receiver() as receiver:
        taken = webhooks.measure(receiver.target, deliveries)
        rows = receiver.rows_in_inbox()
        fsync = receiver.fsync()
    row = [deliveries, taken.body_bytes, round(taken.per_second)]
    latencies = [round(1000 * taken.latency_seconds(share), 1) for share in (0.5, 0.99, 1)]
    columns = ["deliveries", "bytes each", "per second", "p50 ms", "p99 ms", "max ms"]
    columns += ["rows in the inbox", "fsync"]
    title = f"Webhooks over {webhooks.CONNECTIONS} connections, sender on the same machine"
    _show(title, columns, [[*row, *latencies, rows, fsync]], as_json=as_json)
    return 0 if rows == deliveries else 1


def show_events(
    *, sku_locations: int, per_second: float, seconds: float, mode: str, as_json: bool
) -> int:
    """Latencies from the commit of an ERP event to the write in the last of four stores."""
    about = bench_events.conditions()
    took = bench_events.measure(
        sku_locations=sku_locations, per_second=per_second, seconds=seconds, mode=mode
    )
    row = [sku_locations, per_second, mode, took.commits, took.missing]
    row += [round(took.at(share) * 1000, 1) for share in (0.5, 0.95, 0.99, 1)]
    columns = ["SKU-locations", "events per second", "mode", "events", "not followed"]
    columns += ["p50 ms", "p95 ms", "p99 ms", "max ms"]
    _show(f"Event to mutation, {about}", columns, [row], as_json=as_json)
    return 1 if took.missing else 0


def show_promise_answers(sku_locations: int, questions: int, *, as_json: bool) -> int:
    """Latencies of answers to questions for dates."""
    took = bench_promise.measure(sku_locations, questions)
    row: list[Any] = [sku_locations, questions, took.dated]
    row += [round(took.at(share) * 1000, 1) for share in (0.5, 0.95, 0.99, 1)]
    columns = ["SKU-locations", "questions", "with a date", "p50 ms", "p95 ms", "p99 ms", "max ms"]
    _show("Answers to questions for a date", columns, [row], as_json=as_json)
    return 0


def show_erp(sku: str | None, *, as_json: bool) -> int:
    """The settings' ERP: how long it takes to read, and its own figures beside ours."""
    connector, found = bench_erp.measured(sku)
    return bench_erp.show_erp(connector, found, _conditions(), as_json=as_json)


def _published_row(each: publish.Published) -> list[Any]:
    return [
        each.store,
        round(each.seconds, 1),
        each.count.calls,
        round(each.rows_per_second, 1),
        round(each.count.points_spent),
        round(each.allowed_points),
        round(each.used_share, 3),
        each.count.throttled,
        each.count.throttled_in_a_row,
    ]


def _show(title: str, columns: Sequence[str], rows: list[list[Any]], *, as_json: bool) -> None:
    conditions = _conditions()
    if as_json:
        named = [dict(zip(columns, row, strict=True)) for row in rows]
        print_json({"title": title, "conditions": conditions, "rows": named})
        return
    print_table(title, columns, rows)
    console.print(conditions)


def _conditions() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}"
