"""Finds and reads the settings file, and says all that is wrong with it at once.

Put here where the file is looked for and how mistakes are told. The notation is ``strict_yaml.py``,
secrets from outside ``references.py``, the meaning of single settings ``model.py``.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.settings.model import Settings
from inventory_sync.settings.references import References, read_text
from inventory_sync.settings.strict_yaml import InvalidYaml, parse

CONFIG_VARIABLE = "INVENTORY_SYNC_CONFIG"
DEFAULT_FILE = "inventory_sync.yaml"
SANDBOX_FILE = Path(__file__).parents[1] / "sandbox" / "inventory_sync.yaml"


class SettingsError(InventorySyncError):
    """The settings cannot be used; every line of the message names a path in the file."""


def settings_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the settings come from: the variable, the file in this folder, or the sandbox."""
    named = environment.get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    local = Path(DEFAULT_FILE)
    return local if local.exists() else SANDBOX_FILE


def load_settings(
    path: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Read and check the settings.

    Raises ``SettingsError`` that names the file and, for each mistake, the path of its key. The
    value of a key is never repeated in the message: it may be a secret in the wrong place.
    """
    path = path or settings_path(environment)
    file = f"The settings file {path}"
    try:
        raw = parse(read_text(path))
    except FileNotFoundError:
        raise SettingsError(
            f"There is no settings file {path}; write one with `inventory-sync init`."
        ) from None
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}.") from None
    except InvalidYaml as error:
        raise SettingsError(f"{file} is not valid: {error}.") from None
    if not isinstance(raw, dict):
        raise SettingsError(f"{file} must hold keys such as erp and stores.")
    references = References(path.parent, environment)
    resolved = references.resolve(raw)
    if references.mistakes:
        raise SettingsError(_listed(file, references.mistakes))
    try:
        return Settings.model_validate(resolved)
    except ValidationError as error:
        raise SettingsError(_listed(file, _mistakes(error))) from None


def _mistakes(error: ValidationError) -> list[str]:
    """One line for each: the path of the key and what is wrong, never its value."""
    lines = []
    for mistake in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in mistake["loc"]) or "the file"
        reason = {"extra_forbidden": "is not a known key", "missing": "is missing"}.get(
            mistake["type"], mistake["msg"].removeprefix("Value error, ")
        )
        lines.append(f"{where}: {reason}")
    return lines


def _listed(file: str, mistakes: list[str]) -> str:
    return f"{file} has mistakes:\n" + "\n".join(f"  {mistake}" for mistake in mistakes)
