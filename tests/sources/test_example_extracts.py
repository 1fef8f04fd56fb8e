"""What the example extracts contain is found again: in raw, row for row, and in the core marts (docs/sources.md).

Expected is what plain SQL counts in the files, seen what the same kind of SQL counts in the warehouse they were loaded
into. The table in the docs is this comparison, and the test holds it to what was seen.
"""

import csv
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from handoff.settings import CHECKOUT
from ingestion.mapping import shipped_mappings
from tests.sources.example_extracts import Example
from tests.sources.example_extracts import examples as all_examples

DOCS = CHECKOUT / "docs" / "sources.md"


class Found(NamedTuple):
    """A line of the table: a select over the files (views named `<source>/<folder>`), and one over the warehouse."""

    what: str
    place: str
    expected: str
    seen: str


FOUND = [
    Found(
        "Salesforce accounts, neither deleted nor inactive, or merged into one that was never delivered",
        "dim_account",
        """select count(*) from "salesforce/account" where is_deleted != 'true' and _fivetran_active != 'false'
            or master_record_id not in (select id from "salesforce/account")""",
        "select count(*) from core.dim_account where source_system = 'salesforce'",
    ),
    Found(
        "Salesforce opportunities, not deleted",
        "fct_opportunity",
        """select count(*) from "salesforce/opportunity" where is_deleted != 'true' and _fivetran_active != 'false'""",
        "select count(*) from core.fct_opportunity where source_system = 'salesforce'",
    ),
    Found(
        "Salesforce contacts",
        "int_contact_record",
        """select count(distinct id) from "salesforce/contact" """,
        "select count(*) from intermediate.int_contact_record where source_system = 'salesforce'",
    ),
    Found(
        "Salesforce campaigns, by name",
        "dim_campaign",
        """select count(distinct name) from "salesforce/campaign" """,
        "select count(distinct name) from core.dim_campaign where platform = 'salesforce'",
    ),
    Found(
        "Salesforce members that responded",
        "fct_touch",
        """select count(*) from "salesforce/campaign_member" where has_responded = 'true' and is_deleted = 'false'""",
        "select count(*) from core.fct_touch where touch_type = 'campaign_response'",
    ),
    Found(
        "Salesforce tasks and events",
        "int_activity_record",
        """select (select count(*) from "salesforce/task") + (select count(*) from "salesforce/event")""",
        "select count(*) from intermediate.int_activity_record where source_system = 'salesforce'",
    ),
    Found(
        "Salesforce users",
        "dim_owner",
        """select count(*) from "salesforce/user" """,
        "select count(*) from core.dim_owner where source_system = 'salesforce'",
    ),
    Found(
        "HubSpot companies, delivered in the dialects of four warehouses",
        "dim_account",
        """select count(distinct id) from "hubspot/company" """,
        "select count(*) from core.dim_account where source_system = 'hubspot'",
    ),
    Found(
        "HubSpot deals",
        "fct_opportunity",
        """select count(distinct deal_id) from "hubspot/deal" where lower(is_deleted) = 'false'""",
        "select count(*) from core.fct_opportunity where source_system = 'hubspot'",
    ),
    Found(
        "HubSpot deal stage entries",
        "int_opportunity_stage_change",
        """select count(*) from "hubspot/deal_stage" """,
        "select count(*) from intermediate.int_opportunity_stage_change where source_system = 'hubspot'",
    ),
    Found(
        "HubSpot contacts of deals",
        "int_opportunity_contact_role",
        """select count(*) from "hubspot/deal_contact" """,
        "select count(*) from intermediate.int_opportunity_contact_role where person_record_id like 'hubspot:%'",
    ),
    Found(
        "HubSpot deals merged away",
        "int_lead_merge",
        """select count(distinct merged_deal_id) from "hubspot/merged_deal" """,
        "select count(*) from intermediate.int_lead_merge where object = 'opportunity'",
    ),
    Found(
        "HubSpot owners",
        "dim_owner",
        """select count(distinct owner_id) from "hubspot/owner" """,
        "select count(*) from core.dim_owner where source_system = 'hubspot'",
    ),
    Found(
        "HubSpot owners with a team",
        "dim_owner.team",
        """select count(*) from "hubspot/owner" where owner_id in (select owner_id from "hubspot/owner_team")""",
        "select count(*) from core.dim_owner where source_system = 'hubspot' and team is not null",
    ),
    Found(
        "HubSpot calls, e-mails, meetings and tasks",
        "int_activity_record",
        """select count(*) from (
            select engagement_id from "hubspot/engagement_call"
            union select engagement_id from "hubspot/engagement_email"
            union select engagement_id from "hubspot/engagement_meeting"
            union select engagement_id from "hubspot/engagement_task")""",
        "select count(*) from intermediate.int_activity_record where source_system = 'hubspot'",
    ),
    Found(
        "HubSpot form submissions",
        "fct_touch",
        """select count(*) from "hubspot/contact_form_submission" """,
        "select count(*) from core.fct_touch where touch_type = 'form_submission'",
    ),
    Found(
        "HubSpot clicks in e-mails",
        "fct_touch",
        """select count(*) from "hubspot/email_event" where type = 'CLICK'""",
        "select count(*) from core.fct_touch where touch_type = 'email_click' and source_system = 'hubspot'",
    ),
    Found(
        "Marketo programs",
        "dim_campaign",
        """select count(distinct id) from "marketo/program" """,
        "select count(*) from core.dim_campaign where platform = 'marketo'",
    ),
    Found(
        "Marketo clicks in e-mails",
        "fct_touch",
        """select count(distinct id) from "marketo/activity_click_email" """,
        "select count(*) from core.fct_touch where touch_type = 'email_click' and source_system = 'marketo'",
    ),
    Found(
        "Marketo changed values",
        "int_lead_change",
        """select count(distinct id) from "marketo/activity_change_data_value" """,
        "select count(*) from intermediate.int_lead_change where source_system = 'marketo'",
    ),
    Found(
        "Marketo people merged away",
        "int_lead_merge",
        """select count(distinct loser) from (
            select unnest(regexp_extract_all(merge_ids, '[0-9]+')) as loser from "marketo/activity_merge_leads")""",
        "select count(*) from intermediate.int_lead_merge where loser_id like 'marketo:%'",
    ),
    Found(
        "People of the three systems but those merged away, all held: no lead source, most without status or company",
        "quality.quarantine",
        """select (select count(distinct id) from "salesforce/lead")
            + (
                select count(distinct id)
                from "hubspot/contact"
                where id not in (
                    select unnest(string_split(property_hs_merged_object_ids, ';')) from "hubspot/contact"
                )
            )
            + (select count(distinct id) from "marketo/lead")""",
        "select count(distinct (source_system, native_id)) from quality.quarantine",
    ),
    Found(
        "GA4 sessions of six events",
        "fct_touch",
        """select count(distinct (user_pseudo_id, param_ga_session_id)) from "ga4/event" """,
        "select count(*) from core.fct_touch where touch_type = 'web_session'",
    ),
    *(
        Found(
            f"{name}: cost, impressions, clicks",
            "fct_spend",
            f'select round(sum({cost}), 2), sum(impressions::bigint), sum({clicks}::bigint) from "{file}"',
            "select round(sum(cost), 2), sum(impressions), sum(clicks) from core.fct_spend "
            f"where platform = '{platform}'",
        )
        for name, platform, file, cost, clicks in (
            (
                "Google Ads",
                "google_ads",
                "google_ads/campaign_stats",
                "cost_micros::decimal(18, 6) / 1000000",
                "clicks",
            ),
            (
                "LinkedIn Ads",
                "linkedin_ads",
                "linkedin_ads/ad_analytics_by_campaign",
                "cost_in_usd::decimal(28, 18)",
                "clicks",
            ),
            ("Meta Ads", "meta_ads", "meta_ads/basic_ad", "spend::decimal(18, 6)", "inline_link_clicks"),
            (
                "Microsoft Ads",
                "microsoft_ads",
                "microsoft_ads/campaign_performance_daily_report",
                "spend::decimal(18, 6)",
                "clicks",
            ),
        )
    ),
    Found(
        "Maven CRM by the mapping of add-a-source.md: opportunities, won, closed, won amount, without a date",
        "fct_opportunity",
        """select count(*), count(*) filter (where deal_stage = 'Won'),
            count(*) filter (where deal_stage in ('Won', 'Lost')),
            sum(close_value::bigint) filter (where deal_stage = 'Won'), count(*) filter (where engage_date is null)
            from "maven/sales_pipeline" """,
        """select count(*), count(*) filter (where is_won), count(*) filter (where is_closed),
            cast(sum(amount) filter (where is_won) as bigint), count(*) filter (where created_at is null)
            from core.fct_opportunity where source_system = 'maven'""",
    ),
    Found(
        "Maven accounts; agents with their region as team",
        "dim_account; dim_owner",
        """select (select count(*) from "maven/accounts"), (select count(*) from "maven/sales_teams")""",
        """select (select count(*) from core.dim_account where source_system = 'maven'),
            (select count(*) from core.dim_owner where source_system = 'maven' and team is not null)""",
    ),
]
# Names that must be the same set on both sides, so that the right records are found and not as many others.
SAME_VALUES = [
    (
        """select name from "salesforce/campaign" """,
        "select name from core.dim_campaign where platform = 'salesforce'",
    ),
    (
        """select name from "salesforce/user" where name is not null""",
        "select name from core.dim_owner where source_system = 'salesforce' and name is not null",
    ),
    (
        """select distinct property_name from "hubspot/company" where property_name is not null""",
        "select distinct name from core.dim_account where source_system = 'hubspot' and name is not null",
    ),
    (
        """select distinct property_dealname from "hubspot/deal" """,
        "select distinct name from core.fct_opportunity where source_system = 'hubspot'",
    ),
    (
        """select distinct name from "marketo/program" where name is not null""",
        "select distinct name from core.dim_campaign where platform = 'marketo' and name is not null",
    ),
    (
        """select distinct lower(account) from "maven/accounts" """,
        "select distinct lower(name) from core.dim_account where source_system = 'maven'",
    ),
]


