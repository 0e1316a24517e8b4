"""The journal: which passes ran, what they found wrong, what they read, which stores stand still.

Put here what people look at afterwards. Keep out quantities and orders.
"""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, Literal

import pandas as pd
from sqlalchemy import Engine, case, select, text, update
from sqlalchemy.dialects.postgresql import insert

from inventory_sync.ledger.frames import read_frame, stage
from inventory_sync.ledger.schema import findings as findings_table
from inventory_sync.ledger.schema import passes, snapshots, store_states

PassStatus = Literal["done", "refused", "failed"]
StoreStatus = Literal["ok", "stopped"]

_FINDING: Final = {
    "identity": "text",
    "subject": "text",
    "kind": "text",
    "severity": "text",
    "reason": "text",
    "value": "text",
}

_RECORD: Final = text(f"""
    insert into inventory_sync.findings (
        scope, first_seen_at, last_seen_at, pass_id, {", ".join(_FINDING)})
    select :scope, :at, :at, :pass_id, {", ".join(_FINDING)} from given
    order by identity
    on conflict (identity) where resolved_at is null do update
    set severity = excluded.severity, value = excluded.value,
        last_seen_at = excluded.last_seen_at, pass_id = excluded.pass_id""")

_RESOLVE: Final = """
    update inventory_sync.findings as finding set resolved_at = :at
    where scope = :scope and resolved_at is null {restriction} and not exists (
        select from given where given.identity = finding.identity)"""
_RESOLVE_ALL: Final = text(_RESOLVE.format(restriction=""))
_RESOLVE_SUBJECTS: Final = text(_RESOLVE.format(restriction="and subject = any(:subjects)"))


