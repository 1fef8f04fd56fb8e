"""Is this set-up sound? Each finding says what is wrong and how to mend it. Changes no data.

Not here: mending (`make rebuild`, a person).
"""

import importlib.metadata
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from handoff.control import last_run
from handoff.errors import HandoffError
from handoff.settings import CHECKOUT, Settings
from handoff.warehouse import NightUnderWay, free_bytes, night_lock, open_warehouse

NEEDED_GB = 2
LONGEST_RUN_HOURS = 12
PACKAGES = ("dagster", "dagster-dbt", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations")


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `is_sound` or not, and then what to do."""

    name: str
    is_sound: bool
    text: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Looks at the set-up, one finding after the other."""
    looks: list[tuple[str, Callable[[Settings], str]]] = [
        ("python", _python),
        ("packages", _packages),
        ("home", _home),
        ("space", _space),
        ("extracts", _extracts),
        ("mappings", _mappings),
        ("definitions", _definitions),
        ("schedule", _schedule),
        ("lock", _lock),
        ("runs", _runs),
        ("warehouse", _warehouse),
        ("publish", _publish),
        ("postgres", _postgres),
    ]
    for name, look in looks:
        try:
            yield Finding(name, True, look(settings))
        except HandoffError as error:
            yield Finding(name, False, str(error))
        except Exception as error:  # a look that cannot be had is a finding, and the others go on
            yield Finding(name, False, f"This could not be looked at: {type(error).__name__}: {error}")


def _python(settings: Settings) -> str:
    if not (3, 11) <= sys.version_info[:2] < (3, 13):
        raise HandoffError(
            "This Python is not supported.", why=sys.version.split()[0], remedy="Use Python 3.11 or 3.12"
        )
    return sys.version.split()[0]


def _packages(settings: Settings) -> str:
    pinned = dict(
        line.split(" ")[0].split("==")
        for line in (CHECKOUT / "requirements.lock").read_text().splitlines()
        if "==" in line and not line.startswith(" ")
    )
    wrong = [name for name in PACKAGES if _installed(name) != pinned.get(name)]
    if wrong:
        raise HandoffError(
            "Packages are not those of requirements.lock.",
            why=", ".join(wrong),
            remedy="Run `make clean`, then any target",
        )
    return ", ".join(f"{name} {pinned[name]}" for name in PACKAGES)


def _installed(package: str) -> str | None:
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(package)
    return None


def _home(settings: Settings) -> str:
    parent = next(folder for folder in (settings.home, *settings.home.parents) if folder.exists())
    if not os.access(parent, os.W_OK):
        raise HandoffError(
            "HANDOFF_HOME cannot be written.", where=str(parent), remedy="Give the night's user the right"
        )
    return str(settings.home)


def _space(settings: Settings) -> str:
    free = free_bytes(settings) / 2**30
    warehouse = settings.warehouse.stat().st_size / 2**30 if settings.warehouse.exists() else 0
    needed = max(NEEDED_GB, 3 * warehouse)
    if free < needed:
        raise HandoffError(
            "There is little room left.",
            where=str(settings.home),
            why=f"{free:.1f} GB free, a night may need {needed:.1f}",
            remedy="Make room or keep fewer builds (HANDOFF_KEEP_BUILDS)",
        )
    return f"{free:.0f} GB free"


def _extracts(settings: Settings) -> str:
    if "://" in settings.landing_zone:
        return settings.landing_zone
    if not os.path.isdir(settings.landing_zone):
        if settings.extracts:
            raise HandoffError(
                "The landing zone is missing.", where=settings.landing_zone, remedy="Create it, or correct it"
            )
        return "none yet: the first night makes the sample company"
    files = sum(len(files) for _, _, files in os.walk(settings.landing_zone))
    return f"{files} files in {settings.landing_zone}"


def _mappings(settings: Settings) -> str:
    from ingestion.mapping import load_mappings

    return f"{len(load_mappings(settings))} sources"


def _definitions(settings: Settings) -> str:
    from handoff import definitions

    return f"version {definitions.load(settings.definitions, settings.engine).sha256[:12]} in {settings.definitions}"


def _schedule(settings: Settings) -> str:
    from orchestration.defs.jobs import nightly_schedule  # refuses what is no cron expression

    return f"{nightly_schedule.cron_schedule} {nightly_schedule.execution_timezone}"


def _lock(settings: Settings) -> str:
    try:
        with night_lock(settings):
            return "no night is under way"
    except NightUnderWay as error:
        return f"a night is under way: {error.why}"


def _runs(settings: Settings) -> str:
    from orchestration.instance import open_runs

    runs = open_runs(settings)
    oldest = datetime.now(UTC) - timedelta(hours=LONGEST_RUN_HOURS)
    if stale := [run for run, created_at in runs.items() if created_at < oldest]:
        raise HandoffError(
            "A run has not ended.",
            where=", ".join(stale),
            why=f"created over {LONGEST_RUN_HOURS} hours ago: its process is probably gone and the queue waits for it",
            remedy="Run `make nightly`, which ends what killed nights left, or terminate it in the UI",
        )
    if not runs:
        return "none has not ended"
    try:
        with night_lock(settings):
            return f"{len(runs)} waiting, or left by a killed night, which the next one ends"
    except HandoffError:
        return f"{len(runs)} under way or waiting"


def _warehouse(settings: Settings) -> str:
    if not settings.warehouse.exists():
        return "none yet"
    size = f"{settings.warehouse.stat().st_size / 2**20:.0f} MB"
    try:
        run = _last_run(settings)
    except NightUnderWay:
        return f"in use by the night that is under way, {size}"
    return f"last run at {run} UTC, {size}" if run else f"no run yet, {size}"


def _last_run(settings: Settings) -> datetime | None:
    if not settings.warehouse.exists():
        return None
    with night_lock(settings), open_warehouse(settings) as con:
        run = last_run(con)
    return run[0] if run else None


def _publish(settings: Settings) -> str:
    import duckdb

    from handoff.published import FILE, open_published, unreadable

    path = settings.publish / FILE
    if not path.exists():
        return "nothing published yet"
    with open_published(settings) as con:
        try:
            row = con.execute("select any_value(build_id), any_value(as_of) from core.build_info").fetchone()
        except duckdb.Error as error:
            raise unreadable(path, error) from error
    if not row:
        return "a build without tables"
    try:
        run = _last_run(settings)
    except HandoffError:
        run = None  # a night is under way, or the finding of another look
    if run and run > row[1]:
        raise HandoffError(
            "The last night has published nothing.",
            why=f"it ran at {run} UTC, and readers have build {row[0]} of {row[1]}",
            remedy="Run `make nightly` again, which says what is wrong, or look at the run in `make ui`",
        )
    return f"build {row[0]} of {row[1]} UTC"


def _postgres(settings: Settings) -> str:
    if settings.postgres_url is None:
        return "not used"
    from publishing import postgres

    return f"version {postgres.look(settings.postgres_url.get_secret_value())}"
