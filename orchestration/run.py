"""One night in this process. Not here: what the terminal says about it (`report.py`)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from handoff.errors import HandoffError
from handoff.settings import Settings

LOAD_FIGURES = ("files", "rows_read", "rows_loaded", "rows_malformed")


@dataclass(frozen=True)
class NightResult:
    """What the steps of a night said about themselves."""

    run_id: str
    build_id: str
    rows_loaded: dict[str, Counter[str]] = field(default_factory=dict)
    held_by_rule: dict[str, int] = field(default_factory=dict)
    row_counts: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def nightly(settings: Settings) -> NightResult:
    """Executes the job `nightly` against the persistent instance.

    Raises:
        HandoffError: the night failed; what readers see is unchanged.
    """
    from orchestration.definitions import defs

    try:
        job = defs().resolve_job_def("nightly")
        with dg.DagsterInstance.get() as instance:
            result = job.execute_in_process(
                instance=instance,
                raise_on_error=True,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
    except Exception as error:
        if found := _handoff_error(error):
            raise found from error
        raise
    return _summary(result)


def _summary(result: dg.ExecuteInProcessResult) -> NightResult:
    said: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for event in result.get_asset_materialization_events():
        materialization = event.step_materialization_data.materialization
        said[tuple(materialization.asset_key.path)] = {
            name: value.value for name, value in materialization.metadata.items()
        }
    loaded = {
        path[1]: Counter({name: said[path][name] for name in LOAD_FIGURES})
        for path in said
        if path[0] == "raw" and said[path]["new_files"]
    }
    publish = said[("publish", "marts")]
    failed = [check for check in result.get_asset_check_evaluations() if not check.passed]
    refused = [check.metadata["refused"].value for check in failed if check.check_name == "files_are_readable"]
    return NightResult(
        result.run_id,
        publish["build_id"],
        loaded,
        dict(said[("quality", "quarantine")]["held_by_rule"]),
        dict(publish["rows"]),
        dict(refused[0]) if refused else {},
        [f"{check.asset_key.to_user_string()}: {check.check_name}" for check in failed],
    )


def _handoff_error(error: BaseException) -> HandoffError | None:
    """The error for people inside what Dagster wraps around it."""
    current: BaseException | None = error
    while current is not None and not isinstance(current, HandoffError):
        current = current.__cause__ or current.__context__
    return current
