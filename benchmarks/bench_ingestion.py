"""Ingestion of one CSV file against DuckDB's own `create table as select from read_csv` with the same types.

    python -m benchmarks.bench_ingestion --rows 1000000 [--old-files 10000] [--object lead]

Prints the seconds of both (by the clock, and of processor time, which other work on the machine disturbs less), their
ratio (the promise is 2 at most), the peak memory of ingestion, and the seconds of a second load that finds nothing new.
With `--old-files`, which it loads first, also those of a load that finds one new file among them.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from handoff.settings import Settings
from handoff.warehouse import open_warehouse
from ingestion.load import load

SESSION = """
    'GA1.2.' || (i * 7919 % 1000003) as client_id,
    case when i % 5 = 0 then 'person' || (i % 90000) || '@example.com' end as user_id,
    timestamp '2025-01-01 00:00:00' + to_seconds(cast(i * 17 % 40000000 as bigint)) as session_start,
    ['google', 'linkedin', 'newsletter', '(direct)'][1 + i % 4] as source,
    ['cpc', 'social', 'email', '(none)'][1 + i % 4] as medium,
    'campaign ' || (i % 40) as campaign,
    'content ' || (i % 90) as content,
    '/page/' || (i % 300) as landing_page
"""
LEAD = """
    'Q00' || lpad(cast(i as varchar), 12, '0') || 'AAA' as "Id",
    'First ' || (i % 3000) as "FirstName", 'Last, "' || (i % 9000) || '"' as "LastName",
    'person' || i || '@company' || (i % 20000) || '.com' as "Email", '+1 555 ' || i as "Phone",
    'Head of ' || (i % 50) as "Title", 'Company ' || (i % 20000) as "Company",
    'company' || (i % 20000) || '.com' as "Website",
    'Industry ' || (i % 12) as "Industry", i % 5000 as "NumberOfEmployees", (i % 5000) * 1000.5 as "AnnualRevenue",
    'Germany' as "Country", ['Web', 'Referral', 'Webinar'][1 + i % 3] as "LeadSource",
    ['Open', 'Working', 'Qualified'][1 + i % 3] as "Status", '00500000000000' || (i % 9) || 'AAA' as "OwnerId",
    strftime(timestamp '2025-01-01' + to_seconds(cast(i * 17 % 40000000 as bigint)), '%Y-%m-%dT%H:%M:%S.000+0000')
        as "CreatedDate",
    strftime(timestamp '2025-02-01' + to_seconds(cast(i * 17 % 40000000 as bigint)), '%Y-%m-%dT%H:%M:%S.000+0000')
        as "SystemModstamp",
    i % 50 = 0 as "IsDeleted", 'line one
line two ' || i as "Description"
"""
SHAPES: dict[str, tuple[str, str, dict[str, str]]] = {
    "session": ("ga4", SESSION, {"session_start": "TIMESTAMP"}),
    "lead": (
        "salesforce",
        LEAD,
        {
            "NumberOfEmployees": "BIGINT",
            "AnnualRevenue": "DECIMAL(38,9)",
            "CreatedDate": "TIMESTAMPTZ",
            "SystemModstamp": "TIMESTAMPTZ",
            "IsDeleted": "BOOLEAN",
        },
    ),
}


class Cost(NamedTuple):
    """What a function took in a process of its own: seconds by the clock and of processor time, peak memory in GB."""

    seconds: float
    processor: float
    memory: float


def measured(work: Callable[..., None], *arguments: Any) -> Cost:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_timed, (work, *arguments))


def _timed(work: Callable[..., None], *arguments: Any) -> Cost:
    # DuckDB imports pandas at the first parameter; in a night it has long been imported.
    import pandas  # noqa: F401

    started, processor = time.perf_counter(), time.process_time()
    work(*arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return Cost(time.perf_counter() - started, time.process_time() - processor, peak)


def make_file(path: Path, columns: str, rows: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        con.execute("set enable_progress_bar = false")
        con.execute(f"copy (select {columns} from range({rows}) numbers (i)) to '{path}' (header, delimiter ',')")


def bare(path: Path, types: dict[str, str], folder: Path) -> None:
    with duckdb.connect(str(folder / "bare.duckdb")) as con:
        con.execute("set enable_progress_bar = false; set threads = 2; set TimeZone = 'UTC'")
        header = path.open(encoding="utf-8").readline().strip().split(",")
        listed = ", ".join(f"'{name}': '{types.get(name, 'VARCHAR')}'" for name in header)
        con.execute(f"create table bare as select * from read_csv('{path}', header = true, columns = {{{listed}}})")


def ingest(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        report = load(settings, con)
    assert not report.refused, report.summary()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--object", choices=SHAPES, action="append")
    parser.add_argument("--old-files", type=int, default=0)
    parser.add_argument("--memory-limit", default="4GB")
    options = parser.parse_args()
    for object_ in options.object or SHAPES:
        source, columns, types = SHAPES[object_]
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            path = folder / "extracts" / source / object_ / "delivery.csv"
            make_file(path, columns, options.rows)
            size = path.stat().st_size / 2**20
            settings = Settings(
                home=folder / "home", extracts=str(folder / "extracts"), memory_limit=options.memory_limit
            )
            plain = measured(bare, path, types, folder)
            loaded = measured(ingest, settings)
            again = measured(ingest, settings)
            print(
                f"{source}/{object_}: {options.rows:,} rows, {size:,.0f} MB\n"
                f"  DuckDB alone   {plain.seconds:7.2f} s, {plain.processor:6.2f} s of processor time\n"
                f"  ingestion      {loaded.seconds:7.2f} s, {loaded.processor:6.2f} s of processor time, "
                f"peak {loaded.memory:.2f} GB\n"
                f"  ratio          {loaded.seconds / plain.seconds:7.2f}    {loaded.processor / plain.processor:6.2f}\n"
                f"  nothing new    {again.seconds:7.2f} s",
                flush=True,
            )
            if options.old_files and object_ == next(iter(options.object or SHAPES)):
                header = path.open(encoding="utf-8").readline()
                empty = "," * (header.count(",") - 1)
                for number in range(options.old_files):
                    path.with_name(f"old_{number:06d}.csv").write_text(f"{header}{number},2025-01-01{empty}\n")
                ingest(settings)
                nothing = measured(ingest, settings)
                path.with_name("one_new.csv").write_text(f"{header}new,2025-01-01{empty}\n")
                one = measured(ingest, settings)
                print(
                    f"  one new file   {one.seconds:7.2f} s, among {options.old_files:,} old; "
                    f"without it {nothing.seconds:.2f} s"
                )


if __name__ == "__main__":
    main()
