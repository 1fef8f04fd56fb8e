"""A warehouse made by hand: the contract columns of the core marts as small tables, and the marts on top of them.

The SQL is the project's own, compiled once by dbt; only dbt's materialisation is left out, so a scenario costs
milliseconds. What dbt adds (contracts, tests, the incremental scoreboard) is tested by building the project.
"""

import functools
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from handoff.settings import DBT_PROJECT

COLUMNS: dict[str, str] = {
    "control.run": "as_of timestamp, run_id varchar, definitions_sha256 varchar",
    "staging.stg_definitions__setting": "setting varchar, value varchar, effective_from timestamp, effective_to "
    "timestamp",
    "staging.stg_definitions__targets": "month_start date, metric varchar, value double",
    "staging.stg_definitions__sales_costs": "month_start date, cost decimal(18,2)",
    "staging.stg_definitions__lead_sources": (
        "crm_value varchar, crm_value_key varchar, lead_source varchar, is_marketing boolean"
    ),
    "staging.stg_definitions__completeness": "rule varchar",
    "staging.stg_definitions__fillers": "value varchar",
    "intermediate.int_lead_record": (
        "record_id varchar, source_system varchar, native_id varchar, lead_source varchar, campaign_id varchar,"
        " created_at timestamp, version_at timestamp, is_judged boolean, is_complete_at_first boolean,"
        " first_failed_rules varchar, is_admitted boolean"
    ),
    "intermediate.int_campaign": "campaign_id varchar, name varchar, is_ads_campaign boolean",
    "intermediate.int_lead_alias": "record_id varchar, lead_id varchar",
    "intermediate.int_lead": "lead_id varchar, lead_source varchar, campaign_id varchar",
    "intermediate.int_lead_touch": "lead_id varchar, campaign_id varchar",
    "intermediate.int_lead_change": (
        "record_id varchar, source_system varchar, field varchar, old_value varchar, changed_at timestamp,"
        " sequence varchar"
    ),
    "intermediate.int_opportunity_path": (
        "opportunity_id varchar, touch_id varchar, channel varchar, touched_at timestamp, content varchar"
    ),
    "intermediate.int_opportunity_window": "opportunity_id varchar, created_at timestamp",
    "intermediate.int_opportunity_touch": "opportunity_id varchar, first_marketing_touch_at timestamp",
    "intermediate.int_lead_activity": "lead_id varchar, outcome varchar, happened_at timestamp",
    "intermediate.int_activity_horizon": "happened_until timestamp",
    "core.fct_lead": (
        "lead_id varchar, source_system varchar, person_id varchar, account_id varchar, owner_id varchar,"
        " campaign_id varchar, lead_source varchar, channel varchar, content varchar, created_at timestamp,"
        " mql_at timestamp, handed_off_at timestamp, first_response_at timestamp, accepted_at timestamp,"
        " rejected_at timestamp, rejection_reason varchar, sql_at timestamp, sales_ready_at timestamp,"
        " opportunity_at timestamp, won_at timestamp, current_stage varchar, opportunity_id varchar,"
        " company varchar, is_icp_fit boolean, score bigint, score_band varchar, response_hours double,"
        " response_business_hours double, is_within_sla boolean, won_amount decimal(18,2), is_customer boolean"
    ),
    "core.fct_handoff": (
        "lead_id varchar, handoff_number bigint, handed_off_at timestamp, owner_id varchar, sla_hours double,"
        " response_at timestamp, response_hours double, response_business_hours double, is_within_sla boolean,"
        " decision varchar, decided_at timestamp, rejection_reason varchar, is_icp_fit boolean"
    ),
    "core.fct_lead_stage_event": (
        "lead_id varchar, stage varchar, entered_at timestamp, exited_at timestamp, basis varchar,"
        " definition_version varchar"
    ),
    "core.fct_opportunity": (
        "opportunity_id varchar, source_system varchar, account_id varchar, lead_id varchar, person_id varchar,"
        " owner_id varchar, campaign_id varchar, lead_source varchar, channel varchar, name varchar, stage varchar,"
        " created_at timestamp, qualified_at timestamp, closed_at timestamp, close_date date, amount decimal(18,2),"
        " amount_original decimal(18,2), currency varchar, is_closed boolean, is_won boolean, is_qualified boolean, "
        "is_customer_acquired boolean,"
        " opportunity_type varchar, is_new_business boolean, is_marketing_sourced boolean,"
        " is_marketing_influenced_pipeline boolean, is_marketing_influenced_revenue boolean, loss_reason varchar,"
        " competitor varchar, cycle_days bigint"
    ),
    "core.fct_spend": (
        "spend_date date, platform varchar, channel varchar, campaign_id varchar, is_planned boolean default false,"
        " cost decimal(18,6), impressions bigint, clicks bigint"
    ),
    "attribution.attribution_by_campaign": (
        "month_start date, basis varchar, model varchar, campaign_id varchar, channel varchar,"
        " credited_amount decimal(18,2), opportunities bigint, spend decimal(18,2), roas double"
    ),
    "attribution.attribution_by_content": (
        "month_start date, basis varchar, model varchar, content varchar, channel varchar,"
        " credited_amount decimal(18,2), opportunities bigint"
    ),
    "attribution.attribution_slice": (
        "month_start date, basis varchar, model varchar, channel varchar, campaign_id varchar, content varchar,"
        " credited_amount decimal(18,2)"
    ),
    "attribution.attribution_by_channel": (
        "month_start date, basis varchar, model varchar, channel varchar, credited_amount decimal(18,2),"
        " opportunities bigint, spend decimal(18,2), roas double"
    ),
    "attribution.content_before_outcome": (
        "quarter_start date, content varchar, won_opportunities bigint, lost_opportunities bigint, won_touches bigint,"
        " lost_touches bigint, share_of_won double, share_of_lost double"
    ),
    "attribution.fct_attribution": (
        "opportunity_id varchar, basis varchar, model varchar, touch_id varchar, channel varchar,"
        " campaign_id varchar, touched_at timestamp, weight double, credited_amount decimal(18,2)"
    ),
    "scoring.score_performance": (
        "version varchar, month_start date, score_band varchar, leads bigint, conversions bigint,"
        " conversion_rate double, lift double, psi double, is_mature boolean"
    ),
    "scoring.score_threshold": (
        "version varchar, threshold integer, leads_per_month double, opportunities_per_month double,"
        " rejections_per_month double, wins_per_month double, win_rate double, share_of_wins double,"
        " is_proposed boolean"
    ),
    "scoring.lead_score": (
        "lead_id varchar, version varchar, scored_at timestamp, is_handed_off boolean, is_in_force boolean"
    ),
    "scoring.scorecard_version": (
        "version varchar, trained_at timestamp, valid_from timestamp, status varchar, method varchar, leads bigint,"
        " wins bigint, auc double, auc_low double, auc_high double, calibration_slope double, threshold double,"
        " note varchar"
    ),
    "core.fct_touch": (
        "touch_id varchar, person_id varchar, account_id varchar, touched_at timestamp, channel varchar,"
        " source varchar, medium varchar, campaign_id varchar, content varchar, touch_type varchar"
    ),
    "core.fct_opportunity_stage_event": (
        "opportunity_id varchar, stage varchar, entered_at timestamp, exited_at timestamp, amount decimal(18,2)"
    ),
    "core.handoff_queue": (
        "lead_id varchar, owner_id varchar, handed_off_at timestamp, waiting_hours double, response_at timestamp,"
        " is_sla_lapsed boolean, why_qualified varchar, last_touches varchar, score bigint, next_step varchar"
    ),
    "core.dim_channel": "channel varchar, is_marketing boolean",
    "core.dim_campaign": (
        "campaign_id varchar, name varchar, channel varchar, platform varchar, started_on date, ended_on date"
    ),
    "core.dim_account": (
        "account_id varchar, name varchar, domain varchar, industry varchar, employee_count bigint, country varchar,"
        " is_icp_fit boolean"
    ),
    "core.dim_owner": "owner_id varchar, name varchar, team varchar",
    "core.dim_date": (
        "date_day date, week_start date, month_start date, quarter_start date, fiscal_year bigint,"
        " fiscal_quarter bigint, is_business_day boolean"
    ),
}


