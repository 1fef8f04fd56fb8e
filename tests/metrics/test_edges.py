"""Edge rules of the metrics: time zones, the year's end, maturity to the day, back-planning, history."""

import os
import random
import re
import shutil
from datetime import date
from pathlib import Path
from unittest.mock import patch

import duckdb
import pytest

from handoff.errors import HandoffError
from handoff.planning import Step, describe, what_if
from handoff.settings import DBT_PROJECT, Settings
from orchestration import dbt_project
from tests.metrics.marts import Warehouse


@pytest.mark.parametrize(
    ("zone", "cohort", "week"),
    [
        ("UTC", date(2025, 1, 1), date(2024, 12, 30)),
        ("America/Los_Angeles", date(2024, 12, 1), date(2024, 12, 30)),
        ("Pacific/Auckland", date(2025, 1, 1), date(2024, 12, 30)),
        ("Asia/Tokyo", date(2025, 1, 1), date(2024, 12, 30)),
    ],
)
def test_periods_are_cut_in_the_reporting_time_zone(tmp_path: Path, zone: str, cohort: date, week: date) -> None:
    """Created 2025-01-01 03:00 UTC: still 31 December in Los Angeles, and the same week 1 everywhere."""
    w = Warehouse(tmp_path, as_of="2025-06-01 12:00", settings={"reporting_timezone": zone})
    w.add("core.fct_lead", lead_id="L", lead_source="Web", created_at="2025-01-01 03:00")
    w.add("core.fct_handoff", lead_id="L", handoff_number=1, handed_off_at="2025-01-01 03:00", is_within_sla=False)
    w.build()
    assert w.one("select cohort_month from metrics.lead_funnel")["cohort_month"] == cohort
    assert w.one("select week_start from metrics.speed_to_follow_up")["week_start"] == week


@pytest.mark.parametrize(
    ("zone", "as_of", "today"),
    [
        ("America/Los_Angeles", "2025-06-01 05:00", date(2025, 5, 31)),
        ("Pacific/Auckland", "2025-05-31 13:00", date(2025, 6, 1)),
    ],
)
def test_the_as_of_day_is_one_of_the_reporting_time_zone(tmp_path: Path, zone: str, as_of: str, today: date) -> None:
    w = Warehouse(tmp_path, as_of=as_of, settings={"reporting_timezone": zone})
    w.add("core.fct_lead", lead_id="L", lead_source="Web", created_at="2025-01-01 03:00")
    w.build()
    assert w.one("select distinct as_of_date from metrics.scoreboard")["as_of_date"] == today


@pytest.mark.parametrize(("as_of", "is_mature"), [("2025-04-30 23:00", False), ("2025-05-01 00:00", True)])
def test_a_cohort_matures_on_the_day_its_window_is_over(tmp_path: Path, as_of: str, is_mature: bool) -> None:
    """The January cohort ends on 31 January; 90 days later it is 1 May."""
    w = Warehouse(tmp_path, as_of=as_of)
    w.add("core.fct_lead", lead_id="L", lead_source="Web", created_at="2025-01-15")
    w.build()
    assert w.one("select is_mature from metrics.lead_funnel")["is_mature"] is is_mature


@pytest.mark.parametrize(("as_of", "is_mature"), [("2025-03-31 23:00", False), ("2025-04-01 00:00", True)])
def test_maturity_is_that_of_the_as_of_day(tmp_path: Path, as_of: str, is_mature: bool) -> None:
    """90 days until April, then 30: the January cohort, over 60 days old on 1 April, matures at once."""
    w = Warehouse(tmp_path, as_of=as_of)
    change = "update staging.stg_definitions__setting set effective_to = '2025-04-01' where setting = 'maturity_days'"
    w.con.execute(change)
    w.add("staging.stg_definitions__setting", setting="maturity_days", value="30", effective_from="2025-04-01",
          effective_to="9999-12-31")  # fmt: skip
    w.add("core.fct_lead", lead_id="L", lead_source="Web", created_at="2025-01-15")
    w.build()
    assert w.one("select is_mature from metrics.lead_funnel")["is_mature"] is is_mature


def test_a_deal_from_before_the_calendar_is_open_all_along(tmp_path: Path) -> None:
    w = Warehouse(tmp_path, as_of="2025-05-31 12:00")
    for key, day in (("OLD", "1985-01-01"), ("NEW", "2025-05-01")):
        w.add("core.fct_opportunity", opportunity_id=key, lead_source="Web", is_won=False, is_closed=False,
              is_new_business=True, is_qualified=True, amount=5, created_at=day, qualified_at=day)  # fmt: skip
    w.build()
    days = w.con.execute("select open_pipeline from metrics.active_pipeline order by date_day").fetchall()
    assert (days[0], days[-1]) == ((5,), (10,))


