"""The monthly review on leads made up for it, without a night: what it says when it learns, and when it does not."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from handoff.settings import Settings
from scoring import monthly
from scoring.signals import SIGNALS


def warehouse(outcome: str | None, attributes: tuple[str, ...] = ("{}",)) -> duckdb.DuckDBPyConnection:
    """2,000 leads whose visits drive one outcome, or none."""
    rng = np.random.default_rng(4)
    leads = pd.DataFrame({signal.name: np.nan if signal.kind == "number" else None for signal in SIGNALS}, range(2_000))
    leads["country"] = leads["country"].astype("string")
    leads["sessions_30d"] = rng.poisson(2, 2_000).astype(float)
    happened = rng.random(2_000) < (0.1 + 0.15 * leads.sessions_30d.clip(0, 3) if outcome else 0.3)
    leads = leads.assign(
        lead_id=[f"crm:{number:04}" for number in range(2_000)],
        scored_at=pd.date_range("2025-01-01", periods=2_000, freq="h"),
        is_mature=True,
        is_won=happened if outcome != "is_qualified" else False,
        is_qualified=happened,
        attributes=[attributes[number % len(attributes)] for number in range(2_000)],
    )
    con = duckdb.connect()
    for schema in ("intermediate", "staging", "control", "scoring"):
        con.execute(f"create schema {schema}")
    con.register("leads", leads)
    con.execute(
        """
        create table intermediate.int_lead_signal as from leads;
        create table intermediate.int_lead_score_version (lead_id varchar, method varchar, score integer);
        create table scoring.scorecard_version (version varchar, status varchar);
        create table control.run as select timestamp '2026-06-01' as as_of;
        create table staging.stg_definitions__setting as
        select *, timestamp '2024-01-01' as effective_from, timestamp '9999-12-31' as effective_to
        from (values ('scoring_horizon_days', '180'), ('scoring_minimum_wins', '150')) as agreed (setting, value)
        """
    )
    return con


@pytest.mark.parametrize(
    ("outcome", "named"), [("is_won", "wins"), ("is_qualified", "qualified_opportunities")], ids=["wins", "qualified"]
)
def test_figures_go_by_the_outcome_that_was_learned(tmp_path: Path, outcome: str, named: str) -> None:
    report = monthly.review(Settings(_env_file=None, home=tmp_path), warehouse(outcome))
    heads = [line for line in report.markdown.splitlines() if line.startswith(("| score_band", "| threshold"))]
    assert heads == [
        f"| score_band | leads | {named} | expected_rate | rate | lift | gain |",
        "| threshold | leads_per_month | opportunities_per_month | rejections_per_month "
        f"| {named}_per_month | precision | share_of_{named} |",
    ]
    said = (tmp_path / "scoring" / report.version / "review.json").read_text()
    assert ("share of wins" in said, "share of qualified opportunities" in said) == (
        outcome == "is_won",
        outcome == "is_qualified",
    )
    assert "share won" not in said


def test_where_no_signal_tells_wins_from_losses_the_report_says_so(tmp_path: Path) -> None:
    report = monthly.review(Settings(_env_file=None, home=tmp_path), warehouse(None))
    assert "no signal tells those won from the others. The rule points apply." in report.markdown
    assert report.card_path is None
    assert list(tmp_path.glob("scoring/*/review.json"))


def test_kept_columns_may_differ_in_case_alone() -> None:
    con = warehouse("is_won", ('{"Tier": "Gold", "attribute:tier": "x"}', '{"tier": "3"}'))
    frame, names = monthly._leads(con)
    assert names == ["attribute:Tier", "attribute:attribute:tier", "attribute:tier"]
    assert frame["attribute:Tier"].dropna().unique().tolist() == ["Gold"]
    assert frame["attribute:tier"].dropna().unique().tolist() == [3.0]
