"""Extract files and the raw tables made of them, one asset each, so that lineage ends at a file."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import dagster as dg

from handoff.settings import load_settings
from ingestion.load import load
from ingestion.mapping import load_mappings
from orchestration.night import Night

OWNERS = ["team:data-engineering"]
LOGS = {
    ("quality", "load_log"): "One row per distinct delivery: rows read, loaded, held and malformed, status and error.",
    ("quality", "malformed_row"): "Rows that could not be parsed, with file, line, the raw text and the reason.",
    ("control", "source_object"): "The objects that the mappings declare.",
}


def raw_key(source: str, object_: str) -> dg.AssetKey:
    return dg.AssetKey(["raw", f"{source}__{object_}"])


def extract_key(source: str, object_: str) -> dg.AssetKey:
    return dg.AssetKey(["extracts", source, object_])


OBJECTS = [(mapping, name) for mapping in load_mappings(load_settings()) for name in mapping.objects]

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
FILES_READABLE = dg.AssetCheckSpec(
    "files_are_readable",
    asset=dg.AssetKey(["quality", "load_log"]),
    description="Every new file could be read; a refused one is left aside and the night goes on without it.",
)


@dg.multi_asset(
    name="load_extracts",
    check_specs=[FILES_READABLE],
    specs=[
        *(
            dg.AssetSpec(
                raw_key(mapping.source, name),
                deps=[extract_key(mapping.source, name)],
                description=f"Every parseable row delivered for `{mapping.source}/{name}`, as delivered, append-only "
                f"(entity: {mapping.objects[name].entity}).",
                group_name="raw",
                owners=OWNERS,
                kinds={"duckdb", "python"},
                skippable=True,
            )
            for mapping, name in OBJECTS
        ),
        *(
            dg.AssetSpec(
                dg.AssetKey(list(key)),
                deps=[extract_key(mapping.source, name) for mapping, name in OBJECTS],
                description=description,
                group_name="quality" if key[0] == "quality" else "control",
                owners=OWNERS,
                kinds={"duckdb", "python"},
                skippable=True,
            )
            for key, description in LOGS.items()
        ),
        dg.AssetSpec(
            dg.AssetKey(["control", "run"]),
            description="One row: the run's now and the definitions in force.",
            group_name="control",
            owners=OWNERS,
            kinds={"duckdb", "python"},
            skippable=True,
        ),
    ],
)
def load_extracts(night: Night) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Loads what is new in the landing zone; what is known by its hash is left alone."""
    report = load(night.settings, night.con)
    by_table = defaultdict(list)
    for delivery in report.deliveries:
        by_table[raw_key(delivery.source_system, delivery.object)].append(delivery)
    for mapping, name in OBJECTS:
        key = raw_key(mapping.source, name)
        count = night.con.execute(f'select count(*) from raw."{mapping.source}__{name}"').fetchone()
        new = [delivery for delivery in by_table[key] if delivery.is_new]
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "dagster/row_count": count[0] if count else 0,
                "dagster/table_name": f"raw.{mapping.source}__{name}",
                "new_files": [delivery.source_file for delivery in new][:20],
                "files": len(new),
                "rows_read": sum(delivery.rows_read for delivery in new),
                "rows_loaded": sum(delivery.rows_loaded for delivery in new),
                "rows_malformed": sum(delivery.rows_malformed for delivery in new),
                "known_files": len(by_table[key]) - len(new),
            },
        )
    for schema, table in [*LOGS, ("control", "run")]:
        count = night.con.execute(f"select count(*) from {schema}.{table}").fetchone()
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey([schema, table]), metadata={"dagster/row_count": count[0] if count else 0}
        )
    refused = {
        f"{delivery.source_system}/{delivery.object}/{delivery.source_file}": delivery.error or ""
        for delivery in report.deliveries
        if delivery.is_new and delivery.status == "refused"
    }
    yield dg.AssetCheckResult(
        asset_key=FILES_READABLE.asset_key,
        check_name=FILES_READABLE.name,
        passed=not refused,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"refused_files": len(refused), "refused": dict(sorted(refused.items())[:20])},
    )
