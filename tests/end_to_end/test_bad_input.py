"""What goes wrong before or during a night: one paragraph that says what, where, why and what to do; the marts stay."""

import hashlib
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from handoff.errors import HandoffError
from handoff.settings import Settings
from handoff.warehouse import connect
from ingestion.mapping import ObjectMapping, read_mapping
from ingestion.readers import SUFFIXES, Reader, scan_file, suffix_of
from ingestion.refusal import Refusal
from tests.conftest import AS_OF, run_night
from tests.end_to_end.nights import assert_refused, copy_home
from tests.ingestion.broken import write_broken, write_odd_values
from tests.ingestion.lab import CRM


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda folder: None, ("extracts",), id="missing"),
        pytest.param(lambda folder: folder.mkdir(), ("extracts",), id="empty"),
    ],
)
def test_a_landing_zone_without_files(
    new_home: Path, tmp_path: Path, make: Callable[[Path], None], words: tuple[str, ...]
) -> None:
    make(tmp_path / "extracts")
    assert_refused(run_night(new_home, HANDOFF_EXTRACTS=str(tmp_path / "extracts"), check=False), *words)


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("HANDOFF_AS_OF", "yesterday", ""),
        ("HANDOFF_THREADS", "many", ""),
        ("HANDOFF_MEMORY_LIMIT", "4", "4GB"),
        ("HANDOFF_ENGINE", "x", "duckdb"),
    ],
)
def test_a_setting_with_a_bad_value_is_named(tmp_path: Path, name: str, value: str, word: str) -> None:
    assert_refused(run_night(tmp_path / "home", check=False, **{name: value}), name, word)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, ("HANDOFF_SPARK_MASTER", "docs/spark.md")),
        ({"HANDOFF_SPARK_MASTER": "local[2]"}, ("HANDOFF_SPARK_WAREHOUSE", "docs/spark.md")),
        (
            {"HANDOFF_SPARK_MASTER": "local[2]", "HANDOFF_SPARK_WAREHOUSE": "warehouse"},
            ("HANDOFF_SPARK_WAREHOUSE", "absolute"),
        ),
    ],
    ids=["no master", "no warehouse", "a warehouse that depends on where one stands"],
)
def test_spark_without_what_it_needs_is_refused(
    tmp_path: Path, settings: dict[str, str], words: tuple[str, ...]
) -> None:
    assert_refused(run_night(tmp_path / "home", check=False, HANDOFF_ENGINE="spark", **settings), *words)


def test_a_wrong_mapping_is_named_with_its_line(tmp_path: Path, sample_extracts: Path) -> None:
    (tmp_path / "crm.yml").write_text("source: crm\nobjects:\n  deals:\n    entity: oportunity\n")
    done = run_night(
        tmp_path / "home", HANDOFF_EXTRACTS=str(sample_extracts), HANDOFF_SOURCES=str(tmp_path), check=False
    )
    assert_refused(done, "crm.yml, line 4", "did you mean opportunity?")


def test_definitions_that_contradict_themselves_are_named(tmp_path: Path, sample_extracts: Path) -> None:
    from handoff.settings import DBT_PROJECT

    folder = Path(shutil.copytree(DBT_PROJECT / "seeds" / "definitions", tmp_path / "definitions"))
    path = folder / "settings.csv"
    path.write_text(path.read_text().replace("sla_hours,24", "sla_hours,soon"))
    done = run_night(
        tmp_path / "home", HANDOFF_EXTRACTS=str(sample_extracts), HANDOFF_DEFINITIONS=str(folder), check=False
    )
    assert_refused(done, "settings.csv")


def test_a_warehouse_held_by_another_process(built_home: Path, sample_extracts: Path, tmp_path: Path) -> None:
    home = copy_home(built_home, tmp_path / "home")
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(home / "warehouse.duckdb")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        done = run_night(home, HANDOFF_EXTRACTS=str(sample_extracts), check=False)
    finally:
        holder.communicate()
    assert_refused(done, "warehouse.duckdb", str(holder.pid))


def test_a_damaged_record_of_the_runs_is_named(new_home: Path, sample_extracts: Path) -> None:
    runs = new_home / "dagster" / "history" / "runs.db"
    runs.parent.mkdir(parents=True)
    runs.write_bytes(b"\xff" * 8192)
    done = run_night(new_home, HANDOFF_EXTRACTS=str(sample_extracts), check=False)
    assert_refused(done, "Dagster's record", str(new_home / "dagster"), "Move that folder aside")


def test_a_damaged_warehouse_is_not_called_a_held_one(
    built_home: Path, built_settings: Settings, tmp_path: Path
) -> None:
    home = copy_home(built_home, tmp_path / "home")
    with (home / "warehouse.duckdb").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 3 * 4096)
    with pytest.raises(HandoffError, match=r"cannot be opened.*make rebuild"):
        connect(built_settings.model_copy(update={"home": home}))


