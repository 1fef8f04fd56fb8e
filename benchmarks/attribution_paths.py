"""Exact Markov and Shapley against ChannelAttribution's simulation, on the `mta` package's paths and on 200,000.

    python -m benchmarks.attribution_paths

ChannelAttribution (C++, built from source) is no dependency: `pip install ChannelAttribution mta` first. Both sides
start from the same data frame of paths and frequencies; the counts are made in DuckDB, as the models make them.
"""

import random
import time
from collections.abc import Callable
from importlib.resources import files

import duckdb
import pandas as pd
import pyarrow as pa

from attribution.markov import removal_effects
from attribution.shapley import shapley_values

TRANSITIONS = """
    with
        walk as (
            select ['(start)'] || string_split(path, '>') as states, total_conversions as won, total_null as lost
            from paths
        ),
        step as (
            select unnest(states) as from_state, unnest(states[2:] || ['(end)']) as to_state, won, lost
            from walk
        ),
        counted as (select from_state, to_state, sum(won) as won, sum(lost) as lost from step group by all)
    select from_state, to_state, won + lost from counted where to_state not in ('(end)', from_state)
    union all
    select from_state, '(conversion)', won from counted where to_state = '(end)'
    union all
    select from_state, '(null)', lost from counted where to_state = '(end)'
"""
CHANNEL_SETS = """
    select list_sort(list_distinct(string_split(path, '>'))), sum(total_conversions) from paths group by all
"""


CON = duckdb.connect(config={"threads": 2})


def warehouse(paths: pd.DataFrame) -> duckdb.DuckDBPyConnection:
    """The night's connection is open: what counts is reading the paths."""
    CON.register("paths", pa.Table.from_pandas(paths, preserve_index=False))
    return CON


def markov(paths: pd.DataFrame) -> dict[str, float]:
    """Conversions per channel."""
    con = warehouse(paths)
    transitions = {(origin, target): int(count) for origin, target, count in con.execute(TRANSITIONS).fetchall()}
    effects = removal_effects(transitions).effects
    total = sum(effects.values())
    return {channel: effect / total * paths.total_conversions.sum() for channel, effect in effects.items()}


def shapley(paths: pd.DataFrame) -> dict[str, float]:
    """Conversions per channel."""
    con = warehouse(paths)
    return shapley_values({frozenset(channels): int(count) for channels, count in con.execute(CHANNEL_SETS).fetchall()})


def simulated(paths: pd.DataFrame) -> dict[str, float]:
    import ChannelAttribution

    fitted = ChannelAttribution.markov_model(
        paths, "path", "total_conversions", var_null="total_null", sep=">", seed=1, verbose=False, flg_pro=False
    )
    return dict(zip(fitted.channel_name, fitted.total_conversions, strict=True))


def many(paths: pd.DataFrame, times: int) -> pd.DataFrame:
    """As many distinct paths again and again: a random channel of each is replaced."""
    draw = random.Random(1)
    channels = sorted({channel for path in paths.path for channel in path.split(">")})
    copies = [paths]
    for _ in range(times - 1):
        changed = []
        for path in paths.path:
            steps = path.split(">")
            steps[draw.randrange(len(steps))] = draw.choice(channels)
            changed.append(">".join(steps))
        copies.append(paths.assign(path=changed))
    return pd.concat(copies, ignore_index=True)


def best_of(repeats: int, work: Callable[[pd.DataFrame], object], paths: pd.DataFrame) -> float:
    """Processor seconds, of all threads: what else the machine does matters less."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work(paths)
        seconds.append(time.process_time() - start)
    return min(seconds)


def main() -> None:
    with files("mta").joinpath("data/data.csv.gz").open("rb") as handle:
        paths = pd.read_csv(handle, compression="gzip")
    paths["path"] = paths.path.str.replace(" ", "")
    for name, frame in (("10,000 paths", paths), ("200,000 paths", many(paths, 20))):
        simulation = best_of(5, simulated, frame)
        print(f"{name}: ChannelAttribution {simulation:.3f} s", end="")
        for label, work in (("Markov", markov), ("Shapley", shapley)):
            seconds = best_of(5, work, frame)
            print(f", {label} {seconds:.3f} s ({seconds / simulation:.2f} times)", end="")
        print()
    exact, sampled = markov(paths), simulated(paths)
    print("channel      exact  simulated  difference")
    for channel in sorted(exact, key=lambda name: -exact[name]):
        difference = exact[channel] / sampled[channel] - 1 if sampled.get(channel) else float("nan")
        print(f"{channel:<10}{exact[channel]:>8.1f}{sampled.get(channel, 0):>11.1f}{difference:>11.2%}")


if __name__ == "__main__":
    main()
