"""The ledger as one object: everything that a pass remembers beyond its own end.

Put a method into the part it belongs to: ``orders``, ``fence``, ``intents``, ``publications``,
``journal``, ``locks``, ``retention``; for event passes ``dirty``, ``heard``, ``inbox``, ``known``,
``clocks``, ``reservations``, ``listening``; ``imports`` for orders on their way into the ERP.
"""

from sqlalchemy import Engine

from inventory_sync.ledger.batches import Batches
from inventory_sync.ledger.clocks import Clocks
from inventory_sync.ledger.database import migrate, open_engine
from inventory_sync.ledger.dirty import DirtyList
from inventory_sync.ledger.drift import DriftHistory
from inventory_sync.ledger.explain import Explaining
from inventory_sync.ledger.fence import Fence
from inventory_sync.ledger.guard import Guard
from inventory_sync.ledger.heard import Heard
from inventory_sync.ledger.imports import Imports
from inventory_sync.ledger.inbox import Inbox
from inventory_sync.ledger.intents import Intents
from inventory_sync.ledger.journal import Journal
from inventory_sync.ledger.known import KnownRows
from inventory_sync.ledger.listening import Listening
from inventory_sync.ledger.locks import Locks
from inventory_sync.ledger.orders import Orders
from inventory_sync.ledger.promise_ledger import PromiseLedger
from inventory_sync.ledger.promise_recordings import PromiseRecordings
from inventory_sync.ledger.publications import Publications
from inventory_sync.ledger.published_promises import PublishedPromises
from inventory_sync.ledger.reservations import Reservations
from inventory_sync.ledger.retention import Retention
from inventory_sync.ledger.shadow import ShadowHistory


class _EventMemory(DirtyList, Heard, Inbox, KnownRows, Clocks, Reservations, Batches, Listening):
    """What lanes, event passes and batches work with."""


class _Orders(Orders, Imports):
    """What is known of the orders of the stores, and of their way into the ERP."""


class _Promises(
    PublishedPromises, PromiseRecordings, PromiseLedger, DriftHistory, ShadowHistory, Explaining
):
    """What is known of the promises that were given, and how stores differed from them."""


class Ledger(
    _Orders, Fence, Guard, Intents, Publications, Journal, Locks, Retention, _EventMemory, _Promises
):
    """Our own persistent memory in PostgreSQL. Each method is one transaction, on disk when it
    returns; all times are arguments. Any method may raise ``LedgerUnavailable``.

    Safe to use from several threads and processes; a forked child needs a ledger of its own.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        """Close the connections that are idle."""
        self._engine.dispose()


def connect(url: str) -> Ledger:
    """Open the ledger in the database of a PostgreSQL URL, and bring its tables up to date.

    Raises ``LedgerUnavailable`` when the database cannot be reached or is not ours to change.
    """
    engine = open_engine(url)
    migrate(engine)
    return Ledger(engine)
