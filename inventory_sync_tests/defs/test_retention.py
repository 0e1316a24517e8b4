"""The job that forgets deletes old runs, and nothing that is still of use."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import dagster as dg
import pytest

from inventory_sync.defs import retention
from inventory_sync.defs.jobs import event_sync
from inventory_sync_tests.defs.play import definitions_of
from inventory_sync_tests.endtoend.stage import Stage

pytestmark = pytest.mark.xdist_group("acme-events")


def test_old_runs_that_ended_are_deleted_and_others_stay(stage: Stage) -> None:
    definitions = definitions_of(stage)
    status = dg.DagsterRunStatus
    with dg.DagsterInstance.ephemeral() as instance:
        ended = instance.create_run_for_job(event_sync, status=status.SUCCESS)
        failed = instance.create_run_for_job(event_sync, status=status.FAILURE)
        working = instance.create_run_for_job(event_sync, status=status.STARTED)
        result = definitions.resolve_job_def("retention").execute_in_process(instance=instance)
        assert result.success
        assert instance.has_run(ended.run_id), "it is young"

        later = datetime.now(UTC) + timedelta(minutes=1)
        with patch.object(retention, "_RUNS_AT_ONCE", 1):
            assert retention._delete_runs(instance, later) == 3
        assert not instance.has_run(ended.run_id)
        assert not instance.has_run(failed.run_id)
        assert instance.has_run(working.run_id)


def test_it_runs_every_night(stage: Stage) -> None:
    schedule = definitions_of(stage).resolve_schedule_def("retention")
    assert schedule.cron_schedule == "30 3 * * *"
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
