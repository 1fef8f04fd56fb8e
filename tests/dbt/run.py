"""dbt in a process of its own, on the warehouse of HANDOFF_HOME: `python -m tests.dbt.run ARGUMENTS`.

A home that begins as `tests.conftest.begin_home` makes it holds the parsed project; in others dbt parses it first.
"""

import sys

from dbt.cli.main import dbtRunner

from handoff.settings import load_settings
from orchestration import dbt_project


def main() -> None:
    settings = load_settings()
    target = dbt_project.target_path(settings)
    project = dbt_project.parsed(settings) if (target / "partial_parse.msgpack").exists() else None
    places = ["--target-path", str(target), "--log-path", str(target)]
    done = dbtRunner(project).invoke(["--quiet", *sys.argv[1:], *places])
    if not done.success:
        raise SystemExit(str(done.exception or "a node failed"))


if __name__ == "__main__":
    main()
