"""The project as dbt parsed it: what every mart owes its readers, and what no mart may read."""

import json
from pathlib import Path
from typing import Any

import pytest

from orchestration import dbt_project

Node = dict[str, Any]
# Made anew in every night, whatever came: each is small, or as long as the leads that wait.
ASK_THE_CLOCK = {
    "core.dim_date",
    "core.fct_spend",
    "core.handoff_queue",
    "intermediate.int_activity_horizon",
    "intermediate.int_attribution_anchor",
    "intermediate.int_business_window",
    "intermediate.int_event_horizon",
    "intermediate.int_icp_period",
    "intermediate.int_lead_criteria",
    "intermediate.int_lead_signal_now",
    "intermediate.int_maturity_horizon",
    "intermediate.int_opportunity_milestone",
    "intermediate.int_scoring_horizon",
    "intermediate.int_sla_lapse",
    "intermediate.int_touch_horizon",
    "metrics.acquisition_cost",
    "metrics.active_pipeline",
    "metrics.lead_funnel",
    "metrics.metric_month",
    "metrics.metric_quarter",
    "metrics.plan_vs_actual",
    "metrics.plan_vs_actual_quarter",
    "metrics.required_volume",
    "metrics.scoreboard",
    "metrics.source_performance",
    "reviews.review_pipeline_review__next_campaigns",
    "reviews.review_rejection_report__rates",
    "reviews.review_team_meeting__campaigns",
    "reviews.review_team_meeting__stuck_deals",
    "reviews.review_team_meeting__week",
    "scoring.score_performance",
    "scoring.scorecard_version",
    "staging.stg_definitions__setting_in_force",
}


@pytest.fixture(scope="session")
def manifest(core_home: Path) -> Node:
    parsed: Node = json.loads((core_home / "dbt" / "manifest.json").read_text())
    return parsed


def _marts(manifest: Node) -> list[Node]:
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    return [node for node in models if "/marts/" in node["original_file_path"]]


def test_every_mart_has_a_description_an_owner_and_an_enforced_contract(manifest: Node) -> None:
    lacking = {
        mart["name"]
        for mart in _marts(manifest)
        if not mart["description"]
        or not mart["config"]["contract"]["enforced"]
        or not mart["config"]["meta"].get("owner")
        or any(not column["description"] for column in mart["columns"].values())
    }
    assert not lacking


def test_every_mart_has_a_tested_key(manifest: Node) -> None:
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["test_metadata"]["name"] in ("unique", "unique_grain")
    }
    assert {mart["name"] for mart in _marts(manifest) if mart["unique_id"] not in tested} == set()


def test_marts_read_models_and_no_source_of_a_vendor(manifest: Node) -> None:
    def is_foreign(parent: str) -> bool:
        kind, name = parent.split(".")[0], parent.split(".")[2]
        vendor = name.startswith("stg_") and not name.startswith(("stg_definitions__", "stg_quality__"))
        return vendor or (kind == "source" and name not in ("control", "quality", "scoring_store"))

    reads = {
        (mart["name"], parent)
        for mart in _marts(manifest)
        for parent in mart["depends_on"]["nodes"]
        if is_foreign(parent)
    }
    assert not reads


def test_no_other_table_of_rows_asks_the_clock(manifest: Node) -> None:
    """What asks it is made anew each night, and what it moves with it: see docs/decisions/0060."""
    asking = {name for name, parent in dbt_project.reads(manifest) if parent == "control.run"}
    assert {name for name in asking if not name.startswith("test.")} == ASK_THE_CLOCK


def test_the_keys_of_the_core_marts_are_tested_one_by_one(manifest: Node) -> None:
    # a misspelt test name runs no test and says nothing: count them
    core = {mart["unique_id"] for mart in _marts(manifest) if mart["schema"] == "core"}
    keys = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and node["attached_node"] in core
        and node["test_metadata"]["name"] in ("unique", "unique_grain")
    ]
    assert len(core) >= 15
    assert len(keys) >= len(core)
