"""Shapley values of channels, exact, from the channel sets of converting paths.

The value is that of L. S. Shapley, "A value for n-person games" (Contributions to the Theory of Games II, 1953): a
player's marginal contribution averaged over all orders of arrival. In marketing attribution the game is that of G. Zhao
et al., "Shapley Value Methods for Attribution Modeling in Online Advertising" (2018): the worth of a coalition of
channels is the number of converting paths whose channels all lie in it.
"""

from collections.abc import Mapping
from fractions import Fraction


def shapley_values(conversions: Mapping[frozenset[str], int]) -> dict[str, float]:
    """The Shapley value of each channel in that game, in time linear in the number of distinct sets.

    The game is a sum of unanimity games, one per distinct channel set, and the value is additive: in a unanimity game
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
