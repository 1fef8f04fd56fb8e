"""Sensors that tell people about runs that the UI or the schedule started; `make nightly` tells them itself."""

from datetime import UTC, datetime

import dagster as dg

from handoff.errors import HandoffError
from handoff.settings import load_settings
from handoff.warehouse import NightUnderWay
from ingestion.mapping import MappingError
from orchestration import alerts
from orchestration.run import BY_COMMAND, failed_checks, warned_after_publish
from publishing.postgres import CannotPass

SETTINGS = load_settings()
ON = SETTINGS.alert_slack_webhook_url is not None or bool(SETTINGS.alert_email)
STATUS = dg.DefaultSensorStatus.RUNNING if ON else dg.DefaultSensorStatus.STOPPED

# a run keeps of an error the name of its class
TOLD = {kind.__name__ for kind in (HandoffError, CannotPass, MappingError, NightUnderWay)}


def _started(context: dg.RunStatusSensorContext) -> datetime:
    stats = context.instance.get_run_stats(context.dagster_run.run_id)
    return datetime.fromtimestamp(stats.start_time or 0, UTC)


def _job(context: dg.RunStatusSensorContext) -> str:
    name = context.dagster_run.job_name
    return "" if name.startswith("__") else name


def _why(context: dg.RunFailureSensorContext) -> str:
    """What the steps that failed said to people. Of any other error its class: its message may hold personal data."""
    found = []
    for event in context.get_step_failure_events():
        error = event.step_failure_data.error
        while error is not None and error.cls_name not in TOLD and error.cause is not None:
            error = error.cause
        if error is not None:
            is_told = error.cls_name in TOLD
            text = error.message.split(": ", 1)[-1].strip() if is_told else error.cls_name
            found.append(f"{event.step_key}: {text}")
    return " ".join(found)


@dg.run_failure_sensor(default_status=STATUS, description="Tells people that a night or another job failed.")
def tell_of_failure(context: dg.RunFailureSensorContext) -> None:
    """What failed, since when, what to do, and the link to the run."""
    if BY_COMMAND not in context.dagster_run.tags:
        why = _why(context) or context.failure_event.message or "a step failed"
        run_id = context.dagster_run.run_id
        warned = warned_after_publish(context.instance, run_id)
        alerts.send(SETTINGS, alerts.failed(SETTINGS, run_id, _started(context), why, _job(context), warned))


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    default_status=STATUS,
    description="Tells people of checks that warn: refused files, late sources, changed columns.",
)
def tell_of_warnings(context: dg.RunStatusSensorContext) -> None:
    """Every failed check of the run with what it found."""
    if BY_COMMAND in context.dagster_run.tags:
        return
    found = failed_checks(context.instance, context.dagster_run.run_id)
    if found:
        alerts.send(
            SETTINGS, alerts.warned(SETTINGS, context.dagster_run.run_id, _started(context), found, _job(context))
        )
