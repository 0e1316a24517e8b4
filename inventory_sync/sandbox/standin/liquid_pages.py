"""Liquid as Shopify renders it: an app's theme blocks, with their settings, texts and assets.

Put here the filters and the file layout that Shopify defines for theme app extensions
(https://shopify.dev/docs/apps/build/online-store/theme-app-extensions/configuration). Keep out what
is on a page: that is ``product_page.py``.
"""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from liquid import Environment, Undefined

Values = Mapping[str, Any]

_BLOCK = re.compile(r"(?P<markup>.*)\{% schema %\}(?P<schema>.*)\{% endschema %\}\s*", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True)
class Language:
    """What the ``t`` filter says: the texts of a locale, by dotted key."""

    texts: Values

    def say(self, key: str, **values: Any) -> str:
        """The text with its placeholders filled; what is filled in is escaped, as Shopify does.

        Raises ``KeyError`` for a key that the locale does not have.
        """
        text: Any = self.texts
        for part in key.split("."):
            text = text[part]
        return _PLACEHOLDER.sub(lambda found: html.escape(str(values[found[1]])), text)


@dataclass(frozen=True)
class ThemeExtension:
    """A theme app extension: its folder on disk, and the URL under which its assets are served."""

    folder: Path
    assets_url: str
    _read: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def language(self, locale: str) -> Language:
        """The texts of a locale, or those of the default one where the app does not speak it."""
        files = {path.name.split(".")[0]: path for path in self._locale_files()}
        default = next(path for path in files.values() if ".default." in path.name)
        path = files.get(locale, default)
        return Language(json.loads(path.read_text(encoding="utf-8")))

    def render(self, block: str, settings: Values, *, locale: str) -> str:
        """A block's markup. Settings that are not given have the defaults of its schema."""
        markup, schema = self._block(block)
        defaults = {each["id"]: each.get("default") for each in schema["settings"]}
        drop = {"id": block, "settings": {**defaults, **settings}, "shopify_attributes": ""}
        return render(
            markup, {"block": drop}, language=self.language(locale), assets_url=self.assets_url
        )

    def switches(self, block: str) -> set[str]:
        """The ids of the block's settings that are on or off."""
        _, schema = self._block(block)
        return {each["id"] for each in schema["settings"] if each["type"] == "checkbox"}

    def _block(self, name: str) -> tuple[str, Any]:
        found = _BLOCK.fullmatch((self.folder / f"blocks/{name}.liquid").read_text("utf-8"))
        if found is None:
            raise ValueError(f"The block {name!r} does not end with its schema.")
        return found["markup"], json.loads(found["schema"])

    def _locale_files(self) -> list[Path]:
        found = (self.folder / "locales").glob("*.json")
        return sorted(path for path in found if ".schema." not in path.name)


def render(markup: str, values: Values, *, language: Language, assets_url: str) -> str:
    """Liquid with the filters of Shopify that the sandbox needs.

    As in Shopify nothing is escaped by itself. Raises ``liquid.exceptions.LiquidError`` for markup
    that Shopify would refuse.
    """
    environment = Environment()
    environment.add_filter("t", language.say)
    environment.add_filter("asset_url", partial("{}/{}".format, assets_url))
    environment.add_filter("json", _to_json)
    return environment.from_string(markup).render(**values)


def _to_json(value: object) -> str:
    return json.dumps(None if isinstance(value, Undefined) else value, ensure_ascii=False)
