"""The metrics marts of a real night against pandas, from the core marts alone: every figure computed a second way."""

from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from handoff.settings import DBT_PROJECT
from tests.conftest import AS_OF

MATURITY = pd.Timedelta(days=90)
TARGETS = DBT_PROJECT / "seeds" / "definitions" / "targets.csv"


class Core:
    """The core marts as frames, with their periods. The sample reports in UTC, so a day is the day as stored."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.lead = con.sql("select * from core.fct_lead").df()
        self.handoff = con.sql("select * from core.fct_handoff").df()
        self.deal = con.sql("select * from core.fct_opportunity").df()
        self.spend = con.sql("select * from core.fct_spend").df()
        self.delivery = con.sql("select * from metrics.metric_lead_delivery").df()
        self.stage = con.sql("select * from core.fct_lead_stage_event").df()
        self.calendar = con.sql("select * from core.dim_date").df()
        owners = con.sql("select owner_id, team from core.dim_owner").df()
        self.deal["amount"] = self.deal["amount"].astype(float).fillna(0.0)
        self.spend["cost"] = self.spend["cost"].astype(float)
        for flag in ("is_won", "is_closed", "is_qualified", "is_new_business", "is_marketing_sourced"):
            self.deal[flag] = self.deal[flag].fillna(False).astype(bool)
        for flag in ("is_marketing_influenced_pipeline", "is_marketing_influenced_revenue"):
            self.deal[flag] = self.deal[flag].astype("boolean").fillna(False).astype(bool)
        wins = self.deal[self.deal.is_won & self.deal.is_new_business].copy()
        wins["buyer"] = wins.account_id.fillna(wins.person_id).fillna(wins.opportunity_id)
        first = wins.sort_values(["closed_at", "opportunity_id"]).drop_duplicates("buyer").opportunity_id
        self.deal["made_customer"] = self.deal.opportunity_id.isin(first)
        self.lead["is_customer"] = self.lead.opportunity_id.isin(first)
        self.handoff = self.handoff.merge(self.lead[["lead_id", "lead_source", "campaign_id"]], on="lead_id")
        self.handoff = self.handoff.merge(owners, on="owner_id", how="left")
        self.deal = self.deal.merge(
            self.lead[["lead_id", "created_at", "sql_at"]].rename(columns={"created_at": "lead_created_at"}),
            on="lead_id", how="left",
        )  # fmt: skip
        self.deal["lead_to_won"] = (
            pd.to_datetime(self.deal.close_date) - self.deal.lead_created_at.dt.normalize()
        ).dt.days.where(self.deal.is_won)


def month(times: "pd.Series[Any]") -> "pd.Series[Any]":
    return pd.to_datetime(times).dt.to_period("M").dt.start_time


def week(times: "pd.Series[Any]") -> "pd.Series[Any]":
    days = pd.to_datetime(times).dt.normalize()
    return days - pd.to_timedelta(days.dt.day_of_week, unit="D")


def quarter(times: "pd.Series[Any]") -> "pd.Series[Any]":
    return pd.to_datetime(times).dt.to_period("Q").dt.start_time


def ratio(above: Any, below: Any) -> Any:
    return np.where(
        np.asarray(below, float) == 0,
        np.nan,
        np.asarray(above, float) / np.where(np.asarray(below, float) == 0, 1, below),
    )


def lead_funnel(core: Core) -> pd.DataFrame:
    lead = core.lead.assign(cohort_month=month(core.lead.created_at))
    flags = {"mqls": "mql_at", "handed_off": "handed_off_at", "accepted": "accepted_at", "rejected": "rejected_at",
             "sqls": "sql_at", "sales_ready": "sales_ready_at", "opportunities": "opportunity_id"}  # fmt: skip
    for name, column in flags.items():
        lead[name] = lead[column].notna()
    lead["leads"], lead["customers"] = 1, lead.is_customer
    lead["both"] = lead.mqls & lead.sqls
    lead["handed_with"] = lead.handed_off & lead.opportunities
    keys = ["cohort_month", "lead_source", "channel", "campaign_id"]
    found = lead.groupby(keys, dropna=False)[["leads", *flags, "customers", "both", "handed_with"]].sum().reset_index()
    found["mql_rate"] = ratio(found.mqls, found.leads)
    found["sql_rate"] = ratio(found.sqls, found.leads)
    found["sales_ready_rate"] = ratio(found.sales_ready, found.leads)
    found["mql_to_sql_rate"] = ratio(found.both, found.mqls)
    found["lead_to_opportunity_rate"] = ratio(found.opportunities, found.leads)
    found["handoff_to_opportunity_rate"] = ratio(found.handed_with, found.handed_off)
    found["customer_acquisition_rate"] = ratio(found.customers, found.leads)
    last = found.cohort_month + pd.offsets.MonthEnd(0)
    found["is_mature"] = last + MATURITY <= pd.Timestamp(AS_OF).normalize()
    return found.drop(columns=["both", "handed_with"]).set_index(keys)


def speed_to_follow_up(core: Core) -> pd.DataFrame:
    first = core.handoff[core.handoff.handoff_number == 1].copy()
    first["week_start"] = week(first.handed_off_at)
    first["is_within_sla"] = first.is_within_sla.astype("boolean")
    keys = ["week_start", "lead_source", "owner_id"]
    grouped = first.groupby(keys, dropna=False)
    found = grouped.agg(
        handed_off=("lead_id", "size"),
        answered=("response_at", "count"),
        within_sla=("is_within_sla", lambda values: int(values.fillna(False).sum())),
        judged=("is_within_sla", "count"),
        median_response_hours=("response_hours", "median"),
        p90_response_hours=("response_hours", lambda values: values.quantile(0.9)),
        median_response_business_hours=("response_business_hours", "median"),
        p90_response_business_hours=("response_business_hours", lambda values: values.quantile(0.9)),
    ).reset_index()
    found["sla_attainment"] = ratio(found.within_sla, found.judged)
    return found.drop(columns="judged").set_index(keys)


def rejections(core: Core) -> pd.DataFrame:
    decided = core.handoff[core.handoff.decision.notna()].copy()
    decided["week_start"] = week(decided.decided_at)
    slices = ["week_start", "lead_source", "campaign_id"]
    total = decided.groupby(slices, dropna=False).size().rename("decided").reset_index()
    rejected = decided[decided.decision == "rejected"].assign(reason=lambda frame: frame.rejection_reason)
    found = rejected.groupby([*slices, "reason"], dropna=False).size().rename("rejected").reset_index()
    found = found.merge(total, on=slices)
    found["rejection_rate"] = found.rejected / found.decided
    return found.set_index([*slices, "reason"])


def pipeline_contribution(core: Core) -> pd.DataFrame:
    deal = core.deal[core.deal.is_qualified].copy()
    deal["month_start"] = month(deal.created_at)
    deal["pipeline_sourced"] = deal.amount.where(deal.is_marketing_sourced, 0)
    deal["pipeline_influenced"] = deal.amount.where(deal.is_marketing_influenced_pipeline, 0)
    return deal.groupby(["month_start", "channel", "campaign_id"], dropna=False).agg(
        pipeline_created=("amount", "sum"),
        pipeline_sourced=("pipeline_sourced", "sum"),
        pipeline_influenced=("pipeline_influenced", "sum"),
        opportunities=("opportunity_id", "size"),
    )


def active_pipeline(core: Core) -> pd.DataFrame:
    deal = core.deal[core.deal.is_qualified].copy()
    start, end = deal.qualified_at.dt.normalize(), deal.closed_at.dt.normalize()
    days = pd.date_range(start.min(), pd.Timestamp(AS_OF).normalize())
    rows = []
    for day in days:
        is_open = (start <= day) & (end.isna() | (end > day))
        amount = deal.amount[is_open].sum()
        rows.append((day, amount, ratio(deal.amount[is_open & deal.is_marketing_sourced].sum(), amount)))
    return pd.DataFrame(rows, columns=["date_day", "open_pipeline", "sourced_share"]).set_index("date_day")


def source_performance(core: Core) -> pd.DataFrame:
    keys = ["quarter_start", "lead_source"]
    closed = core.deal[core.deal.is_closed].copy()
    closed["quarter_start"] = quarter(closed.close_date)
    new = closed[closed.is_new_business].copy()
    new["won"], new["lost"] = new.is_won, ~new.is_won
    new["won_amount"], new["lost_amount"] = new.amount.where(new.is_won, 0), new.amount.where(~new.is_won, 0)
    by = new.groupby(keys, dropna=False)
    found = by[["won", "lost", "won_amount", "lost_amount"]].sum()
    for name, column in (("lead_to_won_days", "lead_to_won"), ("opportunity_cycle_days", "cycle_days")):
        found[f"median_{name}"] = by[column].median()
        found[f"mean_{name}"] = by[column].mean()
        found[f"p90_{name}"] = by[column].quantile(0.9)
    revenue = closed[closed.is_won].groupby(keys, dropna=False).amount.sum().rename("revenue")
    lead = core.lead.assign(quarter_start=quarter(core.lead.created_at))
    lead["sqls"], lead["sql_customers"] = lead.sql_at.notna(), lead.sql_at.notna() & lead.is_customer
    lead["rejected"], lead["recycled"] = lead.rejected_at.notna(), lead.opportunity_at > lead.rejected_at
    cohorts = lead.groupby(keys, dropna=False)[["sqls", "sql_customers", "rejected", "recycled"]].sum()
    found = found.join([revenue, cohorts], how="outer")
    counts = ["won", "lost", "won_amount", "lost_amount", "revenue", "sqls", "sql_customers", "rejected", "recycled"]
    found[counts] = found[counts].astype(float).fillna(0)
    found["win_rate_count"] = ratio(found.won, found.won + found.lost)
    found["win_rate_amount"] = ratio(found.won_amount, found.won_amount + found.lost_amount)
    found["sql_to_customer_rate"] = ratio(found.sql_customers, found.sqls)
    found["recycled_conversion_rate"] = ratio(found.recycled, found.rejected)
    return found.drop(columns=["rejected", "recycled"])


def revenue_by_source(core: Core) -> pd.DataFrame:
    won = core.deal[core.deal.is_won].copy()
    won["month_start"] = month(won.close_date)
    is_shared = won.sql_at.notna() & (won.is_marketing_sourced | won.is_marketing_influenced_revenue)
    won["shared_revenue"] = won.amount.where(is_shared, 0)
    keys = ["month_start", "lead_source", "channel", "campaign_id"]
    return won.groupby(keys, dropna=False).agg(
        revenue=("amount", "sum"), customers=("made_customer", "sum"), shared_revenue=("shared_revenue", "sum")
    )


def cost_efficiency(core: Core) -> pd.DataFrame:
    keys = ["month_start", "channel", "campaign_id"]

    def counted(frame: pd.DataFrame, times: Any, name: str) -> "pd.Series[Any]":
        return frame.assign(month_start=month(times)).groupby(keys, dropna=False).size().rename(name)

    spend = core.spend.assign(month_start=month(core.spend.spend_date)).groupby(keys, dropna=False).cost.sum()
    mqls = core.lead[core.lead.mql_at.notna()]
    deals = core.deal[core.deal.is_qualified & core.deal.is_new_business]
    customers = core.deal[core.deal.made_customer]
    parts = [
        counted(core.lead, core.lead.created_at, "leads"),
        counted(mqls, mqls.created_at, "mqls"),
        counted(deals, deals.created_at, "qualified_opportunities"),
        counted(customers, customers.close_date, "customers"),
    ]
    found = pd.concat([part.reset_index() for part in [spend.rename("spend"), *parts]])
    found = found.groupby(keys, dropna=False).sum(min_count=1).reset_index().set_index(keys)
    names = ["leads", "mqls", "qualified_opportunities", "customers"]
    found[names] = found[names].fillna(0)
    spent = found.spend.where(found.spend != 0)
    for name, count in zip(("lead", "mql", "qualified_opportunity", "customer"), names, strict=True):
        found[f"cost_per_{name}"] = spent / found[count].where(found[count] != 0)
    return found


def acquisition_cost(core: Core) -> pd.DataFrame:
    spend = core.spend.groupby(month(core.spend.spend_date)).cost.sum().rename("spend")
    won = core.deal[core.deal.made_customer]
    customers = won.groupby(month(won.close_date)).size().rename("customers")
    found = pd.concat([spend, customers], axis=1)
    found["customers"] = found.customers.fillna(0)
    found["cost_per_customer"] = found.spend / found.customers.where(found.customers != 0)
    return found.rename_axis("month_start")


def lead_completeness(core: Core) -> pd.DataFrame:
    record = core.delivery.assign(week_start=week(core.delivery.delivered_on))
    by = record.groupby(["week_start", "lead_source"], dropna=False)
    found = by.agg(delivered=("record_id", "size"), complete=("is_complete_at_first", "sum"))
    found["completeness_rate"] = found.complete / found.delivered
    found["incomplete"] = found.delivered - found.complete
    return found.drop(columns="complete").assign(rule="all").set_index("rule", append=True)


def definition_audit(core: Core) -> pd.DataFrame:
    parts = []
    for stage, column in (("mql", "mql_at"), ("sql", "sql_at"), ("sales_ready", "sales_ready_at")):
        said = core.stage[(core.stage.stage == stage) & (core.stage.basis == "crm")].lead_id
        lead = core.lead.assign(month_start=month(core.lead.created_at), stage=stage)
        crm, agreed = lead.lead_id.isin(said), lead[column].notna()
        flags = {"agreed_and_crm": crm & agreed, "crm_only": crm & ~agreed, "definition_only": ~crm & agreed,
                 "neither": ~crm & ~agreed}  # fmt: skip
        parts.append(
            lead.assign(**flags).groupby(["month_start", "stage", "lead_source"], dropna=False)[list(flags)].sum()
        )
    found = pd.concat(parts)
    found["agreement"] = ratio(found.agreed_and_crm, found.agreed_and_crm + found.crm_only + found.definition_only)
    return found


ADDED_UP = {"shared_revenue", "pipeline_created", "pipeline_sourced_by_marketing", "leads", "mqls", "sqls", "customers"}
LOWER = {"speed_to_follow_up", "cost_per_qualified_opportunity", "cost_per_customer", "sales_cycle_days"}


def targets(core: Core) -> pd.DataFrame:
    """The shipped targets with their pace: the part of the month's working days that is over, for what adds up."""
    found = pd.read_csv(TARGETS, parse_dates=["month"]).rename(columns={"month": "month_start", "value": "target"})
    day = core.calendar[core.calendar.is_business_day]
    over = day[pd.to_datetime(day.date_day) <= pd.Timestamp(AS_OF)].groupby("month_start").size()
    pace = (over / day.groupby("month_start").size()).fillna(0).rename_axis(None)
    pace.index = pd.to_datetime(pace.index)
    is_paced = found.metric.isin(ADDED_UP)
    found["paced_target"] = found.target * found.month_start.map(pace).where(is_paced, 1.0)
    found.loc[found.month_start > pd.Timestamp(AS_OF), "paced_target"] = np.nan
    return found


