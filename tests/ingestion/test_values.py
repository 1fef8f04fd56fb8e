"""How a text becomes a value: one case per row, in CSV; JSON and Parquet where they differ."""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.ingestion.lab import Zone

BAD = "malformed"

TIMES = [
    ("2020-10-22T21:03:23.000+0000", datetime(2020, 10, 22, 21, 3, 23)),
    ("2020-10-22T21:03:23.000Z", datetime(2020, 10, 22, 21, 3, 23)),
    ("2020-10-22T21:03:23.123456Z", datetime(2020, 10, 22, 21, 3, 23, 123456)),
    ("2020-10-22T21:03:23.123456789Z", datetime(2020, 10, 22, 21, 3, 23, 123456)),
    ("2020-10-22 21:03:23+02", datetime(2020, 10, 22, 19, 3, 23)),
    ("2020-10-22T21:03:23+02:00", datetime(2020, 10, 22, 19, 3, 23)),
    ("2020-10-22T21:03:23-0800", datetime(2020, 10, 23, 5, 3, 23)),
    ("2020-10-22T21:03:23+00:30", datetime(2020, 10, 22, 20, 33, 23)),
    ("2020-10-22 21:03:23+00", datetime(2020, 10, 22, 21, 3, 23)),
    ("2020-10-22 21:03:23 UTC", datetime(2020, 10, 22, 21, 3, 23)),
    ("2020-10-22 21:03:23.5 UTC", datetime(2020, 10, 22, 21, 3, 23, 500000)),
    ("2020-10-22 21:03:23 America/New_York", datetime(2020, 10, 23, 1, 3, 23)),
    ("2020-10-22 21:03:23", datetime(2020, 10, 22, 21, 3, 23)),
    ("2021-01-07 6:49:18", datetime(2021, 1, 7, 6, 49, 18)),
    ("2020-10-22T21:03", datetime(2020, 10, 22, 21, 3)),
    ("2020-10-22", datetime(2020, 10, 22)),
    ("  2020-10-22  ", datetime(2020, 10, 22)),
    ("9999-12-31 00:00:00", datetime(9999, 12, 31)),
    ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59)),
    ("0001-01-01T00:00:00+01:00", BAD),
    ("0000-01-01", BAD),
    ("", None),
    ("22/10/2020", BAD),
    ("2020-13-01", BAD),
    ("2020-02-30", BAD),
    ("1603400603000", BAD),
    ("infinity", BAD),
    ("epoch", BAD),
    ("290000-01-01", BAD),
    ("2020-10-22 (BC)", BAD),
    ("yesterday", BAD),
]
BERLIN_TIMES = [
    ("2020-07-01 12:00:00", datetime(2020, 7, 1, 10)),
    ("2020-12-01 12:00:00", datetime(2020, 12, 1, 11)),
    ("2020-07-01", datetime(2020, 7, 1)),  # a day of the reporting time zone, UTC here, not of the source's
    ("2020-07-01T12:00:00Z", datetime(2020, 7, 1, 12)),
    ("2020-07-01T12:00:00+0000", datetime(2020, 7, 1, 12)),
    ("2020-07-01T12:00:00+0500", datetime(2020, 7, 1, 7)),
    ("2020-07-01 12:00:00 UTC", datetime(2020, 7, 1, 12)),
]
DATES = [
    ("2020-10-22", date(2020, 10, 22)),
    ("2018-12-19 00:00:00", date(2018, 12, 19)),
    ("2020-10-22T23:30:00-08:00", date(2020, 10, 22)),
    ("2020-1-2", date(2020, 1, 2)),
    ("2020/10/22", date(2020, 10, 22)),
    ("2020-10-22 garbage", BAD),
    ("20201022", BAD),
    ("0000-00-00", BAD),
]
AMOUNTS = [
    ("12", Decimal(12)),
    ("12.5", Decimal("12.5")),
    ("-0.01", Decimal("-0.01")),
    ("1e3", Decimal(1000)),
    ("+5", Decimal(5)),
    ("123456789012.34", Decimal("123456789012.34")),
    ("12345678901.123456789", Decimal("12345678901.123456789")),
    ("1.0000000015", Decimal("1.000000002")),
    ("999999999999999", Decimal(999999999999999)),
    ("1000000000000000", BAD),
    ("1e400", BAD),
    ("nan", BAD),
    ("inf", BAD),
    ("1,234.50", BAD),
    ("$5", BAD),
    ("5 %", BAD),
    ("=1+1", BAD),
    ("0x10", BAD),
]
COMMA_AMOUNTS = [
    ('"1.234,56"', Decimal("1234.56")),
    ('"1234,5"', Decimal("1234.5")),
    ("1.234.567", Decimal(1234567)),
    ("12", Decimal(12)),
    ('"-0,5"', Decimal("-0.5")),
    ("1.5", BAD),
    ('"1,234.56"', BAD),
]
INTEGERS = [("12", 12), ("12.0", 12), ("-3", -3), ("1e3", 1000), ("9223372036854775807", 9223372036854775807)]
INTEGERS += [("12.5", BAD), ("twelve", BAD), ("9223372036854775808", BAD)]
FLOATS = [("1.5", 1.5), ("-2e-3", -0.002), ("nan", BAD), ("inf", BAD), ("x", BAD)]
BOOLEANS = [(text, True) for text in ("true", "TRUE", "t", "1", "yes", "Y", "1.0")]
BOOLEANS += [(text, False) for text in ("false", "False", "F", "0", "no", "n", "0.0")]
BOOLEANS += [("maybe", BAD), ("2", BAD), ("", None)]
TEXTS = [
    (" padded\t", "padded"),
    ("\u00a0x\u00a0", "x"),
    ('"a ""quoted"" word"', 'a "quoted" word'),
    ('"two\nlines"', "two\nlines"),
    ("'; drop table raw.crm__x; --", "'; drop table raw.crm__x; --"),
    ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
    ("../../etc/passwd", "../../etc/passwd"),
    ("Ünïcödé 😀", "Ünïcödé 😀"),
    ("   ", None),
    ('""', None),
    ("Select", None),
    ("SELECT ", None),
    ("  select", None),
    ("selected", "selected"),
]
SALESFORCE_IDS = [
    ("0015000000VALDt", "0015000000VALDtAAP"),
    ("a0B3A00000abcDe", "a0B3A00000abcDeUAI"),
    ("0015000000VALDtAAP", "0015000000VALDtAAP"),
    ("000000000000000AAA", None),
    ("000000000000000", None),
    ("rQhle3uwQbFgFmLTF1WByg==", "rQhle3uwQbFgFmLTF1WByg=="),
    ("15-long-no-id!!", "15-long-no-id!!"),
]

