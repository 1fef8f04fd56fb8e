"""What Handoff itself asks of the published file: without one, or with one that is none, each says what to do."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from handoff import planning, semantic
from handoff.errors import HandoffError
from handoff.settings import Settings
from publishing import postgres
from reviews import notify, site

ASKING: dict[str, Callable[[Settings], object]] = {
    "query": semantic.open_semantic_layer,
    "what-if": planning.what_if,
    "review pages": lambda settings: site.build(settings, date(2026, 6, 1)),
    "what is due": notify._business_days,
    "PostgreSQL": postgres.publish,
}


@pytest.mark.parametrize("asking", ASKING.values(), ids=ASKING.keys())
def test_without_a_build_the_error_says_what_to_do(asking: Callable[[Settings], object], tmp_path: Path) -> None:
    settings = Settings(_env_file=None, home=tmp_path, postgres_url="postgresql://127.0.0.1:1/nowhere")
    with pytest.raises(HandoffError, match=r"no published build yet.*marts\.duckdb.*make nightly"):
        asking(settings)


@pytest.mark.parametrize("name", ["query", "what-if", "review pages", "what is due"])
def test_a_file_that_is_damaged_is_named(name: str, tmp_path: Path, built_home: Path) -> None:
    settings = Settings(_env_file=None, home=tmp_path)
    settings.publish.mkdir()
    (settings.publish / "marts.duckdb").write_bytes(b"no database" * 10_000)
    manifest = built_home / "publish" / "current" / semantic.SEMANTIC_MANIFEST
    (settings.publish / semantic.SEMANTIC_MANIFEST).write_bytes(manifest.read_bytes())
    with pytest.raises(HandoffError, match=r"published file cannot be read.*marts\.duckdb.*make nightly"):
        ASKING[name](settings)
