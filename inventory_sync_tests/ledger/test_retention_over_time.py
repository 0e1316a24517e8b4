"""The clean-up of every night bounds the tables: in rows, and in bytes on the disk."""

from datetime import timedelta

from sqlalchemy import create_engine, text

from inventory_sync.ledger import Ledger
from inventory_sync_tests.ledger.busy_days import DAGSTERS, TABLES, a_day, midnight, sizes

DAYS, LEDGER_DAYS, REPORTS_DAYS = 40, 10, 3
WRITES, LEVELS = 500, 100


def test_with_a_clean_up_each_night_the_tables_stop_growing(ledger: Ledger, database: str) -> None:
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text(DAGSTERS))
    grown = []
    for day in range(DAYS):
        with engine.begin() as connection:
            a_day(connection, day, writes=WRITES, levels=LEVELS)
        night = midnight(day + 1)
        ledger.forget(before=night - timedelta(days=LEDGER_DAYS))
        ledger.forget_dagster_events(before=night - timedelta(days=REPORTS_DAYS))
        grown.append(sizes(database))
    engine.dispose()

    settled, last = grown[DAYS // 2], grown[-1]
    kept = {
        "inventory_sync.write_intents": LEDGER_DAYS * WRITES + LEVELS,  # what stood when it began
        "inventory_sync.passes": LEDGER_DAYS * WRITES // 10,
        "event_logs": REPORTS_DAYS * WRITES // 10,
    }
    for table in TABLES:
        assert last[table][0] == settled[table][0] == kept[table], table
        assert last[table][1] <= 1.1 * settled[table][1], f"{table} grows on the disk"
