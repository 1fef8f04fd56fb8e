"""The feedback files: what each source has to repair, written with the publish."""

from typing import Any

import dagster as dg

from expectations import feedback
from orchestration.defs.publish import OWNERS, publish_file
from orchestration.night import Night


@dg.asset(
    key=["publish", "feedback"],
    deps=[publish_file, dg.AssetKey(["quality", "quarantine"])],
    description="One CSV per source: the lead records that wait in quarantine, what is missing, how to repair it.",
    group_name="publish",
    owners=OWNERS,
    kinds={"csv"},
)
def feedback_files(night: Night) -> dg.MaterializeResult[Any]:
    """Writes the files of the published build."""
    files = feedback.write(night.con, night.settings.publish / "feedback")
    return dg.MaterializeResult(metadata={"files": [str(path) for path in files]})
