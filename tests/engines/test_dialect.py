"""The rewrites, each against DuckDB: the same query on both engines has the same rows."""

from typing import Any

import duckdb
import pytest

from engines.spark import dialect
from handoff.errors import HandoffError

ROWS = """(values
    (1, 'a', 2.50, timestamp '2026-03-29 01:30:00'),
    (2, 'b', 7.25, null),
    (3, null, null, timestamp '2026-01-05 23:59:59.5')
) as t(n, s, d, ts)"""
# to DuckDB's trim
BLANK = (32, 160, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
NOT_BLANK = (9, 10, 13, 133, 0x180E, 0x200B, 0x2028, 0x2029, 0xFEFF)
AROUND = "(values " + ", ".join(f"('{chr(code)}')" for code in (*BLANK, *NOT_BLANK)) + ") as t(c)"
CASES = {
    "a division of decimals": f"select n, d / 3, n / 2, d / n from {ROWS}",
    "a product of decimals": "select cast(round(cast(a as decimal(38, 6)) * cast(r as decimal(28, 14)), 2) as "
    "decimal(18, 2)) from (values ('1.00', '1.00499999999999'), ('-7.5', '0.9'), (null, '1')) as t(a, r)",
    "an average of decimals": f"select avg(d), avg(n) from {ROWS}",
    "a percentile": f"select percentile_cont(0.9) within group (order by cast(d as double)), median(n) from {ROWS}",
    "a clock of another zone": f"select n, timezone('Europe/Berlin', timezone('UTC', ts)) from {ROWS}",
    "a clock's reading in UTC": f"select n, timezone('UTC', timezone('America/New_York', ts)) from {ROWS}",
    "microseconds": f"select n, epoch_us(ts) from {ROWS}",
    "parts of a day on top": (
        f"select n, ts + to_microseconds(cast(round((n - 5) * 1.5 * 86400001) as bigint)) from {ROWS}"
    ),
    "a whole match": "select regexp_full_match(x, 'a.c', 'is') from (values ('A\nC'), ('abcd'), ('abc')) as t(x)",
    "a Sunday": "select extract('isodow' from x) from (values (date '2026-03-29'), (date '2026-03-30')) as t(x)",
    "lists that overlap": "select list_has_any(string_split(x, '|'), ['b', 'c']) from (values ('a|b'), ('d')) as t(x)",
    "any of a list": "select coalesce(list_bool_or(list_transform(string_split(x, '|'), lambda p: p = 'b')), false) "
    "from (values ('a|b'), ('d')) as t(x)",
    "a series of days": "select cast(unnest(generate_series(cast(a as timestamp), cast(b as timestamp), "
    "interval '1' day)) as date) as day from (values (date '2026-02-27', date '2026-03-01'), (date '2026-02-27', "
    "date '2026-02-26')) as t(a, b)",
    "midnights between": "select date_diff('day', a, b) from (values (timestamp '2026-01-01 23:00:00', "
    "timestamp '2026-01-02 01:00:00')) as t(a, b)",
    "texts in order": f"select string_agg(s, '; ' order by d, n) from {ROWS}",
    "texts of nothing": f"select string_agg(s, '; ' order by n) from {ROWS} where n = 3",
    "a sum in order": f"select sum(cast(d as double) / 3 order by n) from {ROWS}",
    "the first that is there": f"select arg_min(s, -n), arg_max(d, n) from {ROWS}",
    "JSON of an export": "select json_valid(x), json_type(x) = 'OBJECT', json_extract_string(x, '$.\"a b\"'), "
    "json_extract_string(x, '/' || replace(replace('c', '~', '~0'), '/', '~1')) "
    'from (values (\'{"a b": "1", "c": true}\'), (\'[1]\')) as t(x)',
    "integers are rounded": "select cast(d as bigint), cast(x as integer), cast(b as integer), try_cast(s as integer) "
    "from (values (2.5, -1.5e0, true, '12'), (7.49, 0.4e0, false, 'x')) as t(d, x, b, s)",
    "half way at six places": "select round(x, 6), round(-x, 6), round(x / 7, 9) from (values (464.2904695e0), "
    "(464.29046949999999e0), (1.0000005e0), (0.1234565e0), (2.5e0)) as t(x)",
    "a number to Java alone": "select try_cast(x as double) from (values ('1d'), ('2.5'), ('1e3'), ('f'), ('0x1p3'), "
    "('1_000'), ('1__0'), ('_1')) as t(x)",
    "a moment to Java alone": "select try_cast(x as timestamp) from (values ('2026'), ('2026-05'), ('2026-05-01 '), "
    "(' 2026-05-01'), ('2026/05/01'), ('2026/05-01'), ('2026-05-01T10:30:00Z'), ('2026-05-01 10:00:00 Europe/Berlin'), "
    "('2026-05-01 10:00:00.5'), ('x'), (null)) as t(x)",
    "any case beyond ASCII": "select regexp_full_match(x, p, 'is') from (values ('GESCHÄFTSFÜHRER', 'geschäfts.*'), "
    "('Éva', 'éva'), ('ΑΒΓ', 'αβγ'), ('é x', '.*\\bx'), ('éx', '.*\\bx'), ('\\bx', '\\\\bx')) as t(x, p)",
    "sets and blanks": """select regexp_extract_all(x, '[^][;,|" &&]+'), regexp_extract(x, '^\\s*([^\\s]+)\\s.*$', 1),
        regexp_extract(x, '^([0-9]+)(?:-.*)?$', 1), regexp_full_match(x, '[^\\s]\\s.\\b$|[[&]a', 'is') from (values
        ('[1, 2]|"3"'), ('a&b c'), (concat('1', chr(11), '2 3')), (concat('5', chr(10))), (concat('5-', chr(133), 'a')),
        (concat('5-', chr(10), 'a')), ('5-9'), ('[a'), ('a b'), ('a -')) as t(x)""",
    "long values": """select length(regexp_extract(x, '"((?:[^"\\\\]|\\\\.)*)"', 1)),
        regexp_full_match(x, '(?:[^%]|%[0-9])*', 'is') from (values (concat('"', repeat('a', 100000), '"')),
        (concat('"', repeat('\\u', 50000), '"%')), ('"')) as t(x)""",
    "spaces of Unicode": "select trim(x), ltrim(x), rtrim(x), trim(x, ' ') from (select concat(c, 'a', c, 'b', c) as x "
    f"from {AROUND}) as u",
    "letters without case": "select lower(x), lower(trim(x)) from (values ('İSTANBUL'), ('ΟΔΟΣ ΣΑΣ'), ('Éẞ')) as t(x)",
    "a clock's reading that comes twice": "select z, ts, timezone('UTC', timezone(z, ts)) from (values "
    "('Europe/Berlin'), ('Atlantic/Azores'), ('America/Havana'), ('America/Santiago'), ('America/Sao_Paulo'), "
    "('Antarctica/Troll'), ('Australia/Lord_Howe'), ('Europe/Dublin'), ('UTC')) as t(z) cross join (values "
    "(timestamp '2025-10-26 00:00:00'), (timestamp '2025-10-26 01:59:59'), (timestamp '2025-10-26 02:30:00'), "
    "(timestamp '2025-10-26 03:00:00'), (timestamp '2025-11-02 00:30:00'), (timestamp '2026-03-29 02:30:00'), "
    "(timestamp '2026-04-04 23:59:59'), (timestamp '2026-04-05 01:45:00'), (timestamp '2018-02-17 23:30:00'), "
    "(timestamp '9999-12-31 00:00:00')) as u(ts)",
    "an hour before a clock's reading": "select z, ts = timezone(z, timezone('UTC', (last - interval '1' hour))), "
    "last - interval '1' hour from (select z, ts, timezone('UTC', timezone(z, ts)) as last from (values "
    "('Atlantic/Azores'), ('America/New_York')) as t(z) cross join (values (timestamp '2025-10-26 00:00:00'), "
    "(timestamp '2025-11-02 01:30:00'), (timestamp '2026-03-29 00:30:00')) as u(ts)) as shown",
    "names of JSON": """select json_extract_string(x, '/' || replace(replace(k, '~', '~0'), '/', '~1')) from (values
        ('{"What''s it?": "1"}', 'What''s it?'), ('{"a.b[0]": 1.50}', 'a.b[0]'), ('{"a": null}', 'a'),
        ('{"a \\"b\\"": "1"}', 'a "b"'), ('{"a": 1, "*": "2"}', '*'), ('{"~1/b": "3"}', '~1/b'), ('{"": "4"}', ''),
        ('{"a": ""}', 'a'), ('{"a": true, "b": {"c": [1]}}', 'b'), ('{"a": true}', 'a'),
        ('{"a": 1}', 'b')) as t(x, k)""",
    "a zero with places": "select cast(a as varchar), cast(b as varchar), cast(s as varchar) from (select cast(d as "
    "decimal(38, 9)) as a, cast(d as decimal(18, 2)) as b, s from (values (0, '0E-9'), (2.5, 'b')) as t(d, s)) as u",
    "groups without an aggregate": f"select s, case when (select count(*) from {ROWS}) > 1 then n end from {ROWS} "
    "group by 1, 2",
    "a rank alone": f"select n from {ROWS} qualify row_number() over (order by d desc, n) = 1",
    "a common table made once": f"with a as materialized (select n from {ROWS}) select * from a",
}


@pytest.mark.spark
@pytest.mark.parametrize("sql", CASES.values(), ids=CASES.keys())
def test_spark_answers_as_duckdb(sql: str, cluster: Any) -> None:
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        columns = {f"c{number}": kind for number, (_, kind, *_) in enumerate(con.sql(f"describe {sql}").fetchall())}
        expected = con.sql(sql).fetchall()
    _, found = cluster.rows(dialect.typed(dialect.to_spark(dialect.parse(sql)), columns))
    assert _sorted(found) == _sorted(expected)


@pytest.mark.spark
def test_a_hash_tells_nulls_apart(cluster: Any) -> None:
    sql = "select hash(a, b) from (values ('x', null), (null, 'x'), ('x', 'x')) as t(a, b)"
    _, found = cluster.rows(dialect.to_spark(dialect.parse(sql)))
    assert len(set(found)) == 3


@pytest.mark.spark
def test_an_error_stops_the_query(cluster: Any) -> None:
    sql = "select case when x > 0 then error('too much') else x end from (values (1)) as t(x)"
    with pytest.raises(Exception, match="too much"):
        cluster.rows(dialect.to_spark(dialect.parse(sql)))


@pytest.mark.parametrize(
    "sql",
    [
        "select date_diff('month', a, b) from t",
        "select timezone('UTC', ts) from t",
        "select string_agg(a, ',') from t",
        "select regexp_extract(a, b) from t",
        "select json_extract_string(a, '$.x.' || b) from t",
        "select json_extract_string(a, '/' || b) from t",
    ],
)
def test_what_has_no_translation_is_refused_by_name(sql: str) -> None:
    with pytest.raises(HandoffError, match="no translation"):
        dialect.to_spark(dialect.parse(sql))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("UBIGINT", "bigint"),
        ("HUGEINT", "decimal(38, 0)"),
        ("DECIMAL(18,2)", "decimal(18, 2)"),
        ("TIMESTAMP", "timestamp_ntz"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp"),
        ("VARCHAR[]", "array<string>"),
        ("STRUCT(a INTEGER, b VARCHAR[])", "struct<a: int, b: array<string>>"),
        ("JSON", "string"),
        ("TINYINT", "int"),
    ],
)
def test_each_type_has_one_that_holds_it(kind: str, expected: str) -> None:
    assert dialect.spark_type(kind) == expected


