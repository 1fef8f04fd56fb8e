"""What a night costs, stage by stage, at three sizes, against the same work done bare in one DuckDB process.

    python -m benchmarks [--sizes S M L] [--folder DIR] [--write]

Per size, in a home of its own: a first night over 18 months of a sample company, a night four days later whose files
bring about 1 % new rows, a night five minutes and one a day after it with nothing new, and the bare yardstick.
`--write` puts the figures, with those of the sizes measured before, into `benchmarks/README.md` and its plot. Read the
ratios rather than the seconds.
"""

import argparse
import itertools
import json
import math
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
from handoff.warehouse import put_off_checkpoints
from publishing.build import SCHEMAS

SIZES = {"S": 20_000, "M": 200_000, "L": 1_000_000}
NIGHTS = {
    "first": "2026-05-28T02:00:00+00:00",
    "delta": "2026-06-01T02:00:00+00:00",
    "nothing new": "2026-06-01T02:05:00+00:00",
    "a day later": "2026-06-02T02:00:00+00:00",
}
# Days before the delta's: the first night has all but the newest delivery, each of which takes a day of the one before.
DELIVERIES, NEWEST = "21,14,4,0", "*_20260601_*"
STAGES = {
    "load_extracts": "load",
    "gate": "gate",
    "build_models": "models",
    "publish__marts": "publish",
    "publish__review_pages": "pages",
}
HERE = Path(__file__).parent
RESULTS, README, PLOT = HERE / "results.json", HERE / "README.md", HERE / "nights.svg"
BEGIN, END = "<!-- figures: made by `make bench` -->", "<!-- end of figures -->"
Figures = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["S"])
    parser.add_argument("--folder", type=Path, help="where the homes are kept; default: a temporary folder")
    parser.add_argument("--write", action="store_true", help="into benchmarks/README.md")
    given = parser.parse_args()
    results: dict[str, Figures] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory() as temporary:
        for size in given.sizes:
            results[size] = measure(SIZES[size], (given.folder or Path(temporary)) / size)
            print("\n".join(table({size: results[size]})), flush=True)
    if given.write:
        RESULTS.write_text(json.dumps({size: results[size] for size in SIZES if size in results}, indent=1) + "\n")
        write(json.loads(RESULTS.read_text()))


