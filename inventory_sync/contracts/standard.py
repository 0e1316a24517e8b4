"""From the Open Data Contract Standard to terms: which of its words we act on, and how.

Put here how one word of the standard (https://bitol-io.github.io/open-data-contract-standard/) is
read. A word that looks like a rule and is not compiled is refused: a rule that nobody applies is
worse than none. Keep out files (``load.py``) and whether a contract fits the code (``fit.py``).
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, get_args

from open_data_contract_standard.model import (
    CustomProperty,
    DataQuality,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
    Team,
)

from inventory_sync.contracts.bounds import InvalidBound, bounds_of, count_bounds
from inventory_sync.contracts.terms import ColumnTerms, Contract, Freshness, Reference
from inventory_sync.domain.rules import RowCount, Rule, Severity

_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_BETWEEN: Final = "expect_column_values_to_be_between"


class InvalidTerm(Exception):
    """A term that cannot be read; the message says where and why."""


def terms_of(document: OpenDataContractStandard, file: str) -> Contract:
    """Read the one dataset of a contract. Raises ``InvalidTerm``."""
    if not document.schema_ or len(document.schema_) != 1:
        raise InvalidTerm("schema: must hold exactly one dataset")
    (table,) = document.schema_
    columns = table.properties or []
    if not table.name or not table.physicalName or not columns:
        raise InvalidTerm("schema: needs a name, a physicalName (the asset) and properties")
    for column in columns:
        _refuse_silent_rules(column)
    return Contract(
        file=file,
        name=table.name,
        asset=table.physicalName,
        owner=_owner(document),
        why=_needed(table.description, f"schema.{table.name}.description"),
        columns=tuple(_column(column) for column in columns),
        key_severity=_custom_severity(table.customProperties, "keySeverity", table.name),
        rules=tuple(rule for column in columns for rule in _rules(column)),
        counts=tuple(_counts(table)),
        freshness=_freshness(document),
    )


def _owner(document: OpenDataContractStandard) -> str:
    team = document.team
    name = team.name if isinstance(team, Team) else None
    return _needed(name, "team.name")


def _needed(text: str | None, where: str) -> str:
    if not text or not text.strip():
        raise InvalidTerm(f"{where}: is missing")
    return " ".join(text.split())


def _refuse_silent_rules(column: SchemaProperty) -> None:
    for word in ("logicalTypeOptions", "enum", "unique", "properties", "items"):
        if getattr(column, word):
            raise InvalidTerm(
                f"{column.name}.{word}: is not applied by inventory_sync; write the rule under "
                "quality"
            )


def _column(column: SchemaProperty) -> ColumnTerms:
    name = str(column.name)
    position = column.primaryKeyPosition if column.primaryKey else None
    if column.primaryKey and not position:
        raise InvalidTerm(f"{name}.primaryKeyPosition: is missing")
    return ColumnTerms(
        name=name,
        logical_type=_needed(column.logicalType, f"{name}.logicalType"),
        physical_type=_needed(column.physicalType, f"{name}.physicalType"),
        description=_needed(column.description, f"{name}.description"),
        required=bool(column.required),
        key_position=position,
        reference=_reference(column),
    )


def _reference(column: SchemaProperty) -> Reference | None:
    if not column.relationships:
        return None
    where = f"{column.name}.relationships"
    (one, *more) = column.relationships
    target = one.to if isinstance(one.to, str) else ""
    dataset, _, name = target.rpartition(".")
    if more or not dataset or not name:
        raise InvalidTerm(f"{where}: must name one column, such as products.sku")
    return Reference(dataset, name, _custom_severity(one.customProperties, "severity", where))


def _custom_severity(
    properties: Sequence[CustomProperty] | None, name: str, where: str
) -> Severity:
    for each in properties or ():
        if each.property == name:
            return _severity(each.value, f"{where}.{name}")
    return "error"


def _severity(value: object, where: str) -> Severity:
    for severity in get_args(Severity):
        if value == severity:
            return severity  # type: ignore[no-any-return]
    raise InvalidTerm(f"{where}: must be warning, error or critical")


def _rules(column: SchemaProperty) -> Iterator[Rule]:
    for index, quality in enumerate(column.quality or ()):
        where = f"{column.name}.quality[{index}]"
        if quality.type == "text":
            continue
        kwargs = _kwargs(quality, where)
        try:
            minimum, maximum = bounds_of(kwargs, is_quantity=column.physicalType == "numeric")
        except InvalidBound as error:
            raise InvalidTerm(f"{where}: {error}") from None
        allowed = kwargs.pop("value_set", None)
        if kwargs.keys() - {"required"}:
            raise InvalidTerm(f"{where}: does not know {', '.join(sorted(kwargs))}")
        yield Rule(
            column=str(column.name),
            kind=_needed(quality.name, f"{where}.name"),
            reason=_needed(quality.description, f"{where}.description"),
            severity=_severity(quality.severity, f"{where}.severity"),
            minimum=minimum,
            maximum=maximum,
            allowed=None if allowed is None else frozenset(_texts(allowed, where)),
            required=bool(kwargs.get("required")),
        )


def _kwargs(quality: DataQuality, where: str) -> dict[str, Any]:
    """What a rule asks for, in the words of Great Expectations; ``required`` means not null."""
    _needed(quality.businessImpact, f"{where}.businessImpact")
    if quality.type == "custom":
        return _expectation(quality, where)
    if quality.type not in (None, "library"):
        raise InvalidTerm(f"{where}: type {quality.type} is not known; use library or custom")
    if quality.mustBe not in (0, Decimal(0)) or isinstance(quality.mustBe, bool):
        raise InvalidTerm(f"{where}: every row is judged by itself, so only mustBe: 0 is known")
    if quality.metric == "nullValues" and not quality.arguments:
        return {"required": True}
    if quality.metric == "invalidValues" and quality.arguments:
        if set(quality.arguments) == {"validValues"}:
            return {"value_set": quality.arguments["validValues"]}
        raise InvalidTerm(f"{where}.arguments: only validValues is known")
    raise InvalidTerm(
        f"{where}: metric {quality.metric} is not known for a column; use nullValues, "
        f"invalidValues, or {_BETWEEN}"
    )


def _expectation(quality: DataQuality, where: str) -> dict[str, Any]:
    said = quality.implementation
    if quality.engine not in ("greatExpectations", "great-expectations"):
        raise InvalidTerm(f"{where}.engine: {quality.engine} is not known; use greatExpectations")
    if not isinstance(said, dict) or set(said) != {"type", "kwargs"} or not said["kwargs"]:
        raise InvalidTerm(f"{where}.implementation: needs a type and kwargs")
    if said["type"] != _BETWEEN:
        raise InvalidTerm(f"{where}: expectation {said['type']} is not known; use {_BETWEEN}")
    return dict(said["kwargs"])


def _texts(values: object, where: str) -> list[str]:
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise InvalidTerm(f"{where}: validValues must be a list of texts")
    return values


def _counts(table: SchemaObject) -> Iterator[RowCount]:
    for index, quality in enumerate(table.quality or ()):
        where = f"{table.name}.quality[{index}]"
        if quality.type == "text":
            continue
        if quality.metric != "rowCount":
            raise InvalidTerm(f"{where}: only metric rowCount is known for a whole dataset")
        _needed(quality.businessImpact, f"{where}.businessImpact")
        try:
            minimum, maximum = count_bounds(quality)
        except InvalidBound as error:
            raise InvalidTerm(f"{where}: {error}") from None
        reason = _needed(quality.description, f"{where}.description")
        severity = _severity(quality.severity, f"{where}.severity")
        yield RowCount(reason, severity, minimum, maximum)


def _freshness(document: OpenDataContractStandard) -> Freshness | None:
    found = [each for each in document.slaProperties or () if each.property == "freshness"]
    if not found:
        return None
    (one, *more) = found
    if more or isinstance(one.value, bool) or not isinstance(one.value, int) or one.value <= 0:
        raise InvalidTerm("slaProperties: freshness must stand once, with a positive whole value")
    if one.unit not in _UNITS:
        raise InvalidTerm("slaProperties: the unit of freshness must be m, h or d")
    return Freshness(
        within=one.value * _UNITS[one.unit],
        reason=_needed(one.description, "slaProperties.freshness.description"),
        severity=_custom_severity(one.customProperties, "severity", "slaProperties.freshness"),
        column=one.element.rpartition(".")[2] if one.element else None,
    )
