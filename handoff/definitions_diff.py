"""What would change under other definitions: the past run under each of two sets, leads compared one by one.

Works on copies of the warehouse in a folder that is removed at the end; the warehouse and the published marts are only
read.
"""

import csv
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from handoff import definitions
from handoff.control import last_run
from handoff.definitions import COLUMNS, Definitions
from handoff.errors import HandoffError
from handoff.settings import CHECKOUT, DBT_PROJECT, Settings
from handoff.sql import literal
from handoff.warehouse import night_lock, open_warehouse

# The beginning of the folder that a comparison works in, a copy of the warehouse with it.
COMPARE = "compare-definitions-"
DATED = ("settings", "icp", "stage_criteria", "completeness")
WHAT = {
    "admitted": "admitted",
    "mql_at": "MQL",
    "sql_at": "SQL",
    "sales_ready_at": "sales-ready",
}


@dataclass(frozen=True)
class Change:
    """Leads of a quarter (of their creation) whose stage differs."""

    quarter: str
    what: str
    before: int
    after: int
    lost: int
    won: int

    def __str__(self) -> str:
        lost = f"{self.lost} lead{'s are' if self.lost != 1 else ' is'} no longer {self.what}"
        moved = f"{lost}, {self.won} new one{'s are' if self.won != 1 else ' is'}"
        return f"{self.quarter}: {moved} ({self.before} → {self.after})"


def changed_rows(old: Definitions, new: Definitions) -> list[str]:
    """The rows that only one of the two has, as `file: - row` and `file: + row`."""
    lines = []
    for name, columns in COLUMNS.items():
        before, after = (
            Counter(tuple(row[column] for column in columns) for row in side.files[name]) for side in (old, new)
        )
        # a row that stands more often than before counts too: repeated costs add up
        for sign, only in (("-", before - after), ("+", after - before)):
            lines += [f"{name}.csv: {sign} {_written(row)}" for row in only.elements()]
    return lines


