"""Retention: what nobody asks about any more is deleted, so that no table grows for ever.

Put here what may go and what must stay. Tables whose rows are short-lived by nature prune
themselves where they are written (``heard``, ``inbox``). Order lines stay: the units that they have
taken out of a store's level are part of every explanation of that level.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Engine, TextClause, text

from inventory_sync.ledger.frames import pruning

_AT_MOST: Final = 10_000
"""Rows of one transaction: others do not wait for long."""

_OLD: Final = "cast(:before as timestamptz)"

# The newest write of a level carries its version on, and a publication names the write behind it.
# An applied write is what the level showed until the next one, so it is needed as long as that is.
_LEDGER: Final[dict[str, str]] = {
    "write_intents": f"""
        status <> 'open' and settled_at < {_OLD}
        and exists (
            select from inventory_sync.write_intents as newer
            where newer.store = write_intents.store
                and newer.inventory_item_id = write_intents.inventory_item_id
                and newer.store_location_id = write_intents.store_location_id
                and newer.version > write_intents.version
                and (write_intents.status <> 'applied'
                    or newer.status = 'applied' and newer.settled_at < {_OLD}))
        and not exists (
            select from inventory_sync.publications as published
            where published.store = write_intents.store
                and published.inventory_item_id = write_intents.inventory_item_id
                and published.store_location_id = write_intents.store_location_id
                and published.intent_id = write_intents.intent_id)""",
    "findings": f"resolved_at < {_OLD}",
    "promises": f"ended_at < {_OLD}",
    "order_promises": f"settled_on < {_OLD}",
    "stopped_passes": f"ended_at < {_OLD}",
    "drift": f"repaired_at < {_OLD}",
    "reconciliations": f"at < {_OLD}",
    "shadow": f"ended_at < {_OLD}",
    # A line that is still to be shipped would be imported as a new one.
    "order_imports": f"""
        state in ('theirs', 'closed') and changed_at < {_OLD}
        and not exists (
            select from inventory_sync.order_lines as line
            where line.store = order_imports.store and line.order_id = order_imports.order_id
                and line.line_id = order_imports.line_id and line.to_ship_units > 0)""",
    # The guard compares each reading of the ERP with the newest good one, however old.
    "passes": f"""
        started_at < {_OLD} and finished_at < {_OLD}
        and exists (
            select from inventory_sync.passes as newer
            where newer.kind = passes.kind and newer.status = 'done'
                and newer.started_at > passes.started_at)""",
    "snapshots": f"""
        taken_at < {_OLD} and not exists (
            select from inventory_sync.passes as pass where pass.pass_id = snapshots.pass_id)""",
}

# Dagster purges ticks by itself, runs not, and events without a run not either. The newest of its
# kind stays: it is the state that the UI shows.
_RUNLESS: Final[dict[str, str]] = {
    "event_logs": f"""
        run_id = '' and timestamp < {_OLD} at time zone 'utc' and exists (
            select from event_logs as newer
            where newer.asset_key = event_logs.asset_key
                and newer.dagster_event_type = event_logs.dagster_event_type
                and newer.id > event_logs.id)""",
    "asset_check_executions": f"""
        run_id = '' and create_timestamp < {_OLD} at time zone 'utc' and exists (
            select from asset_check_executions as newer
            where newer.asset_key = asset_check_executions.asset_key
                and newer.check_name = asset_check_executions.check_name
                and newer.id > asset_check_executions.id)""",
}


class Retention:
    """The part of the ledger that forgets."""

    _engine: Engine

    def forget(self, *, before: datetime) -> dict[str, int]:
        """Delete what ended before then and nothing builds upon; table -> rows deleted."""
        return {
            table: self._prune(f"inventory_sync.{table}", condition, before)
            for table, condition in _LEDGER.items()
        }

    def forget_dagster_events(self, *, before: datetime) -> dict[str, int]:
        """Delete Dagster's older events that belong to no run; table -> rows deleted.

        Dagster keeps them in the same database (``dagster_home``); where it does not, nothing is
        deleted.
        """
        with self._engine.connect() as connection:
            is_here = connection.scalar(text("select to_regclass('event_logs') is not null"))
        tables = _RUNLESS if is_here else {}
        return {table: self._prune(table, condition, before) for table, condition in tables.items()}

    def _prune(self, table: str, condition: str, before: datetime) -> int:
        statement: TextClause = pruning(table, condition, at_most=_AT_MOST)
        deleted, last = 0, _AT_MOST
        while last == _AT_MOST:
            with self._engine.begin() as connection:
                last = connection.execute(statement, {"before": before}).rowcount
            deleted += last
        return deleted
