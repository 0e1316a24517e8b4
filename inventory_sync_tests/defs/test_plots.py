"""A picture beside an asset is an image that the UI may show, and shows what the frame says."""

import base64
from datetime import date
from xml.etree import ElementTree

import pandas as pd

from inventory_sync.defs.plots import HEIGHT, WIDTH, plot, promisable_by_day

DAYS = [date(2026, 11, 23), date(2026, 12, 3), date(2026, 12, 20)]


def drawn(title="ATP", days=DAYS, units=(12.0, 40.0, 200.0)):
    value = plot(title, days, list(units)).value
    prefix = "](data:image/svg+xml;base64,"
    assert value.startswith("![") and value.endswith(")")
    return ElementTree.fromstring(base64.b64decode(value.partition(prefix)[2][:-1]))


def points(svg):
    path = next(each.attrib["d"] for each in svg.iter() if each.tag.endswith("path"))
    return [tuple(map(float, each[1:].split(","))) for each in path.split() if "," in each]


def test_more_is_drawn_higher_and_everything_within_the_picture():
    found = points(drawn())
    heights = [y for _, y in found[1:-1]]
    assert heights == sorted(heights, reverse=True)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in found)


def test_a_single_day_and_nothing_at_all_are_drawn_too():
    assert points(drawn(days=DAYS[:1], units=[0.0]))
    assert plot("ATP", [], []).value == "_none_"


def test_a_title_cannot_change_the_picture():
    texts = [each.text for each in drawn('<b>&"').iter() if each.tag.endswith("text")]
    assert texts[0] == '<b>&"'
    assert texts[2:] == ["2026-11-23", "2026-12-20"]


def test_units_of_all_locations_are_added_up_by_day():
    rows = [
        ("RETRO-CLOCK", "NYC", "2026-11-23", 5),
        ("RETRO-CLOCK", "NYC", "2026-12-01", 12),
        ("RETRO-CLOCK", "EWR", "2026-11-24", -3),
        ("RETRO-CLOCK", "EWR", "2026-12-01", 4),
        ("OAK-TABLE", "NYC", "2026-11-23", 7),
    ]
    steps = pd.DataFrame(rows, columns=["sku", "location", "day", "units"])
    steps["day"] = pd.to_datetime(steps["day"]).astype("datetime64[s]")
    steps["atp_micros"] = steps["units"] * 1_000_000
    days, units = promisable_by_day(steps)
    assert days == [date(2026, 11, 23), date(2026, 11, 24), date(2026, 12, 1)]
    assert units == [12.0, 12.0, 23.0]
