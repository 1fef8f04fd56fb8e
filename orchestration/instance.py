"""Where Dagster keeps its runs: under HANDOFF_HOME, unless DAGSTER_HOME names an instance of the user's own."""

import os
from datetime import datetime
from pathlib import Path

from handoff.settings import CHECKOUT, Settings


def prepare(settings: Settings) -> Path:
    """The home of the instance, made ready; sets DAGSTER_HOME for this process and its children."""
    if given := os.environ.get("DAGSTER_HOME"):
        return Path(given)
    home = settings.home / "dagster"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    shipped, used = CHECKOUT / "dagster.yaml", home / "dagster.yaml"
    if not used.exists() or used.read_bytes() != shipped.read_bytes():
        used.write_bytes(shipped.read_bytes())
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def open_runs(settings: Settings) -> dict[str, datetime]:
    """The runs that have not ended, waiting ones too, with the moment each was created."""
    import dagster as dg

    prepare(settings)
    statuses = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
    with dg.DagsterInstance.get() as instance:
        records = instance.get_run_records(dg.RunsFilter(statuses=statuses))
    return {record.dagster_run.run_id: record.create_timestamp for record in records}
