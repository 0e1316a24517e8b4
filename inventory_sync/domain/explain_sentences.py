"""What an explanation says in sentences, the same in a terminal and on a page.

Put wording about a whole level here. Keep out tables and charts: each way of showing has its own.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from inventory_sync.domain.explained import LevelExplained, Published


def sentences(level: LevelExplained) -> Iterator[str]:
    """What there is to know of a level beside its steps."""
    if not level.is_live:
        yield "Dry run: nothing is written to this store."
    yield from _published(level.published, "Published")
    if level.later:
        yield from _published(level.later, "Later")
    if level.explained_units is not None:
        sold = ", ".join(f"{one.units} by {one.order}" for one in level.sold)
        since = f", for orders took units since: {sold}" if sold else ""
        yield f"It should show {level.explained_units}{since}."
    if level.observed_at:
        shown = "nothing readable" if level.observed_units is None else level.observed_units
        yield f"The store showed {shown} at {clock(level.observed_at)}."
    if level.why_not_now:
        yield f"What it would be now is not known: {level.why_not_now}"


def clock(moment: datetime | None) -> str:
    """An instant as people read it, by UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else "an unknown time"


def _published(published: Published, word: str) -> Iterator[str]:
    """Who published a number, from which figures, and what Shopify answered."""
    write, by = published.write, published.by
    if write is None:
        yield f"{word}: nothing of ours had been written by then."
    else:
        kind = f"{by.kind} pass" if by else "pass"
        run = f"Dagster run {by.dagster_run_id}" if by and by.dagster_run_id else "no Dagster run"
        how = "by the difference" if write.relative else f"from {write.expected_units}"
        version = published.code_version or "of an unknown version"
        yield (
            f"{word}: {write.quantity_units} ({how}) at {clock(write.created_at)} by {kind} "
            f"{write.pass_id} ({run}, code {version}), from the ERP's figures of "
            f"{clock(write.as_of)}; Shopify: {write.answer}."
        )
    if published.adopted:
        there = published.adopted
        yield f"Taken over as it stood: {there.quantity_units} at {clock(there.at)}."
    for each in published.attempts:
        yield f"Tried since: {each.quantity_units} at {clock(each.created_at)}; {each.answer}."
