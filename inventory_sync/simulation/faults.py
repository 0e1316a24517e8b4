"""What goes wrong, and how often: decided by one seeded source of chance.

Put a kind of fault here with its rate; what it does stands where it strikes.
"""

import random
from collections import Counter
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class FaultRates:
    """Probabilities. Of a crash at each durable step; of each call that writes to a store; of each
    reading of a store or the ERP; of each delivery of a webhook; of each event of the ERP; of each
    update of an order in the search index.
    """

    crash: float = 0.0004
    request_lost: float = 0.006
    answer_lost: float = 0.006
    request_late: float = 0.004
    store_away: float = 0.001
    erp_away: float = 0.001
    webhook_lost: float = 0.03
    webhook_doubled: float = 0.03
    webhook_late: float = 0.04
    event_late: float = 0.1
    listed_late: float = 0.1
    pause: float = 0.0005

    @classmethod
    def none(cls) -> "FaultRates":
        """Nothing goes wrong."""
        return cls(**{each.name: 0.0 for each in fields(cls)})

    def but(self, **rates: float) -> "FaultRates":
        """The same with some rates changed."""
        return replace(self, **rates)


class Faults:
    """Decides and counts; ``off`` ends all trouble, to see whether everything comes to rest."""

    def __init__(self, rates: FaultRates, rng: random.Random) -> None:
        self.rates, self.rng = rates, rng
        self.counts: Counter[str] = Counter()
        self.off = False

    def strikes(self, kind: str) -> bool:
        """Whether this kind of fault strikes here and now."""
        rate: float = getattr(self.rates, kind)
        if self.off or not rate or self.rng.random() >= rate:
            return False
        self.counts[kind.replace("_", " ")] += 1
        return True
