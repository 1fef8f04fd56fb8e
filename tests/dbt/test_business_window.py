"""The business clock where clocks change: every moment has its day's stretches, and what really passed is counted."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

WORKDAYS = [(day, 9 * 60, 17 * 60) for day in range(1, 6)]
AROUND_THE_CLOCK = [(day, 0, 24 * 60) for day in range(1, 8)]
SUNDAY_MORNING = [(7, 60, 5 * 60)]
# a break of half an hour, within the hour that the clock leaves out in spring
NIGHT_SHIFT = [(7, 0, 150), (7, 180, 24 * 60)]


@pytest.mark.parametrize(
    ("zone", "hours", "start", "end", "passed"),
    [
        pytest.param("Europe/Berlin", WORKDAYS, "2026-10-23T14:30", "2026-10-26T09:00", 1.5, id="over a weekend"),
        pytest.param("Atlantic/Azores", WORKDAYS, "2026-10-25T00:30", "2026-10-26T11:00", 1, id="midnight comes twice"),
        pytest.param(
            "America/Havana", WORKDAYS, "2026-10-31T15:00", "2026-11-01T04:30", 0, id="until the first of two"
        ),
        pytest.param("Atlantic/Azores", AROUND_THE_CLOCK, "2026-10-24T23:30", "2026-10-25T00:30", 1, id="into the day"),
        pytest.param("Atlantic/Azores", AROUND_THE_CLOCK, "2026-10-25T00:30", "2026-10-26T01:00", 24.5, id="all day"),
        pytest.param("America/New_York", SUNDAY_MORNING, "2026-11-01T04:30", "2026-11-01T12:00", 5, id="an hour twice"),
        pytest.param("America/New_York", SUNDAY_MORNING, "2026-03-08T05:00", "2026-03-08T12:00", 3, id="an hour less"),
        pytest.param(
            "America/New_York", NIGHT_SHIFT, "2026-03-08T06:50", "2026-03-08T07:05", 0.25, id="a break skipped"
        ),
        pytest.param("America/New_York", NIGHT_SHIFT, "2026-03-15T06:20", "2026-03-15T07:05", 0.25, id="a break held"),
        pytest.param("America/Santiago", AROUND_THE_CLOCK, "2026-09-06T03:00", "2026-09-06T05:00", 2, id="no midnight"),
    ],
)
def test_what_really_passed_between_two_moments(
    core_home: Path, zone: str, hours: list[tuple[int, int, int]], start: str, end: str, passed: float
) -> None:
    (compiled,) = (core_home / "dbt" / "compiled").rglob("int_business_window.sql")
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'; attach ':memory:' as warehouse; use warehouse")
        con.execute("create schema control; create schema intermediate; create schema staging")
        con.execute("create table control.run as select timestamp '2026-12-01' as as_of")
        con.execute("create table intermediate.int_lead as select timestamp '2026-01-05' as created_at")
        con.execute("create table intermediate.int_handoff_event as select timestamp '2026-01-05' as handed_off_at")
        con.execute("create table staging.stg_definitions__holidays (date_day date)")
        con.execute(
            "create table staging.stg_definitions__setting_in_force as "
            "select 'reporting_timezone' as setting, ?::varchar as value",
            [zone],
        )
        con.execute(
            "create table staging.stg_definitions__business_hours "
            "(iso_weekday bigint, opens_minute bigint, closes_minute bigint)"
        )
        con.executemany("insert into staging.stg_definitions__business_hours values (?, ?, ?)", hours)
        con.execute(f"create table business_window as {compiled.read_text()}")

        def hours_until(text: str) -> float:
            moment = datetime.fromisoformat(f"{text}+00:00")
            row = con.execute(
                "select max(seconds_before + epoch(least($moment, ends_at) - starts_at)) / 3600 from business_window "
                "where date_day = $day and starts_at <= $moment",
                {"moment": moment.replace(tzinfo=None), "day": moment.astimezone(ZoneInfo(zone)).date()},
            ).fetchone()
            assert row is not None
            assert row[0] is not None, "a moment without a stretch"
            return float(row[0])

        assert hours_until(end) - hours_until(start) == passed
