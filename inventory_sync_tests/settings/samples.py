"""A small valid settings file, the environment it needs, and ways to spoil one thing in it."""

import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest

from inventory_sync.settings import Settings, SettingsError, load_settings

CANARY = "canary-7f3a"
"""Part of every secret of the samples: it must never be seen outside of ``get_secret_value``."""

ENVIRONMENT = {
    "ERP_URL": f"postgresql://reader:{CANARY}-erp@erp-db/erp",
    "B2B_US_TOKEN": f"shpat_{CANARY}-token",
    "B2B_US_WEBHOOK_SECRET": f"shpss_{CANARY}-webhook",
    "ALERTS_URL": f"https://alerts.example/{CANARY}-alerts",
}

STORE = """\
    shop: acme-b2b.myshopify.com
    access_token: ${B2B_US_TOKEN}
    webhook_secret: ${B2B_US_WEBHOOK_SECRET}
    locations: {"gid://shopify/Location/1001": [NYC, EWR]}
"""
ERP = "erp: {url: '${ERP_URL}'}\n"
MINIMAL = f"{ERP}stores:\n  b2b-us:\n{STORE}"


def store_with(lines: str) -> str:
    """The minimal file with more keys in its store."""
    return MINIMAL + "".join(f"    {line}\n" for line in lines.splitlines())


def promise_with(keys: str) -> str:
    """The minimal file with a calendar of NYC that has these keys."""
    return f"{MINIMAL}promise: {{locations: {{NYC: {{time_zone: UTC, {keys}}}}}}}\n"


def load(
    folder: Path, content: str | bytes, environment: Mapping[str, str] = ENVIRONMENT
) -> Settings:
    """Load a settings file of this content."""
    path = folder / "inventory_sync.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_settings(path, environment)


def refusal(
    folder: Path, content: str | bytes, environment: Mapping[str, str] = ENVIRONMENT
) -> str:
    """What is said about a file that must be refused; it names the file and tells no secret."""
    with pytest.raises(SettingsError) as caught:
        load(folder, content, environment)
    message = str(caught.value)
    assert str(folder / "inventory_sync.yaml") in message
    # Printed with a traceback, an error brings its causes along.
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    return message
