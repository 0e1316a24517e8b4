"""A day at a company in minutes: seeded traffic in the shops of a running stand-in and in the ERP.

Put here when stories begin and go on; what happens in them is ``stories.py``, where they play
``market.py``. The same seed leads to the same stories as long as the ERP and the shops answer the
same.
"""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from threading import Event
from time import monotonic

from inventory_sync.sandbox.importer import Refused, Shops
from inventory_sync.sandbox.market import Market
from inventory_sync.sandbox.office import Office, OfficeRefused, Oversold
from inventory_sync.sandbox.stories import OUTAGES, Stories, Story, utc_now


class Traffic:
    """Stories that begin at random, ``rate_per_minute`` of them on average.

    ``control_url`` is that of the stand-in's control interface, such as
    ``http://127.0.0.1:8790/control``; ``office`` is the ERP's; ``clock`` tells the seconds by which
    the next thing is due, ``now`` the time of day from which holds expire. Use ``run`` in a thread
    of its own, or ``step`` by hand.
    """

    def __init__(
        self,
        seed: int,
        rate_per_minute: float,
        *,
        market: Market,
        control_url: str,
        office: Office,
        clock: Callable[[], float] = monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        if rate_per_minute <= 0:
            raise ValueError(f"a rate of {rate_per_minute} stories per minute is none")
        self._rng = random.Random(seed)
        self._rate_per_second = rate_per_minute / 60
        self._shops = Shops(control_url)
        self._office = office
        # Stories draw from a generator of their own, lest arrivals depend on what they do.
        rng = random.Random(self._rng.random())
        self._stories = Stories(rng, market, office, self._shops, now)
        self._clock = clock
        self._numbers = count()
        self._agenda: list[tuple[float, int, Story]] = []
        self._at(clock(), self._arrivals())

    @property
    def counts(self) -> Counter[str]:
        """How often what has happened: ``online accepted``, ``online refused`` and so on."""
        return self._stories.counts

    @property
    def due(self) -> float:
        """When the next thing happens, by ``clock``."""
        return self._agenda[0][0]

    def order_container(self, *, after_seconds: float) -> None:
        """Some time later a container is ordered, which arrives as a wave. Before ``run``."""
        self._at(self._clock() + after_seconds, self._stories.container())

    def run(self, stop: Event) -> None:
        """Let things happen when they are due, until ``stop`` is set."""
        try:
            while not stop.wait(max(0.0, self.due - self._clock())):
                self.step()
        finally:
            self._shops.close()

    def step(self) -> None:
        """Let the next thing happen now, whenever it is due.

        A step that the ERP or a shop refuses ends its story, and so does an outage, except for an
        order that is being imported; ``counts`` tells of both.
        """
        due, _, story = heappop(self._agenda)
        try:
            pause_seconds = next(story)
        except StopIteration:
            return
        except (Refused, OfficeRefused):
            self.counts["steps refused"] += 1
        except OUTAGES:
            self.counts["outages"] += 1
        else:
            self._at(due + pause_seconds, story)

    def oversold(self) -> list[Oversold]:
        """What this traffic has sold online and the ERP cannot ship; empty is good."""
        return self._office.oversold_units(self._stories.importer.order_ids)

    def _arrivals(self) -> Story:
        due = self._clock()
        while True:
            pause_seconds = self._rng.expovariate(self._rate_per_second)
            due += pause_seconds
            yield pause_seconds
            self._at(due, self._stories.any())

    def _at(self, due: float, story: Story) -> None:
        heappush(self._agenda, (due, next(self._numbers), story))
