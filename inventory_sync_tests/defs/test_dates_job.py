"""Dates are renewed soon after each cut-off, wherever it strikes."""

from pathlib import Path

import pytest

from inventory_sync.defs.dates_job import dates_schedule
from inventory_sync_tests.settings.samples import MINIMAL, load


@pytest.mark.parametrize(
    ("places", "minutes"),
    [
        ([], "3"),
        ([("America/New_York", "15:00")], "3"),
        ([("America/New_York", "14:30")], "33"),
        ([("Asia/Kolkata", "15:00")], "33"),
        ([("America/New_York", "14:59"), ("Asia/Kathmandu", "15:00")], "2,18"),
        ([("Australia/Lord_Howe", "15:00")], "3,33"),
    ],
    ids=str,
)
def test_dates_are_renewed_three_minutes_after_every_cut_off(
    tmp_path: Path, places: list[tuple[str, str]], minutes: str
) -> None:
    calendars = ", ".join(
        f"PLACE-{at}: {{time_zone: {zone}, cutoff: '{cutoff}'}}"
        for at, (zone, cutoff) in enumerate(places)
    )
    settings = load(tmp_path, f"{MINIMAL}promise: {{locations: {{{calendars}}}}}\n")
    assert dates_schedule(settings).cron_schedule == f"{minutes} * * * *"
