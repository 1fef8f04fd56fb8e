"""The published file: `publish/marts.duckdb` and `publish/parquet/` of the same build, switched by one rename.

A build is made in a folder of its own under `publish/builds/`; `publish/current` is a link to the newest whole one, and
`marts.duckdb` and `parquet` are links through it, so replacing that one link replaces both. A process that has the old
file open keeps it whole. Not here: PostgreSQL (`postgres.py`).
"""

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

from handoff import standing
from handoff.control import code_version
from handoff.errors import HandoffError
from handoff.mending import NOTHING, Mending
from handoff.published import FILE
from handoff.settings import Settings
from handoff.sql import literal, quoted
from handoff.warehouse import ROW_GROUP, transaction
from publishing.build import (
    BUILD_INFO,
    BUILD_INFO_DDL,
    SCHEMAS,
    Build,
    Table,
    build_info,
    build_info_rows,
    identify,
)

UNFINISHED = ".unfinished"
# Of a table's rows so many may stand behind the sorted ones before it is sorted anew.
UNSORTED = 0.2


def publish(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[Table],
    mends: Mending = NOTHING,
    view: Callable[[str], str] = str,
    beside: Sequence[Path] = (),
) -> Build:
    """Copies the tables into a new build and switches to it.

    `mends` knows what moved of tables since the build before, `view` the SQL of those that are views. `beside` are
    files that belong to the build: what its figures mean.

    Raises:
        HandoffError: the build could not be written; what readers see is unchanged.
    """
    builds = settings.publish / "builds"
    builds.mkdir(parents=True, exist_ok=True)
    unfinished = builds / UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        build, appended = _write(con, settings, unfinished, tables, mends, view)
        for path in beside:
            shutil.copyfile(path, unfinished / path.name)
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
    standing.remember_published(con, finished.name, appended)
    _forget_old(builds, settings.keep_builds, finished)
    return build


def _write(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    folder: Path,
    tables: Sequence[Table],
    mends: Mending,
    view: Callable[[str], str],
) -> tuple[Build, dict[str, int]]:
    """The tables into a file and a Parquet folder, and how many rows of each stand behind the sorted ones.

    Tables that are as in the newest build are taken from it; of large ones that are not, the rows that are.
    """
    row = con.execute("select current_database()").fetchone()
    warehouse = quoted(row[0] if row else "warehouse")
    newest = standing.published(con)
    before = settings.publish / "builds" / newest.build
    if not newest.build or not (before / FILE).exists():
        newest = standing.Published()
    else:
        shutil.copyfile(before / FILE, folder / FILE)
    con.execute(f"attach {literal(str(folder / FILE))} as build")
    try:
        row_counts: dict[str, int] = {}
        appended: dict[str, int] = {}
        for schema in SCHEMAS:
            con.execute(f"create schema if not exists build.{schema}")
            (folder / "parquet" / schema).mkdir(parents=True)
        for table in sorted(tables, key=lambda table: (table.schema, table.name)):
            name = f"{table.schema}.{table.name}"
            parquet = Path("parquet") / table.schema / f"{table.name}.parquet"
            behind = newest.appended.get(name, 0)
            if name in newest.same:
                if (before / parquet).exists():
                    _take(before / parquet, folder / parquet)
                else:  # somebody made room
                    _to_parquet(con, table.qualified, folder / parquet)
            else:
                brought = None
                if _is_large(con, table):
                    # a copy takes less memory, where it must
                    with suppress(duckdb.OutOfMemoryException):
                        query = mends.since(con, name, newest.contents, view)
                        if query:
                            brought = _mend(con, table, mends.by(name), query, behind)
                        if brought is None:
                            brought = _bring_up_to_date(con, warehouse, table, behind)
                if brought is None:
                    _copy(con, warehouse, table)
                _to_parquet(con, table.qualified, folder / parquet)
                behind = brought or 0
            appended[name] = behind
            counted = con.execute(f"select count(*) from build.{table.qualified}").fetchone()
            row_counts[name] = counted[0] if counted else 0
        build_id, as_of, definition_version = identify(con)
        build = Build(build_id, as_of, code_version(), definition_version, row_counts)
        for schema in SCHEMAS:
            with transaction(con):
                con.execute(f"create or replace table build.{schema}.{BUILD_INFO} {BUILD_INFO_DDL}")
                _comment(con, build_info(schema))
            if rows := build_info_rows(build, schema):
                con.executemany(f"insert into build.{schema}.{BUILD_INFO} values (?, ?, ?, ?, ?, ?)", rows)
            _to_parquet(con, f"{schema}.{BUILD_INFO}", folder / "parquet" / schema / f"{BUILD_INFO}.parquet")
        con.execute("checkpoint build")
    finally:
        con.execute("detach build")
    _to_disk(folder / FILE)
    return build, appended


