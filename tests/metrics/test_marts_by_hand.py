"""Every mart of the metrics schema against figures worked by hand on a small company.

The company (as of 2025-07-15 12:00 UTC, maturity 90 days). Leads, all created in January 2025 unless said:

    L1 Web/paid   mql handed_off accepted sql sales_ready -> O1 (won 2025-03-10, 1000, sourced)        customer A1
    L2 Web/paid   mql handed_off accepted sql             -> O2 (lost 2025-04-02, 500, influenced)
    L3 Web/paid   mql handed_off rejected (not_ready) -> later O3 (open, qualified, 700, sourced)
    L4 Web/direct handed off, unanswered, SLA lapsed, outside the ICP
    L5 Referral   nothing
    L6 Web/paid   created 2025-06-20, mql, handed off yesterday, neither answered nor lapsed
    Deals without a lead: O4 renewal won 2025-03-31 (300), O5 second new-business win of A1 2025-05-05 (400),
    O6 reopened: open now, qualified 2025-02-01 (900).
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.metrics.marts import Warehouse

JAN, MAR, APR, MAY, JUN, JUL = (date(2025, month, 1) for month in (1, 3, 4, 5, 6, 7))
Q1, Q2 = date(2025, 1, 1), date(2025, 4, 1)


def fill(w: Warehouse) -> None:
    w.add("core.dim_owner", owner_id="u1", name="Ann", team="Inside")
    lead = {"lead_source": "Web", "channel": "paid", "campaign_id": "c1", "owner_id": "u1", "created_at": "2025-01-10"}
    reached = {"mql_at": "2025-01-11", "handed_off_at": "2025-01-13 09:00"}
    w.add(
        "core.fct_lead", lead_id="L1", account_id="A1", **lead, **reached, accepted_at="2025-01-13 10:00",
        sql_at="2025-01-20", sales_ready_at="2025-01-25", opportunity_at="2025-02-01", opportunity_id="O1",
    )  # fmt: skip
    w.add(
        "core.fct_lead", lead_id="L2", account_id="A2", **lead, **reached, accepted_at="2025-01-13 13:00",
        sql_at="2025-01-22", opportunity_at="2025-02-10", opportunity_id="O2",
    )  # fmt: skip
    w.add(
        "core.fct_lead", lead_id="L3", account_id="A3", **lead, **reached, rejected_at="2025-01-15",
        rejection_reason="not_ready", opportunity_at="2025-05-01", opportunity_id="O3",
    )  # fmt: skip
    w.add(
        "core.fct_lead", lead_id="L4", lead_source="Web", channel="direct", created_at="2025-01-31 23:00",
        handed_off_at="2025-02-03 09:00", owner_id="u1",
    )  # fmt: skip
    w.add("core.fct_lead", lead_id="L5", lead_source="Referral", channel=None, created_at="2025-01-02")
    w.add(
        "core.fct_lead", lead_id="L6", **(lead | {"created_at": "2025-06-20"}), mql_at="2025-07-01",
        handed_off_at="2025-07-14 20:00",
    )  # fmt: skip

    def handoff(lead_id: str, number: int = 1, at: str = "2025-01-13 09:00", **values: Any) -> None:
        w.add("core.fct_handoff", lead_id=lead_id, handoff_number=number, handed_off_at=at, owner_id="u1", **values)

    answered = {"is_within_sla": True, "is_icp_fit": True}
    handoff("L1", response_at="2025-01-13 10:00", response_hours=1, response_business_hours=1, **answered,
            decision="accepted", decided_at="2025-01-13 10:00")  # fmt: skip
    handoff("L2", response_at="2025-01-13 13:00", response_hours=4, response_business_hours=4, **answered,
            decision="accepted", decided_at="2025-01-13 13:00")  # fmt: skip
    handoff("L3", response_at="2025-01-15 09:00", response_hours=48, response_business_hours=16, is_within_sla=False,
            is_icp_fit=None, decision="rejected", decided_at="2025-01-15 09:00", rejection_reason="not_ready",
    )  # fmt: skip
    handoff("L3", 2, "2025-04-10 09:00", response_at="2025-04-10 10:00", response_hours=1, response_business_hours=1,
            is_within_sla=True, is_icp_fit=False, decision="accepted", decided_at="2025-04-10 10:00")  # fmt: skip
    handoff("L4", at="2025-02-03 09:00", is_within_sla=False, is_icp_fit=False)
    handoff("L6", at="2025-07-14 20:00", is_within_sla=None, is_icp_fit=True)

    for lead_id in ("L1", "L2", "L3"):
        w.add("core.fct_lead_stage_event", lead_id=lead_id, stage="mql", basis="definition", entered_at="2025-01-11")
    for lead_id in ("L1", "L2", "L4"):
        w.add("core.fct_lead_stage_event", lead_id=lead_id, stage="mql", basis="crm", entered_at="2025-01-11")
    for lead_id in ("L1", "L2"):
        w.add("core.fct_lead_stage_event", lead_id=lead_id, stage="sql", basis="crm", entered_at="2025-01-20")

    def deal(opportunity_id: str, amount: int, created: str, **values: Any) -> None:
        slices = {"lead_source": "Web", "channel": "paid", "campaign_id": "c1", "is_new_business": True}
        w.add(
            "core.fct_opportunity", opportunity_id=opportunity_id, amount=amount, created_at=created,
            **(slices | {"is_closed": False, "is_won": False, "is_qualified": True} | values),
        )  # fmt: skip

    won = {"is_closed": True, "is_won": True}
    deal("O1", 1000, "2025-02-01", lead_id="L1", account_id="A1", qualified_at="2025-02-05",
         is_marketing_sourced=True,
         closed_at="2025-03-10 12:00", close_date="2025-03-10", cycle_days=37, is_customer_acquired=True,
         **won)  # fmt: skip
    deal("O2", 500, "2025-02-10", lead_id="L2", account_id="A2", qualified_at="2025-02-11", is_closed=True,
         closed_at="2025-04-02 12:00", close_date="2025-04-02", cycle_days=51, is_marketing_influenced_pipeline=True,
         loss_reason="Price", competitor="Acme")  # fmt: skip
    deal("O3", 700, "2025-05-01", lead_id="L3", account_id="A3", qualified_at="2025-05-03", is_marketing_sourced=True,
         is_marketing_influenced_pipeline=True)  # fmt: skip
    deal("O4", 300, "2025-03-01", account_id="A9", is_new_business=False, qualified_at="2025-03-31 12:00",
         closed_at="2025-03-31 12:00", close_date="2025-03-31", cycle_days=30, lead_source="Referral",
         channel="unattributed", campaign_id=None, **won)  # fmt: skip
    deal("O5", 400, "2025-04-01", account_id="A1", qualified_at="2025-04-02", closed_at="2025-05-05",
         close_date="2025-05-05", cycle_days=34, is_marketing_influenced_revenue=True, **won)  # fmt: skip
    deal("O6", 900, "2025-01-20", account_id="A6", qualified_at="2025-02-01", channel="unattributed", campaign_id=None)

    w.add("intermediate.int_opportunity_touch", opportunity_id="O3", first_marketing_touch_at="2025-05-10 08:00")
    w.add("core.fct_spend", spend_date="2025-01-05", platform="google_ads", channel="paid", campaign_id="c1", cost=90)
    w.add("core.fct_spend", spend_date="2025-01-06", platform="google_ads", channel="paid", campaign_id="c1", cost=30)
    w.add("core.fct_spend", spend_date="2025-03-06", platform="google_ads", channel="paid", campaign_id="c2", cost=50)
    w.add("staging.stg_definitions__sales_costs", month_start=MAR, cost=150)
    for month, metric, value in (
        (JAN, "leads", 5), (MAR, "revenue", 2600), (JUL, "leads", 23), (MAR, "cost_per_customer", 100),
        (MAR, "win_rate", 1), (date(2025, 8, 1), "leads", 9), (JAN, "no_such_metric", 3), (JUL, "customers", 2),
    ):  # fmt: skip
        w.add("staging.stg_definitions__targets", month_start=month, metric=metric, value=value)

    for outcome, at in (
        ("Price", "2025-03-02"), ("price ", "2025-03-09"), ("Price", "2025-03-10"), ("To come", "2999-01-01"),
    ):  # fmt: skip
        w.add("intermediate.int_lead_activity", lead_id="L1", outcome=outcome, happened_at=at)

    w.add("staging.stg_definitions__lead_sources", crm_value="www", crm_value_key="www", lead_source="Web")
    for rule in ("name", "reachable"):
        w.add("staging.stg_definitions__completeness", rule=rule)
    for native_id, failed, admitted in (("1", "", True), ("2", "name", True), ("3", "name|reachable", False)):
        w.add("intermediate.int_lead_record", record_id=f"sf:{native_id}", source_system="sf", native_id=native_id,
              lead_source="WWW ", created_at="2024-12-31", is_judged=True, is_admitted=admitted,
              first_failed_rules=failed, is_complete_at_first=failed == "")  # fmt: skip
    w.add("intermediate.int_lead_record", record_id="sf:4", is_judged=False, created_at="2024-12-31")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("by_hand"), as_of="2025-07-15 12:00")
    fill(warehouse)
    return warehouse.build()


CASES = [
    (
        "funnel of the paid January cohort: three leads, all MQL",
        "select * from metrics.lead_funnel where cohort_month = '2025-01-01' and channel = 'paid'",
        {"leads": 3, "mqls": 3, "handed_off": 3, "accepted": 2, "rejected": 1, "sqls": 2, "sales_ready": 1,
         "opportunities": 3, "customers": 1, "mql_rate": 1.0, "sql_rate": 2 / 3, "sales_ready_rate": 1 / 3,
         "mql_to_sql_rate": 2 / 3, "lead_to_opportunity_rate": 1.0, "handoff_to_opportunity_rate": 1.0,
         "customer_acquisition_rate": 1 / 3, "is_mature": True},
    ),
    (
        "a lead without channel keeps its row, rates of nothing are null",
        "select * from metrics.lead_funnel where lead_source = 'Referral'",
        {"channel": None, "campaign_id": None, "leads": 1, "mqls": 0, "mql_rate": 0.0, "mql_to_sql_rate": None,
         "handoff_to_opportunity_rate": None},
    ),
    ("a young cohort is not mature", "select is_mature, leads from metrics.lead_funnel where cohort_month = "
                                     "'2025-06-01'",
     {"is_mature": False, "leads": 1}),
    (
        "speed: hours 1, 4, 48: median 4, p90 = 4 + 0.8 x 44",
        "select * from metrics.speed_to_follow_up where week_start = '2025-01-13'",
        {"handed_off": 3, "answered": 3, "lapsed_unanswered": 0, "within_sla": 2, "sla_attainment": 2 / 3,
         "median_response_hours": 4.0, "p90_response_hours": 39.2, "median_response_business_hours": 4.0,
         "p90_response_business_hours": 13.6, "team": "Inside"},
    ),
    ("an unanswered lead past its SLA counts as late", "select * from metrics.speed_to_follow_up where week_start = "
                                                       "'2025-02-03'",
     {"handed_off": 1, "answered": 0, "lapsed_unanswered": 1, "sla_attainment": 0.0, "median_response_hours": None}),
    ("a lead within its SLA time has no verdict yet", "select * from metrics.speed_to_follow_up where week_start = "
                                                      "'2025-07-14'",
     {"handed_off": 1, "answered": 0, "lapsed_unanswered": 0, "within_sla": 0, "sla_attainment": None}),
    ("one rejection of three decisions in the week", "select * from metrics.rejections",
     {"week_start": date(2025, 1, 13), "reason": "not_ready", "rejected": 1, "decided": 3, "rejection_rate": 1 / 3}),
    ("pipeline of February, paid: O1 and O2", "select * from metrics.pipeline_contribution where month_start = "
                                              "'2025-02-01'",
     {"pipeline_created": 1500, "pipeline_sourced": 1000, "pipeline_influenced": 500, "opportunities": 2,
      "sourced_share": 2 / 3, "influenced_share": 1 / 3}),
    ("open on 2025-03-09: O1, O2, O6", "select * from metrics.active_pipeline where date_day = '2025-03-09'",
     {"open_pipeline": 2400, "sourced_share": 1000 / 2400, "influenced_share": 0.0, "open_opportunities": 3}),
    ("closed on 2025-03-10, O1 is out that evening", "select * from metrics.active_pipeline where date_day = "
                                                     "'2025-03-10'",
     {"open_pipeline": 1400, "sourced_share": 0.0}),
    ("O3 is not influenced before its first touch", "select * from metrics.active_pipeline where date_day = "
                                                    "'2025-05-09'",
     {"open_pipeline": 1600, "influenced_share": 0.0, "sourced_share": 700 / 1600}),
    ("and from that day on", "select * from metrics.active_pipeline where date_day = '2025-05-10'",
     {"influenced_share": 700 / 1600}),
    ("the last day is the as-of day", "select max(date_day) as last, min(date_day) as first from "
                                      "metrics.active_pipeline",
     {"first": date(2025, 2, 1), "last": date(2025, 7, 15)}),
    (
        "first quarter, Web: O1 won; L1, L2 are its SQLs; L3 rejected and recycled",
        "select * from metrics.source_performance where quarter_start = '2025-01-01' and lead_source = 'Web'",
        {"won": 1, "lost": 0, "win_rate_count": 1.0, "won_amount": 1000, "win_rate_amount": 1.0,
         "median_lead_to_won_days": 59.0, "median_opportunity_cycle_days": 37.0, "revenue": 1000, "sqls": 2,
         "sql_customers": 1, "sql_to_customer_rate": 0.5, "recycled_conversion_rate": 1.0, "is_mature": True},
    ),
    (
        "second quarter, Web: O2 lost after 51 days, O5 won after 34",
        "select * from metrics.source_performance where quarter_start = '2025-04-01' and lead_source = 'Web'",
        {"won": 1, "lost": 1, "win_rate_count": 0.5, "won_amount": 400, "lost_amount": 500, "win_rate_amount": 4 / 9,
         "median_lead_to_won_days": None, "median_opportunity_cycle_days": 42.5, "mean_opportunity_cycle_days": 42.5,
         "p90_opportunity_cycle_days": 49.3, "sqls": 0, "sql_to_customer_rate": None},
    ),
    ("a renewal is revenue and neither a win nor a loss", "select * from metrics.source_performance where lead_source "
                                                          "= 'Referral' and quarter_start = '2025-01-01'",
     {"won": 0, "lost": 0, "win_rate_count": None, "revenue": 300, "median_opportunity_cycle_days": None}),
    ("A1 became a customer in March", "select * from metrics.revenue_by_source where month_start = '2025-03-01' and "
                                      "channel = 'paid'",
     {"revenue": 1000, "customers": 1, "new_business_revenue": 1000, "shared_revenue": 1000}),
    ("and not again in May; O5 has no lead that reached SQL", "select * from metrics.revenue_by_source where "
                                                              "month_start = '2025-05-01'",
     {"revenue": 400, "customers": 0, "shared_revenue": 0}),
    ("January, paid: 120 on three leads", "select * from metrics.cost_efficiency where month_start = '2025-01-01' and "
                                          "channel = 'paid'",
     {"spend": 120, "leads": 3, "mqls": 3, "cost_per_lead": 40.0, "cost_per_mql": 40.0, "qualified_opportunities": 0,
      "cost_per_qualified_opportunity": None, "cost_per_customer": None}),
    ("leads without spend cost null, not nothing", "select * from metrics.cost_efficiency where month_start = "
                                                   "'2025-01-01' and channel = 'direct'",
     {"spend": None, "leads": 1, "cost_per_lead": None}),
    ("spend without leads", "select * from metrics.cost_efficiency where campaign_id = 'c2'",
     {"spend": 50, "leads": 0, "cost_per_lead": None}),
    ("a reason that was not given on a day has its row: decided adds up", "select * from "
     "metrics.metric_rejection_reason where decided_on = '2025-04-10'",
     {"reason": "not_ready", "lead_source": "Web", "campaign_id": "c1", "rejected": 0, "decided": 1}),
    ("a quarter's rate against the mean of its targets", "select * from metrics.plan_vs_actual_quarter where metric = "
     "'cost_per_customer'",
     {"quarter_start": Q1, "target": 100.0, "actual": 170.0, "attainment": 100 / 170, "status": "behind"}),
    ("what adds up needs the targets of all three months", "select * from metrics.plan_vs_actual_quarter where metric "
     "= 'leads' and quarter_start = '2025-01-01'",
     {"target": 5.0, "target_months": 1, "actual": 5.0, "attainment": None, "status": None}),
    ("a quarter under way with a target in one month", "select * from metrics.plan_vs_actual_quarter where "
     "metric = 'customers'",
     {"quarter_start": date(2025, 7, 1), "target": 2.0, "actual": 0.0, "status": None}),
    ("blockers of a week: L3 late", "select * from reviews.review_team_meeting__blockers where week_start = "
     "'2025-01-13'",
     {"blocker": "Answered or left past the SLA", "cases": 1}),
    ("what sales says of a source", "select * from reviews.review_pipeline_review__quality where month_start = "
     "'2025-01-01' and verdict = 'not_ready'",
     {"lead_source": "Web", "decisions": 1, "decided": 3, "rejection_rate": 1 / 3}),
    ("March: 50 spend, 150 sales cost, one customer", "select * from metrics.acquisition_cost where month_start = "
                                                      "'2025-03-01'",
     {"spend": 50, "sales_cost": 150, "customers": 1, "cost_per_customer": 50.0, "customer_acquisition_cost": 200.0}),
    ("January: no customer, no cost of one", "select * from metrics.acquisition_cost where month_start = '2025-01-01'",
     {"spend": 120, "sales_cost": None, "customers": 0, "cost_per_customer": None, "customer_acquisition_cost": None}),
    ("guarantee: the first handoff of February was outside", "select * from metrics.lead_guarantee where month_start "
                                                             "= '2025-02-01'",
     {"handed_off": 1, "credits": 1}),
    ("guarantee: unknown fit is no credit, second handoffs do not count", "select sum(handed_off) as handed_off, "
                                                                          "sum(credits) as credits, sum(fit_unknown) "
                                                                          "as unknown from metrics.lead_guarantee",
     {"handed_off": 5, "credits": 1, "unknown": 1}),
    ("plan: what adds up, past month", "select * from metrics.plan_vs_actual where month_start = '2025-01-01' and "
                                       "metric = 'leads'",
     {"target": 5.0, "actual": 5.0, "attainment": 1.0, "paced_target": 5.0, "status": "on_plan"}),
    ("plan: current month, 11 of 23 working days, no lead yet", "select * from metrics.plan_vs_actual where "
                                                                "month_start = '2025-07-01' and metric = 'leads'",
     {"target": 23.0, "actual": 0.0, "attainment": 0.0, "paced_target": 11.0, "status": "behind"}),
    ("plan: a rate compares directly", "select * from metrics.plan_vs_actual where month_start = '2025-03-01' and "
                                       "metric = 'win_rate'",
     {"actual": 1.0, "attainment": 1.0, "paced_target": 1.0, "status": "on_plan"}),
    ("plan: lower is better", "select * from metrics.plan_vs_actual where metric = 'cost_per_customer'",
     {"target": 100.0, "actual": 50.0, "attainment": 2.0, "status": "ahead"}),
    ("plan: months to come wait", "select * from metrics.plan_vs_actual where month_start = '2025-08-01'",
     {"actual": None, "paced_target": None, "status": None}),
    ("plan: an unknown metric keeps its target", "select * from metrics.plan_vs_actual where metric = 'no_such_metric'",
     {"target": 3.0, "actual": None, "status": None}),
    ("objections: one lost deal, one lead called twice, one theme", "select sum(opportunities) as opportunities, "
                                                                    "sum(leads) as leads, sum(amount) as amount from "
                                                                    "metrics.objections where theme = 'Price'",
     {"opportunities": 1, "leads": 1, "amount": Decimal("500.00")}),
    ("audit of January MQLs, Web: L1, L2 both; L3 definition; L4 the CRM", "select * from metrics.definition_audit "
                                                                           "where month_start = '2025-01-01' and "
                                                                           "stage = 'mql' and lead_source = 'Web'",
     {"agreed_and_crm": 2, "crm_only": 1, "definition_only": 1, "neither": 0, "agreement": 0.5, "taken_from_crm": 0}),
    ("audit: a stage without criteria takes the CRM's word", "select * from metrics.definition_audit where "
                                                             "month_start = '2025-01-01' and stage = 'sql' and "
                                                             "lead_source = 'Web'",
     {"agreed_and_crm": 2, "neither": 2, "agreement": 1.0, "taken_from_crm": 2}),
    ("completeness as a whole, in the "
     "week across the year's end", "select * from metrics.lead_completeness where rule = 'all'",
     {"week_start": date(2024, 12, 30), "lead_source": "Web", "delivered": 3, "incomplete": 2, "released": 1,
      "still_held": 1, "completeness_rate": 1 / 3}),
    ("completeness by rule", "select * from metrics.lead_completeness where rule = 'reachable'",
     {"delivered": 3, "incomplete": 1, "released": 0, "still_held": 1, "completeness_rate": 2 / 3}),
    ("scoreboard of March", "select * from metrics.scoreboard where month_start = '2025-03-01' and metric = "
                            "'shared_revenue'",
     {"value": 1000.0, "prior": 0.0, "unit": "USD", "better": "higher", "owners": "marketing, sales",
      "as_of_date": date(2025, 7, 15)}),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_mart_equals_the_figure_worked_by_hand(company: Warehouse, sql: str, expected: dict[str, Any]) -> None:
    found = company.one(sql)
    assert {name: found[name] for name in expected} == pytest.approx(expected)


MONTHS = [
    ("leads", JAN, 5.0), ("mqls", JAN, 3.0), ("sqls", JAN, 2.0), ("sales_ready", JAN, 1.0), ("mql_rate", JAN, 0.6),
    ("sql_rate", JAN, 0.4), ("sales_ready_rate", JAN, 0.2), ("mql_to_sql_rate", JAN, 2 / 3),
    ("lead_to_opportunity_rate", JAN, 0.6), ("handoff_to_opportunity_rate", JAN, 0.75),
    ("customer_acquisition_rate", JAN, 0.2), ("sql_to_customer_rate", JAN, 0.5), ("recycled_conversion_rate", JAN, 1.0),
    ("speed_to_follow_up", JAN, 4.0), ("speed_to_follow_up_p90", JAN, 39.2), ("speed_to_follow_up_business", JAN, 4.0),
    ("sla_attainment", JAN, 2 / 3), ("rejection_rate", JAN, 1 / 3), ("rejection_rate", APR, 0.0),
    ("lead_guarantee_credits", date(2025, 2, 1), 1.0), ("pipeline_created", date(2025, 2, 1), 1500.0),
    ("pipeline_sourced_by_marketing", date(2025, 2, 1), 1000.0), ("pipeline_sourced_share", date(2025, 2, 1), 2 / 3),
    ("pipeline_influenced_by_marketing", date(2025, 2, 1), 500.0), ("pipeline_influenced_share", MAY, 1.0),
    ("qualified_opportunities", MAR, 0.0), ("open_pipeline", MAR, 1400.0), ("open_pipeline", JUL, 1600.0),
    ("active_pipeline_sourced_share", JUL, 700 / 1600), ("active_pipeline_influenced_share", JUL, 700 / 1600),
    ("win_rate", MAR, 1.0), ("win_rate", APR, 0.0), ("win_rate", JUN, None), ("win_rate_amount", MAR, 1.0),
    ("lead_to_won_days", MAR, 59.0), ("sales_cycle_days", MAR, 37.0), ("revenue", MAR, 1300.0), ("revenue", JUN, 0.0),
    ("shared_revenue", MAR, 1000.0), ("customers", MAR, 1.0), ("customers", MAY, 0.0), ("spend", JAN, 120.0),
    ("cost_per_lead", JAN, 24.0), ("cost_per_mql", JAN, 40.0), ("cost_per_qualified_opportunity", MAR, None),
    ("cost_per_customer", MAR, 50.0), ("customer_acquisition_cost", MAR, 200.0),
    ("completeness_rate", date(2024, 12, 1), None),
    ("definition_agreement", JAN, 4 / 7),  # mql 2 of 4, sql 2 of 2, sales_ready 0 of 1
]  # fmt: skip


QUARTERS = [
    ("lead_to_opportunity_rate", Q1, 0.6), ("speed_to_follow_up", Q1, 4.0),
    ("sla_attainment", Q1, 0.5),  # L1, L2 in time; L3 late; L4 lapsed
    ("rejection_rate", Q1, 1 / 3), ("pipeline_created", Q1, 2700.0), ("pipeline_created", Q2, 1100.0),
    ("open_pipeline", Q1, 1400.0), ("win_rate", Q2, 0.5), ("win_rate_amount", Q2, 4 / 9),
    ("sales_cycle_days", Q2, 42.5),  # O2 51, O5 34: not the mean of the months' medians alone
    ("revenue", Q1, 1300.0), ("spend", Q1, 170.0), ("cost_per_customer", Q1, 170.0),
    ("customer_acquisition_cost", Q1, 200.0),  # March alone has its sales cost
    ("cost_per_customer", Q2, None), ("definition_agreement", Q1, 4 / 7),
]  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "quarter", "value"), QUARTERS, ids=[f"{name} {day:%b}" for name, day, _ in QUARTERS]
)
def test_quarterly_figure_by_hand(company: Warehouse, metric: str, quarter: date, value: float | None) -> None:
    found = company.one(
        f"select value from metrics.metric_quarter where metric = '{metric}' and quarter_start = '{quarter}'"
    )
    assert found["value"] == pytest.approx(value)


@pytest.mark.parametrize(("metric", "month", "value"), MONTHS, ids=[f"{name} {month:%b}" for name, month, _ in MONTHS])
def test_monthly_figure_by_hand(company: Warehouse, metric: str, month: date, value: float | None) -> None:
    found = company.rows(
        f"select value from metrics.metric_month where metric = '{metric}' and month_start = '{month}'"
    )
    assert [row["value"] for row in found] == ([pytest.approx(value)] if metric != "completeness_rate" else [])


def test_every_metric_has_every_month_once(company: Warehouse) -> None:
    shape = company.one(
        "select count(*) as n, count(distinct metric) as metrics, count(distinct month_start) as months,"
        " min(month_start) as first, max(month_start) as last from metrics.metric_month"
    )
    assert shape["n"] == shape["metrics"] * shape["months"]
    assert (shape["first"], shape["last"]) == (JAN, JUL)
