"""SKUs that people would call the same: they differ in case, blanks or marks that nobody sees.

Put how SKUs are compared for likeness here. Likeness never matches a SKU; it only says which one a
stranger probably means, so that it is named in a finding and its numbers are doubted.
"""

import unicodedata
from collections.abc import Collection


def misspelt(names: set[str], skus: Collection[str]) -> dict[str, str]:
    """For each name that is no SKU but looks like one: that SKU."""
    strangers = names.difference(skus)
    by_fold = {fold_sku(sku): str(sku) for sku in skus} if strangers else {}
    return {name: by_fold[fold_sku(name)] for name in strangers if fold_sku(name) in by_fold}


def fold_sku(sku: str) -> str:
    """A SKU without the differences that people overlook: case, blanks and zero-width marks."""
    plain = unicodedata.normalize("NFKC", sku).casefold()
    return "".join(plain.replace("\u200b", "").replace("\ufeff", "").split())