def measure(leads: int, home: Path) -> Figures:
    """The figures of one size: wall and CPU seconds, peak memory in MB, rows."""
    extracts, later = home / "extracts", home / "later"
    shutil.rmtree(home, ignore_errors=True)
    sample = [sys.executable, "-m", "ingestion.sample", "--out", str(extracts), "--as-of", NIGHTS["delta"]]
    subprocess.run(
        [*sample, "--leads", str(leads), "--deliveries", DELIVERIES],
        cwd=CHECKOUT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    newest = [path.relative_to(extracts) for path in extracts.rglob(NEWEST)]
    for path in newest:
        (later / path).parent.mkdir(parents=True, exist_ok=True)
        (extracts / path).rename(later / path)
    nights = {}
    for name, as_of in NIGHTS.items():
        if name == "delta":
            for path in newest:
                (later / path).rename(extracts / path)
        nights[name] = night(home, as_of)
    return {
        "leads": leads,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"DuckDB {duckdb.__version__}, load {os.getloadavg()[0]:.1f} at the end",
        "nights": nights,
        "bare": bare(home),
    }


def night(home: Path, as_of: str) -> Figures:
    """Runs one night in a process of its own."""
    environment = {**os.environ, "HANDOFF_HOME": str(home), "HANDOFF_AS_OF": as_of, "DAGSTER_HOME": ""}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestration"], cwd=CHECKOUT, env=environment, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if status:
        raise SystemExit(f"The night of {as_of} failed: run it again with HANDOFF_HOME={home}")
    stages = step_seconds(home)
    with duckdb.connect(str(home / "publish" / "marts.duckdb"), read_only=True) as con:
        counted = con.execute(
            "select sum(rows_read) filter (loaded_at = (select max(as_of) from core.build_info)) from quality.load_log"
        ).fetchone()
    return {
        "wall": wall,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
        "rows_read": int(counted[0] or 0) if counted else 0,
        "stages": {"start": wall - sum(stages.values()), **{name: stages[step] for step, name in STAGES.items()}},
    }


def step_seconds(home: Path) -> dict[str, float]:
    """Wall time of each step of the newest run, as Dagster wrote it down."""
    import dagster as dg

    os.environ["DAGSTER_HOME"] = str(home / "dagster")
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        run = instance.get_runs(limit=1)[0]
        stats = instance.get_run_step_stats(run.run_id)
        return {step.step_key: (step.end_time or 0) - (step.start_time or 0) for step in stats}


def bare(home: Path) -> Figures:
    """The yardstick, in one process: the files read by DuckDB's own reader, the models' SQL one after the other on the
    night's tables, the marts copied to a file and to Parquet. No gate, no tests, no lineage, no checks of a file."""
    folder = home / "bare"
    folder.mkdir(exist_ok=True)
    program = "import sys; from benchmarks.__main__ import run_bare; run_bare(sys.argv[1])"
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen([sys.executable, "-c", program, str(home)], cwd=CHECKOUT, stdout=subprocess.PIPE)
    said = process.stdout.read() if process.stdout else b""
    _, status, used = os.wait4(process.pid, 0)
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    shutil.rmtree(folder)
    if status:
        raise SystemExit("The bare yardstick failed.")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "cpu": cpu, "peak_mb": used.ru_maxrss / 1024, "stages": json.loads(said)}


def run_bare(given: str) -> None:
    """Inside the yardstick's process: prints the seconds of its stages."""
    home = Path(given)
    manifest = json.loads((home / "dbt" / "manifest.json").read_text())
    stages: dict[str, float] = {}
    with duckdb.connect(str(home / "bare" / "models.duckdb")) as con:
        con.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        con.execute(f"set memory_limit = '{os.environ.get('HANDOFF_MEMORY_LIMIT', '12GB')}'")
        put_off_checkpoints(con)
        con.execute(f"attach '{home / 'warehouse.duckdb'}' as warehouse (read_only)")
        started = time.monotonic()
        for number, folder in enumerate(sorted(path for path in (home / "extracts").glob("*/*") if path.is_dir())):
            files = f"read_csv('{folder}/*.csv', all_varchar = true, union_by_name = true)"
            con.execute(f"create table raw_{number} as from {files}")
        stages["load"] = time.monotonic() - started
        statements = list(compiled(manifest, home / "dbt" / "compiled"))
        marts = []
        started = time.monotonic()
        for number, (schema, sql, is_view) in enumerate(statements):
            con.execute(f"create {'view' if is_view else 'table'} t{number} as {sql}")
            marts += [number] if schema in SCHEMAS else []
        stages["models"] = time.monotonic() - started
        started = time.monotonic()
        con.execute(f"attach '{home / 'bare' / 'marts.duckdb'}' as marts")
        for number in marts:
            con.execute(f"create table marts.t{number} as from t{number}")
            con.execute(
                f"copy t{number} to '{home / 'bare' / f'{number}.parquet'}' (compression zstd, compression_level 1)"
            )
        stages["publish"] = time.monotonic() - started
    print(json.dumps(stages))


def compiled(manifest: dict[str, Any], folder: Path) -> Iterator[tuple[str, str, bool]]:
    """Schema and compiled SQL of every model, parents first, and whether it is a view. It reads the night's own tables,
    which are the same: a model is not made faster or slower by who made its parents."""
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
        made = node["config"]["materialized"]
        # the kept ones compile to what tonight adds
        if node["language"] == "sql" and made in ("table", "view") and file.exists():
            yield node["schema"], file.read_text().strip().rstrip(";"), made == "view"


