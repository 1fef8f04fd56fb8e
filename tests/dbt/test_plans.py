"""How DuckDB would run every model and data test, asked of the built warehouse: nothing compares each row with each."""

from pathlib import Path

import duckdb

# Joins on anything but an equality, of tables that are as long as the definitions.
OF_DEFINITIONS = {"int_icp_period", "int_stage_judgement", "untracked_field"}


def test_no_table_is_joined_row_by_row(built_home: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    """Of a hundred thousand rows such a join takes minutes, of a million hours; on the sample nobody would notice."""
    files = sorted((built_home / "dbt" / "compiled").rglob("*.sql"))
    assert len(files) > 300
    found = set()
    for file in files:
        query = file.read_text().strip().removesuffix(";")
        plan = warehouse.execute(f"explain {query}").fetchall()[0][1]
        if "BLOCKWISE_NL_JOIN" in plan:
            found.add(file.stem)
    assert found == OF_DEFINITIONS
