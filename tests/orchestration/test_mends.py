"""What `dbt_project/mends.yml` says of models, held against the models and the built warehouse."""

from typing import Any

import duckdb
import pytest
import yaml

from handoff.mending import BRIDGES, Mend, Mending
from handoff.settings import DBT_PROJECT, Settings
from orchestration import dbt_project

SAID: dict[str, dict[str, Any]] = yaml.safe_load((DBT_PROJECT / "mends.yml").read_text())
MENDED = sorted(name for name, said in SAID.items() if "by" in said)


@pytest.fixture(scope="module")
def manifest(built_settings: Settings) -> dict[str, Any]:
    return dbt_project.manifest(built_settings)


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}


@pytest.fixture(scope="module")
def mends(manifest: dict[str, Any], built_settings: Settings) -> Mending:
    return dbt_project.read_mends(manifest, built_settings)


def test_it_names_models_and_what_they_read(manifest: dict[str, Any], models: dict[str, dict[str, Any]]) -> None:
    for name, said in SAID.items():
        read = {unique_id.rsplit(".", 1)[1] for unique_id in models[name]["depends_on"]["nodes"]}
        assert {*said.get("reads", ()), *said.get("parts", ())} <= read, name


@pytest.mark.parametrize("name", MENDED)
def test_the_rows_of_a_key_are_made_of_that_key_s_rows(
    name: str,
    models: dict[str, dict[str, Any]],
    mends: Mending,
    built_settings: Settings,
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """Of some keys, the model over the rows that they are said to be made of gives the rows that the table has."""
    mend, table = Mend.of(SAID[name]), dbt_project.relation(models[name])
    target, model = dbt_project.target_path(built_settings), models[name]
    query = dbt_project.compiled(target, model["package_name"], model["original_file_path"]).read_text()
    warehouse.execute(
        f"create temp table mending_key as select distinct {mend.by} as key from {table} where hash({mend.by}) % 7 = 0"
    )
    warehouse.execute(f"create temp table there as from {table} where {mend.by} in (select key from mending_key)")
    warehouse.execute("create temp table here as from there limit 0")
    warehouse.execute(f"insert into here by name {mends.restricted(warehouse, mend, query)}")
    for one, other in (("here", "there"), ("there", "here")):
        assert warehouse.execute(f"from {one} except all from {other} limit 3").fetchall() == []
    numbers = {number for read in mend.reads for number in SAID.get(read, {}).get("numbers", ())}
    columns = {column for column, *_ in warehouse.execute(f"describe {table}").fetchall()}
    assert not numbers & columns, "a number that holds for one build is handed on"
    assert warehouse.execute(f"select count(*) from {table} where {mend.by} is null").fetchall() == [(0,)]


@pytest.mark.parametrize("name", MENDED)
def test_where_all_of_what_is_read_moved_all_keys_are_found(
    name: str, models: dict[str, dict[str, Any]], mends: Mending, warehouse: duckdb.DuckDBPyConnection
) -> None:
    mend, table = Mend.of(SAID[name]), dbt_project.relation(models[name])
    moved = [read.moved.format(moved=mends.names[model], **mends.names) for model, read in mend.reads.items()]
    moved += [f"select {mend.by} from {mends.names[part]}" for part in mend.parts]
    warehouse.execute(f"create temp table found as {' union all '.join(moved)}")
    missed = f"select {mend.by} from {table} where {mend.by} not in (select {mend.by} from found) limit 3"
    assert warehouse.execute(missed).fetchall() == []


def test_bridges_have_both_columns(models: dict[str, dict[str, Any]], warehouse: duckdb.DuckDBPyConnection) -> None:
    for (key, column), model in BRIDGES.items():
        described = warehouse.execute(f"describe {dbt_project.relation(models[model])}").fetchall()
        assert {key, column} <= {name for name, *_ in described}
        for name in MENDED:
            said = SAID[name]
            if said["by"] == key and column in said.get("reads", {}).values():
                assert model in said["reads"], f"{name} does not see what moves in {model}"
