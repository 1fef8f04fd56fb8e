"""Every dbt seed, model and snapshot as an asset, every data test as a check on it."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets
from dagster_dbt.asset_utils import get_subset_selection_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from handoff.control import fingerprint, forget_inputs, last_inputs, remember_inputs
from handoff.settings import load_settings
from orchestration import catalog, dbt_project
from orchestration.night import Night
from orchestration.translator import Translator, attach_singular_tests

MANIFEST = attach_singular_tests(dbt_project.manifest(load_settings()))
TRANSLATOR = Translator()


@dbt_assets(manifest=MANIFEST, dagster_dbt_translator=TRANSLATOR, name="build_models")
def build_models(context: dg.AssetExecutionContext, night: Night) -> Iterator[Any]:
    """Builds and tests the selected models in this process; what depends on a failure stays as it was.

    Where nothing but the clock moved since the last whole build, only what reads the clock is built again.
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
    tables = catalog.Catalog(night.con, MANIFEST, dbt_project.target_path(night.settings))
    is_whole = selection == ["--select", "fqn:*"]
    inputs = fingerprint(night.con, dbt_project.fingerprint(night.settings))
    if is_whole and inputs == last_inputs(night.con):
        selection = ["--select", f"source:{dbt_project.CLOCK}+"]
        for node in dbt_project.timeless(MANIFEST):
            name = context.assets_def.get_output_name_for_asset_key(TRANSLATOR.get_asset_key(node))
            yield dg.Output(None, name, metadata={"unchanged": "nothing new came in: it stands"})
    forget_inputs(night.con)
    for raw in dbt_project.build(night.settings, selection):
        event = DbtCoreCliEventMessage(raw_event=raw, event_history_metadata={})
        for output in event.to_default_asset_events(MANIFEST, TRANSLATOR, context):
            if isinstance(output, dg.Output):
                yield output.with_metadata({**output.metadata, **tables.describe(event._unique_id)})
            else:
                yield output
    tables.save()
    if is_whole:
        remember_inputs(night.con, inputs)
