"""Finds and reads the data contracts, and says all that is wrong with them at once.

Put here where the files are looked for and how mistakes are told. What a contract says is
``standard.py``, and whether it fits the code ``fit.py``.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft201909Validator
from open_data_contract_standard.model import OpenDataContractStandard
from pydantic import ValidationError

from inventory_sync.contracts.fit import misfits
from inventory_sync.contracts.standard import InvalidTerm, terms_of
from inventory_sync.contracts.terms import Contract
from inventory_sync.settings import SettingsError
from inventory_sync.settings.strict_yaml import InvalidYaml, parse

FOLDER: Final = "data_contracts"
_PACKAGE: Final = Path(__file__).parents[1]


class ContractsRefused(SettingsError):
    """The data contracts cannot be used; every line of the message names a file and a place."""


def shipped_folder() -> Path:
    """Where the contracts that come with the product are: inside of a wheel, beside a checkout."""
    inside = _PACKAGE / FOLDER
    return inside if inside.is_dir() else _PACKAGE.parent / FOLDER


def load_contracts(folder: str | None = None) -> tuple[Contract, ...]:
    """Read every contract of a folder, by default of those that come with the product.

    Files that have not changed since are not read again. Raises ``ContractsRefused`` when there are
    none, when one cannot be read, or when one does not fit the code.
    """
    place = (Path(folder) if folder else shipped_folder()).absolute()
    found = sorted(place.glob("*.yaml"))
    if not found:
        raise ContractsRefused(
            f"There are no data contracts in {place}; put the folder {FOLDER} of the project "
            "there, or name the right one under data_contracts in the settings."
        )
    return _load(tuple((file, file.stat().st_mtime_ns) for file in found))


@lru_cache(maxsize=4)
def _load(found: tuple[tuple[Path, int], ...]) -> tuple[Contract, ...]:
    contracts, mistakes = list[Contract](), list[str]()
    for file, _ in found:
        try:
            contracts.append(_read(file))
        except InvalidTerm as error:
            mistakes += [f"{file.name}: {line}" for line in str(error).splitlines()]
    mistakes += [] if mistakes else misfits(contracts)
    if mistakes:
        listed = "\n".join(f"  {mistake}" for mistake in mistakes)
        raise ContractsRefused(f"The data contracts in {found[0][0].parent} are refused:\n{listed}")
    return tuple(contracts)


def _read(file: Path) -> Contract:
    try:
        raw = parse(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidTerm(f"cannot be read: {error}") from None
    except InvalidYaml as error:
        raise InvalidTerm(f"is not valid: {error}") from None
    mistakes = list(_mistakes(raw))
    if mistakes:
        raise InvalidTerm("\n".join(mistakes))
    try:
        document = OpenDataContractStandard.model_validate(raw)
    except ValidationError as error:
        raise InvalidTerm("; ".join(each["msg"] for each in error.errors())) from None
    return terms_of(document, file.name)


def _mistakes(raw: Any) -> Iterator[str]:
    """Where the document breaks the standard."""
    for error in _validator().iter_errors(raw):
        yield f"{error.json_path.removeprefix('$.')}: {error.message}"[:300]


@lru_cache(maxsize=1)
def _validator() -> Draft201909Validator:
    schema = files("open_data_contract_standard") / "schema.json"
    return Draft201909Validator(json.loads(schema.read_text(encoding="utf-8")))