def _rows(warehouse: str, table: Table) -> str:
    columns = ", ".join(quoted(column) for column in table.columns) or "*"
    return f"select {columns} from {warehouse}.{table.qualified}"


def _copy(con: duckdb.DuckDBPyConnection, warehouse: str, table: Table) -> None:
    try:
        _write_sorted(con, table, _rows(warehouse, table))
    except duckdb.OutOfMemoryException:
        # what makes the rows of a view and what sorts them each take the memory for themselves
        con.execute(f"create or replace temp table row_now as {_rows(warehouse, table)}")
        _write_sorted(con, table, "from row_now")
        con.execute("drop table row_now")


def _write_sorted(con: duckdb.DuckDBPyConnection, table: Table, rows: str) -> None:
    with transaction(con):
        con.execute(f"create or replace table build.{table.qualified} as {rows} order by all")
        _comment(con, table)


def _is_large(con: duckdb.DuckDBPyConnection, table: Table) -> bool:
    """Whether the build before has the table, and it is worth more than writing it anew."""
    there = con.execute(
        "select estimated_size from duckdb_tables() "
        "where database_name = 'build' and schema_name = ? and table_name = ?",
        [table.schema, table.name],
    ).fetchone()
    return there is not None and there[0] >= ROW_GROUP


def _mend(con: duckdb.DuckDBPyConnection, table: Table, by: str, query: str, behind: int) -> int | None:
    """Replaces the rows of the keys that what moved belongs to (`Mending.since`).

    Returns how many rows now stand behind the sorted ones; None where it would not come out the same, or too much of it
    is new.
    """
    here = f"build.{table.qualified}"
    con.execute(f"create or replace temp table row_now as {query}")
    gone = f"from {here} where {by} in (select key from mending_key)"
    rows, new, lost = (
        con.execute(f"select count(*) {counted}").fetchall()[0][0] for counted in (f"from {here}", "from row_now", gone)
    )
    wanted = standing.count(con, f"{table.schema}.{table.name}")
    is_same = rows - lost + new == wanted and behind + new <= UNSORTED * wanted
    if is_same:
        con.execute(f"delete {gone}")
        con.execute(f"insert into {here} by name from row_now order by all")
    con.execute("drop table row_now")
    return behind + new if is_same else None


def _bring_up_to_date(con: duckdb.DuckDBPyConnection, warehouse: str, table: Table, behind: int) -> int | None:
    """Deletes from the build before what is so no longer and appends what is new: writing is the dear part of a copy.

    Returns how many rows now stand behind the sorted ones; None where the table is to be written anew: one that had
    other columns, one of which too much is new, one that would not come out the same.
    """
    here, rows = f"build.{table.qualified}", _rows(warehouse, table)
    if con.execute(f"describe {rows}").fetchall() != con.execute(f"describe from {here}").fetchall():
        return None
    con.execute(f"create or replace temp table row_now as select hash(t) as row_hash from ({rows}) as t")
    con.execute(f"create or replace temp table row_before as select rowid as id, hash(t) as row_hash from {here} as t")
    (before, _), (kept, kept_sum), (new, new_sum), now = (
        con.execute(f"select count(*), coalesce(sum(row_hash), 0) from {counted}").fetchall()[0]
        for counted in (
            "row_before",
            "row_before semi join row_now using (row_hash)",
            "row_now anti join row_before using (row_hash)",
            "row_now",
        )
    )
    behind += new
    # equal rows, of which one came or went, are not told apart by their hashes, but counted
    is_same = (kept + new, kept_sum + new_sum) == now and max(before - kept, behind) <= UNSORTED * now[0]
    if is_same:
        con.execute(
            f"delete from {here} as t using (from row_before anti join row_now using (row_hash)) as gone "
            "where t.rowid = gone.id"
        )
        con.execute(
            f"insert into {here} select t.* from ({rows}) as t anti join row_before on hash(t) = row_before.row_hash "
            "order by all"
        )
    con.execute("drop table row_now")
    con.execute("drop table row_before")
    return behind if is_same else None


def _take(there: Path, here: Path) -> None:
    """The same bytes, where the disk can without a copy."""
    try:
        os.link(there, here)
    except OSError:
        shutil.copyfile(there, here)


def _to_parquet(con: duckdb.DuckDBPyConnection, qualified: str, path: Path) -> None:
    # the lowest level takes a fifth less time for files that are a twentieth larger
    how = "format parquet, compression zstd, compression_level 1"
    con.execute(f"copy build.{qualified} to {literal(str(path))} ({how})")


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
    if link.is_dir() and not link.is_symlink():
        # a home that was copied with its links followed; the builds themselves lie beside it
        shutil.rmtree(link)
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
