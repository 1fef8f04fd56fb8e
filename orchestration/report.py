"""What the terminal says after a night. Not here: running it (`run.py`)."""

from collections import Counter
from pathlib import Path

from handoff.messages import printable
from handoff.published import FILE
from handoff.settings import Settings
from orchestration.run import LOAD_FIGURES, NightResult


def print_night(settings: Settings, night: NightResult, seconds: float) -> None:
    """Rows loaded, held by rule, published per table, and where to look next."""
    print(f"\nNight of {settings.now:%Y-%m-%d %H:%M} UTC: published build {night.build_id} in {seconds:.0f} s\n")
    _print_loaded(night)
    print_refused(night.refused)
    _print_counts("Held by rule", night.held_by_rule, none="nothing new was held")
    if night.left_out:
        print("Left out since they were stopped, until `.venv/bin/handoff gate accept <delivery>`")
        print("\n".join(f"  {printable(delivery)}" for delivery in night.left_out) + "\n")
    _print_counts("Published", night.row_counts)
    if night.warnings:
        print("Checks that warn\n" + "\n".join(f"  {warning}" for warning in night.warnings) + "\n")
    postgres = (
        "" if settings.postgres_url is None else "  PostgreSQL    the same build, in the schemas core to quality\n"
    )
    print(
        "Where to look next\n"
        f"  marts         {_short(settings.publish / FILE)}  (docs/bi.md: how to connect)\n"
        f"{postgres}"
        f"  review pages  {_short(settings.publish / 'reviews' / 'index.html')}\n"
        f"  held records  select * from quality.quarantine where released_at is null, in the marts\n"
        f"  lineage, runs make ui, then http://127.0.0.1:{settings.ui_port}"
    )


def print_refused(refused: dict[str, str]) -> None:
    """The files that a night could not read, each with its reason; nothing where there are none."""
    if refused:
        print("Refused files\n" + "\n".join(f"  {error or file}" for file, error in refused.items()) + "\n")


def _print_loaded(night: NightResult) -> None:
    if not night.rows_loaded:
        print("Loaded: nothing new in the landing zone\n")
        return
    print(f"{'Loaded':<46}" + "".join(f"{name.removeprefix('rows_'):>12}" for name in LOAD_FIGURES))
    total: Counter[str] = Counter()
    for table, figures in sorted(night.rows_loaded.items()):
        total.update(figures)
        print(f"  {table:<44}" + "".join(f"{figures[name]:>12,}" for name in LOAD_FIGURES))
    print(f"  {'total':<44}" + "".join(f"{total[name]:>12,}" for name in LOAD_FIGURES))
    if total["rows_malformed"]:
        print("  malformed rows, each with file, line and reason: select * from quality.malformed_row, in the marts")
    print()


def _print_counts(title: str, counts: dict[str, int], none: str = "nothing") -> None:
    print(title)
    for name, count in sorted(counts.items()):
        print(f"  {name:<44}{count:>12,}")
    if not counts:
        print(f"  {none}")
    print()


def _short(path: Path) -> Path:
    """The path as one would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
