"""What Dagster is told of a table, and how seldom it is asked."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from handoff import standing
from orchestration.catalog import Catalog

VIEW = "model.handoff.fct_touch"
MANIFEST: dict[str, Any] = {
    "nodes": {
        VIEW: {
            **{"name": "fct_touch", "alias": "fct_touch", "schema": "core", "package_name": "handoff"},
            **{"resource_type": "model", "language": "sql", "original_file_path": "models/fct_touch.sql"},
            **{"relation_name": '"memory"."core"."fct_touch"', "columns": {}, "config": {"materialized": "view"}},
            "depends_on": {"nodes": []},
        }
    },
    "sources": {},
}


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema core; create schema intermediate; create schema control")
    con.execute(standing.TABLES)
    con.execute("create table intermediate.int_touch as select 1 as touch_id")
    con.execute("create view core.fct_touch as select touch_id from intermediate.int_touch")
    con.execute("insert into control.reads values ('core.fct_touch', 'intermediate.int_touch')")
    con.execute("insert into control.built values ('intermediate.int_touch', 'x', 'one row', null)")
    return con


def rows(con: duckdb.DuckDBPyConnection, target: Path) -> int:
    """What a night of its own tells Dagster of the view."""
    return int(Catalog(con, MANIFEST, target).describe(VIEW, is_new=False)["dagster/row_count"])


def test_the_rows_of_a_view_are_counted_again_where_what_it_reads_changed(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    assert rows(con, tmp_path) == 1
    con.execute("insert into intermediate.int_touch values (2)")
    assert rows(con, tmp_path) == 1, "nothing on record changed: it was not counted"
    con.execute("update control.built set content = 'two rows'")
    assert rows(con, tmp_path) == 2


def test_a_view_over_a_table_that_is_on_no_record_is_counted_each_time(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    con.execute("delete from control.built")
    assert rows(con, tmp_path) == 1
    con.execute("insert into intermediate.int_touch values (2)")
    assert rows(con, tmp_path) == 2
