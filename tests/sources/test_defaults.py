"""Definition files as people leave them: of a header alone, with an empty line, with an apostrophe at both ends."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from handoff.settings import Settings
from orchestration import dbt_project
from tests.sources.conftest import AS_OF, DEFINITIONS, reader

FILES = {
    "business_hours.csv": "weekday,opens,closes\n",
    "fillers.csv": "value\nunknown\n\n'none'\n",
    "lead_sources.csv": "crm_value,lead_source,is_marketing\nWeb,Web,true\n'Fair',Fair,true\n",
}


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("defaults")
    definitions = folder / "definitions"
    definitions.mkdir()
    for file in DEFINITIONS.glob("*.csv"):
        (definitions / file.name).write_bytes(file.read_bytes())
    for name, text in FILES.items():
        (definitions / name).write_text(text)
    settings = Settings(_env_file=None, home=folder / "home", definitions=definitions, as_of=AS_OF)
    dbt_project.manifest(settings)
    select = [f"+stg_definitions__{Path(name).stem}" for name in FILES]
    for _ in dbt_project.build(settings, ["--select", *select, "--indirect-selection", "cautious"]):
        pass
    with reader(settings) as con:
        yield con


def test_without_business_hours_offices_are_open(con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute(
        "select iso_weekday, opens_minute, closes_minute from staging.stg_definitions__business_hours order by 1"
    ).fetchall()
    assert found == [(day, 9 * 60, 17 * 60) for day in range(1, 6)]


def test_an_empty_line_is_no_filler(con: duckdb.DuckDBPyConnection) -> None:
    """With a null among them no text would be known to be another."""
    found = con.execute("select value from staging.stg_definitions__fillers order by value").fetchall()
    assert found == [("'none'",), ("unknown",)]


def test_an_apostrophe_is_part_of_what_a_cell_says(con: duckdb.DuckDBPyConnection) -> None:
    """Also in a file without a double quote, where DuckDB would take it for the mark of a text."""
    found = con.execute("select crm_value_key from staging.stg_definitions__lead_sources order by 1").fetchall()
    assert found == [("'fair'",), ("web",)]
