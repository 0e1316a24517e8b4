"""How the file is found and read: one notation, no surprises, secrets from outside and kept."""

from pathlib import Path

import pytest

from inventory_sync.settings import SettingsError, load_settings, settings_path
from inventory_sync.settings.load import SANDBOX_FILE
from inventory_sync_tests.settings.samples import (
    CANARY,
    ENVIRONMENT,
    MINIMAL,
    load,
    promise_with,
    refusal,
    store_with,
)

INVALID = {
    "a key that stands twice": (
        f"{MINIMAL}erp: {{url: other}}\n",
        "line 8, column 1: the key 'erp' stands twice",
    ),
    "a nested key that stands twice": (
        f"{MINIMAL}guard:\n  max_zeroed_share: 0.1\n  max_zeroed_share: 0.9\n",
        "line 10, column 3: the key 'max_zeroed_share' stands twice",
    ),
    "an alias": (
        f"{MINIMAL}guard: *limits\n",
        "line 8, column 8: anchors and aliases are not allowed",
    ),
    "an anchor": (
        f"{MINIMAL}guard: &limits {{}}\n",
        "line 8, column 8: anchors and aliases are not allowed",
    ),
    "a bomb of aliases": (
        "a: &a [lol, lol]\nb: &b [*a, *a]\nc: &c [*b, *b]\n",
        "line 1, column 4: anchors and aliases are not allowed",
    ),
    "an alias of itself": ("&a [*a]\n", "line 1, column 1: anchors and aliases are not allowed"),
    "a tag that makes objects": (
        f"{MINIMAL}guard: !!python/object/apply:os.system [echo]\n",
        "line 8, column 8: tags are not allowed",
    ),
    "a tag that changes a type": (
        f"{MINIMAL}guard: {{max_zeroed_share: !!float nan}}\n",
        "line 8, column 27: tags are not allowed",
    ),
    "a tab": (
        f"{MINIMAL}guard:\n\tmax_zeroed_share: 0.1\n",
        "line 9, column 1: found character '\\t' that cannot start any token",
    ),
    "a number as key": (f"{MINIMAL}1: 2\n", "line 8, column 1: a key must be text"),
    "a date as key": (f"{MINIMAL}2026-12-25: x\n", "line 8, column 1: a key must be text"),
    "a list as key": (f"{MINIMAL}? [a, b]\n: 2\n", "line 8, column 3: a key must be text"),
    "no key": (f"{MINIMAL}~: 2\n", "line 8, column 1: a key must be text"),
    "two documents": (f"{MINIMAL}---\nguard: {{}}\n", "line 8, column 1: but found another"),
    "an impossible date": (
        promise_with("holidays: [2026-02-30]"),
        "line 8, column 56: there is no such date or number",
    ),
    "an endless number": (
        f"{MINIMAL}promise: {{horizon_days: {'9' * 5000}}}\n",
        "line 8, column 25: there is no such date or number",
    ),
    "endless nesting": (f"guard: {'[' * 5000}{']' * 5000}\n", "it is nested too deeply"),
    "a control character": (f"{MINIMAL}\0", "it holds a character that YAML does not allow"),
    "text that does not end": ('erp: {url: "\n', "line 2, column 1: found unexpected end"),
}


@pytest.mark.parametrize("what", INVALID)
def test_what_is_not_plain_yaml_is_refused_at_its_line(tmp_path: Path, what: str) -> None:
    content, reason = INVALID[what]
    assert f"is not valid: {reason}" in refusal(tmp_path, content)


@pytest.mark.parametrize("content", ["", "# nothing\n", "null\n", "[erp, stores]\n", "erp\n"])
def test_a_file_without_keys_is_refused(tmp_path: Path, content: str) -> None:
    assert "must hold keys such as erp and stores" in refusal(tmp_path, content)


@pytest.mark.parametrize("content", [bytes(range(256)), MINIMAL.encode("utf-16"), b"\xff\xfe"])
def test_a_file_that_is_not_text_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content).endswith(" cannot be read: it is not UTF-8 text.")


def test_a_huge_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    said = refusal(tmp_path, MINIMAL + "#" * 1_000_000)
    assert said.endswith(" cannot be read: it is larger than 1000000 bytes.")


def test_a_file_without_end_is_not_read_whole() -> None:
    with pytest.raises(SettingsError, match="/dev/zero cannot be read: it is larger than"):
        load_settings(Path("/dev/zero"), {})


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read: Is a directory\.$"):
        load_settings(tmp_path, {})


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"There is no settings file .*gone\.yaml.* init`\.$"):
        load_settings(tmp_path / "gone.yaml", {})


def test_a_byte_order_mark_is_not_part_of_the_first_key(tmp_path: Path) -> None:
    assert load(tmp_path, b"\xef\xbb\xbf" + MINIMAL.encode()) == load(tmp_path, MINIMAL)


