"""Fixtures of the ingestion tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import ingestion.mapping
from tests.ingestion.lab import Zone


@pytest.fixture
def no_vendors(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No shipped mappings: a load then prepares the tables of the test's own source alone, which is faster."""
    monkeypatch.setattr(ingestion.mapping, "SHIPPED", tmp_path_factory.mktemp("no_vendors"))
    ingestion.mapping.shipped_mappings.cache_clear()
    yield
    monkeypatch.undo()
    ingestion.mapping.shipped_mappings.cache_clear()


@pytest.fixture
def zone(tmp_path: Path, no_vendors: None) -> Iterator[Zone]:
    made = Zone(tmp_path)
    yield made
    made.close()
