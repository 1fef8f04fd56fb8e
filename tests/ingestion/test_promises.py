"""Every promise about an extract, one case per row: what is refused, what is malformed, what is delivered once."""

import csv
import gzip
import hashlib
import io
import json
import os
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ingestion.load
from handoff.control import begin_run, tell_deliveries
from handoff.errors import HandoffError
from ingestion.columns import Column, plan_columns, typed_select
from ingestion.mapping import SourceMapping, shipped_mappings
from tests.dbt.test_plans import operators
from tests.ingestion.lab import CRM, Zone

HEADER = "Id,Email,Employees,CreatedDate,IsDeleted,SystemModstamp\n"


def lead(number: int, version: str = "2026-01-01T00:00:00Z", email: str = "a@b.com") -> str:
    return f"{number},{email},5,2026-01-01T00:00:00Z,false,{version}\n"


GOOD = HEADER + lead(1) + lead(2)
PARQUET = b"PAR1" + b"\0" * 40 + b"PAR1"

REFUSED = [
    ("ends inside a quoted field", "a.csv", GOOD + '3,"a@b', "line 4"),
    ("ends inside a quoted field, lines later", "a.csv", HEADER + '3,"a@b.com,5\n' + lead(1) + lead(2), "line 2"),
    ("last record short, without line end", "a.csv", GOOD + "3,a@b.com,5", "line 4, has 3 of 6"),
    ("last record short in its first cell", "a.csv", GOOD + "3", "line 4, has 1 of 6"),
    ("a required column is missing", "a.csv", "Email,Employees\na@b.com,5\n", "column Id (field native_id)"),
    ("no declared column at all", "a.csv", "x,y\n1,2\n", "column Id"),
    ("a declared column twice", "a.csv", "Id,Email,Email\n1,a,b\n", "'Email' is ambiguous"),
    ("two spellings of a declared column", "a.csv", "Id,e_mail,E_MAIL\n1,a,b\n", "'Email' is ambiguous"),
    ("zero bytes", "a.csv", "", "empty"),
    ("blank lines only", "a.csv", "\n\n\n", "empty"),
    ("a CSV named Parquet", "a.parquet", GOOD, "cannot be read as Parquet"),
    ("a Parquet named CSV", "a.csv", PARQUET, "a Parquet file"),
    ("a Parquet named JSON", "a.jsonl", PARQUET, "a Parquet file"),
    ("a damaged Parquet", "a.parquet", PARQUET, "cannot be read as Parquet"),
    ("gzip named CSV", "a.csv", gzip.compress(GOOD.encode()), "gzip"),
    ("a workbook named CSV", "a.csv", b"PK\x03\x04rest", "Excel"),
    ("a web page named CSV", "a.csv", "<!DOCTYPE html>\n<html>Sign in</html>\n", "column Id"),
    ("JSON named CSV", "a.csv", '{"Id": 1}\n', "column Id"),
    ("CSV named JSON", "a.jsonl", GOOD, "no line of the file is a JSON object"),
    ("a JSON array", "a.jsonl", '[{"Id": 1},\n{"Id": 2}]\n', "one JSON array"),
    ("JSON cut off", "a.jsonl", '{"Id": 1}\n{"Id": 2, "Em', "its last line, 2"),
    ("JSON without the required key", "a.jsonl", '{"Email": "a"}\n', "column Id"),
    ("UTF-16 that nobody declared", "a.csv", GOOD.encode("utf-16"), "UTF-16"),
    ("UTF-16 without a mark", "a.csv", GOOD.encode("utf-16-le"), "NUL"),
    ("a header in another encoding", "a.csv", b"Id,Stra\xdfe\n1,x\n", "not utf-8"),
    ("100,000 columns", "a.csv", ",".join(f"c{i}" for i in range(100_000)) + "\n", "columns, more than"),
    ("a header without an end", "a.csv", "Id," + "x" * 1_200_000, "longer than 1 MB"),
    ("a column name of 2,000 letters", "a.csv", f"Id,{'x' * 2000}\n1,2\n", "column name is longer"),
    ("JSON with ever new keys", "a.jsonl", json.dumps({f"k{i}": 1 for i in range(3000)}) + "\n", "columns, more than"),
    ("a text file", "notes.txt", "hello", "none of .csv"),
    ("an unfinished header quote", "a.csv", '"Id,Email\n1,2\n', "header line cannot be read"),
]


@pytest.mark.parametrize(("name", "content", "reason"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_refused_whole_while_the_others_go_on(zone: Zone, name: str, content: str | bytes, reason: str) -> None:
    path = zone.put(name, content)
    before = path.read_bytes()
    zone.put("z_good.csv", HEADER + lead(8) + lead(9))
    report = zone.load()
    assert [each.source_file for each in report.refused] == [name]
    (refused,) = report.refused
    assert reason in (refused.error or "")
    assert (refused.error or "").startswith(f"crm/lead/{name}: ")
    assert "What to do: " in (refused.error or "")
    assert refused.rows_read == 0
    assert zone.rows("native_id") == [("8",), ("9",)]
    assert path.read_bytes() == before
    again = zone.load()
    assert not again.new, "a refused file is not read again as long as nothing changed"


def truncated_gzip() -> bytes:
    return gzip.compress("".join(lead(i) for i in range(5000)).encode())[:-20]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(truncated_gzip(), "cut off"), (GOOD.encode(), "not gzip"), (b"", "empty"), (gzip.compress(b"x")[:5], "cut off")],
    ids=["truncated", "plain text", "zero bytes", "cut in the header"],
)
def test_damaged_gzip_is_refused(zone: Zone, content: bytes, reason: str) -> None:
    path = zone.put("a.csv", "")
    path.unlink()
    path.with_name("a.csv.gz").write_bytes(content)
    (refused,) = zone.load().refused
    assert reason in (refused.error or "")


