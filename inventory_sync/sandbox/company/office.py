"""Acme's ERP as traffic uses it: its steps, and what its people look up before they act.

Put here the questions. The steps themselves are in ``acme.py``.
"""

from collections.abc import Collection

from sqlalchemy import text

from inventory_sync.sandbox.company.acme import Acme
from inventory_sync.sandbox.office import Oversold


class AcmeOffice(Acme):
    """An ``Office``: ``AcmeOffice(engine)``, with an engine on Acme's database."""

    plant = None

    def skus_in(self, warehouse: str) -> list[str]:
        """Everything that has a place in a warehouse, sorted."""
        query = text("SELECT sku FROM erp_contract.stock WHERE location = :warehouse ORDER BY sku")
        with self._engine.connect() as connection:
            return list(connection.scalars(query, {"warehouse": warehouse}))

    def free_units(self, sku: str) -> dict[str, int]:
        """Whole units of an item or kit that are uncommitted at each warehouse that stocks it."""
        with self._engine.connect() as connection:
            rows = connection.execute(text(_FREE), {"sku": sku})
            return {warehouse: int(units) for warehouse, units in rows}

    def oversold_units(self, order_ids: Collection[str]) -> list[Oversold]:
        """What is committed beyond an item's stock at a warehouse, as far as these orders do it.

        A reservation made for a web order does not count: while it waits to be released, the order
        itself may be there already.
        """
        with self._engine.connect() as connection:
            rows = connection.execute(text(_OVERSOLD), {"order_ids": [*order_ids]})
            return [Oversold(sku, warehouse, int(units)) for sku, warehouse, units in rows]


_OPEN = "expires_at IS NULL OR expires_at > now()"

_FREE = f"""
WITH parts AS (SELECT part_sku AS sku, quantity FROM acme.stock_parts WHERE sku = :sku),
committed AS (
    SELECT sku, location, sum(quantity) AS units FROM erp_contract.commitments
    WHERE sku = ANY (ARRAY(SELECT sku FROM parts)) AND ({_OPEN}) GROUP BY sku, location
)
SELECT location,
       floor(min((physical - unavailable - coalesce(units, 0)) / parts.quantity)) AS free
FROM erp_contract.stock
JOIN parts USING (sku)
LEFT JOIN committed USING (sku, location)
GROUP BY location
HAVING count(*) = (SELECT count(*) FROM parts)
"""

_OVERSOLD = f"""
WITH online AS (
    SELECT sku, location, sum(quantity) AS units FROM erp_contract.commitments
    WHERE external_order_id = ANY (:order_ids) GROUP BY sku, location
),
committed AS (
    SELECT sku, location, sum(quantity) AS units FROM erp_contract.commitments
    WHERE sku = ANY (ARRAY(SELECT sku FROM online)) AND ({_OPEN})
      AND (kind <> 'reservation' OR external_order_id IS NULL)
    GROUP BY sku, location
)
SELECT sku, location,
       ceil(least(online.units, committed.units - coalesce(physical - unavailable, 0)))
FROM online
JOIN committed USING (sku, location)
LEFT JOIN erp_contract.stock USING (sku, location)
WHERE committed.units > coalesce(physical - unavailable, 0)
ORDER BY sku, location
"""
