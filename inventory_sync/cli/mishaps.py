"""``inventory-sync sandbox break`` and ``mend``: the seven failures in the running demo.

Put here how the demo is reached. What happens in Acme and its shops is ``sandbox/mishaps.py``.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from sqlalchemy import create_engine

from inventory_sync.cli.processes import HOST
from inventory_sync.cli.sandbox import control_url, stand_in_port
from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.sandbox.importer import Refused, Shops
from inventory_sync.sandbox.mishaps import Failure, Mishaps
from inventory_sync.settings import load_settings
from inventory_sync.settings.load import SANDBOX_FILE
from inventory_sync.wiring import EMBEDDED, Databases


def happen(failure: str) -> str:
    """Let it happen; says what was done."""
    wanted = _known(failure)
    with _mishaps() as mishaps:
        return mishaps.happen(wanted)


def undo(failure: str) -> str:
    """Do what people do about it; says what."""
    wanted = _known(failure)
    with _mishaps() as mishaps:
        return mishaps.mend(wanted)


def _known(failure: str) -> Failure:
    if failure not in set(Failure):
        raise InventorySyncError(f"There is no failure {failure!r}, only: {', '.join(Failure)}.")
    return Failure(failure)


@contextmanager
def _mishaps() -> Iterator[Mishaps]:
    settings = load_settings(SANDBOX_FILE)
    name = settings.erp.url.get_secret_value().removeprefix(EMBEDDED)
    port = stand_in_port(settings)
    shops = Shops(control_url(port))
    try:
        httpx.get(f"http://{HOST}:{port}/healthz", trust_env=False)
        with Databases.of().embedded_url(name) as erp_url:
            engine = create_engine(erp_url)
            yield Mishaps(engine, shops)
            engine.dispose()
    except Refused as refused:
        raise InventorySyncError(f"The shop refuses it: {refused}.") from None
    except httpx.TransportError as error:
        raise InventorySyncError(
            f"The sandbox does not answer ({error}): start `inventory-sync demo` in another "
            "terminal, in this folder."
        ) from None
    finally:
        shops.close()
