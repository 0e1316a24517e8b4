"""Reads the settings file: YAML without surprises, secrets from outside.

Put the rules of the file format here: duplicate keys, ``${NAME}`` and ``${file:PATH}``. Keep the
meaning of single settings out: that is ``model.py``.
"""

import os
import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.settings.model import Settings

CONFIG_VARIABLE = "INVENTORY_SYNC_CONFIG"
DEFAULT_FILE = "inventory_sync.yaml"
SANDBOX_FILE = Path(__file__).parents[1] / "sandbox" / "inventory_sync.yaml"
_MAX_BYTES = 1_000_000
_REFERENCE = re.compile(r"\$\{(file:)?([^}]+)\}")


class SettingsError(InventorySyncError):
    """The settings cannot be used; every line of the message names a path in the file."""


class _StrictLoader(yaml.SafeLoader):
    """YAML where a key stands once, aliases are refused and only true and false are booleans."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem="aliases are not allowed", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} must be text; put it in quotes",
                    problem_mark=key_node.start_mark,
                )
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


# YAML 1.1 reads NO as false, 12:30 as 750 and 012 as 10: here they are text, as they look.
_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":null", ":timestamp"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf")
)
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789")
)
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]+$"),
    list("-+0123456789"),
)


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
    value of a secret key is never repeated in the message.
    """
    path = path or settings_path(environment)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(
            f"There is no settings file {path}; write one with `inventory-sync init`."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error}.") from None
    if len(text) > _MAX_BYTES:
        raise SettingsError(f"The settings file {path} is larger than {_MAX_BYTES} bytes.")
    try:
        raw = yaml.load(text, Loader=_StrictLoader)
    except yaml.YAMLError as error:
        raise SettingsError(
            f"The settings file {path} is not valid: {_yaml_problem(error)}."
        ) from None
    if not isinstance(raw, dict):
        raise SettingsError(f"The settings file {path} must hold keys such as erp and stores.")
    resolved = _resolve(raw, path="", base=path.parent, environment=environment)
    try:
        return Settings.model_validate(resolved)
    except ValidationError as error:
        raise SettingsError(_explain(path, error)) from None


def _resolve(value: Any, *, path: str, base: Path, environment: Mapping[str, str]) -> Any:
    """Replace ``${NAME}`` by the environment variable and ``${file:PATH}`` by the file's text."""
    if isinstance(value, dict):
        return {
            key: _resolve(
                item, path=f"{path}.{key}".lstrip("."), base=base, environment=environment
            )
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            _resolve(item, path=f"{path}[{i}]", base=base, environment=environment)
            for i, item in enumerate(value)
        ]
    if not isinstance(value, str):
        return value

    def replacement(match: re.Match[str]) -> str:
        if match[1]:
            return _secret_file(base / match[2], path)
        if match[2] not in environment:
            raise SettingsError(f"{path}: the environment variable {match[2]} is not set.")
        return environment[match[2]]

    return _REFERENCE.sub(replacement, value)


def _secret_file(file: Path, path: str) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingsError(f"{path}: the secret file {file} cannot be read: {reason}.") from None


def _yaml_problem(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return "it is not YAML"


def _explain(path: Path, error: ValidationError) -> str:
    """One line for each mistake: the path of the key and what is wrong, never its value."""
    lines = []
    for mistake in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in mistake["loc"]) or "the file"
        reason = {"extra_forbidden": "is not a known key", "missing": "is missing"}.get(
            mistake["type"], mistake["msg"].removeprefix("Value error, ")
        )
        lines.append(f"  {where}: {reason}")
    return f"The settings file {path} has mistakes:\n" + "\n".join(lines)
