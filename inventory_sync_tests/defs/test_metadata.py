"""What people see beside an asset leads them on, whatever a SKU is called."""

from types import SimpleNamespace

import pytest

from inventory_sync.defs.metadata import SHOWN_LINKS, explained_by

PAGES = "http://127.0.0.1:8788/explain/"


@pytest.mark.parametrize(
    ("sku", "link"),
    [
        ("OAK-TABLE", f"[OAK\\-TABLE]({PAGES}OAK-TABLE)"),
        ("OAK/TABLE 2", f"[OAK/TABLE 2]({PAGES}OAK%2FTABLE%202)"),
        ("](http://evil)", f"[\\]\\(http://evil\\)]({PAGES}%5D%28http%3A%2F%2Fevil%29)"),
        ("<b>", f"[\\<b\\>]({PAGES}%3Cb%3E)"),
    ],
)
def test_a_changed_sku_links_to_its_explanation(sku: str, link: str) -> None:
    assert explained_by(SimpleNamespace(explain_url=PAGES), [sku, sku]).value == link


def test_of_many_skus_the_first_are_linked() -> None:
    told = explained_by(SimpleNamespace(explain_url=PAGES), map("SKU{}".format, range(99))).value
    assert told.count("](") == SHOWN_LINKS


def test_without_a_page_the_command_is_named() -> None:
    told = explained_by(SimpleNamespace(explain_url=None), ["OAK-TABLE"])
    assert told.text == "inventory-sync explain SKU"
