"""What the example extracts contain is found again: in raw, row for row, and in the core marts (docs/sources.md)."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.sources.example_extracts import FILES

# As docs/sources.md tells them: what is counted, how, and what the files hold.
FOUND: dict[str, tuple[str, object]] = {
    "Salesforce accounts: one lives, one was merged into one not delivered, eight are deleted": (
        "core.dim_account where account_id like 'salesforce:%'",
        2,
    ),
    "Salesforce leads": ("intermediate.int_lead_record where source_system = 'salesforce'", 1),
    "Salesforce contacts": ("intermediate.int_contact_record where source_system = 'salesforce'", 4),
    "Salesforce campaigns": ("core.dim_campaign where campaign_id like 'salesforce:%'", 4),
    "Salesforce members that responded": ("core.fct_touch where touch_type = 'campaign_response'", 2),
    "Salesforce tasks and events": ("intermediate.int_activity_record where source_system = 'salesforce'", 20),
    "Salesforce users": ("core.dim_owner where owner_id like 'salesforce:%'", 10),
    "Salesforce opportunities, all deleted": ("core.fct_opportunity where source_system = 'salesforce'", 0),
    "HubSpot contacts": ("intermediate.int_lead_record where source_system = 'hubspot'", 22),
    "HubSpot companies": ("intermediate.int_account_record where source_system = 'hubspot'", 24),
    "HubSpot deals": ("core.fct_opportunity where source_system = 'hubspot'", 44),
    "HubSpot deal stage entries": (
        "intermediate.int_opportunity_stage_change where source_system = 'hubspot'",
        14,
    ),
    "HubSpot deal contacts": ("intermediate.int_opportunity_contact_role where person_record_id like 'hubspot:%'", 11),
    "HubSpot owners": ("core.dim_owner where owner_id like 'hubspot:%'", 100),
    "HubSpot form submissions": ("core.fct_touch where touch_type = 'form_submission'", 5),
    "HubSpot calls, e-mails, meetings, tasks": (
        "intermediate.int_activity_record where source_system = 'hubspot'",
        104,
    ),
    "HubSpot deals merged away": ("intermediate.int_lead_merge where object = 'opportunity'", 14),
    "Marketo people": ("intermediate.int_lead_record where source_system = 'marketo'", 100),
    "Marketo programs": ("core.dim_campaign where campaign_id like 'marketo:%'", 100),
    "Marketo e-mail clicks": ("core.fct_touch where touch_type = 'email_click'", 100),
    "Marketo changed values": ("intermediate.int_lead_change where source_system = 'marketo'", 100),
    "Marketo losers of merges": ("intermediate.int_lead_merge where loser_id like 'marketo:%'", 99),
    "GA4 sessions of six events": ("core.fct_touch where touch_type = 'web_session'", 5),
}


@pytest.mark.parametrize(("source", "object_"), FILES, ids=[f"{source}/{object_}" for source, object_ in FILES])
def test_every_row_of_a_file_is_in_its_raw_table(
    examples: duckdb.DuckDBPyConnection, shared_data: Path, source: str, object_: str
) -> None:
    with (shared_data / FILES[source, object_]).open(encoding="utf-8-sig", newline="") as file:
        rows = sum(1 for _ in csv.reader(file)) - 1
    logged = examples.execute(
        "select rows_read, rows_loaded + rows_held, rows_malformed from quality.load_log "
        "where source_system = ? and object = ?",
        [source, object_],
    ).fetchall()
    assert logged == [(rows, rows, 0)]
    assert examples.execute(f'select count(*) from raw."{source}__{object_}"').fetchall() == [(rows,)]


@pytest.mark.parametrize("name", FOUND)
def test_found_in_the_models(examples: duckdb.DuckDBPyConnection, name: str) -> None:
    relation, expected = FOUND[name]
    assert examples.execute(f"select count(*) from {relation}").fetchone() == (expected,)


@pytest.mark.parametrize(
    ("platform", "object_cost"),
    [
        ("google_ads", "sum(cost_micros) / 1000000"),
        ("linkedin_ads", "sum(cost_in_usd)"),
        ("meta_ads", "sum(cost)"),
        ("microsoft_ads", "sum(cost)"),
    ],
)
def test_spend_is_the_sum_of_the_report(examples: duckdb.DuckDBPyConnection, platform: str, object_cost: str) -> None:
    reported = examples.execute(
        f"select cast({object_cost} as decimal(18, 6)), sum(impressions), sum(clicks) "
        f"from raw.{platform}__campaign_daily"
    ).fetchone()
    assert reported is not None
    assert reported[0] > 0
    found = examples.execute(
        "select sum(cost), sum(impressions), sum(clicks) from core.fct_spend where platform = ?", [platform]
    ).fetchone()
    assert found == reported


def test_maven_comes_out_as_its_publisher_says(examples: duckdb.DuckDBPyConnection) -> None:
    figures = examples.execute(
        "select count(*), count(*) filter (where is_won), count(*) filter (where is_closed), "
        "sum(amount) filter (where is_won), count(*) filter (where created_at is null), "
        "min(close_date), max(close_date) from core.fct_opportunity where source_system = 'maven'"
    ).fetchone()
    assert figures == (8_800, 4_238, 6_711, Decimal("10005534"), 500, date(2017, 3, 1), date(2017, 12, 31))
