"""A card from any table of leads with an outcome, brought into the raw tables by a mapping, with or without dates.

For data that no night can judge (no created time, no history): public data sets, another tool's export. Nothing is
known of recency there, and what was known in time cannot be checked; both are said.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from handoff.errors import HandoffError
from handoff.settings import Settings
from handoff.spreadsheet import harmless
from handoff.sql import quoted
from scoring import leakage, training, validation
from scoring.card import Scorecard, band, write_card
from scoring.signals import signal_of

TRAIN_SHARE = 0.75
FIT_FIELDS = (
    "industry",
    "employee_count",
    "annual_revenue",
    "country",
    "technology",
    "growth_stage",
    "trigger_event",
    "job_title",
    "lead_source",
)


@dataclass(frozen=True)
class FlatReport:
    """The card, its figures on leads it was not learned from, what was refused and what cannot be known."""

    card: Scorecard
    auc: validation.Auc
    ceiling: validation.Auc
    bands: pd.DataFrame
    refused: list[str]
    dropped: dict[str, str]
    warnings: list[str]
    folder: Path


def learn(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    source: str,
    *,
    outcome: str,
    won: Sequence[str],
    without: Sequence[str] = (),
) -> FlatReport:
    """A card from `raw.<source>__lead`, and the score of each of its leads, in `$HANDOFF_HOME/scoring/<version>/`.

    `outcome` is a field or a kept column, `won` its values that count as the outcome, `without` columns left out.

    Raises:
        HandoffError: the source, the outcome or a value is not there, or too little happened.
    """
    training.require_library()
    frame, moments = _table(con, source)
    if outcome not in frame:
        raise HandoffError(
            f"The outcome {outcome!r} is not there.",
            where=f"source {source}",
            why=f"found {', '.join(frame.columns)}",
            remedy="Name a field of the mapping or a column under its `keep`",
        )
    wanted = {value.strip().lower() for value in won}
    is_won = frame[outcome].astype("string").str.strip().str.lower().isin(wanted).to_numpy(dtype=bool)
    if min(is_won.sum(), (~is_won).sum()) < 50:
        raise HandoffError(
            "There are too few leads to learn from.",
            where=f"source {source}, outcome {outcome}",
            why=f"{int(is_won.sum()):,} leads with it and {int((~is_won).sum()):,} without",
            remedy="Check --won",
        )
    names = [str(name) for name in frame if name not in {outcome, *without} and frame[name].notna().any()]
    refusals = leakage.suspicious(frame, is_won, names)
    refused = {refusal.signal for refusal in refusals}
    signals = [signal_of(name, is_number=is_numeric_dtype(frame[name])) for name in names if name not in refused]
    # The known names have other units elsewhere: here each column speaks for itself.
    signals = [replace(item, trend="auto" if item.kind == "number" else None) for item in signals]

    warnings = ["what was known when cannot be checked: leave out what was filled after the outcome (--without)"]
    if moments.notna().mean() > 0.95:
        order = np.argsort(moments.to_numpy(), kind="stable")
    else:
        warnings.append("no dates: no recency, and the card is judged on a random quarter, not on later leads")
        order = np.random.default_rng(7).permutation(len(frame))
    cut = int(len(frame) * TRAIN_SHARE)
    first, later = frame.iloc[order[:cut]], frame.iloc[order[cut:]]
    first_won, later_won = is_won[order[:cut]], is_won[order[cut:]]
    version = f"flat-{source}-{settings.now:%Y-%m-%d}"
    trained = training.train(
        first,
        first_won,
        signals,
        version=version,
        trained_at=settings.now,
        horizon_days=0,
        outcome=f"{outcome} in {', '.join(won)}",
    )
    score = trained.card.score(later)
    chance = trained.card.probability(score)
    auc = validation.auc(score, later_won)
    card = replace(
        trained.card,
        auc=auc.value,
        auc_low=auc.low,
        auc_high=auc.high,
        calibration_slope=validation.calibration_slope(chance, later_won),
    )
    folder = settings.home / "scoring" / version
    write_card(card, folder)
    everyone = card.score(frame)
    scores = pd.DataFrame({"native_id": frame.index, "score": everyone})
    scores["score_band"] = scores.score.map(band)
    scores["native_id"] = scores.native_id.astype(str).map(harmless)
    scores.to_csv(folder / "scores.csv", index=False)
    ceiling = validation.auc(training.ceiling(first, first_won, later, signals), later_won)
    return FlatReport(
        card,
        auc,
        ceiling,
        validation.by_band(score, later_won, chance),
        [str(item) for item in refusals],
        trained.dropped,
        warnings,
        folder,
    )


def _table(con: duckdb.DuckDBPyConnection, source: str) -> tuple[pd.DataFrame, pd.Series]:
    """One row per lead by its native id: what describes it and what the mapping keeps; and when it was created."""
    tables = con.execute(
        "select object from control.declared_object where source_system = ? and entity = 'lead' order by object",
        [source],
    ).fetchall()
    if not tables:
        raise HandoffError(
            f"There are no leads of the source {source!r}.",
            where="the warehouse",
            why="no mapping names such an object",
            remedy="Put the mapping into HANDOFF_SOURCES and the file into the landing zone (docs/scoring.md)",
        )
    relation = "raw." + quoted(f"{source}__{tables[0][0]}")
    fields = ", ".join(FIT_FIELDS)
    raw = con.execute(
        f"select native_id, created_at, status, attributes, {fields} from {relation} "
        "qualify row_number() over (partition by native_id order by version_at desc nulls last, _line desc) = 1 "
        "order by native_id"
    ).df()
    raw = raw.set_index("native_id")
    kept = pd.json_normalize([json.loads(text) if text else {} for text in raw.pop("attributes")])
    kept.index = raw.index
    for name in kept:
        numbers = pd.to_numeric(kept[name], errors="coerce")
        if numbers.notna().any() and numbers.notna().sum() == kept[name].notna().sum():
            kept[name] = numbers
    moments = pd.to_datetime(raw.pop("created_at"))
    frame = pd.concat([raw, kept.loc[:, [name for name in kept if name not in raw]]], axis=1)
    for name in ("employee_count", "annual_revenue"):
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype(float)
    return frame, moments
