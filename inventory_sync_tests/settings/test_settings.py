"""What the settings mean: the example of the design, exact numbers, and every bound."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from inventory_sync.settings import Rules, load_settings
from inventory_sync.settings.load import SANDBOX_FILE
from inventory_sync.wiring import promise_policy
from inventory_sync_tests.settings.samples import (
    ENVIRONMENT,
    ERP,
    MINIMAL,
    STORE,
    load,
    promise_with,
    refusal,
    store_with,
)

EXAMPLE = """\
erp:
  connector: sql
  url: ${ERP_URL}
  schema: erp_contract
  poll_seconds: 1
stores:
  b2b-us:
    shop: acme-b2b.myshopify.com
    admin_url: https://acme-b2b.myshopify.com
    api_version: "2026-10"
    access_token: ${B2B_US_TOKEN}
    webhook_secret: ${B2B_US_WEBHOOK_SECRET}
    mode: dry_run
    locations:
      "gid://shopify/Location/1001": [NYC, EWR]
    rules: {buffer_units: 2, cap_units: 500, hide_below_units: 0, share: 1.0}
pooling: {policy: shared}
guard: {max_zeroed_share: 0.2, max_raised_share: 0.5, max_missing_share: 0.1}
promise: {horizon_days: 180, locations: {NYC: {time_zone: America/New_York, working_days: [mon, tue, wed, thu, fri], holidays: [], cutoff: "15:00", handling_days: 1, transit_days: {US: 3}}}}
schedules: {replenishment: "*/30 * * * *", manufacturing: "0 6,14,22 * * *", reconcile: "0 * * * *"}
alerts: {webhook_url: null}
"""  # noqa: E501 - as it stands in the documentation


def test_the_documented_example_loads_as_written(tmp_path: Path) -> None:
    settings = load(tmp_path, EXAMPLE)
    store = settings.stores["b2b-us"]
    assert settings.erp.url.get_secret_value() == ENVIRONMENT["ERP_URL"]
    assert settings.erp.schema_ == "erp_contract"
    assert store.access_token.get_secret_value() == ENVIRONMENT["B2B_US_TOKEN"]
    assert store.origin == "https://acme-b2b.myshopify.com"
    assert store.locations == {"gid://shopify/Location/1001": ["NYC", "EWR"]}
    assert store.rules == Rules(buffer_units=2, cap_units=500, share=Decimal("1.0"))
    assert settings.guard.max_zeroed_share == Decimal("0.2")
    assert settings.promise.locations["NYC"].transit_days == {"US": 3}
    assert settings.schedules.manufacturing == "0 6,14,22 * * *"
    assert settings.alerts.webhook_url is None


def test_the_sandbox_file_needs_no_environment() -> None:
    settings = load_settings(SANDBOX_FILE, {})
    assert list(settings.stores) == ["b2b-us", "b2c-us", "b2c-eu"]
    assert date(2026, 12, 25) in settings.promise.locations["PLANT-1"].holidays


def test_a_new_store_writes_nothing_and_offers_everything(tmp_path: Path) -> None:
    store = load(tmp_path, MINIMAL).stores["b2b-us"]
    assert store.mode == "dry_run"
    assert store.rules == Rules(share=Decimal(1), buffer_units=0, hide_below_units=0)
    assert store.rules.cap_units is None
    assert store.origin == "https://acme-b2b.myshopify.com"


@pytest.mark.parametrize("share", ["0.1", "0.3", "0.7", "0.999999", "1", "0", "1.0"])
def test_a_share_is_the_decimal_that_was_written(tmp_path: Path, share: str) -> None:
    settings = load(tmp_path, store_with(f"rules: {{share: {share}}}"))
    assert settings.stores["b2b-us"].rules.share == Decimal(share)


def test_settings_cannot_be_changed_afterwards(tmp_path: Path) -> None:
    store = load(tmp_path, MINIMAL).stores["b2b-us"]
    with pytest.raises(ValueError, match="frozen"):
        store.mode = "live"  # type: ignore[misc]


UNKNOWN_KEYS = {
    "surprise": f"{MINIMAL}surprise: 1\n",
    "erp.surprise": MINIMAL.replace("erp: {", "erp: {surprise: 1, "),
    "erp.schema_": MINIMAL.replace("erp: {", "erp: {schema_: other, "),
    "stores.b2b-us.surprise": store_with("surprise: 1"),
    "stores.b2b-us.rules.surprise": store_with("rules: {surprise: 1}"),
    "pooling.surprise": f"{MINIMAL}pooling: {{surprise: 1}}\n",
    "guard.surprise": f"{MINIMAL}guard: {{surprise: 1}}\n",
    "guard.<<": f"{MINIMAL}guard:\n  <<: {{max_zeroed_share: 0.9}}\n",
    "promise.surprise": f"{MINIMAL}promise: {{surprise: 1}}\n",
    "promise.locations.NYC.surprise": promise_with("surprise: 1"),
    "schedules.surprise": f"{MINIMAL}schedules: {{surprise: '* * * * *'}}\n",
    "alerts.surprise": f"{MINIMAL}alerts: {{surprise: null}}\n",
}


@pytest.mark.parametrize("path", UNKNOWN_KEYS)
def test_an_unknown_key_is_named_by_its_path(tmp_path: Path, path: str) -> None:
    said = refusal(tmp_path, UNKNOWN_KEYS[path])
    assert said.splitlines()[1:] == [f"  {path}: is not a known key"]


MISSING_KEYS = {
    "erp": f"stores:\n  b2b-us:\n{STORE}",
    "stores": ERP,
    "erp.url": f"erp: {{}}\nstores:\n  b2b-us:\n{STORE}",
    "stores.b2b-us.shop": MINIMAL.replace("    shop: acme-b2b.myshopify.com\n", ""),
    "stores.b2b-us.access_token": MINIMAL.replace("    access_token: ${B2B_US_TOKEN}\n", ""),
}


@pytest.mark.parametrize("path", MISSING_KEYS)
def test_a_missing_key_is_named_by_its_path(tmp_path: Path, path: str) -> None:
    assert f"\n  {path}: is missing" in refusal(tmp_path, MISSING_KEYS[path])


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    content = store_with("mode: life\nrules: {buffer_units: -1, share: 1.5}")
    paths = [line.split(":")[0].strip() for line in refusal(tmp_path, content).splitlines()[1:]]
    assert paths == [
        "stores.b2b-us.mode",
        "stores.b2b-us.rules.share",
        "stores.b2b-us.rules.buffer_units",
    ]


RULES = [
    ('buffer_units: "2"', "buffer_units: Input should be a valid integer"),
    ("buffer_units: 2.0", "buffer_units: Input should be a valid integer"),
    ("buffer_units: true", "buffer_units: Input should be a valid integer"),
    ("buffer_units: 012", "buffer_units: Input should be a valid integer"),
    ("buffer_units: 1_000", "buffer_units: Input should be a valid integer"),
    ("buffer_units: 0x10", "buffer_units: Input should be a valid integer"),
    ("buffer_units: null", "buffer_units: Input should be a valid integer"),
    ("buffer_units: -1", "buffer_units: Input should be greater than or equal to 0"),
    ("cap_units: -1", "cap_units: Input should be greater than or equal to 0"),
    ("hide_below_units: 1000000001", "hide_below_units: Input should be less than or equal"),
    ("share: 1.5", "share: must be between 0 and 1"),
    ("share: -0.1", "share: must be between 0 and 1"),
    ("share: 0.1234567", "share: must not have more than six decimals"),
    ("share: 0.10000000000000000001", "share: must not have more than six decimals"),
    ('share: "0.5"', "share: must be a number such as 0.8, without quotes"),
    ("share: true", "share: must be a number"),
    ("share: 5e-1", "share: must be a number"),
    ("share: .5", "share: must be a number"),
    ("share: .nan", "share: must be a number"),
    ("share: NaN", "share: must be a number"),
    ("share: .inf", "share: must be a number"),
    ("share: null", "share: must be a number"),
    ("share: [1]", "share: must be a number"),
]


@pytest.mark.parametrize(("rule", "reason"), RULES, ids=[rule for rule, _ in RULES])
def test_a_rule_of_the_wrong_type_or_size_is_refused(
    tmp_path: Path, rule: str, reason: str
) -> None:
    said = refusal(tmp_path, store_with(f"rules: {{{rule}}}"))
    assert said.splitlines()[1].startswith(f"  stores.b2b-us.rules.{reason}")


WRONG = {
    "a section that is a list": (f"{MINIMAL}guard: [1]\n", "guard: "),
    "a guard share over 1": (f"{MINIMAL}guard: {{max_raised_share: 1.01}}\n", "guard.max_raised"),
    "a poll of 0 s": (MINIMAL.replace("erp: {", "erp: {poll_seconds: 0, "), "erp.poll_seconds: "),
    "an empty schema": (MINIMAL.replace("erp: {", "erp: {schema: '', "), "erp.schema: "),
    "an unknown connector": (MINIMAL.replace("erp: {", "erp: {connector: sap, "), "erp.connector"),
    "a URL without a scheme": (f"erp: {{url: acme}}\nstores:\n  b2b-us:\n{STORE}", "erp.url: is"),
    "an unknown mode": (store_with("mode: Live"), "stores.b2b-us.mode: "),
    "a mode that YAML 1.1 calls false": (store_with("mode: off"), "stores.b2b-us.mode: "),
    "no quarterly version": (store_with('api_version: "2026-11"'), "stores.b2b-us.api_version: "),
    "a path as version": (store_with('api_version: "../2026-10"'), "stores.b2b-us.api_version: "),
    "a number as token": (MINIMAL.replace("${B2B_US_TOKEN}", "12345"), "stores.b2b-us.access_t"),
    "no store": (f"{ERP}stores: {{}}\n", "stores: must name at least one store"),
    "another policy": (f"{MINIMAL}pooling: {{policy: guess}}\n", "pooling.policy: "),
    "an unknown time zone": (
        f"{MINIMAL}promise: {{locations: {{NYC: {{time_zone: Mars/Base}}}}}}\n",
        "promise.locations.NYC.time_zone: is not a time zone",
    ),
    "a time zone that is a path": (
        f"{MINIMAL}promise: {{locations: {{NYC: {{time_zone: ../../etc/passwd}}}}}}\n",
        "promise.locations.NYC.time_zone: is not a time zone",
    ),
    "a cutoff at 25": (promise_with('cutoff: "25:00"'), "promise.locations.NYC.cutoff: "),
    "a cutoff with a line break": (promise_with(r'cutoff: "15:00\n"'), "promise.locations.NYC.cu"),
    "a cutoff without zero": (promise_with('cutoff: "9:00"'), "promise.locations.NYC.cutoff: "),
    "no working day": (promise_with("working_days: []"), "promise.locations.NYC.working_days: "),
    "an unknown day": (promise_with("working_days: [sat, caturday]"), "promise.locations.NYC.wor"),
    "a holiday in quotes": (promise_with('holidays: ["2026-12-25"]'), "promise.locations.NYC.hol"),
    "a transit of -1 days": (promise_with("transit_days: {US: -1}"), "promise.locations.NYC.tra"),
    "a horizon of 0 days": (f"{MINIMAL}promise: {{horizon_days: 0}}\n", "promise.horizon_days: "),
    "a cron of four fields": (f"{MINIMAL}schedules: {{reconcile: '0 * * *'}}\n", "schedules.rec"),
    "a cron with a line break": (
        f'{MINIMAL}schedules: {{reconcile: "0 * * * *\\n"}}\n',
        "schedules.reconcile: ",
    ),
    "a file as alert address": (
        f"{MINIMAL}alerts: {{webhook_url: 'file:///etc/passwd'}}\n",
        "alerts.webhook_url: must be",
    ),
    "an empty alert address": (f"{MINIMAL}alerts: {{webhook_url: ''}}\n", "alerts.webhook_url: "),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_value_is_refused_at_its_path(tmp_path: Path, what: str) -> None:
    content, beginning = WRONG[what]
    assert refusal(tmp_path, content).splitlines()[1].startswith(f"  {beginning}")


@pytest.mark.parametrize("policy", ["split", "adaptive"])
def test_a_pooling_policy_that_is_not_here_says_what_is(tmp_path: Path, policy: str) -> None:
    said = refusal(tmp_path, f"{MINIMAL}pooling: {{policy: {policy}}}\n")
    assert f"pooling.policy: the policy {policy} is not part of this version; use shared" in said


@pytest.mark.parametrize("method", ["stock", "projected"])
def test_stores_offer_the_stock_or_todays_projection(tmp_path: Path, method: str) -> None:
    settings = load(tmp_path, f"{MINIMAL}pooling: {{atp_method: {method}}}\n")
    assert promise_policy(settings).offered is (method == "projected")
