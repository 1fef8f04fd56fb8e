"""A card as data: bins, points and scores by hand; its file; the store the models read."""

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from handoff.errors import HandoffError
from handoff.settings import DBT_PROJECT, Settings
from scoring.card import Bin, Scorecard, band, read_card, write_card
from scoring.signals import SIGNALS
from scoring.store import load_cards

CARD = Scorecard(
    version="card-a",
    trained_at=datetime(2026, 6, 1),
    bins=(
        Bin("sessions_30d", "number", "0", 0, upper=1),
        Bin("sessions_30d", "number", "1 to 2", 20, lower=1, upper=3),
        Bin("sessions_30d", "number", "3 or more", 60, lower=3),
        Bin("sessions_30d", "missing", "missing", 5),
        Bin("industry", "category", "media, retail", 10, categories=("media", "retail")),
        Bin("industry", "category", "technology", 40, categories=("technology",)),
        Bin("industry", "other", "other values", 15),
        Bin("industry", "missing", "missing", 12),
    ),
    reference_bands={"00-19": 0.25, "20-39": 0.75},
)


@pytest.mark.parametrize(
    ("sessions", "industry", "score"),
    [
        pytest.param(0, "Technology", 40, id="lowest number, category in another case"),
        pytest.param(1, " media ", 30, id="lower bound is inside, text trimmed"),
        pytest.param(2.9, "retail", 30, id="upper bound is outside"),
        pytest.param(3, "technology", 100, id="best of all"),
        pytest.param(np.nan, "farming", 20, id="missing number, unknown text"),
        pytest.param(np.inf, "media", 15, id="a number without end is missing"),
        pytest.param(-np.inf, "media", 15, id="nor one without a beginning"),
        pytest.param(0, None, 12, id="missing text"),
        pytest.param(0, "", 12, id="empty text is missing"),
    ],
)
def test_score_by_hand(sessions: float, industry: str | None, score: int) -> None:
    assert CARD.score(pd.DataFrame({"sessions_30d": [sessions], "industry": [industry]})).tolist() == [score]


def test_a_column_that_is_not_there_counts_as_missing() -> None:
    assert CARD.score(pd.DataFrame({"sessions_30d": [3.0, 0.0]})).tolist() == [72, 12]


def test_a_score_stays_between_0_and_100() -> None:
    doubled = replace(CARD, bins=tuple(replace(item, points=item.points * 2 - 30) for item in CARD.bins))
    scores = doubled.score(pd.DataFrame({"sessions_30d": [3.0, 0.0], "industry": ["technology", "media"]}))
    assert scores.tolist() == [100, 0]


@pytest.mark.parametrize(
    ("score", "name"), [(0, "00-19"), (19, "00-19"), (20, "20-39"), (79, "60-79"), (100, "80-100")]
)
def test_bands(score: int, name: str) -> None:
    assert band(score) == name


def test_a_card_survives_its_file(tmp_path: Path) -> None:
    path = write_card(CARD, tmp_path)
    assert read_card(path) == CARD
    path.write_text(path.read_text(), encoding="utf-8-sig")  # as a spreadsheet saves it
    assert read_card(path) == CARD


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("number,0,,1.0,,0", "number,0,,1.0,,many", "line 2", id="points"),
        pytest.param("number,0,,1.0,,0", "number,0,,1.0,,99999999999", "line 2.*is beyond", id="too many points"),
        pytest.param("sessions_30d,number,0", "sessions_30d,numbr,0", "line 2", id="kind"),
        pytest.param("card-a,industry,other", "card-a,branch,other", "without points", id="no bin for other texts"),
        pytest.param("industry,missing", "industry,other", "0 bins for missing values", id="no bin for missing values"),
        pytest.param("industry,other", "industry,missing", "2 bins for missing values", id="two for missing values"),
        pytest.param("version,attribute", "version,signal", "other columns", id="header"),
        pytest.param("\ncard-a.*", "\n", "has no bins", id="nothing but the header"),
        pytest.param("3 or more,3.0", "3 or more,2.0", "'1 to 2' and '3 or more' overlap", id="overlapping numbers"),
        pytest.param("3 or more,3.0", "3 or more,4.0", "'1 to 2' and '3 or more' leave a gap", id="a gap in numbers"),
        pytest.param("1 to 2,1.0,3.0", "1 to 2,3.0,1.0", "'1 to 2' ends before it begins", id="bounds the wrong way"),
        pytest.param("number,0,,", "number,0,0.0,", "attribute sessions_30d.*no lower bound", id="a closed end"),
        pytest.param("industry,other", "industry,number", "side by side", id="numbers beside texts"),
        pytest.param('""retail""', '""Media ""', "'media' stands twice", id="a category twice, in another case"),
        pytest.param('""retail""', '""  ""', "line 6.*lists its categories", id="an empty category"),
        pytest.param(r'"\[""technology""\]"', "technology", r'line 7.*\["one", "two"\]', id="categories in plain text"),
        pytest.param(r'"\[""technology""\]"', "", "line 7.*lists its categories", id="a bin of no category"),
        pytest.param("other,other values", "other,technology", "two bins are called 'technology'", id="a name twice"),
    ],
)
def test_a_broken_card_is_refused_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = write_card(CARD, tmp_path)
    text, changed = re.subn(old, new, path.read_text(), count=1, flags=re.DOTALL)
    assert changed
    path.write_text(text)
    with pytest.raises(HandoffError, match=message) as refused:
        read_card(path)
    assert str(path) in str(refused.value)