def monthly(core: Core) -> pd.DataFrame:
    """The figures that have a target, of every month, from the facts."""
    return by_period(core, month)


def by_period(core: Core, period: "Callable[[pd.Series[Any]], pd.Series[Any]]") -> pd.DataFrame:
    lead, deal = core.lead.assign(at=period(core.lead.created_at)), core.deal
    first = core.handoff[core.handoff.handoff_number == 1].assign(at=lambda frame: period(frame.handed_off_at))
    judged = first.dropna(subset="is_within_sla")
    created = deal[deal.is_qualified].assign(at=lambda frame: period(frame.created_at))
    closed = deal[deal.is_closed].assign(at=lambda frame: period(frame.close_date))
    new = closed[closed.is_new_business]
    is_shared = closed.is_won & closed.sql_at.notna() & (
        closed.is_marketing_sourced | closed.is_marketing_influenced_revenue
    )  # fmt: skip
    spend = core.spend.groupby(period(core.spend.spend_date)).cost.sum()
    customers = closed[closed.made_customer].groupby("at").size()
    qualified = created[created.is_new_business].groupby("at").size()
    sourced = created[created.is_marketing_sourced]
    return pd.DataFrame(
        {
            "shared_revenue": closed[is_shared].groupby("at").amount.sum(),
            "pipeline_created": created.groupby("at").amount.sum(),
            "lead_to_opportunity_rate": lead.groupby("at").opportunity_id.count() / lead.groupby("at").size(),
            "pipeline_sourced_by_marketing": sourced.groupby("at").amount.sum(),
            "speed_to_follow_up": first.groupby("at").response_hours.median(),
            "sla_attainment": judged.is_within_sla.astype(bool).groupby(judged["at"]).mean(),
            "cost_per_qualified_opportunity": spend / qualified,
            "win_rate": new.groupby("at").is_won.mean(),
            "sales_cycle_days": new.groupby("at").cycle_days.median(),
            "cost_per_customer": spend / customers,
            "leads": lead.groupby("at").size(),
            "mqls": lead.groupby("at").mql_at.count(),
            "sqls": lead.groupby("at").sql_at.count(),
            "customers": customers,
        }
    )


