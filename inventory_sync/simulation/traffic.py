"""Traffic: what happens in the company, by chance.

Put here how often each kind of event happens. What they do is ``shoppers.py`` and
``erp_people.py``; what must follow from it is checked elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass

from inventory_sync.simulation.erp_people import ErpPeople
from inventory_sync.simulation.shoppers import Shoppers


@dataclass(frozen=True)
class Mix:
    """How often each kind of event happens, relative to the others."""

    buy: float = 30
    checkout: float = 8
    cancel: float = 6
    edit: float = 4
    refund: float = 5
    fulfill: float = 8
    edit_by_hand: float = 0.5
    draft: float = 2
    receipt: float = 14
    offline: float = 5
    hold: float = 4
    hold_ends: float = 4
    ship_offline: float = 4
    damage: float = 1


class Traffic(Shoppers, ErpPeople):
    """All the world's hands. A kind of event is a method with its name."""

    def act(self, mix: Mix) -> str:
        """Do something; says what."""
        kinds = {name: weight for name, weight in vars(mix).items() if weight}
        (kind,) = self._rng.choices(list(kinds), list(kinds.values()))
        does: Callable[[], str | None] = getattr(self, f"_{kind}")
        return does() or f"{kind}: nothing to do"
