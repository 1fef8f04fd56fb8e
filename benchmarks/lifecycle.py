"""Lifecycle and SLA of generated leads: the dbt models against one bare DuckDB query over the same rows.

    python -m benchmarks.lifecycle [--leads 1000000]

Five history rows and a call per lead, an answered campaign for every second one. The models judge by definitions that
are data (criteria, profile, SLA, business hours, all by date); the bare query has the shipped ones written into it and
leaves out business hours, merges and other systems. Both run on the same tables, one after the other: read the ratio.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from handoff.control import begin_run
from handoff.settings import CHECKOUT, DBT_PROJECT, Settings

BARE = Path(__file__).with_name("lifecycle_bare.sql")
STEPS = [
    "int_lead_field_change",
    "int_icp_period",
    "int_lead_icp",
    "int_lead_activity",
    "int_stage_judgement",
    "int_lead_criteria_met",
    "int_lead_criteria",
    "int_lead_stage_event",
    "int_lead_rejection",
    "int_business_window",
    "int_handoff_event",
    "int_event_horizon",
    "int_handoff_outcome",
    "int_sla_lapse",
    "int_handoff",
]
PROGRAM = """
import sys
from dbt.cli.main import dbtRunner
done = dbtRunner().invoke(sys.argv[1:])
assert done.success, done.exception or [result.message for result in done.result.results]
for result in done.result.results:
    print("model", result.node.name, result.execution_time)
