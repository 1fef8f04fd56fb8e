"""Learns a scorecard from leads with a known outcome: optimal binning, logistic regression, integer points.

Needs the extra `scoring`. What goes in is a table of signals as they were at the scoring time; whether they
may go in is `leakage`'s question, how good the card is `validation`'s.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

from handoff.errors import HandoffError
from scoring import validation
from scoring.card import Bin, Scorecard
from scoring.signals import Signal

OTHER = "\x00other"
OTHER_LABEL, MISSING_LABEL = "other values", "missing"
# With few wins, few and wide bins: what a narrow one learns is chance.
MANY_WINS = 2_000
MIN_CATEGORY_SHARE, MAX_CATEGORIES = 0.005, 100
MIN_INFORMATION_VALUE = 0.005
MIN_Z = 2.6
CEILING_ROWS = 200_000


@dataclass(frozen=True)
class Trained:
    """A card, what it was learned from, and what did not enter."""

    card: Scorecard
    binning: Any
    dropped: dict[str, str]

    def score_by_library(self, frame: pd.DataFrame) -> np.ndarray:
        """The score by the library's own assignment of bins, for checking the card's and the SQL's."""
        total = np.zeros(len(frame), dtype=np.int64)
        names = self.card.attributes
        prepared = _prepared(frame, names, self.binning)
        for name in names:
            optimal = self.binning[name]
            total += _points_by_code(self.card, name, optimal)[_codes(optimal, prepared[name])]
        return total.clip(0, 100)


class NothingLearnedError(HandoffError):
    """No signal tells wins from losses."""


def require_library() -> None:
    """Raises HandoffError where the extra is not installed."""
    missing = [name for name in ("optbinning", "sklearn") if find_spec(name) is None]
    if missing:
        raise HandoffError(
            "Scorecards cannot be trained here.",
            where="the Python environment",
            why=f"{missing[0]} is not installed",
            remedy="Install the extra: make scoring; scoring by an existing card needs nothing",
        )


