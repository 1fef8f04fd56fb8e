"""What a build is: its tables, its identity and the row that says so in every published schema.

Not here: where it is put (`file.py`, `postgres.py`).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from handoff.control import code_version
from handoff.sql import quoted

SCHEMAS = ("core", "attribution", "metrics", "scoring", "reviews", "quality")
BUILD_INFO = "build_info"
# The quality tables that readers get, with the columns they get; the gate's own tables stay private.
QUALITY: dict[str, tuple[str, ...]] = {
    "quarantine": (
        "source_system",
        "object",
        "native_id",
        "source_file",
        "line",
        "rule",
        "detail",
        "first_seen_at",
        "released_at",
    ),
    "load_log": (
        "source_system",
        "object",
        "source_file",
        "sha256",
        "rows_read",
        "rows_loaded",
        "rows_held",
        "rows_malformed",
        "status",
        "error",
        "loaded_at",
    ),
    "malformed_row": ("source_system", "object", "source_file", "line", "raw_text", "error"),
}


@dataclass(frozen=True)
class Table:
    """One published table: `columns` are those handed over (empty: all), `comments` describe columns to BI tools."""

    schema: str
    name: str
    columns: tuple[str, ...] = ()
    description: str = ""
    comments: dict[str, str] = field(default_factory=dict)

    @property
    def qualified(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"


@dataclass(frozen=True)
class Build:
    """A published build. Two nights at the same "now", on the same files, definitions and code have the same id."""

    build_id: str
    as_of: datetime
    code_version: str
    definition_version: str
    row_counts: dict[str, int]


def quality_tables() -> list[Table]:
    return [Table("quality", name, columns) for name, columns in QUALITY.items()]


def identify(con: duckdb.DuckDBPyConnection) -> tuple[str, datetime, str]:
    """The id, the as-of and the definition version of what the warehouse holds now."""
    row = con.execute("select as_of, definitions_sha256 from control.run").fetchone()
    if row is None:
        raise ValueError("control.run is empty: a build is made at the end of a night")
    as_of, definitions = row
    deliveries = con.execute(
        "select source_system, object, sha256, status from quality.load_log order by all"
    ).fetchall()
    content = hashlib.sha256(repr((code_version(), definitions, deliveries)).encode()).hexdigest()
    return f"{as_of:%Y%m%dT%H%M%S}-{content[:12]}", as_of, definitions[:12]


def build_info_rows(build: Build, schema: str) -> Sequence[tuple[str, datetime, str, str, str, int]]:
    """One row per table of a schema."""
    return [
        (build.build_id, build.as_of, build.code_version, build.definition_version, table.split(".")[1], count)
        for table, count in build.row_counts.items()
        if table.split(".")[0] == schema
    ]


BUILD_INFO_DDL = (
    "(build_id varchar, as_of timestamp, code_version varchar, definition_version varchar, "
    "table_name varchar, row_count bigint)"
)
