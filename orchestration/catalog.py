"""What a freshly built table looks like: rows, columns with types and descriptions, and which columns they come from.

Column lineage is worked out by parsing SQL, which costs more than building a small model: it is kept per model, by the
SQL's and the columns' hash, and parsed again only where one of these changed.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from handoff import standing
from handoff.files import write_whole
from orchestration import dbt_project
from orchestration.translator import MARTS, Translator

Columns = dict[str, str]


class Catalog:
    """Describes the nodes of one build, for the metadata of their assets."""

    def __init__(self, con: duckdb.DuckDBPyConnection, manifest: dict[str, Any], target: Path) -> None:
        self._con, self._manifest, self._target = con.cursor(), manifest, target
        self._translator = Translator()
        self._kept_at = target / "column_lineage.json"
        self._kept: dict[str, Any] = {}
        # a power cut or a disk that filled up may have cut it off
        with suppress(FileNotFoundError, ValueError):
            self._kept = json.loads(self._kept_at.read_text())
        self._columns: dict[str, Columns] = {}
        self._built_at = standing.built_at(self._con)
        # the rows of tables that another engine holds
        self.rows_elsewhere: Mapping[str, int | None] = {}
        for database, schema, table, column, kind in self._con.execute(
            "select database_name, schema_name, table_name, column_name, data_type from duckdb_columns() "
            "order by database_name, schema_name, table_name, column_index"
        ).fetchall():
            self._columns.setdefault(f'"{database}"."{schema}"."{table}"', {})[column] = kind

    def since(self, name: str, *, is_new: bool = False) -> dict[str, Any]:
        """The night that last made a table or asked a data test, by relation or id; `is_new` where it may be this."""
        if is_new:
            made = self._con.execute("select name, built_at from control.built where name = ?", [name])
            self._built_at.update(made.fetchall())
        night = self._built_at.get(name)
        return {"since": f"{night:%Y-%m-%d %H:%M} UTC"} if night else {}

    def describe(self, unique_id: str, *, is_new: bool) -> dict[str, Any]:
        """Row count, column schema and column lineage of a node; `is_new` where it may have other columns by now."""
        node = self._manifest["nodes"][unique_id]
        relation = dbt_project.relation(node)
        if is_new:
            self._columns.pop(node["relation_name"], None)
        columns = self._columns_of(node["relation_name"])
        lineage = self._lineage(unique_id, columns)
        described = {
            name: dg.TableColumn(name, type=kind, description=node["columns"].get(name, {}).get("description") or None)
            for name, kind in columns.items()
        }
        metadata: dict[str, Any] = {
            "dagster/column_schema": dg.TableSchema(columns=list(described.values())),
            **self.since(relation, is_new=is_new),
        }
        if (elsewhere := self.rows_elsewhere.get(relation)) is not None:
            metadata["dagster/row_count"] = elsewhere
        elif relation not in self.rows_elsewhere:
            if node["config"].get("materialized") != "view":
                metadata["dagster/row_count"] = self._count(node)
            elif node["schema"] in MARTS:
                metadata["dagster/row_count"] = standing.count(self._con, relation)
        if lineage:
            metadata["dagster/column_lineage"] = dg.TableColumnLineage(
                {
                    column: [dg.TableColumnDep(dg.AssetKey(key), name) for key, name in sources]
                    for column, sources in lineage.items()
                }
            )
            # the open-source UI keeps column lineage but draws none
            metadata["column lineage"] = dg.MetadataValue.md(_in_words(lineage))
        return metadata

    def _count(self, node: Mapping[str, Any]) -> int:
        row = self._con.execute(f"select count(*) from {node['relation_name']}").fetchone()
        return int(row[0]) if row else 0

    def save(self) -> None:
        """Keeps the parsed lineage for the next night."""
        write_whole(self._kept_at, json.dumps(self._kept))

    def _columns_of(self, relation: str) -> Columns:
        if relation not in self._columns:
            rows = self._con.execute(f"describe {relation}").fetchall()
            self._columns[relation] = {name: kind for name, kind, *_ in rows}
        return self._columns[relation]

    def _lineage(self, unique_id: str, columns: Columns) -> dict[str, list[tuple[list[str], str]]]:
        node = self._manifest["nodes"][unique_id]
        sql_file = dbt_project.compiled(self._target, node["package_name"], node["original_file_path"])
        if node["resource_type"] != "model" or node["language"] != "sql" or not sql_file.exists():
            return {}
        parents = {
            parent["relation_name"]: parent
            for name in node["depends_on"]["nodes"]
            if (parent := self._manifest["nodes"].get(name) or self._manifest["sources"].get(name))
            and parent.get("relation_name")
        }
        known = {relation: self._columns_of(relation) for relation in parents}
        sql = sql_file.read_text()
        fingerprint = hashlib.sha256(json.dumps([sql, columns, known]).encode()).hexdigest()
        kept = self._kept.get(unique_id)
        if kept is None or kept["fingerprint"] != fingerprint:
            kept = {"fingerprint": fingerprint, "lineage": self._parse(sql, list(columns), known, parents)}
            self._kept[unique_id] = kept
        lineage: dict[str, list[tuple[list[str], str]]] = kept["lineage"]
        return lineage

    def _parse(
        self, sql: str, columns: list[str], known: dict[str, Columns], parents: dict[str, Any]
    ) -> dict[str, list[tuple[list[str], str]]]:
        from sqlglot import exp, parse_one
        from sqlglot.errors import SqlglotError
        from sqlglot.lineage import Node, lineage
        from sqlglot.schema import MappingSchema

        schema = MappingSchema(dialect="duckdb")
        keys: dict[str, list[str]] = {}
        for relation, parent in parents.items():
            table = exp.to_table(relation, dialect="duckdb")
            schema.add_table(table, dict(known[relation]), dialect="duckdb")
            keys[_table(table)] = list(self._translator.get_asset_key(parent).path)
        seen: dict[int, set[tuple[str, str]]] = {}

        def leaves(node: Node) -> set[tuple[str, str]]:
            """The columns of tables that a column is made of. Branches meet again: each is walked once."""
            if id(node) not in seen:
                seen[id(node)] = set()
                if node.downstream:
                    seen[id(node)].update(*(leaves(below) for below in node.downstream))
                elif isinstance(node.expression, exp.Table):
                    seen[id(node)].add((_table(node.expression), node.name.rsplit(".", 1)[-1].strip('"').lower()))
            return seen[id(node)]

        try:
            query = parse_one(sql, dialect="duckdb")
            nodes = lineage(None, query, schema=schema, dialect="duckdb", trim_selects=False, copy=False)
        except SqlglotError as error:
            dg.get_dagster_logger().info("Column lineage of one model stays unknown: %s", str(error).splitlines()[0])
            return {}
        return {
            column.lower(): [(keys[table], name) for table, name in sorted(leaves(node)) if table in keys]
            for column, node in nodes.items()
            if column.lower() in columns
        }


def _in_words(lineage: dict[str, list[tuple[list[str], str]]]) -> str:
    """A table of the columns and what they come from, in Markdown."""
    rows = [
        f"| {column} | {', '.join('.'.join([*key, name]) for key, name in sources)} |"
        for column, sources in lineage.items()
        if sources
    ]
    return "\n".join(["| column | comes from |", "| --- | --- |", *rows])


def _table(expression: Any) -> str:
    return f"{expression.db}.{expression.name}".lower()
