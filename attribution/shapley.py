"""Shapley values of channels, exact, from the channel sets of converting paths.

The value is that of L. S. Shapley, "A value for n-person games" (Contributions to the Theory of Games II, 1953): a
player's marginal contribution averaged over all orders of arrival. In marketing attribution the game is that of G. Zhao
et al., "Shapley Value Methods for Attribution Modeling in Online Advertising" (2018): the worth of a coalition of
channels is the number of converting paths whose channels all lie in it.
"""

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from math import factorial


def worth(coalition: frozenset[str], conversions: Mapping[frozenset[str], int]) -> int:
    """v(S): converting paths whose channel set lies in the coalition."""
    return sum(count for channels, count in conversions.items() if channels <= coalition)


def shapley_values(conversions: Mapping[frozenset[str], int]) -> dict[str, float]:
    """The Shapley value of each channel in the game `worth`, in time linear in the number of distinct sets.

    `worth` is a sum of unanimity games, one per distinct channel set, and the value is additive: in a unanimity game
    the members of the set share its worth equally and all others get nothing. So every converting path gives 1 / |set|
    to each of its channels. Sums are exact fractions until the end.

    >>> shapley_values({frozenset("a"): 1, frozenset("ab"): 1})
    {'a': 1.5, 'b': 0.5}
    """
    values: dict[str, Fraction] = {}
    for channels, count in conversions.items():
        for channel in channels:
            values[channel] = values.get(channel, Fraction(0)) + Fraction(count, len(channels))
    return {channel: float(values[channel]) for channel in sorted(values)}


def shapley_values_by_definition(conversions: Mapping[frozenset[str], int]) -> dict[str, float]:
    """The same values from the definition, over all coalitions: exponential in the number of channels, for checking.

    >>> shapley_values_by_definition({frozenset("a"): 1, frozenset("ab"): 1})
    {'a': 1.5, 'b': 0.5}
    """
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
