"""Resources: the parts of a pass for an asset, and where frames rest between assets.

Put what assets receive from Dagster here. Keep choices of adapters out: ``wiring`` makes them.
"""

import logging
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pandas as pd

from inventory_sync.flow.parts import Parts
from inventory_sync.ledger import Ledger
from inventory_sync.settings import Settings, load_settings

KEPT_FRAMES = 5
"""Frames of so many runs are kept per asset, for whoever wants to open an older one."""

_DTYPES = "dtypes"


class InventorySync(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Opens the ERP, the stores and the ledger as the settings file says.

    Holds no secret: the settings are read where the step runs, never in run config.
    """

    settings_file: str | None = None

    def settings(self) -> Settings:
        """The settings, read anew."""
        return load_settings(Path(self.settings_file) if self.settings_file else None)

    @contextmanager
    def parts(
        self,
        log: logging.Logger,
        *,
        reserve_share: float = 0.0,
        left_seconds: Callable[[], float] = lambda: math.inf,
        erp_seconds: int | None = None,
    ) -> Iterator[Parts]:
        """The parts of a pass; what they tell goes to the run's log.

        ``reserve_share`` of each store's rate limit is left to other processes; calls of stores
        leave within ``left_seconds`` or never. No answer of the ERP is awaited for longer than
        ``erp_seconds``.
        """
        from inventory_sync.wiring import open_parts

        settings = self.settings()
        if erp_seconds is not None:
            settings = settings.model_copy(update={"erp": settings.erp.within(erp_seconds)})
        with open_parts(
            settings,
            tell=log.info,
            reserve_share=reserve_share,
            left_seconds=left_seconds,
        ) as parts:
            yield parts

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """Our own memory alone; neither the ERP nor a store is needed."""
        from inventory_sync.wiring import Databases, open_ledger

        with open_ledger(Databases.of()) as ledger:
            yield ledger


class FrameIOManager(dg.ConfigurableIOManager):
    """Keeps each asset's frame as Parquet under ``<home>/frames/<asset>/<run>.parquet``.

    A run reads what it wrote itself; a step that is run alone reads the newest frame. Attributes of
    a frame (``frame.attrs``) are kept with it, and so are dtypes that Parquet does not know.
    """

    folder: str | None = None

    def handle_output(self, context: dg.OutputContext, obj: pd.DataFrame) -> None:
        """Write a frame so that a reader sees all of it or nothing."""
        folder = self._folder(context.asset_key)
        folder.mkdir(parents=True, exist_ok=True)
        kept = obj.copy(deep=False)
        kept.attrs = {**obj.attrs, _DTYPES: obj.dtypes.astype(str).to_dict()}
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as draft:
            kept.to_parquet(draft.name)
        os.replace(draft.name, folder / f"{context.run_id}.parquet")
        for old in _newest_first(folder)[KEPT_FRAMES:]:
            old.unlink(missing_ok=True)

    def load_input(self, context: dg.InputContext) -> pd.DataFrame:
        """Read the frame of this run, or else the newest; outside of a run the newest."""
        frame = self.read(context.asset_key, _run_id(context))
        if frame is None:
            raise dg.Failure(
                f"{context.asset_key.to_user_string()} has not been computed yet; run the job "
                "full_sync first.",
                allow_retries=False,
            )
        return frame

    def newest(self, asset: str) -> pd.DataFrame | None:
        """The newest frame of an asset such as ``erp/stock``; ``None`` when there is none."""
        return self.read(dg.AssetKey(asset.split("/")), None)

    def read(self, key: dg.AssetKey, run_id: str | None) -> pd.DataFrame | None:
        """The frame that a run has made of an asset, else the newest; ``None``: there is none."""
        folder = self._folder(key)
        mine = folder / f"{run_id}.parquet"
        found = [mine] if mine.exists() else _newest_first(folder)
        if not found:
            return None
        frame = pd.read_parquet(found[0])
        return frame.astype(frame.attrs.pop(_DTYPES, {}))

    def _folder(self, key: dg.AssetKey) -> Path:
        from inventory_sync.wiring import home_folder

        base = Path(self.folder) if self.folder else home_folder() / "frames"
        return base.joinpath(*key.path)


def _run_id(context: dg.InputContext) -> str | None:
    try:
        return context.step_context.run_id
    except dg.DagsterInvariantViolationError:  # somebody opens an asset by hand
        return None


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.parquet"), key=lambda file: file.stat().st_mtime, reverse=True)
