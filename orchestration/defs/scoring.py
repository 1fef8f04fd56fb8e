"""Scoring: the cards that every night applies, and the monthly review that learns a challenger."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from handoff.settings import load_settings
from orchestration.defs.publish import OWNERS
from orchestration.night import Night
from scoring import DRIFTED_PSI
from scoring.store import TABLES, load_cards, named_cards

REVIEW = dg.AssetKey(["scoring_review", "challenger"])


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            ["scoring_store", name],
            description=f"{description} From the files in `$HANDOFF_HOME/scorecards`.",
            group_name="scoring",
            owners=OWNERS,
            kinds={"duckdb"},
        )
        for name, description in TABLES.items()
    ],
    name="scorecards",
    can_subset=False,
)
def scorecards(night: Night) -> Iterator[dg.MaterializeResult[Any]]:
    """Loads the cards; SQL applies them to every lead."""
    cards = load_cards(night.settings, night.con, named=named_cards(night.definitions))
    for name in TABLES:
        yield dg.MaterializeResult(asset_key=["scoring_store", name], metadata={"cards": cards})


@dg.asset(
    key=REVIEW,
    deps=[dg.AssetKey(["intermediate", "int_lead_signal"]), dg.AssetKey(["intermediate", "int_lead_score_version"])],
    description="A challenger learned from closed-won, held against what is in force. Needs the extra `scoring`.",
    group_name="scoring",
    owners=["team:revenue-operations"],
    kinds={"python", "scikitlearn"},
    check_specs=[
        dg.AssetCheckSpec(
            "population_is_stable", asset=REVIEW, description=f"PSI against training below {DRIFTED_PSI}."
        )
    ],
)
def scoring_review(night: Night) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Learns, judges and proposes; puts nothing into force."""
    # with it comes SciPy, seconds that no night needs
    from scoring import monthly

    report = monthly.review(night.settings, night.con)
    psi = float(report.figures.get("psi", 0.0))
    yield dg.MaterializeResult(
        asset_key=REVIEW,
        metadata={
            "report": dg.MetadataValue.md(report.markdown),
            "proposed": report.is_proposed,
            "refused": report.refused,
            **report.figures,
            **{name: dg.MetadataValue.md(_picture(path)) for name, path in report.plots.items()},
        },
    )
    yield dg.AssetCheckResult(
        asset_key=REVIEW,
        check_name="population_is_stable",
        passed=psi < DRIFTED_PSI,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"psi": psi},
    )


def _picture(path: Path) -> str:
    return f"![{path.stem}](data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()})"


scoring_monthly = dg.define_asset_job(
    "scoring_monthly",
    selection=dg.AssetSelection.assets(REVIEW),
    description="The monthly threshold review: a challenger card with its report.",
    executor_def=dg.in_process_executor,
    tags={"dagster/concurrency_key": "warehouse"},
)

scoring_monthly_schedule = dg.ScheduleDefinition(
    name="scoring_monthly",
    job=scoring_monthly,
    cron_schedule="0 6 1 * *",
    execution_timezone=load_settings().schedule_timezone,
    description="On the first of the month, after the night.",
)