MALFORMED = [
    ("too few columns", HEADER + lead(1) + "2,x\n" + lead(3), [(3, "2,x")], 2),
    ("too many columns", HEADER + lead(1) + lead(2).strip() + ",x,y\n" + lead(3), [(3, lead(2).strip() + ",x,y")], 2),
    ("an empty column too many", HEADER + lead(1) + lead(2).strip() + ",\n", [(3, lead(2).strip() + ",")], 1),
    ("quoted, empty, too many", HEADER + lead(1).strip() + ',""\n' + lead(2), [(2, lead(1).strip() + ',""')], 1),
    ("an empty one too many, after an empty one", HEADER + "1,,,,,,\n" + lead(2), [(2, "1,,,,,,")], 1),
    ("last one short, with line end", HEADER + lead(1) + "2,x\n", [(3, "2,x")], 1),
    ("last one long, without line end", HEADER + lead(1) + "1,2,3,4,5,6,7", [(3, "1,2,3,4,5,6,7")], 1),
    ("a cell that lost its type", HEADER + lead(1) + "2,x,many,,,\n", [(3, "2,x,many,,,")], 1),
    ("text behind a closing quote", HEADER + '1,"a"b,,,,\n' + lead(2), [(2, '1,"a"b,,,,')], 1),
    ("a NUL byte", HEADER + "1,a\0b,,,,\n" + lead(2), [(2, "1,a\\x00b,,,,")], 1),
    ("after quoted lines", HEADER + '1,"a\nb\nc",,,,\n2,x\n' + lead(3), [(5, "2,x")], 2),
    ("a quoted record of its own lines", HEADER + lead(1) + '2,"a\nb",x,,,\n' + lead(3), [(3, '2,"a\nb",x,,,')], 2),
    ("after blank lines", HEADER + "\n\n" + lead(1) + "\n2,x\n", [(6, "2,x")], 1),
    ("Windows line ends", (HEADER + lead(1) + "2,x\n" + lead(3)).replace("\n", "\r\n"), [(3, "2,x")], 2),
    ("old Mac line ends", (HEADER + lead(1) + "2,x\n" + lead(3)).replace("\n", "\r"), [(3, "2,x")], 2),
    ("all rows", HEADER + "1,x,many,,,\n2,x,few,,,\n", [(2, "1,x,many,,,"), (3, "2,x,few,,,")], 0),
    ("bytes that are no UTF-8", (HEADER + lead(1)).encode() + b"2,\xe9,,,,\n", [(3, "2,\\udce9,,,,")], 1),
]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(("content", "bad", "good"), [c[1:] for c in MALFORMED], ids=[c[0] for c in MALFORMED])
def test_malformed_rows_keep_line_and_text(
    zone: Zone, content: str | bytes, bad: list[tuple[int, str]], good: int, packed: bool
) -> None:
    delivery = zone.load_one("a.csv.gz" if packed else "a.csv", content)
    assert zone.malformed() == bad
    assert (delivery.rows_loaded, delivery.rows_malformed, delivery.rows_read) == (good, len(bad), good + len(bad))
    assert len(zone.rows()) == good


def test_malformed_json_lines(zone: Zone) -> None:
    lines = [
        '{"Id": 1}',
        '{"Id": 2',
        "[3]",
        '{"Id": "\\u0000"}',
        "",
        '{"Id": 5, "Employees": "x"}',
        '{"Id": NaN}',
        '{"Id": 7}',
    ]
    delivery = zone.load_one("a.jsonl", "\n".join(lines) + "\n")
    assert zone.malformed() == [(n, lines[n - 1]) for n in (2, 3, 4, 6, 7)]
    assert zone.rows("native_id, _line") == [("1", 1), ("7", 8)]
    assert (delivery.rows_read, delivery.rows_malformed) == (7, 5)


def test_a_changed_type_is_malformed_rows_not_a_crash(zone: Zone) -> None:
    zone.put("1.csv", HEADER + lead(1))
    zone.put("2.csv", "Id,Employees\n2,about ten\n")
    assert [(d.rows_loaded, d.rows_malformed, d.status) for d in zone.load().deliveries] == [
        (1, 0, "loaded"),
        (0, 1, "loaded"),
    ]
    ((error,),) = zone.malformed("error")
    assert error == "Employees (employee_count): about ten is not of type integer"


LINES = [
    ("plain", HEADER + lead(1) + lead(2), [2, 3]),
    ("no line end at the end", HEADER + lead(1) + lead(2).strip(), [2, 3]),
    ("quoted line breaks", HEADER + '1,"a\nb",,,,\n2,"c\r\nd\n\n",,,,\n3,,,,,\n', [2, 4, 8]),
    (
        "a quoted line break far down",
        HEADER + "".join(lead(i) for i in range(2, 30_002)) + '1,"a\nb",,,,\n3,,,,,\n',
        None,
    ),
    ("blank lines", HEADER + "\n" + lead(1) + "\n\n" + lead(2), [3, 6]),
    ("a BOM", "\ufeff" + HEADER + lead(1), [2]),
    ("a quoted header", HEADER.replace("Email", '"Email"') + lead(1), [2]),
    ("a header of two lines", HEADER.replace("Email", '"Email","x\ny"') + '1,,"z",5,,,\n', [3]),
]


@pytest.mark.parametrize(("content", "lines"), [c[1:] for c in LINES], ids=[c[0] for c in LINES])
def test_line_is_the_physical_line_on_which_a_record_starts(zone: Zone, content: str, lines: list[int] | None) -> None:
    zone.load_one("a.csv", content)
    if lines is None:
        assert zone.rows("_line, native_id", order="1")[-2:] == [(30_002, "1"), (30_004, "3")]
        lines = [*range(2, 30_003), 30_004]
    assert [line for (line,) in zone.rows("_line", order="1")] == lines


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_the_lines_of_a_file_that_two_threads_read_at_once(zone: Zone, packed: bool) -> None:
    """DuckDB reads a file in pieces of eight megabytes; one row of the last piece is malformed."""
    rows = [f"{line},{'x' * 300}@b.com,5,2026-01-01T00:00:00Z,false,\n" for line in range(2, 80_002)]
    rows[-2] = f"{80_000},a@b.com,many,,,\n"
    zone.con.execute("set threads = 2")
    zone.load_one("a.csv.gz" if packed else "a.csv", HEADER + "".join(rows))
    assert zone.rows("count(*)", order="all") == [(79_999,)]
    assert zone.con.execute("select count(*) from raw.crm__lead where native_id <> _line").fetchall() == [(0,)]
    assert zone.malformed() == [(80_000, rows[-2].strip("\n"))]


SHIPPED = [(mapping, name) for mapping in shipped_mappings().values() for name in mapping.objects]


@pytest.mark.parametrize(("mapping", "name"), SHIPPED, ids=[f"{mapping.source}/{name}" for mapping, name in SHIPPED])
def test_the_rows_of_a_file_pass_no_join_on_their_way(mapping: SourceMapping, name: str) -> None:
    """A join does not keep the order of the rows, by which a row's line is known."""
    mapped = mapping.objects[name]
    headers = dict.fromkeys(
        header for spec in mapped.all_fields.values() for header in (spec.headers if spec.concat else spec.headers[:1])
    )
    columns = [Column(header, f"c{number}") for number, header in enumerate(headers)]
    with duckdb.connect() as con:
        con.execute(f"create table relation ({', '.join(f'{column.text} varchar' for column in columns)})")
        typed = typed_select(plan_columns(mapped, columns), mapped, "relation", {})
        (plan,) = con.execute(f"explain (format json) {typed.select}").fetchall()
        assert set(operators(json.loads(plan[1])[0])) <= {"PROJECTION", "SEQ_SCAN", "EMPTY_RESULT"}


SOUND = [
    ("plain", GOOD),
    ("Windows line ends", GOOD.replace("\n", "\r\n")),
    ("no line end at the end", GOOD.rstrip("\n")),
    ("a BOM", "\ufeff" + GOOD),
    ("letters of several bytes", HEADER + '1,é😀,,,,\n2,"ü, ö",,,,\n'),
    ("all quoted", '"Id","Email"\n"1",""\n"2","x"\n'),
    ("quotes in quotes", 'Id,Email\n1,"say ""hi"""\n2,""""\n'),
    ("line breaks in quotes", 'Id,Email\r\n1,"a\r\nb\n"\r\n2,"\n"\r\n'),
    ("a line break far down", HEADER + "".join(map(lead, range(2, 30_000))) + '1,"a\nb\r\n",,,,\n'),
    ("a malformed value", HEADER + "1,x,many,,,\n" + lead(2)),
    ("empty last columns", HEADER + "1,,,,,\n2,x,,,,\n"),
    ("semicolons", "Id;Email\n1;a,b\n2;\n"),
]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("content", [c[1] for c in SOUND], ids=[c[0] for c in SOUND])
def test_a_sound_file_is_read_by_the_fast_reader(
    zone: Zone, content: str, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object) -> None:
        raise AssertionError("the bytes of a sound file were taken for doubtful")

    monkeypatch.setattr("ingestion.readers.Reader._csv_strict", slow)
    assert zone.load_one("a.csv.gz" if packed else "a.csv", content).rows_read >= 2


