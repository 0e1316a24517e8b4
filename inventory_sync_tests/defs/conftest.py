"""The demo company on a stage that has been synchronised once, for tests of the real graph."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from inventory_sync.contracts import Contract
from inventory_sync.contracts.frames import Given
from inventory_sync.contracts.verdicts import Judgement
from inventory_sync.defs import contract_checks
from inventory_sync.wiring import DATABASE_VARIABLE, HOME_VARIABLE
from inventory_sync_tests.conftest import fresh_database
from inventory_sync_tests.defs.play import Run, run_full_sync
from inventory_sync_tests.endtoend.stage import Stage, acme_stage
from inventory_sync_tests.endtoend.truth import Shown


@dataclass(frozen=True)
class Premiere:
    """The stage after its first run, and what there was before."""

    stage: Stage
    before: Shown
    run: Run


@pytest.fixture(scope="module")
def contracts_kept(request: pytest.FixtureRequest) -> Iterator[None]:
    """Spare the runs of a module the seconds of Great Expectations.

    A module that is about contracts says ``JUDGED = True``, and has them judged.
    """

    def trust(contract: Contract, given: Given) -> Judgement:
        return Judgement(contract, given.rows, ())

    with pytest.MonkeyPatch.context() as patch:
        if not getattr(request.module, "JUDGED", False):
            patch.setattr(contract_checks, "hold_against", trust)
        yield


@pytest.fixture(scope="module")
def premiere(
    postgres_server_uri: str, tmp_path_factory: pytest.TempPathFactory, contracts_kept: None
) -> Iterator[Premiere]:
    folder = tmp_path_factory.mktemp("acme")
    databases = fresh_database(postgres_server_uri), fresh_database(postgres_server_uri)
    erp_url, ledger_url = map(next, databases)
    with pytest.MonkeyPatch.context() as environment, acme_stage(folder, erp_url, ledger_url) as it:
        environment.setenv(DATABASE_VARIABLE, ledger_url)
        environment.setenv(HOME_VARIABLE, str(folder / "home"))
        before = it.shown()
        yield Premiere(it, before, run_full_sync(it))
    for database in databases:
        next(database, None)


@pytest.fixture
def stage(premiere: Premiere) -> Stage:
    """A stage on which everything has been published. A test puts back what it breaks."""
    return premiere.stage
