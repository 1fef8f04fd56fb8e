"""The private warehouse file: one writer at a time, opened the same way by every part of the night."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from handoff.errors import HandoffError, disk_trouble
from handoff.settings import Settings
from handoff.sql import literal, quoted

# What DuckDB writes and skips as one. A smaller table is written anew in no time.
ROW_GROUP = 122_880
# Beyond this share of a table's rows, those that were deleted are worth writing the others anew.
DELETED = 1 / 3
# So much is logged before it is written where it belongs; dbt_project/profiles.yml says so, too.
CHECKPOINT_MB = 1000
# With hardly any room DuckDB may end the whole process instead of saying that a disk is full.
LEAST_ROOM_MB = 100


class NightUnderWay(HandoffError):
    """Another process holds the lock of the night."""


def connect(settings: Settings) -> duckdb.DuckDBPyConnection:
    """A read-write connection to the warehouse, made where it is missing. UTC, the memory limit and threads are set.

    Raises:
        HandoffError: another process holds the file, or it cannot be read or written.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    try:
        con = duckdb.connect(str(settings.warehouse))
    except duckdb.ConnectionException:
        raise  # it is open in this process, otherwise
    except duckdb.Error as error:
        if trouble := disk_trouble(error):
            raise trouble from error
        if "Could not set lock" not in str(error):
            log = f"{settings.warehouse.name}.wal"
            aside = f"Move {log} aside and run again: what the command that wrote it did is then undone. Otherwise run"
            raise HandoffError(
                "The warehouse cannot be opened; the marts stay as they are.",
                where=str(settings.warehouse),
                why=str(error).splitlines()[0],
                remedy=f"{aside if log in str(error) else 'Run'} `make rebuild`: it makes the warehouse anew from the "
                "extracts",
            ) from error
        raise HandoffError(
            "The warehouse is held by another process.",
            where=str(settings.warehouse),
            why=str(error).splitlines()[0],
            remedy="Wait for that process to end or stop it; BI tools read publish/marts.duckdb, never the warehouse",
        ) from error
    _keep_private(settings.warehouse)
    con.execute("set TimeZone = 'UTC'")
    con.execute("set enable_progress_bar = false")
    con.execute(f"set memory_limit = '{settings.memory_limit}'")
    con.execute(f"set threads = {settings.threads}")
    put_off_checkpoints(con)
    return con


def _keep_private(file: Path) -> None:
    """Whatever the umask says: it holds names and addresses. Some file systems know no rights, or another's file."""
    with suppress(OSError):
        file.chmod(0o600)


