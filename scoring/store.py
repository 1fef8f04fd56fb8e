"""The scorecards of this house: files in `$HANDOFF_HOME/scorecards`, loaded into the warehouse for the models.

The files are the truth: people may edit points there. Nothing is trained here and nothing heavy imported.
"""

import math
from collections.abc import Iterable
from pathlib import Path

import duckdb

from handoff.definitions import Definitions
from handoff.errors import HandoffError
from handoff.settings import Settings
from handoff.warehouse import transaction
from scoring.card import RULES, Scorecard, read_card
from scoring.signals import ATTRIBUTE_PREFIX, SIGNALS

TABLES = {
    "scorecard": "One row per card.",
    "scorecard_bin": "One row per card, attribute and bin.",
    "scorecard_category": "One row per card, attribute and category, with its bin.",
    "scorecard_band": "One row per card and score band, with the share of the leads it was learned from.",
}
_COLUMNS = {
    "scorecard": (
        "version varchar, trained_at timestamp, method varchar, horizon_days integer, outcome varchar, leads bigint, "
        "wins bigint, auc double, auc_low double, auc_high double, calibration_slope double, threshold integer, "
        "probability_intercept double, probability_slope double"
    ),
    "scorecard_bin": (
        "version varchar, attribute varchar, bin_number integer, kind varchar, bin varchar, lower_bound double, "
        "upper_bound double, points integer, weight_of_evidence double, coefficient double, leads bigint, wins bigint"
    ),
    "scorecard_category": "version varchar, attribute varchar, category varchar, bin_number integer",
    "scorecard_band": "version varchar, score_band varchar, share double",
}


def cards_folder(settings: Settings) -> Path:
    return settings.home / "scorecards"


def read_cards(settings: Settings) -> list[Scorecard]:
    """All cards, by version."""
    return [read_card(path) for path in sorted(cards_folder(settings).glob("*.csv"))]


def named_cards(definitions: Definitions) -> set[str]:
    """The cards that any version of the definitions puts into force."""
    return {row["value"] for row in definitions.files["settings"] if row["setting"] == "scorecard_version"}


def load_cards(settings: Settings, con: duckdb.DuckDBPyConnection, named: Iterable[str] = ()) -> int:
    """Replaces `scoring_store.*` by the cards in the folder; `named` are the versions that the definitions speak of.

    Raises:
        HandoffError: a card cannot be read, asks for what is no signal, or one that the definitions name is not there.
    """
    cards = read_cards(settings)
    unknown = sorted(set(named) - {card.version for card in cards} - {RULES})
    if unknown:
        raise HandoffError(
            f"The definitions name the scorecard {unknown[0]}, which is not there.",
            where=f"settings.csv, scorecard_version; {cards_folder(settings)}",
            why=f"there are the cards {', '.join(card.version for card in cards) or '(none)'} and the rule points",
            remedy="Put the card's CSV and JSON into that folder, or name another version",
        )
    signals = {signal.name for signal in SIGNALS}
    for card in cards:
        for attribute in card.attributes:
            if attribute not in signals and not attribute.startswith(ATTRIBUTE_PREFIX):
                raise HandoffError(
                    "A scorecard asks for what no lead has.",
                    where=f"{cards_folder(settings) / card.version}.csv, attribute {attribute}",
                    why=f"it is no signal, nor a column that a mapping keeps, written {ATTRIBUTE_PREFIX}<header>",
                    remedy=f"Use {', '.join(sorted(signals))}",
                )
    con.execute("create schema if not exists scoring_store")
    with transaction(con):
        for name, columns in _COLUMNS.items():
            con.execute(f"create or replace table scoring_store.{name} ({columns})")
        for card in cards:
            _insert(con, card)
    return len(cards)


def _insert(con: duckdb.DuckDBPyConnection, card: Scorecard) -> None:
    facts = [
        card.version,
        card.trained_at,
        card.method,
        card.horizon_days,
        card.outcome,
        card.leads,
        card.wins,
        card.auc,
        card.auc_low,
        card.auc_high,
        card.calibration_slope,
        card.threshold,
        card.probability_intercept,
        card.probability_slope,
    ]
    con.execute(f"insert into scoring_store.scorecard values ({', '.join('?' * len(facts))})", facts)
    for attribute in card.attributes:
        for number, item in enumerate(card.bins_of(attribute), start=1):
            row = [
                card.version,
                attribute,
                number,
                item.kind,
                item.label,
                _finite(item.lower),
                _finite(item.upper),
                item.points,
                item.weight_of_evidence,
                item.coefficient,
                item.leads,
                item.wins,
            ]
            con.execute(f"insert into scoring_store.scorecard_bin values ({', '.join('?' * len(row))})", row)
            for category in item.categories:
                con.execute(
                    "insert into scoring_store.scorecard_category values (?, ?, ?, ?)",
                    [card.version, attribute, category, number],
                )
    for name, share in card.reference_bands.items():
        con.execute("insert into scoring_store.scorecard_band values (?, ?, ?)", [card.version, name, share])


def _finite(value: float) -> float | None:
    return None if math.isinf(value) else value
