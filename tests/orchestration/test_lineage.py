"""What the UI knows of a column after a night: the columns it comes from."""

from pathlib import Path

import dagster as dg
import pytest


def test_a_column_of_a_mart_names_where_it_comes_from(built_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(built_home / "dagster"))
    with dg.DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["core", "fct_opportunity"]))
    assert event is not None
    assert event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    lineage, words = metadata["dagster/column_lineage"].value, metadata["column lineage"].value
    assert isinstance(lineage, dg.TableColumnLineage)
    (source,) = lineage.deps_by_column["amount"]
    assert (source.asset_key.to_user_string(), source.column_name) == ("intermediate/int_opportunity", "amount")
    assert "| amount | intermediate.int_opportunity.amount |" in str(words).splitlines()
