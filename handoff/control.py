"""The control schema: what the night writes down about itself for the models and the published builds.

Not here: the lock of the night and the connection (`handoff.warehouse`), what was loaded (`ingestion`).
"""

import hashlib
import subprocess
from datetime import datetime
from functools import cache

import duckdb

from handoff.settings import CHECKOUT

VERSION = "0.1.0"


def begin_run(con: duckdb.DuckDBPyConnection, as_of: datetime, run_id: str, definitions_sha256: str) -> None:
    """Writes the one row of `control.run`: the models read "now" from it."""
    con.execute("create schema if not exists control")
    con.execute(
        "create or replace table control.run as "
        "select ?::timestamp as as_of, ?::varchar as run_id, ?::varchar as definitions_sha256",
        [as_of, run_id, definitions_sha256],
    )


# What the models read beside the clock; `quality.load_log` without its times.
_INPUTS = {
    "control.delivery_reading": "*",
    "control.source_object": "*",
    "quality.lead_admission": "*",
    "quality.load_log": "delivery_id, source_file, status, rows_held",
    "quality.quarantine": "*",
    "scoring_store.scorecard": "*",
    "scoring_store.scorecard_band": "*",
    "scoring_store.scorecard_bin": "*",
    "scoring_store.scorecard_category": "*",
}


def fingerprint(con: duckdb.DuckDBPyConnection, code: str) -> str:
    """Changes when anything the models read may have, the clock apart; `code` stands for SQL and definitions."""
    found = [code]
    for table, columns in _INPUTS.items():
        schema, name = table.split(".")
        known = con.execute(
            "select 1 from information_schema.tables where table_schema = ? and table_name = ?", [schema, name]
        ).fetchone()
        rows = f"select bit_xor(hash(t)), count(*) from (select {columns} from {table}) as t"
        found.append(repr(con.execute(rows).fetchone() if known else None))
    return hashlib.sha256("\n".join(found).encode()).hexdigest()


def last_inputs(con: duckdb.DuckDBPyConnection) -> str | None:
    """The fingerprint of the last whole build that ended well; None where there is none or one was cut short."""
    con.execute("create table if not exists control.built_inputs (fingerprint varchar)")
    row = con.execute("select fingerprint from control.built_inputs").fetchone()
    return row[0] if row else None


def forget_inputs(con: duckdb.DuckDBPyConnection) -> None:
    """Before a build: whatever stops it, the next one is whole."""
    con.execute("create or replace table control.built_inputs (fingerprint varchar)")


def remember_inputs(con: duckdb.DuckDBPyConnection, fingerprint: str) -> None:
    """After a whole build that ended well."""
    con.execute("insert into control.built_inputs values (?)", [fingerprint])


@cache
def code_version() -> str:
    """The version of the code, with the commit where the checkout knows it."""
    git = ["git", "-C", str(CHECKOUT), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        commit = subprocess.run(git, capture_output=True, text=True, timeout=10, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return VERSION
    return f"{VERSION}+{commit}"
