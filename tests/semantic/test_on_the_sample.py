"""The semantic layer over a published build: the same figures as `metrics.metric_month`, every metric, every month."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd
import pytest

from handoff.errors import HandoffError
from handoff.semantic import SemanticLayer, open_semantic_layer
from handoff.settings import CHECKOUT, Settings
from tests.conftest import night_environment
from tests.metrics.test_on_the_sample import Core, month, quarter, week
from tests.semantic.test_agreement import dictionary

Frame = pd.DataFrame


@pytest.fixture(scope="module")
def layer(built_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SemanticLayer]:
    # all that it takes is in the build: a night that is under way, or failed, may have other models
    home = tmp_path_factory.mktemp("home")
    (home / "publish").symlink_to(built_settings.publish)
    opened = open_semantic_layer(built_settings.model_copy(update={"home": home}))
    yield opened
    opened.close()


@pytest.mark.parametrize("metric", dictionary())
def test_metric_by_month(layer: SemanticLayer, marts: duckdb.DuckDBPyConnection, metric: str) -> None:
    asked = {
        start.date() if isinstance(start, datetime) else start: value
        for start, value in layer.query([metric], ["metric_time__month"]).rows
    }
    mart = marts.execute(
        "select month_start, value, is_additive from metrics.metric_month where metric = ?", [metric]
    ).fetchall()
    assert len(mart) >= 12
    for start, value, is_additive in mart:
        found = asked.get(start, 0.0 if is_additive else None)
        assert (None if found is None else float(found)) == pytest.approx(value), start


def share_of(frame: Frame, keys: list[str], part: str, whole: str | None = None) -> "pd.Series[Any]":
    """The share of the rows (of those where `whole` holds) in which `part` holds, by keys."""
    kept = frame if whole is None else frame[frame[whole]]
    return kept.groupby(keys, dropna=False)[part].mean()


def of_leads(core: Core) -> Frame:
    lead = core.lead.assign(month=month(core.lead.created_at), quarter=quarter(core.lead.created_at))
    lead["handed"], lead["rejected"] = lead.handed_off_at.notna(), lead.rejected_at.notna()
    lead["has_deal"], lead["recycled"] = lead.opportunity_id.notna(), lead.opportunity_at > lead.rejected_at
    return lead


def of_handoffs(core: Core) -> Frame:
    first = core.handoff[core.handoff.handoff_number == 1]
    return first.assign(week=week(first.handed_off_at))


def of_new_business(core: Core) -> Frame:
    deal = core.deal[core.deal.is_closed & core.deal.is_new_business]
    return deal.assign(quarter=quarter(deal.close_date))


def reasons(core: Core) -> "pd.Series[Any]":
    decided = core.handoff[core.handoff.decision.notna()]
    decided = decided.assign(month=month(decided.decided_at))
    rejected = (
        decided[decided.decision == "rejected"].groupby(["month", "rejection_reason"]).size().unstack(fill_value=0)
    )
    return rejected.div(decided.groupby("month").size(), axis=0).fillna(0).stack()


def completeness(core: Core) -> "pd.Series[Any]":
    record = core.delivery.assign(week=week(core.delivery.delivered_on))
    return share_of(record, ["week", "campaign_id"], "is_complete_at_first")


def spent(core: Core) -> Frame:
    return core.spend[~core.spend.is_planned]


def customer_cost(core: Core) -> "pd.Series[Any]":
    spend = spent(core).groupby(quarter(spent(core).spend_date)).cost.sum()
    customers = core.deal[core.deal.made_customer].groupby(lambda row: quarter(core.deal.close_date)[row]).size()
    return (spend / customers).dropna()


# What metrics.md names as slices and no mart has as its grain: metric, group-by, the same in pandas.
SLICES: dict[str, tuple[str, list[str], Callable[[Core], "pd.Series[Any]"]]] = {
    "handoff_to_opportunity_rate by owner": (
        "handoff_to_opportunity_rate", ["metric_time__month", "owner"],
        lambda core: share_of(of_leads(core), ["month", "owner_id"], "has_deal", "handed"),
    ),
    "customer_acquisition_rate by quarter": (
        "customer_acquisition_rate", ["metric_time__quarter", "lead__lead_source"],
        lambda core: share_of(of_leads(core), ["quarter", "lead_source"], "is_customer"),
    ),
    "recycled_conversion_rate by reason": (
        "recycled_conversion_rate", ["metric_time__quarter", "lead__rejection_reason"],
        lambda core: share_of(of_leads(core), ["quarter", "rejection_reason"], "recycled", "rejected"),
    ),
    "lead_to_opportunity_rate by channel": (
        "lead_to_opportunity_rate", ["metric_time__month", "lead__channel"],
        lambda core: share_of(of_leads(core), ["month", "channel"], "has_deal"),
    ),
    "speed_to_follow_up by team": (
        "speed_to_follow_up", ["metric_time__week", "handoff__team"],
        lambda core: of_handoffs(core).groupby(["week", "team"], dropna=False).response_hours.median(),
    ),
    "speed_to_follow_up_business_p90 by team": (
        "speed_to_follow_up_business_p90", ["metric_time__week", "handoff__team"],
        lambda core: of_handoffs(core).groupby(["week", "team"], dropna=False).response_business_hours.quantile(0.9),
    ),
    "sla_attainment by team": (
        "sla_attainment", ["metric_time__week", "handoff__team"],
        lambda core: of_handoffs(core).dropna(subset="is_within_sla").groupby(["week", "team"], dropna=False)
        .is_within_sla.agg(lambda judged: judged.astype(bool).mean()),
    ),
    "rejection rate by reason": (
        "rejection_rate_by_reason", ["metric_time__month", "rejection_slice__reason"], reasons,
    ),
    "completeness_rate by campaign": ("completeness_rate", ["metric_time__week", "campaign"], completeness),
    "pipeline_created by source": (
        "pipeline_created", ["metric_time__month", "opportunity__lead_source"],
        lambda core: core.deal[core.deal.is_qualified].assign(month=month(core.deal.created_at))
        .groupby(["month", "lead_source"], dropna=False).amount.sum(),
    ),
    "win_rate by channel": (
        "win_rate", ["metric_time__quarter", "opportunity__channel"],
        lambda core: share_of(of_new_business(core), ["quarter", "channel"], "is_won"),
    ),
    "win_rate by owner": (
        "win_rate", ["metric_time__quarter", "owner"],
        lambda core: share_of(of_new_business(core), ["quarter", "owner_id"], "is_won"),
    ),
    "sales_cycle_days by source": (
        "sales_cycle_days", ["metric_time__quarter", "opportunity__lead_source"],
        lambda core: of_new_business(core).groupby(["quarter", "lead_source"], dropna=False).cycle_days.median(),
    ),
    "spend by day and platform": (
        "spend", ["metric_time__day", "spend_slice__platform", "spend_slice__channel", "campaign"],
        lambda core: spent(core).groupby(["spend_date", "platform", "channel", "campaign_id"], dropna=False).cost.sum(),
    ),
    "cost_per_customer by quarter": ("cost_per_customer", ["metric_time__quarter"], customer_cost),
}  # fmt: skip


@pytest.fixture(scope="module")
def core(marts_of_the_module: duckdb.DuckDBPyConnection) -> Core:
    return Core(marts_of_the_module)


@pytest.fixture(scope="module")
def marts_of_the_module(built_settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(built_settings.publish / "marts.duckdb"), read_only=True) as con:
        yield con


def plain(key: Any) -> tuple[str, ...]:
    """A key as text: a day whatever the library calls it, and nothing for every kind of nothing."""
    parts = key if isinstance(key, tuple) else (key,)
    return tuple("" if pd.isna(part) else str(part)[:10] if isinstance(part, datetime) else str(part) for part in parts)


@pytest.mark.parametrize("name", SLICES)
def test_slice_equals_pandas(layer: SemanticLayer, core: Core, name: str) -> None:
    metric, group_by, compute = SLICES[name]
    table = layer.query([metric], group_by)
    names = list(table.column_names)
    order = [names.index(column) for column in [*group_by, metric]]
    asked = {plain(tuple(row[index] for index in order[:-1])): row[order[-1]] for row in table.rows}
    expected = {plain(key): value for key, value in compute(core).items()}
    assert len(expected) >= 3
    for key, value in expected.items():
        found = asked.pop(key, None)
        wanted = None if pd.isna(value) else float(value)
        assert (found if found is None else float(found)) == pytest.approx(wanted, nan_ok=True), key
    assert not {key for key, value in asked.items() if value}, "slices that pandas does not know"


@pytest.mark.parametrize(
    ("mart", "part", "column"),
    [
        ("attribution_by_channel", "attribution_slice__channel", "channel"),
        ("attribution_by_campaign", "campaign", "campaign_id"),
        ("attribution_by_content", "attribution_slice__content", "content"),
    ],
)
def test_credit_by_channel_campaign_and_content(
    layer: SemanticLayer, marts: duckdb.DuckDBPyConnection, mart: str, part: str, column: str
) -> None:
    """Each model's, by the touch's own channel, as the mart of that slice has it."""
    group_by = ["metric_time__month", "attribution_slice__model", part]
    for metric, basis in (("attributed_revenue", "revenue"), ("attributed_pipeline", "pipeline")):
        table = layer.query([metric], group_by)
        names = list(table.column_names)
        order = [names.index(name) for name in [*group_by, metric]]
        asked = {plain(tuple(row[index] for index in order[:-1])): row[order[-1]] for row in table.rows}
        expected = marts.execute(
            f"select month_start, model, {column}, credited_amount from attribution.{mart}"
            " where basis = ? and credited_amount <> 0",
            [basis],
        ).fetchall()
        assert len(expected) > 100
        assert {key: round(value, 2) for key, value in asked.items() if value} == {
            plain(row[:-1]): float(row[-1]) for row in expected
        }


def test_roas_is_that_of_the_mart_also_where_a_channel_has_no_credit(
    layer: SemanticLayer, marts: duckdb.DuckDBPyConnection
) -> None:
    table = layer.query(["roas_linear"], ["metric_time__month", "marketing_channel"])
    order = [
        list(table.column_names).index(name) for name in ("metric_time__month", "marketing_channel", "roas_linear")
    ]
    asked = {plain(tuple(row[index] for index in order[:-1])): row[order[-1]] for row in table.rows}
    expected = marts.execute(
        "select month_start, channel, roas from attribution.attribution_by_channel"
        " where basis = 'revenue' and model = 'linear' and spend > 0"
        " and month_start <= (select max(as_of_date) from metrics.scoreboard)"  # not what is planned
    ).fetchall()
    assert any(roas == 0 for *_, roas in expected)
    for *key, roas in expected:
        assert asked[plain(tuple(key))] == pytest.approx(roas), key


def test_the_command_prints_the_figures(built_settings: Settings) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "handoff.cli",
            "query",
            "leads",
            "--by",
            "metric_time__month,lead__channel",
            "--limit",
            "3",
        ],
        cwd=CHECKOUT,
        env=night_environment(built_settings.home),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.strip().splitlines()
    assert lines[0].split() == ["metric_time__month", "lead__channel", "leads"]
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"metrics": ["leeds"]}, "no metric is named leeds; near are leads"),
        ({"metrics": ["leads", "leads_1"]}, "no metric is named leads_1"),
        ({"metrics": ["leads"], "group_by": ["metric_time__mnth"]}, "does not match any of the available"),
        ({"metrics": ["leads"], "where": ["{{ Dimension('lead__channel') }} = = 'x'"]}, "lead__channel"),
        ({"saved_query": "weekly"}, "weekly_follow_up"),
    ],
)
def test_what_cannot_be_asked_is_one_paragraph(layer: SemanticLayer, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(HandoffError, match="The semantic layer cannot answer this") as refused:
        layer.query(**asked)
    assert re.search(said, str(refused.value))
    assert len(str(refused.value)) < 1200
