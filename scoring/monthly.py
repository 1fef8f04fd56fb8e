"""The monthly review of scoring: learn a challenger, hold it against what is in force, propose; never put into force.

Reads the warehouse after a night, writes the challenger's card and a report with plots. A card comes into force by a
version of the definitions that both teams signed (setting scorecard_version).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from handoff.definitions import load as load_definitions
from handoff.errors import HandoffError
from handoff.settings import Settings
from handoff.sql import literal, quoted
from scoring import leakage, training, validation
from scoring.card import Scorecard, write_card
from scoring.signals import ATTRIBUTE_PREFIX, SIGNALS, Signal, signal_of
from scoring.store import cards_folder, named_cards, read_cards

TRAIN_SHARE = 0.75
CALIBRATED = (0.8, 1.25)


@dataclass
class ReviewReport:
    """What the review found. `card_path` is the challenger's file, none where there were too few wins."""

    version: str
    card_path: Path | None = None
    is_proposed: bool = False
    refused: list[str] = field(default_factory=list)
    dropped: dict[str, str] = field(default_factory=dict)
    figures: dict[str, float | int | str] = field(default_factory=dict)
    plots: dict[str, Path] = field(default_factory=dict)
    markdown: str = ""


@dataclass(frozen=True)
class Evaluation:
    """A card held against leads scored after those it was learned from."""

    trained: training.Trained
    auc: validation.Auc
    calibration_slope: float
    ceiling: validation.Auc
    bands: pd.DataFrame
    thresholds: pd.DataFrame
    score: np.ndarray
    chance: np.ndarray


def review(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    *,
    capacity_per_month: float | None = None,
    precision: float | None = None,
) -> ReviewReport:
    """Learns a challenger from the warehouse and writes it beside the other cards, with its report.

    Raises:
        HandoffError: the extra `scoring` is not installed, or no night has run.
    """
    training.require_library()
    version = free_version(settings, f"card-{settings.now:%Y-%m-%d}")
    report = ReviewReport(version)
    try:
        frame, attributes = _leads(con)
        champion = _champion(settings, con)
        horizon, minimum = _agreed(con, "scoring_horizon_days"), _agreed(con, "scoring_minimum_wins")
    except duckdb.CatalogException as error:
        raise HandoffError(
            "There is nothing to learn from.",
            where="the warehouse",
            why="no night has built the signals and the scores of the leads",
            remedy="Run `make nightly` first",
        ) from error
    stays = f"{champion.version} stays in force." if champion else "The rule points apply."
    outcome = _outcome(frame, minimum)
    report.figures |= {"mature_leads": len(frame), "wins": int(frame.is_won.sum()), "minimum_wins": minimum}
    if outcome is None:
        summary = (
            f"No card was learned: {int(frame.is_won.sum()):,} wins among {len(frame):,} handed-off "
            f"leads whose horizon of {horizon} days is over; {minimum:,} are agreed as the least. {stays}"
        )
        return _unlearned(report, settings, summary)
    cut = int(len(frame) * TRAIN_SHARE)
    for part, leads, use in (
        (f"oldest {TRAIN_SHARE:.0%}", frame.iloc[:cut], "learned from"),
        (f"newest {1 - TRAIN_SHARE:.0%}", frame.iloc[cut:], "judged on"),
    ):
        # of one alone no interval can be said
        had = int(leads[outcome].sum())
        if min(had, len(leads) - had) < 2:
            many, few = "all but one of the {} were", "only one of the {} was"
            said = {len(leads) - 1: many, len(leads): "all of the {} were", 0: "none of the {} was", 1: few}[had]
            summary = (
                f"No card was learned: of {len(frame):,} handed-off leads whose horizon of {horizon} days is over, "
                f"{said.format(part)} {outcome.removeprefix('is_')}, and a card is {use} these. {stays}"
            )
            return _unlearned(report, settings, summary)
    won = frame[outcome].to_numpy(dtype=bool)
    signals = [*SIGNALS, *(signal_of(name, is_number=is_numeric_dtype(frame[name])) for name in attributes)]
    refusals = [*changed_attributes(con, attributes)]
    names = [item.name for item in signals if item.name not in {refusal.signal for refusal in refusals}]
    refusals += leakage.suspicious(frame, won, names)
    refused = {refusal.signal for refusal in refusals}
    allowed = [item for item in signals if item.name not in refused]
    report.refused = [str(refusal) for refusal in refusals]

    try:
        evaluation = evaluate(frame, outcome, allowed, version, settings, horizon, capacity_per_month, precision)
    except training.NothingLearnedError:
        summary = (
            f"No card was learned: of {len(frame):,} handed-off leads whose horizon of {horizon} days is over, no "
            f"signal tells those {outcome.removeprefix('is_')} from the others. {stays}"
        )
        return _unlearned(report, settings, summary)
    later = frame.iloc[cut:]
    later_won = later[outcome].to_numpy(dtype=bool)
    rules = later.rules_score.to_numpy(dtype=float)
    champion_score = champion.score(later).astype(float) if champion else rules
    gain = validation.auc_gain(evaluation.score, champion_score, later_won)
    card = evaluation.trained.card
    short = shortfalls(gain, evaluation.calibration_slope)
    report.is_proposed = not short
    report.dropped = evaluation.trained.dropped
    rules_auc = validation.auc(rules, later_won)
    report.figures |= {
        "outcome": card.outcome,
        "learned_from_leads": card.leads,
        "learned_from_outcomes": card.wins,
        "out_of_time_leads": len(later),
        "out_of_time_outcomes": int(later_won.sum()),
        "auc": evaluation.auc.value,
        "auc_low": evaluation.auc.low,
        "auc_high": evaluation.auc.high,
        "auc_rules": rules_auc.value,
        "auc_rules_low": rules_auc.low,
        "auc_rules_high": rules_auc.high,
        "auc_ceiling": evaluation.ceiling.value,
        "auc_ceiling_low": evaluation.ceiling.low,
        "auc_ceiling_high": evaluation.ceiling.high,
        "calibration_slope": evaluation.calibration_slope,
        "threshold": card.threshold or 0,
        "champion": champion.version if champion else "rule points",
        "gain_over_champion": gain.value,
        "gain_low": gain.low,
        "gain_high": gain.high,
        "psi": validation.population_stability(validation.band_shares(evaluation.score), card.reference_bands),
    }
    report.card_path = write_card(card, cards_folder(settings))
    folder = _folder(settings, version)
    scores = {"card": evaluation.score, str(report.figures["champion"]): champion_score}
    report.plots = _plots(folder, report, evaluation, later_won, scores)
    report.markdown = _markdown(report, evaluation, short)
    (folder / "report.md").write_text(report.markdown, encoding="utf-8")
    return report


