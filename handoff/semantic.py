"""The semantic layer in this process: MetricFlow over a published build or a warehouse, without a running dbt.

Here: asking for metrics by name. Not here: what the metrics are (`dbt_project/models/semantic`).
"""

from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from handoff.errors import HandoffError
from handoff.published import published_file, unreadable
from handoff.settings import Settings
from handoff.sql import literal

if TYPE_CHECKING:
    from metricflow.data_table.mf_table import MetricFlowDataTable

# dbt names every relation with the database `warehouse`; a build is attached under that name.
DATABASE = "warehouse"
SEMANTIC_MANIFEST = "semantic_manifest.json"


class SemanticLayer:
    """Metrics by name, from one DuckDB file that is only read.

    Args:
        manifest: dbt's `semantic_manifest.json`.
        database: the DuckDB file that holds the marts.

    Raises:
        HandoffError: DuckDB does not open the file.
    """

    def __init__(self, manifest: Path, database: Path) -> None:
        from dbt_metricflow.cli.dbt_connectors.dbt_config_accessor import parse_manifest_from_dbt_generated_manifest
        from metricflow.engine.metricflow_engine import MetricFlowEngine
        from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

        self._con = duckdb.connect()
        self._con.execute("set TimeZone = 'UTC'")
        try:
            self._con.execute(f"attach {literal(str(database))} as {DATABASE} (read_only)")
        except duckdb.Error as error:
            raise unreadable(database, error) from error
        parsed = parse_manifest_from_dbt_generated_manifest(manifest_json_string=manifest.read_text())
        # MetricFlow makes private ones beside them, of measures that no metric of the project shows as they are
        self._names = sorted(metric.name for metric in parsed.metrics if not metric.type_params.is_private)
        lookup = SemanticManifestLookup(parsed)
        self._engine = MetricFlowEngine(semantic_manifest_lookup=lookup, sql_client=_Client(self._con))

    def metrics(self) -> list[str]:
        """The names of all metrics."""
        return self._names

    def query(
        self,
        metrics: Sequence[str] = (),
        group_by: Sequence[str] = (),
        *,
        where: Sequence[str] = (),
        order_by: Sequence[str] = (),
        limit: int | None = None,
        saved_query: str | None = None,
    ) -> "MetricFlowDataTable":
        """The figures, as `mf query` would give them. `result.column_names` and `result.rows` hold them.

        Raises:
            HandoffError: a name is not known, or the filter is none.
        """
        from metricflow.engine.metricflow_engine import MetricFlowQueryRequest
        from metricflow_semantics.errors.error_classes import InformativeUserError

        asked = ", ".join([*metrics, *group_by, *where, saved_query or ""]).strip(", ")
        if unknown := [name for name in metrics if name.lower() not in self._names]:
            near = dict.fromkeys(each for name in unknown for each in get_close_matches(name.lower(), self._names))
            hint = f"; near are {', '.join(near)}" if near else ""
            raise _unanswerable(asked, f"no metric is named {', '.join(unknown)}{hint}")
        request = MetricFlowQueryRequest.create(
            saved_query_name=saved_query,
            metric_names=list(metrics) or None,
            group_by_names=list(group_by) or None,
            where_constraints=list(where) or None,
            order_by_names=list(order_by) or None,
            limit=limit,
        )
        try:
            result = self._engine.query(request).result_df
        except (InformativeUserError, duckdb.Error) as error:
            said = " ".join(str(error).split())
            if "Traceback" in said:  # the library's own; its last line says what was wrong
                said = said.rpartition("Exception: ")[2]
            why = said.partition("Message: ")[2].partition(" Query Input:")[0] or said
            raise _unanswerable(asked, why) from error
        if result is None:
            raise ValueError("MetricFlow returned no table")
        return result

    def close(self) -> None:
        self._con.close()


def _unanswerable(asked: str, why: str) -> HandoffError:
    return HandoffError(
        "The semantic layer cannot answer this.",
        where=asked,
        why=why,
        remedy="`.venv/bin/handoff query` without a name lists the metrics; docs/metrics.md has the slices and the "
        "saved queries",
    )


class _Client:
    """What MetricFlow asks of an SQL engine, answered by one DuckDB connection."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        from metricflow.protocols.sql_client import SqlEngine
        from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer

        self._con = con
        self.sql_engine_type = SqlEngine.DUCKDB
        self.sql_plan_renderer = DuckDbSqlPlanRenderer()

    def query(self, stmt: str, sql_bind_parameter_set: Any = None) -> "MetricFlowDataTable":
        from metricflow.data_table.mf_table import MetricFlowDataTable

        cursor = self._con.execute(stmt)
        names = [column[0] for column in cursor.description or []]
        return MetricFlowDataTable.create_from_rows(column_names=names, rows=cursor.fetchall())

    def execute(self, stmt: str, sql_bind_parameter_set: Any = None) -> None:
        self._con.execute(stmt)

    def dry_run(self, stmt: str, sql_bind_parameter_set: Any = None) -> None:
        self._con.execute(f"explain {stmt}")

    def close(self) -> None:
        self._con.close()

    def render_bind_parameter_key(self, bind_parameter_key: str) -> str:
        return f"${bind_parameter_key}"


def open_semantic_layer(settings: Settings) -> SemanticLayer:
    """The semantic layer over the last published build: it can be asked at any time, also during a night.

    Raises:
        HandoffError: nothing has been published yet, or it cannot be read.
    """
    database = published_file(settings)
    # the build's own: a night that is under way, or failed, may have other models
    manifest = database.with_name(SEMANTIC_MANIFEST)
    if not manifest.exists():
        # a build of an earlier release
        manifest = settings.home / "dbt" / SEMANTIC_MANIFEST
    if not manifest.exists():
        raise HandoffError(
            "The published build does not say what its metrics are.",
            where=str(manifest),
            why="the file does not exist",
            remedy="Run `make nightly` once, then ask again",
        )
    return SemanticLayer(manifest, database)


def text_table(table: "MetricFlowDataTable") -> str:
    """The figures as aligned text: one line per row, dates as days, rates with four digits."""

    def text(value: Any) -> str:
        if value is None:
            return "-"
        if isinstance(value, datetime):
            return value.date().isoformat()
        if isinstance(value, float):
            return f"{value:,.4f}".rstrip("0").rstrip(".")
        return f"{value:,}" if isinstance(value, int) else str(value)

    lines = [list(table.column_names), *([text(value) for value in row] for row in table.rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
