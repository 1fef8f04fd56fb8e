"""The gate at the entrance: incomplete lead records are held, a batch that is too bad stops the line."""

from collections.abc import Iterator

import dagster as dg

from expectations import records
from expectations.gate import run_gate
from handoff.errors import HandoffError
from orchestration.defs.extracts import LOAD_LOG, OBJECTS, OWNERS, raw_key
from orchestration.night import Night
from publishing.build import QUALITY

TABLES = {
    "lead_verdict": "One row per incomplete version of a lead record and failed rule, as judged.",
    "lead_admission": "Every lead record: admitted or held, and since when.",
    "quarantine": QUALITY["quarantine"][0],
}
LEADS = [raw_key(mapping.source, name) for mapping, name in OBJECTS if mapping.objects[name].entity == "lead"]
BATCH = dg.AssetCheckSpec(
    "batch_is_acceptable",
    asset=dg.AssetKey(["quality", "lead_admission"]),
    blocking=True,
    description="No source delivered more incomplete lead records than both teams agreed to accept in one batch.",
)


@dg.multi_asset(
    name="gate",
    specs=[
        dg.AssetSpec(
            dg.AssetKey(["quality", name]),
            deps=[*LEADS, LOAD_LOG],
            description=description,
            group_name="quality",
            owners=OWNERS,
            kinds={"duckdb", "greatexpectations"},
            skippable=True,
        )
        for name, description in TABLES.items()
    ],
    check_specs=[BATCH],
)
def gate(night: Night) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Judges what is new by the rules in force at each record's time."""
    report = run_gate(night.settings, night.con, night.definitions)
    for name in TABLES:
        count = night.con.execute(f"select count(*) from quality.{name}").fetchone()
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(["quality", name]),
            metadata={
                "dagster/row_count": count[0] if count else 0,
                "judged": report.judged,
                "held": report.held,
                "released": report.released,
                "still_held": report.still_held,
                "held_by_rule": report.held_by_rule,
                "incomplete_shares": report.incomplete_shares,
                "left_out": [str(delivery) for delivery in report.carried],
                "data_docs": dg.MetadataValue.path(report.data_docs),
            },
        )
    yield dg.AssetCheckResult(
        asset_key=BATCH.asset_key,
        check_name=BATCH.name,
        passed=not report.stopped,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "stopped": [str(delivery) for delivery in report.stopped][:20],
            "stopped_earlier": [str(delivery) for delivery in report.carried][:20],
            "what_to_do": "Have it repaired and delivered again, or: .venv/bin/handoff gate accept <delivery>",
        },
    )
    if report.stopped:
        records.raise_stopped(night.con)
        raise HandoffError(
            "A delivery of leads is too incomplete, so nothing was published tonight.",
            where=", ".join(str(delivery) for delivery in report.stopped[:5]),
            why="more of its new lead records are incomplete than both teams agreed to take in one batch",
            remedy="Have the source repair it and deliver again, or take it as it is: "
            "`.venv/bin/handoff gate accept <delivery>`. Without either, the next night goes on without it",
        )