def test_every_missing_variable_is_named_with_its_path(tmp_path: Path) -> None:
    assert refusal(tmp_path, MINIMAL, environment={}).splitlines()[1:] == [
        "  erp.url: the environment variable ERP_URL is not set",
        "  stores.b2b-us.access_token: the environment variable B2B_US_TOKEN is not set",
        "  stores.b2b-us.webhook_secret: the environment variable B2B_US_WEBHOOK_SECRET is not set",
    ]


def test_a_reference_may_be_a_part_of_a_value_and_of_a_list(tmp_path: Path) -> None:
    content = MINIMAL.replace("[NYC, EWR]", "['${PLACE}-${NUMBER}', EWR]")
    settings = load(tmp_path, content, {**ENVIRONMENT, "PLACE": "PLANT", "NUMBER": "1"})
    assert list(settings.stores["b2b-us"].locations.values()) == [["PLANT-1", "EWR"]]


def test_a_reference_in_a_list_is_named_with_its_place(tmp_path: Path) -> None:
    said = refusal(tmp_path, MINIMAL.replace("[NYC, EWR]", "[NYC, '${GONE}']"))
    path = "stores.b2b-us.locations.gid://shopify/Location/1001.1"
    assert said.splitlines()[1:] == [f"  {path}: the environment variable GONE is not set"]


def test_what_a_variable_holds_is_not_searched_for_references(tmp_path: Path) -> None:
    settings = load(tmp_path, MINIMAL, {**ENVIRONMENT, "B2B_US_TOKEN": "${ERP_URL}"})
    assert settings.stores["b2b-us"].access_token.get_secret_value() == "${ERP_URL}"


@pytest.mark.parametrize(
    "reference",
    ["${", "${}", "${B2B_US_TOKEN", "${B2B US}", "${1}", "${file:}", '"${file:a\\0b}"'],
)
def test_a_broken_reference_is_not_taken_as_a_secret(tmp_path: Path, reference: str) -> None:
    value = reference if reference.startswith('"') else f"'{reference}'"
    said = refusal(tmp_path, MINIMAL.replace("${B2B_US_TOKEN}", value))
    reason = "a reference is written ${NAME} or ${file:PATH}"
    assert said.splitlines()[1:] == [f"  stores.b2b-us.access_token: {reason}"]


