"""`python -m scoring`: the monthly review, and cards from flat tables. Without Dagster."""

import argparse
import sys

from handoff.errors import HandoffError
from handoff.settings import load_settings
from handoff.warehouse import night_lock, open_warehouse
from scoring import flat, monthly


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scoring", description="Learn scorecards; scores are SQL.")
    commands = parser.add_subparsers(dest="command", required=True)
    review = commands.add_parser("review", help="learn a challenger from the warehouse and propose or not")
    review.add_argument("--capacity", type=float, help="leads a month that sales can take: sets the threshold")
    review.add_argument("--precision", type=float, help="share of wins wanted above the threshold")
    table = commands.add_parser("flat", help="learn a card from a mapped table of leads with an outcome")
    table.add_argument("--source", required=True, help="the source's name in its mapping")
    table.add_argument("--outcome", required=True, help="a field (status) or a kept column")
    table.add_argument("--won", required=True, nargs="+", help="its values that count as the outcome")
    table.add_argument("--without", nargs="*", default=[], help="columns to leave out")
    arguments = parser.parse_args()
    try:
        settings = load_settings()
        with night_lock(settings), open_warehouse(settings) as con:
            if arguments.command == "review":
                report = monthly.review(
                    settings, con, capacity_per_month=arguments.capacity, precision=arguments.precision
                )
                print(report.markdown)
            else:
                from ingestion.load import load

                load(settings, con)
                _print(
                    flat.learn(
                        settings,
                        con,
                        arguments.source,
                        outcome=arguments.outcome,
                        won=arguments.won,
                        without=arguments.without,
                    )
                )
    except HandoffError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _print(report: flat.FlatReport) -> None:
    card = report.card
    print(f"{card.version}: {card.leads:,} leads, {card.wins:,} with the outcome")
    print(
        f"AUC {report.auc.value:.3f} ({report.auc.low:.3f}-{report.auc.high:.3f}), ceiling {report.ceiling.value:.3f}"
    )
    print(report.bands.to_string(index=False))
    for name in sorted(card.attributes, key=card.span, reverse=True):
        print(f"  {name}: up to {card.span(name)} points")
    for line in report.refused:
        print(f"refused: {line}")
    for line in report.warnings:
        print(f"warning: {line}")
    print(f"card and scores: {report.folder}")


if __name__ == "__main__":
    sys.exit(main())