@dataclass(frozen=True)
class Model:
    """A compiled model: where it goes and what it selects."""

    relation: str
    sql: str


@dataclass(frozen=True)
class Compiled:
    """The metrics models in the order in which they can be built, and the semantic manifest of the same parse."""

    models: list[Model]
    semantic_manifest: Path


# What dbt writes, until the tests end.
FOLDER = tempfile.TemporaryDirectory(prefix="handoff_metrics_")


@functools.cache
def compiled() -> Compiled:
    """The project's metrics models, compiled by dbt once a test run."""
    from dbt.cli.main import dbtRunner

    folder = Path(FOLDER.name)
    before = os.environ.get("HANDOFF_HOME")
    os.environ["HANDOFF_HOME"] = str(folder)
    arguments = ["--quiet", "compile", "--no-introspect", "--select", "marts.metrics", "marts.reviews", "time_spine"]
    arguments += ["stg_definitions__setting_in_force"]
    arguments += ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    arguments += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    try:
        result = dbtRunner().invoke(arguments)
    finally:
        if before is None:
            del os.environ["HANDOFF_HOME"]
        else:
            os.environ["HANDOFF_HOME"] = before
    if not result.success:
        raise AssertionError(f"dbt compile failed: {result.exception}")
    nodes = {entry.node.unique_id: entry.node for entry in result.result if entry.node.resource_type == "model"}
    ordered: list[Model] = []
    done: set[str] = set()

    def visit(unique_id: str) -> None:
        if unique_id in done or unique_id not in nodes:
            return
        done.add(unique_id)
        for parent in nodes[unique_id].depends_on.nodes:
            visit(parent)
        ordered.append(Model(f"{nodes[unique_id].schema}.{nodes[unique_id].name}", nodes[unique_id].compiled_code))

    for unique_id in sorted(nodes):
        visit(unique_id)
    return Compiled(ordered, folder / "target" / "semantic_manifest.json")


