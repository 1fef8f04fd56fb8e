"""Cards learned from the sample, whose true drivers are known: found again, well calibrated, near the ceiling."""

import time
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ingestion.sample.truth import scored_leads, scoring_truth
from scoring import leakage, training, validation
from scoring.card import Scorecard, read_card, write_card
from scoring.signals import SIGNALS, Signal, signal_of

AS_OF = datetime(2026, 6, 1)


@cache
def learned(leads: int, seed: int) -> tuple[training.Trained, pd.DataFrame, pd.DataFrame]:
    """A card from the first three quarters of the leads, with both parts."""
    frame = scored_leads(leads=leads, seed=seed, as_of=AS_OF).sort_values(["scored_at", "lead_id"])
    cut = int(len(frame) * 0.75)
    first, later = frame.iloc[:cut], frame.iloc[cut:]
    trained = training.train(
        first, first.is_won.to_numpy(), signals(frame), version="card", trained_at=AS_OF, horizon_days=180
    )
    return trained, first, later


def signals(frame: pd.DataFrame) -> list[Signal]:
    return [signal for signal in SIGNALS if signal.name in frame]


def points_follow_truth(card: Scorecard, attribute: str) -> float:
    """Rank correlation between the points of an attribute's values and what they truly do."""
    truth = scoring_truth()[attribute]
    points = {value: item.points for item in card.bins_of(attribute) for value in item.categories}
    shared = [value for value in points if value in truth]
    return float(stats.spearmanr([points[value] for value in shared], [truth[value] for value in shared]).statistic)


def assert_found_again(card: Scorecard) -> None:
    for attribute in ("lead_source", "industry"):
        assert points_follow_truth(card, attribute) > 0.8, attribute
    for attribute in ("pricing_page_views_30d", "form_submissions_60d", "event_attendances_60d"):
        points = [item.points for item in card.bins_of(attribute) if item.kind == "number"]
        assert points == sorted(points), attribute
        assert points[-1] > points[0], attribute
    assert not {"country", "growth_stage"} & set(card.attributes)
    sizes = [(item.lower, item.points) for item in card.bins_of("employee_count") if item.kind == "number"]
    best = max(sizes, key=lambda size: size[1])[0]
    assert 150 < best < 1_100
    spans = {name: card.span(name) for name in card.attributes}
    minor = max(spans[name] for name in ("form_submissions_60d", "event_attendances_60d"))
    assert min(spans[name] for name in ("job_level", "industry", "employee_count", "lead_source")) > minor
    assert max(spans, key=lambda name: spans[name]) == "job_level"


def test_small_company_finds_the_direction() -> None:
    trained, _, later = learned(40_000, 1)
    score = trained.card.score(later)
    assert validation.auc(score, later.is_won.to_numpy()).value > 0.72
    assert points_follow_truth(trained.card, "industry") > 0.6
    assert points_follow_truth(trained.card, "lead_source") > 0.6
    assert 0 <= score.min() <= score.max() <= 100
    for attribute in trained.card.attributes:
        assert min(item.points for item in trained.card.bins_of(attribute)) == 0


def test_scores_equal_the_library_lead_by_lead() -> None:
    trained, first, later = learned(40_000, 1)
    for frame in (first, later):
        assert (trained.card.score(frame) == trained.score_by_library(frame)).all()


def test_a_planted_leak_is_refused_by_name() -> None:
    frame = scored_leads(leads=20_000, seed=1, as_of=AS_OF)
    won = frame.is_won.to_numpy()
    frame["attribute:Customer_Tier__c"] = np.where(won, "Gold", None)
    frame["attribute:Invoice_Total__c"] = np.where(won, 1000.0 + frame.lead_id % 7, 0.0)
    names = [signal.name for signal in signals(frame)] + ["attribute:Customer_Tier__c", "attribute:Invoice_Total__c"]
    refused = {refusal.signal for refusal in leakage.suspicious(frame, won, names)}
    assert refused == {"attribute:Customer_Tier__c", "attribute:Invoice_Total__c"}


LEAKS = {
    "a flag": lambda won, chance: won.astype(float),
    "a count of 0, 1 or 2": lambda won, chance: np.where(won, 1 + (chance < 0.5), 0.0),
    "a sum, mostly 0": lambda won, chance: np.where(won, 1 + chance, 0.0),
    "a sum": lambda won, chance: won + chance,
    "a text": lambda won, chance: np.where(won, "yes", "no"),
}


