"""A load killed at any moment leaves each file loaded or not loaded; the next load ends as if nothing had been."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from handoff.settings import CHECKOUT, Settings
from handoff.warehouse import open_warehouse
from ingestion.load import load
from tests.ingestion.lab import AS_OF, CRM

# Runs a load that kills its own process in the third file it stores, when it comes to the named step.
KILLED = """
import os, signal, sys
from pathlib import Path
import ingestion.load as loading
from handoff.settings import Settings
from handoff.warehouse import open_warehouse

home, moment = Path(sys.argv[1]), sys.argv[2]
owner = loading.Reader if hasattr(loading.Reader, moment) else loading._Loader
step = getattr(owner, moment)
calls = 0


def killing(*arguments):
    global calls
    calls += 1
    if calls == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(*arguments)


setattr(owner, moment, killing)
settings = Settings(home=home, extracts=str(home / "extracts"), sources=home / "sources", as_of="2026-06-01T02:00:00")
with open_warehouse(settings) as con:
    loading.load(settings, con)
"""


def killed(home: Path, moment: str, mutation: str = "") -> int:
    """The exit code of a load that kills itself; `mutation` is Python that spoils the loader before."""
    script = KILLED.replace("\n\nhome, moment", f"\n{mutation}\nhome, moment", 1)
    return subprocess.run([sys.executable, "-c", script, str(home), moment], cwd=CHECKOUT, timeout=120).returncode


def finished(home: Path) -> None:
    settings = Settings(home=home, extracts=str(home / "extracts"), sources=home / "sources", as_of=AS_OF)
    with open_warehouse(settings) as con:
        load(settings, con)


def tables(home: Path) -> list[list[tuple[Any, ...]]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        return [
            con.execute(f"select * from {table} order by all").fetchall()
            for table in ("raw.crm__lead", "quality.load_log", "quality.malformed_row")
        ]


def deliver(home: Path) -> Path:
    (home / "sources").mkdir(parents=True)
    (home / "sources" / "crm.yml").write_text(CRM)
    folder = home / "extracts" / "crm" / "lead"
    folder.mkdir(parents=True)
    for number in range(5):
        rows = "".join(f"{number}{row},x{row}@y.com,{row},v\n" for row in range(500))
        (folder / f"{number}.csv").write_text(f"Id,Email,Employees,New{number}\n{rows}short\n")
    return home


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[list[tuple[Any, ...]]]:
    home = deliver(tmp_path_factory.mktemp("undisturbed"))
    finished(home)
    return tables(home)


@pytest.mark.parametrize("moment", ["stage", "_store", "_add_columns", "_insert", "_log", "_remember_file"])
def test_killed_load(tmp_path: Path, moment: str, undisturbed: list[list[tuple[Any, ...]]]) -> None:
    check_killed_load(tmp_path / "home", moment, undisturbed)


def check_killed_load(home: Path, moment: str, undisturbed: list[list[tuple[Any, ...]]], mutation: str = "") -> None:
    deliver(home)
    assert killed(home, moment, mutation) == -signal.SIGKILL
    raw, log, malformed = tables(home)
    assert (len(raw), len(log), len(malformed)) == (1000, 2, 2), "two files were whole before the third"
    finished(home)
    assert tables(home) == undisturbed