# The table


def table(results: dict[str, Figures]) -> list[str]:
    """The figures as Markdown."""
    names = ["start", *STAGES.values()]
    lines = [
        f"| size | night | rows read | wall s | CPU s | peak GB | {' | '.join(names)} | beyond the fixed cost |",
        f"| --- | --- | ---: | ---: | ---: | ---: |{' ---: |' * len(names)} --- |",
    ]
    for size, figures in results.items():
        fixed, first = figures["nights"]["nothing new"]["wall"], figures["nights"]["first"]["wall"]
        for name, one in figures["nights"].items():
            of_the_first = f"{(one['wall'] - fixed) / (first - fixed):.1%} of the first"
            beyond = {
                "first": f"{(first - fixed) / figures['bare']['wall']:.2f} times bare",
                "delta": of_the_first,
                "nothing new": "is the fixed cost",
                "a day later": of_the_first,
            }[name]
            stages = " | ".join(f"{one['stages'][stage]:.1f}" for stage in names)
            lines.append(
                f"| {size} | {name} | {one['rows_read']:,} | {one['wall']:.1f} | {one['cpu']:.1f} "
                f"| {one['peak_mb'] / 1024:.1f} | {stages} | {beyond} |"
            )
        yard = figures["bare"]
        stages = " | ".join(f"{yard['stages'][stage]:.1f}" if stage in yard["stages"] else "" for stage in names)
        lines.append(
            f"| {size} | bare DuckDB | {figures['nights']['first']['rows_read']:,} | {yard['wall']:.1f} "
            f"| {yard['cpu']:.1f} | {yard['peak_mb'] / 1024:.1f} | {stages} | |"
        )
    return lines


def growth(results: dict[str, Figures]) -> list[str]:
    """How the first night beyond the fixed cost grows from size to size: seconds as rows to this power."""
    lines = []
    for (small, before), (large, after) in itertools.pairwise(results.items()):
        seconds = [each["nights"]["first"]["wall"] - each["nights"]["nothing new"]["wall"] for each in (before, after)]
        rows = [each["nights"]["first"]["rows_read"] for each in (before, after)]
        exponent = math.log(seconds[1] / seconds[0]) / math.log(rows[1] / rows[0])
        lines.append(
            f"- From {small} to {large} the first night beyond the fixed cost grows as rows to the {exponent:.2f}."
        )
    return lines


def write(results: dict[str, Figures]) -> None:
    """Table and plot into the README beside this file."""
    text = README.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    machines = sorted(
        {f"- {', '.join(sizes_on(results, each['machine']))}: {each['machine']}." for each in results.values()}
    )
    body = "\n".join([*table(results), "", *growth(results), *machines])
    README.write_text(f"{before}{BEGIN}\n{body}\n{END}{after}")
    plot(results)


def sizes_on(results: dict[str, Figures], machine: str) -> list[str]:
    return [size for size, figures in results.items() if figures["machine"] == machine]


def plot(results: dict[str, Figures]) -> None:
    """Wall seconds by stage of each size's first night, beside the bare yardstick."""
    import altair as alt

    order = ["start", *STAGES.values()]
    rows = [
        {"size": f"{size}, {name}", "stage": stage, "seconds": seconds, "place": order.index(stage)}
        for size, figures in results.items()
        for name, stages in (("night", figures["nights"]["first"]["stages"]), ("bare", figures["bare"]["stages"]))
        for stage, seconds in stages.items()
    ]
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar()
        .encode(
            x=alt.X("seconds:Q", title="wall seconds"),
            y=alt.Y("size:N", title=None, sort=None),
            color=alt.Color("stage:N", sort=order, title="stage"),
            order="place:Q",
        )
        .properties(
            width=640, height=36 * 2 * len(results), title="A first night, stage by stage, and the same work bare"
        )
    )
    chart.save(PLOT)


if __name__ == "__main__":
    main()