def test_a_secret_file_is_found_beside_the_settings_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "secrets").mkdir()
    elsewhere.mkdir()
    (tmp_path / "secrets" / "token").write_bytes(b"\xef\xbb\xbfshpat_from_a_file\r\n")
    monkeypatch.chdir(elsewhere)
    settings = load(tmp_path, MINIMAL.replace("${B2B_US_TOKEN}", "${file:secrets/token}"))
    assert settings.stores["b2b-us"].access_token.get_secret_value() == "shpat_from_a_file"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        (b"\xff\xfe\x00", "it is not UTF-8 text"),
        (CANARY.encode() * 100_000, "it is larger than 1000000 bytes"),
    ],
    ids=["missing", "binary", "huge"],
)
def test_an_unreadable_secret_file_is_named_with_its_path(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    said = refusal(tmp_path, MINIMAL.replace("${B2B_US_TOKEN}", "${file:token}"))
    expected = f"  stores.b2b-us.access_token: the secret file {file} cannot be read: {reason}"
    assert said.splitlines()[1:] == [expected]


@pytest.mark.parametrize("empty", ["", " ", "\n"])
@pytest.mark.parametrize("key", ["access_token", "webhook_secret"])
def test_an_empty_secret_is_refused(tmp_path: Path, key: str, empty: str) -> None:
    variable = {"access_token": "B2B_US_TOKEN", "webhook_secret": "B2B_US_WEBHOOK_SECRET"}[key]
    said = refusal(tmp_path, MINIMAL, {**ENVIRONMENT, variable: empty})
    expected = f"  stores.b2b-us.{key}: is empty; set the variable or file that it comes from"
    assert said.splitlines()[1:] == [expected]


@pytest.mark.parametrize("token", ["shpat_a b", "shpat_a\r\nX-Evil: 1", "shpat_ä", "shpat_\u2028"])
def test_a_token_must_fit_a_header(tmp_path: Path, token: str) -> None:
    said = refusal(tmp_path, MINIMAL, {**ENVIRONMENT, "B2B_US_TOKEN": token})
    assert said.splitlines()[1].startswith("  stores.b2b-us.access_token: holds a space")


def test_a_valid_file_shows_no_secret(tmp_path: Path) -> None:
    settings = load(tmp_path, f"{MINIMAL}alerts: {{webhook_url: '${{ALERTS_URL}}'}}\n")
    store = settings.stores["b2b-us"]
    shown = [repr(settings), str(settings), f"{settings.erp}", str(settings.model_dump())]
    shown += [settings.model_dump_json(), repr(store), str(store.access_token)]
    assert not [text for text in shown if CANARY in text]
    assert settings.alerts.webhook_url and store.webhook_secret
    for secret in (store.access_token, store.webhook_secret, settings.alerts.webhook_url):
        assert CANARY in secret.get_secret_value()


SECRET_IN_A_WRONG_PLACE = {
    "spoiled elsewhere": store_with("mode: life"),
    "spoiled at the root": f"{MINIMAL}surprise: '${{B2B_US_TOKEN}}'\n",
    "as shop": MINIMAL.replace("acme-b2b.myshopify.com", "${B2B_US_TOKEN}"),
    "as admin URL": store_with("admin_url: ${ALERTS_URL}?x=1"),
    "in an admin URL": store_with(f"admin_url: https://:{CANARY}@proxy.example"),
    "as API version": store_with("api_version: ${B2B_US_TOKEN}"),
    "as mode": store_with("mode: ${B2B_US_TOKEN}"),
    "as connector": MINIMAL.replace("erp: {", "erp: {connector: '${B2B_US_TOKEN}', "),
    "as policy": f"{MINIMAL}pooling: {{policy: '${{B2B_US_TOKEN}}'}}\n",
    "as number": store_with("rules: {buffer_units: '${B2B_US_TOKEN}'}"),
    "as share": store_with("rules: {share: '${B2B_US_TOKEN}'}"),
    "as mapping": MINIMAL.replace("[NYC, EWR]", "'${B2B_US_TOKEN}'"),
    "as time zone": f"{MINIMAL}promise: {{locations: {{NYC: {{time_zone: '{CANARY}'}}}}}}\n",
    "as cutoff": promise_with("cutoff: '${B2B_US_TOKEN}'"),
    "as schedule": f"{MINIMAL}schedules: {{reconcile: '${{B2B_US_TOKEN}}'}}\n",
    "as ERP URL": MINIMAL.replace("${ERP_URL}", "${B2B_US_TOKEN}"),
    "as alert address": f"{MINIMAL}alerts: {{webhook_url: '${{B2B_US_TOKEN}}'}}\n",
    "as a list": MINIMAL.replace("${B2B_US_TOKEN}", f"[{CANARY}]"),
    "as a mapping of its own": MINIMAL.replace("${B2B_US_TOKEN}", f"{{x: {CANARY}}}"),
    "in quotes without end": f'erp: {{url: "postgresql://u:{CANARY}@h/e\n',
    "with a colon": f"erp:\n  url: {CANARY}: x\n",
    "as alias": f"erp:\n  url: *{CANARY}\n",
    "as anchor": f"erp:\n  url: &{CANARY} x\n",
    "as tag": f"erp:\n  url: !{CANARY} x\n",
    "as key": f"erp:\n  ? [{CANARY}]\n  : x\n",
    "as escape": f'erp: {{url: "\\{CANARY}"}}\n',
    "after an at sign": f"erp: {{url: @{CANARY}}}\n",
    "beside a control character": f"erp: {{url: {CANARY}\x01}}\n",
    "in a broken reference": MINIMAL.replace("${B2B_US_TOKEN}", f"'${{{CANARY}'"),
}


@pytest.mark.parametrize("where", SECRET_IN_A_WRONG_PLACE)
def test_an_invalid_file_tells_no_secret(tmp_path: Path, where: str) -> None:
    """``refusal`` looks for the canary in the message and in the printed traceback."""
    assert refusal(tmp_path, SECRET_IN_A_WRONG_PLACE[where])


def test_the_variable_names_the_file_before_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inventory_sync.yaml").touch()
    named = {"INVENTORY_SYNC_CONFIG": "elsewhere/settings.yaml"}
    assert settings_path(named) == Path("elsewhere/settings.yaml")


@pytest.mark.parametrize("environment", [{}, {"INVENTORY_SYNC_CONFIG": ""}])
def test_the_file_in_this_folder_comes_before_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings_path(environment) == SANDBOX_FILE
    (tmp_path / "inventory_sync.yaml").write_text(MINIMAL)
    assert settings_path(environment) == Path("inventory_sync.yaml")
    assert "b2b-us" in load_settings(None, {**ENVIRONMENT, **environment}).stores


def test_a_named_file_that_is_missing_is_no_reason_to_use_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inventory_sync.yaml").write_text(MINIMAL)
    with pytest.raises(SettingsError, match=r"There is no settings file gone\.yaml"):
        load_settings(None, {**ENVIRONMENT, "INVENTORY_SYNC_CONFIG": "gone.yaml"})