@pytest.fixture(scope="module")
def files(shared_data: Path) -> duckdb.DuckDBPyConnection:
    """Every folder of the laid out examples as a view of texts; files of one folder by the union of their columns."""
    con = duckdb.connect()
    folders: dict[str, list[str]] = {}
    for example in all_examples(shared_data):
        folders.setdefault(f"{example.source}/{example.folder}", []).append(str(example.path))
    for name, paths in folders.items():
        con.execute(
            f'create view "{name}" as select * from read_csv({paths}, all_varchar = true, header = true, '
            "union_by_name = true, quote = '\"', escape = '\"', delim = ',')"
        )
    return con


def rows_of(example: Example) -> int:
    with example.path.open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for row in csv.reader(file) if row) - 1


def shown(figures: tuple[object, ...]) -> str:
    return ", ".join(f"{figure:,}" if isinstance(figure, int | float | Decimal) else str(figure) for figure in figures)


def figures_of(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[object, ...]:
    (row,) = con.execute(sql).fetchall()
    return tuple(float(each) if isinstance(each, Decimal) else each for each in row)


def test_every_file_is_loaded_and_every_row_is_in_its_raw_table(
    examples: duckdb.DuckDBPyConnection, shared_data: Path
) -> None:
    """No file is refused, none is left out; read = loaded + held + malformed, and none is malformed."""
    log = {
        (source, Path(name).name): (object_, read, stored, malformed)
        for source, object_, name, read, stored, malformed in examples.execute(
            "select source_system, object, source_file, rows_read, rows_loaded + rows_held, rows_malformed "
            "from quality.load_log where status = 'loaded'"
        ).fetchall()
    }
    found = all_examples(shared_data)
    assert len(log) == len(found) == examples.execute("select count(*) from quality.load_log").fetchall()[0][0]
    by_table: dict[str, int] = {}
    for example in found:
        object_, read, stored, malformed = log[example.source, example.path.name]
        assert (read, stored, malformed) == (rows_of(example),) * 2 + (0,), example.place
        by_table[f"{example.source}__{object_}"] = by_table.get(f"{example.source}__{object_}", 0) + read
    for table, rows in by_table.items():
        assert examples.execute(f'select count(*) from raw."{table}"').fetchall() == [(rows,)], table


@pytest.mark.parametrize("line", FOUND, ids=[line.what for line in FOUND])
def test_what_the_files_contain_is_found_where_it_belongs(
    examples: duckdb.DuckDBPyConnection, files: duckdb.DuckDBPyConnection, line: Found
) -> None:
    assert figures_of(examples, line.seen) == figures_of(files, line.expected)


@pytest.mark.parametrize(("expected", "seen"), SAME_VALUES)
def test_the_same_names(
    examples: duckdb.DuckDBPyConnection, files: duckdb.DuckDBPyConnection, expected: str, seen: str
) -> None:
    assert sorted(examples.execute(seen).fetchall()) == sorted(files.execute(expected).fetchall())


def test_the_table_in_the_docs_is_what_was_seen(
    examples: duckdb.DuckDBPyConnection, files: duckdb.DuckDBPyConnection, shared_data: Path
) -> None:
    lines = ["| what the files contain | where it is found | expected | seen |", "| --- | --- | --- | --- |"]
    for line in FOUND:
        expected, seen = shown(figures_of(files, line.expected)), shown(figures_of(examples, line.seen))
        lines.append(f"| {line.what} | `{line.place}` | {expected} | {seen} |")
    rows = sum(map(rows_of, all_examples(shared_data)))
    head = f"{len(all_examples(shared_data))} files, {rows:,} rows, none refused, none malformed"
    docs = DOCS.read_text(encoding="utf-8")
    table = "\n".join(lines)
    assert head in docs, f"docs/sources.md should say: {head}"
    assert table in docs, f"docs/sources.md should hold:\n{table}"


def test_every_object_that_no_model_reads_is_named_in_the_docs(
    examples: duckdb.DuckDBPyConnection, shared_data: Path
) -> None:
    """What is kept in raw only is said, so that nobody looks for it in the marts."""
    docs = DOCS.read_text(encoding="utf-8")
    read = {(m.source, name) for m in shipped_mappings().values() for name in m.objects}
    loaded = examples.execute("select distinct source_system, object from quality.load_log").fetchall()
    raw_only = {(source, object_) for source, object_ in loaded if source != "maven"} - read
    listed = {
        (source, name.strip())
        for source, names in re.findall(r"^- \*\*(\w+)\*\*: (.*)$", docs.split("## Kept in raw only")[1], re.MULTILINE)
        for name in names.split(",")
    }
    assert listed == raw_only


def test_maven_comes_out_as_its_publisher_says(examples: duckdb.DuckDBPyConnection) -> None:
    figures = examples.execute(
        "select count(*), count(*) filter (where is_won), count(*) filter (where is_closed), "
        "sum(amount) filter (where is_won), count(*) filter (where created_at is null), "
        "min(close_date), max(close_date) from core.fct_opportunity where source_system = 'maven'"
    ).fetchone()
    assert figures == (8_800, 4_238, 6_711, Decimal("10005534"), 500, date(2017, 3, 1), date(2017, 12, 31))