def evaluate(
    frame: pd.DataFrame,
    outcome: str,
    signals: Sequence[Signal],
    version: str,
    settings: Settings,
    horizon: int,
    capacity_per_month: float | None = None,
    precision: float | None = None,
) -> Evaluation:
    """Learns from the first three quarters of the leads in time and judges on the last."""
    cut = int(len(frame) * TRAIN_SHARE)
    first, later = frame.iloc[:cut], frame.iloc[cut:]
    first_won, later_won = first[outcome].to_numpy(dtype=bool), later[outcome].to_numpy(dtype=bool)
    trained = training.train(
        first,
        first_won,
        signals,
        version=version,
        trained_at=settings.now,
        horizon_days=horizon,
        outcome="won" if outcome == "is_won" else "qualified opportunity",
    )
    score = trained.card.score(later)
    chance = trained.card.probability(score)
    ceiling = training.ceiling(first, first_won, later, signals)
    auc = validation.auc(score, later_won)
    slope = validation.calibration_slope(chance, later_won)
    months = max((later.scored_at.max() - later.scored_at.min()).days / 30.4, 1.0) if "scored_at" in later else 1.0
    thresholds = validation.threshold_table(
        pd.DataFrame(
            {
                "score": score,
                "is_won": later_won,
                "has_opportunity": later.get("has_opportunity", pd.Series(later_won, index=later.index)).to_numpy(),
                "is_rejected": later.get("is_rejected", pd.Series(False, index=later.index)).to_numpy(),
            }
        ),
        months,
    )
    threshold = validation.choose_threshold(thresholds, capacity_per_month=capacity_per_month, precision=precision)
    card = replace(
        trained.card, auc=auc.value, auc_low=auc.low, auc_high=auc.high, calibration_slope=slope, threshold=threshold
    )
    return Evaluation(
        replace(trained, card=card),
        auc,
        slope,
        validation.auc(ceiling, later_won),
        validation.by_band(score, later_won, chance),
        thresholds,
        score,
        chance,
    )


def shortfalls(gain: validation.Auc, slope: float) -> list[str]:
    """What keeps a card from being proposed, by its gain over what is in force and its calibration slope.

    >>> shortfalls(validation.Auc(0.1, 0.05, 0.15), 0.7)
    ['its calibration slope of 0.70 is not between 0.8 and 1.25']
    """
    low, high = CALIBRATED
    found = {
        "it is not surely better out of time than what is in force": gain.low > 0,
        f"its calibration slope of {slope:.2f} is not between {low} and {high}": low <= slope <= high,
    }
    return [said for said, holds in found.items() if not holds]


