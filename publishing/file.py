"""The published file: `publish/marts.duckdb` and `publish/parquet/` of the same build, switched by one rename.

A build is made in a folder of its own under `publish/builds/`; `publish/current` is a link to the newest whole one, and
`marts.duckdb` and `parquet` are links through it, so replacing that one link replaces both. A process that has the old
file open keeps it whole. Not here: PostgreSQL (`postgres.py`).
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb

from handoff import standing
from handoff.control import code_version
from handoff.errors import HandoffError
from handoff.settings import Settings
from handoff.sql import literal, quoted
from publishing.build import (
    BUILD_INFO,
    BUILD_INFO_DDL,
    BUILD_INFO_DESCRIPTION,
    SCHEMAS,
    Build,
    Table,
    build_info_rows,
    identify,
)

FILE = "marts.duckdb"
UNFINISHED = ".unfinished"


def publish(settings: Settings, con: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> Build:
    """Copies the tables into a new build and switches to it.

    Raises:
        HandoffError: the build could not be written; what readers see is unchanged.
    """
    builds = settings.publish / "builds"
    builds.mkdir(parents=True, exist_ok=True)
    unfinished = builds / UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        build = _write(con, settings, unfinished, tables)
        finished = _free_name(builds, build.build_id)
        unfinished.rename(finished)
        _switch(settings.publish, finished)
        standing.remember_published(con, finished.name)
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise HandoffError(
            "The marts could not be published; readers keep the build they have.",
            where=str(settings.publish),
            why=str(error).splitlines()[0],
            remedy="Make room or give the night the right to write there, then run it again",
        ) from error
    _forget_old(builds, settings.keep_builds, finished)
    return build


def _write(con: duckdb.DuckDBPyConnection, settings: Settings, folder: Path, tables: Sequence[Table]) -> Build:
    """The tables into a file and a Parquet folder; those that are as in the newest build are taken from it."""
    row = con.execute("select current_database()").fetchone()
    warehouse = quoted(row[0] if row else "warehouse")
    newest, same = standing.tables_as_published(con)
    before = settings.publish / "builds" / newest
    if not newest or not (before / FILE).exists():
        same = frozenset()
    if same:
        shutil.copyfile(before / FILE, folder / FILE)
    con.execute(f"attach {literal(str(folder / FILE))} as build")
    try:
        row_counts: dict[str, int] = {}
        for schema in SCHEMAS:
            con.execute(f"create schema if not exists build.{schema}")
            (folder / "parquet" / schema).mkdir(parents=True)
        for table in sorted(tables, key=lambda table: (table.schema, table.name)):
            name = f"{table.schema}.{table.name}"
            parquet = Path("parquet") / table.schema / f"{table.name}.parquet"
            if name in same:
                _take(before / parquet, folder / parquet)
            else:
                _copy(con, warehouse, table)
                _to_parquet(con, table.qualified, folder / parquet)
            counted = con.execute(f"select count(*) from build.{table.qualified}").fetchone()
            row_counts[name] = counted[0] if counted else 0
        build_id, as_of, definition_version = identify(con)
        build = Build(build_id, as_of, code_version(), definition_version, row_counts)
        for schema in SCHEMAS:
            con.execute(f"create or replace table build.{schema}.{BUILD_INFO} {BUILD_INFO_DDL}")
            con.execute(f"comment on table build.{schema}.{BUILD_INFO} is {literal(BUILD_INFO_DESCRIPTION)}")
            if rows := build_info_rows(build, schema):
                con.executemany(f"insert into build.{schema}.{BUILD_INFO} values (?, ?, ?, ?, ?, ?)", rows)
            _to_parquet(con, f"{schema}.{BUILD_INFO}", folder / "parquet" / schema / f"{BUILD_INFO}.parquet")
        con.execute("checkpoint build")
    finally:
        con.execute("detach build")
    _to_disk(folder / FILE)
    return build


def _copy(con: duckdb.DuckDBPyConnection, warehouse: str, table: Table) -> None:
    columns = ", ".join(quoted(column) for column in table.columns) or "*"
    query = f"select {columns} from {warehouse}.{table.qualified} order by all"
    con.execute(f"create or replace table build.{table.qualified} as {query}")
    _comment(con, table)


def _take(there: Path, here: Path) -> None:
    """The same bytes, where the disk can without a copy."""
    try:
        os.link(there, here)
    except OSError:
        shutil.copyfile(there, here)


def _to_parquet(con: duckdb.DuckDBPyConnection, qualified: str, path: Path) -> None:
    con.execute(f"copy build.{qualified} to {literal(str(path))} (format parquet, compression zstd)")


def _comment(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    if table.description:
        con.execute(f"comment on table build.{table.qualified} is {literal(table.description)}")
    if not table.comments:
        return
    present = {name for name, *_ in con.execute(f"describe build.{table.qualified}").fetchall()}
    for column, text in table.comments.items():
        if column in present:
            con.execute(f"comment on column build.{table.qualified}.{quoted(column)} is {literal(text)}")


def _free_name(builds: Path, build_id: str) -> Path:
    """The build's folder; a repeated night has the same id, and the folder in use may not be touched."""
    path, number = builds / build_id, 1
    while path.exists():
        number += 1
        path = builds / f"{build_id}.{number}"
    return path


def _switch(publish: Path, finished: Path) -> None:
    """One rename puts the file and the Parquet folder in place."""
    _link(publish / "current", Path("builds") / finished.name)
    for name in (FILE, "parquet"):
        link = publish / name
        if not link.is_symlink():
            _link(link, Path("current") / name)
    _to_disk(publish)


def _link(link: Path, target: Path) -> None:
    beside = link.with_name(f".{link.name}.new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(link)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _forget_old(builds: Path, keep: int, current: Path) -> None:
    """Deletes all but the newest builds; whoever has one of them open keeps reading it."""
    finished = [build for build in builds.iterdir() if build.name != UNFINISHED]
    for old in sorted(finished, key=lambda build: (build == current, build.stat().st_mtime_ns))[:-keep]:
        shutil.rmtree(old, ignore_errors=True)


def forget_all_but_current(settings: Settings) -> None:
    """Deletes every build but the one readers get: for when an older one holds what must not be kept."""
    _forget_old(settings.publish / "builds", 1, (settings.publish / "current").resolve())