class Warehouse:
    """Contract tables filled by hand, and the marts on top of them."""

    def __init__(self, path: Path, as_of: str, settings: dict[str, str] | None = None) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.con = duckdb.connect(str(path / "warehouse.duckdb"))
        self.con.execute("set TimeZone = 'UTC'")
        for table, columns in COLUMNS.items():
            self.con.execute(f"create schema if not exists {table.split('.')[0]}")
            self.con.execute(f"create or replace table {table} ({columns})")
        self.add("control.run", as_of=as_of, run_id="by hand")
        self.add("intermediate.int_activity_horizon", happened_until=as_of)
        defaults = {
            "reporting_timezone": "UTC",
            "reporting_currency": "USD",
            "maturity_days": "90",
            "handoff_score_threshold": "50",
        }
        for name, value in (defaults | (settings or {})).items():
            self.add(
                "staging.stg_definitions__setting",
                setting=name,
                value=value,
                effective_from="0001-01-01",
                effective_to="9999-12-31",
            )
        self.con.execute(
            """insert into core.dim_date
            select d, date_trunc('week', d), date_trunc('month', d), date_trunc('quarter', d), year(d), quarter(d),
                isodow(d) <= 5
            from (select cast(range as date) as d from range(date '2023-01-01', date '2028-01-01', interval 1 day))"""
        )

    def add(self, table: str, **values: Any) -> None:
        """One row; columns that are not named are null."""
        names = ", ".join(values)
        marks = ", ".join("?" for _ in values)
        self.con.execute(f"insert into {table} ({names}) values ({marks})", list(values.values()))

    def build(self) -> "Warehouse":
        """Every metrics mart, from what the contract tables hold; a lead is a customer by the deal it names."""
        self.con.execute(
            "update core.fct_lead set is_customer = coalesce(is_customer, opportunity_id in "
            "(select opportunity_id from core.fct_opportunity where is_customer_acquired), false)"
        )
        for model in compiled().models:
            self.con.execute(f"create schema if not exists {model.relation.split('.')[0]}")
            self.con.execute(f"create or replace table {model.relation} as {model.sql}")
        return self

    def rows(self, sql: str) -> list[dict[str, Any]]:
        cursor = self.con.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def one(self, sql: str) -> dict[str, Any]:
        found = self.rows(sql)
        assert len(found) == 1, f"{len(found)} rows, one expected: {sql}"
        return found[0]
