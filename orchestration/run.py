"""One night in this process. Not here: what the terminal says about it (`report.py`)."""

import os
import uuid
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
import duckdb

from handoff.errors import HandoffError, behind, disk_trouble, is_ended, night_ended
from handoff.messages import printable
from handoff.settings import Settings
from handoff.warehouse import open_warehouse
from orchestration import alerts

BY_COMMAND = "handoff/started_by_command"
PUBLISH = dg.AssetKey(["publish", "marts"])
# what a step becomes when the process is told to stop
ENDED = (KeyboardInterrupt, dg.DagsterExecutionInterruptedError)
# what SQLite says of a file that was cut off
DAMAGED = ("file is not a database", "database disk image is malformed")
LOAD_FIGURES = ("files", "rows_read", "rows_loaded", "rows_held", "rows_malformed")
# refused files, and changes of shape, that a night names; of more it says how many
MOST_TOLD = 20
# of the load log: what no night before this one told of and published
UNTOLD = (
    "delivery_id not in (select delivery_id from control.told_delivery "
    "where run_id is distinct from (select run_id from control.run))"
)


@dataclass(frozen=True)
class NightResult:
    """What the steps of a night said about themselves."""

    run_id: str
    build_id: str
    rows_loaded: dict[str, Counter[str]] = field(default_factory=dict)
    held_by_rule: dict[str, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    row_counts: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def nightly(settings: Settings) -> NightResult:
    """Executes the job `nightly` against the persistent instance.

    Raises:
        HandoffError: the night failed or was told to stop; what readers see is unchanged, unless it had published.
    """
    # The run reads its settings itself, as it does when the UI starts it: it is told the "now" of this process.
    os.environ["HANDOFF_AS_OF"] = f"{settings.now.isoformat()}+00:00"
    from orchestration.definitions import defs

    run_id = ""
    before = _build(settings)
    warned: dict[str, dict[str, Any]] | None = None
    try:
        job = defs().resolve_job_def("nightly")
        with dg.DagsterInstance.get() as instance:
            end_orphans(instance)
            run_id = str(uuid.uuid4())
            try:
                result = job.execute_in_process(
                    instance=instance,
                    run_id=run_id,
                    raise_on_error=True,
                    tags={BY_COMMAND: "true"},
                    run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                )
            except BaseException:
                # a disk that filled up may have kept the publish's own event from Dagster
                warned = failed_checks(instance, run_id) if _build(settings) != before else None
                raise
    except (Exception, *ENDED) as error:
        found = night_ended(f"run {run_id}" if run_id else "") if is_ended(error) else None
        found = found or _handoff_error(error) or disk_trouble(error) or _damaged_record(settings, error)
        untold = [f"Refused: {file}." for file in refused(settings)] if warned is None else []
        why = " ".join([str(found or type(error).__name__), *untold])
        alerts.send(settings, alerts.failed(settings, run_id, settings.now, why, warned=warned))
        if found:
            raise found from error
        raise
    return _summary(settings, result)


def _build(settings: Settings) -> str:
    """The build that readers of the file have."""
    link = settings.publish / "current"
    return str(link.readlink()) if link.is_symlink() else ""


def warned_after_publish(instance: dg.DagsterInstance, run_id: str) -> dict[str, dict[str, Any]] | None:
    """The failed checks of a run that failed after the file was switched to its build; None where it was not."""
    events = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    has_published = any(event.dagster_event and event.dagster_event.asset_key == PUBLISH for event in events)
    return failed_checks(instance, run_id) if has_published else None


def failed_checks(instance: dg.DagsterInstance, run_id: str) -> dict[str, dict[str, Any]]:
    """Every failed check of a run with what it found."""
    events = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    evaluations = [event.dagster_event.asset_check_evaluation_data for event in events if event.dagster_event]
    return _found([check for check in evaluations if not check.passed])


def _found(checks: list[dg.AssetCheckEvaluation]) -> dict[str, dict[str, Any]]:
    return {check.check_name: {name: value.value for name, value in check.metadata.items()} for check in checks}


def end_orphans(instance: dg.DagsterInstance) -> list[str]:
    """Marks nights by command whose process was killed as failed, so that the run queue does not wait for them.

    Call it under the lock of the night: whoever holds that knows that no other night by command lives.
    """
    unfinished = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING]
    orphans = instance.get_runs(dg.RunsFilter(statuses=unfinished, tags={BY_COMMAND: "true"}))
    for run in orphans:
        instance.report_run_failed(run, "The process of this night is gone; the next night ended its record.")
    return [run.run_id for run in orphans]