def test_a_quarter_to_date_has_no_costs_of_months_to_come(tmp_path: Path) -> None:
    w = Warehouse(tmp_path, as_of="2025-05-31 12:00")
    w.add("core.fct_lead", lead_id="L", lead_source="Web", created_at="2025-04-01")
    w.add("staging.stg_definitions__sales_costs", month_start="2025-03-01", cost=30)
    for day, is_planned in (("2025-04-05", False), ("2025-06-05", True)):
        w.add("core.fct_spend", spend_date=day, platform="google_ads", channel="paid", cost=90, is_planned=is_planned)
        w.add("staging.stg_definitions__sales_costs", month_start=day, cost=60)
    w.build()
    assert w.rows("select value from metrics.metric_quarter where metric = 'spend'") == [{"value": 90.0}]
    costs = w.con.execute(
        "select spend, sales_cost, sales_and_marketing_cost from metrics.acquisition_cost order by 1, 2"
    )
    # sales alone cost something, too
    assert costs.fetchall() == [(90, 60, 150), (90, None, None), (None, 30, 30)]


def test_open_pipeline_begins_with_a_deal_that_was_won_on_the_day_it_was_qualified(tmp_path: Path) -> None:
    w = Warehouse(tmp_path, as_of="2025-02-28")
    for key, day, closed in (("won", "2025-01-10", "2025-01-10"), ("open", "2025-02-01", None)):
        w.add("core.fct_opportunity", opportunity_id=key, lead_source="Web", is_won=closed is not None,
              is_closed=closed is not None, is_new_business=True, is_qualified=True, amount=5, created_at=day,
              qualified_at=day, closed_at=closed, close_date=closed)  # fmt: skip
    w.build()
    days = w.con.execute("select date_day, open_pipeline from metrics.active_pipeline order by date_day").fetchall()
    assert (days[0], days[-1]) == ((date(2025, 1, 10), 0), (date(2025, 2, 28), 5))


def test_what_is_closed_now_is_not_open_until_a_close_day_to_come(tmp_path: Path) -> None:
    w = Warehouse(tmp_path, as_of="2025-02-28 12:00")
    w.add("core.fct_opportunity", opportunity_id="O", lead_source="Web", is_won=False, is_closed=True,
          is_new_business=True, is_qualified=True, amount=5, created_at="2025-01-10", qualified_at="2025-01-10",
          closed_at="2025-06-30 23:59:59", close_date="2025-06-30")  # fmt: skip
    w.build()
    days = w.con.execute("select open_pipeline from metrics.active_pipeline order by date_day").fetchall()
    assert days[-2:] == [(5,), (0,)]


def test_a_deal_closes_in_the_period_of_its_close_day(tmp_path: Path) -> None:
    """Its close day is 31 March, the CRM was told on 2 April: won in March and in the first quarter."""
    w = Warehouse(tmp_path, as_of="2025-05-31 12:00")
    w.add("core.fct_opportunity", opportunity_id="O", lead_source="Web", is_won=True, is_closed=True,
          is_new_business=True, is_qualified=True, is_customer_acquired=True, amount=5, created_at="2025-01-01",
          qualified_at="2025-01-01", closed_at="2025-04-02 10:00", close_date="2025-03-31")  # fmt: skip
    w.build()
    assert w.one("select month_start, revenue, customers from metrics.revenue_by_source") == {
        "month_start": date(2025, 3, 1),
        "revenue": 5,
        "customers": 1,
    }
    won = w.one("select quarter_start, won, revenue from metrics.source_performance where won > 0 or revenue > 0")
    assert won == {"quarter_start": date(2025, 1, 1), "won": 1, "revenue": 5}
    for metric, value in (("revenue", 5.0), ("win_rate", 1.0), ("customers", 1.0)):
        sql = f"select month_start, value from metrics.metric_month where metric = '{metric}' and value > 0"
        assert w.one(sql) == {"month_start": date(2025, 3, 1), "value": value}


def test_a_rejection_without_an_agreed_reason_is_counted_and_shown_by_owner(tmp_path: Path) -> None:
    """Four rejections in the week, two without a reason, one with a text that nobody knows."""
    w = Warehouse(tmp_path, as_of="2025-02-01")
    w.add("core.dim_owner", owner_id="u", name="Ann")
    for number, reason in enumerate(("missing", "missing", "unmapped", "not_ready", None)):
        w.add("core.fct_lead", lead_id=f"L{number}", lead_source="Web", created_at="2025-01-10")
        w.add("core.fct_handoff", lead_id=f"L{number}", handoff_number=1, handed_off_at="2025-01-13", owner_id="u",
              decision="rejected" if reason else "accepted", decided_at="2025-01-14",
              rejection_reason=reason)  # fmt: skip
    w.build()
    found = w.rows("select reason, rejected, decided, rejection_rate from metrics.rejections order by reason")
    assert [tuple(row.values()) for row in found] == [
        ("missing", 2, 5, 0.4),
        ("not_ready", 1, 5, 0.2),
        ("unmapped", 1, 5, 0.2),
    ]
    page = w.one("select owner_name, rejected, missing, unmapped from reviews.review_rejection_report__unexplained")
    assert page == {"owner_name": "Ann", "rejected": 4, "missing": 2, "unmapped": 1}


