"""The command line `handoff`: what people ask of the definitions, the gate and the metrics outside the night.

Thin: each command calls one function and prints. The night itself is `make nightly`.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from handoff.errors import HandoffError
from handoff.settings import load_settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Definitions, gate, metrics, what-if and doctor of the shared warehouse.",
)
definitions_app = typer.Typer(no_args_is_help=True, help="Check and compare definitions.")
gate_app = typer.Typer(no_args_is_help=True, help="The gate at entry.")
app.add_typer(definitions_app, name="definitions")
app.add_typer(gate_app, name="gate")


@definitions_app.command("check")
def check(
    folder: Annotated[Path, typer.Argument(help="A folder of definitions; without one, those in force.")] = Path(),
) -> None:
    """Check a folder of definitions without running a night; every finding names file, line and reason."""
    from handoff.definitions import examine

    settings = load_settings()
    chosen = folder if folder != Path() else settings.definitions
    definitions, problems = examine(chosen, settings.engine)
    for problem in problems:
        typer.echo(problem)
    if problems or definitions is None:
        typer.echo(f"{chosen}: {len(problems)} findings, a night would refuse these definitions", err=True)
        raise typer.Exit(1)
    newest = definitions.versions[-1].name if definitions.versions else "none"
    rows = sum(len(rows) for rows in definitions.files.values())
    typer.echo(f"{chosen}: sound; {len(definitions.files)} files, {rows} rows, newest version {newest}")


@definitions_app.command("diff")
def diff(
    old: Annotated[str, typer.Argument(help="A folder, or a version of the definitions in force.")],
    new: Annotated[str, typer.Argument(help="What to compare it with: a folder or a version.")],
) -> None:
    """Show which rows differ and how many leads would be admitted, MQL, SQL or sales-ready otherwise, by quarter.

    Service levels, fit, scores, channels and credit are not compared. The published marts stay as they are.
    """
    from handoff.definitions_diff import compare

    rows, changes = compare(load_settings(), old, new)
    typer.echo("\n".join(rows) if rows else "No row differs.")
    typer.echo("")
    typer.echo("\n".join(map(str, changes)) or "No lead is admitted, MQL, SQL or sales-ready otherwise.")


@gate_app.command("accept")
def accept(
    deliveries: Annotated[list[str], typer.Argument(help="Stopped deliveries, by id or file name.")],
) -> None:
    """Accept stopped deliveries: the next night takes them in."""
    from expectations.gate import accept as accept_deliveries
    from handoff.warehouse import night_lock, open_warehouse

    settings = load_settings()
    with night_lock(settings), open_warehouse(settings) as con:
        for name in accept_deliveries(con, deliveries):
            typer.echo(f"accepted {name}; it goes downstream with the next night")


@app.command("doctor")
def doctor() -> None:
    """Check set-up, versions, definitions, room, locks and the last publish; each finding says how to mend it."""
    from handoff.doctor import examine

    findings = list(examine(load_settings()))
    for finding in findings:
        typer.echo(f"{'ok  ' if finding.is_sound else 'MEND'}  {finding.name:<12} {finding.text}")
    if not all(finding.is_sound for finding in findings):
        raise typer.Exit(1)


@app.command("query")
def query(
    metrics: Annotated[
        list[str] | None, typer.Argument(help="Metric names; without any, the names are listed.")
    ] = None,
    by: Annotated[str, typer.Option(help="Slices, separated by commas: metric_time__month,lead__channel")] = "",
    where: Annotated[list[str] | None, typer.Option(help="A MetricFlow filter; may be repeated.")] = None,
    saved: Annotated[str | None, typer.Option(help="A saved query instead of metrics and slices.")] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many rows.", min=1)] = None,
) -> None:
    """Ask the semantic layer over the last published build, as `mf query` does; it may be asked during a night."""
    from handoff.semantic import open_semantic_layer, text_table

    layer = open_semantic_layer(load_settings())
    if not metrics and not saved:
        typer.echo("\n".join(layer.metrics()))
        return
    slices = [name.strip() for name in by.split(",") if name.strip()]
    typer.echo(
        text_table(
            layer.query(metrics or [], slices, where=where or [], order_by=slices, limit=limit, saved_query=saved)
        )
    )


@app.command("what-if")
def what_if(
    month: Annotated[str | None, typer.Option(help="Month of the target, as 2026-07.")] = None,
    customers: Annotated[float | None, typer.Option(help="Customers to win; without it, the agreed target.")] = None,
    rate: Annotated[list[str] | None, typer.Option(help="An assumed rate, as mql=0.4; may be repeated.")] = None,
) -> None:
    """Read a target of customers backwards, from sales-ready leads to spend; assume a rate and see the rest."""
    from handoff.planning import describe
    from handoff.planning import what_if as plan_back

    if customers is not None and not 0 < customers < float("inf"):
        raise typer.BadParameter(f"{customers} is no number of customers")
    start, rates = parse_month(month), dict(parse_rate(text) for text in rate or [])
    typer.echo(describe(plan_back(load_settings(), month=start, customers=customers, rates=rates)))


def parse_month(text: str | None) -> date | None:
    """The first day of a month written as 2026-07."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
    except ValueError as error:
        raise typer.BadParameter(f"{text} is no month; write it as 2026-07") from error


def parse_rate(text: str) -> tuple[str, float]:
    """Stage and share of an assumed rate written as mql=0.4."""
    stage, _, value = text.partition("=")
    try:
        return stage.strip(), float(value)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is no rate; write it as mql=0.4") from error


def main() -> None:
    """Runs a command; an error with a remedy is one paragraph, not a traceback."""
    try:
        app(standalone_mode=True)
    except HandoffError as error:
        typer.echo(f"\n{error}", err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
