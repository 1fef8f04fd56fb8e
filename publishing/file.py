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

from handoff.control import code_version
from handoff.errors import HandoffError
from handoff.settings import Settings
from publishing.build import (
    BUILD_INFO,
    BUILD_INFO_DDL,
    SCHEMAS,
    Build,
    Table,
    build_info_rows,
    identify,
    literal,
    quoted,
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
        build = _write(con, unfinished, tables)
        finished = _free_name(builds, build.build_id)
        unfinished.rename(finished)
        _switch(settings.publish, finished)
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


def _write(con: duckdb.DuckDBPyConnection, folder: Path, tables: Sequence[Table]) -> Build:
    row = con.execute("select current_database()").fetchone()
    warehouse = quoted(row[0] if row else "warehouse")
    con.execute(f"attach {literal(str(folder / FILE))} as build")
    try:
        row_counts: dict[str, int] = {}
        for schema in SCHEMAS:
            con.execute(f"create schema build.{schema}")
        for table in sorted(tables, key=lambda table: (table.schema, table.name)):
            columns = ", ".join(quoted(column) for column in table.columns) or "*"
            query = f"select {columns} from {warehouse}.{table.qualified} order by all"
            con.execute(f"create table build.{table.qualified} as {query}")
            counted = con.execute(f"select count(*) from build.{table.qualified}").fetchone()
            row_counts[f"{table.schema}.{table.name}"] = counted[0] if counted else 0
            _comment(con, table)
        build_id, as_of, definition_version = identify(con)
        build = Build(build_id, as_of, code_version(), definition_version, row_counts)
        for schema in SCHEMAS:
            con.execute(f"create table build.{schema}.{BUILD_INFO} {BUILD_INFO_DDL}")
            if rows := build_info_rows(build, schema):
                con.executemany(f"insert into build.{schema}.{BUILD_INFO} values (?, ?, ?, ?, ?, ?)", rows)
        for schema, name in [*((table.schema, table.name) for table in tables), *((s, BUILD_INFO) for s in SCHEMAS)]:
            target = folder / "parquet" / schema
            target.mkdir(parents=True, exist_ok=True)
            con.execute(
                f"copy build.{quoted(schema)}.{quoted(name)} to {literal(str(target / f'{name}.parquet'))} "
                "(format parquet, compression zstd)"
            )
        con.execute("checkpoint build")
    finally:
        con.execute("detach build")
    _to_disk(folder / FILE)
    return build


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
