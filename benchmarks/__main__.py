"""Where the time of a night goes, and how the whole compares with the same SQL run bare in one DuckDB process.

`python -m benchmarks [--leads 20000] [--home DIR]`: two nights over a sample company in a home of its own, the first
from nothing, the second with nothing new; then the compiled models, one after the other, on a copy of the warehouse.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from handoff.settings import CHECKOUT

AS_OF = "2026-06-01T02:00:00+00:00"
STEPS = {
    "load_extracts": "load",
    "gate": "gate",
    "build_models": "dbt",
    "publish__marts": "publish",
    "publish__review_pages": "pages",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = given.home or Path(temporary) / "home"
        environment = {**os.environ, "HANDOFF_HOME": str(home), "HANDOFF_AS_OF": AS_OF, "DAGSTER_HOME": ""}
        sample = [sys.executable, "-m", "ingestion.sample", "--out", str(home / "extracts"), "--as-of", AS_OF]
        subprocess.run([*sample, "--leads", str(given.leads)], cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)
        print(f"{given.leads:,} leads; {os.cpu_count()} cores, {platform.platform()}, load {os.getloadavg()[0]:.1f}\n")
        print(
            f"{'night':<14}{'wall s':>8}{'cpu s':>8}{'peak MB':>9}  "
            + "".join(f"{n:>9}" for n in STEPS.values())
            + "    start"
        )
        for name in ("from nothing", "nothing new"):
            wall = print_night(name, home, environment)
        bare = run_bare(home)
        print(
            f"\nthe same SQL bare, on one connection: {bare:.1f} s; the second night took {wall / bare:.1f} times that"
        )


def print_night(name: str, home: Path, environment: dict[str, str]) -> float:
    """Runs one night, prints a line of figures, returns its wall time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "orchestration"], cwd=CHECKOUT, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    steps = step_seconds(home)
    start = wall - sum(steps.values())
    figures = "".join(f"{steps[step]:>9.1f}" for step in STEPS)
    print(f"{name:<14}{wall:>8.1f}{cpu:>8.1f}{after.ru_maxrss / 1024:>9.0f}  {figures}{start:>9.1f}")
    return wall


def step_seconds(home: Path) -> dict[str, float]:
    """Wall time of each step of the newest run, as Dagster wrote it down."""
    import dagster as dg

    os.environ["DAGSTER_HOME"] = str(home / "dagster")
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        run = instance.get_runs(limit=1)[0]
        stats = instance.get_run_step_stats(run.run_id)
        return {step.step_key: (step.end_time or 0) - (step.start_time or 0) for step in stats}


def run_bare(home: Path) -> float:
    """Every compiled SQL model in the order of the graph, as plain SQL, on a copy of the warehouse."""
    manifest = json.loads((home / "dbt" / "manifest.json").read_text())
    copy = home / "bare" / "warehouse.duckdb"
    copy.parent.mkdir(exist_ok=True)
    shutil.copy(home / "warehouse.duckdb", copy)
    with duckdb.connect(str(copy)) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute("attach ':memory:' as scratch")
        statements = list(compiled(manifest, home / "dbt" / "compiled"))
        started = time.monotonic()
        for number, (sql, is_view) in enumerate(statements):
            con.execute(f"create {'view' if is_view else 'table'} scratch.t{number} as {sql}")
        seconds = time.monotonic() - started
    copy.unlink()
    return seconds


def compiled(manifest: dict[str, Any], folder: Path) -> Iterator[tuple[str, bool]]:
    """The compiled SQL of every model, parents first, and whether it is a view."""
    done: set[str] = set()

    def visit(name: str) -> Iterator[str]:
        if name in done or not name.startswith("model."):
            return
        done.add(name)
        for parent in manifest["parent_map"].get(name, []):
            yield from visit(parent)
        yield name

    for model in [name for first in manifest["nodes"] for name in visit(first)]:
        node = manifest["nodes"][model]
        file = folder / node["package_name"] / node["original_file_path"]
        if node["language"] == "sql" and node["config"]["materialized"] != "ephemeral" and file.exists():
            yield file.read_text().strip().rstrip(";"), node["config"]["materialized"] == "view"


if __name__ == "__main__":
    main()