def test_tables_become_views_and_keep_their_names_as_aliases() -> None:
    tree = dialect.parse('select fct_lead.lead_id from "warehouse"."core"."fct_lead"')
    assert dialect.relations(tree) == {"core.fct_lead"}
    assert dialect.to_spark(tree) == "SELECT fct_lead.lead_id FROM core__fct_lead AS fct_lead"


def test_a_query_that_multiplies_is_made_in_steps() -> None:
    links = ", ".join(f"l{n + 1} as (select a.x from l{n} as a join l{n} as b on a.x = b.x)" for n in range(10))
    tree = dialect.parse(f"with l0 as (select x from s.t), unused as (select 1 as x), {links} select * from l10")
    steps, rest = dialect.steps(tree, "intermediate.chain")
    # l0 reads one table and l10 is named once: neither is worth a table
    assert [step.name.rsplit("__", 1)[-1] for step in steps] == [f"l{n}" for n in range(1, 10)]
    assert "unused" not in rest.sql()
    assert dialect._size(rest) == 2


def test_a_small_query_is_one_step() -> None:
    steps, _ = dialect.steps(dialect.parse("with a as (select 1 from s.t) select * from a join a as b"), "x.y")
    assert steps == []


def test_the_night_s_constants_are_asked_once_and_stand_in_the_query() -> None:
    asked = []

    def ask(query: str) -> tuple[str, str]:
        asked.append(query)
        return "2026-06-01 02:00:00", "timestamp_ntz"

    tree = dialect.parse(
        "select (select as_of from control.run) as now, (select max(x) from core.big) as big from core.t "
        "where t.x in (select as_of from control.run)"
    )
    dialect.fold(tree, ["control.run"], ask)
    assert asked == ["SELECT as_of FROM control__run AS run"]
    assert "CAST('2026-06-01 02:00:00' AS TIMESTAMP_NTZ)" in dialect.to_spark(tree)
    assert "core__big" in dialect.to_spark(tree)


def _sorted(rows: list[tuple[Any, ...]]) -> list[str]:
    return sorted(repr(tuple(row)) for row in rows)