KINDS: dict[str, tuple[str, str, list[tuple[str, Any]]]] = {
    "timestamp": ("timestamp", "", TIMES),
    "timestamp in Berlin": ("timestamp", "timezone: Europe/Berlin", BERLIN_TIMES),
    "date": ("date", "", DATES),
    "amount": ("amount", "", AMOUNTS),
    "decimal comma": ("amount", "decimal_comma: true", COMMA_AMOUNTS),
    "integer": ("integer", "", INTEGERS),
    "float": ("float", "", FLOATS),
    "boolean": ("boolean", "", BOOLEANS),
    "text": ("text", "nulls: [Select]", TEXTS),
    "Salesforce id": ("id", "id_format: salesforce", SALESFORCE_IDS),
}
FIELDS = [
    ("declared day format", "date", 'format: "%d/%m/%Y"', "22/10/2020", date(2020, 10, 22)),
    ("declared format refuses ISO", "date", 'format: "%d/%m/%Y"', "2020-10-22", BAD),
    ("formats in turn", "date", 'format: ["%d.%m.%Y", iso]', "2020-10-22", date(2020, 10, 22)),
    ("compact day", "date", 'format: [iso, "%Y%m%d"]', "20201022", date(2020, 10, 22)),
    (
        "format with an offset",
        "timestamp",
        'format: "%d/%m/%Y %H:%M %z"',
        "1/2/2020 10:00 +02:00",
        datetime(2020, 2, 1, 8),
    ),
    ("epoch seconds", "timestamp", "format: epoch_s", "1603400603", datetime(2020, 10, 22, 21, 3, 23)),
    (
        "epoch seconds as a decimal",
        "timestamp",
        "format: epoch_s",
        "1603400603.5",
        datetime(2020, 10, 22, 21, 3, 23, 500000),
    ),
    ("epoch milliseconds", "timestamp", "format: [iso, epoch_ms]", "1603400603000", datetime(2020, 10, 22, 21, 3, 23)),
    ("epoch microseconds", "timestamp", "format: epoch_us", "1603400603000001", datetime(2020, 10, 22, 21, 3, 23, 1)),
    ("epoch out of the calendar", "timestamp", "format: epoch_s", "99999999999999", BAD),
    ("epoch that is none", "timestamp", "format: epoch_s", "noon", BAD),
    ("currency stripped", "amount", 'strip: ["$", ","]', '"$1,234.50"', Decimal("1234.5")),
    ("percent stripped", "float", 'strip: ["%"]', "12.5 %", 12.5),
    ("millions", "amount", "multiply: 1000000", "1100.04", Decimal(1100040000)),
    ("micros", "number", "multiply: 0.000001", "1234567", Decimal("1.234567")),
    ("hundredths of an integer", "integer", "multiply: 100", "1.5", 150),
    ("default of an empty cell", "text", "default: none", "", "none"),
]