@pytest.mark.parametrize("wins", [12, 200])
@pytest.mark.parametrize("leak", LEAKS)
def test_a_value_that_tells_the_outcome_is_refused(leak: str, wins: int) -> None:
    rng = np.random.default_rng(3)
    won = rng.permutation(2_000) < wins
    assert leakage.suspicious(pd.DataFrame({"x": LEAKS[leak](won, rng.random(2_000))}), won, ["x"])


@pytest.mark.parametrize("wins", [10, 20, 60])
def test_chance_is_no_leak_where_outcomes_are_few(wins: int) -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        won = rng.permutation(300) < wins
        frame = pd.DataFrame({"number": rng.integers(10, 5_000, 300), "text": rng.integers(0, 60, 300).astype(str)})
        assert not leakage.suspicious(frame, won, list(frame))


def test_a_category_called_missing_is_told_from_no_value(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"country": rng.choice(["missing", "france", None], 6_000)})
    won = rng.random(6_000) < frame.country.map({"missing": 0.5, "france": 0.1}).fillna(0.3)
    card = training.train(frame, won.to_numpy(), signals(frame), version="x", trained_at=AS_OF, horizon_days=180).card
    labels = [item.label for item in read_card(write_card(card, tmp_path)).bins]
    assert {"'missing'", "missing"} <= set(labels)


def card_of(name: str, values: np.ndarray, won: np.ndarray) -> Scorecard:
    """A card from one column, which scores as the library's bins do."""
    frame = pd.DataFrame({name: values})
    asked = [signal_of(name, is_number=frame[name].dtype.kind == "f")]
    trained = training.train(frame, won, asked, version="x", trained_at=AS_OF, horizon_days=180)
    assert (trained.card.score(frame) == trained.score_by_library(frame)).all()
    return trained.card


@pytest.mark.parametrize("rate", [0.0, 1.0], ids=["none was won", "all were won"])
def test_a_bin_without_a_win_or_a_loss_has_points_by_half_a_one(rate: float) -> None:
    rng = np.random.default_rng(2)
    sizes = np.where(rng.random(3_000) < 0.1, np.nan, rng.integers(0, 100, 3_000))
    won = rng.random(3_000) < np.where(np.isnan(sizes), rate, np.where(sizes > 50, 0.3, 0.1))
    card = card_of("employee_count", sizes, won)
    missing = next(item for item in card.bins if item.kind == "missing")
    wins, losses = int(won.sum()), int((~won).sum())
    assert missing.wins == rate * missing.leads
    assert missing.leads > 0
    assert missing.points == 100 * rate
    half = np.log((missing.wins or 0.5) / wins / ((missing.leads - missing.wins or 0.5) / losses))
    assert missing.weight_of_evidence == pytest.approx(half)


@pytest.mark.parametrize("few", [1, 3, 10])
def test_a_few_losses_without_a_value_are_no_sign_of_wins(few: int) -> None:
    rng = np.random.default_rng(1)
    sizes = rng.integers(1, 2_000, 4_000).astype(float)
    won = rng.random(4_000) < np.where(sizes > 600, 0.03, 0.01)
    sizes[np.flatnonzero(~won)[:few]] = np.nan
    card = card_of("employee_count", sizes, won)
    missing = next(item for item in card.bins if item.kind == "missing")
    assert (missing.leads, missing.wins) == (few, 0)
    assert missing.weight_of_evidence == pytest.approx(0, abs=0.05)


def test_the_cuts_of_a_card_have_no_more_digits_than_they_need() -> None:
    rng = np.random.default_rng(1)
    tenths = rng.integers(0, 11, 4_000) / 10
    card = card_of("attribute:x", tenths, rng.random(4_000) < 0.05 + 0.4 * tenths)
    assert len(card.bins) > 3
    assert all(len(repr(item.lower)) <= 4 for item in card.bins)


