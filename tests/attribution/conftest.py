"""One small warehouse per session: the shipped definitions, and the compiled SQL of the attribution models."""

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from dbt.contracts.graph.manifest import Manifest
from dbt.node_types import NodeType

from handoff.settings import CHECKOUT, DBT_PROJECT, Settings
from orchestration import dbt_project
from tests.attribution.lab import AS_OF, Lab
from tests.conftest import begin_home

Dbt = Callable[..., None]
Compiled = tuple[dict[str, str], dict[str, str]]


@pytest.fixture(scope="session")
def dbt_home(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Path:
    home = begin_home(parsed_project, tmp_path_factory.mktemp("attribution"))
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        con.execute("create schema control")
        con.execute(f"create table control.run as select timestamp '{AS_OF}' as as_of, 'run' as run_id")
    return home


@pytest.fixture(scope="session")
def dbt_environment(dbt_home: Path) -> dict[str, str]:
    return {
        "HANDOFF_HOME": str(dbt_home),
        "HANDOFF_CHECKOUT": str(CHECKOUT),
        "DBT_PROFILES_DIR": str(DBT_PROJECT),
        "DBT_PROJECT_DIR": str(DBT_PROJECT),
        "DBT_TARGET_PATH": str(dbt_home / "dbt"),
        "DBT_LOG_PATH": str(dbt_home / "logs"),
        "DO_NOT_TRACK": "1",
    }


@pytest.fixture(scope="session")
def manifest(dbt_home: Path) -> Manifest:
    """The parsed project."""
    return dbt_project.parsed(Settings(_env_file=None, home=dbt_home))


@pytest.fixture(scope="session")
def dbt(dbt_environment: dict[str, str], manifest: Manifest) -> Dbt:
    """Runs dbt in this process against the small warehouse; fails with dbt's own message."""
    from dbt.cli.main import dbtRunner

    runner = dbtRunner(manifest=manifest)

    def invoke(*arguments: str) -> None:
        with pytest.MonkeyPatch.context() as environment:
            for name, value in dbt_environment.items():
                environment.setenv(name, value)
            done = runner.invoke(["--quiet", "--no-write-json", *arguments])
        results = getattr(done.result, "results", [])
        assert done.success, done.exception or [
            result.message for result in results if str(result.status) in ("error", "fail")
        ]

    return invoke


@pytest.fixture(scope="session")
def compiled(dbt: Dbt, dbt_home: Path, manifest: Manifest) -> Compiled:
    """The SQL and the schema of every model of touches, channels, spend and attribution."""
    dbt("build", "--select", "resource_type:seed", "path:models/staging/definitions")
    within = ("intermediate/identity", "intermediate/attribution", "marts/attribution", "marts/core")
    folders = [f"models/{folder}" for folder in within]
    dbt("compile", "--select", *(f"path:{folder}" for folder in folders))
    sql: dict[str, str] = {}
    schemas: dict[str, str] = {}
    for node in manifest.nodes.values():
        if node.resource_type == NodeType.Model and node.original_file_path.startswith(tuple(folders)):
            schemas[node.name] = node.schema
            path = dbt_home / "dbt" / "compiled" / "handoff" / node.original_file_path
            if path.suffix == ".sql":
                sql[node.name] = path.read_text()
    return sql, schemas


@pytest.fixture(scope="module")
def lab(compiled: Compiled, dbt_home: Path) -> Iterator[Lab]:
    """The small warehouse, open for hand-made tables."""
    opened = Lab.open(dbt_home / "warehouse.duckdb", *compiled)
    yield opened
    opened.con.close()
