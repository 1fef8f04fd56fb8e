"""How a dbt node looks as a Dagster asset: key = schema and table, group = layer, owner = who answers for it.

Not here: running dbt (`dbt_project.py`).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

# A mart or a raw table that no night has touched for this long is late; the UI shows it and the daemon watches it.
NIGHTLY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=26))
MARTS = ("core", "attribution", "metrics", "scoring", "reviews")
LAYER_OWNERS = {"staging": "data-engineering", "intermediate": "data-engineering"}


class Translator(DagsterDbtTranslator):
    """One name everywhere: the asset `core/fct_lead` is the table `core.fct_lead` and the file `fct_lead.sql`."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_asset_checks=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        table = dbt_resource_props.get("identifier") or dbt_resource_props.get("alias") or dbt_resource_props["name"]
        return dg.AssetKey([dbt_resource_props["schema"], table])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        schema: str = dbt_resource_props["schema"]
        return schema

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        return spec.replace_attributes(freshness_policy=NIGHTLY) if spec.key.path[0] in MARTS else spec

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:
        owner = (dbt_resource_props.get("config", {}).get("meta") or {}).get("owner")
        owner = owner or LAYER_OWNERS.get(dbt_resource_props["schema"], "revenue-operations")
        return [owner if ":" in owner or "@" in owner else f"team:{owner}"]

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            **super().get_metadata(dbt_resource_props),
            "dagster/table_name": f"{dbt_resource_props['schema']}.{dbt_resource_props['name']}",
            "file": f"dbt_project/{dbt_resource_props['original_file_path']}",
        }


def attach_singular_tests(manifest: dict[str, Any]) -> dict[str, Any]:
    """Gives each test over several models the last of them as its asset, in place; without one it would be no check."""
    nodes = manifest["nodes"]
    parents: Mapping[str, Sequence[str]] = manifest["parent_map"]
    for node in nodes.values():
        if node["resource_type"] != "test" or node.get("attached_node"):
            continue
        models = [name for name in node["depends_on"]["nodes"] if name in nodes]
        ancestors = {name: _ancestors(name, parents) for name in models}
        last = [name for name in models if not any(name in ancestors[other] for other in models)]
        if last:
            node["attached_node"] = min(last, key=lambda name: (nodes[name]["schema"] not in MARTS, name))
    return manifest


def _ancestors(name: str, parents: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    ahead = list(parents.get(name, []))
    while ahead:
        current = ahead.pop()
        if current not in found:
            found.add(current)
            ahead.extend(parents.get(current, []))
    return found
