"""The control schema: what the night writes down about itself for the models and the published builds.

Not here: the lock of the night and the connection (`handoff.warehouse`), what was loaded (`ingestion`).
"""

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


# The deliveries that a night told of and published, with that night; what an earlier release loaded was told.
TOLD_DELIVERY = (
    "create table if not exists control.told_delivery as select delivery_id, '' as run_id from quality.load_log"
)

# The deliveries out of whose rows the erased were taken, and who they were then (`handoff/erasure.py`).
ERASED_DELIVERY = "create table if not exists control.erased_delivery (delivery_id varchar, erased varchar)"


def tell_deliveries(con: duckdb.DuckDBPyConnection) -> None:
    """Writes down that the night in `control.run` told of the deliveries that none before did: it has published."""
    con.execute(
        "insert into control.told_delivery select delivery_id, (select run_id from control.run) from quality.load_log "
        "where delivery_id not in (select delivery_id from control.told_delivery)"
    )


def last_run(con: duckdb.DuckDBPyConnection) -> tuple[datetime, str] | None:
    """The "now" and the definitions' hash of the newest night; None where none has begun in this warehouse."""
    known = "select 1 from duckdb_tables() where schema_name = 'control' and table_name = 'run'"
    if not con.execute(known).fetchone():
        return None
    return con.execute("select as_of, definitions_sha256 from control.run").fetchone()


@cache
def code_version() -> str:
    """The version of the code, with the commit where the checkout knows it."""
    git = ["git", "-C", str(CHECKOUT), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        commit = subprocess.run(git, capture_output=True, text=True, timeout=10, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return VERSION
    return f"{VERSION}+{commit}"
