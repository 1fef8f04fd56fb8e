"""`python -m orchestration [nightly|ui|rebuild|erase]`: the night in this process, or the Dagster UI on loopback."""

import atexit
import gc
import os
import shutil
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError

from handoff import definitions
from handoff.errors import HandoffError, disk_trouble, is_ended, night_ended
from handoff.messages import printable
from handoff.settings import CHECKOUT, AlertSettings, Settings, load_settings
from handoff.warehouse import LOCK_PATIENCE_SECONDS, night_lock, open_warehouse, private_files, require_room, write_anew

UNFORESEEN = HandoffError(
    "This failed in a way that nobody foresaw; the lines above say where.",
    remedy="Run it again; where it began with an upgrade, `make rebuild`; if it stays, report it with these lines",
)

ERASURE_ENDED = HandoffError(
    "The erasure was ended before it was done.",
    why="this process was told to stop (SIGTERM, Ctrl+C)",
    remedy="Erase the person once more: published builds and free blocks of the warehouse may still hold them",
)


def main(arguments: list[str]) -> int:
    command = arguments[0] if arguments else "nightly"
    commands: dict[str, Callable[..., int]] = {"nightly": nightly, "ui": ui, "rebuild": rebuild, "erase": erase}
    if {"-h", "--help"} & set(arguments):
        print(__doc__)
        return 0
    try:
        if command not in commands:
            raise HandoffError(f"There is no command {command!r}.", remedy=f"Use one of: {', '.join(commands)}")
        if len(arguments) > (2 if command == "erase" else 1):
            raise HandoffError(f"{command} does not take {arguments[-1]!r}.", remedy="Leave it out")
        return commands[command](_settings(command), *arguments[1:])
    except HandoffError as error:
        print(f"\n{printable(str(error))}", file=sys.stderr)
        return 1
    except (Exception, KeyboardInterrupt) as error:
        trouble = (ERASURE_ENDED if command == "erase" else night_ended()) if is_ended(error) else disk_trouble(error)
        if trouble is None:
            traceback.print_exc()
            trouble = UNFORESEEN
        print(f"\n{printable(str(trouble))}", file=sys.stderr)
        return 1


def _settings(command: str) -> Settings:
    """The settings; of a night that cannot begin by one of them, those whom alerts reach are told."""
    try:
        return load_settings()
    except HandoffError as error:
        with suppress(ValidationError):  # of a setting of the alerts nobody can be told
            if command == "nightly":
                _tell(AlertSettings(), datetime.now(UTC), error)
        raise


def _tell(settings: AlertSettings, since: datetime, error: BaseException) -> None:
    from orchestration import alerts

    why = error if isinstance(error, HandoffError) else disk_trouble(error) or type(error).__name__
    alerts.send(settings, alerts.failed(settings, "", since, str(why)))


def nightly(settings: Settings) -> int:
    """Runs the job in this process, with its run in the instance that the UI shows, and prints what came of it."""
    from orchestration.report import print_night, print_refused

    started = time.monotonic()
    # dbt's manifest and Dagster's definitions live as long as the process: to look through them for garbage over and
    # over takes a tenth of a night with nothing new
    gc.set_threshold(200_000, 20, 100)
    with ExitStack() as held:
        try:
            held.enter_context(night_lock(settings, LOCK_PATIENCE_SECONDS))
            _prepare(settings)
            _quiet()
            from orchestration import instance, run

            instance.prepare(settings)
        except (Exception, KeyboardInterrupt) as error:
            if is_ended(error):
                _tell(settings, settings.now, ended := night_ended())
                raise ended from error
            _tell(settings, settings.now, error)
            raise
        try:
            result = run.nightly(settings)  # tells of its own failure, with its run
        except HandoffError:
            print_refused(run.refused(settings))
            raise
        # what a rebuild that was killed had put aside: older than what this night left, and it names erased people
        _forget(_kept(settings))
    print_night(settings, result, seconds=time.monotonic() - started)
    return 0


def _prepare(settings: Settings) -> None:
    """What is wrong here is said at once, not after seconds of imports."""
    from ingestion import landing

    definitions.load(settings.definitions, settings.engine)
    require_room(settings)
    _make_sample_where_there_is_nothing(settings)
    # an object store is listed once, by the load
    if "://" not in settings.landing_zone:
        landing.look(settings)
    with open_warehouse(settings):
        pass


def rebuild(settings: Settings) -> int:
    """Makes the warehouse anew from the extracts alone. The old one is put back if that fails.

    Where a rebuild was killed, its half of a warehouse goes and the old one is still kept.
    """
    from handoff import erasure

    # where it lies, if the name in the home is a link
    old, kept = settings.warehouse.resolve(), _kept(settings)
    with night_lock(settings, LOCK_PATIENCE_SECONDS):
        if old.exists() and not kept.exists():
            _move(old, kept)
        old.unlink(missing_ok=True)
        try:
            nightly(settings)
        except BaseException:
            if kept.exists():
                _move(kept, old)
            raise
        _forget(kept)
        if erasure.remembered_at(settings).exists():
            # the extracts still have whom the load then took out
            write_anew(settings)
    return 0