class Journal:
    """The part of the ledger that a person reads to learn what happened."""

    _engine: Engine

    def begin_pass(
        self,
        pass_id: str,
        kind: str,
        *,
        started_at: datetime,
        code_version: str,
        dagster_run_id: str | None = None,
    ) -> None:
        """Note that a pass runs; a pass that is begun again (a retried run) starts afresh."""
        row = {
            "kind": kind,
            "dagster_run_id": dagster_run_id,
            "code_version": code_version,
            "started_at": started_at,
            "finished_at": None,
            "status": "running",
            "reason": None,
            "counts": None,
        }
        statement = insert(passes).values(pass_id=pass_id, **row)
        with self._engine.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["pass_id"], set_=row)
            )

    def finish_pass(
        self,
        pass_id: str,
        *,
        status: PassStatus,
        finished_at: datetime,
        counts: Mapping[str, int],
        reason: str | None = None,
    ) -> None:
        """Note how a pass ended: its counts for people, and why when it was not ``done``."""
        statement = (
            update(passes)
            .where(passes.c.pass_id == pass_id)
            .values(status=status, finished_at=finished_at, counts=dict(counts), reason=reason)
        )
        with self._engine.begin() as connection:
            connection.execute(statement)

    def note_pass(
        self,
        pass_id: str,
        kind: str,
        *,
        started_at: datetime,
        finished_at: datetime,
        code_version: str,
        counts: Mapping[str, int],
    ) -> None:
        """Note a pass that is done already; a crash before leaves its intents without a pass."""
        row = {
            "pass_id": pass_id,
            "kind": kind,
            "code_version": code_version,
            "started_at": started_at,
            "finished_at": finished_at,
            "status": "done",
            "counts": dict(counts),
        }
        with self._engine.begin() as connection:
            connection.execute(insert(passes).values(row))

    def last_passes(self, count: int) -> pd.DataFrame:
        """The newest passes, newest first; ``counts`` holds a dictionary, or none while running."""
        query = select(passes).order_by(passes.c.started_at.desc(), passes.c.pass_id).limit(count)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return pd.DataFrame(
            [tuple(row) for row in rows], columns=[column.name for column in passes.c]
        )

    def record_findings(
        self,
        scope: str,
        findings: pd.DataFrame,
        *,
        pass_id: str,
        at: datetime,
        subjects: Collection[str] | None = None,
    ) -> None:
        """Replace the open findings of ``scope`` (``erp`` or a store) by those of this pass.

        ``findings`` has subject, kind, severity (``error`` or ``warning``), reason and value. Those
        that are not in it any more are resolved; with ``subjects``, only those about them: then
        the pass has looked at nothing else.
        """
        rows = _storable(scope, findings)
        with self._engine.begin() as connection:
            stage(connection, rows, _FINDING)
            connection.execute(_RECORD, {"scope": scope, "pass_id": pass_id, "at": at})
            absent = {"scope": scope, "at": at}
            if subjects is None:
                connection.execute(_RESOLVE_ALL, absent)
            else:
                connection.execute(_RESOLVE_SUBJECTS, {**absent, "subjects": list(subjects)})

    def open_findings(self, scope: str | None = None) -> pd.DataFrame:
        """What is wrong now, of one scope or of all, errors first."""
        table = findings_table.c
        shown = [c for c in table if c.name not in {"finding_id", "identity", "resolved_at"}]
        query = (
            select(*shown)
            .where(table.resolved_at.is_(None))
            .order_by(table.severity, table.scope, table.kind, table.subject)
        )
        if scope is not None:
            query = query.where(table.scope == scope)
        with self._engine.connect() as connection:
            return read_frame(connection, query)

    def record_snapshot(
        self, pass_id: str, counts: Mapping[str, int], *, taken_at: datetime
    ) -> None:
        """Note how many rows each dataset of the ERP had."""
        rows = [
            {"pass_id": pass_id, "dataset": dataset, "rows": rows, "taken_at": taken_at}
            for dataset, rows in counts.items()
        ]
        if not rows:
            return
        statement = insert(snapshots)
        replaced = {name: statement.excluded[name] for name in ("rows", "taken_at")}
        with self._engine.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["pass_id", "dataset"], set_=replaced
                ),
                rows,
            )

    def last_good_counts(self) -> dict[str, int]:
        """Rows per dataset in the newest snapshot of a pass that was done; empty before any."""
        newest = (
            select(snapshots.c.pass_id)
            .join(passes, passes.c.pass_id == snapshots.c.pass_id)
            .where(passes.c.status == "done")
            .order_by(snapshots.c.taken_at.desc(), snapshots.c.pass_id)
            .limit(1)
            .scalar_subquery()
        )
        query = select(snapshots.c.dataset, snapshots.c.rows).where(snapshots.c.pass_id == newest)
        with self._engine.connect() as connection:
            return {row.dataset: row.rows for row in connection.execute(query)}

    def set_store_state(
        self,
        store: str,
        status: StoreStatus,
        *,
        pass_id: str,
        at: datetime,
        reason: str | None = None,
        way_out: str | None = None,
    ) -> None:
        """Note whether a store is served or stopped, why, and what a person can do about it."""
        row = {"status": status, "reason": reason, "way_out": way_out, "pass_id": pass_id}
        statement = insert(store_states).values(store=store, since=at, **row)
        unchanged = store_states.c.status == statement.excluded.status
        since = case((unchanged, store_states.c.since), else_=statement.excluded.since)
        with self._engine.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["store"], set_={**row, "since": since}
                )
            )

    def store_states(self) -> pd.DataFrame:
        """Every store that a pass has met; ``since`` is when its status last changed."""
        with self._engine.connect() as connection:
            return read_frame(connection, select(store_states).order_by(store_states.c.store))


def _storable(scope: str, found: pd.DataFrame) -> pd.DataFrame:
    """The findings, each once, with an identity and with text that PostgreSQL can hold."""
    texts = [name for name in _FINDING if name != "identity"]
    rows = found[texts].astype(object)
    rows = rows.where(rows.notna(), None).map(_storable_text)
    parts = zip(rows["subject"], rows["kind"], rows["reason"], strict=True)
    rows["identity"] = [_digest(scope, *part) for part in parts]
    return rows.drop_duplicates("identity")


def _storable_text(value: Any) -> str | None:
    """A NUL or half a surrogate pair from the source must not hide the finding about it."""
    if value is None:
        return None
    readable = str(value).encode("utf-8", "backslashreplace").decode()
    return readable.replace("\0", "\\0")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