@contextmanager
def private_files() -> Iterator[None]:
    """What is written inside is for this user alone, DuckDB's log and what it spills too: they hold what the warehouse
    does, and come and go as it likes.
    """
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def open_warehouse(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """`connect`, closed at the end."""
    con = connect(settings)
    try:
        yield con
    finally:
        con.close()


def put_off_checkpoints(con: duckdb.DuckDBPyConnection) -> None:
    """Leaves what is made in DuckDB's log until it is much.

    Otherwise each table of more than 100 KB has the file written, the whole catalog with it.
    """
    con.execute(f"set checkpoint_threshold = '{CHECKPOINT_MB}MB'")
    con.execute(f"set auto_checkpoint_skip_wal_threshold = {CHECKPOINT_MB * 10**6}")


def put_off_compaction(con: duckdb.DuckDBPyConnection) -> None:
    """Leaves deleted rows in the file until they are many of a table.

    Otherwise each of a night's checkpoints rewrites what stands around the rows that were mended since the one before.
    """
    tables = con.execute(
        "select schema_name, table_name, estimated_size from duckdb_tables() "
        "where database_name = current_database() and estimated_size >= ?",
        [ROW_GROUP],
    ).fetchall()
    for schema, table, with_deleted in tables:
        (rows,) = con.execute(f"select count(*) from {quoted(schema)}.{quoted(table)}").fetchall()[0]
        if rows < (1 - DELETED) * with_deleted:
            return
    con.execute("set max_vacuum_tasks = 0")


def write_anew(settings: Settings) -> None:
    """Puts a copy in the warehouse's place, of what is in it: free blocks of the old file hold what was deleted.

    Raises:
        HandoffError: there is no room for it, or the file cannot be read; the old one stays.
    """
    # where it lies, if the name in the home is a link
    warehouse = settings.warehouse.resolve()
    beside = warehouse.with_name(f".{warehouse.name}.anew")
    beside.unlink(missing_ok=True)
    try:
        with private_files(), open_warehouse(settings) as con:
            # a log that outlives the old file would be taken for the new one's
            con.execute("checkpoint")
            con.execute(f"attach {literal(str(beside))} as anew")
            _keep_private(beside)
            con.execute(f"copy from database {quoted(settings.warehouse.stem)} to anew")
            con.execute("detach anew")
        shutil.copymode(warehouse, beside)
        beside.replace(warehouse)
    except BaseException as error:
        for left in (beside, beside.with_name(f"{beside.name}.wal")):
            left.unlink(missing_ok=True)
        if not isinstance(error, (OSError, duckdb.Error)):
            raise
        raise HandoffError(
            "The warehouse could not be written into a new file.",
            where=str(settings.warehouse),
            why=str(error).splitlines()[0],
            remedy="Mend what is named, a full disk perhaps, and run it again: free blocks of the old file may hold "
            "what was deleted",
        ) from error


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of it or nothing, with one writing to disk."""
    con.begin()
    try:
        yield
        con.commit()
    except BaseException:
        # a commit that fails has ended it, and why it failed is what counts
        with suppress(duckdb.TransactionException):
            con.rollback()
        raise


def free_bytes(settings: Settings) -> int:
    """The room on the disk of HANDOFF_HOME, which need not exist yet."""
    parent = next(folder for folder in (settings.home, *settings.home.parents) if folder.exists())
    return shutil.disk_usage(parent).free


def require_room(settings: Settings) -> None:
    """Asked before a night begins.

    Raises:
        HandoffError: there is not even the room to begin. What a whole night needs, `handoff doctor` says.
    """
    if (free := free_bytes(settings)) < LEAST_ROOM_MB * 2**20:
        raise HandoffError(
            "The disk is full.",
            where=str(settings.home),
            why=f"{free / 2**20:.0f} MB are free, and a night does not begin with less than {LEAST_ROOM_MB}",
            remedy="Make room there and run again: nothing was begun, and readers keep the build they have",
        )


# The locks of this process: a step of the night that asks for the lock which the night already holds has it.
# longer than anything but a night and what writes the warehouse holds it
LOCK_PATIENCE_SECONDS = 5.0
_locks_held: set[Path] = set()


@contextmanager
def night_lock(settings: Settings, patience_seconds: float = 0) -> Iterator[None]:
    """Holds the lock of the night for this process; the operating system frees it when the process dies.

    A night has some patience with what holds it for a moment, such as `handoff doctor`.

    Raises:
        NightUnderWay: another one is (the message names its process).
        HandoffError: the home cannot be written.
    """
    import fcntl

    path: Path = settings.home / "night.lock"
    if path in _locks_held:
        yield
        return
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise disk_trouble(error) or error from error
    with path.open("a+") as handle:
        try:
            until = time.monotonic() + patience_seconds
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= until:
                        raise
                    time.sleep(0.1)
        except OSError as error:
            handle.seek(0)
            raise NightUnderWay(
                "A night is already under way.",
                where=str(path),
                why=f"process {handle.read().strip() or 'unknown'} holds the lock",
                remedy="Wait for it to end, or stop that process and run again; nothing is left half done",
            ) from error
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        _locks_held.add(path)
        try:
            yield
        finally:
            _locks_held.discard(path)