def test_a_card_that_a_spreadsheet_saved_in_its_own_letters_is_refused(tmp_path: Path) -> None:
    path = write_card(CARD, tmp_path)
    path.write_bytes(path.read_text().replace("technology", "süßwaren").encode("cp1252"))
    with pytest.raises(HandoffError, match=f"{path}.*Save it as a CSV file in UTF-8"):
        read_card(path)


def test_a_card_that_no_night_would_read_is_not_written(tmp_path: Path) -> None:
    bins = tuple(replace(item, label="0") if item.label == "1 to 2" else item for item in CARD.bins)
    with pytest.raises(HandoffError, match="two bins are called '0'"):
        write_card(replace(CARD, bins=bins), tmp_path)
    assert not list(tmp_path.iterdir())


def test_letters_case_and_blanks_of_a_category_do_not_matter(tmp_path: Path) -> None:
    path = write_card(CARD, tmp_path)
    path.write_text(path.read_text().replace('""technology""', '"" Technology""'))
    assert read_card(path) == CARD


@pytest.mark.parametrize("name", ["rules", "rules-1.0"])
def test_no_card_goes_by_the_name_of_the_rule_points(tmp_path: Path, name: str) -> None:
    with pytest.raises(HandoffError, match="name of the rule points"):
        read_card(write_card(replace(CARD, version=name), tmp_path))


@pytest.mark.parametrize("attribute", ["industri", "Product_Interest__c"])
def test_a_card_that_asks_for_no_signal_stops_the_night(tmp_path: Path, attribute: str) -> None:
    bins = tuple(replace(item, attribute=attribute) if item.attribute == "industry" else item for item in CARD.bins)
    write_card(replace(CARD, bins=bins), tmp_path / "scorecards")
    with pytest.raises(HandoffError, match=rf"card-a\.csv, attribute {attribute}\. Why: it is no signal"):
        load_cards(Settings(_env_file=None, home=tmp_path), duckdb.connect())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param('"horizon_days"', '"horizon"', "horizon is not known here", id="an unknown fact"),
        pytest.param(
            '"trained_at": "2026', '"trained_at": "in 2026', "trained_at: .*valid datetime", id="a time that is none"
        ),
        pytest.param('"trained_at"', '"was_trained_at"', "was_trained_at is not known", id="a fact under another name"),
        pytest.param(
            '"threshold": null', '"threshold": "high"', "threshold: .*valid integer", id="a text for a number"
        ),
        pytest.param(
            '"threshold": null', '"threshold": 99999999999', "is beyond", id="a threshold that nobody reaches"
        ),
        pytest.param('"auc": null', '"auc": "good"', "auc: .*valid number", id="a text for a share"),
        pytest.param(r'"reference_bands": {.*?}', '"reference_bands": [1]', "reference_bands: ", id="a list of bands"),
        pytest.param("{.*", "[]", "facts of a scorecard", id="a list of facts"),
        pytest.param("^{", "", "facts of a scorecard", id="no JSON"),
        pytest.param('"card-a"', '"card-b"', "another name than its file", id="another card's"),
    ],
)
def test_broken_facts_are_refused_with_their_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = write_card(CARD, tmp_path).with_suffix(".json")
    text, changed = re.subn(old, new, path.read_text(), count=1, flags=re.DOTALL)
    assert changed
    path.write_text(text)
    with pytest.raises(HandoffError, match=message) as refused:
        read_card(path.with_suffix(".csv"))
    assert str(path) in str(refused.value)


def test_a_copied_card_is_refused_until_its_version_is_its_name(tmp_path: Path) -> None:
    path = write_card(CARD, tmp_path)
    copy = path.with_name("card-b.csv")
    copy.write_text(path.read_text())
    copy.with_suffix(".json").write_text(path.with_suffix(".json").read_text())
    with pytest.raises(HandoffError, match=r"card-b\.csv, line 2.*the version is 'card-a'"):
        read_card(copy)


def test_cards_that_cannot_be_loaded_leave_those_of_before(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, home=tmp_path)
    con = duckdb.connect()
    write_card(CARD, tmp_path / "scorecards")
    load_cards(settings, con)
    write_card(replace(CARD, version="card-b", leads=10**40), tmp_path / "scorecards")
    with pytest.raises(HandoffError, match=r"card-b\.json.*is beyond"):
        load_cards(settings, con)
    assert con.sql("select version from scoring_store.scorecard").fetchall() == [("card-a",)]


def test_the_store_holds_the_cards_of_the_folder(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, home=tmp_path)
    con = duckdb.connect()
    assert load_cards(settings, con) == 0
    write_card(CARD, tmp_path / "scorecards")
    assert load_cards(settings, con, named=["rules", "card-a"]) == 1
    assert con.sql("select count(*), sum(points) from scoring_store.scorecard_bin").fetchall() == [(8, 162)]
    assert con.sql("select category, bin_number from scoring_store.scorecard_category order by 1").fetchall() == [
        ("media", 1),
        ("retail", 1),
        ("technology", 2),
    ]
    assert con.sql("select sum(share) from scoring_store.scorecard_band").fetchall() == [(1.0,)]


def test_a_signed_card_that_is_not_there_stops_the_night(tmp_path: Path) -> None:
    with pytest.raises(HandoffError, match="card-b, which is not there"):
        load_cards(Settings(_env_file=None, home=tmp_path), duckdb.connect(), named=["card-b"])


@pytest.mark.parametrize("kind", ["number", "category"])
def test_the_sql_scores_the_signals_that_a_card_may_use(kind: str) -> None:
    macros = (DBT_PROJECT / "macros" / "scoring.sql").read_text()
    listed = macros.partition(f"macro {kind}_signals()")[2].partition("endmacro")[0]
    assert re.findall(r'"(\w+)"', listed) == [signal.name for signal in SIGNALS if signal.kind == kind]
