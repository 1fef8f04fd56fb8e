"""Whole nights in processes of their own: repeated, dealt out otherwise, killed, read from while they run."""

import re
import subprocess
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

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
    hold_back,
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
    (home / "warehouse.before-rebuild").write_text("what a killed rebuild had put aside")
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
    assert not list(home.glob("*before-rebuild*"))
    assert differences(published(built_home), published(home)) == []
    assert (reader.errors, reader.mixed) == ([], [])
    assert reader.reads > 10


def test_nothing_new_but_the_clock_and_other_deliveries_over_three_nights_give_the_same_marts(
    built_home: Path, sample_extracts: Path, new_home: Path, tmp_path: Path
) -> None:
    """Tomorrow's night, over today's build without a file, and over two thirds of the rows and then the last third, of
    which one row in a hundred comes a night later.
    """
    tomorrow = f"{AS_OF + timedelta(days=1)}Z"
    standing, dealt = copy_home(built_home, tmp_path / "standing"), new_home
    run_night(standing, HANDOFF_EXTRACTS=str(sample_extracts), HANDOFF_AS_OF=tomorrow)
    with duckdb.connect(str(standing / "warehouse.duckdb"), read_only=True) as con:
        made_again, made = con.execute(
            "select count(*) filter (built_at > $1), count(*) from control.built where inputs is not null", [AS_OF]
        ).fetchall()[0]
    assert 0 < made_again < made

    extracts = tmp_path / "extracts"
    files = deal_again(sample_extracts, extracts, pieces=3, seed=7)
    latest = [hold_back(file, every=100) for file in files if file.name == "part_00.csv"]
    later = [file for file in files if file.name == "part_00.csv"]
    for file in (*later, *latest):
        file.rename(file.with_suffix(".csv.part"))
    run_night(dealt, HANDOFF_EXTRACTS=str(extracts), check=False)
    for file in later:
        file.with_suffix(".csv.part").rename(file)
    run_night(dealt, HANDOFF_EXTRACTS=str(extracts))
    # and over three: of what the last one brings, few rows, only the rows that it belongs to are made again
    for file in latest:
        file.with_suffix(".csv.part").rename(file)
    run_night(dealt, HANDOFF_EXTRACTS=str(extracts), HANDOFF_AS_OF=tomorrow, HANDOFF_MEND_FROM_ROWS="0")
    with duckdb.connect(str(dealt / "warehouse.duckdb"), read_only=True) as con:
        mended = {name for (name,) in con.execute("select name from control.mended").fetchall()}
    assert mended >= {"intermediate.int_lead", "intermediate.int_touch", "core.fct_lead"}
    assert differences(shown(standing, tomorrow), shown(dealt, tomorrow)) == []


def shown(home: Path, as_of: str) -> dict[str, list[tuple[Any, ...]]]:
    """What a night published, without where its rows came from and what the night before it reported."""
    tables = published(home, BY_DELIVERY)
    # compares with the newest scoreboard before this one
    del tables["reviews.review_business_review__scoreboard"]
    tables["metrics.scoreboard"] = [row for row in tables["metrics.scoreboard"] if as_of.startswith(str(row[0]))]
    assert tables["metrics.scoreboard"]
    return tables


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


@pytest.mark.heavy
def test_any_crm_by_a_mapping_without_code(shared_data: Path, new_home: Path, tmp_path: Path) -> None:
    """The mapping of docs/add-a-source.md on the files of Maven Analytics gives the figures of the brief.

    Its core tables, beside other sources: tests/sources/test_example_extracts.py."""
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