def _kept(settings: Settings) -> Path:
    return settings.warehouse.resolve().with_suffix(".before-rebuild")


def _forget(warehouse: Path) -> None:
    for file in (warehouse, _log(warehouse)):
        file.unlink(missing_ok=True)


def _move(warehouse: Path, to: Path) -> None:
    """A warehouse with what is only in its log yet. DuckDB deletes a log whose file is gone, so the file goes first."""
    warehouse.replace(to)
    _log(to).unlink(missing_ok=True)
    if _log(warehouse).exists():
        _log(warehouse).replace(_log(to))


def _log(warehouse: Path) -> Path:
    return warehouse.with_name(f"{warehouse.name}.wal")


def erase(settings: Settings, who: str = "") -> int:
    """Erases one person, by e-mail or `<source>:<id>`, publishes anew and deletes the builds that still name them."""
    from handoff import erasure
    from handoff.definitions_diff import COMPARE
    from publishing import file

    if not who:
        raise HandoffError("Nobody is named.", remedy=".venv/bin/python -m orchestration erase <e-mail or source:id>")
    with night_lock(settings, LOCK_PATIENCE_SECONDS):
        with private_files(), open_warehouse(settings) as con:
            rows = erasure.remember(settings, con, who)
            erasure.apply(settings, con)
        # copies of the warehouse that a comparison of definitions left when it was killed
        for copy in settings.home.glob(f"{COMPARE}*"):
            shutil.rmtree(copy, ignore_errors=True)
        try:
            nightly(settings)
        except HandoffError as error:
            raise HandoffError(
                "The person is out of the warehouse and still in the published builds: the night after it failed.",
                why=str(error),
                remedy="Mend what is named, then erase the person once more",
            ) from error
        if settings.postgres_url is not None:
            from publishing import postgres

            postgres.publish(settings)
        file.forget_all_but_current(settings)
        write_anew(settings)
    said = (
        f"Erased: {rows} delivered rows" if rows else "Erased before; what a failed night had left of them is gone now"
    )
    print(f"\n{said}. Extract files are their source's to clean; read again, they stay erased.")
    return 0


def ui(settings: Settings) -> int:
    """Serves the Dagster UI, with schedules and sensors, until it is stopped."""
    from orchestration import instance

    instance.prepare(settings)
    _end_orphans_unless_a_night_is_under_way(settings)
    os.environ.setdefault("HANDOFF_HOME", str(settings.home))
    port = settings.ui_port
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            free.bind(("127.0.0.1", port))
        except OSError as error:
            raise HandoffError(
                f"The UI cannot be served on port {port}.",
                why=str(error),
                remedy="End what is served there, or name another port in HANDOFF_UI_PORT",
            ) from error
    print(f"The lineage is at http://127.0.0.1:{port}/asset-groups (Ctrl+C stops it)")
    dagster = Path(sys.executable).with_name("dagster")
    arguments = [str(dagster), "dev", "-h", "127.0.0.1", "-p", str(port), "-m", "orchestration.definitions"]
    os.chdir(CHECKOUT)
    os.execv(str(dagster), arguments)  # noqa: S606


def _end_orphans_unless_a_night_is_under_way(settings: Settings) -> None:
    import dagster as dg

    from orchestration.run import end_orphans

    with suppress(HandoffError), night_lock(settings), dg.DagsterInstance.get() as instance:
        end_orphans(instance)


def _make_sample_where_there_is_nothing(settings: Settings) -> None:
    if settings.extracts or Path(settings.landing_zone).exists():
        return
    if settings.postgres_url is not None:
        raise HandoffError(
            "There are no extracts, and a made-up company is not published to PostgreSQL.",
            where=settings.landing_zone,
            remedy="Name the landing zone in HANDOFF_EXTRACTS; to try the sample there, run `make sample` first",
        )
    from ingestion import sample

    print(f"No extracts yet: making the sample company in {settings.landing_zone} ...", flush=True)
    sample.generate(Path(settings.landing_zone), as_of=settings.now)


def _quiet() -> None:
    """Keeps the terminal to the night's own words: the run's log is in the UI and in HANDOFF_HOME/dagster."""
    import logging
    import warnings

    warnings.filterwarnings("ignore", module=r"dagster|great_expectations|dbt|marshmallow")
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    # a log that cannot be written (a full disk) prints a traceback for each line otherwise
    logging.raiseExceptions = False


def leave(code: int) -> NoReturn:
    """Ends the process. Where a night failed while dbt is at work in threads of its own, without the interpreter's last
    stage: it ends threads under a query of DuckDB, which aborts the process with another exit code."""
    if code and threading.active_count() > 1:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    # told to stop, what is open is closed and people are told, as by Ctrl+C
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    leave(main(sys.argv[1:]))
