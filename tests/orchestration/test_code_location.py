"""The code location as Dagster loads it: assets, the links between them, checks, the job, what starts it."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

from handoff.settings import CHECKOUT, Settings
from ingestion.mapping import SHIPPED, load_mappings
from orchestration.landing import landing_state
from tests.conftest import begin_home

KEY = dg.AssetKey.from_user_string


@pytest.fixture(scope="session")
def definitions(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Iterator[dg.Definitions]:
    """Loaded as the UI loads them: the settings come from the environment."""
    given = os.environ.get("HANDOFF_HOME")
    os.environ["HANDOFF_HOME"] = str(begin_home(parsed_project, tmp_path_factory.mktemp("code_location")))
    try:
        from orchestration.definitions import defs

        yield defs()
    finally:
        os.environ.pop("HANDOFF_HOME")
        if given:
            os.environ["HANDOFF_HOME"] = given


@pytest.fixture(scope="session")
def graph(definitions: dg.Definitions) -> AssetGraph:
    return definitions.resolve_asset_graph()


@pytest.mark.parametrize(
    "key",
    [
        "raw/salesforce__lead",
        "quality/load_log",
        "quality/quarantine",
        "definitions/stage_criteria",
        "staging/stg_salesforce__lead",
        "core/fct_lead",
        "core/fct_opportunity",
        "attribution/fct_attribution",
        "metrics/scoreboard",
        "publish/marts",
        "publish/review_pages",
    ],
)
def test_the_assets_are_there(graph: AssetGraph, key: str) -> None:
    assert graph.has(KEY(key))


def test_every_raw_table_of_the_shipped_mappings_is_an_asset(graph: AssetGraph) -> None:
    mappings = load_mappings(Settings(_env_file=None, home=Path("unused")))
    missing = [
        f"{mapping.source}__{name}"
        for mapping in mappings
        for name in mapping.objects
        if not graph.has(dg.AssetKey(["raw", f"{mapping.source}__{name}"]))
    ]
    assert missing == []


def test_an_object_of_ones_own_beside_a_shipped_source_is_in_the_lineage(
    graph: AssetGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.defs import extracts

    shipped = (SHIPPED / "salesforce.yml").read_text(encoding="utf-8")
    partner = "  partner_lead: {entity: lead, fields: {native_id: Id}}\n"
    (tmp_path / "salesforce.yml").write_text(
        shipped.replace("\nobjects:\n", f"\nobjects:\n{partner}"), encoding="utf-8"
    )
    mappings = load_mappings(Settings(_env_file=None, home=Path("unused"), sources=tmp_path))
    monkeypatch.setattr(extracts, "OBJECTS", [(mapping, name) for mapping in mappings for name in mapping.objects])
    (mapped,) = [spec for spec in extracts.table_specs() if spec.key == KEY("raw/mapped__lead")]
    assert [dep.asset_key for dep in mapped.deps] == [KEY("extracts/salesforce/partner_lead")]


def test_dbt_sources_are_the_tables_that_the_night_makes(graph: AssetGraph) -> None:
    """An asset that nothing makes would cut the lineage between the file and the models."""
    made = set(graph.materializable_asset_keys)
    outside = {key for key in graph.get_all_asset_keys() if key not in made and key.path[0] != "extracts"}
    assert sorted(key.to_user_string() for key in outside) == []


def test_the_scoreboard_reaches_back_to_every_kind_of_extract(graph: AssetGraph) -> None:
    upstream = graph.get_ancestor_asset_keys(KEY("metrics/scoreboard"))
    for extract in ("salesforce/lead", "salesforce/opportunity", "google_ads/campaign_daily", "ga4/session"):
        assert KEY(f"extracts/{extract}") in upstream


def test_every_asset_says_what_it_is_and_who_answers_for_it(graph: AssetGraph) -> None:
    nodes = [graph.get(key) for key in graph.materializable_asset_keys]
    nameless = [n.key.to_user_string() for n in nodes if not (n.description and n.owners and n.group_name and n.kinds)]
    assert nameless == []
    assert {node.group_name for node in nodes} >= {"raw", "quality", "staging", "intermediate", "core", "metrics"}


def test_the_gate_blocks_what_comes_after_it(graph: AssetGraph) -> None:
    check = graph.get(dg.AssetCheckKey(KEY("quality/lead_admission"), "batch_is_acceptable"))
    assert check.blocking


def test_data_tests_are_checks(graph: AssetGraph) -> None:
    checked = {key.asset_key.path[0] for key in graph.asset_check_keys}
    assert checked >= {"core", "attribution", "metrics", "quality"}


def test_the_job_runs_everything_in_one_process(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("nightly")
    assert job.executor_def.name == "in_process"
    assert {"load_extracts", "gate", "build_models", "publish__marts", "publish__review_pages"} <= {
        node.name for node in job.nodes
    }


def test_the_schedule_has_a_time_zone(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("nightly")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 2 * * *", "UTC")
    monthly = definitions.resolve_schedule_def("scoring_monthly")
    assert (monthly.cron_schedule, monthly.execution_timezone) == ("0 6 1 * *", "UTC")


def test_the_root_only_loads() -> None:
    source = (CHECKOUT / "orchestration" / "definitions.py").read_text()
    assert len(source.splitlines()) < 50
    assert "@dg.asset" not in source


def test_the_sensor_waits_until_files_are_settled(tmp_path: Path) -> None:
    assert landing_state(str(tmp_path), timedelta(0)) is None
    file = tmp_path / "crm" / "lead" / "a.csv"
    file.parent.mkdir(parents=True)
    file.write_text("Id\n1\n")
    assert landing_state(str(tmp_path), timedelta(minutes=1)) is None
    first = landing_state(str(tmp_path), timedelta(0))
    assert first is not None
    assert landing_state(str(tmp_path), timedelta(0)) == first
    file.write_text("Id\n1\n2\n")
    assert landing_state(str(tmp_path), timedelta(0)) != first
    ahead = datetime.now(UTC) + timedelta(days=1)
    os.utime(file, (ahead.timestamp(), ahead.timestamp()))
    assert landing_state(str(tmp_path), timedelta(minutes=1)) is not None, "dated by a clock that is ahead"
