"""Attribution of generated data: the dbt models against a bare DuckDB script, and a night with 1 % new touches.

    python -m benchmarks.attribution [--touches 10000000] [--opportunities 200000]

All runs work on the same tables, one after the other: read the ratios rather than the seconds.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from handoff.settings import CHECKOUT, DBT_PROJECT

BARE = Path(__file__).with_name("attribution_bare.sql")
STEPS = [
    "int_touch_horizon",
    "int_opportunity_window",
    "int_opportunity_path_summary",
    "int_opportunity_path",
    "int_attribution_anchor",
    "int_attribution_credit",
]
AS_OF = "2026-06-30 00:00:00"
MEMORY = "5GB"
PROGRAM = """
import resource, sys
from dbt.cli.main import dbtRunner
done = dbtRunner().invoke(sys.argv[1:])
assert done.success, done.exception or [result.message for result in done.result.results]
for result in done.result.results:
    print("model", result.node.name, result.execution_time)
print("rss", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
"""


def generate(con: duckdb.DuckDBPyConnection, touches: int, opportunities: int) -> None:
    """Touches of twice as many people as there are deals, over two years; deals with one or two people."""
    people = opportunities * 2
    con.execute("create schema if not exists control; create schema if not exists intermediate")
    con.execute(f"create or replace table control.run as select timestamp '{AS_OF}' as as_of, 'bench' as run_id")
    con.execute(
        f"""
        create or replace table touch as
        select
            'ga4:' || i as touch_id,
            'salesforce:00Q' || (hash(i) % {people}) as person_id,
            timestamp '2024-07-01' + to_seconds((hash(i, 1) % 62208000)::bigint) as touched_at,
            ['direct', 'email', 'event', 'paid_search', 'organic_search', 'referral', 'paid_social', 'display']
                [1 + (hash(i, 2) % 8)::int] as channel,
            'google_ads:' || (hash(i, 3) % 60) as campaign_id,
            'content ' || (hash(i, 4) % 40) as content,
            hash(i, 2) % 8 > 0 as is_marketing
        from range({touches}) as numbers(i)
        """
    )
    con.execute(
        f"""
        create or replace table opportunity as
        select
            'salesforce:006' || i as opportunity_id,
            timestamp '2024-10-01' + to_seconds((hash(i, 5) % 47000000)::bigint) as created_at,
            created_at + to_seconds(432000 + (hash(i, 6) % 7776000)::bigint) as close_at,
            case when close_at < timestamp '{AS_OF}' and hash(i, 7) % 10 < 8 then close_at end as closed_at,
            closed_at is not null and hash(i, 8) % 2 = 0 as is_won,
            is_won or hash(i, 9) % 10 < 8 as is_qualified,
            created_at - to_seconds((hash(i, 10) % 5000000)::bigint) as lead_created_at,
            ((hash(i, 11) % 10000000) / 100)::decimal(18, 2) as amount
        from range({opportunities}) as numbers(i)
        """
    )
    con.execute(
        f"""
        create or replace table opportunity_person as
        select 'salesforce:006' || i as opportunity_id, 'salesforce:00Q' || (2 * i) as person_id
        from range({opportunities}) as numbers(i)
        union all
        select 'salesforce:006' || i, 'salesforce:00Q' || (2 * i + 1)
        from range({opportunities}) as numbers(i)
        where i % 2 = 0
        """
    )
    hand_over(con)


def hand_over(con: duckdb.DuckDBPyConnection) -> None:
    """The tables under the names by which the models know them."""
    con.execute(
        """
        create or replace table intermediate.int_touch as from touch;
        create or replace table intermediate.int_opportunity_person as from opportunity_person;
        create or replace table intermediate.int_lead as
        select 'lead of ' || opportunity_id as lead_id, lead_created_at as created_at from opportunity;
        create or replace table intermediate.int_opportunity as
        select
            opportunity_id, 'lead of ' || opportunity_id as lead_id, created_at, closed_at,
            closed_at is not null as is_closed, is_won, is_qualified, amount
        from opportunity;
        """
    )


def dbt(home: Path, *arguments: str) -> float:
    """Runs dbt in a process of its own; prints and returns the seconds that the attribution models took."""
    environment = {
        **os.environ,
        "HANDOFF_HOME": str(home),
        "HANDOFF_CHECKOUT": str(CHECKOUT),
        "HANDOFF_MEMORY_LIMIT": MEMORY,
        "DBT_PROFILES_DIR": str(DBT_PROJECT),
        "DBT_PROJECT_DIR": str(DBT_PROJECT),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
    }
    command = [sys.executable, "-c", PROGRAM, "--quiet", *arguments]
    done = subprocess.run(command, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout[-3000:] + done.stderr[-3000:])
    total = 0.0
    for line in filter(str.strip, done.stdout.splitlines()):
        kind, *rest = line.split()
        if kind == "model" and rest[0] in STEPS:
            total += float(rest[1])
            print(f"    {rest[0]:<28}{float(rest[1]):8.2f} s")
        elif kind == "rss" and total:
            print(f"    {'peak memory':<28}{float(rest[0]):8.2f} GB")
    return total


def differing_rows(con: duckdb.DuckDBPyConnection) -> int:
    """Rows in which the models and the bare script disagree: weights by 1e-9, money by more than the cent that the bare
    script, which breaks ties of remainders by rounding errors, may put elsewhere."""
    row = con.execute(
        """
        select count(*)
        from bare_credit as bare
        full join (from intermediate.int_attribution_credit where model <> 'shapley') as ours
            on bare.opportunity_id = ours.opportunity_id and bare.basis = ours.basis and bare.model = ours.model
            and coalesce(bare.touch_id, '') = coalesce(ours.touch_id, '')
        where coalesce(abs(bare.weight - ours.weight), 1) > 1e-9
           or coalesce(abs(bare.credited_amount - ours.credited_amount), 1) > 0.01
        """
    ).fetchone()
    return int(row[0]) if row else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--touches", type=int, default=10_000_000)
    parser.add_argument("--opportunities", type=int, default=200_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        warehouse = str(home / "warehouse.duckdb")
        with duckdb.connect(warehouse) as con:
            con.execute(f"set threads = 2; set memory_limit = '{MEMORY}'")
            generate(con, options.touches, options.opportunities)
            start = time.perf_counter()
            con.execute(BARE.read_text())
            bare = time.perf_counter() - start
            rows = con.execute("select count(*) from bare_credit").fetchall()[0][0]
            print(f"bare script, eight models       {bare:8.2f} s, {rows:,} rows")
        print("dbt models from nothing, the eight and Shapley")
        dbt(home, "seed")
        dbt(home, "run", "--select", "path:models/staging/definitions", "int_attribution_model")
        full = dbt(home, "run", "--select", *STEPS)
        print(f"    {full:.2f} s, {full / bare:.2f} times the bare script")
        with duckdb.connect(warehouse) as con:
            print(f"    rows that differ from the bare script: {differing_rows(con)}")
            con.execute(
                f"""
                insert into touch
                select
                    'new:' || touch_id, person_id, timestamp '{AS_OF}' - to_seconds((hash(touch_id) % 86400)::bigint),
                    channel, campaign_id, content, is_marketing
                from touch using sample {options.touches // 100} rows (reservoir, 7)
                """
            )
            hand_over(con)
        print("dbt models, a night with 1 % new touches")
        night = dbt(home, "run", "--select", *STEPS)
        print(f"    {night:.2f} s, {night / full:.1%} of the full attribution")


if __name__ == "__main__":
    main()
