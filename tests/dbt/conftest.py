"""One warehouse with all hand-worked cases, built once per session."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from handoff.settings import CHECKOUT
from tests.dbt.company import AS_OF, hand_worked, write_definitions, write_sources


@pytest.fixture(scope="session")
def core_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The HANDOFF_HOME of the hand-worked company."""
    folder = tmp_path_factory.mktemp("hand_worked")
    hand_worked().write(folder / "extracts")
    write_definitions(folder / "definitions")
    write_sources(folder / "sources")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HANDOFF_", "DBT_"))}
    places = [folder / "home", folder / "extracts", folder / "definitions", folder / "sources"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.dbt.build", *map(str, places), AS_OF.isoformat()],
        cwd=CHECKOUT,
        env=kept,
        capture_output=True,
        text=True,
        timeout=570,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "home"


@pytest.fixture(scope="session")
def core(core_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(core_home / "warehouse.duckdb"), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        yield con


@pytest.fixture(scope="session")
def row(core: duckdb.DuckDBPyConnection) -> Callable[..., dict[str, Any] | None]:
    """`row("fct_lead", lead_id="salesforce:X")`: the one row, None where there is none."""

    def find(table: str, **keys: object) -> dict[str, Any] | None:
        condition = " and ".join(f"{name} = ?" for name in keys)
        result = core.execute(f"select * from core.{table} where {condition}", list(keys.values()))
        assert result.description is not None
        names = [column[0] for column in result.description]
        found = result.fetchall()
        assert len(found) <= 1, f"{len(found)} rows of {table} for {keys}"
        return dict(zip(names, found[0], strict=True)) if found else None

    return find
