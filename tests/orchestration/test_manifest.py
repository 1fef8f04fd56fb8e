"""What the project promises about its models, read from the parsed manifest: who reads what, keys, words, owners."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from handoff.settings import CHECKOUT, DBT_PROJECT, Settings
from orchestration.translator import MARTS, Translator, attach_singular_tests
from tests.conftest import night_environment

Node = dict[str, Any]


@pytest.fixture(scope="session")
def manifest(parsed_project: Path) -> dict[str, Any]:
    from orchestration.dbt_project import manifest

    return attach_singular_tests(manifest(Settings(_env_file=None, home=parsed_project)))


@pytest.fixture(scope="session")
def models(manifest: dict[str, Any]) -> dict[str, Node]:
    return {name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"}


@pytest.fixture(scope="session")
def marts(models: dict[str, Node]) -> dict[str, Node]:
    return {name: node for name, node in models.items() if node["schema"] in MARTS}


def names(nodes: dict[str, Node]) -> list[str]:
    return sorted(node["name"] for node in nodes.values())


def test_marts_read_neither_sources_nor_staging(manifest: dict[str, Any], marts: dict[str, Node]) -> None:
    """Staging of definitions is the shared vocabulary, not a source's; the run's now comes from control.run."""
    allowed = ("stg_definitions__",)
    wrong = []
    for node in marts.values():
        for parent in node["depends_on"]["nodes"]:
            if parent.startswith("source.") and manifest["sources"][parent]["source_name"] != "control":
                wrong.append(f"{node['name']} reads {parent}")
            staging = manifest["nodes"].get(parent, {}).get("schema") == "staging"
            if staging and not manifest["nodes"][parent]["name"].startswith(allowed):
                wrong.append(f"{node['name']} reads {parent}")
    assert wrong == []


def test_staging_reads_its_own_source(manifest: dict[str, Any], models: dict[str, Node]) -> None:
    shared = {"control", "quality"}
    wrong = []
    for node in models.values():
        if node["schema"] != "staging":
            continue
        folder = node["original_file_path"].split("/")[2]
        for parent in node["depends_on"]["nodes"]:
            source = manifest["sources"].get(parent)
            if source and source["source_name"] not in shared:
                own = source["name"].startswith(f"{folder}__") or source["name"].startswith("mapped__")
                if not own and folder not in (source["source_name"], "mapped"):
                    wrong.append(f"{node['name']} reads {source['name']}")
    assert wrong == []


def test_every_mart_is_described_with_its_columns(marts: dict[str, Node]) -> None:
    missing = [node["name"] for node in marts.values() if not node["description"]]
    columns = [
        f"{node['name']}.{column['name']}"
        for node in marts.values()
        for column in node["columns"].values()
        if not column["description"]
    ]
    assert (missing, columns) == ([], [])


def test_every_mart_has_an_enforced_contract(marts: dict[str, Node]) -> None:
    assert [node["name"] for node in marts.values() if not node["config"]["contract"]["enforced"]] == []


def test_every_mart_has_a_tested_key(manifest: dict[str, Any], marts: dict[str, Node]) -> None:
    keyed = set()
    for node in manifest["nodes"].values():
        test = (node.get("test_metadata") or {}).get("name", "")
        if node["resource_type"] == "test" and test.startswith("unique"):
            keyed.add(node["attached_node"])
    assert sorted(node["name"] for name, node in marts.items() if name not in keyed) == []


def test_every_mart_has_an_owner(marts: dict[str, Node]) -> None:
    assert [node["name"] for node in marts.values() if not Translator().get_owners(node)] == []


def test_every_model_states_its_grain(models: dict[str, Node]) -> None:
    """The first comment of each file says what a row is, and what counting it twice would do."""
    sql = [node for node in models.values() if node["language"] == "sql" and node["schema"] in MARTS]
    missing = [node["name"] for node in sql if "grain" not in node["raw_code"][:600].lower()]
    assert missing == []


def test_every_test_in_yaml_is_a_test_in_the_manifest(manifest: dict[str, Any]) -> None:
    """A misspelt key in YAML runs no test and says nothing: what is written and what is parsed are counted."""
    import yaml

    def written(entry: dict[str, Any]) -> int:
        own = len(entry.get("data_tests") or []) + len(entry.get("tests") or [])
        return own + sum(written(column) for column in entry.get("columns") or [])

    expected = 0
    for file in [*(DBT_PROJECT / "models").rglob("*.yml"), *(DBT_PROJECT / "seeds").rglob("*.yml")]:
        document = yaml.safe_load(file.read_text()) or {}
        for kind in ("models", "seeds", "snapshots"):
            expected += sum(written(entry) for entry in document.get(kind) or [])
        for source in document.get("sources") or []:
            expected += sum(written(table) for table in source.get("tables") or [])
    parsed = [n for n in manifest["nodes"].values() if n["resource_type"] == "test" and n.get("test_metadata")]
    assert len(parsed) == expected


def test_every_data_test_is_a_check_on_an_asset(manifest: dict[str, Any]) -> None:
    tests = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "test"}
    on_models = [node for node in tests.values() if any(p in manifest["nodes"] for p in node["depends_on"]["nodes"])]
    assert [node["name"] for node in on_models if not node.get("attached_node")] == []


@pytest.mark.heavy
def test_a_release_that_takes_a_metric_away_is_parsed(tmp_path: Path) -> None:
    """dbt's partial parse goes on knowing the metric, and finds its measure gone."""
    leave_out = shutil.ignore_patterns(".*", "__pycache__", "own-*", "tests", "docs")
    checkout = shutil.copytree(CHECKOUT, tmp_path / "checkout", ignore=leave_out)
    semantic = checkout / "dbt_project" / "models" / "semantic"
    before = {file: file.read_text() for file in (semantic / "metrics.yml", semantic / "semantic_models.yml")}
    metrics, models = before
    metrics.write_text(
        before[metrics]
        + "  - {name: gone, label: Gone, description: Gone., type: simple, type_params: {measure: gone_amount}}\n"
    )
    models.write_text(
        before[models]
        + """
  - name: gone
    description: "Gone."
    model: ref('attribution_by_content')
    defaults: {agg_time_dimension: month_start}
    entities:
      - {name: gone_slice, type: primary, expr: content}
    dimensions:
      - {name: month_start, type: time, type_params: {time_granularity: day}}
    measures:
      - {name: gone_amount, agg: sum, expr: credited_amount}
"""
    )
    script = "from handoff.settings import Settings; from orchestration.dbt_project import manifest\n"
    script += "print('metric.handoff.gone' in manifest(Settings())['metrics'])"
    found = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=checkout,
            env=night_environment(tmp_path / "home"),
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(done.stdout.strip())
        for file, text in before.items():
            file.write_text(text)
    assert found == ["True", "False"]


def test_names_are_singular_and_marts_carry_the_agreed_prefixes(marts: dict[str, Node]) -> None:
    core = {name for name in names(marts) if any(n["name"] == name and n["schema"] == "core" for n in marts.values())}
    assert {name for name in core if not name.startswith(("fct_", "dim_"))} == {
        "handoff_queue",
        "unmapped_value",
        "untracked_field",
    }
    assert not json.loads(
        json.dumps([name for name in core if name.endswith("s") and name.startswith(("fct_", "dim_"))])
    )


def test_a_parse_that_was_cut_off_is_made_again(parsed_project: Path, tmp_path: Path) -> None:
    from orchestration.dbt_project import parsed

    home = tmp_path / "home"
    shutil.copytree(parsed_project / "dbt", home / "dbt")
    cut_off = home / "dbt" / "partial_parse.msgpack"
    cut_off.write_bytes(cut_off.read_bytes()[: cut_off.stat().st_size // 2])
    assert len(parsed(Settings(_env_file=None, home=home)).nodes) > 300