def test_owners_that_no_list_knows_are_told_apart_by_their_id(tmp_path: Path) -> None:
    w = Warehouse(tmp_path, as_of="2025-02-01")
    for lead, owner in (("L1", "u7"), ("L2", "u8"), ("L3", None)):
        w.add("core.fct_lead", lead_id=lead, lead_source="Web", created_at="2025-01-10")
        w.add("core.fct_handoff", lead_id=lead, handoff_number=1, handed_off_at="2025-01-13", owner_id=owner,
              decision="rejected", decided_at="2025-01-14")  # fmt: skip
    w.build()
    owners = w.rows("select owner_name from reviews.review_rejection_report__unexplained order by 1")
    assert [row["owner_name"] for row in owners] == ["no owner", "u7", "u8"]


def test_a_lead_rejected_twice_in_a_week_is_one_blocked_lead(tmp_path: Path) -> None:
    w = Warehouse(tmp_path, as_of="2025-02-01")
    w.add("core.fct_lead", lead_id="L", lead_source="Web", created_at="2025-01-10")
    for number, day in ((1, "2025-01-13"), (2, "2025-01-15")):
        w.add("core.fct_handoff", lead_id="L", handoff_number=number, handed_off_at=day, is_within_sla=True,
              is_icp_fit=True, decision="rejected", decided_at=day)  # fmt: skip
    w.build()
    for page in ("team_meeting", "business_review"):
        found = w.one(f"select blocker, cases from reviews.review_{page}__blockers")
        assert found == {"blocker": "Rejected without agreed reason", "cases": 1}


def test_what_was_rejected_before_and_not_this_week_is_in_the_report(tmp_path: Path) -> None:
    """The week of 6 January rejects the one lead of the web, the next accepts one of an event; their campaigns have one
    name."""
    w = Warehouse(tmp_path, as_of="2025-02-01")
    for lead, source, campaign, decided, reason in (
        ("L1", "Web", "google_ads:1", "2025-01-07", "not_ready"),
        ("L2", "Event", "hubspot:1", "2025-01-14", None),
    ):
        w.add("core.dim_campaign", campaign_id=campaign, name="Spring")
        w.add("core.fct_lead", lead_id=lead, lead_source=source, campaign_id=campaign, created_at="2025-01-05")
        w.add("core.fct_handoff", lead_id=lead, handoff_number=1, handed_off_at="2025-01-06", rejection_reason=reason,
              decision="rejected" if reason else "accepted", decided_at=decided)  # fmt: skip
    w.build()
    found = w.rows(
        "select dimension, value, campaign_id, rejected, decided, rejection_rate, rejected_before, decided_before,"
        " rejection_rate_before from reviews.review_rejection_report__rates where week_start = '2025-01-13'"
        " order by 1, 2, 3"
    )
    assert [tuple(row.values()) for row in found] == [
        ("all", "all", None, 0, 1, 0.0, 1, 1, 1.0),
        ("campaign", "Spring", "google_ads:1", 0, 0, None, 1, 1, 1.0),
        ("campaign", "Spring", "hubspot:1", 0, 1, 0.0, 0, 0, None),
        ("reason", "not_ready", None, 0, 1, 0.0, 1, 1, 1.0),
        ("source", "Event", None, 0, 1, 0.0, 0, 0, None),
        ("source", "Web", None, 0, 0, None, 1, 1, 1.0),
    ]
    without_a_decision = w.rows(
        "select week_start, rejected, decided, rejection_rate, rejected_before, decided_before"
        " from reviews.review_rejection_report__rates where dimension = 'all' and week_start > '2025-01-13' order by 1"
    )
    assert [tuple(row.values()) for row in without_a_decision] == [
        (date(2025, 1, 20), 0, 0, None, 1, 2),
        (date(2025, 1, 27), 0, 0, None, 1, 2),
    ]


def test_the_mean_of_the_weeks_before_is_that_of_every_source(tmp_path: Path) -> None:
    """Eight leads of the web in two of the four weeks before, and one of an event in the week."""
    w = Warehouse(tmp_path, as_of="2025-02-01")
    days = ["2025-01-06"] * 5 + ["2025-01-13"] * 3
    for number, (source, day) in enumerate([*(("Web", day) for day in days), ("Event", "2025-01-20")]):
        w.add("core.fct_lead", lead_id=f"L{number}", lead_source=source, created_at=f"{day} 10:00")
    w.build()
    found = w.rows(
        "select lead_source, leads, mean_leads_before from reviews.review_team_meeting__week"
        " where week_start = '2025-01-20' order by 1"
    )
    assert [tuple(row.values()) for row in found] == [("Event", 1, 0.0), ("Web", 0, 2.0)]


