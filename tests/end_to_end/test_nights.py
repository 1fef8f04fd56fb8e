"""Whole nights in processes of their own: repeated, dealt out otherwise, killed, read from while they run."""

import re
import subprocess
import threading
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from handoff.settings import CHECKOUT
from tests.conftest import AS_OF, run_night
from tests.end_to_end.nights import (
    BY_DELIVERY,
    Reader,
    assert_refused,
    copy_home,
    deal_again,
    differences,
    forget_warehouse,
    kill_a_night,
    published,
)


def test_a_night_prints_what_it_did(built_home: Path) -> None:
    """The night of the shared fixture left its words beside its state."""
    said = (built_home / "night.txt").read_text()
    for expected in ("Loaded", "salesforce/lead", "Held by rule", "core.fct_lead", "Where to look next", "make ui"):
        assert expected in said


def test_read_is_loaded_held_and_malformed(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        "select source_file from quality.load_log where rows_read <> rows_loaded + rows_held + rows_malformed"
    ).fetchall()
    assert rows == []


def test_again_on_the_same_input_is_the_same_row_for_row_and_readers_see_whole_builds(
    built_home: Path, sample_extracts: Path, tmp_path: Path
) -> None:
    """Started twice at once: one process does the night, the other says that one is under way."""
    home = copy_home(built_home, tmp_path / "home")
    nights: list[subprocess.CompletedProcess[str]] = []

    def night() -> None:
        nights.append(run_night(home, HANDOFF_EXTRACTS=str(sample_extracts), check=False))

    both = [threading.Thread(target=night) for _ in range(2)]
    with Reader(home) as reader:
        for each in both:
            each.start()
        for each in both:
            each.join()
    refused, done = sorted(nights, key=lambda night: -night.returncode)
    assert_refused(refused, "already under way")
    assert done.returncode == 0, done.stderr
    assert "nothing new in the landing zone" in done.stdout
    assert differences(published(built_home), published(home)) == []
    assert (reader.errors, reader.mixed) == ([], [])
    assert reader.reads > 10


def test_a_night_with_nothing_new_but_the_clock_equals_a_whole_build(
    built_home: Path, sample_extracts: Path, tmp_path: Path
) -> None:
    home = copy_home(built_home, tmp_path / "home")
    tomorrow = {"HANDOFF_EXTRACTS": str(sample_extracts), "HANDOFF_AS_OF": f"{AS_OF + timedelta(days=1)}Z"}
    run_night(home, **tomorrow)
    standing = published(home)
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        made_again = con.execute(
            "select count(*) filter (built_at > $1), count(*) from control.built where inputs is not null", [AS_OF]
        ).fetchall()[0]
        con.execute("drop table control.built; drop table control.built_from")
    assert 0 < made_again[0] < made_again[1]
    run_night(home, **tomorrow)
    assert differences(standing, published(home)) == []


def test_another_order_in_more_deliveries_over_two_nights_gives_the_same_marts(
    built_home: Path, sample_extracts: Path, new_home: Path, tmp_path: Path
) -> None:
    extracts, home = tmp_path / "extracts", new_home
    files = deal_again(sample_extracts, extracts, pieces=3, seed=7)
    later = [file for file in files if file.name == "part_00.csv"]
    for file in later:
        file.rename(file.with_suffix(".csv.part"))
    run_night(home, HANDOFF_EXTRACTS=str(extracts), check=False)
    for file in later:
        file.with_suffix(".csv.part").rename(file)
    run_night(home, HANDOFF_EXTRACTS=str(extracts))
    assert differences(published(built_home, BY_DELIVERY), published(home, BY_DELIVERY)) == []


@pytest.mark.heavy
@pytest.mark.parametrize("moment", range(50))
def test_killed_at_fifty_moments(built_home: Path, sample_extracts: Path, tmp_path: Path, moment: int) -> None:
    """Killed nights build from nothing but the extracts, over a publish of the same. A small count: test_faults.py."""
    home = copy_home(built_home, tmp_path / "home")
    forget_warehouse(home)
    before = published(home)
    kill_a_night(built_home, sample_extracts, home, moment / 50)
    assert differences(before, published(home)) == []
    run_night(home, HANDOFF_EXTRACTS=str(sample_extracts))
    assert differences(before, published(home)) == []


def test_any_crm_by_a_mapping_without_code(shared_data: Path, new_home: Path, tmp_path: Path) -> None:
    """The mapping of docs/add-a-source.md on the files of Maven Analytics gives the figures of the brief."""
    document = (CHECKOUT / "docs" / "add-a-source.md").read_text()
    mapping = next(block for block in re.findall(r"```yaml\n(.*?)```", document, re.S) if "source: maven" in block)
    sources, extracts = tmp_path / "sources", tmp_path / "extracts"
    sources.mkdir()
    (sources / "maven.yml").write_text(mapping)
    for name in ("sales_pipeline", "accounts", "sales_teams", "products"):
        folder = extracts / "maven" / name
        folder.mkdir(parents=True)
        (folder / "2018-01-01.csv").write_bytes((shared_data / "maven_crm" / f"{name}.csv").read_bytes())
    run_night(new_home, HANDOFF_EXTRACTS=str(extracts), HANDOFF_SOURCES=str(sources))
    with duckdb.connect(str(new_home / "publish" / "marts.duckdb"), read_only=True) as con:
        figures = con.execute(
            "select count(*), count(*) filter (is_won), count(*) filter (is_closed), sum(amount) filter (is_won) "
            "from core.fct_opportunity"
        ).fetchone()
        revenue = con.execute("select sum(revenue) from metrics.revenue_by_source").fetchone()
    assert figures == (8_800, 4_238, 6_711, 10_005_534)
    assert revenue == (10_005_534,)