"""
LEAD_FIELDS = [
    "first_name", "last_name", "email", "phone", "mobile_phone", "job_title", "company", "website", "industry",
    "employee_count", "annual_revenue", "country", "technology", "growth_stage", "trigger_event", "lead_source",
    "campaign_id", "status", "rejection_reason", "owner_id", "mql_at", "converted_at", "converted_contact_id",
    "converted_account_id", "converted_opportunity_id", "score", "has_budget", "has_need", "has_timeline",
    "has_authority", "budget_status", "next_step_at",
]  # fmt: skip


def generate(con: duckdb.DuckDBPyConnection, leads: int) -> None:
    """The tables that the lifecycle reads, as the identity models leave them."""
    con.execute("create schema if not exists intermediate")
    known = {
        "industry": "['Technology', 'Finance', 'Education'][1 + (hash(i, 1) % 3)::int]",
        "employee_count": "(hash(i, 2) % 6000)::bigint",
        "annual_revenue": "((hash(i, 3) % 900) * 1000000)::decimal(38, 9)",
        "country": "['Germany', 'United States', 'India'][1 + (hash(i, 4) % 3)::int]",
        "job_title": "'VP Marketing'",
        "status": "'Accepted'",
        "owner_id": "'salesforce:0055g0000000' || lpad((hash(i, 5) % 50)::varchar, 6, '0')",
        "mql_at": "null::timestamp",
        "converted_at": "null::timestamp",
        "next_step_at": "null::timestamp",
        **{f"has_{name}": "hash(i, 6) % 2 = 0" for name in ("budget", "need", "timeline", "authority")},
    }
    fields = ", ".join(f"{known.get(name, 'null::varchar')} as {name}" for name in LEAD_FIELDS)
    con.execute(
        f"""
        create or replace table intermediate.int_lead as
        select
            'salesforce:00Q5g0' || lpad(i::varchar, 12, '0') as lead_id, 'salesforce' as source_system,
            '00Q5g0' || lpad(i::varchar, 12, '0') as native_id,
            'salesforce:00Q5g0' || lpad(i::varchar, 12, '0') as person_id,
            timestamp '2025-01-01' + to_seconds((hash(i) % 40000000)::bigint) as created_at,
            created_at as updated_at, {fields}
        from range({leads}) as numbers(i)
        """
    )
    con.execute(
        """
        create or replace table intermediate.int_lead_record as
        select lead_id as record_id, * exclude (lead_id) from intermediate.int_lead;
        create or replace table intermediate.int_lead_alias as
        select
            lead_id as record_id, lead_id, lead_id as survivor_id,
            row_number() over (order by lead_id) as record_number, record_number as lead_number
        from intermediate.int_lead;
        create or replace table intermediate.int_record_survivor as
        select 'lead' as object, lead_id as record_id, 'survivor' as state, lead_id as survivor_id
        from intermediate.int_lead;
        create or replace table intermediate.int_lead_opportunity as
        select '' as lead_id, '' as opportunity_id, timestamp '2025-01-01' as opportunity_at, 1 as opportunity_number
        where false;
        create or replace table intermediate.int_stage_value as
        select * from (values
            ('lead', 'salesforce', 'Open', 'captured'), ('lead', 'salesforce', 'Marketing Qualified', 'mql'),
            ('lead', 'salesforce', 'Handed Off', 'handed_off'), ('lead', 'salesforce', 'Working', 'contacted'),
            ('lead', 'salesforce', 'Accepted', 'accepted')
        ) as listed(object, source_system, crm_value, stage);
        create or replace table intermediate.int_owner as
        select
            'salesforce:0055g0000000' || lpad(i::varchar, 6, '0') as owner_id, true as is_sales, false as is_marketing,
            true as is_human, false as is_queue
        from range(50) as numbers(i);
        create or replace table intermediate.int_lead_change as
        select
            lead_id as record_id, 'salesforce' as source_system, field, old_value, new_value,
            created_at + to_seconds((step * 90000 + hash(lead_id, step) % 80000)::bigint) as changed_at,
            owner_id as changed_by, step::varchar as sequence, lead_id || '|' || step as change_id
        from intermediate.int_lead
        cross join (values
            (1, 'status', 'Open', 'Marketing Qualified'),
            (2, 'owner_id', 'salesforce:00G5g0000000000001', 'salesforce:0055g0000000000001'),
            (3, 'status', 'Marketing Qualified', 'Handed Off'),
            (4, 'status', 'Handed Off', 'Working'),
            (5, 'status', 'Working', 'Accepted')
        ) as steps(step, field, old_value, new_value);
        create or replace table intermediate.int_activity_record as
        select
            'salesforce:00T' || lead_id as activity_id, 'salesforce' as source_system, 'call' as type,
            'outbound' as direction, true as is_completed, owner_id, lead_id as person_record_id,
            null::varchar as outcome, null::varchar as subject,
            created_at + to_seconds((280000 + hash(lead_id, 9) % 200000)::bigint) as happened_at,
            happened_at as completed_at, happened_at as acted_at, created_at
        from intermediate.int_lead;
        create or replace table intermediate.int_touch as
        select
            'salesforce:00v' || lead_id as touch_id, person_id, 'campaign_response' as touch_type,
            created_at + to_seconds((hash(lead_id, 10) % 500000)::bigint) as touched_at,
            'salesforce:701' as campaign_id, null::varchar as landing_page
        from intermediate.int_lead
        where hash(lead_id, 11) % 2 = 0;
        create or replace table intermediate.int_opportunity (created_at timestamp);
        create or replace table intermediate.int_opportunity_stage_event (entered_at timestamp, exited_at timestamp);
        """
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=1_000_000)
    leads = parser.parse_args().leads
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, home=Path(folder), memory_limit="6GB")
        environment = {**os.environ, **settings.environment()}

        def dbt(*arguments: str) -> str:
            places = [
                "--project-dir",
                str(DBT_PROJECT),
                "--target-path",
                f"{folder}/dbt",
                "--log-path",
                f"{folder}/dbt",
            ]
            quiet = ["--quiet", "build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
            # one model after the other, as the bare query: two at once would count the same second twice
            command = [sys.executable, "-c", PROGRAM, *quiet, *places, "--threads", "1", "--select", *arguments]
            done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr[-3000:]
            return done.stdout

        with duckdb.connect(str(settings.warehouse)) as con:
            begin_run(con, settings.now, "bench", "")
            generate(con, leads)
        dbt("path:seeds", "path:models/staging/definitions")
        times = {}
        for line in dbt(*STEPS).splitlines():
            if line.startswith("model "):
                _, name, seconds = line.split()
                times[name] = float(seconds)
        with duckdb.connect(str(settings.warehouse)) as con:
            con.execute(f"set threads = {settings.threads}")
            started = time.perf_counter()
            con.execute(f"create table bare as {BARE.read_text()}")
            bare = time.perf_counter() - started
    for name in STEPS:
        print(f"{name:<24} {times[name]:>8.2f} s")
    total = sum(times.values())
    print(
        f"{leads:,} leads, {leads * 5:,} history rows: "
        f"models {total:.1f} s, bare query {bare:.1f} s, {total / bare:.2f} x"
    )


if __name__ == "__main__":
    main()
