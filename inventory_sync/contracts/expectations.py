"""The slow form of the contracts: Great Expectations, with results that people read.

Put here which expectation stands for which term. Great Expectations takes seconds to load, so it is
imported where frames are judged, never with this module. Keep out the fast form (``compiled.py``):
a test holds both against each other.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from inventory_sync.contracts.frames import Given
from inventory_sync.contracts.terms import ERP, ColumnTerms, Contract
from inventory_sync.contracts.verdicts import Judgement, Term, Verdict
from inventory_sync.domain.rules import RowCount, Rule

_NEEDED: Final = {
    "locations": {"location"},
    "products": {"sku", "tracked"},
    "components": {"kit_sku", "component_sku", "quantity"},
    "stock": {"sku", "location", "physical", "unavailable"},
    "commitments": {"commitment_id", "sku", "location", "quantity", "kind"},
    "supply": {"sku", "location", "quantity"},
    "acknowledged_orders": {"external_order_id", "external_line_id", "quantity"},
}
"""Cells of the ERP without which a row is in quarantine; other gaps are only remarked."""

_READ_AT: Final = "(read at)"


@dataclass(frozen=True, slots=True)
class Expected:
    """A term as an expectation: the name of its class, and its arguments."""

    term: Term
    expectation: str
    arguments: dict[str, Any]


def hold_against(contract: Contract, given: Given) -> Judgement:
    """Judge a dataset by its contract. A column that is missing breaks it; nothing raises."""
    frame = _with_helpers(contract, given)
    expected = list(expectations(contract, frame, given))
    results = _validate(frame, expected)
    verdicts = [_verdict(each.term, found) for each, found in zip(expected, results, strict=True)]
    return Judgement(contract, given.rows, tuple(verdicts))


def expectations(contract: Contract, frame: pd.DataFrame, given: Given) -> Iterator[Expected]:
    """What a contract expects of a frame; of a column that is missing, only that it exists."""
    for column in contract.columns:
        term = Term(f"column {column.name} is missing", "critical")
        yield Expected(term, "ExpectColumnToExist", {"column": column.name})
    for count in contract.counts:
        yield _of_count(count)
    names = {column.name for column in contract.columns if column.name in frame}
    for column in contract.columns:
        if column.name in names:
            yield from _of_column(contract, column, frame)
    for rule in contract.rules:
        if rule.column in names:
            yield from _of_rule(rule)
    if contract.key and names.issuperset(contract.key):
        yield _of_key(contract)
    yield from _of_age(contract, frame, given)


def _with_helpers(contract: Contract, given: Given) -> pd.DataFrame:
    """The rows with a column for each reference: whether the value is known where it must be.

    A list of fifty thousand SKUs as an argument takes Great Expectations seven seconds.
    """
    frame = given.rows.copy(deep=False)
    for column in contract.columns:
        if column.reference and column.name in frame:
            known = given.lists.get((column.reference.dataset, column.reference.column))
            if known is not None:
                cells = frame[column.name]
                frame[_known(column.name)] = cells.isin(known) | cells.isna()
    if given.read_at is not None:
        frame[_READ_AT] = pd.Timestamp(given.read_at)
    return frame


def _known(column: str) -> str:
    return f"({column} is known)"


def _of_count(count: RowCount) -> Expected:
    bounds = {"min_value": count.minimum, "max_value": count.maximum}
    return Expected(Term(count.reason, count.severity), "ExpectTableRowCountToBeBetween", bounds)


def _of_column(contract: Contract, column: ColumnTerms, frame: pd.DataFrame) -> Iterator[Expected]:
    dataset = contract.asset.removeprefix(ERP)
    if column.required:
        is_needed = not contract.is_of_erp or column.name in _NEEDED.get(dataset, ())
        term = Term(f"{column.name} is missing", "error" if is_needed else "warning")
        yield Expected(term, "ExpectColumnValuesToNotBeNull", {"column": column.name})
    reference = column.reference
    if reference and _known(column.name) in frame:
        breach = f"{column.name} is not in {reference.dataset}.{reference.column}"
        arguments = {"column": _known(column.name), "value_set": [True]}
        yield Expected(Term(breach, reference.severity), "ExpectColumnValuesToBeInSet", arguments)


def _of_rule(rule: Rule) -> Iterator[Expected]:
    term = Term(rule.reason, rule.severity)
    column: dict[str, Any] = {"column": rule.column}
    if rule.required:
        yield Expected(term, "ExpectColumnValuesToNotBeNull", column)
    if rule.allowed is not None:
        arguments = {**column, "value_set": sorted(rule.allowed)}
        yield Expected(term, "ExpectColumnValuesToBeInSet", arguments)
    if (rule.minimum, rule.maximum) != (None, None):
        arguments = {**column, "min_value": rule.minimum, "max_value": rule.maximum}
        yield Expected(term, "ExpectColumnValuesToBeBetween", arguments)


def _of_key(contract: Contract) -> Expected:
    term = Term(f"several rows have the same {' and '.join(contract.key)}", contract.key_severity)
    if len(contract.key) == 1:
        return Expected(term, "ExpectColumnValuesToBeUnique", {"column": contract.key[0]})
    return Expected(
        term,
        "ExpectCompoundColumnsToBeUnique",
        {"column_list": list(contract.key), "ignore_row_if": "any_value_is_missing"},
    )


def _of_age(contract: Contract, frame: pd.DataFrame, given: Given) -> Iterator[Expected]:
    """Neither too old nor from the future: then the clocks disagree."""
    fresh = contract.freshness
    if fresh is None:
        return
    column = fresh.column or _READ_AT
    if column in frame and frame[column].notna().any():
        first, last = given.now - fresh.within, given.now + fresh.within
        yield Expected(
            Term(fresh.reason, fresh.severity),
            "ExpectColumnMaxToBeBetween",
            {"column": column, "min_value": pd.Timestamp(first), "max_value": pd.Timestamp(last)},
        )


def _validate(frame: pd.DataFrame, expected: Sequence[Expected]) -> list[Any]:
    """The result of each expectation, in their order."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # it would report its use to its maker
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    batch = source.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    suite = gx.ExpectationSuite(
        "contract",
        expectations=[
            getattr(gx.expectations, each.expectation)(**each.arguments, meta={"number": number})
            for number, each in enumerate(expected)
        ],
    )
    told = {"result_format": "COMPLETE", "return_unexpected_index_query": False}
    results = batch.validate(suite, result_format=told).results
    return sorted(results, key=lambda result: int(result.expectation_config.meta["number"]))


def _verdict(term: Term, result: Any) -> Verdict:
    """An expectation that could not be evaluated is not met (``success`` is false then)."""
    rows = result.result.get("unexpected_index_list") or []
    return Verdict(term, bool(result.success), tuple(int(row) for row in rows))
