"""The definitions of credit a second time, in exact fractions and plain Python: what the SQL is held against."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import floor

from tests.attribution.lab import Deal, Touch

Weights = dict[str, Fraction]
POSITIONS = {
    "first_touch": (100, 0, 0, 0, 0),
    "last_touch": (0, 0, 0, 100, 0),
    "last_non_direct": (0, 0, 0, 100, 0),
    "linear": (0, 0, 0, 0, 100),
    "u_shaped": (40, 0, 0, 40, 20),
    "w_shaped": (30, 30, 30, 0, 10),
    "full_path": (Fraction(45, 2), Fraction(45, 2), Fraction(45, 2), Fraction(45, 2), 10),
}
MODELS = [*POSITIONS, "time_decay", "shapley", "markov"]
LOOKBACK = timedelta(days=90)
HALF_LIFE_SECONDS = 7 * 86_400


@dataclass(frozen=True)
class Path:
    """The touches of a deal up to the anchor of a basis, in order."""

    deal: Deal
    basis: str
    touches: tuple[Touch, ...]
    anchor: datetime


def path_of(deal: Deal, touches: Sequence[Touch], basis: str, anchor: datetime) -> Path:
    start = deal.created_at - LOOKBACK
    own = [touch for touch in touches if touch.person in deal.people and start <= touch.touched_at <= anchor]
    return Path(deal, basis, tuple(sorted(own, key=lambda touch: (touch.touched_at, touch.touch_id))), anchor)


def position_weights(path: Path, touches: Sequence[Touch], model: str) -> Weights:
    first, lead, opportunity, last, others = (Fraction(weight) for weight in POSITIONS[model])
    before_lead = [t for t in touches if path.deal.lead_created_at and t.touched_at <= path.deal.lead_created_at]
    before_deal = [touch for touch in touches if touch.touched_at <= path.deal.created_at]
    ends_at_close = not (model == "full_path" and path.basis == "pipeline")
    holders = [
        (first, touches[0]),
        (lead, before_lead[-1] if before_lead else None),
        (opportunity, before_deal[-1] if before_deal else None),
        (last, touches[-1] if ends_at_close else None),
    ]
    named = first + lead + opportunity + last
    held = [(weight, touch) for weight, touch in holders if weight and touch is not None]
    held_ids = {touch.touch_id for _, touch in held}
    rest = [touch for touch in touches if touch.touch_id not in held_ids]
    if not held:
        return {touch.touch_id: Fraction(1, len(touches)) for touch in touches}
    to_named = named if rest else named + others
    scale = to_named / sum(weight for weight, _ in held) / (named + others)
    weights: Weights = {}
    for weight, touch in held:
        weights[touch.touch_id] = weights.get(touch.touch_id, Fraction(0)) + weight * scale
    for touch in rest:
        if others:
            weights[touch.touch_id] = others / (named + others) / len(rest)
    return weights


def decay_weights(path: Path) -> Weights:
    strengths = {
        touch.touch_id: Fraction(2.0 ** (-(path.anchor - touch.touched_at).total_seconds() / HALF_LIFE_SECONDS))
        for touch in path.touches
    }
    total = sum(strengths.values())
    return {touch: strength / total for touch, strength in strengths.items()}


def channel_weights(path: Path, value: dict[str, Fraction]) -> Weights:
    """Each channel of the path in proportion to its value, within a channel evenly."""
    channels = [touch.channel for touch in path.touches]
    total = sum(value[channel] for channel in set(channels))
    return {touch.touch_id: value[touch.channel] / total / channels.count(touch.channel) for touch in path.touches}


def weights_of(path: Path, model: str, removal: dict[str, Fraction]) -> Weights:
    if model == "time_decay":
        return decay_weights(path)
    if model == "shapley":
        return channel_weights(path, {touch.channel: Fraction(1) for touch in path.touches})
    if model == "markov":
        return channel_weights(path, removal)
    kept = path.touches
    if model == "last_non_direct":
        kept = tuple(touch for touch in path.touches if touch.channel != "direct") or path.touches
    return position_weights(path, kept, model)


def divide(amount: Decimal, weights: Weights, order: Sequence[str]) -> dict[str, Decimal]:
    """Rounded down to the cent, then one cent each to the largest remainders, ties to the earlier touch."""
    exact = {touch: Fraction(amount) * 100 * weights[touch] for touch in order if touch in weights}
    cents = {touch: floor(value) for touch, value in exact.items()}
    left = int(amount * 100) - sum(cents.values())
    ranked = sorted(exact, key=lambda touch: (-(exact[touch] - cents[touch]), order.index(touch)))
    for touch in ranked[:left]:
        cents[touch] += 1
    return {touch: Decimal(count) / 100 for touch, count in cents.items()}


def removal_effects(paths: Sequence[tuple[Sequence[str], bool]]) -> dict[str, Fraction]:
    """Removal effects from the definition: the chain is solved anew, in fractions, without each channel."""
    walks = []
    for channels, is_converted in paths:
        collapsed = [channel for at, channel in enumerate(channels) if at == 0 or channel != channels[at - 1]]
        walks.append(["(start)", *collapsed, "(conversion)" if is_converted else "(null)"])
    counts: dict[str, dict[str, int]] = {}
    for walk in walks:
        for origin, target in pairwise(walk):
            counts.setdefault(origin, {})[target] = counts.setdefault(origin, {}).get(target, 0) + 1
    whole = conversion_chance(counts, removed=None)
    channels = sorted(set(counts) - {"(start)"})
    return {
        channel: 1 - conversion_chance(counts, removed=channel) / whole if whole else Fraction(0)
        for channel in channels
    }


def conversion_chance(counts: dict[str, dict[str, int]], removed: str | None) -> Fraction:
    """The chance to be absorbed in conversion, arrivals at the removed channel going to null: Gauss in fractions."""
    states = [state for state in counts if state != removed]
    index = {state: at for at, state in enumerate(states)}
    rows = []
    for state in states:
        total = sum(counts[state].values())
        row = [Fraction(0)] * (len(states) + 1)
        row[index[state]] += 1
        for target, count in counts[state].items():
            if target == "(conversion)":
                row[-1] += Fraction(count, total)
            elif target in index:
                row[index[target]] -= Fraction(count, total)
        rows.append(row)
    for at in range(len(states)):
        pivot = next(other for other in range(at, len(states)) if rows[other][at])
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for other in range(len(states)):
            if other != at and rows[other][at]:
                factor = rows[other][at]
                rows[other] = [value - factor * base for value, base in zip(rows[other], rows[at], strict=True)]
    return rows[index["(start)"]][-1] if "(start)" in index else Fraction(0)