def test_a_batch_that_is_too_bad_stops_the_line_and_broken_files_are_refused_by_name(
    built_home: Path, sample_extracts: Path, tmp_path: Path
) -> None:
    """After records that nobody can work the marts stay; the next night goes on without them and without broken files.

    These are a file that is cut off, one without its key column, and a CSV that calls itself Parquet.
    """
    home = copy_home(built_home, tmp_path / "home")
    before = (home / "publish" / "current").resolve()
    extracts = Path(shutil.copytree(sample_extracts, tmp_path / "extracts"))
    leads = extracts / "salesforce" / "lead"
    whole = next(iter(sorted(leads.glob("*.csv")))).read_bytes()
    rows = "\n".join(f"00Q00000000BAD{number:04},,,{AS_OF.isoformat()}Z,{AS_OF.isoformat()}Z" for number in range(300))
    (leads / "zz_bad_batch.csv").write_text(f"Id,FirstName,Company,CreatedDate,SystemModstamp\n{rows}\n")
    (leads / "zz_no_id.csv").write_text("FirstName,LastName\nAnn,Lee\n")
    stopped = run_night(home, HANDOFF_EXTRACTS=str(extracts), check=False)
    assert "salesforce/lead/zz_no_id.csv" in stopped.stdout
    assert_refused(stopped, "zz_bad_batch.csv", "handoff gate accept")
    assert (home / "publish" / "current").resolve() == before

    (leads / "zz_cut_off.csv").write_bytes(whole[: len(whole) // 2 - 7])
    (leads / "zz_not_parquet.parquet").write_bytes(whole + b"\n")
    (leads / "new_column.csv").write_text("Id,Shoe_Size__c\n")
    done = run_night(home, HANDOFF_EXTRACTS=str(extracts))
    broken = ["zz_cut_off.csv", "zz_no_id.csv", "zz_not_parquet.parquet"]
    for name in broken:
        assert f"salesforce/lead/{name}" in done.stdout
    warned = done.stdout.partition("Checks that warn")[2]
    assert "shape_is_as_before\n    changes: salesforce/lead/new_column.csv brings new columns: Shoe_Size__c" in warned
    left_out = done.stdout.partition("Left out since they were stopped")[2]
    assert "salesforce/lead/zz_bad_batch.csv (delivery " in left_out
    with duckdb.connect(str(home / "publish" / "marts.duckdb"), read_only=True) as con:
        logged = con.execute(
            "select source_file, status from quality.load_log where source_file like 'zz_%' order by 1"
        ).fetchall()
    assert logged == [("zz_bad_batch.csv", "stopped"), *((name, "refused") for name in broken)]


@pytest.mark.parametrize("files", [150, pytest.param(10_000, marks=pytest.mark.heavy)])
def test_a_night_over_broken_files_and_odd_values_ends_and_accounts_for_every_row(
    new_home: Path, sample_extracts: Path, tmp_path: Path, files: int
) -> None:
    """Each broken file comes out of the night as the reader alone reads it, and no row of it is anywhere else or
    nowhere. Beside them lie whole files with values that no CRM should hold."""
    write_odd_values(sample_extracts, tmp_path / "extracts", seed=files)
    sources, leads = tmp_path / "sources", tmp_path / "extracts" / "crm" / "lead"
    sources.mkdir()
    leads.mkdir(parents=True)
    (sources / "crm.yml").write_text(CRM)
    lead = read_mapping(sources / "crm.yml").objects["lead"]
    # the same bytes may lie there under names of several formats: they are read in one of them
    expected: dict[str, set[tuple[int, int] | None]] = defaultdict(set)
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for seed in range(files):
            path = write_broken(leads, seed)
            expected[hashlib.sha256(path.read_bytes()).hexdigest()].add(rows_of(con, lead, path))
    run_night(new_home, HANDOFF_EXTRACTS=str(tmp_path / "extracts"), HANDOFF_SOURCES=str(sources), seconds=3_600)
    with duckdb.connect(str(new_home / "publish" / "marts.duckdb"), read_only=True) as con:
        logged = con.execute(
            "select sha256, status, rows_loaded + rows_held, rows_malformed, rows_read from quality.load_log "
            "where source_system = 'crm'"
        ).fetchall()
        malformed = con.execute("select count(*) from quality.malformed_row where source_system = 'crm'").fetchone()
        unaccounted = con.execute(
            "select source_file from quality.load_log where rows_read <> rows_loaded + rows_held + rows_malformed"
        ).fetchall()
    with duckdb.connect(str(new_home / "warehouse.duckdb"), read_only=True) as con:
        raw = con.execute("select count(*) from raw.crm__lead").fetchone()
    seen = {sha256: None if status == "refused" else (whole, bad) for sha256, status, whole, bad, _ in logged}
    assert seen.keys() == expected.keys()
    assert [sha256 for sha256, outcome in seen.items() if outcome not in expected[sha256]] == []
    assert unaccounted == []
    assert raw == (sum(whole for _, _, whole, *_ in logged),)
    assert malformed == (sum(bad for *_, bad, _ in logged),)
    assert 0 < sum(outcome is None for outcome in seen.values()) < len(seen) * 0.8


def rows_of(con: duckdb.DuckDBPyConnection, lead: ObjectMapping, path: Path) -> tuple[int, int] | None:
    """How many rows of a file can be read and how many cannot; None for a file that is refused."""
    format_, compressed = SUFFIXES[suffix_of(path.name)]
    try:
        scan = scan_file(path, compressed=compressed, text=format_ != "parquet")
        staged = Reader(con, lead, scan, format_).stage()
    except Refusal:
        return None
    return staged.loaded, staged.malformed
