"""Shopify's rate limit as an object that is obeyed *before* sending.

A store's bucket holds points, refills at a steady rate and is charged the requested cost of a call
first; what the call did not need is given back when it ends (facts 3). Put the reckoning of that
bucket here. Pure: time is an argument in seconds of any steady clock, and nobody sleeps here.
"""

from dataclasses import dataclass

from inventory_sync.shopify.protocol import Cost

# We reckon with a refill slightly slower than promised, so that two clocks which disagree never
# make us early. Nothing is lost: every answer tells the true balance, which lifts ours.
_TRUSTED_SHARE_OF_RESTORE = 0.98

# The smallest plan. The first answer corrects both.
_FIRST_MAXIMUM_POINTS = 1000.0
_FIRST_RESTORE_POINTS_PER_SECOND = 100.0

_ROUNDING_POINTS = 1.0  # Shopify tells whole points
_NOTHING_POINTS = 1e-6  # less than this is noise of floating point


@dataclass(eq=False, slots=True)
class Ticket:
    """The points of one call under way, to be settled exactly once when it ends."""

    points: float
    charged_before_points: float
    refusals_before: int


class Throttle:
    """What we may spend now.

    ``balance`` is what would be left if Shopify had charged every call under way in full. It is
    reckoned forward between answers and kept within what each answer proves:

    - at most ``available`` of the answer, since nobody can spend what is not there;
    - at least ``available`` less the calls under way and less the calls that ended while this one
      was under way: whether the answer already counts those is the only thing it does not tell.

    ``reserve_share`` of a full bucket is left to others: a batch waits until its call would leave
    so much to the event passes of another process. A call that needs more waits for a full one.

    Not thread-safe by itself: the shell holds one lock around it.
    """

    def __init__(self, now: float, *, reserve_share: float = 0.0) -> None:
        self._reserve_share = reserve_share
        self.maximum_points = _FIRST_MAXIMUM_POINTS
        self.restore_points_per_second = _FIRST_RESTORE_POINTS_PER_SECOND
        self._balance = self.maximum_points
        self._under_way: set[Ticket] = set()
        self._charged_points = 0.0  # of all calls that have ended
        self._refusals = 0
        self._at = now
        self._paused_until = now

    def wait_seconds(self, points: float, now: float) -> float:
        """How long to wait before a call that requests so many points; 0 means take and send."""
        self._advance(now)
        reserve_points = self._reserve_share * self.maximum_points
        missing = min(points + reserve_points, self.maximum_points) - self._balance
        paused_seconds = max(0.0, self._paused_until - self._at)
        if missing <= _NOTHING_POINTS:
            return paused_seconds
        return max(missing / self._trusted_restore(), paused_seconds)

    def take(self, points: float, now: float) -> Ticket:
        """Reserve the points of a call that is sent now."""
        self._advance(now)
        ticket = Ticket(points, self._charged_points, self._refusals)
        self._under_way.add(ticket)
        self._balance -= points
        return ticket

    def settle(self, ticket: Ticket, cost: Cost, now: float) -> None:
        """The call has ended and its answer tells the cost."""
        charged = cost.actual_points or 0.0
        self._end(ticket, charged=charged, now=now)
        self.maximum_points = cost.maximum_points
        self.restore_points_per_second = cost.restore_points_per_second
        ended_meanwhile = self._charged_points - ticket.charged_before_points - charged
        at_most = max(0.0, cost.available_points - _ROUNDING_POINTS)
        at_least = at_most - self._points_under_way() - ended_meanwhile
        if cost.actual_points is None:
            # Refused: somebody else spends from this bucket, so believe the worst case only.
            self._refusals += 1
            self._balance = at_least
        elif ticket.refusals_before < self._refusals:
            # This call may have been counted before the bucket was found empty.
            self._balance = min(self._balance, at_most)
        else:
            self._balance = min(max(self._balance, at_least), at_most)

    def settle_unanswered(self, ticket: Ticket, now: float) -> None:
        """The call has ended without a cost: take it that everything was charged."""
        self._end(ticket, charged=ticket.points, now=now)

    def give_back(self, ticket: Ticket, now: float) -> None:
        """The call never reached Shopify."""
        self._end(ticket, charged=0.0, now=now)

    def pause(self, seconds: float, now: float) -> None:
        """Send nothing for so long, as a 429 demands."""
        self._paused_until = max(self._paused_until, now + seconds)

    def _end(self, ticket: Ticket, *, charged: float, now: float) -> None:
        self._advance(now)
        self._under_way.remove(ticket)
        self._charged_points += charged
        self._balance += ticket.points - charged

    def _advance(self, now: float) -> None:
        elapsed_seconds = max(0.0, now - self._at)
        self._at = max(self._at, now)
        refill = elapsed_seconds * self._trusted_restore()
        ceiling = self.maximum_points - self._points_under_way()
        self._balance = min(self._balance + refill, max(ceiling, self._balance))

    def _trusted_restore(self) -> float:
        return self.restore_points_per_second * _TRUSTED_SHARE_OF_RESTORE

    def _points_under_way(self) -> float:
        return sum(ticket.points for ticket in self._under_way)


class RequestedCosts:
    """The requested cost of each operation at each size, as learned from answers."""

    def __init__(self) -> None:
        self._learned: dict[tuple[object, ...], float] = {}

    def of(self, shape: tuple[object, ...], estimate_points: float) -> float:
        """The last cost told for this shape of call, or the estimate."""
        return self._learned.get(shape, estimate_points)

    def learn(self, shape: tuple[object, ...], cost: Cost) -> None:
        """Remember what Shopify requested for this shape of call."""
        self._learned[shape] = cost.requested_points
