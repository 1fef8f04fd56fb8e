"""The monthly scoring job, executed as Dagster executes it: what the event log can hold, its check, its pictures."""

import shutil
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from handoff.settings import Settings

REVIEW = dg.AssetKey(["scoring_review", "challenger"])


@pytest.mark.parametrize(("minimum_wins", "is_learned"), [(40, True), (100_000, False)], ids=["enough", "too few"])
def test_the_monthly_job_runs(
    built_settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    minimum_wins: int,
    is_learned: bool,
) -> None:
    from orchestration.definitions import defs

    shutil.copy(built_settings.warehouse, tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        con.execute(
            "update staging.stg_definitions__setting set value = ? where setting = 'scoring_minimum_wins'",
            [str(minimum_wins)],
        )
    monkeypatch.setenv("HANDOFF_HOME", str(tmp_path))
    monkeypatch.setenv("HANDOFF_AS_OF", built_settings.now.isoformat())
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs().resolve_job_def("scoring_monthly").execute_in_process(instance=instance)
        event = instance.get_latest_materialization_event(REVIEW)
    assert result.success
    assert [(check.check_name, check.passed) for check in result.get_asset_check_evaluations()] == [
        ("population_is_stable", True)
    ]
    assert event is not None
    assert event.asset_materialization is not None
    said = event.asset_materialization.metadata
    if is_learned:
        assert str(said["gain"].value).startswith("![gain](data:image/png;base64,")
        assert len(list((tmp_path / "scorecards").glob("card-*.csv"))) == 1
    else:
        assert "The rule points apply" in str(said["report"].value)
        assert not list(tmp_path.glob("scorecards/*.csv"))