def attained(found: pd.DataFrame, figures: pd.DataFrame, start: str, begins: Any) -> pd.DataFrame:
    """The actual beside each target, and the attainment the right way round; 0 where nothing added up."""
    last, begins = pd.Timestamp(AS_OF), begins.min()
    values = figures.astype(float).stack().rename("actual").rename_axis([start, "metric"])
    found = found.merge(values.reset_index(), on=[start, "metric"], how="left")
    is_known = (found[start] <= last) & (found[start] >= begins)
    found["actual"] = found.actual.mask(found.metric.isin(ADDED_UP) & is_known, found.actual.fillna(0)).where(is_known)
    found["attainment"] = np.where(
        found.metric.isin(LOWER), ratio(found.target, found.actual.fillna(0)), ratio(found.actual, found.target)
    )
    found.loc[found.actual.isna(), "attainment"] = np.nan
    return found


def began(core: Core) -> "pd.Series[Any]":
    """When leads and deals came: figures begin with the first of them (no target is one of spend)."""
    return pd.concat([core.lead.created_at, core.deal.created_at])


def plan_vs_actual(core: Core) -> pd.DataFrame:
    figures = monthly(core)
    return attained(targets(core), figures, "month_start", month(began(core))).set_index(["month_start", "metric"])


def plan_vs_actual_quarter(core: Core) -> pd.DataFrame:
    """Sums of targets where figures add up, means elsewhere; the actual is the quarter's own."""
    found = targets(core).assign(quarter_start=lambda frame: quarter(frame.month_start))
    by = found.groupby(["quarter_start", "metric"])
    whole = by.agg(target=("target", "mean"), total=("target", "sum"), target_months=("target", "size")).reset_index()
    whole["target"] = whole.target.mask(whole.metric.isin(ADDED_UP), whole.total)
    figures = by_period(core, quarter)
    found = attained(whole.drop(columns="total"), figures, "quarter_start", quarter(began(core)))
    return found.set_index(["quarter_start", "metric"])  # fmt: skip