def _written(row: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(row)
    return text.getvalue()


def resolve(settings: Settings, name: str, into: Path) -> Definitions:
    """A folder of definitions, or the version of that name in the current ones, made to hold for all time.

    Raises:
        HandoffError: there is neither, or the folder cannot be used.
    """
    if Path(name).is_dir():
        return definitions.load(Path(name).resolve(), settings.engine)
    current = definitions.load(settings.definitions, settings.engine)
    if name not in {version.name for version in current.versions}:
        raise HandoffError(
            f"There are no definitions {name!r}.",
            where=str(settings.definitions),
            why="it is neither a folder nor one of the versions "
            + ", ".join(version.name for version in current.versions),
            remedy="Name a folder or a version",
        )
    return restated(current, name, into)


def restated(current: Definitions, version: str, folder: Path) -> Definitions:
    """The current definitions with one version's rows in force from the beginning on, written to a folder."""
    folder.mkdir(parents=True)
    chosen = next(each for each in current.versions if each.name == version)
    first, moment = current.versions[0].valid_from.isoformat(), datetime.combine(chosen.valid_from, datetime.min.time())
    for name, columns in COLUMNS.items():
        rows = [row.values for row in (current.rows_at(name, moment) if name in DATED else current.files[name])]
        if name == "versions":
            rows = [{**row, "valid_from": first} for row in rows if row["version"] == version]
        elif name in DATED:
            rows = [{**row, "valid_from": first, "valid_to": ""} for row in rows]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return definitions.load(folder)


def compare(settings: Settings, old: str, new: str) -> tuple[list[str], list[Change]]:
    """The rows that differ between two sets of definitions, and the leads that each of them judges otherwise.

    Raises:
        HandoffError: a set cannot be used, no night was run yet, or a model fails under a set.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=COMPARE, dir=settings.home) as folder:
        here = Path(folder)
        sides = [resolve(settings, name, here / f"restated-{number}") for number, name in enumerate((old, new))]
        outcomes = [_outcome(settings, side, here / f"home-{number}") for number, side in enumerate(sides)]
        return changed_rows(*sides), _changes(*outcomes)


def _outcome(settings: Settings, chosen: Definitions, home: Path) -> Path:
    """A file with the leads as the definitions judge them, as of the last night."""
    past = None
    if settings.warehouse.exists():
        with night_lock(settings), open_warehouse(settings) as con:
            con.execute("checkpoint")
            past = last_run(con)
    if past is None:
        raise HandoffError(
            "There is no past to compare.",
            where=str(settings.warehouse),
            why="no night was run yet",
            remedy="Run `make nightly` first",
        )
    as_of, in_force = past
    home.mkdir()
    there = settings.model_copy(update={"home": home, "definitions": chosen.folder, "as_of": as_of})
    with night_lock(settings):
        shutil.copyfile(settings.warehouse, there.warehouse)
    if in_force != chosen.sha256:
        _run(there, chosen)
    return there.warehouse


def _run(settings: Settings, chosen: Definitions) -> None:
    from expectations.gate import run_gate

    settings.__dict__.pop("now", None)
    with open_warehouse(settings) as con:
        run_gate(settings, con, chosen)
        con.execute("update control.run set definitions_sha256 = ?", [chosen.sha256])
    arguments = ["build", "--select", "+fct_lead", "--exclude-resource-type", "test", "unit_test", "--quiet"]
    folders = [
        "--project-dir",
        str(DBT_PROJECT),
        "--profiles-dir",
        str(DBT_PROJECT),
        "--target-path",
        str(settings.home / "dbt"),
    ]
    dbt = Path(sys.executable).with_name("dbt")
    command = [str(dbt), *arguments, *folders, "--log-path", str(settings.home / "dbt")]
    with _seeds(settings):
        done = subprocess.run(  # noqa: S603
            command,
            env={**os.environ, **settings.environment()},
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise HandoffError(
            "The past cannot be run under these definitions.",
            where=str(chosen.folder),
            why=" ".join((done.stdout + done.stderr).split())[-600:],
            remedy="Mend what is named; the warehouse and the published marts are unchanged",
        )


@contextmanager
def _seeds(settings: Settings) -> Iterator[None]:
    """The definitions, where dbt looks for seeds: inside its project."""
    is_ours = definitions.link_seeds(settings)
    try:
        yield
    finally:
        if is_ours:
            (DBT_PROJECT / settings.seed_path).unlink()


def _changes(before: Path, after: Path) -> list[Change]:
    counted = ", ".join(
        f"""
        count(*) filter (before_is.{what}) as {what}_before,
        count(*) filter (after_is.{what}) as {what}_after,
        count(*) filter (before_is.{what} and not coalesce(after_is.{what}, false)) as {what}_lost,
        count(*) filter (after_is.{what} and not coalesce(before_is.{what}, false)) as {what}_won
        """
        for what in WHAT
    )
    flags = "true as admitted, mql_at is not null as mql_at, sql_at is not null as sql_at"
    side = f"select lead_id, created_at, {flags}, sales_ready_at is not null as sales_ready_at from"
    with duckdb.connect() as con:
        for name, path in (("before_run", before), ("after_run", after)):
            con.execute(f"attach {literal(str(path))} as {name} (read_only)")
        cursor = con.execute(
            f"""
            with
                before_is as ({side} before_run.core.fct_lead),
                after_is as ({side} after_run.core.fct_lead)
            select
                strftime(date_trunc('quarter', coalesce(before_is.created_at, after_is.created_at)), '%Y-%m-%d'),
                {counted}
            from before_is
            full join after_is on before_is.lead_id = after_is.lead_id
            group by all
            order by 1
            """
        )
        rows = cursor.fetchall()
    changes = []
    for day, *counts in rows:
        quarter = f"Q{(int(day[5:7]) + 2) // 3} {day[:4]}"
        changes += [Change(quarter, said, *counts[4 * i : 4 * i + 4]) for i, said in enumerate(WHAT.values())]
    return [change for change in changes if change.lost or change.won]
