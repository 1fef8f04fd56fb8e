"""How DuckDB would run every model and data test, asked of the built warehouse: nothing compares each row with each."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

# Joins on anything but an equality, where one side is as long as the definitions, or a single row.
OF_DEFINITIONS = {
    "fct_spend": 2,
    "handoff_queue": 1,
    "int_attribution_anchor": 1,
    "int_campaign": 1,
    "int_icp_period": 1,
    "int_lead_criteria_met": 1,
    "int_lead_icp": 2,
    "int_sla_lapse": 2,
    "int_stage_judgement": 2,
    "metric_month": 2,
    "metric_quarter": 2,
    "score_threshold": 1,
    "scorecard": 1,
    "scorecard_version": 1,
    "untracked_field": 1,
}


def test_no_table_is_joined_row_by_row(built_home: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    """Of a hundred thousand rows such a join takes minutes, of a million hours; on the sample nobody would notice."""
    files = sorted((built_home / "dbt" / "compiled").rglob("*.sql"))
    assert len(files) > 300
    found: Counter[str] = Counter()
    for file in files:
        query = file.read_text().strip().removesuffix(";")
        # as text, the names of a wide plan are cut short
        plan = warehouse.execute(f"explain (format json) {query}").fetchall()[0][1]
        names = [name for root in json.loads(plan) for name in operators(root)]
        assert names
        if joins := names.count("BLOCKWISE_NL_JOIN"):
            found[file.stem] = joins
    assert found == OF_DEFINITIONS


def operators(node: dict[str, Any]) -> Iterator[str]:
    """The names of a plan's operators."""
    yield node["name"].strip()
    for child in node["children"]:
        yield from operators(child)