def lead_guarantee(core: Core) -> pd.DataFrame:
    first = core.handoff[core.handoff.handoff_number == 1].copy()
    first["month_start"] = month(first.handed_off_at)
    first["is_credit"] = first.is_icp_fit.astype("boolean").eq(False).fillna(False)
    return first.groupby(["month_start", "lead_source"], dropna=False).agg(
        handed_off=("lead_id", "size"), credits=("is_credit", "sum")
    )


MARTS: list[Callable[[Core], pd.DataFrame]] = [
    lead_funnel, speed_to_follow_up, rejections, pipeline_contribution, active_pipeline, source_performance,
    revenue_by_source, cost_efficiency, lead_guarantee, acquisition_cost, lead_completeness,
    definition_audit, plan_vs_actual, plan_vs_actual_quarter,
]  # fmt: skip


@pytest.fixture(scope="module")
def core(built_home: Any) -> Core:
    with duckdb.connect(str(built_home / "publish" / "marts.duckdb"), read_only=True) as con:
        return Core(con)


def keyed(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The frame by its keys as text, so that a null key is a key like any other."""
    text = frame[keys].astype(object).where(frame[keys].notna(), "∅").astype(str)
    return frame.set_index(pd.MultiIndex.from_frame(text))


@pytest.mark.parametrize("compute", MARTS, ids=lambda compute: compute.__name__)
def test_mart_equals_pandas(
    compute: Callable[[Core], pd.DataFrame], core: Core, marts: duckdb.DuckDBPyConnection
) -> None:
    expected = compute(core).reset_index()
    columns = list(expected.columns)
    keys = list(compute(core).index.names)
    where = "where rule = 'all'" if "rule" in keys else ""
    built = marts.sql(f"select {', '.join(columns)} from metrics.{compute.__name__} {where}").df()
    left, right = keyed(built, keys), keyed(expected, keys)
    assert left.index.is_unique
    assert len(right) > 20
    assert set(left.index) == set(right.index)
    right = right.loc[left.index]
    for column in columns:
        if column not in keys:
            found, wanted = (
                frame[column].astype("Float64").to_numpy(float, na_value=np.nan) for frame in (left, right)
            )
            np.testing.assert_allclose(
                found, wanted, rtol=1e-9, atol=0.006 if column == "spend" else 1e-9, err_msg=column
            )


def test_stuck_deals_are_those_beyond_the_median_of_their_stage(core: Core, marts: duckdb.DuckDBPyConnection) -> None:
    """In days of the reporting time zone, here UTC; the stage is the deal's, also where its history says another."""
    stays = marts.sql("select opportunity_id, stage, entered_at, exited_at from core.fct_opportunity_stage_event").df()
    stays["entered_on"], stays["exited_on"] = stays.entered_at.dt.normalize(), stays.exited_at.dt.normalize()
    over = stays[stays.exited_at.notna()]
    median = (over.exited_on - over.entered_on).dt.days.groupby(over.stage).median()
    standing = stays[stays.exited_at.isna()].groupby(["opportunity_id", "stage"]).entered_on.max().reset_index()
    deals = core.deal[~core.deal.is_closed].merge(standing, on=["opportunity_id", "stage"])
    deals["days"] = (pd.Timestamp(AS_OF).normalize() - deals.entered_on).dt.days
    stuck = deals[deals.days > deals.stage.map(median)]
    assert len(stuck) > 10
    assert sorted(zip(stuck.opportunity_id, stuck.stage, stuck.days, strict=True)) == sorted(
        marts.sql(
            "select opportunity_id, stage, days_in_stage from reviews.review_team_meeting__stuck_deals"
        ).fetchall()
    )
