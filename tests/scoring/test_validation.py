"""The figures that judge a score, worked by hand."""

import numpy as np
import pandas as pd
import pytest

from scoring import validation


def test_auc_by_hand() -> None:
    # wins 3, 2; losses 2, 1: pairs 3>2, 3>1, 2=2 (half), 2>1 -> 3.5 of 4
    score, won = np.array([3, 2, 2, 1]), np.array([True, True, False, False])
    assert validation.auc(score, won).value == pytest.approx(3.5 / 4)


def test_auc_interval_covers_what_it_should() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        won = rng.random(600) < 0.3
        result = validation.auc(rng.normal(size=600) + won, won)
        covered += result.low <= 0.7602 <= result.high  # Phi(1 / sqrt(2))
    assert 182 <= covered <= 198


def test_equal_scores_do_not_gain() -> None:
    rng = np.random.default_rng(2)
    won = rng.random(500) < 0.4
    score = rng.normal(size=500) + won
    gain = validation.auc_gain(score, score * 2, won)
    assert gain.value == pytest.approx(0)
    assert gain.low == pytest.approx(0)


def test_calibration_slope_sees_boldness() -> None:
    rng = np.random.default_rng(3)
    logit = rng.normal(-1, 1, 200_000)
    won = rng.random(len(logit)) < 1 / (1 + np.exp(-logit))
    assert validation.calibration_slope(1 / (1 + np.exp(-logit)), won) == pytest.approx(1, abs=0.03)
    assert validation.calibration_slope(1 / (1 + np.exp(-2 * logit)), won) == pytest.approx(0.5, abs=0.03)


def test_population_stability_by_hand() -> None:
    # (0.6 - 0.5) ln(0.6 / 0.5) + (0.4 - 0.5) ln(0.4 / 0.5) = 0.018232 + 0.022314
    now, reference = {"00-19": 0.6, "20-39": 0.4}, {"00-19": 0.5, "20-39": 0.5}
    assert validation.population_stability(now, reference) == pytest.approx(0.040547, abs=1e-6)
    assert validation.population_stability(reference, reference) == 0


def test_bands_by_hand() -> None:
    score = np.array([90, 90, 50, 50, 50, 10])
    won = np.array([True, True, True, False, False, False])
    table = validation.by_band(score, won, np.full(6, 0.5)).set_index("score_band")
    assert list(table.index) == ["80-100", "40-59", "00-19"]
    assert table.loc["80-100", "lift"] == pytest.approx(2)  # 1.0 against 0.5
    assert table.gain.tolist() == pytest.approx([2 / 3, 1, 1])


THRESHOLDS = validation.threshold_table(
    pd.DataFrame(
        {
            "score": [10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
            "is_won": [False, False, False, False, True, False, True, True, True, True],
            "has_opportunity": [False, False, True, False, True, True, True, True, True, True],
            "is_rejected": [True, True, False, True, False, False, False, False, False, False],
        }
    ),
    months=2,
)


@pytest.mark.parametrize(
    ("wish", "threshold"),
    [
        pytest.param({"capacity_per_month": 2}, 65, id="four leads in two months stand at 70 and above"),
        pytest.param({"precision": 0.8}, 45, id="five of six from 50 on"),
        pytest.param({}, 70, id="four of five wins from 70 on"),
    ],
)
def test_threshold(wish: dict[str, float], threshold: int) -> None:
    assert validation.choose_threshold(THRESHOLDS, **wish) == threshold
