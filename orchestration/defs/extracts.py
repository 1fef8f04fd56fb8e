"""Extract files and the raw tables made of them, one asset each, so that lineage ends at a file."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import dagster as dg

from handoff import erasure
from handoff.settings import load_settings
from handoff.warehouse import private_files
from ingestion.entities import ENTITIES
from ingestion.load import Delivery, load
from ingestion.mapping import is_shipped, load_mappings
from orchestration.night import Night
from orchestration.run import untold_changes, untold_refusals
from orchestration.translator import NIGHTLY
from publishing.build import QUALITY

OWNERS = ["team:data-engineering"]
OBJECTS = [(mapping, name) for mapping in load_mappings(load_settings()) for name in mapping.objects]
LOGS = {
    "quality/load_log": QUALITY["load_log"][0],
    "quality/malformed_row": QUALITY["malformed_row"][0],
    "control/declared_object": "The objects that the mappings declare, and which of them are full snapshots.",
    "control/past_snapshot": "The deliveries of full snapshots that a later one replaced.",
    "control/unread_record": "The records of rows that could not be parsed in the full snapshots that stand.",
    "control/run": "One row: the run's now and the definitions in force.",
}
LOAD_LOG = dg.AssetKey(["quality", "load_log"])
CHECKS = {
    "files_are_readable": "Every new file could be read; the night goes on without one refused or still being written.",
    "deliveries_are_on_time": "Every source delivered a readable file within HANDOFF_LATE_AFTER_HOURS before this run.",
    "snapshots_are_whole": "No full snapshot has a malformed row that may be any record's: such a one deletes nothing.",
    "shape_is_as_before": "No file brought columns that were not there before or left out columns that were.",
}


def raw_key(source: str, object_: str) -> dg.AssetKey:
    return dg.AssetKey(["raw", f"{source}__{object_}"])


def extract_key(source: str, object_: str) -> dg.AssetKey:
    return dg.AssetKey(["extracts", source, object_])


def _table(key: dg.AssetKey, deps: Iterable[dg.AssetKey], description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key,
        deps=list(deps),
        description=description,
        group_name=key.path[0],
        owners=OWNERS,
        kinds={"duckdb", "python"},
        freshness_policy=NIGHTLY,
        skippable=True,
    )


extracts = [
    dg.AssetSpec(
        extract_key(mapping.source, name),
        description=f"The files of `{mapping.source}/{name}` in the landing zone.",
        group_name="extracts",
        owners=OWNERS,
        kinds={"file"},
    )
    for mapping, name in OBJECTS
]


def table_specs() -> list[dg.AssetSpec]:
    raw = [
        _table(
            raw_key(mapping.source, name),
            [extract_key(mapping.source, name)],
            f"Every parseable row of `{mapping.source}/{name}` as delivered, append-only "
            f"(entity: {mapping.objects[name].entity}).",
        )
        for mapping, name in OBJECTS
    ]
    mapped = [
        _table(
            raw_key("mapped", entity),
            [
                extract_key(mapping.source, name)
                for mapping, name in OBJECTS
                if not is_shipped(mapping.source, name) and mapping.objects[name].entity == entity
            ],
            f"The rows of every source mapped without code that are a `{entity}`, as one view.",
        )
        for entity in ENTITIES
    ]
    every_extract = [extract_key(mapping.source, name) for mapping, name in OBJECTS]
    logs = [_table(dg.AssetKey(key.split("/")), every_extract, description) for key, description in LOGS.items()]
    return [*raw, *mapped, *logs]


# A dict, because Dagster takes a list of specs in a module for assets of their own.
TABLES = {spec.key: spec for spec in table_specs()}


@dg.multi_asset(
    name="load_extracts",
    specs=list(TABLES.values()),
    check_specs=[dg.AssetCheckSpec(name, asset=LOAD_LOG, description=text) for name, text in CHECKS.items()],
)
def load_extracts(night: Night) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Loads what is new in the landing zone; what is known by its hash is left alone."""
    with private_files():
        report = load(night.settings, night.con)
        erasure.apply(night.settings, night.con)
    by_table: dict[dg.AssetKey, list[Delivery]] = defaultdict(list)
    for delivery in report.deliveries:
        by_table[raw_key(delivery.source_system, delivery.object)].append(delivery)
    for key in TABLES:
        schema, table = key.path
        count = night.con.execute(f'select count(*) from {schema}."{table}"').fetchone()
        metadata = {"dagster/row_count": count[0] if count else 0, "dagster/table_name": f"{schema}.{table}"}
        figures = _figures(report.deliveries if key == LOAD_LOG else by_table[key])
        figures = figures if schema == "raw" or key == LOAD_LOG else {}
        yield dg.MaterializeResult(asset_key=key, metadata={**metadata, **figures})
    refused = untold_refusals(night.con)
    found = {"refused": refused, "still_being_written": report.unsettled[:20]}
    yield _warning("files_are_readable", not refused and not report.unsettled, found)
    late = _late(night, report.last_deliveries)
    yield _warning("deliveries_are_on_time", not late, {"last_delivery": late})
    partial = dict([*report.partial_snapshots.items()][:20])
    yield _warning("snapshots_are_whole", not partial, {"malformed_rows": partial})
    changes = untold_changes(night.con)
    yield _warning("shape_is_as_before", not changes, {"changes": changes})


def _figures(deliveries: list[Delivery]) -> dict[str, Any]:
    """What came to a table since the last night that published, and how many of its files were known before."""
    new = [delivery for delivery in deliveries if not delivery.is_told]
    return {
        "files": len(new),
        "new_files": [delivery.source_file for delivery in new][:20],
        "known_files": len(deliveries) - len(new),
        "rows_read": sum(delivery.rows_read for delivery in new),
        "rows_malformed": sum(delivery.rows_malformed for delivery in new),
    }


def _late(night: Night, last_deliveries: dict[str, datetime]) -> dict[str, str]:
    """Sources that once delivered and have not for too long, with the time of their last delivery."""
    limit = night.settings.now - timedelta(hours=night.settings.late_after_hours)
    return {source: f"{last:%Y-%m-%d %H:%M} UTC" for source, last in sorted(last_deliveries.items()) if last < limit}


def _warning(name: str, passed: bool, metadata: dict[str, Any]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=LOAD_LOG, check_name=name, passed=passed, severity=dg.AssetCheckSeverity.WARN, metadata=metadata
    )
