"""Settings: one strict YAML file, read once, handed down as frozen values.

Put a setting in ``model.py``, ``erp.py`` or ``stores.py`` and how the file is read in ``load.py``.
Keep defaults safe: a new store computes and shows, and writes nothing until its mode says ``live``.
"""

from inventory_sync.settings.erp import Erp
from inventory_sync.settings.load import SettingsError, load_settings, settings_path
from inventory_sync.settings.model import Guard, Promise, PromiseLocation, Settings
from inventory_sync.settings.stores import Rules, Store

__all__ = [
    "Erp",
    "Guard",
    "Promise",
    "PromiseLocation",
    "Rules",
    "Settings",
    "SettingsError",
    "Store",
    "load_settings",
    "settings_path",
]
