"""Fixtures that every test folder shares: the example extracts, and one warehouse that a real night built.

The night runs once per session (once for all workers of a parallel one), over a sample company of about 2,000 leads.
"""

import fcntl
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pytest

from handoff.settings import CHECKOUT, Settings

AS_OF = datetime(2026, 6, 1, 2, 0)
LEADS = 2_000


def night_environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a night of its own: nothing of the user's settings, all state under `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HANDOFF_", "DAGSTER_", "DBT_"))}
    return {**kept, "HANDOFF_HOME": str(home), "HANDOFF_AS_OF": AS_OF.isoformat(), **more}


def run_night(home: Path, *, check: bool = True, seconds: int = 570, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs a night in a process of its own, as `make nightly` does, and returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "orchestration"],
        cwd=CHECKOUT,
        env=night_environment(home, **more),
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    if check and done.returncode:
        raise AssertionError(f"the night failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first: no worker is left with one of them at the end."""
    longest = ["test_spark.py", "test_nights.py"]
    items.sort(key=lambda item: longest.index(item.path.name) if item.path.name in longest else len(longest))


@pytest.fixture(scope="module", autouse=True)
def environment_of_its_own() -> Iterator[None]:
    """No setting of the user's reaches a test, and none that one module sets (dbt in process does) reaches the next."""
    with patch.dict(os.environ):
        for name in list(os.environ):
            if name.startswith(("HANDOFF_", "DAGSTER_", "DBT_")) and name != "HANDOFF_SHARED":
                del os.environ[name]
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of example extracts beside the checkout, or where HANDOFF_SHARED says."""
    folder = Path(os.environ.get("HANDOFF_SHARED", CHECKOUT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"the example extracts are not here: {folder} (HANDOFF_SHARED names another place)")
    return folder


@pytest.fixture(scope="session")
def sample_extracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Extracts of the sample company, in vendor shape."""

    def make(folder: Path) -> None:
        from ingestion import sample

        sample.generate(folder, leads=LEADS, as_of=AS_OF)

    return _once(tmp_path_factory, "sample_extracts", make)


@pytest.fixture(scope="session")
def parsed_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A HANDOFF_HOME with what dbt parsed of the project and nothing else. Parsing takes seconds: see `begin_home`."""

    def parse(home: Path) -> None:
        from orchestration import dbt_project

        with patch.dict(os.environ):
            dbt_project.manifest(Settings(_env_file=None, home=home))

    return _once(tmp_path_factory, "parsed_project", parse)


def begin_home(other: Path, home: Path) -> Path:
    """A new HANDOFF_HOME that has what a night keeps in another one: parsed SQL, column lineage, drawn charts."""
    for folder in ("dbt", "charts"):
        if (other / folder).exists():
            shutil.copytree(other / folder, home / folder)
    return home


@pytest.fixture(scope="session")
def built_home(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path, sample_extracts: Path) -> Path:
    """A HANDOFF_HOME in which one whole night has run. Read it; what writes works on a copy."""

    def build(home: Path) -> None:
        begin_home(parsed_project, home)
        started = time.monotonic()
        done = run_night(home, HANDOFF_EXTRACTS=str(sample_extracts))
        (home / "night.seconds").write_text(str(time.monotonic() - started))
        (home / "night.txt").write_text(done.stdout)

    return _once(tmp_path_factory, "built_home", build)


@pytest.fixture
def new_home(built_home: Path, tmp_path: Path) -> Path:
    """A HANDOFF_HOME in which no night has run: see `begin_home`."""
    return begin_home(built_home, tmp_path / "home")


@pytest.fixture(scope="session")
def built_settings(built_home: Path, sample_extracts: Path) -> Settings:
    return Settings(_env_file=None, home=built_home, extracts=str(sample_extracts), as_of=AS_OF)


@pytest.fixture
def warehouse(built_settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The built warehouse, read only."""
    with duckdb.connect(str(built_settings.warehouse), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        yield con


@pytest.fixture
def marts(built_settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file of the built warehouse, as a BI tool opens it."""
    with duckdb.connect(str(built_settings.publish / "marts.duckdb"), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        yield con


def _once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder made once, also when several workers ask for it: the first makes it, the others wait for the lock."""
    parallel = "PYTEST_XDIST_WORKER" in os.environ
    folder = (factory.getbasetemp().parent if parallel else factory.getbasetemp()) / name
    made = folder.with_name(f"{name}.made")
    with folder.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make(folder)
            made.touch()
    return folder


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A receiver on loopback and what it received."""
    received: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            return

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", received
    server.shutdown()
