"""A landing zone brought as far as the unified records: loaded, then built by dbt up to intermediate/unified."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from expectations.gate import run_gate
from handoff.control import begin_run
from handoff.definitions import load as load_definitions
from handoff.settings import CHECKOUT, DBT_PROJECT, Settings
from handoff.warehouse import open_warehouse
from ingestion.load import load
from scoring.store import load_cards, named_cards
from tests.conftest import begin_home
from tests.sources.example_extracts import documented_mapping, lay_out

AS_OF = datetime(2026, 6, 1)
DEFINITIONS = DBT_PROJECT / "seeds" / "definitions"
NATIVE = Path(__file__).parent / "native_extracts"
UNIFIED = "+path:models/intermediate/unified"
CORE = "+dim_account +dim_campaign +dim_owner +fct_opportunity +fct_spend +fct_touch +int_activity_record"
# The gate's part is played by a table that admits nobody: the records are unified whether admitted or not.
NO_ADMISSIONS = """
create table if not exists quality.lead_admission (source_system varchar, native_id varchar, is_admitted boolean,
    is_complete_at_first boolean, first_failed_rules varchar, is_gone boolean)
"""


def build(
    home: Path,
    extracts: Path,
    sources: Path | None = None,
    *,
    select: str = UNIFIED,
    parsed: Path | None = None,
) -> Settings:
    """A warehouse of the extracts, with the models that `select` names, of the project as it was parsed elsewhere."""
    if parsed:
        begin_home(parsed, home)
    settings = Settings(_env_file=None, home=home, extracts=str(extracts), sources=sources, as_of=AS_OF)
    with open_warehouse(settings) as con:
        begin_run(con, settings.now, "test", "")
        report = load(settings, con)
        assert not report.refused, report.summary()
        if select == UNIFIED:
            con.execute(NO_ADMISSIONS)
        else:
            agreed = load_definitions(settings.definitions)
            run_gate(settings, con, agreed)
            load_cards(settings, con, named_cards(agreed))
    command = [sys.executable, "-m", "tests.dbt.run", "build", "--select", *select.split()]
    command += ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]
    command += ["--project-dir", str(DBT_PROJECT)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HANDOFF_", "DBT_"))}
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env={**kept, **settings.environment()},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return settings


def land(files: dict[str, str], extracts: Path) -> Path:
    """Writes files, by their names, into a landing zone."""
    for name, text in files.items():
        path = extracts / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return extracts


def reader(settings: Settings) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(str(settings.warehouse), read_only=True)
    con.execute("set TimeZone = 'UTC'")
    return con


@pytest.fixture(scope="session")
def vendor_settings(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Settings:
    home = tmp_path_factory.mktemp("vendors")
    return build(home, NATIVE, parsed=parsed_project)


@pytest.fixture
def rows(vendor_settings: Settings) -> Callable[[str], list[tuple[object, ...]]]:
    """The rows of a query on the unified records of the vendors' native files."""

    def query(sql: str) -> list[tuple[object, ...]]:
        with reader(vendor_settings) as con:
            return con.execute(sql).fetchall()

    return query


@pytest.fixture(scope="session")
def example_settings(tmp_path_factory: pytest.TempPathFactory, shared_data: Path, parsed_project: Path) -> Settings:
    """The example extracts up to the core marts: the loaders' files, and Maven's by the mapping in the docs."""
    home = tmp_path_factory.mktemp("examples")
    lay_out(shared_data, home / "extracts")
    mappings = home / "mappings"
    mappings.mkdir()
    (mappings / "maven.yml").write_text(documented_mapping("maven"), encoding="utf-8")
    return build(home, home / "extracts", mappings, select=CORE, parsed=parsed_project)


@pytest.fixture
def examples(example_settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with reader(example_settings) as con:
        yield con
