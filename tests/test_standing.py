"""What moved between two builds, and what may stand."""

from pathlib import Path

import duckdb
import pytest

from handoff import standing
from handoff.built import Built

SOURCES = ["control.run", "raw.crm__lead", "raw.crm__deal", "raw.mapped__lead", "quality.load_log", "raw.never_made"]


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for schema in ("control", "raw", "quality"):
        con.execute(f"create schema {schema}")
    con.execute("create table control.run as select timestamp '2026-06-01' as as_of, 'run 1' as run_id")
    con.execute("create table control.delivery_reading (delivery_id varchar, mapping_sha256 varchar, formats varchar)")
    con.execute(
        "create table quality.load_log (delivery_id varchar, source_system varchar, object varchar, "
        "source_file varchar, status varchar, rows_held bigint, loaded_at timestamp, is_current boolean, "
        "ordered_as varchar)"
    )
    for table in ("crm__lead", "crm__deal", "mapped__lead"):
        con.execute(f"create table raw.{table} (native_id varchar)")
    # two of one object, so that what changes alike in both is tried
    for delivery, file in (("d0", "z.csv"), ("d1", "a.csv")):
        con.execute(
            "insert into quality.load_log values (?, 'crm', 'lead', ?, 'loaded', 0, null, true, null)", [delivery, file]
        )
        con.execute("insert into control.delivery_reading values (?, 'm1', 'csv')", [delivery])
    return con


def begin(con: duckdb.DuckDBPyConnection, tmp_path: Path, code: str = "1") -> standing.Moved:
    return standing.begin(con, code, SOURCES, ["definitions.settings"], tmp_path / "erased.json")


def whole_build(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    standing.end(con, begin(con, tmp_path))


def test_a_view_is_counted_again_where_its_sql_changed(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    con.execute("create table made as select unnest([1, 1]) as number; create schema core")
    for code, distinct, rows in (("1", "", 2), ("2", "distinct", 1)):
        begin(con, tmp_path, code)
        con.execute("insert into control.built values ('main.made', '', 'as it was', null)")
        con.execute("create or replace table control.reads as select 'core.shown' as name, 'main.made' as parent")
        con.execute(f"create or replace view core.shown as select {distinct} number from made")
        assert standing.count(con, "core.shown") == rows


def test_the_first_build_is_everything(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert begin(con, tmp_path).is_everything


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        pytest.param("select 1", set(), id="nothing"),
        pytest.param("update control.run set run_id = 'run 2'", set(), id="another run at the same now"),
        pytest.param("update quality.load_log set loaded_at = now()::timestamp", set(), id="read again"),
        pytest.param("update control.run set as_of = '2026-06-02'", {"control.run"}, id="the clock"),
        pytest.param(
            "insert into quality.load_log values ('d2', 'crm', 'deal', 'b.csv', 'loaded', 0, null, true, null)",
            {"raw.crm__deal", "raw.mapped__lead", "quality.load_log"},
            id="a delivery of deals",
        ),
        pytest.param("update quality.load_log set is_current = false", {"quality.load_log"}, id="a file written over"),
        pytest.param(
            "update quality.load_log set ordered_as = 'b.csv'", {"quality.load_log"}, id="names that came since"
        ),
        pytest.param(
            "update control.delivery_reading set mapping_sha256 = 'm2'",
            {"raw.crm__lead", "raw.mapped__lead"},
            id="a delivery read by another mapping",
        ),
    ],
)
def test_what_moves(con: duckdb.DuckDBPyConnection, tmp_path: Path, change: str, moved: set[str]) -> None:
    whole_build(con, tmp_path)
    con.execute(change)
    found = begin(con, tmp_path)
    assert (found.sources, found.is_everything) == (moved, False)


def test_an_erasure_makes_everything_anew(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Of a table that is not known to have been made, what it was is not set aside."""
    whole_build(con, tmp_path)
    con.execute("insert into control.built values ('core.fct_lead', 'read', '5-1-1', '2026-06-01')")
    (tmp_path / "erased.json").write_text("{}")
    moved = begin(con, tmp_path)
    assert moved.sources >= {"raw.crm__lead", "raw.crm__deal", "raw.mapped__lead"}
    assert moved.is_everything
    assert standing.built_at(con) == {}


def test_a_build_that_was_cut_short_is_followed_by_a_whole_one(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    whole_build(con, tmp_path)
    begin(con, tmp_path)
    assert begin(con, tmp_path).is_everything


def test_a_column_more_in_a_raw_table_makes_everything_anew(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    whole_build(con, tmp_path)
    con.execute("alter table raw.crm__lead add column email varchar")
    assert begin(con, tmp_path).is_everything


def test_other_sql_or_definitions_forget_what_was_made(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    whole_build(con, tmp_path)
    con.execute("insert into control.built values ('core.fct_lead', 'read', '5-1-1', '2026-06-01')")
    assert begin(con, tmp_path, code="2").is_everything
    assert standing.built_at(con) == {}


@pytest.mark.parametrize(
    ("change", "stands"),
    [
        pytest.param("select 1", True, id="nothing"),
        pytest.param("update control.built set content = '2' where name = 'raw.crm__lead'", False, id="a parent"),
        pytest.param("delete from control.built where name = 'raw.crm__lead'", False, id="a parent nobody knows"),
        pytest.param("delete from control.built where name = 'core.fct_lead'", False, id="built by hand"),
    ],
)
def test_a_table_stands_while_what_it_was_made_of_does(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, change: str, stands: bool
) -> None:
    begin(con, tmp_path)
    standing.remember_reads(con, [("core.fct_lead", "raw.crm__lead"), ("core.fct_lead", "raw.crm__deal")])
    con.execute("create schema core; create table core.fct_lead as select 1 as lead_id")
    con.execute(
        "insert into control.built select name, inputs, '1-1-1', null from control.inputs where name = 'core.fct_lead'"
    )
    con.execute(change)
    assert Built(con).stands("core.fct_lead") == stands


def test_a_table_that_is_gone_was_never_made(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    whole_build(con, tmp_path)
    con.execute("create schema core; create table core.fct_lead as select 1 as lead_id")
    con.executemany(
        "insert into control.built values (?, 'read', ?, '2026-06-01')",
        [("core.fct_lead", "5-1-1"), ("core.fct_touch", "5-2-2"), ("test.handoff.unique_lead", "passed")],
    )
    assert not begin(con, tmp_path).is_everything
    assert standing.built_at(con).keys() == {"core.fct_lead", "test.handoff.unique_lead"}


def test_a_view_is_as_published_while_what_it_reads_is(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    whole_build(con, tmp_path)
    standing.remember_reads(con, [("core.credit", "core.rule"), ("core.credit", "core.markov")])
    con.execute("create schema core; create view core.credit as select 1 as weight")
    con.execute(
        "insert into control.built values ('core.rule', 'read', '5-1-1', null), ('core.markov', '', '5-2-2', null)"
    )
    standing.remember_published(con, "build", {})
    assert "core.credit" in standing.published(con).same
    con.execute("update control.built set content = '5-2-3' where name = 'core.markov'")
    assert standing.published(con).same & {"core.credit", "core.rule"} == {"core.rule"}
