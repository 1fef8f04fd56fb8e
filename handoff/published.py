"""The published file, as Handoff itself reads it: of one build from the first query to the last, whatever a night does.

Not here: writing it (`publishing/file.py`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from handoff.errors import HandoffError
from handoff.settings import Settings

FILE = "marts.duckdb"


def published_file(settings: Settings) -> Path:
    """Where the file of the newest build lies.

    Raises:
        HandoffError: nothing has been published.
    """
    path = settings.publish / FILE
    if not path.exists():
        raise HandoffError(
            "There is no published build yet.",
            where=str(path),
            why="the file does not exist",
            remedy="Run `make nightly` once",
        )
    # the link may be put to the next build at any time
    return path.resolve()


@contextmanager
def open_published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the newest build that only reads.

    Raises:
        HandoffError: nothing has been published, or the file cannot be read.
    """
    path = published_file(settings)
    try:
        con = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise unreadable(path, error) from error
    try:
        yield con
    finally:
        con.close()


def unreadable(path: Path, error: duckdb.Error) -> HandoffError:
    """What to tell a person of a published file that DuckDB does not open."""
    return HandoffError(
        "The published file cannot be read.",
        where=str(path),
        why=str(error).splitlines()[0],
        remedy="Delete the folder `publish` and run `make nightly`: it publishes anew",
    )