DIALECTS = [
    ("semicolons", "", "Id;Email\n1;x,y\n", "x,y"),
    ("tabs", "", "Id\tEmail\n1\tx,y\n", "x,y"),
    ("bars", "", "Id|Email\n1|x\n", "x"),
    ("a declared delimiter", "delimiter: '^'", "Id^Email\n1^x\n", "x"),
    ("latin-1", "encoding: latin-1", "Id,Email\n1,Müller\n".encode("latin-1"), "Müller"),
    ("Windows text", "encoding: cp1252", "Id,Email\n1,5 €\n".encode("cp1252"), "5 €"),
    ("UTF-16", "encoding: utf-16", "Id,Email\n1,Ünï\n".encode("utf-16"), "Ünï"),
    ("a UTF-8 BOM", "", "\ufeffId,Email\n1,x\n", "x"),
    ("all quoted", "", '"Id","Email"\n"1","x"\n', "x"),
    ("headers in other cases", "", "ID,e_mail\n1,x\n", "x"),
    ("blanks around headers", "", "Id, Email \n1,x\n", "x"),
    ("a loader's prefix", "header_prefixes: [property_]", "id,property_email\n1,x\n", "x"),
    ("an exact header before a prefixed one", "header_prefixes: [p_]", "id,p_email,email\n1,y,x\n", "x"),
    ("a comma that hides in quotes", "", 'Id,Email\n1,"a,b"\n', "a,b"),
]


@pytest.mark.parametrize(("dialect", "content", "email"), [c[1:] for c in DIALECTS], ids=[c[0] for c in DIALECTS])
def test_dialects(zone: Zone, dialect: str, content: str | bytes, email: str) -> None:
    zone.map(CRM.replace("source: crm", f"source: crm\n{dialect}"))
    zone.load_one("a.csv", content)
    assert zone.rows("native_id, email") == [("1", email)]


def test_wrongly_declared_utf_16_is_refused(zone: Zone) -> None:
    zone.map(CRM.replace("source: crm", "source: crm\nencoding: utf-16"))
    assert zone.load_one("a.csv", GOOD[:-1]).status == "refused"


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.jsonl.gz"])
def test_a_file_without_rows_is_a_delivery_of_no_rows(zone: Zone, name: str) -> None:
    delivery = zone.load_one(name, HEADER if "csv" in name else "")
    assert (delivery.status, delivery.rows_read) == ("loaded", 0)


def test_every_format_yields_the_same_rows(zone: Zone) -> None:
    text = HEADER + "".join(lead(number, email=f"é{number}@b.com") for number in range(50))
    records = list(csv.DictReader(io.StringIO(text)))
    jsonl = "".join(json.dumps(record) + "\n" for record in records)
    made = zone.home / "x.parquet"
    (zone.home / "x.csv").write_text(text)
    duckdb.sql(f"copy (select * from read_csv('{zone.home}/x.csv')) to '{made}'")
    tables = []
    for name, content in [
        ("1.csv", text.encode()),
        ("2.csv.gz", text.encode()),
        ("3.jsonl", jsonl.encode()),
        ("4.jsonl.gz", jsonl.encode()),
        ("5.parquet", made.read_bytes()),
    ]:
        zone.con.execute("drop schema if exists raw cascade; drop schema quality cascade" if tables else "select 1")
        zone.con.execute("drop schema if exists control cascade")
        for old in zone.extracts.rglob("*.*"):
            old.unlink()
        zone.put(name, content)
        assert not zone.load().refused
        tables.append(zone.rows("native_id, email, employee_count, created_at, is_deleted, version_at"))
    assert len(tables[0]) == 50
    assert all(table == tables[0] for table in tables)


def test_nested_json_is_flattened(zone: Zone) -> None:
    zone.map(CRM.replace("source: crm", "source: crm\nheader_prefixes: [properties_]"))
    zone.load_one(
        "a.jsonl", '{"id": "1", "properties": {"email": "x", "deep": {"er": 1}}, "archived": false}\n{"id": "2"}\n'
    )
    assert zone.rows("native_id, email, archived, properties_deep_er") == [
        ("1", "x", "false", "1"),
        ("2", None, None, None),
    ]


def test_pages_of_an_api_are_their_records(zone: Zone) -> None:
    zone.map(CRM.replace("source: crm", "source: crm\nheader_prefixes: [properties_]"))
    page = {
        "results": [{"id": "1", "properties": {"email": "x", "employees": "9"}}, {"id": "2"}],
        "paging": {"next": 1},
    }
    bad = {"records": [{"id": "3", "properties": {"employees": "many"}}, {"id": "4"}], "done": True}
    lines = [
        json.dumps(page),
        '{"results": []}',
        json.dumps(bad),
        '{"id": "5", "result": [{"a": 1}]}',
        '{"results": [1',
    ]
    delivery = zone.load_one("a.jsonl", "\n".join(lines) + "\n")
    assert (delivery.rows_read, delivery.rows_loaded, delivery.rows_malformed) == (6, 4, 2)
    assert zone.rows("native_id, email, employee_count, _line") == [
        ("1", "x", 9, 1),
        ("2", None, None, 1),
        ("4", None, None, 3),
        ("5", None, None, 4),
    ]
    assert [line for line, _ in zone.malformed()] == [3, 5]
    assert "many" in zone.malformed()[0][1]


@pytest.mark.parametrize("bad", ["\\udcff", "\\u0000"], ids=["no text", "NUL"])
def test_a_bad_record_leaves_the_others_of_its_page(zone: Zone, bad: str) -> None:
    page = f'{{"records": [{{"Id": "1"}}, {{"Id": "2", "Email": "{bad}"}}, {{"Id": "3", "Employees": "x"}}]}}\n'
    delivery = zone.load_one("a.jsonl", page)
    assert (delivery.rows_read, delivery.rows_loaded, delivery.rows_malformed) == (3, 1, 2)
    assert zone.rows("native_id, _line") == [("1", 1)]
    assert {line for line, _ in zone.malformed()} == {1}
    (spoilt,) = (text for _, text in zone.malformed() if "Email" in text and '"2"' in text)
    assert spoilt == f'{{"Id":"2","Email":"{bad}"}}'


def test_a_file_of_bad_records_alone_is_read(zone: Zone) -> None:
    delivery = zone.load_one("a.jsonl", '{"Id": "\\udcff"}\n{"records": [{"Id": "\\u0000"}]}\n')
    assert (delivery.status, delivery.rows_read, delivery.rows_malformed) == ("loaded", 2, 2)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"Id": pa.array([1]), "Employees": pa.array([Decimal(7)], pa.decimal256(60, 2))}, "more than 38 digits"),
        ({"Id": pa.array([1]), "Email": pa.array(["a"]), "Email ": pa.array(["b"])}, "'Email' is ambiguous"),
        ({"Id": pa.array([1]), "Email": pa.array([b"\xff"])}, "cannot be read as Parquet"),
    ],
    ids=["wide decimals", "twice the same column", "bytes that are no text"],
)
def test_parquet_that_cannot_be_trusted_is_refused(zone: Zone, columns: dict[str, pa.Array], reason: str) -> None:
    path = zone.put("a.parquet", b"")
    pq.write_table(pa.table(list(columns.values()), names=[name.strip() for name in columns]), path)
    (refused,) = zone.load().refused
    assert reason in (refused.error or "")