def _agreed(con: duckdb.DuckDBPyConnection, setting: str) -> int:
    value = con.execute(
        "select value from staging.stg_definitions__setting, control.run "
        "where setting = ? and effective_from <= as_of and as_of < effective_to",
        [setting],
    ).fetchall()[0][0]
    return int(value)


def _leads(con: duckdb.DuckDBPyConnection) -> tuple[pd.DataFrame, list[str]]:
    """Handed-off leads whose horizon is over, in the order of their scoring, with the columns the mappings keep."""
    keys = con.execute(
        "select distinct unnest(json_keys(attributes)) as key from intermediate.int_lead_signal "
        "where is_mature and attributes is not null order by key"
    ).fetchall()
    names = [ATTRIBUTE_PREFIX + key for (key,) in keys]
    # numbered, for DuckDB takes names that differ in case alone for one
    numbered = {f"kept_{number}": name for number, name in enumerate(names)}
    kept = "".join(f", {_attribute_text(literal(key))} as kept_{number}" for number, (key,) in enumerate(keys))
    frame = con.execute(
        f"""
        select signal.* exclude (attributes){kept}, coalesce(rules.score, 0) as rules_score
        from intermediate.int_lead_signal as signal
        left join intermediate.int_lead_score_version as rules
            on signal.lead_id = rules.lead_id and rules.method = 'rules'
        where signal.is_mature
        order by signal.scored_at, signal.lead_id
        """
    ).df()
    frame = frame.rename(columns=numbered)
    for name in names:
        frame[name] = _numbers_where_all_are(frame[name])
    return frame, names


def _attribute_text(name: str) -> str:
    """As the macro attribute_text has it: by a pointer, for a path cannot write " or * as a name."""
    return f"json_extract_string(attributes, '/' || replace(replace({name}, '~', '~0'), '/', '~1'))"


