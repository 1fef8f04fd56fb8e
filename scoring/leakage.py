"""Refuses signals that know the outcome: those that change after the scoring time, those that predict too well.

A signal whose past cannot be checked is refused too: what is not shown to be known in time does not enter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from scoring.signals import ATTRIBUTE_PREFIX

SUSPICIOUS_AUC = 0.85
# In fewer groups even a perfect ranking may stay below it; with fewer outcomes in each, chance alone may reach it.
LEAST_GROUPS = 4
OUTCOMES_PER_GROUP = 5
CHANGED_SHARE = 0.01
COMPARABLE_LEADS = 30


@dataclass(frozen=True)
class Refusal:
    """A signal that may not enter a card, and why."""

    signal: str
    reason: str

    def __str__(self) -> str:
        return f"{self.signal}: {self.reason}"


def suspicious(frame: pd.DataFrame, won: np.ndarray, names: Sequence[str]) -> list[Refusal]:
    """Signals that, alone, tell wins from losses nearly perfectly: by their value, or by being filled at all."""
    won = np.asarray(won, dtype=bool)
    outcomes = int(min(won.sum(), (~won).sum()))
    refusals = []
    for name in names:
        values = frame[name]
        filled = _area(values.notna().astype(int).to_numpy(), won)
        if filled >= SUSPICIOUS_AUC:
            refusals.append(Refusal(name, f"whether it is filled alone separates wins from losses (AUC {filled:.2f})"))
            continue
        area = _area(_groups(values, outcomes), won)
        if area >= SUSPICIOUS_AUC:
            refusals.append(Refusal(name, f"predicts the outcome too well to be known before it (AUC {area:.2f})"))
    return refusals


def _groups(values: pd.Series, outcomes: int) -> np.ndarray:
    """Few values each by itself, more numbers in fifty groups of equal size, more texts in the commonest hundred and
    the others; missing as its own. Few outcomes, fewer groups."""
    is_number = pd.api.types.is_numeric_dtype(values)
    most = max(LEAST_GROUPS, min(50 if is_number else 100, outcomes // OUTCOMES_PER_GROUP))
    codes, distinct = pd.factorize(values)
    if len(distinct) <= most:
        return codes
    if is_number:
        # by the middle of its ranks, a number that many leads share stands apart from the others
        share = (values.astype(float).rank() - 0.5) / values.notna().sum()
        return (share * most // 1).fillna(-1).to_numpy(dtype=np.int64)
    codes = values.value_counts().head(most).index.get_indexer(pd.Index(values))
    codes[(codes < 0) & values.notna().to_numpy()] = most
    return codes


def _area(groups: np.ndarray, won: np.ndarray) -> float:
    """AUC of the win rate of a lead's group."""
    codes, index = np.unique(groups, return_inverse=True)
    wins = np.bincount(index, weights=won, minlength=len(codes))
    losses = np.bincount(index, weights=~won, minlength=len(codes))
    order = np.argsort(-(wins / (wins + losses)))
    wins, losses = wins[order], losses[order]
    before = np.concatenate([[0.0], np.cumsum(wins)[:-1]])
    total = wins.sum() * losses.sum()
    return float((losses * (before + wins / 2)).sum() / total) if total else 0.5


def changed_later(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> list[Refusal]:
    """Kept columns (`attribute:<header>`) whose delivered versions differ before and after the scoring time.

    Needs `intermediate.int_lead_signal` and a table `attribute_version` (lead_id, version_at, attribute, value).
    """
    refusals = []
    for name in names:
        header = name.removeprefix(ATTRIBUTE_PREFIX)
        compared, changed = con.execute(
            """
            with
                version as (
                    select signal.lead_id, signal.scored_at, item.version_at, item.value
                    from intermediate.int_lead_signal as signal
                    inner join attribute_version as item on signal.lead_id = item.lead_id
                    where item.attribute = $header
                ),
                compared as (
                    select
                        lead_id,
                        max_by(coalesce(value, ''), version_at) filter (where version_at <= scored_at) as before,
                        max_by(coalesce(value, ''), version_at) as newest
                    from version
                    group by lead_id
                    having bool_or(version_at <= scored_at) and bool_or(version_at > scored_at)
                )
            select count(*), count(*) filter (where before <> newest) from compared
            """,
            {"header": header},
        ).fetchall()[0]
        if compared < COMPARABLE_LEADS:
            refusals.append(
                Refusal(
                    name, f"only {compared} leads were delivered both before and after their scoring: cannot be checked"
                )
            )
        elif changed / compared > CHANGED_SHARE:
            refusals.append(Refusal(name, f"changes after the scoring time ({changed:,} of {compared:,} leads)"))
    return refusals