def train(
    frame: pd.DataFrame,
    won: np.ndarray,
    signals: Sequence[Signal],
    *,
    version: str,
    trained_at: datetime,
    horizon_days: int,
    outcome: str = "won",
) -> Trained:
    """A card from these leads.

    Raises:
        HandoffError: the library is missing.
        NothingLearnedError: no signal tells wins from losses.
    """
    require_library()
    from optbinning import BinningProcess

    won = np.asarray(won, dtype=np.int64)
    dropped: dict[str, str] = {}
    usable = []
    for signal in signals:
        if signal.name not in frame or frame[signal.name].nunique(dropna=False) < 2:
            dropped[signal.name] = "has one value"
        else:
            usable.append(signal)
    nothing = NothingLearnedError(
        "No scorecard came out of the training.",
        where=f"{len(frame):,} leads, {int(won.sum()):,} with the outcome",
        why="no signal tells wins from losses",
        remedy="Keep the rule points until there are more outcomes",
    )
    if not usable:
        raise nothing
    binning = _Binning(usable, frame)
    prepared = binning.prepare(frame)
    process = BinningProcess(
        [signal.name for signal in usable],
        categorical_variables=[signal.name for signal in usable if signal.kind == "category"],
        max_n_bins=8 if won.sum() >= MANY_WINS else 5,
        min_bin_size=0.02 if won.sum() >= MANY_WINS else 0.05,
        binning_fit_params={
            signal.name: {"monotonic_trend": signal.trend}
            | ({} if signal.kind == "category" else {"dtype": "numerical"})
            for signal in usable
        },
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        process.fit(prepared, won)
    optimal = {signal.name: process.get_binned_variable(signal.name) for signal in usable}
    evidence = {}
    noise = 1 / max(won.sum(), 1) + 1 / max(len(won) - won.sum(), 1)
    for signal in usable:
        found = _evidence(optimal[signal.name], prepared[signal.name], won)
        if found.information < max(MIN_INFORMATION_VALUE, 2 * len(found.leads) * noise):
            dropped[signal.name] = f"tells wins from losses too little (information value {found.information:.4f})"
            continue
        evidence[signal.name] = found
    names, weights = _select({name: found.weights[found.codes] for name, found in evidence.items()}, won, dropped)
    if not names:
        raise nothing
    binning.optimal = {name: optimal[name] for name in names}
    bins = _bins(names, weights, binning, evidence, prepared, won)
    card = Scorecard(
        version=version,
        bins=bins,
        trained_at=trained_at,
        horizon_days=horizon_days,
        outcome=outcome,
        leads=len(frame),
        wins=int(won.sum()),
    )
    score = card.score(frame)
    intercept, slope = validation.logit_fit(score, won)
    card = replace(
        card, probability_intercept=intercept, probability_slope=slope, reference_bands=validation.band_shares(score)
    )
    return Trained(card, binning, dropped)


class _Binning:
    """The signals' optimal bins, and the categories that were common enough to stand for themselves."""

    def __init__(self, signals: Sequence[Signal], frame: pd.DataFrame) -> None:
        self.signals = {signal.name: signal for signal in signals}
        self.common: dict[str, list[str]] = {}
        self.optimal: dict[str, Any] = {}
        for signal in signals:
            if signal.kind == "category":
                counts = _texts(frame[signal.name]).value_counts()
                enough = counts[counts >= max(MIN_CATEGORY_SHARE * len(frame), 20)]
                self.common[signal.name] = list(enough.head(MAX_CATEGORIES).index)

    def __getitem__(self, name: str) -> Any:
        return self.optimal[name]

    def prepare(self, frame: pd.DataFrame) -> pd.DataFrame:
        columns = {}
        for name, signal in self.signals.items():
            if signal.kind == "number":
                columns[name] = pd.to_numeric(frame[name], errors="coerce").astype(float)
            else:
                texts = _texts(frame[name])
                kept = texts.where(texts.isna() | texts.isin(self.common[name]), OTHER)
                columns[name] = kept.astype(object).where(kept.notna(), None)
        return pd.DataFrame(columns, index=frame.index)


def _texts(values: pd.Series) -> pd.Series:
    texts = values.astype("string").str.strip().str.lower()
    return texts.mask(texts == "")


def _prepared(frame: pd.DataFrame, names: Sequence[str], binning: _Binning) -> pd.DataFrame:
    return binning.prepare(frame)[list(names)]


@dataclass(frozen=True)
class _Evidence:
    """The library's code of each lead, and per code its leads, wins and weight of evidence."""

    codes: np.ndarray
    leads: np.ndarray
    wins: np.ndarray
    weights: np.ndarray
    information: float


def _codes(optimal: Any, values: pd.Series) -> np.ndarray:
    return optimal.transform(values.to_numpy(), metric="indices", metric_missing="empirical").astype(int)


def _evidence(optimal: Any, values: pd.Series, won: np.ndarray) -> _Evidence:
    """Weights are positive where wins are more frequent. The library's say nothing of a bin without a win or a loss:
    here half a one stands for none, or what as many average leads would have where that is less: a few losses are no
    sign of wins. A bin that no lead had weighs as much as the average lead, 0."""
    codes, count = _codes(optimal, values), _number_of_codes(optimal)
    leads = np.bincount(codes, minlength=count)
    wins = np.bincount(codes, weights=won, minlength=count)
    losses = leads - wins
    rate, at_least_one = wins.sum() / leads.sum(), np.maximum(leads, 1)
    of_wins = np.where(wins > 0, wins, np.minimum(0.5, at_least_one * rate)) / wins.sum()
    of_losses = np.where(losses > 0, losses, np.minimum(0.5, at_least_one * (1 - rate))) / losses.sum()
    weights = np.where(leads > 0, np.log(of_wins / of_losses), 0.0)
    return _Evidence(codes, leads, wins, weights, float(((of_wins - of_losses) * weights).sum()))


def _select(woe: dict[str, np.ndarray], won: np.ndarray, dropped: dict[str, str]) -> tuple[list[str], np.ndarray]:
    """Drops, one at a time, the signal with the wrong sign, then the one that adds least, until all hold."""
    names = list(woe)
    while names:
        weights, errors = _logistic(np.column_stack([woe[name] for name in names]), won)
        z = weights / errors
        worst = int(np.argmin(z))
        if z[worst] >= MIN_Z:
            return names, weights
        name = names.pop(worst)
        dropped[name] = (
            "points against its own win rate beside the others" if weights[worst] < 0 else "adds nothing to the others"
        )
    return [], np.array([])


def _logistic(design: np.ndarray, won: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and their standard errors."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=np.inf, solver="newton-cholesky", max_iter=100).fit(design, won)
    chance = model.predict_proba(design)[:, 1]
    with_one = np.column_stack([np.ones(len(design)), design])
    information = with_one.T @ (with_one * (chance * (1 - chance))[:, None])
    errors = np.sqrt(np.diag(np.linalg.pinv(information)))[1:]
    return model.coef_[0], np.maximum(errors, 1e-12)


def _bins(
    names: list[str],
    weights: np.ndarray,
    binning: _Binning,
    evidence: dict[str, _Evidence],
    prepared: pd.DataFrame,
    won: np.ndarray,
) -> tuple[Bin, ...]:
    """Points so that every attribute starts at 0 and the best lead has 100."""
    raw: list[Bin] = []
    effects: list[float] = []
    for name, weight in zip(names, weights, strict=True):
        for code, described in _described(name, binning, evidence[name], prepared[name], won):
            value = float(evidence[name].weights[code]) if code is not None else 0.0
            raw.append(replace(described, weight_of_evidence=value, coefficient=float(weight)))
            effects.append(value * float(weight))
    worst = {name: min(e for b, e in zip(raw, effects, strict=True) if b.attribute == name) for name in names}
    best = {name: max(e for b, e in zip(raw, effects, strict=True) if b.attribute == name) for name in names}
    factor = 100 / sum(best[name] - worst[name] for name in names)
    return tuple(
        replace(item, points=round(factor * (effect - worst[item.attribute])))
        for item, effect in zip(raw, effects, strict=True)
    )


def _number_of_codes(optimal: Any) -> int:
    """Bins, then the library's codes for special and for missing values."""
    bins = len(optimal.splits) + 1 if optimal.dtype == "numerical" else len(optimal.splits)
    return bins + 2


def _described(
    name: str, binning: _Binning, evidence: _Evidence, values: pd.Series, won: np.ndarray
) -> list[tuple[int | None, Bin]]:
    """Every bin with the library's code for it; the bin of unseen texts may have none."""
    optimal, leads, wins = binning[name], evidence.leads, evidence.wins
    count = _number_of_codes(optimal)
    missing_code = count - 1
    described: list[tuple[int | None, Bin]] = []
    if binning.signals[name].kind == "number":
        whole = _is_whole(optimal, values)
        # adding 0 makes -0 a 0
        cuts = (float(np.ceil(split)) + 0.0 if whole else _shortest(float(split), values) for split in optimal.splits)
        edges = [-np.inf, *cuts, np.inf]
        for code in range(count - 2):
            lower, upper = edges[code], edges[code + 1]
            described.append(
                (
                    code,
                    Bin(
                        name,
                        "number",
                        _range_label(lower, upper, whole),
                        0,
                        lower=lower,
                        upper=upper,
                        leads=int(leads[code]),
                        wins=int(wins[code]),
                    ),
                )
            )
    else:
        # Binned with named categories they weigh the same; their leads are counted apart.
        is_other = (values == OTHER).to_numpy()
        others, other_wins = int(is_other.sum()), int(won[is_other].sum())
        other_code = None
        for code, group in enumerate(optimal.splits):
            categories = sorted(str(item) for item in group if item != OTHER)
            shared = OTHER in list(group)
            if shared:
                other_code = code
            if categories:
                described.append(
                    (
                        code,
                        Bin(
                            name,
                            "category",
                            ", ".join(_named(category) for category in categories),
                            0,
                            categories=tuple(categories),
                            leads=int(leads[code]) - (others if shared else 0),
                            wins=int(wins[code]) - (other_wins if shared else 0),
                        ),
                    )
                )
        described.append((other_code, Bin(name, "other", OTHER_LABEL, 0, leads=others, wins=other_wins)))
    described.append(
        (
            missing_code,
            Bin(name, "missing", MISSING_LABEL, 0, leads=int(leads[missing_code]), wins=int(wins[missing_code])),
        )
    )
    return described


def _is_whole(optimal: Any, values: pd.Series) -> bool:
    """Cuts between whole numbers stand halfway; they are shown, and hold the same, at the next whole number."""
    halfway = all(float(split) % 1 == 0.5 for split in optimal.splits)
    return len(optimal.splits) > 0 and halfway and bool((values.dropna() % 1 == 0).all())


def _shortest(cut: float, values: pd.Series) -> float:
    """The fewest digits that part the values where the library does, whose cuts are of single precision
    (0.05000000074505806)."""
    if cut * 2 % 1 == 0:
        return cut
    below, above = float(values[values < cut].max()), float(values[values >= cut].min())
    noise = 1e-7 * max(abs(below), abs(above))
    shorter = (float(f"{cut:.{digits}g}") for digits in range(1, 18))
    return next((number for number in shorter if below < number <= above and abs(number - cut) <= noise), cut)


def _range_label(lower: float, upper: float, whole: bool) -> str:
    if np.isinf(lower) and np.isinf(upper):
        return "any"
    if whole and upper - lower == 1:
        return _digits(lower)
    if np.isinf(lower):
        return "0" if whole and upper == 1 else f"below {_digits(upper)}"
    if np.isinf(upper):
        return f"{_digits(lower)} or more"
    return f"{_digits(lower)} to {_digits(upper - 1)}" if whole else f"{_digits(lower)} to below {_digits(upper)}"


def _digits(number: float) -> str:
    """All of its digits, for bins that differ are told apart by them."""
    return repr(number).removesuffix(".0")


def _named(category: str) -> str:
    """Quoted where it would read as two, or as a bin of another kind."""
    is_plain = "," not in category and not category.startswith("'") and category not in (OTHER_LABEL, MISSING_LABEL)
    return category if is_plain else f"'{category}'"


def _points_by_code(card: Scorecard, name: str, optimal: Any) -> np.ndarray:
    """The card's points in the order of the library's codes."""
    count = _number_of_codes(optimal)
    points = np.zeros(count, dtype=np.int64)
    bins = card.bins_of(name)
    points[count - 1] = next(item.points for item in bins if item.kind == "missing")
    numbers = [item for item in bins if item.kind == "number"]
    for code, item in enumerate(numbers):
        points[code] = item.points
    if not numbers:
        for code, group in enumerate(optimal.splits):
            first = next(iter(group))
            wanted = [item for item in bins if (item.kind == "other" if first == OTHER else first in item.categories)]
            points[code] = wanted[0].points
    return points


def ceiling(train_frame: pd.DataFrame, won: np.ndarray, frame: pd.DataFrame, signals: Sequence[Signal]) -> np.ndarray:
    """Chances by gradient boosting on the same signals: what a model nobody can read would reach."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    names = [signal.name for signal in signals if signal.name in train_frame]
    if len(train_frame) > CEILING_ROWS:
        keep = np.random.default_rng(7).choice(len(train_frame), CEILING_ROWS, replace=False)
        train_frame, won = train_frame.iloc[keep], np.asarray(won)[keep]
    learned, asked = train_frame[names].copy(), frame[names].copy()
    kinds = {signal.name: signal.kind for signal in signals}
    for name in names:
        if kinds[name] == "category":
            common = _texts(learned[name]).value_counts().head(200).index
            for table in (learned, asked):
                codes = pd.Categorical(_texts(table[name]), categories=common).codes.astype(float)
                table[name] = np.where(codes < 0, np.nan, codes)
        else:
            for table in (learned, asked):
                table[name] = pd.to_numeric(table[name], errors="coerce").astype(float)
    # a column that the extracts do not bring tells nothing, and binning has no values to begin with
    names = [name for name in names if learned[name].notna().any()]
    model = HistGradientBoostingClassifier(
        max_iter=150,
        learning_rate=0.06,
        max_leaf_nodes=15,
        min_samples_leaf=50,
        l2_regularization=1.0,
        categorical_features=[kinds[name] == "category" for name in names],
        early_stopping=False,
        random_state=7,
    )
    model.fit(learned[names], np.asarray(won, dtype=int))
    return model.predict_proba(asked[names])[:, 1]
