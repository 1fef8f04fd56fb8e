"""What is said when a night fails or warns, and how it is sent: Slack webhook, e-mail, both or neither.

Off until a setting names a receiver. A message says what, since when and what to do, and links the run. No personal
data: checks carry ids and file names, never addresses. Not here: when to send (`defs/alerting.py`, `run.py`).
"""

import html
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from handoff.errors import HandoffError
from handoff.messages import printable, said, send_mail, send_slack
from handoff.settings import AlertSettings

REMEDIES = {
    "files_are_readable": "Ask the source for the file again; one still being written is read by the next night.",
    "deliveries_are_on_time": "Ask the source why nothing came; the marts are as fresh as its last delivery.",
    "snapshots_are_whole": "See quality.malformed_row and mend the mapping or the file; until then nothing is deleted.",
    "shape_is_as_before": "Compare the columns with the mapping; tell the source's owner if one is missing.",
    "every_value_is_mapped": "See core.unmapped_value: name each value in the definitions, or mend it at the source.",
    "population_is_stable": "See the review of the card: when the leads have changed for good, learn a new one.",
    "pages_are_sent": "Mend the mail server's or the webhook's setting; the next night sends what is still due.",
}

# what Dagster's dbt library writes beside the finding, which is `dagster_dbt/failed_row_count`
FOR_DBT = {"Execution Duration", "invocation_id", "status", "unique_id"}


NIGHT, PICKED = "nightly", "a run of picked assets"
LOG = logging.getLogger("handoff.alerts")


@dataclass(frozen=True)
class Alert:
    subject: str
    text: str


def failed(
    settings: AlertSettings,
    run_id: str,
    since: datetime,
    why: str,
    job: str = NIGHT,
    warned: Mapping[str, Mapping[str, Any]] | None = None,
) -> Alert:
    """A night that failed: readers keep yesterday's build. `run_id` is empty where it failed before there was a run.

    Another `job` is named; `""` is a run of assets that somebody picked. `warned` is None unless it failed after its
    publish: then readers of the file have its build, and what its checks found is told now, for no later night does.
    """
    is_night = job == NIGHT
    marts = "yesterday's marts stay up" if warned is None else "after it had published: the file has the new marts"
    what = f"the night failed, {marts}" if is_night else f"{job or PICKED} failed"
    again = "run `make nightly`" if is_night else "start it again in the UI"
    lines = [
        f"What: {printable(why)}",
        f"Since: {since:%Y-%m-%d %H:%M} UTC",
        f"What to do: mend what is named, then {again}",
        *_warnings(warned or {}),
        f"Run: {settings.dagster_url}/runs/{run_id}".removesuffix("/"),
    ]
    return Alert(f"Handoff: {what}", "\n".join(lines))


def warned(
    settings: AlertSettings, run_id: str, since: datetime, checks: Mapping[str, Mapping[str, Any]], job: str = NIGHT
) -> Alert:
    """A night that was published although checks warn; another `job` is named as in `failed`."""
    lines = _warnings(checks)
    return Alert(
        f"Handoff: {'published' if job == NIGHT else f'{job or PICKED} ended'}, "
        f"with {len(lines)} warning{'s' if len(lines) > 1 else ''}",
        "\n".join([*lines, f"Since: {since:%Y-%m-%d %H:%M} UTC", f"Run: {settings.dagster_url}/runs/{run_id}"]),
    )


def _warnings(checks: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [
        f"- {name}: {findings(found)}\n  What to do: {REMEDIES.get(name, 'Look at the check in the UI.')}"
        for name, found in checks.items()
    ]


def findings(found: Mapping[str, Any]) -> str:
    """What a check that warns found, as one line."""
    told = {key.rpartition("/")[2]: value for key, value in found.items() if value and key not in FOR_DBT}
    return printable("; ".join(f"{key}: {_plain(value)}" for key, value in told.items()))


def _plain(value: Any) -> str:
    """A finding as one writes it: files, each with its reason, which may begin with the file."""
    if isinstance(value, Mapping):
        return "; ".join(str(text) if str(text).startswith(key) else f"{key}: {text}" for key, text in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def send(settings: AlertSettings, alert: Alert) -> list[str]:
    """Sends to every receiver that is set and returns those reached; one that cannot be reached is logged."""
    reached = []
    webhook, smtp = settings.alert_slack_webhook_url, settings.smtp_url
    if webhook is not None and _to_slack(webhook.get_secret_value(), alert):
        reached.append("slack")
    if settings.alert_email and smtp is not None and _to_email(settings, smtp.get_secret_value(), alert):
        reached.append("email")
    return reached


def _to_slack(webhook: str, alert: Alert) -> bool:
    try:
        # a name is a name, not a mention of everybody nor a link
        send_slack(webhook, html.escape(f"*{alert.subject}*\n{alert.text}", quote=False))
    except HandoffError as error:
        LOG.warning("An alert was not sent to Slack: %s", error)
        return False
    return True


def _to_email(settings: AlertSettings, smtp_url: str, alert: Alert) -> bool:
    message = EmailMessage()
    message["Subject"] = alert.subject
    message["To"] = settings.alert_email
    message.set_content(alert.text)
    try:
        refused = send_mail(smtp_url, message)
    except (OSError, HandoffError) as error:
        LOG.warning("An alert was not sent by e-mail: %s", said(error))
        return False
    if refused:
        LOG.warning("An alert did not reach %d of the addresses: the mail server refuses them", refused)
    return True
