"""The semantic layer and the marts give the same figure, for every metric and on the marts' own slices.

One process, one MetricFlow engine, on the company worked by hand in `tests/metrics`.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import pytest

from handoff.semantic import SemanticLayer
from handoff.settings import DBT_PROJECT
from tests.metrics.marts import Warehouse, compiled
from tests.metrics.test_marts_by_hand import fill

Pair = tuple[Warehouse, SemanticLayer]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("semantic")
    warehouse = Warehouse(folder, as_of="2025-07-15 12:00")
    fill(warehouse)
    warehouse.add(
        "attribution.attribution_slice", month_start="2025-01-01", basis="revenue", model="linear", channel="paid",
        campaign_id="c1", content="ad", credited_amount=240,
    )  # fmt: skip
    # of the quarter under way: a customer, costs, and what is planned for a month to come
    warehouse.add(
        "core.fct_opportunity", opportunity_id="O7", account_id="A7", lead_source="Web", channel="paid", amount=600,
        campaign_id="c1", created_at="2025-07-01", qualified_at="2025-07-01", closed_at="2025-07-10 12:00",
        close_date="2025-07-10", cycle_days=9, is_new_business=True, is_qualified=True, is_closed=True, is_won=True,
        is_customer_acquired=True,
    )  # fmt: skip
    for day, is_planned, cost in (("2025-07-02", False, 80), ("2025-08-02", True, 500)):
        warehouse.add(
            "core.fct_spend", spend_date=day, platform="google_ads", channel="paid", campaign_id="c1", cost=cost,
            is_planned=is_planned,
        )  # fmt: skip
        warehouse.add("staging.stg_definitions__sales_costs", month_start=day[:8] + "01", cost=70)
    warehouse.build()
    file = folder / "copy.duckdb"
    warehouse.con.execute(f"attach '{file}' as copy")
    warehouse.con.execute("copy from database warehouse to copy")
    warehouse.con.execute("detach copy")
    layer = SemanticLayer(compiled().semantic_manifest, file)
    yield warehouse, layer
    layer.close()


def by_key(rows: Sequence[Sequence[Any]], keys: int) -> dict[tuple[Any, ...], list[Any]]:
    def plain(value: Any) -> Any:
        return value.date() if isinstance(value, datetime) else value

    return {tuple(plain(value) for value in row[:keys]): list(row[keys:]) for row in rows}


def dictionary() -> list[str]:
    """The metric names of the dictionary macro, read as text: parametrising must not build a warehouse."""
    text = (DBT_PROJECT / "macros" / "metric_dictionary.sql").read_text()
    return re.findall(r'\(\s*"(\w+)",\s*"[^"]+",\s*"(?:money|share|count|hours|days)"', text)


@pytest.mark.parametrize("metric", dictionary())
def test_metric_by_month_equals_the_mart(company: Pair, metric: str) -> None:
    warehouse, layer = company
    asked = by_key(layer.query([metric], ["metric_time__month"]).rows, 1)
    mart = warehouse.rows(
        f"select month_start, value, is_additive from metrics.metric_month where metric = '{metric}' order by 1"
    )
    assert mart, f"{metric} is not in metric_month"
    for row in mart:
        missing = [0.0] if row["is_additive"] else [None]
        found = [None if value is None else float(value) for value in asked.get((row["month_start"],), missing)]
        assert found == [pytest.approx(row["value"])], row["month_start"]
    assert any(row["value"] for row in mart) or metric == "completeness_rate", f"{metric} is never tried"


@pytest.mark.parametrize("metric", dictionary())
def test_metric_by_quarter_equals_the_mart(company: Pair, metric: str) -> None:
    warehouse, layer = company
    asked = by_key(layer.query([metric], ["metric_time__quarter"]).rows, 1)
    mart = warehouse.rows(
        f"select quarter_start, value, is_additive from metrics.metric_quarter where metric = '{metric}' order by 1"
    )
    assert mart, f"{metric} is not in metric_quarter"
    for row in mart:
        missing = [0.0] if row["is_additive"] else [None]
        found = [None if value is None else float(value) for value in asked.get((row["quarter_start"],), missing)]
        assert found == [pytest.approx(row["value"])], row["quarter_start"]


def test_what_a_quarter_has_so_far_is_at_its_end_what_it_has(company: Pair) -> None:
    layer = company[1]
    so_far = by_key(layer.query(["shared_revenue_quarter_to_date"], ["metric_time__quarter"]).rows, 1)
    whole = by_key(layer.query(["shared_revenue"], ["metric_time__quarter"]).rows, 1)
    earned = {quarter: values for quarter, values in whole.items() if values[0]}
    assert earned
    assert {quarter: so_far[quarter] for quarter in earned} == earned


def test_the_metrics_are_those_that_the_project_defines(company: Pair) -> None:
    text = (DBT_PROJECT / "models" / "semantic" / "metrics.yml").read_text()
    defined = re.findall(r"^  - name: (\w+)$", text, re.MULTILINE)
    assert company[1].metrics() == sorted(defined)


SLICES: dict[str, tuple[str, list[str], list[str]]] = {
    "lead_funnel": (
        "select cohort_month, lead_source, channel, campaign_id, leads, mqls, sqls, sales_ready, mql_rate, sql_rate,"
        " sales_ready_rate, mql_to_sql_rate, lead_to_opportunity_rate, handoff_to_opportunity_rate,"
        " customer_acquisition_rate from metrics.lead_funnel",
        ["metric_time__month", "lead__lead_source", "lead__channel", "campaign"],
        ["leads", "mqls", "sqls", "sales_ready", "mql_rate", "sql_rate", "sales_ready_rate", "mql_to_sql_rate",
         "lead_to_opportunity_rate", "handoff_to_opportunity_rate", "customer_acquisition_rate"],
    ),
    "speed_to_follow_up": (
        "select week_start, lead_source, owner_id, handed_off, within_sla, sla_attainment, median_response_hours,"
        " p90_response_hours, median_response_business_hours, p90_response_business_hours"
        " from metrics.speed_to_follow_up",
        ["metric_time__week", "handoff__lead_source", "owner"],
        ["first_handoffs", "within_sla", "sla_attainment", "speed_to_follow_up", "speed_to_follow_up_p90",
         "speed_to_follow_up_business", "speed_to_follow_up_business_p90"],
    ),
    "rejections": (
        "select week_start, lead_source, campaign_id, sum(rejected), max(decided), sum(rejection_rate)"
        " from metrics.rejections group by 1, 2, 3",
        ["metric_time__week", "handoff__lead_source", "campaign"],
        ["rejections", "decisions", "rejection_rate"],
    ),
    "rejections, by reason": (
        "select week_start, lead_source, campaign_id, reason, rejected, decided, rejection_rate from "
        "metrics.rejections",
        ["metric_time__week", "rejection_slice__lead_source", "campaign", "rejection_slice__reason"],
        ["rejections_by_reason", "decisions_of_reason", "rejection_rate_by_reason"],
    ),
    "pipeline_contribution": (
        "select month_start, channel, campaign_id, pipeline_created, pipeline_sourced, pipeline_influenced"
        " from metrics.pipeline_contribution",
        ["metric_time__month", "opportunity__channel", "campaign"],
        ["pipeline_created", "pipeline_sourced_by_marketing", "pipeline_influenced_by_marketing"],
    ),
    "source_performance, closed": (
        "select quarter_start, lead_source, won, win_rate_count, won_amount, win_rate_amount, median_lead_to_won_days,"
        " mean_lead_to_won_days, p90_lead_to_won_days, median_opportunity_cycle_days, mean_opportunity_cycle_days,"
        " p90_opportunity_cycle_days, revenue from metrics.source_performance",
        ["metric_time__quarter", "opportunity__lead_source"],
        ["won", "win_rate", "won_amount", "win_rate_amount", "lead_to_won_days", "mean_lead_to_won_days",
         "p90_lead_to_won_days", "sales_cycle_days", "mean_opportunity_cycle_days", "p90_opportunity_cycle_days",
         "revenue"],
    ),
    "source_performance, cohorts": (
        "select quarter_start, lead_source, sqls, sql_to_customer_rate, recycled_conversion_rate"
        " from metrics.source_performance",
        ["metric_time__quarter", "lead__lead_source"],
        ["sqls", "sql_to_customer_rate", "recycled_conversion_rate"],
    ),
    "revenue_by_source": (
        "select month_start, lead_source, channel, campaign_id, revenue, customers, shared_revenue"
        " from metrics.revenue_by_source",
        ["metric_time__month", "opportunity__lead_source", "opportunity__channel", "campaign"],
        ["revenue", "customers", "shared_revenue"],
    ),
    "cost_efficiency": (
        "select month_start, channel, campaign_id, coalesce(spend, 0), cost_per_lead, cost_per_mql,"
        " cost_per_qualified_opportunity, cost_per_customer from metrics.cost_efficiency"
        " where month_start <= '2025-07-15'",
        ["metric_time__month", "marketing_channel", "campaign"],
        ["spend", "cost_per_lead", "cost_per_mql", "cost_per_qualified_opportunity", "cost_per_customer"],
    ),
    "lead_guarantee": (
        "select month_start, lead_source, handed_off, credits from metrics.lead_guarantee",
        ["metric_time__month", "handoff__lead_source"],
        ["first_handoffs", "lead_guarantee_credits"],
    ),
    "active_pipeline": (
        "select date_day, open_pipeline, sourced_share, influenced_share from metrics.active_pipeline",
        ["metric_time__day"],
        ["open_pipeline", "active_pipeline_sourced_share", "active_pipeline_influenced_share"],
    ),
    "definition_audit": (
        "select month_start, stage, lead_source, agreement from metrics.definition_audit",
        ["metric_time__month", "audit_slice__stage", "audit_slice__lead_source"],
        ["definition_agreement"],
    ),
    "lead_completeness": (
        "select week_start, lead_source, rule, completeness_rate from metrics.lead_completeness",
        ["metric_time__week", "completeness_slice__lead_source", "completeness_slice__rule"],
        ["completeness_rate_by_rule"],
    ),
    "lead_completeness, as a whole": (
        "select week_start, lead_source, delivered, completeness_rate from "
        "metrics.lead_completeness where rule = 'all'",
        ["metric_time__week", "lead_record__lead_source"],
        ["delivered_leads", "completeness_rate"],
    ),
    "plan_vs_actual": (
        "select month_start, metric, attainment from metrics.plan_vs_actual",
        ["metric_time__month", "plan_line__metric"],
        ["plan_attainment"],
    ),
    "plan_vs_actual_quarter": (
        "select quarter_start, metric, attainment from metrics.plan_vs_actual_quarter",
        ["metric_time__quarter", "quarter_line__metric"],
        ["plan_attainment_quarter"],
    ),
    "required_volume": (
        "select month_start, lead_source, required from metrics.required_volume where stage = 'mql'",
        ["metric_time__month", "volume_line__lead_source"],
        ["required_mqls"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("mart", SLICES)
def test_slice_equals_the_mart(company: Pair, mart: str) -> None:
    """Where MetricFlow leaves a slice out, the mart has nothing in it either."""
    warehouse, layer = company
    sql, group_by, metrics = SLICES[mart]
    table = layer.query(metrics, group_by)
    names = list(table.column_names)
    order = [names.index(name) for name in [*group_by, *metrics]]
    asked = by_key([[row[index] for index in order] for row in table.rows], len(group_by))
    expected = by_key(warehouse.con.execute(sql).fetchall(), len(group_by))
    assert expected
    for key, values in expected.items():
        if key in asked:
            found = [None if value is None else float(value) for value in asked[key]]
            assert found == [None if value is None else pytest.approx(float(value)) for value in values], key
        else:
            assert not any(values), key


def test_the_query_of_the_guide_answers(company: Pair) -> None:
    table = company[1].query(["lead_to_opportunity_rate"], ["metric_time__month", "lead__channel"])
    assert by_key(table.rows, 2)[(date(2025, 1, 1), "paid")] == [1.0]


@pytest.mark.parametrize(
    ("metric", "value"), [("spend", 80), ("cost_per_customer", 80), ("customer_acquisition_cost", 150)]
)
def test_a_quarter_to_date_has_no_costs_of_months_to_come(company: Pair, metric: str, value: int) -> None:
    asked = by_key(company[1].query([metric], ["metric_time__quarter"]).rows, 1)
    assert asked[(date(2025, 7, 1),)] == [pytest.approx(value)]


def test_roas_of_a_model_is_its_revenue_over_the_spend(company: Pair) -> None:
    table = company[1].query(["roas_linear"], ["metric_time__quarter", "marketing_channel"])
    assert by_key(table.rows, 2)[(date(2025, 1, 1), "paid")] == [pytest.approx(240 / 170)]


def test_conversion_within_90_days(company: Pair) -> None:
    """L1 and L2 of the five January leads had their deal within 90 days; L3's came after 111."""
    table = company[1].query(["lead_to_opportunity_rate_90_days"], ["metric_time__month"])
    assert by_key(table.rows, 1)[(date(2025, 1, 1),)] == [pytest.approx(0.4)]


SAVED = ["weekly_rejections", "weekly_follow_up", "monthly_funnel", "monthly_attribution", "quarterly_win_rate",
         "monthly_scoreboard"]  # fmt: skip


@pytest.mark.parametrize("name", SAVED)
def test_saved_query_answers(company: Pair, name: str) -> None:
    assert company[1].query(saved_query=name).rows
