"""`python -m ingestion.sample`: writes the sample company's extracts."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from handoff.errors import HandoffError
from ingestion.sample import generate
from ingestion.sample.generator import MORE_SYSTEMS, SYSTEMS


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ingestion.sample", description="Write the sample company's extracts."
    )
    parser.add_argument("--out", type=Path, required=True, help="the landing zone")
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--as-of", type=datetime.fromisoformat, default=None, help="ISO time, UTC; default: now, cut to the day"
    )
    parser.add_argument(
        "--systems", default=",".join(SYSTEMS), help=f"separated by commas; also {', '.join(MORE_SYSTEMS)}"
    )
    arguments = parser.parse_args()
    as_of = arguments.as_of or datetime.now(UTC)
    as_of = as_of.astimezone(UTC) if as_of.tzinfo else as_of
    systems = [name.strip() for name in arguments.systems.split(",")]
    try:
        print(generate(arguments.out, leads=arguments.leads, seed=arguments.seed, as_of=as_of, systems=systems))
    except HandoffError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
