"""Every dbt seed, model and snapshot as an asset, every data test as a check on it."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets
from dagster_dbt.asset_utils import get_subset_selection_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from handoff import erasure, standing
from handoff.errors import HandoffError
from handoff.settings import load_settings
from handoff.warehouse import private_files
from orchestration import catalog, dbt_project
from orchestration.night import Night
from orchestration.translator import MARTS, Translator, attach_singular_tests

MANIFEST = attach_singular_tests(dbt_project.manifest(load_settings()))
TRANSLATOR = Translator()
# What the monthly review reads of the models (`scoring/`)
READ_BY_SCORING = {
    "intermediate.int_lead_signal",
    "intermediate.int_lead_score_version",
    "staging.stg_definitions__setting",
}


@dbt_assets(manifest=MANIFEST, dagster_dbt_translator=TRANSLATOR, name="build_models")
def build_models(context: dg.AssetExecutionContext, night: Night) -> Iterator[Any]:
    """Builds and tests the selected models in this process; what depends on a failure stays as it was.

    Where there was a whole build before, only what reads something that moved since is built again.
    """
    selection, _ = get_subset_selection_for_context(
        context=context,
        manifest=MANIFEST,
        select="fqn:*",
        exclude=None,
        selector=None,
        dagster_dbt_translator=TRANSLATOR,
        current_dbt_indirect_selection_env=None,
    )
    is_whole = selection == ["--select", "fqn:*"]
    moved = standing.begin(
        night.con,
        dbt_project.code(night.settings),
        dbt_project.relations(MANIFEST["sources"]),
        dbt_project.relations(MANIFEST["nodes"], "seed"),
        erasure.remembered_at(night.settings),
        mends := dbt_project.read_mends(MANIFEST, night.settings),
    )
    standing.remember_reads(night.con, dbt_project.reads(MANIFEST))
    tables = catalog.Catalog(night.con, MANIFEST, dbt_project.target_path(night.settings))
    unchanged: list[str] = []
    only: set[str] | None = None
    if night.settings.engine == "spark":
        yield from _on_spark(context, night, tables, selection if is_whole else None)
        return
    # without the SQL of the build before (somebody made room) all is selected, so that views have theirs again
    is_rendered = dbt_project.compiled(dbt_project.target_path(night.settings), "", "").is_dir()
    if is_whole and is_rendered and not moved.is_everything:
        unchanged = dbt_project.untouched(MANIFEST, moved.sources, standing.built_at(night.con))
        only = set(MANIFEST["nodes"]).difference(unchanged)
    stand = Standing(context, tables, unchanged)
    with private_files():
        # dbt starts while Dagster writes down what stands
        events = iter(()) if only == set() else dbt_project.build(night.settings, selection, only, (night.con, mends))
        yield from stand.due()
        yield from _outputs(context, events, stand)
    tables.save()
    if is_whole:
        standing.end(night.con, moved)


def _on_spark(
    context: dg.AssetExecutionContext, night: Night, tables: catalog.Catalog, selection: list[str] | None
) -> Iterator[Any]:
    """All models on the cluster; nothing is on record as standing, for Spark's tables or for the next night."""
    from engines.spark.night import comes_home, models_on_spark

    if selection is None:
        raise HandoffError(
            "On Spark the models are built as a whole.",
            where="the selection of this run",
            why="the session of a night shows only what the night itself has made",
            remedy="Materialize all models, or run the whole night",
        )
    nodes = MANIFEST["nodes"]
    with models_on_spark(night.settings, night.con, nodes, comes_home(nodes, MARTS, READ_BY_SCORING)) as ledger:
        tables.rows_elsewhere = ledger.on_spark
        yield from _outputs(context, dbt_project.build(night.settings, selection), Standing(context, tables, []))
        tables.save()


def _outputs(context: dg.AssetExecutionContext, events: Iterator[dict[str, Any]], stand: "Standing") -> Iterator[Any]:
    for raw in events:
        event = DbtCoreCliEventMessage(raw_event=raw, event_history_metadata={})
        for output in event.to_default_asset_events(MANIFEST, TRANSLATOR, context):
            if isinstance(output, dg.Output):
                stand.describe(event._unique_id, is_new=True)
                stand.come(event._unique_id)
            yield output
        yield from stand.due()


class Standing:
    """What dbt need not touch: of each table that it stands, of each data test that its verdict holds, since when.

    A view may stand over a table that is made again: Dagster wants parents first, so it waits for them.
    """

    def __init__(self, context: dg.AssetExecutionContext, tables: catalog.Catalog, unchanged: list[str]) -> None:
        self._context, self._assets, self._tables = context, context.assets_def, tables
        self._waiting = unchanged
        self._to_come = {name for name, node in MANIFEST["nodes"].items() if node["resource_type"] != "test"}
        self._checks = {spec.metadata.get("dagster_dbt/unique_id"): spec for spec in self._assets.check_specs}

    def come(self, name: str) -> None:
        self._to_come.discard(name)

    def describe(self, name: str, *, is_new: bool) -> None:
        """Tells what a table looks like; on the output, Dagster would write it down once more with the step's."""
        asset_key = TRANSLATOR.get_asset_key(MANIFEST["nodes"][name])
        self._context.add_asset_metadata(self._tables.describe(name, is_new=is_new), asset_key)

    def due(self) -> Iterator[dg.Output[None] | dg.AssetCheckResult]:
        """The events of those whose parents have come."""
        left = []
        for name in self._waiting:
            if self._to_come.intersection(MANIFEST["nodes"][name]["depends_on"].get("nodes", ())):
                left.append(name)
            else:
                yield from self._say(name)
                self.come(name)
        self._waiting = left

    def _say(self, name: str) -> Iterator[dg.Output[None] | dg.AssetCheckResult]:
        node = MANIFEST["nodes"][name]
        if node["resource_type"] != "test":
            self.describe(name, is_new=False)
            yield dg.Output(None, self._assets.get_output_name_for_asset_key(TRANSLATOR.get_asset_key(node)))
        elif spec := self._checks.get(name):
            since = self._tables.since(name)
            yield dg.AssetCheckResult(passed=True, asset_key=spec.asset_key, check_name=spec.name, metadata=since)
