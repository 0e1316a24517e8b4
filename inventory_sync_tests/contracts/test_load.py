"""Contracts that fit are read; everything else is refused, with the place and the reason."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from inventory_sync.contracts import ContractsRefused, compiled, load_contracts
from inventory_sync.contracts.fit import OWN
from inventory_sync.contracts.load import shipped_folder
from inventory_sync.domain.frames import DATASETS
from inventory_sync.domain.quarantine import judge
from inventory_sync.domain.rules import SOUND
from inventory_sync_tests.domain.samples import erp_rows
from inventory_sync_tests.erp.fake import FakeErp
from inventory_sync_tests.erp.rows import stock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the contracts that come with the product."""
    return Path(shutil.copytree(shipped_folder(), tmp_path / "mine"))


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def refusal(folder: Path) -> str:
    with pytest.raises(ContractsRefused) as caught:
        load_contracts(str(folder))
    return str(caught.value)


def test_every_dataset_has_a_contract_that_fits() -> None:
    contracts = load_contracts()
    assert {each.asset for each in contracts} == {f"erp/{name}" for name in DATASETS} | set(OWN)
    assert all(each.owner and each.why for each in contracts)
    assert all(each.freshness.within >= timedelta(hours=1) for each in contracts if each.freshness)


def test_the_contracts_say_at_least_what_the_arithmetic_rests_on() -> None:
    rules = compiled(load_contracts())
    for dataset, sound in SOUND.columns.items():
        mine = {(rule.column, rule.minimum, rule.allowed) for rule in rules.of(dataset)}
        assert {(rule.column, rule.minimum, rule.allowed) for rule in sound} <= mine


def test_an_empty_erp_is_stopped_by_a_critical_rule() -> None:
    snapshot = FakeErp(erp_rows()).snapshot()
    told = judge(snapshot, compiled(load_contracts())).objections
    assert told == (
        "products: there is no product at all (0 row(s))",
        "stock: there is no stock at all (0 row(s))",
    )


def test_changing_a_line_changes_what_is_believed(folder: Path) -> None:
    snapshot = FakeErp(erp_rows(stock=[stock(physical="4"), stock(location="EWR")])).snapshot()
    assert judge(snapshot, compiled(load_contracts(str(folder)))).aside.empty
    change(folder, "erp_stock.yaml", "{min_value: 0}", "{min_value: 4.5}")
    found = judge(snapshot, compiled(load_contracts(str(folder)))).aside
    assert found["subject"].tolist() == ["RETRO-CLOCK @ NYC"]


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("erp_stock.yaml", "name: physical", "name: on_hand", "the code knows no column on_hand"),
        ("erp_stock.yaml", "name: physical", "name: on_hand", "column physical is missing"),
        ("erp_stock.yaml", "physicalType: numeric", "physicalType: text", "physicalType numeric"),
        ("erp_stock.yaml", "primaryKeyPosition: 1", "primaryKeyPosition: 3", "primary key must be"),
        ("erp_stock.yaml", "metric: rowCount", "metric: rowCuont", "rowCuont"),
        ("erp_stock.yaml", "quality:", "qualty:", "qualty"),
        ("erp_stock.yaml", "to: products.sku", "to: products.code", "products.code"),
        ("erp_stock.yaml", "severity: critical", "severity: huge", "warning, error or critical"),
        ("erp_stock.yaml", "{min_value: 0}", "{min_value: 0, min_length: 2}", "min_length"),
        ("erp_stock.yaml", "{min_value: 0}", "{min_value: 0.0000001}", "more than 6 decimals"),
        (
            "erp_stock.yaml",
            "physicalName: erp/stock",
            "physicalName: erp/shelf",
            "erp/stock has no",
        ),
        ("erp_stock.yaml", "status: active", "status: active\nstatus: draft", "stands twice"),
        ("erp_stock.yaml", "  name: warehouse", "  description: unknown", "team.name: is missing"),
        ("erp_commitments.yaml", "{min_value: 0}", "{min_value: -5}", "could raise an offer"),
        ("erp_commitments.yaml", "[pending,", "[gift, pending,", "the code knows no gift"),
        ("erp_components.yaml", ", strict_min: true", "", "could raise an offer"),
        ("atp_projected.yaml", "atp/projected", "atp/dreamt", "there is no dataset atp/dreamt"),
        (
            "erp_products.yaml",
            "description: What people call it.",
            "description: What people call it.\n"
            "        quality:\n"
            "          - {name: nameless, description: name is missing, businessImpact: Ugly.,"
            " severity: error, metric: nullValues, mustBe: 0}",
            "can only be a warning",
        ),
    ],
)
def test_a_contract_that_does_not_fit_is_refused(
    folder: Path, file: str, old: str, new: str, told: str
) -> None:
    change(folder, file, old, new)
    assert told in refusal(folder)


def test_a_folder_without_contracts_is_refused(tmp_path: Path) -> None:
    assert "no data contracts" in refusal(tmp_path)
