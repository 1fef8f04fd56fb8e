"""The one resource: the night."""

import dagster as dg

from orchestration.night import Night


@dg.definitions
def resources() -> dg.Definitions:
    return dg.Definitions(resources={"night": Night()})
