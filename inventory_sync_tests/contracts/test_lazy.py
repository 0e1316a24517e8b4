"""Great Expectations is loaded by nobody but who judges with it."""

import subprocess
import sys

LOADED = """
import sys
import inventory_sync.definitions, inventory_sync.wiring
import inventory_sync.flow.event_pass, inventory_sync.flow.lane, inventory_sync.cli.app
from inventory_sync.contracts import compiled, load_contracts
from inventory_sync.domain.few.plain import plain_rows
compiled(load_contracts())
print([name for name in sys.modules if name.startswith("great_expectations")])
"""


def test_the_event_path_and_the_definitions_do_not_load_great_expectations() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"