def test_a_week_without_a_lead_is_held_against_the_four_before_it(tmp_path: Path) -> None:
    """Two leads in the week that ended; the week under way began today."""
    w = Warehouse(tmp_path, as_of="2025-01-20 02:00")
    for number in range(2):
        w.add("core.fct_lead", lead_id=f"L{number}", lead_source="Web", created_at="2025-01-15 10:00")
    w.build()
    found = w.rows(
        "select week_start, leads, mean_leads_before, mean_wins_before from reviews.review_team_meeting__week"
        " order by week_start"
    )
    assert [tuple(row.values()) for row in found] == [
        (date(2025, 1, 13), 2, 0.0, 0.0),
        (date(2025, 1, 20), 0, 0.5, 0.0),
    ]


def test_a_channel_is_of_marketing_by_the_channel_rules(tmp_path: Path) -> None:
    w = Warehouse(tmp_path, as_of="2025-02-01")
    for channel, is_marketing in (("events", True), ("resellers", False)):
        w.add("core.dim_channel", channel=channel, is_marketing=is_marketing)
    for channel, credited in (("events", 30), ("resellers", 60), ("unattributed", 10)):
        w.add("attribution.attribution_by_channel", month_start="2025-01-01", basis="revenue", model="linear",
              channel=channel, credited_amount=credited)  # fmt: skip
    w.build()
    found = w.rows("select channel, is_marketing, share from reviews.review_attribution__channels order by 1")
    assert [tuple(row.values()) for row in found] == [
        ("events", True, 0.3),
        ("resellers", False, 0.6),
        ("unattributed", False, 0.1),
    ]


def test_what_a_credit_note_takes_from_campaigns_and_content_is_shown(tmp_path: Path) -> None:
    w = Warehouse(tmp_path, as_of="2025-06-02")
    for name, credited in (("sale", 1000), ("credit note", -400), ("nothing", 0)):
        credit = {"basis": "revenue", "model": "last_touch", "channel": "paid", "credited_amount": credited}
        w.add("attribution.attribution_by_campaign", month_start="2025-05-01", campaign_id=name, **credit)
        w.add("attribution.attribution_by_content", month_start="2025-05-01", content=name, **credit)
    w.build()
    for section, key in (("campaigns", "campaign_id"), ("content", "content")):
        found = w.rows(f"select {key}, credited_amount from reviews.review_attribution__{section} order by 1")
        assert [tuple(row.values()) for row in found] == [("credit note", -400), ("sale", 1000)]


def test_a_lead_handed_off_again_does_not_wait_for_its_first_owner(tmp_path: Path) -> None:
    w = Warehouse(tmp_path, as_of="2025-02-01")
    w.add("core.fct_lead", lead_id="L", lead_source="Web", created_at="2025-01-05", opportunity_id="O")
    again = {"decision": "accepted", "decided_at": "2025-01-21", "is_within_sla": True}
    for number, day, became in ((1, "2025-01-06", {"is_within_sla": False}), (2, "2025-01-20", again)):
        w.add("core.fct_handoff", lead_id="L", handoff_number=number, handed_off_at=day, **became)
    w.build()
    found = w.rows("select outcome from reviews.review_lead_review__handoffs order by handoff_number")
    assert [row["outcome"] for row in found] == ["handed off again", "opportunity"]


def test_a_lead_that_says_the_same_in_two_months_is_one_of_the_quarter(tmp_path: Path) -> None:
    w = Warehouse(tmp_path, as_of="2025-05-01")
    w.add("core.fct_lead", lead_id="L", lead_source="Web", created_at="2025-01-05")
    for day in ("2025-01-10", "2025-02-10"):
        w.add("intermediate.int_lead_activity", lead_id="L", outcome="Price", happened_at=day)
    w.add("core.fct_opportunity", opportunity_id="O", lead_source="Web", is_won=False, is_closed=True,
          is_new_business=True, is_qualified=True, amount=5, created_at="2025-01-01", qualified_at="2025-01-01",
          closed_at="2025-03-02 10:00", close_date="2025-03-02", loss_reason="price")  # fmt: skip
    w.build()
    assert w.one("select * from reviews.review_win_loss__reasons") == {
        "quarter_start": date(2025, 1, 1),
        "theme": "Price",
        "theme_types": "disposition, loss_reason",
        "opportunities": 1,
        "leads": 1,
        "amount": 5,
    }


def test_a_running_quarter_is_paced_before_it_has_a_figure(tmp_path: Path) -> None:
    w = Warehouse(tmp_path, as_of="2025-04-10")
    for month in ("2025-04-01", "2025-07-01"):
        w.add("staging.stg_definitions__targets", month_start=month, metric="cost_per_customer", value=1000)
    w.build()
    found = w.rows("select actual, paced_target, status from metrics.plan_vs_actual_quarter order by quarter_start")
    assert [tuple(row.values()) for row in found] == [(None, 1000.0, None), (None, None, None)]


