"""The settings of the connector ``odoo``, and where they lead."""

import pytest

from inventory_sync.cli.contracts import contract_lines
from inventory_sync.domain.errors import ContractBroken
from inventory_sync.settings import Settings
from inventory_sync.wiring import Databases, erp_source
from inventory_sync_tests.erp.odoo_furniture import CLOCK, EWR_STOCK, LAMP, furniture, quant
from inventory_sync_tests.erp.odoo_server import DATABASE, KEY, USER
from inventory_sync_tests.settings.test_settings import ENVIRONMENT, MINIMAL

STORES = {
    "b2b-us": {
        "shop": "acme-b2b.myshopify.com",
        "access_token": "token",
        "webhook_secret": "secret",
        "locations": {"gid://shopify/Location/1001": ["NYC"]},
    }
}


def test_the_settings_lead_to_the_connector_and_to_one_company(serve, tmp_path):
    data = furniture()
    server = serve(data)
    erp = {
        "connector": "odoo", "url": f"{server.origin}/{DATABASE}", "user": USER, "api_key": KEY,
        "company": "Furniture Inc.", "drafts": "pending", "odoo": {"quotations": {"sent": "hold"}},
    }  # fmt: skip
    settings = Settings.model_validate({"erp": erp, "stores": STORES})
    with erp_source(settings, Databases(tmp_path, None)) as source:
        kinds = source.snapshot({"RETRO-CLOCK"}).commitments.kind
    assert {"pending", "hold"} <= set(kinds)
    assert server.companies == {(1,)}
    erp["company"] = "Furniture Ltd."
    settings = Settings.model_validate({"erp": erp, "stores": STORES})
    with (
        erp_source(settings, Databases(tmp_path, None)) as source,
        pytest.raises(ContractBroken, match=r"no company Furniture Ltd.*erp\.company"),
    ):
        source.snapshot({"RETRO-CLOCK"})


def test_an_api_is_asked_for_changes_less_often_than_a_database():
    odoo = {"connector": "odoo", "url": "https://erp.example/db", "user": USER, "api_key": KEY}
    for erp, seconds in (
        (odoo, 5),
        ({**odoo, "poll_seconds": 2}, 2),
        ({"url": "postgresql://erp"}, 1),
        ({"connector": "sql", "url": "postgresql://erp", "poll_seconds": 9}, 9),
    ):
        settings = Settings.model_validate({"erp": erp, "stores": STORES})
        assert settings.erp.poll_seconds == seconds


def test_contracts_check_judges_the_events_of_the_last_day(serve, tmp_path, monkeypatch):
    data = furniture()
    data.tick(2 * 24 * 3600)
    quant(data, CLOCK, EWR_STOCK, 1.0)
    data.tick(23 * 3600)
    quant(data, LAMP, EWR_STOCK, 1.0)
    origin = serve(data).origin
    odoo = f"connector: odoo, url: '{origin}/{DATABASE}', user: {USER}, api_key: '{KEY}'"
    file = tmp_path / "inventory_sync.yaml"
    file.write_text(MINIMAL.replace("url: '${ERP_URL}'", odoo))
    for name, value in {**ENVIRONMENT, "INVENTORY_SYNC_CONFIG": str(file)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    rows = {line["dataset"]: line["rows"] for line in contract_lines()}
    assert rows["erp/events"] == 2


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("user", None, "user is needed"),
        ("write_back", True, r"write_back needs odoo\.partner_id"),
        ("odoo", {"quotations": {"sale": "hold"}}, "quotations"),
        ("odoo", {"time_zone": "Berlin"}, "is not a time zone"),
        ("schema", "public", "schema does not belong"),
    ],
)
def test_settings_that_make_no_sense_are_refused(key, value, sentence):
    erp = {"connector": "odoo", "url": "https://erp.example/db", "user": USER, "api_key": KEY}
    Settings.model_validate({"erp": erp, "stores": STORES})
    with pytest.raises(ValueError, match=sentence):
        Settings.model_validate({"erp": {**erp, key: value}, "stores": STORES})
