"""Pictures of a card for the monthly review, as Altair charts: gain, calibration, bands, points."""

import altair as alt
import numpy as np
import pandas as pd

from scoring.card import Scorecard

BLUE, GREY, ORANGE = "#2b6cb0", "#a0aec0", "#dd6b20"
SIZE = {"width": 420, "height": 280}


def gain(scores: dict[str, np.ndarray], won: np.ndarray, outcomes: str = "wins") -> alt.LayerChart:
    """Share of all outcomes among the best-scored share of leads; ties are taken as they come on average."""
    rows = []
    for name, score in scores.items():
        table = (
            pd.DataFrame({"score": score, "won": won}).groupby("score").agg(leads=("won", "size"), wins=("won", "sum"))
        )
        table = table.sort_index(ascending=False).cumsum() / table.sum()
        table.loc[np.inf] = 0.0
        rows.append(table.sort_values("leads").assign(which=name))
    data = pd.concat(rows).reset_index(drop=True)
    lines = (
        alt.Chart(data)
        .mark_line()
        .encode(
            x=alt.X("leads:Q", title="share of leads, best scores first", axis=alt.Axis(format="%")),
            y=alt.Y("wins:Q", title=f"share of {outcomes}", axis=alt.Axis(format="%")),
            color=alt.Color(
                "which:N", title=None, scale=alt.Scale(range=[BLUE, ORANGE]), legend=alt.Legend(orient="top")
            ),
        )
    )
    chance = alt.Chart(pd.DataFrame({"leads": [0, 1], "wins": [0, 1]})).mark_line(color=GREY, strokeDash=[4, 4])
    return (lines + chance.encode(x="leads:Q", y="wins:Q")).properties(**SIZE)


def wins_held(score: np.ndarray, won: np.ndarray, leads: float = 0.2) -> float:
    """The share of all wins among the best-scored share of leads; ties are taken as they come on average."""
    table = pd.DataFrame({"score": score, "won": won}).groupby("score").agg(leads=("won", "size"), wins=("won", "sum"))
    table = table.sort_index(ascending=False).cumsum() / table.sum()
    return float(np.interp(leads, [0.0, *table.leads], [0.0, *table.wins]))


def calibration(chance: np.ndarray, won: np.ndarray, outcomes: str = "wins") -> alt.LayerChart:
    """Stated chance against what happened, in tenths of the leads."""
    data = pd.DataFrame({"chance": chance, "won": won})
    data["group"] = pd.qcut(data.chance.rank(method="first"), 10, labels=False)
    data = data.groupby("group").agg(expected=("chance", "mean"), observed=("won", "mean")).reset_index()
    top = float(max(data.expected.max(), data.observed.max()))
    points = (
        alt.Chart(data)
        .mark_line(point=True, color=BLUE)
        .encode(
            x=alt.X("expected:Q", title="chance the card states", axis=alt.Axis(format="%")),
            y=alt.Y("observed:Q", title=f"{outcomes} per lead", axis=alt.Axis(format="%")),
        )
    )
    line = alt.Chart(pd.DataFrame({"expected": [0, top], "observed": [0, top]})).mark_line(
        color=GREY, strokeDash=[4, 4]
    )
    return (points + line.encode(x="expected:Q", y="observed:Q")).properties(**SIZE)


def bands(table: pd.DataFrame, outcomes: str = "wins") -> alt.Chart:
    """The rate of outcomes in each band."""
    return (
        alt.Chart(table)
        .mark_bar(color=BLUE)
        .encode(
            x=alt.X("score_band:N", title="score", sort=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("rate:Q", title=f"{outcomes} per lead", axis=alt.Axis(format="%")),
            tooltip=["score_band", "leads", alt.Tooltip("wins", title=outcomes), "rate", "lift"],
        )
        .properties(**SIZE)
    )


def points(card: Scorecard) -> alt.Chart:
    """How much each attribute can move a score."""
    data = pd.DataFrame({"attribute": card.attributes, "points": [card.span(name) for name in card.attributes]})
    return (
        alt.Chart(data)
        .mark_bar(color=BLUE)
        .encode(
            x=alt.X("points:Q", title="points between worst and best"), y=alt.Y("attribute:N", sort="-x", title=None)
        )
        .properties(**SIZE)
    )
