"""Errors a person must act on. Each says what, where, why and what to do, in one paragraph."""

from collections.abc import Iterator


class HandoffError(Exception):
    """A failure with a remedy: shown as one paragraph, without a traceback, exit code 1.

    >>> str(HandoffError("The warehouse is busy.", where="/x/warehouse.duckdb", why="pid 7 holds it", remedy="Wait."))
    'The warehouse is busy. Where: /x/warehouse.duckdb. Why: pid 7 holds it. What to do: Wait.'
    """

    def __init__(self, what: str, *, where: str = "", why: str = "", remedy: str = "") -> None:
        self.what, self.where, self.why, self.remedy = what, where, why, remedy
        labelled = (("Where", where), ("Why", why), ("What to do", remedy))
        super().__init__(" ".join([what, *(f"{label}: {text.rstrip('.')}." for label, text in labelled if text)]))


def disk_trouble(error: BaseException) -> HandoffError | None:
    """What to tell a person when the disk is full or cannot be written, found anywhere behind an error, else None.

    >>> disk_trouble(OSError(28, "No space left on device", "/data/x")).what
    'The disk is full.'
    """
    troubles = {
        "No space left on device": "The disk is full.",
        "disk is full": "The disk is full.",
        "disk I/O error": "The disk is full or fails.",
        "Read-only file system": "The disk cannot be written.",
        "readonly database": "The disk cannot be written.",
        "Permission denied": "The right to read or write is missing.",
    }
    for current in behind(error):
        for words, what in troubles.items():
            if words in str(current):
                return HandoffError(
                    what,
                    where=str(getattr(current, "filename", None) or "HANDOFF_HOME"),
                    why=next(line for line in str(current).splitlines() if words in line),
                    remedy="Make room there, or the right to write, and run again: nothing is half done, and readers "
                    "have a whole build",
                )
    return None


def night_ended(where: str = "") -> HandoffError:
    """What to tell a person of a night that was told to stop."""
    return HandoffError(
        "The night was ended before it was done.",
        where=where,
        why="this process was told to stop (SIGTERM, Ctrl+C)",
        remedy="Run `make nightly` again: it takes in what this night left, and readers have a whole build",
    )


def is_ended(error: BaseException) -> bool:
    """Whether the process was told to stop: what Python, Dagster and, within a query, DuckDB make of the signal."""
    return any(
        isinstance(each, KeyboardInterrupt)
        or type(each).__name__ == "DagsterExecutionInterruptedError"
        or str(each) == "Query interrupted"
        for each in behind(error)
    )


def behind(error: BaseException) -> Iterator[BaseException]:
    """An error and, one after the other, what it came from. One raised again from its own wrapper is its own cause.

    >>> inner = ValueError("inner")
    >>> inner.__cause__ = RuntimeError("wrapper")
    >>> inner.__cause__.__cause__ = inner
    >>> [str(each) for each in behind(inner)]
    ['inner', 'wrapper']
    """
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