def test_odd_parquet_types_are_texts(zone: Zone) -> None:
    table = pa.table(
        {
            "Id": pa.array([1.0]),
            "Employees": pa.array([Decimal("5.00")]),
            "CreatedDate": pa.array([datetime(2026, 1, 1, 5)], pa.timestamp("ns")),
            "list": pa.array([[{"a": 1}]]),
            "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int32())),
            "words": pa.array(["x"]).dictionary_encode(),
            "nothing": pa.nulls(1),
            "big": pa.array([2**63 + 5], pa.uint64()),
            "none": pa.array([float("nan")]),
        }
    )
    path = zone.put("a.parquet", b"")
    pq.write_table(table, path, use_deprecated_int96_timestamps=True)
    assert zone.load().deliveries[0].rows_loaded == 1
    assert zone.rows("native_id, employee_count, created_at, list, words, big") == [
        ("1", 5, datetime(2026, 1, 1, 5), '[{"a":1}]', "x", str(2**63 + 5))
    ]


def test_nested_parquet_is_flattened(zone: Zone, tmp_path: Path) -> None:
    zone.map(CRM.replace("source: crm", "source: crm\nheader_prefixes: [properties_]"))
    path = tmp_path / "x.parquet"
    duckdb.sql(f"copy (select 1 as id, {{'email': 'x', 'tags': ['a']}} as properties) to '{path}'")
    zone.load_one("a.parquet", path.read_bytes())
    assert zone.rows("native_id, email, properties_tags, _line") == [("1", "x", '["a"]', 1)]


@pytest.mark.parametrize("above", ["env=prod", "Id=7", "c0=7"])
@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_folder_above_a_file_is_no_column_of_it(no_vendors: None, tmp_path: Path, above: str, name: str) -> None:
    duckdb.sql(f"copy (select '1' as Id, 'x' as Email) to '{tmp_path / name}'")
    zone = Zone(tmp_path / above)
    zone.put(name, (tmp_path / name).read_bytes())
    assert not zone.load().refused
    assert zone.rows("native_id, email, _line") == [("1", "x", 1 if "parquet" in name else 2)]
    zone.close()


# Idempotent, and independent of order


def test_the_same_bytes_twice_are_one_delivery_by_the_smallest_name(zone: Zone) -> None:
    zone.put("b.csv", GOOD + "x,y\n")
    zone.load()
    zone.put("c.csv", GOOD + "x,y\n")
    zone.put("a.csv", GOOD + "x,y\n")
    report = zone.load()
    assert not report.new
    assert zone.log("source_file, rows_loaded") == [("a.csv", 2)]
    assert zone.malformed("source_file, line") == [("a.csv", 4)]
    assert len(zone.rows()) == 2


def test_the_same_bytes_once_more_are_on_time_and_what_is_refused_is_not(zone: Zone) -> None:
    """A full export in which nothing changed, and a delta without rows, as a new file or over the old one."""
    first = zone.as_of
    zone.put("1.csv", HEADER)
    assert zone.load().last_deliveries == {"crm": first}
    zone.as_of = second = first + timedelta(days=2)
    zone.map(CRM + "      phone: Phone\n")
    assert zone.load().last_deliveries == {"crm": first}, "a file that is read again is not delivered again"
    zone.put("2.csv", HEADER)
    assert zone.load().last_deliveries == {"crm": second}
    zone.as_of = third = second + timedelta(days=2)
    os.utime(zone.put("2.csv", HEADER), (1, 1))
    assert zone.load().last_deliveries == {"crm": third}
    zone.as_of += timedelta(days=2)
    zone.put("3.csv", '"')
    assert zone.load().last_deliveries == {"crm": third}


def test_the_same_bytes_of_two_objects_are_two_deliveries(zone: Zone) -> None:
    zone.map(CRM + CRM.split("objects:\n")[1].replace("  lead:", "  person:"))
    zone.put("a.csv", GOOD)
    zone.put("a.csv", GOOD, "crm/person")
    zone.load()
    assert len(zone.rows()) == len(zone.rows(table="crm__person")) == 2


def test_new_bytes_under_an_old_name_are_a_new_delivery(zone: Zone) -> None:
    zone.put("a.csv", GOOD)
    zone.load()
    zone.put("a.csv", HEADER + lead(3))
    assert [each.source_file for each in zone.load().new] == ["a.csv"]
    assert zone.rows("native_id") == [("1",), ("2",), ("3",)]
    assert len(zone.log("delivery_id")) == 2


def test_old_files_are_not_opened_again(zone: Zone) -> None:
    for number in range(5):
        zone.put(f"{number}.csv", HEADER + lead(number))
    zone.load()
    zone.put("new.csv", GOOD)
    opened: list[str] = []
    scan = ingestion.load.scan_file
    with pytest.MonkeyPatch.context() as patched:

        def watched(path: Path, **options: bool) -> object:
            opened.append(path.name)
            return scan(path, **options)

        patched.setattr("ingestion.load.scan_file", watched)
        zone.load()
    assert opened == ["new.csv"]


