"""What the end-to-end tests share: comparing published builds, dealing deliveries out again, watching readers."""

import csv
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from handoff.settings import CHECKOUT
from tests.conftest import night_environment

# Where a row came from and when the pipeline saw it may differ between two ways of delivering the same rows.
BY_DELIVERY = ("quality", "control")


def published(home: Path, schemas_but: tuple[str, ...] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every published table with all its rows, in a fixed order; build_info only as the build's identity."""
    tables: dict[str, list[tuple[Any, ...]]] = {}
    with duckdb.connect(str((home / "publish" / "marts.duckdb").resolve()), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        names = con.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
        for schema, table in names:
            if schema in schemas_but or (schemas_but and table == "build_info"):
                continue
            tables[f"{schema}.{table}"] = con.execute(f'select * from {schema}."{table}" order by all').fetchall()
    return tables


def differences(one: dict[str, list[tuple[Any, ...]]], other: dict[str, list[tuple[Any, ...]]]) -> list[str]:
    """The tables that differ, each with the first row found in only one of the two."""
    found = [f"only in one: {sorted(one.keys() ^ other.keys())}"] if one.keys() != other.keys() else []
    for table in sorted(one.keys() & other.keys()):
        if one[table] != other[table]:
            odd = next((row for row in one[table] if row not in other[table]), None)
            found.append(f"{table}: {len(one[table])} and {len(other[table])} rows, for instance {odd}")
    return found


def deal_again(extracts: Path, target: Path, pieces: int, seed: int) -> list[Path]:
    """The rows of every CSV of a landing zone, shuffled and dealt into files of other names. Returns the files."""
    dealer = random.Random(seed)
    files: list[Path] = []
    for folder in sorted({file.parent for file in extracts.rglob("*.csv")}):
        rows: list[list[str]] = []
        header: list[str] = []
        for file in sorted(folder.glob("*.csv")):
            with file.open(encoding="utf-8", newline="") as handle:
                header, *more = list(csv.reader(handle))
                rows.extend(more)
        dealer.shuffle(rows)
        for piece in range(pieces):
            into = target / folder.relative_to(extracts) / f"part_{piece:02}.csv"
            into.parent.mkdir(parents=True, exist_ok=True)
            with into.open("w", encoding="utf-8", newline="") as handle:
                csv.writer(handle, quoting=csv.QUOTE_ALL).writerows([header, *rows[piece::pieces]])
            files.append(into)
    return files


def hold_back(file: Path, every: int) -> Path:
    """Moves a row in so many of a CSV into a file beside it, and returns that."""
    with file.open(encoding="utf-8", newline="") as handle:
        header, *rows = list(csv.reader(handle))
    beside = file.with_name(f"late_{file.name}")
    for path, kept in ((beside, rows[::every]), (file, [row for number, row in enumerate(rows) if number % every])):
        with path.open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle, quoting=csv.QUOTE_ALL).writerows([header, *kept])
    return beside


def copy_home(home: Path, target: Path) -> Path:
    return Path(shutil.copytree(home, target, symlinks=True))


def forget_warehouse(home: Path) -> None:
    for file in (home / "warehouse.duckdb", home / "warehouse.duckdb.wal"):
        file.unlink(missing_ok=True)


def kill_a_night(built_home: Path, extracts: Path, home: Path, fraction: float) -> None:
    """Starts a night and kills it with SIGKILL when this part of the built home's whole night has passed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestration"],
        cwd=CHECKOUT,
        env=night_environment(home, HANDOFF_EXTRACTS=str(extracts)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(float((built_home / "night.seconds").read_text()) * fraction)
    assert process.poll() in (None, 0)
    process.kill()
    process.wait()


def assert_refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """One paragraph on stderr, no traceback, exit code 1."""
    paragraphs = [paragraph for paragraph in done.stderr.strip().split("\n\n") if paragraph.strip()]
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert "What to do:" in paragraphs[-1]
    assert "\n" not in paragraphs[-1]
    for word in words:
        assert word in paragraphs[-1]


class Reader:
    """Opens the published file again and again, as dashboards do, and remembers what it saw."""

    def __init__(self, home: Path) -> None:
        self._path = home / "publish" / "marts.duckdb"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self.builds: set[str] = set()
        self.reads = 0
        self.mixed: list[Any] = []
        self.errors: list[str] = []

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._stop.is_set():
            try:
                self._read_once()
            except duckdb.Error as error:
                self.errors.append(str(error))
            self._stop.wait(0.05)

    def _read_once(self) -> None:
        with duckdb.connect(str(self._path), read_only=True) as con:
            row = con.execute(
                "select (select count(*) from core.fct_lead), any_value(c.row_count), min(m.build_id), "
                "max(m.build_id), any_value(c.build_id) from core.build_info c, metrics.build_info m "
                "where c.table_name = 'fct_lead'"
            ).fetchone()
        assert row is not None
        self.reads += 1
        self.builds.add(row[4])
        if row[0] != row[1] or len(set(row[2:])) != 1:
            self.mixed.append(row)
