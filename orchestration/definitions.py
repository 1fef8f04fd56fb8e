"""The code location: loads `defs/`, nothing else."""

import dagster as dg

from handoff.settings import CHECKOUT


@dg.definitions
def defs() -> dg.Definitions:
    return dg.load_from_defs_folder(path_within_project=CHECKOUT)
