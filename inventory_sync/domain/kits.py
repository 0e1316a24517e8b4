"""Kits: what can be assembled from the parts at one location, and what selling one commits.

Put the order in which kits of kits are resolved here, and both directions of the parts list: ATP
upwards, demand downwards. Keep out where the parts list comes from and which rows are believed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from typing import Final

import numpy as np
import pandas as pd

from inventory_sync.domain.units import LIMIT_UNITS, SCALE

_MOST_MICROS: Final = LIMIT_UNITS * SCALE
"""As much as one row of stock may hold: a demand beyond it takes everything as well."""

MOST_KITS: Final = 10**10
"""More than a shop can show (facts 1.2), and few enough that sums over locations fit 64 bits."""


KnownAtp = dict[str, dict[str, tuple[int, int]]]
"""SKU -> location -> (ATP in micros, certainty)."""


@dataclass(frozen=True)
class Kits:
    """Parts lists: kit -> part -> quantity in units.

    ``order`` lists the kits so that a kit stands after every kit that it contains. ``cycles`` maps
    each kit that contains itself to the way round; such kits are not in ``parts``.
    """

    parts: Mapping[str, Mapping[str, Fraction]]
    order: tuple[str, ...]
    cycles: Mapping[str, str]

    def base_parts(self) -> dict[str, dict[str, Fraction]]:
        """Each kit in terms of parts that are not kits themselves."""
        base: dict[str, dict[str, Fraction]] = {}
        for kit in self.order:
            sums: dict[str, Fraction] = {}
            for part, quantity in self.parts[kit].items():
                for leaf, share in base.get(part, {part: Fraction(1)}).items():
                    sums[leaf] = sums.get(leaf, Fraction(0)) + quantity * share
            base[kit] = sums
        return base


def resolve(components: pd.DataFrame) -> Kits:
    """Order the kits of ``components`` (columns kit_sku, component_sku, quantity_micros > 0).

    Kits in a cycle are taken out, each with its cycle by name; the rest goes on.
    """
    columns = zip(
        components["kit_sku"].astype(str),
        components["component_sku"].astype(str),
        components["quantity_micros"].tolist(),
        strict=True,
    )
    return resolve_rows(columns)


def resolve_rows(rows: Iterable[tuple[str, str, int]]) -> Kits:
    """The same from plain rows of (kit, part, micros)."""
    parts: dict[str, dict[str, Fraction]] = {}
    for kit, part, micros in rows:
        parts.setdefault(kit, {})[part] = Fraction(micros, SCALE)
    cycles: dict[str, str] = {}
    while True:
        graph = {kit: [part for part in content if part in parts] for kit, content in parts.items()}
        try:
            return Kits(parts, tuple(TopologicalSorter(graph).static_order()), cycles)
        except CycleError as error:
            around: list[str] = error.args[1]
            for kit in around[1:]:
                cycles[kit] = " > ".join(reversed(around))
                del parts[kit]


def related_skus(pairs: Iterable[tuple[str, str]], skus: Iterable[str]) -> list[set[str]]:
    """The SKUs in groups that are connected by parts lists, given as (kit, part); most are alone.

    Groups of none of ``skus`` are left out.
    """
    group_of: dict[str, set[str]] = {sku: {sku} for sku in skus}
    wanted = set(group_of)
    for kit, part in pairs:
        one = group_of.setdefault(kit, {kit})
        other = group_of.setdefault(part, {part})
        if one is not other:
            one |= other
            group_of |= dict.fromkeys(other, one)
    groups = {id(group): group for group in group_of.values()}.values()
    return [group for group in groups if group & wanted]


def explode(demand: pd.DataFrame, kits: Kits) -> pd.DataFrame:
    """Replace the rows of kits by rows of their base parts (design 5: selling a kit commits them).

    ``demand`` has ``sku`` and ``quantity_micros``; other columns are kept. Quantities are rounded
    up to a micro, the safe side for a demand.
    """
    is_kit = demand["sku"].isin(set(kits.parts))
    if not is_kit.any():
        return demand
    base = kits.base_parts()
    rows = demand[is_kit]
    pieces = [
        rows[rows["sku"] == kit].assign(
            sku=part,
            quantity_micros=lambda found, share=share: _times_up(found["quantity_micros"], share),
        )
        for kit in rows["sku"].unique()
        for part, share in base[kit].items()
    ]
    whole = [demand[~is_kit].astype({"sku": "object"}), *pieces]
    result: pd.DataFrame = pd.concat(whole, ignore_index=True)
    return result


def times_up(micros: int, share: Fraction) -> int:
    """So many micros of a kit as micros of one of its parts, rounded up and kept within reason."""
    return _bounded(-(-micros * share.numerator // share.denominator), _MOST_MICROS)


def _times_up(micros: "pd.Series[int]", share: Fraction) -> "pd.Series[int]":
    scaled = [times_up(int(value), share) for value in micros]
    return pd.Series(scaled, index=micros.index, dtype="int64")


def _bounded(value: int, most: int) -> int:
    """The value, or the nearest one that is not absurd."""
    return max(-most, min(value, most))


def assemble(kits: Kits, atp: pd.DataFrame) -> pd.DataFrame:
    """The ATP of every kit at every location where one of its parts is known.

    ``atp`` has ``sku``, ``location``, ``atp_micros`` and ``certainty`` of parts that are not kits.
    A part without a row has 0. Returns the same columns for kits, plus ``limited_by``: the part
    that decides. Whole kits only; negative ATP of a part makes negative kits.
    """
    known: KnownAtp = {}
    used = {part for content in kits.parts.values() for part in content}
    for sku, location, micros, certainty in _rows(atp[atp["sku"].isin(used)]):
        known.setdefault(sku, {})[location] = (micros, certainty)
    columns = ["sku", "location", "atp_micros", "certainty", "limited_by"]
    return pd.DataFrame(assembled(kits, known), columns=columns).astype(
        {"atp_micros": np.int64, "certainty": np.int8}
    )


def assembled(kits: Kits, known: KnownAtp) -> list[tuple[str, str, int, int, str]]:
    """The same on plain values: (kit, location, micros, certainty, limiting part).

    Kits are added to ``known``, for other kits may contain them.
    """
    rows: list[tuple[str, str, int, int, str]] = []
    for kit in kits.order:
        content = kits.parts[kit]
        at_location = known.setdefault(kit, {})
        for location in sorted({place for part in content for place in known.get(part, {})}):
            found = {part: known.get(part, {}).get(location, (0, 0)) for part in content}
            whole, limit = min(
                (int(Fraction(found[part][0], SCALE) // quantity), part)
                for part, quantity in content.items()
            )
            micros = _bounded(whole, MOST_KITS) * SCALE
            certainty = max(certainty for _, certainty in found.values())
            at_location[location] = (micros, certainty)
            rows.append((kit, location, micros, certainty, limit))
    return rows


def _rows(atp: pd.DataFrame) -> list[tuple[str, str, int, int]]:
    return list(
        zip(
            atp["sku"].astype(str),
            atp["location"].astype(str),
            atp["atp_micros"].tolist(),
            atp["certainty"].tolist(),
            strict=True,
        )
    )
