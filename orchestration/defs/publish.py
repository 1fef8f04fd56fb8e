"""The publish: readers get the whole new build, only when everything before it passed."""

import re
from collections.abc import Mapping
from typing import Any

import dagster as dg

from handoff.control import tell_deliveries
from handoff.published import FILE
from handoff.semantic import SEMANTIC_MANIFEST
from handoff.settings import load_settings
from orchestration import dbt_project
from orchestration.defs.models import MANIFEST, TRANSLATOR
from orchestration.night import Night
from orchestration.translator import MARTS, NIGHTLY
from publishing import file
from publishing.build import Table, quality_tables

OWNERS = ["team:data-engineering"]
HAZARD = re.compile(r"--[^\n]*?Hazard: ([^\n]*(?:\n *--[^\n]*)*)")


def described(node: Mapping[str, Any]) -> str:
    """What BI tools show of a mart: its description, and the hazard that the head of its SQL names."""
    found = HAZARD.search(node["raw_code"])
    hazard = " ".join(line.strip().removeprefix("--").strip() for line in found[1].splitlines()) if found else ""
    return f"{node['description']} Hazard: {hazard}" if hazard else str(node["description"])


MARTS_OF_THE_MANIFEST = [
    node
    for node in MANIFEST["nodes"].values()
    if node["resource_type"] == "model" and node["schema"] in MARTS and node["config"]["materialized"] != "ephemeral"
]
TABLES = [
    *(
        Table(
            node["schema"],
            node["alias"],
            description=described(node),
            comments={name: column["description"] for name, column in node["columns"].items() if column["description"]},
        )
        for node in MARTS_OF_THE_MANIFEST
    ),
    *quality_tables(),
]


@dg.asset(
    key=["publish", "marts"],
    deps=[
        *(TRANSLATOR.get_asset_key(node) for node in MARTS_OF_THE_MANIFEST),
        *(dg.AssetKey([table.schema, table.name]) for table in quality_tables()),
    ],
    description="`publish/marts.duckdb` and a Parquet folder of the same build, put in place by one rename.",
    group_name="publish",
    owners=OWNERS,
    kinds={"duckdb", "parquet"},
    freshness_policy=NIGHTLY,
)
def publish_file(night: Night) -> dg.MaterializeResult[Any]:
    """Builds the file beside the one in use and switches."""
    target = dbt_project.target_path(night.settings)
    compiled = {
        dbt_project.relation(node): dbt_project.compiled(target, node["package_name"], node["original_file_path"])
        for node in MARTS_OF_THE_MANIFEST
    }
    build = file.publish(
        night.settings,
        night.con,
        TABLES,
        dbt_project.read_mends(MANIFEST, night.settings),
        lambda name: compiled[name].read_text(),
        [target / SEMANTIC_MANIFEST],
    )
    tell_deliveries(night.con)
    return dg.MaterializeResult(
        metadata={
            "build_id": build.build_id,
            "path": dg.MetadataValue.path(str(night.settings.publish / FILE)),
            "tables": len(build.row_counts),
            "rows": build.row_counts,
        }
    )


if load_settings().postgres_url:

    @dg.asset(
        key=["publish", "postgres"],
        deps=[publish_file],
        description="The same build in PostgreSQL: a schema of its own, views switched in one transaction.",
        group_name="publish",
        owners=OWNERS,
        kinds={"postgres"},
        freshness_policy=NIGHTLY,
        retry_policy=dg.RetryPolicy(max_retries=3, delay=5, backoff=dg.Backoff.EXPONENTIAL),
        # last: a night by command ends at its first failure, and what is made of the file alone needs no server
        op_tags={"dagster/priority": "-1"},
    )
    def publish_postgres(night: Night) -> dg.MaterializeResult[Any]:
        """Loads the published build and switches the views to it; tried again only where another try may do."""
        from publishing import postgres

        try:
            build = postgres.publish(night.settings)
        except postgres.CannotPass as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        return dg.MaterializeResult(metadata={"build_id": build.build_id, "rows": build.row_counts})
