"""Small worlds for the tests of the domain: an ERP of a few rows, a store of a few levels.

Put builders here that several test modules use. Keep random worlds out: they are in ``worlds.py``.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import pandas as pd

from inventory_sync.domain.allocation import OFFER_COLUMNS
from inventory_sync.domain.atp import Atp, available_to_promise
from inventory_sync.domain.decision import StoreView
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.kits import Kits, resolve
from inventory_sync.domain.quarantine import Judged, judge
from inventory_sync.domain.units import SCALE, micros_to_decimal
from inventory_sync_tests.erp.fake import TAKEN_AT, FakeErp
from inventory_sync_tests.erp.rows import NOON, Row, Rows, dataset_rows, location, product

NOW = TAKEN_AT
BROOKLYN, VENICE = "gid://shopify/Location/1001", "gid://shopify/Location/1002"
DOUBT_NAMES = ["sku", "location", "certainty"]

LINE_COLUMNS = [
    "store",
    "order_id",
    "order_name",
    "line_id",
    "store_location_id",
    "sku",
    "current_units",
    "taken_units",
]


def part(kit_sku: str | None, component_sku: str | None, quantity: str | None = "1") -> Row:
    return {"kit_sku": kit_sku, "component_sku": component_sku, "quantity": quantity}


def acknowledgement(line_id: str | None, quantity: str | None, **changes: str | None) -> Row:
    return {
        "external_order_id": "O-1",
        "external_line_id": line_id,
        "quantity": quantity,
        "updated_at": NOON,
    } | changes


def erp_rows(**rows: Sequence[Row]) -> Rows:
    """Rows of an ERP with three locations; every SKU that is mentioned is a tracked product."""
    skus = {row["sku"] for name in ("stock", "commitments") for row in rows.get(name, ())}
    for row in rows.get("components", ()):
        skus |= {row["kit_sku"], row["component_sku"]}
    named = {
        "locations": [location("NYC"), location("EWR"), location("LAX")],
        "products": [product(sku) for sku in sorted(skus - {None})],
    }
    return dataset_rows(**(named | rows))


def judged(**rows: Sequence[Row]) -> Judged:
    return judge(FakeErp(erp_rows(**rows)).snapshot())


def atp_of(now: datetime = NOW, **rows: Sequence[Row]) -> Atp:
    return available_to_promise(judged(**rows), now)


def kits_of(*components: Row) -> Kits:
    frame = FakeErp(erp_rows(components=components)).snapshot().components
    return resolve(frame)


def units_of(atp: Atp) -> dict[tuple[str, str], Decimal]:
    """ATP in units by SKU and location."""
    return {
        (sku, place): micros_to_decimal(micros)
        for sku, place, micros in atp.rows[["sku", "location", "atp_micros"]].itertuples(
            index=False
        )
    }


def certainties(atp: Atp) -> dict[tuple[str, str], Certainty]:
    return {
        (sku, place): Certainty(certainty)
        for sku, place, certainty in atp.rows[DOUBT_NAMES].itertuples(index=False)
    }


def findings_of(found: pd.DataFrame) -> list[tuple[str, str]]:
    """Subject and kind of each finding."""
    return list(found[["subject", "kind"]].itertuples(index=False, name=None))


def reasons_of(result: Judged) -> dict[str, str]:
    """The reason of each finding by its subject."""
    return dict(zip(result.findings["subject"], result.findings["reason"], strict=True))


def doubts_of(result: Judged) -> set[tuple[str, str | None, Certainty]]:
    return {
        (sku, None if pd.isna(place) else place, Certainty(certainty))
        for sku, place, certainty in result.doubts[DOUBT_NAMES].itertuples(index=False)
    }


def order_line(line_id: str = "L-1", **changes: object) -> dict[str, object]:
    """One unit of a clock, ordered at Brooklyn."""
    return {
        "store": "b2c",
        "order_id": "O-1",
        "order_name": "#1001",
        "line_id": line_id,
        "store_location_id": BROOKLYN,
        "sku": "RETRO-CLOCK",
        "current_units": 1,
        "taken_units": 1,
    } | changes


def lines_frame(*lines: dict[str, object]) -> pd.DataFrame:
    """Lines with the dtypes of the order ledger."""
    numbers = {"current_units": "int64", "taken_units": "int64"}
    texts = dict.fromkeys(LINE_COLUMNS[: -len(numbers)], "str")
    return pd.DataFrame(lines, columns=LINE_COLUMNS).astype(texts | numbers)


def acknowledged_frame(**quantities: Decimal | int) -> pd.DataFrame:
    """Acknowledged quantities by line id; ``L_1`` stands for line L-1 of order O-1."""
    rows = [
        ("O-1", name.replace("_", "-"), int(Decimal(units) * SCALE))
        for name, units in quantities.items()
    ]
    columns = ["external_order_id", "external_line_id", "quantity_micros"]
    return pd.DataFrame(rows, columns=columns).astype({"quantity_micros": "int64"})


def no_flight() -> pd.DataFrame:
    columns = ["store_location_id", "sku", "in_flight_micros"]
    return pd.DataFrame(columns=columns).astype({"in_flight_micros": "int64"})


def shown(result: pd.DataFrame) -> dict[tuple[str, str], int]:
    """The offer by store location and SKU."""
    columns = ["store_location_id", "sku", "offer_units"]
    return {(place, sku): n for place, sku, n in result[columns].itertuples(index=False)}


def flight(*rows: tuple[str, int], place: str = BROOKLYN) -> pd.DataFrame:
    """In flight by SKU, in units, at one place."""
    found = [(place, sku, units * SCALE) for sku, units in rows]
    return pd.DataFrame(found, columns=list(no_flight())).astype(no_flight().dtypes)


def offer_row(**changes: object) -> dict[str, object]:
    """An offer of seven clocks at Brooklyn."""
    zeros = dict.fromkeys(OFFER_COLUMNS, 0)
    row = {"store_location_id": BROOKLYN, "sku": "RETRO-CLOCK", "offer_units": 7}
    return zeros | row | {"certainty": Certainty.EXACT} | changes


def offers_frame(*rows: dict[str, object]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(OFFER_COLUMNS))
    return frame.astype({"offer_units": "int64", "certainty": "int8"})


def view_with(
    *,
    items: Sequence[tuple[str, str | None, bool]] = (("I-1", "RETRO-CLOCK", True),),
    levels: Sequence[tuple[str, str, bool, int | None]] = (("I-1", BROOKLYN, True, 10),),
    publications: Sequence[tuple[str, str, int, int, int]] = (("I-1", BROOKLYN, 10, 0, 1),),
    taken: Sequence[tuple[str, str | None, int]] = (),
    busy: Sequence[tuple[str, str]] = (),
) -> StoreView:
    """A store with one clock: ten published, ten shown, none ordered, unless said otherwise."""
    level = ["inventory_item_id", "store_location_id"]
    return StoreView(
        catalog=pd.DataFrame(items, columns=["inventory_item_id", "sku", "tracked"]),
        levels=pd.DataFrame(levels, columns=[*level, "is_active", "available_units"]).astype(
            {"is_active": "boolean", "available_units": "Int64"}
        ),
        publications=pd.DataFrame(
            publications, columns=[*level, "quantity_units", "taken_units", "version"]
        ),
        taken=pd.DataFrame(taken, columns=[*level, "taken_units"]),
        busy=pd.DataFrame(busy, columns=level),
    )
