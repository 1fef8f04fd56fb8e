"""What is on record of tables and data tests, and what a build keeps of it in memory."""

from collections.abc import Iterator

import duckdb
import pytest

from handoff import mending, standing
from handoff.built import Built


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A table made of another and of one that nobody knows, and its data test."""
    with duckdb.connect() as con:
        con.execute("create schema core; create table core.touch as select 1 as touch_id")
        con.execute("create table core.lead as from core.touch")
        con.execute(standing.TABLES)
        con.execute(mending.TABLES)
        con.execute("create table control.run as select timestamp '2026-06-01' as as_of")
        reads = [("core.lead", "core.touch"), ("core.lead", "core.somebody_s"), ("test", "core.touch")]
        standing.remember_reads(con, reads)
        yield con


def on_record(con: duckdb.DuckDBPyConnection) -> list[tuple[str, ...]]:
    return con.execute("select name, parent, content from control.made_of order by all").fetchall()


def test_memory_and_the_warehouse_say_the_same(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The publish and the counts of views ask the warehouse."""
    built = Built(warehouse)
    told = dict(warehouse.execute("select name, inputs from control.inputs").fetchall())
    assert {name: built.inputs(name) for name in told} == told
    made = warehouse.execute("select name, inputs from control.built where inputs is not null").fetchall()
    assert len(made) > 200
    assert made == [(name, built.inputs(name)) for name, _ in made], "all of them stand after a whole night"
    assert all(built.stands(name) for name, _ in made)


def test_what_is_recorded_is_known_to_this_build_and_to_the_next(con: duckdb.DuckDBPyConnection) -> None:
    built = Built(con)
    built.record_table(con, "core.touch")
    built.record_test(con, "test", passed=True)
    (content,) = con.execute("select content from control.built where name = 'core.touch'").fetchall()[0]
    assert on_record(con) == [("test", "core.touch", content)]
    for known in (built, Built(con)):
        assert known.stands("core.touch")
        assert known.stands("test")
    con.execute("insert into core.touch values (2)")
    built.record_table(con, "core.touch")
    for known in (built, Built(con)):
        assert not known.stands("test"), "what it asked has moved"


def test_what_is_made_of_something_unknown_never_stands(con: duckdb.DuckDBPyConnection) -> None:
    built = Built(con)
    built.record_table(con, "core.touch")
    built.record_table(con, "core.lead")
    assert [parent for name, parent, _ in on_record(con) if name == "core.lead"] == ["core.touch"]
    con.execute("insert into control.built values ('core.somebody_s', null, 'known by now', null)")
    for known in (built, Built(con)):
        assert not known.stands("core.lead")


def test_a_data_test_that_fails_is_asked_again(con: duckdb.DuckDBPyConnection) -> None:
    built = Built(con)
    built.record_table(con, "core.touch")
    for passed in (True, False):
        built.record_test(con, "test", passed=passed)
        for known in (built, Built(con)):
            assert known.stands("test") == passed


def test_a_kept_table_is_what_its_fingerprints_say(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create table core.path as select 1 as path_id, 7 as fingerprint")
    contents = []
    for path_id in (1, 2):
        con.execute("update core.path set path_id = ?", [path_id])
        for is_kept in (True, False):
            Built(con).record_table(con, "core.path", is_kept=is_kept)
            contents += con.execute("select content from control.built where name = 'core.path'").fetchall()
    kept, whole, kept_still, whole_now = contents
    assert kept == kept_still
    assert whole != whole_now