def mapping(field_type: str, dialect: str, spec: str = "") -> str:
    more = f", {spec}" if spec else ""
    return f"""
source: crm
{dialect}
objects:
  lead:
    entity: custom
    fields:
      native_id: {{column: Id}}
      value: {{column: Value, type: {field_type}{more}}}
"""


def seen(zone: Zone, content: str, name: str = "a.csv") -> Any:
    zone.put(name, content)
    report = zone.load()
    assert not report.refused, report.summary()
    rows = zone.rows("value")
    return rows[0][0] if rows else BAD


CASES = [(kind, text, wanted) for kind, (_, _, cases) in KINDS.items() for text, wanted in cases]


@pytest.mark.parametrize(("kind", "text", "wanted"), CASES, ids=[f"{kind}: {text!r}" for kind, text, _ in CASES])
def test_value(zone: Zone, kind: str, text: str, wanted: Any) -> None:
    field_type, dialect, _ = KINDS[kind]
    zone.map(mapping(field_type, dialect))
    value = seen(zone, f"Id,Value\n1,{text}\n")
    assert value == wanted
    assert type(value) is type(wanted)


@pytest.mark.parametrize(("field_type", "spec", "text", "wanted"), [c[1:] for c in FIELDS], ids=[c[0] for c in FIELDS])
def test_value_of_a_field_with_options(zone: Zone, field_type: str, spec: str, text: str, wanted: Any) -> None:
    zone.map(mapping(field_type, "", spec))
    assert seen(zone, f"Id,Value\n1,{text}\n") == wanted


JSON_CASES = [
    ("a number keeps its digits", "amount", 1234567.891, Decimal("1234567.891")),
    ("an id that is a number", "id", 12345678901234567890, "12345678901234567890"),
    ("an id that became a float", "id", 12.0, "12"),
    ("true", "boolean", True, True),
    ("null", "text", None, None),
    ("an empty text", "text", "", None),
    ("a list stays JSON", "text", [1, "x", {"a": None}, 1.5], '[1,"x",{"a":null},1.5]'),
    ("a time", "timestamp", "2020-10-22T21:03:23.000Z", datetime(2020, 10, 22, 21, 3, 23)),
]