def test_no_data_gives_empty_marts(tmp_path: Path) -> None:
    w = Warehouse(tmp_path, as_of="2025-04-30").build()
    for mart in ("lead_funnel", "metric_month", "active_pipeline", "required_volume", "scoreboard", "objections"):
        assert w.rows(f"select * from metrics.{mart}") == []


def test_money_spent_before_the_first_lead_counts_and_nothing_else_has_begun(tmp_path: Path) -> None:
    w = Warehouse(tmp_path, as_of="2025-04-30")
    w.add("core.fct_spend", spend_date="2025-01-05", platform="google_ads", channel="paid", cost=90)
    w.add("core.fct_spend", spend_date="2025-02-05", platform="google_ads", channel="paid", cost=0)
    deal = {"opportunity_type": "new_business", "is_new_business": True, "is_closed": True, "is_won": True}
    for number, day in enumerate(("2025-02-10", "2025-02-11")):
        w.add(
            "core.fct_opportunity", opportunity_id=f"O{number}", account_id=f"A{number}", created_at="2025-02-01",
            closed_at=day, close_date=day, is_customer_acquired=True, amount=100, **deal,
        )  # fmt: skip
    w.build()
    figure = "select value from metrics.metric_month where month_start = ? and metric = ?"
    began = "select metric, value from metrics.metric_month where month_start = '2025-01-01'"
    assert w.con.execute(began).fetchall() == [("spend", 90.0)]
    # customers where nothing was spent cost null, not 0, in the mart as in the figure
    assert w.con.execute(figure, ["2025-02-01", "cost_per_customer"]).fetchall() == [(None,)]
    mart = w.one("select * from metrics.acquisition_cost where month_start = '2025-02-01'")
    assert (mart["spend"], mart["customers"], mart["cost_per_customer"]) == (0, 2, None)


def test_a_mean_of_targets_is_on_plan_but_for_its_last_digit(tmp_path: Path) -> None:
    """(0.1 + 0.1 + 0.1) / 3 is 0.10000000000000002 in doubles."""
    w = Warehouse(tmp_path, as_of="2025-04-30")
    for number in range(10):
        w.add(
            "core.fct_lead", lead_id=f"L{number}", created_at="2025-01-05", opportunity_id="O" if not number else None
        )
    for month in ("2025-01-01", "2025-02-01", "2025-03-01"):
        w.add(
            "staging.stg_definitions__targets", month_start=month, metric="lead_to_opportunity_rate", value=0.1
        )  # fmt: skip
    w.build()
    plan = w.one("select * from metrics.plan_vs_actual_quarter")
    assert (plan["actual"], plan["status"]) == (0.1, "on_plan")


def test_customer_acquisition_cost_is_divided_before_it_is_rounded(tmp_path: Path) -> None:
    w = Warehouse(tmp_path, as_of="2025-04-30")
    w.add("core.fct_spend", spend_date="2025-01-05", platform="google_ads", channel="paid", cost="10.004900")
    w.add("staging.stg_definitions__sales_costs", month_start="2025-01-01", cost=5)
    w.add(
        "core.fct_opportunity", opportunity_id="O", account_id="A", created_at="2025-01-01", closed_at="2025-01-10",
        close_date="2025-01-10", is_customer_acquired=True, is_closed=True, is_won=True, is_new_business=True,
    )  # fmt: skip
    w.build()
    figure = "select value from metrics.metric_month where metric = 'customer_acquisition_cost' and value is not null"
    assert w.one(figure)["value"] == pytest.approx(15.0049)
    assert w.one("select * from metrics.acquisition_cost")["customer_acquisition_cost"] == pytest.approx(15.0049)


def test_the_touches_before_a_deal_that_was_lost_unqualified(tmp_path: Path) -> None:
    """Up to its creation, as before every other deal: attribution has no path for it."""
    w = Warehouse(tmp_path, as_of="2025-04-30")
    w.add(
        "core.fct_opportunity", opportunity_id="O", created_at="2025-02-01", closed_at="2025-02-10", is_won=False,
        close_date="2025-02-10", is_closed=True, is_new_business=True, is_qualified=False, amount=100,
    )  # fmt: skip
    w.add("intermediate.int_opportunity_window", opportunity_id="O", created_at="2025-02-01")
    for number, (channel, at) in enumerate(
        [("partner", "2025-01-02"), ("email", "2025-01-20"), ("event", "2025-02-05")]
    ):
        w.add(
            "intermediate.int_opportunity_path", opportunity_id="O", touch_id=f"t{number}", channel=channel,
            touched_at=at, content=f"c{number}",
        )  # fmt: skip
    w.build()
    found = w.one("select * from reviews.review_win_loss__deals")
    assert (found["touches"], found["entry_channel"], found["last_channel"], found["last_content"]) == (
        2,
        "partner",
        "email",
        "c1",
    )