def _summary(settings: Settings, result: dg.ExecuteInProcessResult) -> NightResult:
    said: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for event in result.get_asset_materialization_events():
        materialization = event.step_materialization_data.materialization
        said[tuple(materialization.asset_key.path)] = {
            name: value.value for name, value in materialization.metadata.items()
        }
    publish = said[tuple(PUBLISH.path)]
    failed = [check for check in result.get_asset_check_evaluations() if not check.passed]
    found = _found(failed)
    if failed:
        alerts.send(settings, alerts.warned(settings, result.run_id, settings.now, found))
    return NightResult(
        result.run_id,
        publish["build_id"],
        _loaded(settings),
        dict(said[("quality", "quarantine")]["held_by_rule"]),
        list(said[("quality", "quarantine")]["left_out"]),
        dict(publish["rows"]),
        refused(settings) if any(check.check_name == "files_are_readable" for check in failed) else {},
        [_warning(check.asset_key, check.check_name, found[check.check_name]) for check in failed],
    )


def _warning(asset: dg.AssetKey, check: str, found: Mapping[str, Any]) -> str:
    """A check that warns, and below it what it found; refused files have a paragraph of their own."""
    told = alerts.findings({name: value for name, value in found.items() if name != "refused"})
    return f"{asset.to_user_string()}: {check}" + (f"\n    {told}" if told else "")


def _loaded(settings: Settings) -> dict[str, Counter[str]]:
    """The figures of what was loaded, or taken in as accepted, since the night that published before, by this one or
    one that failed, as the gate left them in the load log.
    """
    with open_warehouse(settings) as con:
        rows = con.execute(
            "select source_system || '/' || object, count(*), sum(rows_read), sum(rows_loaded), sum(rows_held), "
            f"sum(rows_malformed) from quality.load_log where status in ('loaded', 'accepted') and {UNTOLD} group by 1"
        ).fetchall()
    return {table: Counter(dict(zip(LOAD_FIGURES, map(int, figures), strict=True))) for table, *figures in rows}


def refused(settings: Settings) -> dict[str, str]:
    """The files that could not be read since the night that published before, with the reasons, from the load log.

    Empty where it cannot be read.
    """
    with suppress(HandoffError, duckdb.Error), open_warehouse(settings) as con:
        return untold_refusals(con)
    return {}


def untold_refusals(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The same, from an open warehouse. Of equal files the one that came last is named, it is what people look for."""
    rows = con.execute(
        f"""
        with newest as (
            select delivery_id, first(name order by seen_at desc nulls last, name) as name
            from control.landed_file
            group by delivery_id
        )
        select
            -- of a folder that nothing describes, the name of the file is the folder's
            concat_ws(
                '/', nullif(source_system, ''), nullif(object, ''), nullif(coalesce(newest.name, source_file), object)
            ) as file,
            case when newest.name <> source_file then file || ': the same bytes came as ' else '' end
            || coalesce(error, '')
        from quality.load_log
        left join newest using (delivery_id)
        where status = 'refused' and {UNTOLD}
        order by file
        """
    ).fetchall()
    told = {printable(file): printable(error) for file, error in rows[:MOST_TOLD]}
    if more := len(rows) - MOST_TOLD > 0 and f"{len(rows) - MOST_TOLD} more":
        told[more] = f"and {more}: select * from quality.load_log where status = 'refused'"
    return told


def untold_changes(con: duckdb.DuckDBPyConnection) -> list[str]:
    """What files since the night that published before changed in the shape of their objects."""
    rows = con.execute(f"select distinct said from control.changed_shape where {UNTOLD} order by said").fetchall()
    more = [f"and {len(rows) - MOST_TOLD} more"] if len(rows) > MOST_TOLD else []
    return [said for (said,) in rows[:MOST_TOLD]] + more


def _damaged_record(settings: Settings, error: BaseException) -> HandoffError | None:
    """Where Dagster's record of runs was cut off by a power cut or a full disk."""
    said = next((str(each) for each in behind(error) if any(words in str(each) for words in DAMAGED)), None)
    if said is None:
        return None
    return HandoffError(
        "Dagster's record of the runs cannot be read.",
        where=str(settings.home / "dagster"),
        why=said.splitlines()[0],
        remedy="Move that folder aside and run again: the history of the runs goes with it, and nothing else",
    )


def _handoff_error(error: BaseException) -> HandoffError | None:
    """The error for people inside what Dagster wraps around it."""
    return next((each for each in behind(error) if isinstance(each, HandoffError)), None)
