"""Builds the core marts of a company in a process of its own: load, gate, cards, dbt up to core.

python -m tests.dbt.build HOME EXTRACTS DEFINITIONS SOURCES AS_OF. Not here: the publish and the pages, which need no
facts.
"""

import sys
from datetime import datetime
from pathlib import Path

from expectations.gate import run_gate
from handoff import definitions
from handoff.control import begin_run
from handoff.settings import Settings
from handoff.warehouse import open_warehouse
from ingestion.load import load
from orchestration import dbt_project
from scoring.store import load_cards, named_cards


def main() -> None:
    home, extracts, folder, sources, as_of = sys.argv[1:]
    settings = Settings(
        _env_file=None,
        home=Path(home),
        extracts=extracts,
        definitions=Path(folder),
        sources=Path(sources),
        as_of=datetime.fromisoformat(as_of),
    )
    agreed = definitions.load(settings.definitions)
    with open_warehouse(settings) as con:
        begin_run(con, settings.now, "test", agreed.sha256)
        load(settings, con)
        run_gate(settings, con, agreed)
        load_cards(settings, con, named_cards(agreed))
    dbt_project.manifest(settings)
    for _ in dbt_project.build(
        settings,
        [
            "--select",
            "+marts.core",
            "intermediate.scoring",
            "+stg_definitions__completeness",
            "--indirect-selection",
            "cautious",
        ],
    ):
        pass


if __name__ == "__main__":
    main()
