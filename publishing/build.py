"""What a build is: its tables, its identity and the row that says so in every published schema.

Not here: where it is put (`file.py`, `postgres.py`).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from handoff.control import code_version, last_run
from handoff.sql import quoted

SCHEMAS = ("core", "attribution", "metrics", "scoring", "reviews", "quality")
BUILD_INFO = "build_info"
# The quality tables that readers get: what a row is, and the columns they get; the gate's own tables stay private.
QUALITY: dict[str, tuple[str, dict[str, str]]] = {
    "quarantine": (
        "One row per incomplete version of a lead record and failed rule, also after its release.",
        {
            "source_system": "Source of the record.",
            "object": "Object, the folder it came in.",
            "native_id": "Id of the record in its source; null where it has none.",
            "source_file": "File of the version that was judged.",
            "line": "Line on which it starts.",
            "rule": "The completeness rule that failed; `regressed`, `merge_cycle`.",
            "detail": "What is missing: the fields by name, values only where they are no personal data.",
            "first_seen_at": "When the record first came without it (UTC).",
            "released_at": "When a complete version let it go (UTC); null while held.",
        },
    ),
    "load_log": (
        "One row per distinct delivery, known by its bytes. Read = loaded + held + malformed, at load.",
        {
            "source_system": "Source, the first folder.",
            "object": "Object, the second folder.",
            "source_file": "File name; of equal files under several names, the smallest of those they have now.",
            "sha256": "Hash of the bytes.",
            "rows_read": "Rows in the file. Unit: count.",
            "rows_loaded": "Rows that went on. Unit: count.",
            "rows_held": "Lead rows that the gate held. Unit: count.",
            "rows_malformed": "Rows that could not be read. Unit: count.",
            "status": "`loaded`, `refused`, `stopped` (waits for its acceptance) or `accepted`.",
            "error": "Why a file was refused.",
            "loaded_at": "The night's now (UTC).",
        },
    ),
    "malformed_row": (
        "One row per delivered row that could not be read.",
        {
            "source_system": "Source of the row.",
            "object": "Object, the folder it came in.",
            "source_file": "File name.",
            "line": "Line on which it starts.",
            "raw_text": "Its text.",
            "error": "Why it could not be read: column and value.",
        },
    ),
}
BUILD_INFO_COMMENTS = {
    "build_id": "The build: the instant as of which it was computed, and a hash of what it was made from.",
    "as_of": "The instant as of which it was computed (UTC).",
    "code_version": "Version of Handoff, with the commit where the checkout knows it.",
    "definition_version": "Hash of the definitions that were in force.",
    "table_name": "Table of this schema.",
    "row_count": "Its rows.",
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
    return [
        Table("quality", name, tuple(columns), description, columns) for name, (description, columns) in QUALITY.items()
    ]


def identify(con: duckdb.DuckDBPyConnection) -> tuple[str, datetime, str]:
    """The id, the as-of and the definition version of what the warehouse holds now."""
    run = last_run(con)
    if run is None:
        raise ValueError("There was no run: a build is made at the end of a night")
    as_of, definitions = run
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


def build_info(schema: str) -> Table:
    """The table of a schema that says which build it belongs to."""
    description = "One row per table of the schema: the build it belongs to, and its rows."
    return Table(schema, BUILD_INFO, description=description, comments=BUILD_INFO_COMMENTS)


BUILD_INFO_DDL = (
    "(build_id varchar, as_of timestamp, code_version varchar, definition_version varchar, "
    "table_name varchar, row_count bigint)"
)