def test_completeness_is_told_by_the_source_at_creation_and_the_campaign_of_the_lead(tmp_path: Path) -> None:
    """An admitted record's are its lead's; a held one's source is its first change's old value, unless a filler."""
    w = Warehouse(tmp_path, as_of="2025-04-30")
    record = {
        **{"source_system": "salesforce", "created_at": "2025-01-05", "is_judged": True},
        **{"lead_source": "Referral", "campaign_id": "named"},
    }
    for number, admitted in (("1", True), ("2", False), ("3", False), ("4", False)):
        w.add("intermediate.int_lead_record", record_id=number, is_admitted=admitted, **record)
    w.add("intermediate.int_lead_alias", record_id="1", lead_id="1")
    w.add("intermediate.int_lead", lead_id="1", lead_source="Webinar", campaign_id="named")
    w.add("intermediate.int_lead_touch", lead_id="1", campaign_id="touched")
    w.add("staging.stg_definitions__fillers", value="select")
    for number, old in (("2", "Event"), ("3", "Select")):
        w.add(
            "intermediate.int_lead_change", record_id=number, source_system="salesforce", field="lead_source",
            old_value=old, changed_at="2025-01-05", sequence="1",
        )  # fmt: skip
    w.build()
    found = w.con.execute("select lead_source, campaign_id from metrics.metric_lead_delivery order by record_id")
    assert found.fetchall() == [
        ("Webinar", "touched"),
        *((name, "named") for name in ("Event", "Referral", "Referral")),
    ]


def test_a_win_without_a_close_day_breaks_no_mart(tmp_path: Path) -> None:
    """It is in no month: the marts by month keep it under a null month, the cost of a customer leaves it out."""
    w = Warehouse(tmp_path, as_of="2025-04-30")
    w.add("core.fct_opportunity", opportunity_id="O", lead_source="Web", is_won=True, is_closed=True,
          is_new_business=True, is_qualified=True, is_customer_acquired=True, amount=5)  # fmt: skip
    w.build()
    assert w.rows("select * from metrics.acquisition_cost") == []
    assert w.one("select month_start, revenue, customers from metrics.revenue_by_source") == {
        "month_start": None,
        "revenue": 5,
        "customers": 1,
    }


def planned(path: Path, leads: int, mqls: int, sqls: int, ready: int, customers: int, target: float = 10) -> Warehouse:
    """A nested funnel of the January cohort, planned back from the customers of July."""
    w = Warehouse(path, as_of="2025-07-15")
    for number in range(leads):
        reached = {
            "mql_at": number < mqls, "sql_at": number < sqls, "sales_ready_at": number < ready,
        }  # fmt: skip
        times = {name: "2025-02-01" for name, is_reached in reached.items() if is_reached}
        won = {"opportunity_id": f"O{number}"} if number < customers else {}
        w.add(
            "core.fct_lead",
            lead_id=f"L{number}",
            lead_source="Web",
            channel="paid",
            created_at="2025-01-10",
            **times,
            **won,
        )
        if won:
            w.add("core.fct_opportunity", opportunity_id=f"O{number}", lead_id=f"L{number}", is_won=True,
                  is_closed=True, is_new_business=True, is_qualified=True, is_customer_acquired=True,
                  close_date="2025-03-01",
                  closed_at="2025-03-01", created_at="2025-02-01", amount=1)  # fmt: skip
    w.add("core.fct_spend", spend_date="2025-01-05", channel="paid", cost=500)
    w.add("staging.stg_definitions__targets", month_start="2025-07-01", metric="customers", value=target)
    return w.build()


def test_the_plan_is_read_backwards_stage_by_stage(tmp_path: Path) -> None:
    """100 leads, 50 MQLs, 20 SQLs, 10 sales-ready, 4 customers: ten need 25, 50, 125, 250 and 1,250 of spend."""
    w = planned(tmp_path, 100, 50, 20, 10, 4)
    found = {row["stage"]: row for row in w.rows("select * from metrics.required_volume")}
    assert {stage: row["required"] for stage, row in found.items()} == pytest.approx(
        {"customer": 10, "sales_ready": 25, "sql": 50, "mql": 125, "lead": 250, "spend": 1250}
    )
    assert {stage: row["required_by_any_path"] for stage, row in found.items()} == pytest.approx(
        {"customer": 10, "sales_ready": 25, "sql": 50, "mql": 125, "lead": 250, "spend": 1250}
    )
    # one step: the deviation of the log is the square root of (10 - 4 + 1/2) / (11 x 4.5) = 0.3624
    assert found["sales_ready"]["required_low"] == pytest.approx(25 / 1.5911, rel=1e-3)
    assert found["sales_ready"]["required_high"] == pytest.approx(25 * 1.5911, rel=1e-3)
    widths = [found[stage]["required_high"] / found[stage]["required_low"] for stage in ("sales_ready", "sql", "mql")]
    assert widths == sorted(widths)


