"""The night as a job, and when it starts by itself."""

from datetime import timedelta

import dagster as dg
from dagster._utils.schedules import is_valid_cron_schedule

from handoff.errors import HandoffError
from handoff.settings import load_settings
from orchestration.landing import landing_state

nightly = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all() - dg.AssetSelection.key_prefixes("scoring_review"),
    description="Extracts in, gate, models, marts out, review pages.",
    executor_def=dg.in_process_executor,
    tags={"dagster/concurrency_key": "warehouse"},
)

if not is_valid_cron_schedule(load_settings().schedule):
    raise HandoffError(
        "The setting HANDOFF_SCHEDULE is no cron expression.",
        where="the environment or .env",
        why=f"it is {load_settings().schedule!r}",
        remedy='Write minute, hour, day, month and weekday, such as "0 2 * * *", or unset it',
    )

nightly_schedule = dg.ScheduleDefinition(
    name="nightly",
    job=nightly,
    cron_schedule=load_settings().schedule,
    execution_timezone=load_settings().schedule_timezone,
    description="The night, at the hour and in the time zone of HANDOFF_SCHEDULE and HANDOFF_SCHEDULE_TIMEZONE.",
)


@dg.sensor(
    job=nightly,
    minimum_interval_seconds=60,
    description="Starts a night when files came or changed in the landing zone and have not been touched for a minute.",
)
def new_files(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Compares names, sizes and times of the files with those at the last start."""
    state = landing_state(load_settings().landing_zone, settle=timedelta(minutes=1))
    if state is None:
        return dg.SkipReason("No files, or files still being written.")
    if state == context.cursor:
        return dg.SkipReason("Nothing new since the last start.")
    context.update_cursor(state)
    return dg.RunRequest(run_key=state)
