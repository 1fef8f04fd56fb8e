"""Which nodes a night leaves alone, on a graph that fits on a page."""

import threading
from typing import Any

import pytest

from handoff.settings import Settings
from orchestration import dbt_project
from orchestration.dbt_project import reads, untouched

SOURCES = {
    "source.lead": {"schema": "raw", "identifier": "crm__lead"},
    "source.run": {"schema": "control", "identifier": "run"},
}


def node(name: str, *parents: str, kind: str = "model", made: str = "table") -> dict[str, Any]:
    return {
        **{"name": name, "alias": name, "schema": "core", "resource_type": kind},
        **{"config": {"materialized": made}, "depends_on": {"nodes": list(parents)}},
    }


MANIFEST = {
    "sources": SOURCES,
    "nodes": {
        "seed": node("seed", kind="seed", made="seed"),
        "stg": node("stg", "source.lead", made="view"),
        "lead": node("lead", "stg", "seed"),
        "waiting": node("waiting", "lead", "source.run"),
        "test.lead": node("unique_lead", "lead", kind="test", made="test"),
    },
}
EVERYTHING_ON_RECORD = {"core.lead", "core.waiting", "test.lead"}


@pytest.mark.parametrize(
    ("moved", "on_record", "built"),
    [
        pytest.param(set(), EVERYTHING_ON_RECORD, [], id="nothing moved"),
        pytest.param({"control.run"}, EVERYTHING_ON_RECORD, ["waiting"], id="the clock"),
        pytest.param(
            {"raw.crm__lead"}, EVERYTHING_ON_RECORD, ["lead", "test.lead", "waiting"], id="leads: the view stands"
        ),
        pytest.param(set(), EVERYTHING_ON_RECORD - {"test.lead"}, ["test.lead"], id="a test that did not pass"),
        pytest.param(
            set(), EVERYTHING_ON_RECORD - {"core.lead"}, ["lead", "test.lead", "waiting"], id="a table built by hand"
        ),
    ],
)
def test_what_a_night_builds(moved: set[str], on_record: set[str], built: list[str]) -> None:
    assert sorted(MANIFEST["nodes"].keys() - untouched(MANIFEST, moved, on_record)) == built


def test_a_table_reads_through_views() -> None:
    assert reads(MANIFEST) == [
        ("core.stg", "raw.crm__lead"),
        ("core.lead", "core.seed"),
        ("core.lead", "raw.crm__lead"),
        ("core.waiting", "control.run"),
        ("core.waiting", "core.lead"),
        ("test.lead", "core.lead"),
    ]


def test_what_ends_dbt_s_thread_ends_the_night(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        assert threading.current_thread().name == "dbt"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(dbt_project, "parsed", lambda settings: None)
    monkeypatch.setattr(dbt_project, "_invoke", full)
    with pytest.raises(OSError, match="No space left"):
        list(dbt_project.build(Settings(_env_file=None), ["--select", "x"]))
