"""Removal effects of a first-order Markov chain of channels, exact, from transition counts.

The method is that of E. Anderl, I. Becker, F. von Wangenheim and J. H. Schumann, "Mapping the customer journey: Lessons
learned from graph-based online attribution modeling" (International Journal of Research in Marketing 33, 2016): a path
runs from a start through channels to conversion or to nothing; a channel's removal effect is the share of conversions
that would be lost if every arrival at it ended in nothing. Where others simulate walks, the absorbing chain is solved
here (J. G. Kemeny and J. L. Snell, "Finite Markov Chains", 1960, chapter III): no randomness, no tolerance to choose.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

START, CONVERSION, NULL = "(start)", "(conversion)", "(null)"


@dataclass(frozen=True)
class RemovalEffects:
    """What a chain says: the chance that a path converts, and the share of it that is lost without each channel."""

    rate: float
    effects: dict[str, float]


def removal_effects(transitions: Mapping[tuple[str, str], int]) -> RemovalEffects:
    """Solve the chain once and derive from that what the removal of each channel costs.

    With Q the transitions among the transient states and r those to conversion, the chance to convert from a state is
    h = (I - Q)^-1 r. A path reaches channel c with chance f_c = N[start, c] / N[c, c], where N = (I - Q)^-1 counts
    visits; sending every arrival at c to nothing loses exactly f_c * h_c. The removal effect is f_c * h_c / h_start.

    Args:
        transitions: how often paths went from one state to another, beginning in START and ending in CONVERSION or
            NULL; self-transitions are allowed.

    Returns:
        The conversion rate and the removal effect of every channel, by channel name in order. Without any conversion
        all effects are 0.
    """
    channels = sorted({state for pair in transitions for state in pair} - {START, CONVERSION, NULL})
    states = [START, *channels]
    index = {state: position for position, state in enumerate(states)}
    size = len(states)
    counts = np.zeros((size, size))
    converting = np.zeros(size)
    totals = np.zeros(size)
    for (origin, target), count in transitions.items():
        row = index[origin]
        totals[row] += count
        if target == CONVERSION:
            converting[row] += count
        elif target != NULL:
            counts[row, index[target]] += count
    scale = np.divide(1.0, totals, out=np.zeros(size), where=totals > 0)
    solved = np.linalg.solve(
        np.eye(size) - counts * scale[:, None], np.column_stack([converting * scale, np.eye(size)])
    )
    chance, visits = solved[:, 0], solved[:, 1:]
    rate = float(chance[0])
    if rate <= 0:
        return RemovalEffects(0.0, dict.fromkeys(channels, 0.0))
    effects = {
        channel: float(
            visits[0, index[channel]] / visits[index[channel], index[channel]] * chance[index[channel]] / rate
        )
        for channel in channels
    }
    return RemovalEffects(rate, effects)


def fit_chains(rows: Iterable[tuple[str, str, str, str, int]]) -> list[tuple[str, str, str, float, float]]:
    """Removal effects of many chains: rows of (model, basis, from, to, transitions) with the states named as in SQL.

    Returns:
        Rows of (model, basis, channel, removal effect, conversion rate), in the order of the first three.
    """
    chains: dict[tuple[str, str], dict[tuple[str, str], int]] = {}
    for model, basis, origin, target, count in rows:
        chains.setdefault((model, basis), {})[(origin, target)] = int(count)
    effects = []
    for (model, basis), transitions in sorted(chains.items()):
        fitted = removal_effects(dict(sorted(transitions.items())))
        effects += [(model, basis, channel, effect, fitted.rate) for channel, effect in fitted.effects.items()]
    return effects