@pytest.mark.parametrize(("field_type", "value", "wanted"), [c[1:] for c in JSON_CASES], ids=[c[0] for c in JSON_CASES])
def test_json_value(zone: Zone, field_type: str, value: Any, wanted: Any) -> None:
    zone.map(mapping(field_type, ""))
    assert seen(zone, json.dumps({"Id": 1, "Value": value}) + "\n", "a.jsonl") == wanted


def test_json_number_under_a_decimal_comma(zone: Zone) -> None:
    zone.map(mapping("amount", "decimal_comma: true"))
    assert seen(zone, '{"Id": 1, "Value": 1234.5}\n', "a.jsonl") == Decimal("1234.5")


PARQUET_CASES = [
    ("an integer id", "id", "cast(12 as bigint)", "12"),
    ("an id that became a float", "id", "cast(12 as double)", "12"),
    ("a timestamp with zone", "timestamp", "timestamptz '2020-10-22 21:03:23+02'", datetime(2020, 10, 22, 19, 3, 23)),
    (
        "a timestamp without",
        "timestamp",
        "timestamp '2020-10-22 21:03:23.5'",
        datetime(2020, 10, 22, 21, 3, 23, 500000),
    ),
    ("a date", "date", "date '2020-10-22'", date(2020, 10, 22)),
    ("a decimal", "amount", "cast(1.25 as decimal(9,2))", Decimal("1.25")),
    ("a boolean", "boolean", "true", True),
    ("a list", "text", "[1, 2]", "[1,2]"),
    ("a binary text", "text", "'x'::blob", "x"),
    ("null", "text", "null", None),
    ("a text that is no number", "amount", "'x'", BAD),
    ("a NUL byte", "text", "'a' || chr(0)", BAD),
]


@pytest.mark.parametrize(
    ("field_type", "sql", "wanted"), [c[1:] for c in PARQUET_CASES], ids=[c[0] for c in PARQUET_CASES]
)
def test_parquet_value(zone: Zone, field_type: str, sql: str, wanted: Any, tmp_path: Path) -> None:
    zone.map(mapping(field_type, "decimal_comma: true" if field_type == "amount" and wanted is not BAD else ""))
    path = tmp_path / "made.parquet"
    duckdb.sql(f"set TimeZone = 'UTC'; copy (select 1 as \"Id\", {sql} as \"Value\") to '{path}'")
    zone.put("a.parquet", path.read_bytes())
    assert not zone.load().refused
    rows = zone.rows("value")
    assert (rows[0][0] if rows else BAD) == wanted
    if wanted is BAD:
        ((line, text),) = zone.malformed()
        assert (line, json.loads(text)["Id"]) == (1, "1")


@pytest.mark.parametrize(
    ("entity", "field", "largest"),
    [("opportunity", "amount", 10**13), ("opportunity_stage_history", "amount", 10**13), ("spend", "cost", 10**11)],
)
def test_money_too_large_to_be_added_up_is_malformed_with_its_line(
    zone: Zone, entity: str, field: str, largest: int
) -> None:
    key = {"opportunity": "native_id", "opportunity_stage_history": "record_id", "spend": "spend_date"}[entity]
    zone.map(
        f"source: crm\nobjects:\n  money:\n    entity: {entity}\n    fields:\n      {key}: Key\n      {field}: Money\n"
    )
    rows = [
        f"2026-01-0{n},{sign}{value}"
        for n, (sign, value) in enumerate([("", largest), ("-", largest), ("-", largest - 1), ("", "1e30")], 1)
    ]
    zone.put("a.csv", "\n".join(["Key,Money", *rows, ""]), "crm/money")
    zone.load()
    assert zone.rows(field, "crm__money") == [(1 - largest,)]
    kind = "number" if field == "cost" else "amount"
    assert zone.malformed("line, error") == [
        (line, f"Money ({field}): {text} is not of type {kind}, or not below {largest:,}")
        for line, text in ((2, largest), (3, -largest), (5, "1e30"))
    ]
