"""How well promises were kept: promised against actual ship dates.

Put here what is counted. The actual date is the day on which a line was found shipped, which is
right to one pass; which supplier delivered is not part of the ERP contract, so promises are counted
by the kind of supply that they rest on.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import mean

from inventory_sync.domain.calendar import LocalToday
from inventory_sync.domain.slips import OrderPromise

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Score:
    """The shipped order lines of one location whose promises rest on one kind of supply.

    ``mean_days_late`` counts early ones as 0; ``silent``: broken without having been listed before.
    """

    location: str
    supply_kind: str
    shipped: int
    on_time: int
    mean_days_late: float
    worst_days_late: int
    silent: int

    @property
    def on_time_share(self) -> float:
        """From 0 to 1."""
        return self.on_time / self.shipped


def scores(promises: Iterable[OrderPromise], today: LocalToday) -> list[Score]:
    """Score what has shipped, by location and supply kind; the rest does not count yet.

    ``today`` knows the time zones by which a day has passed.
    """
    groups: dict[tuple[str, str], list[tuple[OrderPromise, int]]] = defaultdict(list)
    for each in promises:
        if each.days_late is not None:
            name = each.location or UNKNOWN, each.supply_kind or UNKNOWN
            groups[name].append((each, each.days_late))
    return [
        Score(
            *name,
            shipped=len(group),
            on_time=sum(late <= 0 for _, late in group),
            mean_days_late=mean(max(late, 0) for _, late in group),
            worst_days_late=max(late for _, late in group),
            silent=sum(each.broken_silently(today) for each, _ in group),
        )
        for name, group in sorted(groups.items())
    ]
