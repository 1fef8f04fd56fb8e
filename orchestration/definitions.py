"""The code location: loads `defs/`, nothing else."""

from pathlib import Path

import dagster as dg

CHECKOUT = Path(__file__).resolve().parent.parent


@dg.definitions
def defs() -> dg.Definitions:
    return dg.load_from_defs_folder(path_within_project=CHECKOUT)
