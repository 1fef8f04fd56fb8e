"""A landing zone brought as far as the unified records: loaded, then built by dbt up to intermediate/unified."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from handoff.control import begin_run
from handoff.settings import CHECKOUT, DBT_PROJECT, Settings
from handoff.warehouse import open_warehouse
from ingestion.load import load

AS_OF = datetime(2026, 6, 1)
NATIVE = Path(__file__).parent / "native_extracts"
UNIFIED = "+path:models/intermediate/unified"
# The gate's part is played by a table that admits nobody: the records are unified whether admitted or not.
NO_ADMISSIONS = """
create table if not exists quality.lead_admission (source_system varchar, native_id varchar, is_admitted boolean)
"""


def unify(home: Path, extracts: Path, sources: Path | None = None) -> Settings:
    settings = Settings(_env_file=None, home=home, extracts=str(extracts), sources=sources, as_of=AS_OF)
    with open_warehouse(settings) as con:
        report = load(settings, con)
        assert not report.refused, report.summary()
        begin_run(con, settings.now, "test", "")
        con.execute(NO_ADMISSIONS)
    command = [
        sys.executable,
        "-m",
        "dbt.cli.main",
        "--quiet",
        "build",
        "--select",
        "+path:models/intermediate/unified",
    ]
    places = ["--project-dir", str(DBT_PROJECT), "--target-path", str(home / "dbt"), "--log-path", str(home / "dbt")]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HANDOFF_", "DBT_"))}
    done = subprocess.run(
        [*command, *places],
        cwd=CHECKOUT,
        env={**kept, **settings.environment()},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return settings


def reader(settings: Settings) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(str(settings.warehouse), read_only=True)
    con.execute("set TimeZone = 'UTC'")
    return con


@pytest.fixture(scope="session")
def vendor_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("vendors")
    return unify(home, NATIVE)


@pytest.fixture
def rows(vendor_settings: Settings) -> Callable[[str], list[tuple[object, ...]]]:
    """The rows of a query on the unified records of the vendors' native files."""

    def query(sql: str) -> list[tuple[object, ...]]:
        with reader(vendor_settings) as con:
            return con.execute(sql).fetchall()

    return query
