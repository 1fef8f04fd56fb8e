"""What is still to come, of whatever kind, is left out: the one row that large tables ask in place of the clock."""

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

AS_OF = datetime(2026, 6, 1, 2)
TABLES = {
    "int_lead_stage_event": "entered_at timestamp, exited_at timestamp",
    "int_handoff_event": "handed_off_at timestamp",
    "int_lead": "created_at timestamp",
    "int_lead_change": "changed_at timestamp",
    "int_activity_record": "is_completed boolean, acted_at timestamp, happened_at timestamp",
    "int_touch": "touched_at timestamp",
    "int_opportunity": "created_at timestamp",
    "int_opportunity_stage_event": "entered_at timestamp, exited_at timestamp",
}


def happened_until(core_home: Path, folder: Path, **rows: str) -> datetime:
    """The horizon of a warehouse in which each table has one row of long ago, or these VALUES."""
    (compiled,) = (core_home / "dbt" / "compiled").rglob("int_event_horizon.sql")
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        con.execute("create schema control; create schema intermediate")
        con.execute("create table control.run as select ?::timestamp as as_of", [AS_OF])
        for table, columns in TABLES.items():
            con.execute(f"create table intermediate.{table} ({columns})")
            long_ago = ["true" if "boolean" in column else "'2026-01-01'" for column in columns.split(", ")]
            con.execute(f"insert into intermediate.{table} values ({rows.get(table, ', '.join(long_ago))})")
        row = con.execute(compiled.read_text()).fetchone()
    assert row is not None
    return row[0]


def test_where_all_has_happened_the_clock_is_not_asked(core_home: Path, tmp_path: Path) -> None:
    assert happened_until(core_home, tmp_path) == datetime(9999, 12, 31)


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("int_lead_stage_event", "'2026-01-01', '{soon}'"),
        ("int_lead_stage_event", "'{soon}', null"),
        ("int_handoff_event", "'{soon}'"),
        ("int_lead", "'{soon}'"),
        ("int_lead_change", "'{soon}'"),
        ("int_activity_record", "true, '{soon}', null"),
        ("int_activity_record", "true, '2026-01-01', '{soon}'"),
        ("int_touch", "'{soon}'"),
        ("int_opportunity", "'{soon}'"),
        ("int_opportunity_stage_event", "'2026-01-01', '{soon}'"),
    ],
)
def test_where_something_is_still_to_come_it_is_the_newest_moment_before_now(
    core_home: Path, tmp_path: Path, table: str, row: str
) -> None:
    soon = row.format(soon=AS_OF + timedelta(seconds=1))
    assert happened_until(core_home, tmp_path, **{table: soon}) == datetime(2026, 1, 1)


@pytest.mark.parametrize("moment", [AS_OF, AS_OF - timedelta(hours=1)], ids=["now", "an hour ago"])
@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("int_lead_stage_event", "'{moment}', '{soon}'"),
        ("int_lead_stage_event", "'2026-01-01', '{moment}'"),
        ("int_handoff_event", "'{moment}'"),
        ("int_lead", "'{moment}'"),
        ("int_lead_change", "'{moment}'"),
        ("int_activity_record", "true, '{moment}', '{soon}'"),
        ("int_activity_record", "true, '{soon}', '{moment}'"),
        ("int_touch", "'{moment}'"),
        ("int_opportunity", "'{moment}'"),
        ("int_opportunity_stage_event", "'{moment}', '{soon}'"),
        ("int_opportunity_stage_event", "'2026-01-01', '{moment}'"),
    ],
)
def test_each_time_that_has_passed_lies_within_it(
    core_home: Path, tmp_path: Path, table: str, row: str, moment: datetime
) -> None:
    soon = AS_OF + timedelta(seconds=1)
    rows = {"int_lead": f"'{soon}'", "int_touch": f"'{soon}'"} | {table: row.format(moment=moment, soon=soon)}
    assert happened_until(core_home, tmp_path, **rows) == moment


def test_where_all_is_still_to_come_nothing_has_happened(core_home: Path, tmp_path: Path) -> None:
    soon = AS_OF + timedelta(seconds=1)
    rows = {
        table: ", ".join("true" if "boolean" in column else f"'{soon}'" for column in columns.split(", "))
        for table, columns in TABLES.items()
    }
    assert happened_until(core_home, tmp_path, **rows) == datetime(1, 1, 1)


def test_what_is_planned_is_no_event(core_home: Path, tmp_path: Path) -> None:
    planned = f"false, '{AS_OF + timedelta(days=1)}', null"
    assert happened_until(core_home, tmp_path, int_activity_record=planned) == datetime(9999, 12, 31)
