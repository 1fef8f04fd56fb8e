"""The semantic layer over a published build: the same figures as `metrics.metric_month`, every metric, every month."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime

import duckdb
import pytest

from handoff.errors import HandoffError
from handoff.semantic import SemanticLayer, open_semantic_layer
from handoff.settings import CHECKOUT, Settings
from tests.conftest import night_environment
from tests.semantic.test_agreement import dictionary


@pytest.fixture(scope="module")
def layer(built_settings: Settings) -> Iterator[SemanticLayer]:
    opened = open_semantic_layer(built_settings)
    yield opened
    opened.close()


@pytest.mark.parametrize("metric", dictionary())
def test_metric_by_month(layer: SemanticLayer, marts: duckdb.DuckDBPyConnection, metric: str) -> None:
    asked = {
        month.date() if isinstance(month, datetime) else month: value
        for month, value in layer.query([metric], ["metric_time__month"]).rows
    }
    mart = marts.execute(
        "select month_start, value, is_additive from metrics.metric_month where metric = ?", [metric]
    ).fetchall()
    assert len(mart) >= 12
    for month, value, is_additive in mart:
        found = asked.get(month, 0.0 if is_additive else None)
        assert (None if found is None else float(found)) == pytest.approx(value), month


def test_the_command_prints_the_figures(built_settings: Settings) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "handoff.cli",
            "query",
            "leads",
            "--by",
            "metric_time__month,lead__channel",
            "--limit",
            "3",
        ],
        cwd=CHECKOUT,
        env=night_environment(built_settings.home),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.strip().splitlines()
    assert lines[0].split() == ["metric_time__month", "lead__channel", "leads"]
    assert len(lines) == 4


def test_without_a_publish_the_error_says_what_to_do(built_settings: Settings) -> None:
    nowhere = built_settings.model_copy(update={"home": built_settings.home / "nowhere"})
    with pytest.raises(HandoffError, match="make nightly"):
        open_semantic_layer(nowhere)
