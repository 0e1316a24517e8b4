"""The sensor that tells people: a check turned red, or green again.

Put here when somebody is told of a check, and in which words. Keep out what a check judges. The
text is Slack's ``{"text": ...}``, which other chat tools take as well. The URL is a secret: it
stands in no log, cursor or error.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import dagster as dg
import httpx

from inventory_sync.defs.resources import InventorySync

INTERVAL_SECONDS: Final = 30
_TIMEOUT_SECONDS: Final = 10
_TRIES: Final = 3
_SHOWN: Final = 20

# Its INFO lines tell every URL.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Light:
    """What a check said last: whether people should know, and in which words."""

    red: bool
    told: str


@dataclass(frozen=True, slots=True)
class News:
    """What people have to be told now, and which checks they know to be red afterwards.

    ``known``: check -> what was told when it turned red. A check that stays red is not told again.
    """

    lines: tuple[str, ...]
    known: Mapping[str, str]


def news(lights: Mapping[str, Light], known: Mapping[str, str]) -> News:
    """Compare what checks say with what people know. A check that says nothing is as before."""
    after = dict(known)
    lines = []
    for check, light in sorted(lights.items()):
        if light.red and check not in known:
            lines.append(f":red_circle: {check}: {light.told}")
            after[check] = light.told
        elif not light.red and check in known:
            lines.append(f":large_green_circle: {check} is good again: {light.told}")
            del after[check]
    return News(tuple(lines), after)


def lights_of(instance: dg.DagsterInstance, keys: Sequence[dg.AssetCheckKey]) -> dict[str, Light]:
    """What each check said last. Only failures of severity ERROR are red: warnings are in the UI.

    A check whose run is under way, or ended without it, says nothing.
    """
    found: dict[str, Light] = {}
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    for key, record in records.items():
        evaluation = record.evaluation
        if isinstance(evaluation, dg.AssetCheckEvaluation):
            grave = evaluation.severity == dg.AssetCheckSeverity.ERROR
            told = evaluation.description or ("good" if evaluation.passed else "failed")
            name = f"{key.name} in {key.asset_key.to_user_string()}"
            found[name] = Light(grave and not evaluation.passed, told)
    return found


class NotDelivered(Exception):
    """Nobody was told; the reason does not hold the URL."""


def post(url: str, lines: Sequence[str], client: httpx.Client) -> None:
    """Post one message; tries again what may pass by itself. Raises ``NotDelivered``."""
    shown = [*lines[:_SHOWN], *([f"... and {len(lines) - _SHOWN} more"] * (len(lines) > _SHOWN))]
    why = ""
    for _ in range(_TRIES):
        try:
            answer = client.post(url, json={"text": "\n".join(shown)})
        except httpx.HTTPError as error:
            why = type(error).__name__
            continue
        if answer.is_success:
            return
        why = f"it answered {answer.status_code}"
        if answer.status_code < 500 and answer.status_code != 429:
            break
    raise NotDelivered(f"alerts.webhook_url did not take the alert: {why}")


def alert_sensor(keys: Sequence[dg.AssetCheckKey]) -> dg.SensorDefinition:
    """The sensor ``check_alerts`` over these checks."""

    @dg.sensor(
        name="check_alerts",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Posts to alerts.webhook_url when a check of severity ERROR fails, once, and "
        "when it is good again. What could not be delivered is tried again by the next tick.",
    )
    def check_alerts(
        context: dg.SensorEvaluationContext, inventory_sync: InventorySync
    ) -> dg.SensorResult | dg.SkipReason:
        url = inventory_sync.settings().alerts.webhook_url
        if url is None:
            return dg.SkipReason("alerts.webhook_url is not set: failed checks are in the UI alone")
        known: dict[str, str] = json.loads(context.cursor or "{}")
        found = news(lights_of(context.instance, keys), known)
        if not found.lines:
            return dg.SkipReason(f"nothing new; {len(known)} check(s) are red")
        try:
            with httpx.Client(timeout=_TIMEOUT_SECONDS) as client:
                post(url.get_secret_value(), found.lines, client)
        except NotDelivered as error:
            context.log.warning(str(error))
            return dg.SkipReason(str(error))
        return dg.SensorResult(
            skip_reason=f"told: {len(found.lines)} change(s)", cursor=json.dumps(dict(found.known))
        )

    return check_alerts