def _numbers_where_all_are(values: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce").replace([np.inf, -np.inf], np.nan)
    return numbers if numbers.notna().sum() == values.notna().sum() and numbers.notna().any() else values


def _outcome(frame: pd.DataFrame, minimum: int) -> str | None:
    """Won deals where there are enough, else qualified opportunities."""
    return next((name for name in ("is_won", "is_qualified") if frame[name].sum() >= minimum), None)


def changed_attributes(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> list[leakage.Refusal]:
    """Which kept columns change after the scoring, by the versions that were delivered."""
    if not names:
        return []
    tables = con.execute(
        "select source_system, object from control.declared_object where entity = 'lead' order by all"
    ).fetchall()
    delivered = " union all ".join(
        f"select {literal(source + ':')} || native_id as lead_id, version_at, attributes "
        f"from raw.{quoted(source + '__' + name)} where attributes is not null"
        for source, name in tables
    )
    con.execute(
        f"""
        create or replace temp table attribute_version as
        select lead_id, version_at, key as attribute, {_attribute_text("key")} as value
        from (select *, unnest(json_keys(attributes)) as key from ({delivered}) as version)
        """
    )
    return leakage.changed_later(con, names)


def _champion(settings: Settings, con: duckdb.DuckDBPyConnection) -> Scorecard | None:
    """The learned card in force now; none where the rule points are."""
    rows = con.execute("select version from scoring.scorecard_version where status = 'champion'").fetchall()
    named = {version for (version,) in rows}
    return next((card for card in read_cards(settings) if card.version in named), None)


def free_version(settings: Settings, version: str) -> str:
    """The name, numbered where the definitions put a card of that name into force: its file is never written anew."""
    named = named_cards(load_definitions(settings.definitions))
    return next(name for name in chain([version], (f"{version}-{number}" for number in count(2))) if name not in named)


def _folder(settings: Settings, version: str) -> Path:
    folder = settings.home / "scoring" / version
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _plots(
    folder: Path, report: ReviewReport, evaluation: Evaluation, won: np.ndarray, scores: dict[str, np.ndarray]
) -> dict[str, Path]:
    """Draws gain, calibration, bands and points, and leaves them, with what they say, for the review page."""
    from scoring import plots

    figures, card = report.figures, evaluation.trained.card
    best, worst = evaluation.bands.iloc[0], evaluation.bands.iloc[-1]
    first = max(card.attributes, key=card.span)
    slope = evaluation.calibration_slope
    verdict = "about right" if 0.9 <= slope <= 1.1 else "too bold" if slope < 0.9 else "too timid"
    held = {name: plots.wins_held(score, won) for name, score in scores.items()}
    outcomes = _outcomes(card)
    became = "were won" if card.outcome == "won" else "became qualified opportunities"
    said = {
        "gain": (
            plots.gain(scores, won, outcomes),
            f"The best-scored fifth of the leads holds {held['card']:.0%} of the {outcomes} by {card.version}"
            + "".join(f", {share:.0%} by {name}" for name, share in held.items() if name != "card"),
        ),
        "calibration": (
            plots.calibration(evaluation.chance, won, outcomes),
            f"The chances the card states are {verdict}: calibration slope {slope:.2f}",
        ),
        "bands": (
            plots.bands(evaluation.bands, outcomes),
            f"{best.rate:.0%} of the later leads with {best.score_band} points {became}, {worst.rate:.0%} of those "
            f"with {worst.score_band}",
        ),
        "points": (
            plots.points(card),
            f"{first.replace('_', ' ')} moves the score most: up to {card.span(first)} points",
        ),
    }
    judged = f"{card.version}, judged on {figures['out_of_time_leads']:,} leads later than those it learned from."
    verdict = "Proposed." if report.is_proposed else "Not proposed."
    pictures = [
        {"title": title, "note": f"{judged} {verdict}", "spec": chart.to_dict()} for chart, title in said.values()
    ]
    _leave_for_the_page(folder, judged, pictures)
    paths = {}
    for name, (chart, title) in said.items():
        paths[name] = folder / f"{name}.png"
        chart.properties(title=title).save(str(paths[name]), scale_factor=2)
    return paths


def _outcomes(card: Scorecard) -> str:
    """What the card learned from, as people call it."""
    return "wins" if card.outcome == "won" else "qualified opportunities"


def _by_outcome(table: pd.DataFrame, card: Scorecard) -> pd.DataFrame:
    return table.rename(columns=lambda name: name.replace("wins", _outcomes(card).replace(" ", "_")))


def _unlearned(report: ReviewReport, settings: Settings, summary: str) -> ReviewReport:
    """The report of a review that learned nothing."""
    report.markdown = f"# {report.version}\n\n{summary}\n"
    _leave_for_the_page(_folder(settings, report.version), summary, [])
    return report


def _leave_for_the_page(folder: Path, summary: str, pictures: Sequence[Mapping[str, object]]) -> None:
    text = json.dumps({"summary": summary, "pictures": pictures}, default=float)
    (folder / "review.json").write_text(text, encoding="utf-8")


def _markdown(report: ReviewReport, evaluation: Evaluation, short: Sequence[str]) -> str:
    figures = report.figures
    card = evaluation.trained.card
    verdict = (
        "**Proposed.** To put it into force, add a version to `versions.csv` with both signatures and a row "
        f"`scorecard_version,{card.version}` from that date on to `settings.csv`; what was in force until then keeps "
        "its row, ended on that date (without one: `scorecard_version,rules` from the first version on)."
        if report.is_proposed
        else f"**Not proposed**: {'; '.join(short)}."
    )
    lines = [
        f"# {report.version}",
        "",
        f"Learned from {card.leads:,} handed-off leads with {card.wins:,} outcomes ({card.outcome} within "
        f"{card.horizon_days} days), judged on {figures['out_of_time_leads']:,} later ones.",
        "",
        "| score | AUC out of time | 95 % interval |",
        "| --- | --- | --- |",
        f"| card | {evaluation.auc.value:.3f} | {evaluation.auc.low:.3f}-{evaluation.auc.high:.3f} |",
        f"| rule points | {figures['auc_rules']:.3f} | "
        f"{figures['auc_rules_low']:.3f}-{figures['auc_rules_high']:.3f} |",
        f"| gradient boosting (ceiling) | {evaluation.ceiling.value:.3f} | "
        f"{evaluation.ceiling.low:.3f}-{evaluation.ceiling.high:.3f} |",
        "",
        f"Calibration slope {evaluation.calibration_slope:.2f}; drift against training (PSI) {figures['psi']:.3f}; "
        f"gain over {figures['champion']}: {figures['gain_over_champion']:+.3f} "
        f"({figures['gain_low']:+.3f} to {figures['gain_high']:+.3f}).",
        "",
        verdict,
        "",
        "## By band",
        "",
        _table(_by_outcome(evaluation.bands, card)),
        "",
        f"## Thresholds (proposed: {card.threshold})",
        "",
        _table(_by_outcome(evaluation.thresholds, card)),
        "",
        "## Left out",
        "",
        *([f"- refused: {item}" for item in report.refused] or ["- refused: none"]),
        *[f"- {name}: {reason}" for name, reason in report.dropped.items()],
        "",
    ]
    return "\n".join(lines)


def _table(frame: pd.DataFrame) -> str:
    def text(value: object) -> str:
        if not isinstance(value, float):
            return str(value)
        return f"{value:.3f}" if value % 1 else f"{value:g}"

    head = [f"| {' | '.join(frame.columns)} |", f"| {' | '.join('---' for _ in frame.columns)} |"]
    rows = [f"| {' | '.join(text(item) for item in row)} |" for row in frame.itertuples(index=False)]
    return "\n".join(head + rows)
