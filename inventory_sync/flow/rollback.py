"""Rolling back: what was written since a time is derived anew, never sent again as it was.

Put here what a rollback looks at and what a person has seen of it before it writes. The pass itself
is ``full_pass.py``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from inventory_sync.domain.errors import PassRefused
from inventory_sync.domain.guards import plan_objections
from inventory_sync.domain.stops import Approval, Objection
from inventory_sync.flow.full_pass import PassReport
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.publish import Wishes


def preview_of(
    parts: Parts, since: datetime | None, *, stores: Sequence[str], only_lower: bool
) -> Wishes | None:
    """A dry run over the SKUs that were written after ``since`` (``None``: over all).

    ``stores`` limits it (empty: all). ``None`` when nothing was written. Raises ``PassRefused`` for
    a store that the settings do not have.
    """
    strangers = set(stores) - parts.policies.keys()
    if strangers:
        raise PassRefused(
            f"There is no store {', '.join(sorted(strangers))}; the settings have "
            f"{', '.join(parts.policies)}."
        )
    wishes = Wishes(
        dry_run=True,
        stores=frozenset(stores or parts.policies),
        only_lower=only_lower,
        must_exist=False,
    )
    if since is None:
        return wishes
    written = parts.ledger.written_since(since)
    skus = {sku for store in wishes.stores or () for sku in written.get(store, ())}
    return replace(wishes, skus=frozenset(skus)) if skus else None


def granted_by(parts: Parts, preview: PassReport) -> Mapping[str, Sequence[Objection]]:
    """What the guard would object to in each store, which a person has seen in the preview."""
    levels = parts.ledger.published_levels()
    return {
        store: plan_objections(seen.rows, parts.limits, levels=levels.get(store, 0))
        for store, seen in preview.stores.items()
    }


def carried_out(preview: Wishes, approval: Approval) -> Wishes:
    """The same pass, writing: what has become worse than the preview is stopped by the guard."""
    return replace(preview, dry_run=False, approval=approval)