@pytest.mark.parametrize(
    ("values", "chances"),
    [
        pytest.param(1e9 + np.arange(0.0, 3_000.0, 30), np.linspace(0.05, 0.4, 100), id="numbers of ten digits"),
        pytest.param(
            np.array(["it", "software", "it, software", "retail", "energy", "media", "health"], object),
            [0.4, 0.4, 0.02, 0.1, 0.1, 0.2, 0.2],
            id="a comma in a category",
        ),
        pytest.param(np.array([0.25, 0.75]), [0.05, 0.3], id="fractions parted halfway between whole numbers"),
        pytest.param(np.array([0.2, 0.4, 0.6]), [0.05, 0.2, 0.4], id="fractions"),
        pytest.param(np.array([-1.0, 0.0, 1.0]), [0.05, 0.2, 0.4], id="about zero"),
    ],
)
def test_the_bins_of_a_card_are_told_apart(values: np.ndarray, chances: list[float], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    which = rng.integers(0, len(values), 4_000)
    card = card_of("attribute:x", values[which], rng.random(4_000) < np.asarray(chances)[which])
    again = read_card(write_card(card, tmp_path))
    assert [(item.lower, item.upper, item.leads) for item in again.bins] == [
        (item.lower, item.upper, item.leads) for item in card.bins
    ]
    assert all(
        item.label.startswith(f"{item.lower!r}".removesuffix(".0")) for item in card.bins if item.lower > -np.inf
    )


def test_other_values_are_counted_apart_from_the_categories_they_are_binned_with() -> None:
    rng = np.random.default_rng(1)
    chances = {"france": 0.05, "spain": 0.1, "italy": 0.15, "poland": 0.2, "sweden": 0.25, "austria": 0.3}
    countries = np.where(rng.random(4_000) < 0.5, rng.choice(list(chances), 4_000), rng.integers(0, 300, 4_000))
    won = rng.random(4_000) < np.array([chances.get(country, 0.15) for country in countries])
    bins = card_of("country", countries.astype(object), won).bins
    for item in bins:
        held = ~np.isin(countries, list(chances)) if item.kind == "other" else np.isin(countries, item.categories)
        assert (item.leads, item.wins) == (held.sum(), won[held].sum()), item.label
    weight = next(item.weight_of_evidence for item in bins if item.kind == "other")
    assert any(item.weight_of_evidence == weight for item in bins if item.kind == "category")


def test_noise_makes_no_card() -> None:
    from handoff.errors import HandoffError

    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"sessions_30d": rng.poisson(3, 4_000).astype(float), "country": rng.choice(["a", "b"], 4_000)}
    )
    with pytest.raises(HandoffError, match="No scorecard came out"):
        training.train(frame, rng.random(4_000) < 0.1, signals(frame), version="x", trained_at=AS_OF, horizon_days=180)


def test_what_the_extracts_do_not_bring_is_left_out_of_the_ceiling() -> None:
    frame = scored_leads(leads=2_000, seed=1, as_of=AS_OF)
    without = frame.assign(annual_revenue=np.nan, industry=None)
    chances = training.ceiling(without, frame.is_won.to_numpy(), without, signals(frame))
    assert validation.auc(chances, frame.is_won.to_numpy()).value > 0.5


@pytest.mark.heavy
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_large_company_finds_the_drivers_again(seed: int) -> None:
    trained, first, later = learned(200_000, seed)
    won = later.is_won.to_numpy()
    score = trained.card.score(later)
    ceiling = training.ceiling(first, first.is_won.to_numpy(), later, signals(first))
    assert validation.auc(score, won).value > validation.auc(ceiling, won).value - 0.03
    assert 0.9 <= validation.calibration_slope(trained.card.probability(score), won) <= 1.1
    assert (score == trained.score_by_library(later)).all()
    assert_found_again(trained.card)


@pytest.mark.heavy
def test_a_million_leads_and_forty_signals_in_time() -> None:
    import resource

    rng = np.random.default_rng(11)
    count = 1_000_000
    frame = pd.DataFrame({f"n{number}": rng.poisson(2, count).astype(float) for number in range(30)})
    for number in range(10):
        frame[f"c{number}"] = rng.choice([f"value {part}" for part in range(12)], count)
    logit = -3 + 0.3 * frame.n0 + 0.2 * frame.n1 - 0.25 * frame.n2 + 0.5 * (frame.c0 == "value 3")
    won = rng.random(count) < 1 / (1 + np.exp(-logit.to_numpy()))
    asked = [Signal(name, "number", "auto") if name[0] == "n" else Signal(name, "category") for name in frame]
    started = time.monotonic()
    training.train(frame, won, asked, version="big", trained_at=AS_OF, horizon_days=180)
    assert time.monotonic() - started < 180
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 6 * 1024 * 1024
