"""How good a score is, on leads it was not learned from: ranking, calibration, gain, drift, thresholds. Plain numpy."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from scoring.card import BANDS, band


@dataclass(frozen=True)
class Auc:
    """Area under the ROC curve with its 95 % interval (DeLong)."""

    value: float
    low: float
    high: float


def _placements(score: np.ndarray, won: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The area, and for every win and every loss the share of the other side it stands right to (ties count half)."""
    wins, losses = score[won], score[~won]
    ranks = stats.rankdata(np.concatenate([wins, losses]))
    own_wins, own_losses = stats.rankdata(wins), stats.rankdata(losses)
    of_wins = (ranks[: len(wins)] - own_wins) / len(losses)
    of_losses = 1 - (ranks[len(wins) :] - own_losses) / len(wins)
    return float(of_wins.mean()), of_wins, of_losses


def auc(score: np.ndarray, won: np.ndarray) -> Auc:
    value, of_wins, of_losses = _placements(np.asarray(score, dtype=float), np.asarray(won, dtype=bool))
    deviation = float(np.sqrt(of_wins.var(ddof=1) / len(of_wins) + of_losses.var(ddof=1) / len(of_losses)))
    return Auc(value, max(0.0, value - 1.96 * deviation), min(1.0, value + 1.96 * deviation))


def auc_gain(challenger: np.ndarray, champion: np.ndarray, won: np.ndarray) -> Auc:
    """How much better one score ranks than another on the same leads, with the 95 % interval of the difference."""
    won = np.asarray(won, dtype=bool)
    value_1, wins_1, losses_1 = _placements(np.asarray(challenger, dtype=float), won)
    value_2, wins_2, losses_2 = _placements(np.asarray(champion, dtype=float), won)
    difference = value_1 - value_2
    variance = (wins_1 - wins_2).var(ddof=1) / len(wins_1) + (losses_1 - losses_2).var(ddof=1) / len(losses_1)
    deviation = float(np.sqrt(variance))
    return Auc(difference, difference - 1.96 * deviation, difference + 1.96 * deviation)


def logit_fit(score: np.ndarray, won: np.ndarray, rounds: int = 50) -> tuple[float, float]:
    """Intercept and slope of a logistic regression of the outcome on one number (Newton's method)."""
    x = np.asarray(score, dtype=float)
    centre, width = x.mean(), x.std() or 1.0
    design = np.column_stack([np.ones(len(x)), (x - centre) / width])
    target = np.asarray(won, dtype=float)
    weights = np.zeros(2)
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-design @ weights))
        curvature = design.T @ (design * (chance * (1 - chance))[:, None]) + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, design.T @ (target - chance))
        weights += step
        if np.abs(step).max() < 1e-10:
            break
    return float(weights[0] - weights[1] * centre / width), float(weights[1] / width)


def calibration_slope(probability: np.ndarray, won: np.ndarray) -> float:
    """1 where the stated chances are neither too bold (below 1) nor too timid (above 1)."""
    chance = np.clip(probability, 1e-6, 1 - 1e-6)
    return logit_fit(np.log(chance / (1 - chance)), won)[1]


def by_band(score: np.ndarray, won: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    """Leads, wins, rate, expected rate, lift and the share of all wins won by a cut at the band, best band first."""
    frame = pd.DataFrame({"score_band": [band(int(item)) for item in score], "won": won, "chance": probability})
    table = frame.groupby("score_band").agg(
        leads=("won", "size"), wins=("won", "sum"), expected_rate=("chance", "mean")
    )
    table = table.reindex([name for _, name in BANDS]).dropna(subset=["leads"])
    table["rate"] = table.wins / table.leads
    table["lift"] = table.rate / (table.wins.sum() / table.leads.sum())
    table["gain"] = table.wins.cumsum() / table.wins.sum()
    return table.reset_index()


def band_shares(score: np.ndarray) -> dict[str, float]:
    """The share of leads in each band."""
    names = pd.Series([band(int(item)) for item in score]).value_counts(normalize=True)
    return {name: float(names.get(name, 0.0)) for _, name in BANDS}


def population_stability(now: dict[str, float], reference: dict[str, float]) -> float:
    """PSI between two distributions over bands. Below 0.1 stable, above 0.25 another population."""
    floor = 1e-4
    return float(
        sum(
            (max(now.get(name, 0.0), floor) - max(share, floor))
            * np.log(max(now.get(name, 0.0), floor) / max(share, floor))
            for name, share in reference.items()
        )
    )


def threshold_table(frame: pd.DataFrame, months: float) -> pd.DataFrame:
    """Per cut of the score: what sales would get a month. Needs score, is_won, has_opportunity, is_rejected."""
    rows = []
    for cut in range(0, 101, 5):
        above = frame[frame.score >= cut]
        if above.empty:
            break
        rows.append(
            {
                "threshold": cut,
                "leads_per_month": len(above) / months,
                "opportunities_per_month": above.has_opportunity.sum() / months,
                "rejections_per_month": above.is_rejected.sum() / months,
                "wins_per_month": above.is_won.sum() / months,
                "precision": above.is_won.mean(),
                "share_of_wins": above.is_won.sum() / max(frame.is_won.sum(), 1),
            }
        )
    return pd.DataFrame(rows)


def choose_threshold(
    table: pd.DataFrame,
    *,
    capacity_per_month: float | None = None,
    precision: float | None = None,
    share_of_wins: float = 0.8,
) -> int:
    """The lowest cut within sales' capacity, else the lowest with the wanted precision, else the highest that keeps
    the wanted share of wins."""
    if capacity_per_month is not None:
        fitting = table[table.leads_per_month <= capacity_per_month]
        return int((fitting if len(fitting) else table.tail(1)).threshold.min())
    if precision is not None:
        fitting = table[table.precision >= precision]
        return int((fitting if len(fitting) else table.tail(1)).threshold.min())
    return int(table[table.share_of_wins >= share_of_wins].threshold.max())
