"""Small pictures beside an asset: drawn as SVG, shown by the UI as an image in Markdown.

Put ways of drawing here. Keep out which figures matter: each asset says that itself.
"""

import base64
from collections.abc import Sequence
from datetime import date
from xml.sax.saxutils import escape

import dagster as dg
import numpy as np
import pandas as pd

from inventory_sync.domain.units import SCALE

WIDTH, HEIGHT = 640, 160
_LEFT, _RIGHT, _TOP, _BOTTOM = 8, 8, 22, 22


def plot(title: str, days: Sequence[date], units: Sequence[float]) -> dg.MarkdownMetadataValue:
    """What each day has, as steps, with the first and the last value written out.

    Days must rise; without any there is no picture.
    """
    if not days:
        return dg.MetadataValue.md("_none_")
    last = days[-1].toordinal() + 1
    span = last - days[0].toordinal()
    top = max(*units, 1.0)

    def x(ordinal: int) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (ordinal - days[0].toordinal()) / span, 1)

    def y(value: float) -> float:
        return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * max(value, 0.0) / top, 1)

    ends = [*(day.toordinal() for day in days[1:]), last]
    path = " ".join(
        f"L{x(day.toordinal())},{y(value)} L{x(end)},{y(value)}"
        for day, value, end in zip(days, units, ends, strict=True)
    )
    base = y(0)
    area = f"M{x(days[0].toordinal())},{base} {path} L{x(last)},{base} Z"
    texts = [
        (_LEFT, 14, "start", title),
        (WIDTH - _RIGHT, 14, "end", f"{units[0]:,.0f} to {units[-1]:,.0f}"),
        (_LEFT, HEIGHT - 6, "start", days[0].isoformat()),
        (WIDTH - _RIGHT, HEIGHT - 6, "end", days[-1].isoformat()),
    ]
    written = "".join(
        f'<text x="{at}" y="{down}" text-anchor="{anchor}" font-family="sans-serif"'
        f' font-size="12" fill="#555">{escape(text)}</text>'
        for at, down, anchor, text in texts
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<path d="{area}" fill="#bcd4f0" stroke="#2764ad"/>{written}</svg>'
    )
    data = base64.b64encode(svg.encode()).decode()
    return dg.MetadataValue.md(f"![{escape(title)}](data:image/svg+xml;base64,{data})")


def promisable_by_day(steps: pd.DataFrame) -> tuple[list[date], list[float]]:
    """The units of all SKUs and locations that can be promised, on each day that changes the sum.

    ``steps``: ``projection.PROJECTION_COLUMNS``. What is negative somewhere is nothing there.
    """
    micros = steps["atp_micros"].clip(lower=0).to_numpy(np.int64)
    starts = ~steps.duplicated(["sku", "location"]).to_numpy(bool)
    change = np.where(starts, micros, np.diff(micros, prepend=0))
    # One location's today may be a day after another's: its first step counts from its own day on.
    by_day = pd.Series(change).groupby(steps["day"].to_numpy()).sum().cumsum() / SCALE
    return [day.date() for day in pd.DatetimeIndex(by_day.index)], by_day.tolist()
