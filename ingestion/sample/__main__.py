"""`python -m ingestion.sample`: writes the sample company's extracts, by default into the landing zone, as of now."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from handoff.errors import HandoffError
from handoff.settings import load_settings
from ingestion.sample import generate
from ingestion.sample.generator import DELIVERIES, MORE_SYSTEMS, SYSTEMS


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ingestion.sample", description="Write the sample company's extracts."
    )
    parser.add_argument("--out", type=Path, help="a folder; default: HANDOFF_EXTRACTS, else $HANDOFF_HOME/extracts")
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--as-of", type=datetime.fromisoformat, help="ISO time, UTC, cut to the day; default: now")
    parser.add_argument(
        "--systems", default=",".join(SYSTEMS), help=f"separated by commas; also {', '.join(MORE_SYSTEMS)}"
    )
    parser.add_argument(
        "--deliveries",
        type=lambda text: [int(days) for days in text.split(",")],
        default=DELIVERIES,
        help=f"days before --as-of of each, separated by commas; default: {','.join(map(str, DELIVERIES))}",
    )
    arguments = parser.parse_args()
    try:
        settings = load_settings()
        as_of = arguments.as_of or settings.now
        report = generate(
            arguments.out or _landing_zone(settings.landing_zone),
            leads=arguments.leads,
            seed=arguments.seed,
            as_of=as_of.astimezone(UTC) if as_of.tzinfo else as_of,
            systems=[name.strip() for name in arguments.systems.split(",")],
            deliveries=arguments.deliveries,
        )
    except HandoffError as error:
        print(error, file=sys.stderr)
        return 1
    print(report)
    return 0


def _landing_zone(place: str) -> Path:
    if "://" in place:
        raise HandoffError(
            "The sample is written to a folder of this machine.",
            where=f"HANDOFF_EXTRACTS={place}",
            remedy="Name a folder with --out",
        )
    return Path(place)


if __name__ == "__main__":
    sys.exit(main())
