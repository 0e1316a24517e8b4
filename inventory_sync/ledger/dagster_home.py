"""Dagster's own memory: the ``dagster.yaml`` that puts it into the same PostgreSQL as the ledger.

Put Dagster's instance settings here. Keep definitions out; nothing here imports Dagster.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

URL_VARIABLE: Final = "INVENTORY_SYNC_DAGSTER_DATABASE_URL"

_SETTINGS: Final = """\
# Written by inventory-sync at every start; changes made here are lost.
telemetry:
  enabled: false

# The driver is named: a bare postgresql:// means psycopg 3, and Dagster's storage has psycopg2.
storage:
  postgres:
    postgres_url: {url}

# Runs go through a queue, for only a queue obeys the limits below; it is looked at each second.
run_coordinator:
  module: dagster._core.run_coordinator
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1
    dequeue_use_threads: true
    dequeue_num_workers: 4

# A pool is a store: one step at a time publishes to it, and other stores go on beside it.
concurrency:
  pools:
    default_limit: 1
    granularity: op
  runs:
    max_concurrent_runs: 4
    tag_concurrency_limits:
      - key: inventory_sync/store
        limit: 1
        value:
          applyLimitPerUniqueValue: true

# Threads, so that a sensor that waits for work does not hold up the others.
sensors: {{use_threads: true, num_workers: 8, num_submit_workers: 4}}
schedules: {{use_threads: true, num_workers: 4, num_submit_workers: 4}}
backfills: {{use_threads: true, num_workers: 2, num_submit_workers: 2}}

# A run whose process died is started again; one whose own code failed is not.
run_retries:
  enabled: true
  max_retries: 2
  retry_on_asset_or_op_failure: false
run_monitoring:
  enabled: true
  start_timeout_seconds: 120
  cancel_timeout_seconds: 60
  max_runtime_seconds: 3600
  max_resume_run_attempts: 0
  poll_interval_seconds: 30
  free_slots_after_run_end_seconds: 60

# Ticks come every few seconds for ever.
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days: {{skipped: 1, success: 30, failure: 30}}
  auto_materialize:
    purge_after_days: {{skipped: 3, success: 30, failure: 30}}

code_servers:
  local_startup_timeout: 180
  reload_timeout: 180
"""


def write_dagster_home(home: Path, database_url: str) -> dict[str, str]:
    """Write ``<home>/dagster/dagster.yaml`` and return the environment that Dagster needs.

    ``database_url`` is a PostgreSQL URL of any driver. One that holds a secret is not written: the
    file then names an environment variable, which is among those returned. A file that is right
    already is left alone.
    """
    folder = home.expanduser().resolve() / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    address = make_url(database_url).set(drivername="postgresql+psycopg2")
    url = address.render_as_string(hide_password=False)
    environment = {"DAGSTER_HOME": str(folder)}
    if address.password or any("password" in name for name in address.query):
        environment[URL_VARIABLE] = url
        _replace(folder / "dagster.yaml", _SETTINGS.format(url=f"{{env: {URL_VARIABLE}}}"))
    else:
        _replace(folder / "dagster.yaml", _SETTINGS.format(url=json.dumps(url)))
    # Its mere presence keeps a newsletter form from standing before the first page.
    _replace(folder / ".nux" / "nux.yaml", "seen: 1\n")
    return environment


def _replace(path: Path, content: str) -> None:
    """Change a file only if need be, and never show half of it to a Dagster that is reading it."""
    if path.exists() and path.read_text() == content:
        return
    path.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as draft:
        draft.write(content)
    os.chmod(draft.name, 0o644)
    os.replace(draft.name, path)