def test_no_customer_takes_nothing_whatever_the_rates(tmp_path: Path) -> None:
    """Four customers of the cohort skipped every stage."""
    w = planned(tmp_path, 100, 50, 0, 0, 4, target=0)
    needed = w.rows(
        "select required, required_low, required_by_any_path from reviews.review_pipeline_review__back_plan"
    )
    assert {tuple(row.values()) for row in needed} == {(0.0, 0.0, 0.0)}


def test_the_interval_covers_the_truth_about_eight_times_in_ten() -> None:
    """The mart's formula on simulated cohorts of known rates: lead 0.4, mql 0.3, sql 0.5, sales-ready 0.4."""
    import math

    rng, rates, covered, runs = random.Random(7), (0.4, 0.3, 0.5, 0.4), 0, 1500
    truth = math.prod(rates)
    for _ in range(runs):
        stage, variance, estimate = 600, 0.0, 1.0
        for rate in rates:
            reached = sum(rng.random() < rate for _ in range(stage))
            variance += (stage - reached + 0.5) / ((stage + 1) * (reached + 0.5))
            estimate, stage = estimate * reached / stage if stage else 0.0, reached
        if estimate:
            spread = math.exp(1.2816 * math.sqrt(variance))
            covered += estimate / spread <= truth <= estimate * spread
    assert 0.76 < covered / runs < 0.86


def published(w: Warehouse, home: Path) -> Settings:
    w.con.close()
    (home / "publish").mkdir()
    shutil.copy(home / "warehouse.duckdb", home / "publish" / "marts.duckdb")
    return Settings(_env_file=None, home=home)


def test_a_plan_in_large_amounts_is_read_column_by_column() -> None:
    spend = Step("spend", 140.57, 16_702_081, 14_453_325, 19_300_714, 4_967_569, is_assumed=True)
    lines = describe([Step("mql", 0.5, 12, None, None), spend]).splitlines()
    assert re.split(r"\s{2,}", lines[2]) == [
        *("spend", "16,702,081", "14,453,325 to 19,300,714", "4,967,569", "140.57 a lead (assumed)"),
    ]
    assert len({len(line) for line in lines}) == 1


def test_what_if_changes_one_rate_and_shows_the_rest(tmp_path: Path) -> None:
    w = planned(tmp_path, 100, 50, 20, 10, 4)
    page = w.rows(
        "select stage, required, required_low, required_high, required_by_any_path as any_path from "
        "reviews.review_pipeline_review__back_plan where is_all_sources"
    )
    settings = published(w, tmp_path)
    asked = {step.stage: step.required for step in what_if(settings)}
    assert asked == pytest.approx(
        {"customer": 10, "sales_ready": 25, "sql": 50, "mql": 125, "lead": 250, "spend": 1250}
    )
    for row in page:
        step = next(step for step in what_if(settings) if step.stage == row["stage"])
        figures = ("required", "any_path") if step.stage == "customer" else ("required", "low", "high", "any_path")
        names = {"low": "required_low", "high": "required_high"}
        for figure in figures:
            assert row[names.get(figure, figure)] == pytest.approx(getattr(step, figure), rel=1e-4), row["stage"]
    doubled = {step.stage: step.required for step in what_if(settings, customers=20, rates={"mql": 0.8})}
    assert doubled == pytest.approx(
        {"customer": 20, "sales_ready": 50, "sql": 100, "mql": 125, "lead": 250, "spend": 1250}
    )
    with pytest.raises(HandoffError, match="must be a share"):
        what_if(settings, rates={"mql": 1.4})
    with pytest.raises(HandoffError, match=r"targets.*--customers"):
        what_if(settings, month=date(2031, 1, 1))
    beyond = {step.stage: step.required for step in what_if(settings, month=date(2031, 1, 1), customers=20)}
    assert beyond == pytest.approx({step.stage: 2 * (step.required or 0) for step in what_if(settings)})


@pytest.mark.parametrize(
    ("leads", "reason"), [(0, "there is no lead.*Deliver leads"), (1, "no month has a target.*targets.csv")]
)
def test_what_if_without_any_rates_says_what_is_missing(tmp_path: Path, leads: int, reason: str) -> None:
    w = Warehouse(tmp_path, as_of="2025-07-15")
    for number in range(leads):
        w.add("core.fct_lead", lead_id=f"L{number}", lead_source="Web", channel="paid", created_at="2025-01-10")
    settings = published(w.build(), tmp_path)
    with pytest.raises(HandoffError, match=reason):
        what_if(settings, customers=10)


def test_what_if_no_cohort_has_won_the_target_is_not_none(tmp_path: Path) -> None:
    settings = published(planned(tmp_path, 100, 50, 20, 10, 0), tmp_path)
    with pytest.raises(HandoffError, match="cannot be read backwards yet"):
        what_if(settings)
    asked = {step.stage: step.required for step in what_if(settings, customers=10, rates={"sales_ready": 0.4})}
    assert asked == pytest.approx(
        {"customer": 10, "sales_ready": 25, "sql": 50, "mql": 125, "lead": 250, "spend": 1250}
    )