def test_bytes_changed_in_place_within_a_moment_are_seen(zone: Zone) -> None:
    path = zone.put("a.csv", GOOD)
    stat = path.stat()
    zone.load()
    path.write_text(GOOD.replace("a@b.com", "c@d.com"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    zone.load()
    assert len(zone.rows()) == 4


def test_a_repaired_file_is_a_new_delivery(zone: Zone) -> None:
    zone.put("a.csv", GOOD + '3,"x')
    assert zone.load().refused
    zone.put("a.csv", GOOD + '3,"x",,,,\n')
    zone.load()
    assert zone.log("status, rows_loaded") == [("loaded", 3), ("refused", 0)]


def test_a_refused_file_is_read_again_under_its_right_name(zone: Zone) -> None:
    zone.put("a.parquet", GOOD)
    assert zone.load().refused
    zone.put("b.csv", GOOD)
    assert not zone.load().refused
    assert zone.log("source_file, status, error") == [("a.parquet", "loaded", None)]


def test_a_corrected_mapping_reads_again_what_it_concerns(zone: Zone) -> None:
    zone.put("a.csv", "Key,Email\n1,x\n")
    zone.put("b.csv", "Id,Email,Size\n2,y,7\n")
    assert [each.source_file for each in zone.load().refused] == ["a.csv"]
    zone.as_of += timedelta(days=1)
    zone.map(CRM.replace("[Id]", "Id").replace("{column: Id,", "{column: [Id, Key],").replace(": Employees", ": Size"))
    assert not zone.load().refused
    assert zone.rows("native_id, email, employee_count") == [("1", "x", None), ("2", "y", 7)]
    assert zone.log("source_file, status, loaded_at") == [
        ("a.csv", "loaded", datetime(2026, 6, 2, 2)),
        ("b.csv", "loaded", datetime(2026, 6, 1, 2)),
    ]


def test_an_accepted_delivery_stays_accepted_when_read_again(zone: Zone) -> None:
    zone.put("a.csv", GOOD)
    zone.load()
    zone.con.execute("update quality.load_log set status = 'accepted'")
    zone.map(CRM.replace("email: Email", "email: Email\n      phone: Phone"))
    zone.load()
    assert zone.log("status") == [("accepted",)]


# What is left alone


@pytest.mark.parametrize("name", ["a.csv.part", "a.csv.tmp", ".a.csv", "a.CSV.PART", "x.part"])
def test_unfinished_files_are_left_alone(zone: Zone, name: str) -> None:
    zone.put("good.csv", GOOD)
    zone.put(name, '"cut')
    report = zone.load()
    assert [each.source_file for each in report.deliveries] == ["good.csv"]


def test_a_folder_without_a_mapping_is_a_refusal_that_ends_with_its_mapping(zone: Zone) -> None:
    zone.put("good.csv", GOOD)
    zone.put("a.csv", GOOD, "crm/deal")
    zone.put("a.csv", GOOD, "other'; drop/lead")
    zone.put("a.csv", GOOD, "crm/lead/2026")
    zone.put("stray.csv", GOOD, "crm")
    zone.put("stray.csv", GOOD, ".")
    errors = [each.error or "" for each in zone.load().refused]
    assert len(errors) == 5
    assert sum("write a mapping" in error for error in errors) == 5
    assert any("the mapping of crm has no object deal" in error for error in errors)
    zone.map(CRM + CRM.split("objects:\n")[1].replace("  lead:", "  deal:"))
    assert len(zone.load().refused) == 4
    assert len(zone.rows(table="crm__deal")) == 2


def test_missing_and_empty_landing_zones(zone: Zone) -> None:
    with pytest.raises(HandoffError, match=r"empty.*HANDOFF_EXTRACTS"):
        zone.load()
    zone.extracts.rmdir()
    with pytest.raises(HandoffError, match=r"missing.*HANDOFF_EXTRACTS"):
        zone.load()


def test_a_wrong_mapping_stops_the_load_before_it_starts(zone: Zone) -> None:
    zone.put("a.csv", GOOD)
    zone.map("source: other\nobjects: {lead: {entity: laed}}", "other.yml")
    with pytest.raises(HandoffError, match="did you mean lead"):
        zone.load()


# Folders


def test_folders_in_other_spellings_are_one_object(zone: Zone) -> None:
    zone.map(CRM.replace("    entity: lead\n", "    entity: lead\n    folders: [prospects]\n"))
    zone.put("b.csv", GOOD)
    zone.put("b.csv", GOOD, "crm/prospects")
    zone.put("a.csv", HEADER + lead(3), "CRM/Prospects")
    zone.put("c.csv", "x", "crm/pro_spects")
    report = zone.load()
    assert [(d.object, d.source_file, d.status) for d in report.deliveries] == [
        ("lead", "Prospects/a.csv", "loaded"),
        ("lead", "b.csv", "loaded"),
        ("lead", "pro_spects/c.csv", "refused"),
    ], "the same bytes in two folders are one delivery"
    assert (report.refused[0].error or "").startswith("crm/lead/pro_spects/c.csv: ")
    assert zone.rows("native_id") == [("1",), ("2",), ("3",)]


def test_a_folder_under_raw_only_is_kept_as_it_comes(zone: Zone) -> None:
    zone.map(CRM + "raw_only: [ticket*]\n")
    zone.put("a.csv", "Id,Text,_line,it's\n1,x,y,z\n2\n", "crm/Ticket Notes")
    zone.put("a.csv", GOOD)
    report = zone.load()
    assert [(d.object, d.rows_read, d.rows_loaded, d.rows_malformed, d.notes) for d in report.deliveries][1] == (
        "ticket_notes",
        2,
        1,
        1,
        "kept in raw only: no model reads this object",
    )
    assert zone.rows('"Id", "Text", "_line__raw", "it\'s", _line', "crm__ticket_notes") == [("1", "x", "y", "z", 2)]
    zone.put("b.csv", "Id,More\n3,m\n", "crm/Ticket Notes")
    zone.load()
    assert len(zone.rows("1", "crm__ticket_notes")) == 2
    assert "kept in raw only" in report.summary()


def test_a_folder_that_becomes_an_object_is_read_again(zone: Zone) -> None:
    zone.map(CRM + "raw_only: [deal]\n")
    zone.put("a.csv", "Id,StageName,native_id\n1,Won,x\n", "crm/deal")
    zone.load()
    deal = "  deal:\n    entity: opportunity\n    fields: {native_id: Id, stage: StageName}\n"
    zone.map(CRM + deal)
    zone.load()
    assert zone.rows("native_id, stage", "crm__deal") == [("1", "Won")]
    zone.map(CRM + "raw_only: [deal]\n")
    zone.load()
    assert zone.rows('"Id", "StageName"', "crm__deal") == [("1", "Won")]


def test_two_objects_of_one_folder_are_refused(zone: Zone) -> None:
    zone.map(CRM + "  people:\n    entity: lead\n    folders: [Le_ad]\n    fields: {native_id: Id}\n")
    with pytest.raises(HandoffError, match="belongs to the object lead already"):
        zone.load()


# Schema drift


def test_new_and_vanished_columns_are_kept_and_reported(zone: Zone) -> None:
    zone.put("1.csv", GOOD)
    zone.load()
    zone.put("2.csv", "Id,Email,Rank,email__raw\n3,x,99,y\n")
    report = zone.load()
    assert report.drift == [
        "crm/lead/2.csv brings new columns: Rank, email__raw",
        "crm/lead/2.csv lacks columns: createddate, employees, isdeleted, systemmodstamp",
    ]
    assert zone.rows('native_id, "Rank", "email__raw", created_at', order="1")[2] == ("3", "99", "y", None)
    ((notes,),) = zone.con.execute("select notes from quality.load_log where source_file = '2.csv'").fetchall()
    absent = "headers not in the file: CreatedDate, Employees, IsDeleted, SystemModstamp"
    assert notes == f"{absent}; columns nobody mapped: Rank, email__raw"


def test_names_of_undeclared_columns(zone: Zone) -> None:
    header = [
        "Id",
        "version_at",
        "rowid",
        "",
        'a"; drop table x; --',
        "Dup",
        "dup",
        "DUP",
        "../x",
        "a\tb",
        "phone",
        "😀",
    ]
    zone.load_one("a.csv", ",".join('"' + name.replace('"', '""') + '"' for name in header) + "\n" + "1," * 11 + "1\n")
    names = {row[0] for row in zone.con.execute("select column_name from (describe raw.crm__lead)").fetchall()}
    assert {"version_at__raw", "rowid__raw", "column_3", 'a"; drop table x; --', "Dup", "dup__2", "DUP__3"} <= names
    assert {"../x", "a b", "phone__raw", "😀"} <= names


def test_keep_rides_along_as_attributes(zone: Zone) -> None:
    zone.map(CRM + "    keep: [Segment__c, Region]\n")
    zone.load_one("a.csv", "Id,segment__c,Other\n1,\"big; 'x'\",y\n2,,z\n")
    assert zone.rows('attributes, "Other"', order="2") == [
        ('{"Segment__c":"big; \'x\'","Region":null}', "y"),
        ('{"Segment__c":null,"Region":null}', "z"),
    ]


def test_alternatives_coalesce_concat_key_values_and_constants(zone: Zone) -> None:
    zone.map("""
source: crm
objects:
  lead:
    entity: opportunity
    key: [Region, No]
    version: [Changed, Made]
    fields:
      name: {concat: [First, Last]}
      loss_reason: {coalesce: [Why, Reason]}
      lead_source: [Origin, Source]
      stage: Stage
    values: {stage: {Won: closed_won, "-": ""}}
    constants: {currency: EUR}
""")
    zone.load_one(
        "a.csv",
        "Region,No,First,Last,Why,Reason,Source,Stage,Made\n"
        "N,1,Ann,Lee,,late,Web,WON ,2026-01-01\nS,2,,Roe,price,late,,-,2026-01-02\n",
    )
    columns = "native_id, name, loss_reason, lead_source, stage, currency, version_at"
    assert zone.rows(columns) == [
        ("N|1", "Ann Lee", "late", "Web", "closed_won", "EUR", datetime(2026, 1, 1)),
        ("S|2", "Roe", "price", None, None, "EUR", datetime(2026, 1, 2)),
    ]
    assert zone.rows("source_system, object, native_id, is_snapshot", table="mapped__opportunity")[0] == (
        "crm",
        "lead",
        "N|1",
        False,
    )


STANDING = (
    "select {} from quality.load_log where status = 'loaded' and delivery_id not in (from control.past_snapshot) "
    "order by source_file"
)


def test_a_snapshot_object_knows_its_newest_delivery(zone: Zone) -> None:
    zone.map(CRM + "    snapshot: true\n")
    zone.map(CRM.replace("source: crm", "source: delta"), "delta.yml")
    zone.put("1.csv", GOOD, "delta/lead")
    zone.put("2026-02.csv", HEADER + lead(2))
    zone.load()
    zone.put("2026-01.csv", GOOD)
    zone.put("2026-03.csv", '"')
    zone.load()
    standing = zone.con.execute(STANDING.format("source_file")).fetchall()
    assert standing == [("1.csv",), ("2026-02.csv",)], "late files and refused ones are not the newest"
    zone.put("2026-04.csv", GOOD + "3,x\n")
    assert zone.load().partial_snapshots == {"crm/lead/2026-04.csv": 1}
    standing = zone.con.execute(STANDING.format("source_file")).fetchall()
    assert standing == [("1.csv",), ("2026-02.csv",), ("2026-04.csv",)], "a row may be any record's"
    zone.put("2026-05.csv", GOOD + lead(3).replace("2026-01-01", "1.1.2026"))
    assert zone.load().partial_snapshots == {}
    assert zone.con.execute(STANDING.format("source_file")).fetchall() == [("1.csv",), ("2026-05.csv",)]
    unread = "select source_system, native_id from control.unread_record"
    assert zone.con.execute(unread).fetchall() == [("crm", "3")], "what could not be parsed is not absent"
    zone.put("2026-06.csv", GOOD)
    zone.load()
    assert zone.con.execute(unread).fetchall() == []


def test_a_snapshot_without_keys_replaces_nothing_while_a_row_of_it_is_malformed(zone: Zone) -> None:
    zone.map(
        "source: crm\nobjects:\n  cost:\n    entity: spend\n    snapshot: true\n"
        "    fields: {spend_date: Day, campaign_name: Campaign, cost: Cost}\n"
    )
    zone.put("1.csv", "Day,Campaign,Cost\n2026-01-01,A,1\n", "crm/cost")
    zone.put("2.csv", "Day,Campaign,Cost\n2026-01-02,A,2\n2026-01-01,A,1,\n", "crm/cost")
    assert zone.load().partial_snapshots == {"crm/cost/2.csv": 1}
    assert zone.con.execute(STANDING.format("source_file")).fetchall() == [("1.csv",), ("2.csv",)]
    zone.put("3.csv", "Day,Campaign,Cost\n2026-01-02,A,2\n", "crm/cost")
    assert zone.load().partial_snapshots == {}
    assert zone.con.execute(STANDING.format("source_file")).fetchall() == [("3.csv",)]


@pytest.mark.parametrize(
    "deliveries",
    [
        pytest.param([("leads.csv", number) for number in (1, 2, 3, 4, 5, 2, 1)], id="written over"),
        pytest.param([(f"{day}.csv", number) for day, number in enumerate((1, 2, 3, 1, 2))], id="as it was before"),
        pytest.param([("1.csv", 1), ("2.csv", 2), ("3.csv", 1), ("3.csv", 3), ("3.csv", 4)], id="both"),
    ],
)
def test_the_newest_is_what_a_rebuild_would_find_newest(zone: Zone, deliveries: list[tuple[str, int]]) -> None:
    """Whichever of the contents came first or has the greater hash."""
    zone.map(CRM + "    snapshot: true\n")
    for name, number in deliveries:
        zone.put(name, content := HEADER + lead(number))
        zone.load()
        assert zone.con.execute(STANDING.format("sha256")).fetchall() == [
            (hashlib.sha256(content.encode()).hexdigest(),)
        ]


def test_the_same_bytes_once_more_are_no_newer(zone: Zone) -> None:
    """An old file dropped once more under a later name does not win over what came after it."""
    zone.map(CRM)
    for name, number in (("1.csv", 1), ("2.csv", 2), ("3.csv", 1)):
        zone.put(name, HEADER + lead(number))
        zone.load()
    assert zone.con.execute("select ordered_as from quality.load_log order by 1").fetchall() == [("1.csv",), ("2.csv",)]


FIRST, SECOND, THIRD = (HEADER + lead(number) + f"short,{number}\n" for number in (1, 2, 3))


@pytest.mark.parametrize("is_snapshot", [False, True], ids=["", "snapshots"])
@pytest.mark.parametrize(
    "nights",
    [
        pytest.param([{"lead.csv": FIRST}, {"lead.csv": SECOND, "lead_1.csv": FIRST}], id="rotated"),
        pytest.param([{"a.csv": FIRST, "m.csv": SECOND}, {"z.csv": FIRST, "m.csv": SECOND}], id="renamed"),
        pytest.param([{"a.csv": FIRST, "b.csv": SECOND}, {"b.csv": FIRST, "a.csv": SECOND}], id="exchanged"),
        pytest.param(
            [
                {"upload.csv": FIRST},
                {"1.csv": FIRST, "2.csv": SECOND},
                {"1.csv": FIRST, "2.csv": SECOND, "3.csv": THIRD},
            ],
            id="uploaded under one name",
        ),
        pytest.param([{"a.csv": ""}, {"z.csv": ""}], id="refused"),
        pytest.param([{"a.csv": each} for each in (FIRST, SECOND, THIRD, FIRST)], id="written over"),
    ],
)
def test_where_a_file_lay_before_it_was_renamed_or_moved_leaves_no_trace(
    zone: Zone, tmp_path: Path, nights: list[dict[str, str]], is_snapshot: bool
) -> None:
    """Every night the landing zone is another folder, too: each of them is as a rebuild from it."""
    mapping = CRM + "    snapshot: true\n" * is_snapshot

    def seen(there: Zone) -> list[list[tuple[Any, ...]]]:
        there.load()
        return [
            there.con.execute(query).fetchall()
            for query in (
                "select source_file, ordered_as, sha256, status, error from quality.load_log where is_current "
                "order by all",
                "select malformed_row.* from quality.malformed_row join quality.load_log using (delivery_id) "
                "where is_current order by all",
                "select delivery_id from quality.load_log anti join control.past_snapshot using (delivery_id) "
                "where status = 'loaded' order by (ordered_as, is_current, load_log.sha256) desc limit 1",
            )
        ]

    for night, files in enumerate(nights):
        rebuilt = Zone(tmp_path / f"rebuilt {night}")
        zone.extracts = tmp_path / f"disk {night}"
        for there in (zone, rebuilt):
            there.map(mapping)
            for name, content in files.items():
                there.put(name, content)
        assert seen(zone) == seen(rebuilt)
        rebuilt.close()


def test_a_file_that_is_gone_keeps_its_name_and_its_rows(zone: Zone) -> None:
    archived = zone.put("a.csv", GOOD)
    zone.load()
    archived.unlink()
    zone.put("b.csv", HEADER + lead(3))
    zone.load()
    assert zone.log("source_file, is_current") == [("a.csv", True), ("b.csv", True)]
    assert zone.rows("native_id") == [("1",), ("2",), ("3",)]


def test_no_name_is_given_up_while_a_part_of_the_landing_zone_cannot_be_looked_into(zone: Zone, tmp_path: Path) -> None:
    path = zone.put("a.csv", GOOD)
    zone.load()
    path.unlink()
    path.symlink_to(tmp_path / "a disk that is away")
    zone.put("z.csv", GOOD)
    zone.load()
    assert zone.log("source_file, status") == [("a.csv", "loaded"), ("a.csv", "refused")]
    path.unlink()
    zone.load()
    assert zone.log("source_file, status") == [("z.csv", "loaded")]


# Hostile names and values


@pytest.mark.parametrize(
    "name",
    [
        "it's; drop table x.csv",
        'a"b.csv',
        "a[1]*?.csv",
        "..csv",
        "$(touch x).csv",
        "é😀.csv",
        "a\nb.csv",
        "%s{}.csv",
        "-rf.csv",
    ],
)
def test_hostile_file_names(zone: Zone, name: str) -> None:
    if name.startswith("."):
        name = f"x{name}"
    assert zone.load_one(name, GOOD).rows_loaded == 2
    assert zone.log("source_file") == [(name,)]


def test_a_file_name_that_is_no_text(zone: Zone) -> None:
    zone.put("good.csv", GOOD)
    folder = os.fsencode(zone.extracts / "crm" / "lead")
    with open(folder + b"/bad\xff.csv", "wb") as file:
        file.write((HEADER + lead(7)).encode())
    assert len(zone.load().deliveries) == 2
    assert len(zone.rows()) == 3


def test_a_cell_of_10_mb(zone: Zone) -> None:
    big = "x" * 10_000_000
    assert zone.load_one("a.csv", HEADER + f"1,{big},5,,,\n" + f"2,{big},many,,,\n").rows_malformed == 1
    assert zone.rows("length(email)") == [(10_000_000,)]
    assert zone.malformed("length(raw_text)") == [(10_000_000 + len("2,,many,,,"),)]


def test_things_that_are_no_files(zone: Zone) -> None:
    zone.put("good.csv", GOOD)
    os.mkfifo(zone.extracts / "crm" / "lead" / "pipe.csv")
    (zone.extracts / "crm" / "lead" / "broken.csv").symlink_to(zone.extracts / "nowhere")
    (zone.extracts / "crm" / "deal").symlink_to("nowhere")
    said = {each.source_file: each.error or "" for each in zone.load().deliveries}
    assert said["good.csv"] == ""
    assert "only files in the folders <source>/<object>/" in said["pipe.csv"]
    for name, place, target in (
        ("broken.csv", "crm/lead/broken.csv", str(zone.extracts / "nowhere")),
        ("deal", "crm/deal", "nowhere"),
    ):
        assert said[name] == (
            f"{place}: it is a link to {target}, and there is nothing. "
            "What to do: bring back what it leads to, or remove the link."
        )


def test_links_that_lead_in_circles_stop_nothing(zone: Zone) -> None:
    zone.put("good.csv", GOOD)
    lead_folder = zone.extracts / "crm" / "lead"
    (lead_folder / "loop.csv").symlink_to(lead_folder / "loop.csv")
    (zone.extracts / "crm" / "round").symlink_to(zone.extracts)
    (zone.extracts / "circle").symlink_to(zone.extracts / "circle")
    errors = [each.error or "" for each in zone.load().refused]
    assert any(error.startswith("crm/lead/loop.csv: it cannot be read") for error in errors)
    assert any(error.startswith("circle: it cannot be read") for error in errors)
    assert all("What to do: " in error for error in errors)
    assert len(zone.rows()) == 2


def test_a_folder_that_cannot_be_listed_stops_nothing(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    zone.put("good.csv", GOOD)
    zone.put("a.csv", GOOD, "locked/lead")
    listed = os.scandir

    def denied(folder: object = ".") -> object:
        if str(folder).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr("ingestion.landing.os.scandir", denied)
    (refused,) = zone.load().refused
    assert (refused.error or "").startswith("locked: it cannot be read (Permission denied). What to do: ")
    assert len(zone.rows()) == 2


@pytest.mark.parametrize("name", ["a'; drop table x; --", 'q"uo"te', "-rf", "é😀", "x\ny", "%s{}", "a" * 250])
def test_hostile_folder_names(zone: Zone, name: str) -> None:
    zone.put("good.csv", GOOD)
    zone.put("a.csv", GOOD, f"{name}/lead")
    zone.put("a.csv", GOOD, f"crm/{name}")
    refused = zone.load().refused
    assert sorted(each.error.split(": ")[0] for each in refused if each.error) == sorted(
        [f"{name}/lead", f"crm/{name}"]
    )
    assert len(zone.rows()) == 2


def test_a_file_that_cannot_be_opened_is_tried_again(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    zone.put("a.csv", GOOD)

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr("ingestion.load.scan_file", denied)
        (refused,) = zone.load().refused
    assert refused.is_new
    assert (refused.error or "").startswith("crm/lead/a.csv: it cannot be read (Permission denied). What to do: ")
    report = zone.load()
    assert [delivery.status for delivery in report.deliveries] == ["loaded"]


def test_values_are_translated_in_any_case(zone: Zone) -> None:
    zone.map(
        CRM.replace("email: Email", "industry: Industry")
        + "    values: {industry: {Großhandel: wholesale, Öl: energy}}\n"
    )
    words = ("Großhandel", "GROßHANDEL", "GROẞHANDEL", "öl", "ÖL", "Einzelhandel")
    listed = "".join(f"{number},2026-05-01,{word}\n" for number, word in enumerate(words))
    zone.put("a.csv", f"Id,SystemModstamp,Industry\n{listed}")
    assert not zone.load().refused
    found = [industry for (industry,) in zone.rows("industry", order="native_id")]
    assert found == ["wholesale", "wholesale", "wholesale", "energy", "energy", "Einzelhandel"]


@pytest.mark.parametrize(
    ("one", "other", "columns"), [("Ärger", "ärger", 2), ("Straße", "Strasse", 2), ("Note", "NOTE", 1)]
)
def test_headers_are_as_different_as_duckdb_finds_them(zone: Zone, one: str, other: str, columns: int) -> None:
    for number, header in enumerate((one, other)):
        zone.put(f"{number}.csv", f"Id,SystemModstamp,{header}\n{number},2026-05-01,text {number}\n")
        assert not zone.load().refused
    (found,) = zone.con.execute(
        "select count(*) from duckdb_columns() where table_name = 'crm__lead' and column_name in (?, ?)", [one, other]
    ).fetchall()
    assert found == (columns,)
    assert zone.rows(f'"{one}"', order="native_id")[0] == ("text 0",)
    assert zone.rows(f'"{other}"', order="native_id")[1] == ("text 1",)


def test_a_file_that_grows_while_it_is_read_is_left_for_the_next_night(
    zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zone.put("a.csv", GOOD)
    scan = ingestion.load.scan_file

    def scan_and_grow(*arguments: object, **options: object) -> object:
        seen = scan(*arguments, **options)  # type: ignore[arg-type]
        with path.open("a") as file:
            file.write(lead(3))
        return seen

    with monkeypatch.context() as patched:
        patched.setattr("ingestion.load.scan_file", scan_and_grow)
        assert zone.load().unsettled == ["crm/lead/a.csv"]
    assert not zone.rows()
    zone.load()
    assert len(zone.rows()) == 3


@pytest.mark.parametrize("moment", ["opened", "read"])
def test_a_file_that_vanishes_while_it_is_read_leaves_nothing_and_the_others_go_on(
    zone: Zone, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    path = zone.put("a.csv", GOOD)
    zone.put("b.csv", HEADER + lead(7))
    stage = ingestion.load.Reader.stage

    def vanish(reader: ingestion.load.Reader) -> object:
        if moment == "opened":
            path.unlink(missing_ok=True)
        staged = stage(reader)
        path.unlink(missing_ok=True)
        return staged

    with monkeypatch.context() as patched:
        patched.setattr("ingestion.load.Reader.stage", vanish)
        report = zone.load()
    assert report.unsettled == ["crm/lead/a.csv (No such file or directory)"]
    assert [delivery.source_file for delivery in report.deliveries] == ["b.csv"]
    assert len(zone.rows()) == 1
    path.write_text(GOOD)
    zone.load()
    assert len(zone.rows()) == 3


def test_reading_memory_failure_is_refused_and_tried_again(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    zone.put("a.csv", GOOD)

    def full(*_: object) -> None:
        raise duckdb.OutOfMemoryException("Out of Memory Error: no space")

    with monkeypatch.context() as patched:
        patched.setattr("ingestion.readers.Reader.stage", full)
        (refused,) = zone.load().refused
        assert "HANDOFF_MEMORY_LIMIT" in (refused.error or "")
    assert not zone.load().refused
    assert len(zone.rows()) == 2


def test_a_field_that_gets_another_type_is_read_again(zone: Zone) -> None:
    custom = "source: crm\nobjects:\n  lead:\n    entity: custom\n    fields:\n      native_id: Id\n      size: Size\n"
    zone.map(custom)
    zone.put("a.csv", "Id,Size\n1,12\n2,many\n")
    zone.load()
    assert zone.rows("size") == [("12",), ("many",)]
    zone.map(custom.replace("size: Size", "size: {column: Size, type: integer}"))
    zone.load()
    assert zone.rows("size") == [(12,)]
    assert zone.malformed() == [(3, "2,many")]


def test_a_warehouse_of_an_earlier_release_has_columns_that_this_one_has_not(zone: Zone) -> None:
    zone.put("a.csv", "Id,Email\n1,a@x.example\n")
    zone.load()
    zone.con.execute("alter table quality.load_log add column newest_file varchar")
    zone.con.execute("alter table control.declared_object add column is_vendor boolean")
    zone.put("b.csv", "Id,Email\n2,b@x.example\n")
    zone.load()
    assert zone.log("source_file, status") == [("a.csv", "loaded"), ("b.csv", "loaded")]
    assert zone.con.execute("from control.declared_object").fetchall() == [("crm", "lead", "lead", False)]


@pytest.mark.parametrize(
    "text", ["1,Ann,ann@x.example\n2,Bob,bob@x.example\n", "ann@x.example\nbob@x.example\n"], ids=["rows", "addresses"]
)
def test_the_first_line_of_an_export_without_a_header_is_told_to_nobody(zone: Zone, text: str) -> None:
    delivery = zone.load_one("a.csv", text)
    assert delivery.status == "refused"
    assert delivery.error is not None
    assert "required column Id" in delivery.error
    for value in ("Ann", "ann@x.example"):
        assert value not in delivery.error


def test_an_address_that_stands_as_a_header_is_in_no_message(zone: Zone) -> None:
    zone.put("a.csv", "Id,Email\n1,a@x.example\n")
    zone.load()
    zone.put("b.csv", "Id,ann@x.example,0301234567\n2,,\n")
    (drift,) = [said for said in zone.load().drift if "new columns" in said]
    assert "(a value), (a value)" in drift


def test_a_type_that_was_changed_and_changed_back_while_the_file_was_away_loses_nothing(zone: Zone) -> None:
    as_text = (
        "source: crm\nobjects:\n  lead:\n    entity: custom\n    fields:\n      native_id: Id\n      region: Region\n"
    )
    zone.map(as_text)
    path = zone.put("a.csv", "Id,Region\n1,north\n2,7\n")
    zone.load()
    zone.map(as_text.replace("region: Region", "region: {column: Region, type: integer}"))
    away = path.rename(zone.home / "a.csv")
    zone.put("b.csv", "Id,Region\n3,8\n")
    zone.load()
    assert zone.rows("region") == [(7,), (8,), (None,)]
    zone.map(as_text)
    away.rename(path)
    zone.load()
    assert zone.rows("region") == [("7",), ("8",), ("north",)]


def test_a_delivery_is_told_of_until_a_night_has_published(zone: Zone) -> None:
    """What a killed night loaded is news to the next one, and so is what is read again by another mapping."""
    zone.put("a.csv", GOOD)
    zone.put("b.csv", '"')

    def untold() -> list[str]:
        return [delivery.source_file for delivery in zone.load().deliveries if not delivery.is_told]

    assert (untold(), untold()) == (["a.csv", "b.csv"], ["a.csv", "b.csv"])
    begin_run(zone.con, datetime(2026, 6, 1), "the night", "")
    tell_deliveries(zone.con)
    zone.put("c.csv", HEADER + lead(3))
    assert untold() == ["c.csv"]
    zone.map(CRM.replace("Employees", "Id"))
    assert untold() == ["a.csv", "b.csv", "c.csv"]


def test_a_refusal_that_ended_and_comes_back_is_told_again(zone: Zone) -> None:
    def untold() -> list[str]:
        return [delivery.source_file for delivery in zone.load().deliveries if not delivery.is_told]

    zone.put("1.csv", GOOD)
    folder = zone.put("1.csv", GOOD, "crm/leed").parent
    assert untold() == ["1.csv", "leed"]
    begin_run(zone.con, datetime(2026, 6, 1), "the night", "")
    tell_deliveries(zone.con)
    assert untold() == []
    away = folder.rename(folder.with_name(".leed"))
    assert untold() == []
    away.rename(folder)
    assert untold() == ["leed"]
