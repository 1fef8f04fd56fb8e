"""One night's models on Spark: what is set up before dbt starts, and what comes home after it."""

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from engines.spark.cluster import Cluster
from engines.spark.environment import Environment, Ledger
from handoff import standing
from handoff.settings import Settings


@contextmanager
def models_on_spark(
    settings: Settings, con: duckdb.DuckDBPyConnection, nodes: Mapping[str, Mapping[str, Any]], home: Collection[str]
) -> Iterator[Ledger]:
    """dbt builds on Spark inside this context; where it ends well, the relations of `home` are filled in the warehouse.

    `nodes` are those of dbt's manifest. Every model is built whole; a table that a model may not make anew
    (`full_refresh: false`, the scoreboard) remembers in the warehouse and goes to Spark from there.
    """
    from dbt.adapters.duckdb import environments

    exchange = Path(settings.spark_warehouse) / ".exchange"
    shutil.rmtree(exchange, ignore_errors=True)
    exchange.mkdir(parents=True)
    models = {_name(node): node for node in nodes.values() if node["resource_type"] == "model"}
    cluster = Cluster(settings)
    _forget_local(con, models)
    for schema in sorted({node["schema"] for node in models.values()}):
        cluster.create_schema(schema)
    ledger = Ledger(cluster, exchange, models)
    for_duckdb = environments.create
    environments.create = partial(Environment, ledger=ledger)
    try:
        yield ledger
        for relation in sorted(home):
            ledger.bring(con, relation)
        for relation, rows in ledger.on_spark.items():
            if rows is not None:
                cluster.forget_old(relation)
    finally:
        environments.create = for_duckdb
        # raw rows are in it; what dbt still has at work may bring more until Spark is gone
        shutil.rmtree(exchange, ignore_errors=True)
        try:
            cluster.close()
        finally:
            shutil.rmtree(exchange, ignore_errors=True)


def comes_home(nodes: Mapping[str, Mapping[str, Any]], schemas: Collection[str], also: Collection[str]) -> set[str]:
    """The tables that the warehouse must have after the models: those of the schemas, and what their views read."""
    wanted = [
        name
        for name, node in nodes.items()
        if node["resource_type"] == "model" and (node["schema"] in schemas or _name(node) in also)
    ]
    found: set[str] = set()
    seen: set[str] = set()
    while wanted:
        name = wanted.pop()
        node = nodes.get(name)
        if name in seen or node is None or node["resource_type"] != "model":
            continue
        seen.add(name)
        if node["config"]["materialized"] == "view":
            wanted += node["depends_on"]["nodes"]
        else:
            found.add(_name(node))
    return found


def _forget_local(con: duckdb.DuckDBPyConnection, models: Mapping[str, Mapping[str, Any]]) -> None:
    """So that dbt makes what is incremental whole, and that no table counts as standing in a later night on DuckDB."""
    con.execute("delete from control.built where inputs is not null")
    standing.forget_published(con)
    for relation, node in models.items():
        config = node["config"]
        if config["materialized"] == "incremental" and config.get("full_refresh") is not False:
            con.execute(f"drop table if exists {relation}")


def _name(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node['alias']}".lower()
