"""The app extensions are complete before Shopify sees them: settings, texts, sizes."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import inventory_sync

EXTENSIONS = Path(inventory_sync.__file__).parent / "shopify/extensions"
BLOCK = EXTENSIONS / "availability-block"
CHECKOUT = EXTENSIONS / "checkout-availability"
LIQUID = (BLOCK / "blocks/availability.liquid").read_text("utf-8")
ASSETS = {path.name: path.read_text("utf-8") for path in sorted((BLOCK / "assets").iterdir())}
CHECKOUT_SCRIPT = (CHECKOUT / "src/Checkout.js").read_text("utf-8")
SCHEMA = json.loads(LIQUID.split("{% schema %}")[1].split("{% endschema %}")[0])
NAMESPACE, KEY = "$app:inventory_sync", "availability"
LANGUAGES = {"en", "de", "fr"}
# https://shopify.dev/docs/apps/build/online-store/theme-app-extensions/configuration
MOST_LOCALE_BYTES = 15_000
MOST_LIQUID_BYTES = 100_000
MOST_SCRIPT_BYTES = 10_000  # Shopify means compressed; ours fit as they are
MOST_BLOCK_NAME_CHARACTERS = 25


def texts(tree: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from texts(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def locales(folder: Path, *, schema: bool = False) -> dict[str, dict[str, str]]:
    """The texts of each language by dotted key."""
    files = [path for path in folder.glob("locales/*.json") if (".schema." in path.name) == schema]
    return {path.name.split(".")[0]: dict(texts(json.loads(path.read_text()))) for path in files}


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{\{\s*(\w+)\s*\}\}", text))


@pytest.mark.parametrize(
    ("folder", "schema"), [(BLOCK, False), (BLOCK, True), (CHECKOUT, False)], ids=str
)
def test_every_language_says_everything_with_the_same_placeholders(
    folder: Path, schema: bool
) -> None:
    found = locales(folder, schema=schema)
    assert set(found) == LANGUAGES
    shapes = [
        {key: placeholders(text) for key, text in language.items()} for language in found.values()
    ]
    assert shapes[0] == shapes[1] == shapes[2]
    assert all(text.strip() for language in found.values() for text in language.values())


@pytest.mark.parametrize("folder", [BLOCK, CHECKOUT], ids=lambda folder: folder.name)
def test_each_folder_of_locales_has_one_default(folder: Path) -> None:
    assert [path.name for path in folder.glob("locales/*.default.json")] == ["en.default.json"]


def test_each_text_of_the_block_is_used_and_each_used_one_exists() -> None:
    assert set(re.findall(r"'(availability\.\w+)' \| t\b", LIQUID)) == set(locales(BLOCK)["en"])


def test_each_text_of_the_settings_is_used_and_each_used_one_exists() -> None:
    used = re.findall(r"t:([\w.]+)", json.dumps(SCHEMA))
    assert sorted(used) == sorted(locales(BLOCK, schema=True)["en"])


def test_the_sentences_say_the_texts_that_both_surfaces_have() -> None:
    said = {f"availability.{key}" for key in re.findall(r'say\("(\w+)"', ASSETS["sentences.js"])}
    assert said == set(locales(CHECKOUT)["en"])
    assert said | {"availability.heading"} == set(locales(BLOCK)["en"])
    handed_on = re.search(r"data-texts>(.*?)</script>", LIQUID, re.DOTALL)
    assert (
        handed_on
        and {f"availability.{key}" for key in re.findall(r'"(\w+)":', handed_on[1])} == said
    )


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_block_and_checkout_use_the_same_words(language: str) -> None:
    block, checkout = locales(BLOCK)[language], locales(CHECKOUT)[language]
    assert {key: re.sub(r"\{\{ (\w+) \}\}", r"{{\1}}", block[key]) for key in checkout} == checkout


def test_the_checkout_imports_the_lookup_of_the_block_instead_of_having_its_own() -> None:
    imported = re.findall(r'from "(\.[^"]+)"', CHECKOUT_SCRIPT)
    files = {(CHECKOUT / "src" / path).resolve() for path in imported}
    assert files == {BLOCK / "assets/profile.js", BLOCK / "assets/sentences.js"}


def test_both_read_the_metafield_of_this_name() -> None:
    assert f"metafields['{NAMESPACE}'].{KEY}.value" in LIQUID
    assert f'NAMESPACE = "{NAMESPACE}"' in CHECKOUT_SCRIPT
    assert f'KEY = "{KEY}"' in CHECKOUT_SCRIPT
    (target,) = _checkout_extension()["targeting"]
    assert target["metafields"] == [{"namespace": NAMESPACE, "key": KEY}]


def test_the_configuration_names_files_that_exist() -> None:
    (target,) = _checkout_extension()["targeting"]
    assert (CHECKOUT / target["module"]).is_file()
    assert SCHEMA["stylesheet"] in ASSETS
    assert set(re.findall(r"'([\w.]+)' \| asset_url", LIQUID)) <= set(ASSETS)
    assert _toml(BLOCK)["type"] == "theme"


def test_the_checkout_targets_the_api_version_of_its_package() -> None:
    package = json.loads((CHECKOUT / "package.json").read_text())
    year, month = _toml(CHECKOUT)["api_version"].split("-")
    assert package["dependencies"]["@shopify/ui-extensions"] == f"{year}.{int(month)}.x"


def test_the_settings_that_the_markup_asks_for_are_those_of_the_schema() -> None:
    asked = set(re.findall(r"block\.settings\.(\w+)", LIQUID))
    assert asked == {setting["id"] for setting in SCHEMA["settings"]}
    (field,) = _checkout_extension()["settings"]["fields"]
    assert re.findall(r"shopify\.settings\.value\.(\w+)", CHECKOUT_SCRIPT) == [field["key"]]


def test_nothing_is_larger_than_shopify_takes() -> None:
    assert len(LIQUID.encode()) < MOST_LIQUID_BYTES
    assert sum(len(text.encode()) for name, text in ASSETS.items() if name.endswith(".js")) < (
        MOST_SCRIPT_BYTES
    )
    files = [*BLOCK.glob("locales/*.json"), *CHECKOUT.glob("locales/*.json")]
    assert max(path.stat().st_size for path in files) < MOST_LOCALE_BYTES
    names = [language["block.name"] for language in locales(BLOCK, schema=True).values()]
    assert max(map(len, names)) < MOST_BLOCK_NAME_CHARACTERS


def test_no_script_makes_markup_of_a_text() -> None:
    scripts = "".join([*ASSETS.values(), CHECKOUT_SCRIPT])
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", scripts)


def _toml(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "shopify.extension.toml").read_text("utf-8"))


def _checkout_extension() -> dict[str, Any]:
    (extension,) = _toml(CHECKOUT)["extensions"]
    assert extension["type"] == "ui_extension"
    found: dict[str, Any] = extension
    return found
