"""What is said when a night fails or warns, and how it is sent: Slack webhook, e-mail, both or neither.

Off until a setting names a receiver. A message says what, since when and what to do, and links the run. No personal
data: checks carry ids and file names, never addresses. Not here: when to send (`defs/alerting.py`, `run.py`).
"""

import smtplib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from handoff.errors import HandoffError
from handoff.messages import send_mail, send_slack
from handoff.settings import Settings

REMEDIES = {
    "files_are_readable": "Ask the source for the file again; the night went on without it.",
    "deliveries_are_on_time": "Ask the source why nothing came; the marts are as fresh as its last delivery.",
    "shape_is_as_before": "Compare the columns with the mapping; tell the source's owner if one is missing.",
    "every_value_is_mapped": "See core.unmapped_value: name each value in the definitions, or mend it at the source.",
    "pages_are_sent": "Mend the mail server's or the webhook's setting; the next night sends what is still due.",
    "batch_is_acceptable": "Have the delivery repaired, or take it as it is: .venv/bin/handoff gate accept <delivery>.",
}

# what Dagster's dbt library writes beside the finding, which is `dagster_dbt/failed_row_count`
FOR_DBT = {"Execution Duration", "invocation_id", "status", "unique_id"}


@dataclass(frozen=True)
class Alert:
    subject: str
    text: str


def failed(settings: Settings, run_id: str, since: datetime, why: str) -> Alert:
    """A night that failed: readers keep yesterday's build. `run_id` is empty where it failed before there was a run."""
    return Alert(
        "Handoff: the night failed, yesterday's marts stay up",
        f"What: {why}\nSince: {since:%Y-%m-%d %H:%M} UTC\nWhat to do: mend what is named, then run `make nightly`\n"
        f"Run: {settings.dagster_url}/runs/{run_id}".removesuffix("/"),
    )


def warned(settings: Settings, run_id: str, since: datetime, checks: Mapping[str, Mapping[str, Any]]) -> Alert:
    """A night that was published although checks warn."""
    lines = [
        f"- {name}: {_findings(found)}\n  What to do: {REMEDIES.get(name, 'Look at the check in the UI.')}"
        for name, found in checks.items()
    ]
    return Alert(
        f"Handoff: published, with {len(lines)} warning{'s' if len(lines) > 1 else ''}",
        "\n".join([*lines, f"Since: {since:%Y-%m-%d %H:%M} UTC", f"Run: {settings.dagster_url}/runs/{run_id}"]),
    )


def _findings(found: Mapping[str, Any]) -> str:
    told = {key.rpartition("/")[2]: value for key, value in found.items() if value and key not in FOR_DBT}
    return "; ".join(f"{key}: {_plain(value)}" for key, value in told.items())


def _plain(value: Any) -> str:
    """A finding as one writes it: files, each with its reason, which may begin with the file."""
    if isinstance(value, Mapping):
        return "; ".join(str(text) if str(text).startswith(key) else f"{key}: {text}" for key, text in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def send(settings: Settings, alert: Alert) -> list[str]:
    """Sends to every receiver that is set; returns those reached. A receiver that cannot be reached stops nothing."""
    reached = []
    webhook, smtp = settings.alert_slack_webhook_url, settings.smtp_url
    if webhook is not None and _to_slack(webhook.get_secret_value(), alert):
        reached.append("slack")
    if settings.alert_email and smtp is not None and _to_email(settings, smtp.get_secret_value(), alert):
        reached.append("email")
    return reached


def _to_slack(webhook: str, alert: Alert) -> bool:
    try:
        send_slack(webhook, f"*{alert.subject}*\n{alert.text}")
    except HandoffError:
        return False
    return True


def _to_email(settings: Settings, smtp_url: str, alert: Alert) -> bool:
    message = EmailMessage()
    message["Subject"] = alert.subject
    message["To"] = settings.alert_email
    message.set_content(alert.text)
    try:
        send_mail(smtp_url, message)
    except (OSError, smtplib.SMTPException, HandoffError):
        return False
    return True
