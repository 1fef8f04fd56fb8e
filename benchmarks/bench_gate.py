"""How fast the gate judges: `python -m benchmarks.bench_gate [records]`.

Lead records are made inside DuckDB, one in ten of them incomplete, and judged by the shipped rules. Imports are timed
apart.
"""

import resource
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import duckdb

from handoff import definitions
from handoff.settings import DBT_PROJECT, Settings
from ingestion import load
from ingestion.entities import BOOKKEEPING_COLUMNS, ENTITIES, SQL_TYPES

NOW = datetime(2026, 3, 1)


def make_leads(con: duckdb.DuckDBPyConnection, records: int) -> None:
    """One delivery of lead records in `raw`, as ingestion leaves it."""
    columns = {name: SQL_TYPES[kind] for name, kind in ENTITIES["lead"].items()} | BOOKKEEPING_COLUMNS
    con.execute(load.TABLES)
    con.execute("insert into control.declared_object values ('salesforce', 'lead', 'lead', false)")
    con.execute(f"create table raw.salesforce__lead ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
    con.execute(
        f"""
        insert into raw.salesforce__lead by name
        select
            'id' || i as native_id,
            'Ada' as first_name,
            'Byron' || i % 5000 as last_name,
            case when i % 20 = 0 then 'nobody' else 'ada' || i || '@company' || i % 40000 || '.example' end as email,
            'Company ' || i % 40000 as company,
            case when i % 25 = 1 then 'unknown' else 'Web' end as lead_source,
            case when i % 100 = 2 then 'Imported' else 'Open' end as status,
            timestamp '2025-01-01' + interval (i % 400) day as created_at,
            timestamp '2025-01-02' + interval (i % 400) day as version_at,
            'delivery' as _delivery_id,
            i as _line
        from range({records}) as made(i)
        """
    )
    con.execute(
        "insert into quality.load_log (delivery_id, source_system, object, source_file, sha256, rows_read, rows_loaded,"
        " rows_held, rows_malformed, status, loaded_at)"
        " values ('delivery', 'salesforce', 'lead', 'leads.csv', 'sha', ?, ?, 0, 0, 'loaded', ?)",
        [records, records, NOW],
    )


def main(records: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), as_of=NOW)
        con = duckdb.connect(str(settings.warehouse))
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"set threads = {settings.threads}")
        con.execute("set memory_limit = '1GB'")
        make_leads(con, records)
        started = time.perf_counter()
        from expectations import completeness, docs, gate

        assert completeness
        assert docs
        imported = time.perf_counter()
        before = resource.getrusage(resource.RUSAGE_SELF)
        report = gate.run_gate(settings, con, definitions.load(DBT_PROJECT / "seeds" / "definitions"))
        wall = time.perf_counter() - imported
        after = resource.getrusage(resource.RUSAGE_SELF)
        busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        again = time.perf_counter()
        gate.run_gate(settings, con, definitions.load(DBT_PROJECT / "seeds" / "definitions"))
        print(f"imports                     {imported - started:8.1f} s")
        print(f"judged                      {report.judged:8,} records, {report.held:,} held")
        print(f"wall                        {wall:8.1f} s  ({report.judged / wall:,.0f} records/s)")
        print(f"processor time              {busy:8.1f} s  ({report.judged / busy:,.0f} records/s per core)")
        print(f"a second night, no news     {time.perf_counter() - again:8.1f} s")
        print(f"peak memory                 {after.ru_maxrss / 1024:8.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
