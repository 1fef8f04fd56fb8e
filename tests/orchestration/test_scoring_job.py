"""The monthly scoring job, executed as Dagster executes it: what the event log can hold, its check, its pictures."""

import shutil
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from handoff.settings import Settings

REVIEW = dg.AssetKey(["scoring_review", "challenger"])


@pytest.mark.parametrize(
    ("minimum_wins", "lost", "unlearned"),
    [
        (40, None, ""),
        (100_000, None, "The rule points apply"),
        (10, ">= 0.7", "only one of the newest 25% was won"),
        (3, "< 0.8", "none of the oldest 75% was won"),
    ],
    ids=["enough", "too few", "one to judge by", "none to learn from"],
)
def test_the_monthly_job_runs(
    built_settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    minimum_wins: int,
    lost: str | None,
    unlearned: str,
) -> None:
    from orchestration.definitions import defs

    shutil.copy(built_settings.warehouse, tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        con.execute(
            "update staging.stg_definitions__setting set value = ? where setting = 'scoring_minimum_wins'",
            [str(minimum_wins)],
        )
        if lost is not None:
            side, share = lost.split()
            con.execute(
                f"""
                update intermediate.int_lead_signal_at_handoff set is_won = false, is_qualified = false
                where scored_at {side} (
                    select quantile_disc(scored_at, {share}) from intermediate.int_lead_signal where is_mature
                )
                """
            )
            con.execute(
                """
                update intermediate.int_lead_signal_at_handoff set is_won = true
                where lead_id = (
                    select max_by(lead_id, (scored_at, lead_id)) from intermediate.int_lead_signal where is_mature
                )
                """
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
    if not unlearned:
        assert str(said["gain"].value).startswith("![gain](data:image/png;base64,")
        assert len(list((tmp_path / "scorecards").glob("card-*.csv"))) == 1
    else:
        assert unlearned in str(said["report"].value)
        assert not list(tmp_path.glob("scorecards/*.csv"))
