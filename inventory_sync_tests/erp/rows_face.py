"""The face of an ERP that is a set of rows: what ``ApiErp`` makes of it is held to the contract."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from inventory_sync.domain.errors import ContractBroken
from inventory_sync.domain.extract import OrderRequest
from inventory_sync.domain.frames import DATASETS
from inventory_sync.erp import api_rows
from inventory_sync.erp.api_rows import Change
from inventory_sync_tests.erp.fake import number, restricted, truth
from inventory_sync_tests.erp.rows import Row, Rows

_RECORDS: dict[str, Any] = {
    "locations": api_rows.LocationRecord,
    "products": api_rows.ProductRecord,
    "components": api_rows.ComponentRecord,
    "stock": api_rows.StockRecord,
    "commitments": api_rows.CommitmentRecord,
    "supply": api_rows.SupplyRecord,
    "acknowledged_orders": api_rows.AcknowledgedRecord,
}
_READ = {"quantity": number, "boolean": truth}


@dataclass
class RowsFace:
    """An ``ErpFace`` over rows of text; ``asked`` names the datasets in the order of the calls."""

    rows: Rows
    changed: list[Change] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def locations(self) -> Iterable[Any]:
        return self._records("locations", None)

    def products(self, skus: Collection[str] | None) -> Iterable[Any]:
        return self._records("products", skus)

    def components(self, skus: Collection[str] | None) -> Iterable[Any]:
        return self._records("components", skus)

    def acknowledged(self, order_ids: Collection[str] | None) -> Iterable[Any]:
        return self._records("acknowledged_orders", order_ids)

    def commitments(self, skus: Collection[str] | None) -> Iterable[Any]:
        return self._records("commitments", skus)

    def stock(self, skus: Collection[str] | None) -> Iterable[Any]:
        return self._records("stock", skus)

    def supply(self, skus: Collection[str] | None) -> Iterable[Any]:
        return self._records("supply", skus)

    def changes(self, since: datetime) -> Iterable[Change]:
        return [change for change in self.changed if change.changed_at >= since]

    def last_change_at(self) -> datetime | None:
        return max((change.changed_at for change in self.changed), default=None)

    def skus_of_document(self, document: str) -> list[str]:
        return ["RETRO-CLOCK", "OAK-TABLE", "RETRO-CLOCK"]

    def request(self, requests: Sequence[OrderRequest]) -> None:
        raise ContractBroken("These rows take no requests.")

    def check(self) -> list[str]:
        return []

    def calls(self) -> int:
        return len(self.asked)

    def own_figures(self) -> None:
        return None

    def close(self) -> None:
        pass

    def _records(self, name: str, about: Collection[str] | None) -> list[Any]:
        self.asked.append(name)
        if name not in self.rows:
            raise ContractBroken(f"Dataset {name} is missing.")
        dataset, rows = DATASETS[name], self.rows[name]
        if about is not None:
            rows = restricted(dataset, rows, about, about)
        return [_RECORDS[name](**_values(name, row)) for row in rows]


def _values(name: str, row: Row) -> dict[str, object]:
    kinds = {column.name: column.kind for column in DATASETS[name].columns}
    return {key: _READ.get(kinds[key], _as_it_is)(value) for key, value in row.items()}


def _as_it_is(text: str | None) -> object:
    return text
