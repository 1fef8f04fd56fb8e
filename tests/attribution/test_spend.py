"""Spend by day: what ads platforms bill, what the CRM's campaigns cost, what was entered by hand."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from tests.attribution.lab import Lab
from tests.attribution.test_touches import load

MAY = date(2026, 5, 4)  # a Monday with a rate in the shipped exchange rates


@pytest.fixture
def costs(lab: Lab) -> Iterator[Lab]:
    """The lab with a cost list of its own in place of the shipped one."""
    lab.con.execute("alter table definitions.marketing_costs rename to shipped_costs")
    lab.con.execute(
        """
        create table definitions.marketing_costs as select * from (values
            ('2026-05-01', 'event', 'Fair', '900'), ('2026-05-01', 'event', '', '100'),
            ('2026-05-01', 'paid_social', 'webinar 7', '50')
        ) as costs(month, channel, campaign, cost)
        """
    )
    yield lab
    lab.con.execute("drop table definitions.marketing_costs")
    lab.con.execute("alter table definitions.shipped_costs rename to marketing_costs")


@pytest.mark.parametrize(
    ("entered", "found"),
    [
        pytest.param(
            [("event", "", "0.004"), ("event", "", "0.004"), ("event", "", "10.005")],
            [("event", Decimal("10.013"))],
            id="parts of a cent add up",
        ),
        pytest.param(
            [("Unassigned", "", "1"), ("UNATTRIBUTED", "", "2"), ("EVENT", "", "3")],
            [("event", Decimal(3)), ("unassigned", Decimal(1)), ("unattributed", Decimal(2))],
            id="letters' case of a channel that is known",
        ),
        pytest.param(
            [("Pigeons", "", "1"), ("pigeons", "", "2")], [("pigeons", Decimal(3))], id="and of one that is not"
        ),
    ],
)
def test_costs_entered_by_hand(
    costs: Lab, entered: list[tuple[str, str, str]], found: list[tuple[str, Decimal]]
) -> None:
    costs.con.execute("delete from definitions.marketing_costs")
    costs.con.executemany("insert into definitions.marketing_costs values ('2026-05-01', ?, ?, ?)", entered)
    spend(costs, [], [])
    costs.build("dim_channel")
    told = "select channel, cost from core.fct_spend where platform = 'marketing_costs' order by all"
    assert costs.con.execute(told).fetchall() == found
    named = [channel for channel, _ in found]
    ours = costs.con.execute(
        "select channel from core.dim_channel where lower(channel) in (select unnest(?)) order by all", [named]
    ).fetchall()
    assert [channel for (channel,) in ours] == named
    never = (
        "select count(*) from core.dim_channel where is_marketing and lower(channel) in ('unassigned', 'unattributed')"
    )
    assert costs.con.execute(never).fetchall() == [(0,)]


def spend(lab: Lab, campaigns: list[dict[str, Any]], rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    load(lab, [], campaigns, rows)
    lab.build("dim_campaign", "fct_spend")
    return lab.con.execute(
        "select spend_date, platform, channel, campaign_id, cost from core.fct_spend order by all"
    ).fetchall()


def test_ads_spend_is_converted_at_the_rate_of_its_day_and_stands_in_a_click_s_channel(costs: Lab) -> None:
    rows = spend(
        costs,
        [{"record_id": "google_ads:1", "source_system": "google_ads", "native_id": "1", "name": "Brand"}],
        [
            (MAY + timedelta(days=2), "google_ads", "google_ads:1", "Brand", Decimal("10.5"), "EUR", 5, 1),
            (MAY, "linkedin_ads", "linkedin_ads:2", "ABM", Decimal("3"), None, 5, 1),
        ],
    )
    billed = [row for row in rows if row[1].endswith("_ads")]
    # 6 May takes the rate of 4 May, 1.1527
    rate = costs.con.execute(
        "select rate from staging.stg_definitions__exchange_rates where currency = 'EUR' and rate_date = ?", [MAY]
    ).fetchall()[0][0]
    assert billed == [
        (MAY, "linkedin_ads", "paid_social", "linkedin_ads:2", Decimal("3.000000")),
        (
            MAY + timedelta(days=2),
            "google_ads",
            "paid_search",
            "google_ads:1",
            (Decimal("10.5") * rate).quantize(Decimal("0.000001")),
        ),
    ]


def test_a_large_cost_in_a_foreign_currency_is_converted_to_its_last_digit(costs: Lab) -> None:
    rows = spend(
        costs,
        [{"record_id": "google_ads:1", "source_system": "google_ads", "native_id": "1", "name": "Brand"}],
        [(MAY, "google_ads", "google_ads:1", "Brand", Decimal("98765432.10"), "EUR", 5, 1)],
    )
    rate = costs.con.execute(
        "select rate from staging.stg_definitions__exchange_rates where currency = 'EUR' and rate_date = ?", [MAY]
    ).fetchall()[0][0]
    assert [row[4] for row in rows if row[1] == "google_ads"] == [
        (Decimal("98765432.10") * rate).quantize(Decimal("0.000001"))
    ]


def test_a_day_to_come_takes_its_own_rate_where_it_is_listed_and_today_s_else(costs: Lab) -> None:
    """Now is 30 June: the day after has a rate of its own, and so have the seven days after that."""
    costs.con.execute(
        """
        create table definitions.other_rates as select * from definitions.exchange_rates where currency <> 'EUR'
        union all
        select * from (values ('2026-06-28', 'EUR', '1.10'), ('2026-07-01', 'EUR', '1.20')) as rates
        """
    )
    costs.con.execute("alter table definitions.exchange_rates rename to shipped_rates")
    costs.con.execute("alter table definitions.other_rates rename to exchange_rates")
    try:
        campaign = {
            **{"record_id": "salesforce:701C", "native_id": "701C", "name": "Fair", "currency": "EUR"},
            **{"starts_on": date(2026, 6, 30), "ends_on": date(2026, 7, 9), "actual_cost": Decimal(100)},
        }
        rows = spend(costs, [campaign], [])
    finally:
        costs.con.execute("drop table definitions.exchange_rates")
        costs.con.execute("alter table definitions.shipped_rates rename to exchange_rates")
    days = {day: cost for day, platform, _, _, cost in rows if platform == "salesforce"}
    assert days[date(2026, 6, 30)] == Decimal("11.000000")
    assert days[date(2026, 7, 1)] == days[date(2026, 7, 8)] == Decimal("12.000000")
    assert days[date(2026, 7, 9)] == Decimal("11.000000")
    planned = costs.con.execute("select spend_date from core.fct_spend where is_planned order by 1").fetchall()
    assert (len(planned), planned[0]) == (9, (date(2026, 7, 1),))


def test_a_missing_rate_stops_the_night_naming_currency_and_day(costs: Lab) -> None:
    with pytest.raises(duckdb.Error, match="No exchange rate for XAU on 2026-05-04"):
        spend(costs, [], [(MAY, "google_ads", "google_ads:1", "Brand", Decimal(1), "XAU", 1, 1)])


def test_a_crm_campaign_s_cost_is_spread_evenly_over_its_dates_unless_an_ads_campaign_has_its_name(costs: Lab) -> None:
    rows = spend(
        costs,
        [
            {
                "record_id": "salesforce:701A",
                "native_id": "701A",
                "name": "Webinar 7",
                "type": "Webinar",
                "starts_on": MAY,
                "ends_on": MAY + timedelta(days=2),
                "actual_cost": Decimal("100.00"),
            },
            {"record_id": "salesforce:701B", "native_id": "701B", "name": "BRAND", "starts_on": MAY, "actual_cost": 7},
            {
                "record_id": "salesforce:701C",
                "native_id": "701C",
                "name": "Mailing",
                "starts_on": MAY,
                "actual_cost": 7,
            },
            {"record_id": "salesforce:701D", "native_id": "701D", "name": "Undated", "actual_cost": 7},
        ],
        [(MAY, "google_ads", "google_ads:1", "Brand", Decimal(1), None, 1, 1)],
    )
    crm = [(row[0] - MAY, row[2], row[3], row[4]) for row in rows if row[1] == "salesforce"]
    day = timedelta(days=1)
    assert crm == [
        (0 * day, "event", "salesforce:701A", Decimal("33.333333")),
        (0 * day, "unassigned", "salesforce:701C", Decimal("7.000000")),
        (1 * day, "event", "salesforce:701A", Decimal("33.333334")),
        (2 * day, "event", "salesforce:701A", Decimal("33.333333")),
    ]


def test_costs_entered_by_hand_stand_on_the_first_of_their_month(costs: Lab) -> None:
    rows = spend(costs, [{"record_id": "salesforce:701A", "native_id": "701A", "name": "Webinar 7"}], [])
    assert rows == [
        (date(2026, 5, 1), "marketing_costs", "event", "marketing_costs:Fair", Decimal("900.000000")),
        (date(2026, 5, 1), "marketing_costs", "event", None, Decimal("100.000000")),
        (date(2026, 5, 1), "marketing_costs", "paid_social", "salesforce:701A", Decimal("50.000000")),
    ]


def test_a_source_of_the_users_own_may_bill_some_campaigns_and_hold_the_cost_of_others(costs: Lab) -> None:
    """Only what its spend names is an ads campaign; an end that means none does not spread a cost over millennia."""
    usual = {"source_system": "zed", "type": "Trade Show", "starts_on": MAY, "actual_cost": Decimal(90)}
    rows = spend(
        costs,
        [
            {**usual, "record_id": "zed:K1", "native_id": "K1", "name": "Expo", "ends_on": MAY},
            {**usual, "record_id": "zed:K2", "native_id": "K2", "name": "Fair 2", "ends_on": date(9999, 12, 31)},
            {**usual, "record_id": "zed:K9", "native_id": "K9", "name": "Search"},
        ],
        [(MAY, "zed", "zed:K9", "Search", Decimal("12.5"), None, 1, 1)],
    )
    assert [(row[0], row[3], row[4]) for row in rows if row[1] == "zed"] == [
        (MAY, "zed:K1", Decimal(90)),
        (MAY, "zed:K2", Decimal(90)),
        (MAY, "zed:K9", Decimal("12.5")),
    ]
    channels = dict(costs.con.execute("select campaign_id, channel from core.dim_campaign").fetchall())
    assert (channels["zed:K1"], channels["zed:K2"]) == ("event", "event")