def test_the_scoreboard_keeps_what_was_shown(built_home: Path, built_settings: Settings, tmp_path: Path) -> None:
    """A second night a day later, on restated data: yesterday's figures stay, today's stand beside them, once."""
    from dbt.cli.main import dbtRunner

    shutil.copy(built_home / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
    settings = built_settings.model_copy(update={"home": tmp_path})

    def shown() -> dict[date, tuple[int, float]]:
        with duckdb.connect(str(settings.warehouse)) as con:
            rows = con.execute(
                "select as_of_date, count(*), sum(value) filter (where metric = 'shared_revenue')"
                " from metrics.scoreboard group by 1 order by 1"
            ).fetchall()
        return {row[0]: (row[1], float(row[2])) for row in rows}

    def next_night(statement: str) -> None:
        with duckdb.connect(str(settings.warehouse)) as con:
            con.execute(statement)
        paths = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
        outputs = ["--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "target")]
        with patch.dict(os.environ, settings.environment()):
            runner = dbtRunner(manifest=dbt_project.parsed(built_settings))
            assert runner.invoke(["--quiet", "run", "--select", "scoreboard", *paths, *outputs]).success

    first = shown()
    assert len(first) == 1
    next_night(
        "update control.run set as_of = as_of + interval 1 day;"
        "update metrics.metric_month set value = value + 1000 where metric = 'shared_revenue'"
    )
    second = shown()
    yesterday, today = sorted(second)
    assert second[yesterday] == first[yesterday]
    assert second[today][0] == second[yesterday][0]
    assert second[today][1] > second[yesterday][1]
    next_night("update metrics.metric_month set value = value where metric = 'shared_revenue'")
    assert shown() == second


def test_a_lead_of_a_lost_and_a_won_deal_is_a_customer_of_its_cohort(tmp_path: Path) -> None:
    """HubSpot links a contact to several deals: fct_lead names the first, the second made the customer."""
    warehouse = Warehouse(tmp_path, as_of="2026-06-01")
    warehouse.add("core.fct_lead", lead_id="a", created_at="2026-01-05", opportunity_id="lost", is_customer=True)
    warehouse.add("core.fct_lead", lead_id="b", created_at="2026-01-06")
    funnel = warehouse.build().one("select leads, customers from metrics.lead_funnel")
    assert funnel == {"leads": 2, "customers": 1}


def test_a_crm_s_record_of_an_ads_campaign_is_no_second_campaign(tmp_path: Path) -> None:
    """Unless leads are its own."""
    w = Warehouse(tmp_path, as_of="2025-06-03 12:00")
    for campaign, name, is_ads in (
        ("google_ads:1", "Search", True),
        ("salesforce:1", " search", False),
        ("google_ads:2", "Social", True),
        ("salesforce:2", "Social", False),
        ("salesforce:3", "Webinar", False),
    ):
        w.add("intermediate.int_campaign", campaign_id=campaign, name=name, is_ads_campaign=is_ads)
        w.add("core.dim_campaign", campaign_id=campaign, name=name, channel="paid_search", started_on="2025-01-01")
    w.add("core.fct_lead", lead_id="L", lead_source="Web", created_at="2025-06-02", campaign_id="salesforce:2")
    w.build()
    running = w.rows(
        "select campaign_id, leads from reviews.review_team_meeting__campaigns"
        " where week_start = '2025-06-02' order by 1"
    )
    assert [tuple(row.values()) for row in running] == [
        ("google_ads:1", 0),
        ("google_ads:2", 0),
        ("salesforce:2", 1),
        ("salesforce:3", 0),
    ]


def test_the_version_in_force_in_a_month_scored_its_last_lead(tmp_path: Path) -> None:
    """Rule points of two versions of the definitions; the card was in force in April, and scored the leads of March."""
    w = Warehouse(tmp_path, as_of="2025-05-03 12:00")
    scores = (
        ("rules-1.0", "2025-03-05 10:00", True),
        ("rules-2.0", "2025-03-20 10:00", True),
        ("card-x", "2025-03-20 10:00", False),
        ("rules-2.0", "2025-04-10 10:00", False),
        ("card-x", "2025-04-10 10:00", True),
    )
    for version, at, is_in_force in scores:
        w.add("scoring.lead_score", lead_id=at, version=version, scored_at=at, is_handed_off=True,
              is_in_force=is_in_force)  # fmt: skip
        w.add("scoring.score_performance", version=version, month_start=f"{at[:7]}-01", score_band="20-39")
    w.build()
    found = w.rows(
        "select month_start, version from reviews.review_threshold_review__bands where is_in_force order by month_start"
    )
    assert [tuple(row.values()) for row in found] == [
        (date(2025, 3, 1), "rules-2.0"),
        (date(2025, 4, 1), "card-x"),
    ]
