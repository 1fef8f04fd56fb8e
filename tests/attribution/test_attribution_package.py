"""Markov and Shapley as pure functions: against brute force in exact fractions, and against a known data set."""

import csv
import gzip
from collections.abc import Mapping
from fractions import Fraction
from importlib.resources import files
from itertools import combinations, pairwise
from math import factorial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.markov import CONVERSION, NULL, START, removal_effects
from attribution.shapley import shapley_values
from tests.attribution import reference

CHANNELS = st.sampled_from("abcde")
PATHS = st.lists(st.tuples(st.lists(CHANNELS, min_size=1, max_size=6), st.booleans()), min_size=1, max_size=20)

# Conversions per channel as ChannelAttribution 2.2.5 simulates them on the paths of the mta package, in 20 million
# walks: markov_model(data, "path", "total_conversions", var_null="total_null", seed=1, nsim_start=2e7)
SIMULATED = {
    "alpha": 5348.40,
    "iota": 3885.70,
    "eta": 3340.14,
    "beta": 2528.67,
    "theta": 1970.31,
    "lambda": 1278.97,
    "epsilon": 599.08,
    "zeta": 379.72,
    "kappa": 277.70,
    "gamma": 170.36,
    "delta": 4.48,
    "mi": 1.45,
}


def frequencies(paths: list[tuple[list[str], bool]]) -> dict[tuple[str, ...], tuple[int, int]]:
    counted: dict[tuple[str, ...], tuple[int, int]] = {}
    for path, is_converted in paths:
        won, lost = counted.get(tuple(path), (0, 0))
        counted[tuple(path)] = (won + is_converted, lost + (not is_converted))
    return counted


def transition_counts(paths: Mapping[tuple[str, ...], tuple[int, int]]) -> dict[tuple[str, str], int]:
    """Transition counts of paths with (converting, null) frequencies; a channel that repeats in a row counts once."""
    counts: dict[tuple[str, str], int] = {}
    for path, (won, lost) in paths.items():
        if not path:
            continue
        walk = [START, *(channel for at, channel in enumerate(path) if at == 0 or channel != path[at - 1])]
        steps = [(pair, won + lost) for pair in pairwise(walk)]
        steps += [((walk[-1], CONVERSION), won), ((walk[-1], NULL), lost)]
        for pair, count in steps:
            if count:
                counts[pair] = counts.get(pair, 0) + count
    return counts


def worth(coalition: frozenset[str], conversions: Mapping[frozenset[str], int]) -> int:
    """v(S): converting paths whose channel set lies in the coalition."""
    return sum(count for channels, count in conversions.items() if channels <= coalition)


def shapley_values_by_definition(conversions: Mapping[frozenset[str], int]) -> dict[str, float]:
    """Shapley values from the definition, over all coalitions: exponential in the number of channels."""
    channels = sorted(frozenset[str]().union(*conversions))
    size = len(channels)
    values = {}
    for channel in channels:
        others = [other for other in channels if other != channel]
        value = Fraction(0)
        for joined in range(size):
            weight = Fraction(factorial(joined) * factorial(size - joined - 1), factorial(size))
            for members in combinations(others, joined):
                coalition = frozenset(members)
                value += weight * (worth(coalition | {channel}, conversions) - worth(coalition, conversions))
        values[channel] = float(value)
    return values


@settings(max_examples=200, deadline=None)
@given(paths=PATHS)
def test_removal_effects_equal_solving_the_chain_without_each_channel(paths: list[tuple[list[str], bool]]) -> None:
    effects = removal_effects(transition_counts(frequencies(paths))).effects
    expected = reference.removal_effects(paths)
    assert effects.keys() == expected.keys()
    for channel, effect in expected.items():
        assert effects[channel] == pytest.approx(float(effect), abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(sets=st.lists(st.frozensets(CHANNELS, min_size=1), min_size=1, max_size=20))
def test_shapley_values_equal_the_definition_over_all_coalitions(sets: list[frozenset[str]]) -> None:
    conversions = {channels: sets.count(channels) for channels in sets}
    values = shapley_values(conversions)
    assert values == pytest.approx(shapley_values_by_definition(conversions), abs=1e-9)
    assert sum(values.values()) == pytest.approx(len(sets), abs=1e-9)


def test_removal_effects_by_hand() -> None:
    # a>b wins, a loses, b wins: see test_markov_worked_by_hand
    fitted = removal_effects(transition_counts({("a", "b"): (1, 0), ("a",): (0, 1), ("b",): (1, 0)}))
    assert fitted.rate == pytest.approx(2 / 3)
    assert fitted.effects == pytest.approx({"a": 1 / 2, "b": 1})


def test_without_conversions_there_is_no_effect() -> None:
    fitted = removal_effects(transition_counts({("a", "b"): (0, 3)}))
    assert (fitted.rate, fitted.effects) == (0.0, {"a": 0.0, "b": 0.0})


def mta_paths() -> dict[tuple[str, ...], tuple[int, int]]:
    """The 10,000 paths of the mta package, with how many converted and how many did not."""
    data = files("mta").joinpath("data/data.csv.gz").read_bytes()
    paths: dict[tuple[str, ...], tuple[int, int]] = {}
    for row in csv.DictReader(gzip.decompress(data).decode().splitlines()):
        path = tuple(step.strip() for step in row["path"].split(">"))
        won, lost = paths.get(path, (0, 0))
        paths[path] = (won + int(row["total_conversions"]), lost + int(row["total_null"]))
    return paths


def test_exact_markov_is_what_a_simulation_of_the_same_paths_approaches() -> None:
    paths = mta_paths()
    conversions = sum(won for won, _ in paths.values())
    effects = removal_effects(transition_counts(paths)).effects
    total = sum(effects.values())
    for channel, simulated in SIMULATED.items():
        exact = effects[channel] / total * conversions
        # of the rarest channel the simulation has seen too little: half a conversion in 19,785
        assert exact == pytest.approx(simulated, rel=0.035 if simulated > 1000 else 0.07, abs=0.5), channel


def test_exact_shapley_of_the_same_paths_adds_up_to_the_conversions() -> None:
    conversions: dict[frozenset[str], int] = {}
    for path, (won, _) in mta_paths().items():
        conversions[frozenset(path)] = conversions.get(frozenset(path), 0) + won
    values = shapley_values(conversions)
    assert sum(values.values()) == pytest.approx(19_785)
    # all orders of the 12 channels, by definition: 4,096 coalitions
    assert values == pytest.approx(shapley_values_by_definition(conversions), rel=1e-9)
