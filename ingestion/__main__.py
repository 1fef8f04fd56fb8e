"""`python -m ingestion`: load the landing zone, check a mapping, list what is loaded. No Dagster, no dbt."""

from pathlib import Path
from typing import Annotated

import typer

from handoff.errors import HandoffError
from handoff.settings import load_settings
from handoff.warehouse import night_lock, open_warehouse
from ingestion.load import load, table_name
from ingestion.mapping import MappingError, load_mappings, mapping_files, read_mapping

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command("load")
def load_command() -> None:
    """Load every new file of the landing zone into the raw tables."""
    settings = load_settings()
    with night_lock(settings), open_warehouse(settings) as con:
        report = load(settings, con)
        malformed = con.execute(
            "select source_system, object, min_by((source_file, line, error), (source_file, line)), count(*) "
            "from quality.malformed_row where list_contains($1, delivery_id) group by all order by all",
            [[delivery.delivery_id for delivery in report.new]],
        ).fetchall()
    typer.echo(report.summary())
    for source, object_, (file, line, error), rows in malformed:
        typer.echo(f"malformed: {source}/{object_}/{file}, line {line}: {error} (the first of {rows:,})")


@app.command()
def check(path: Annotated[Path, typer.Argument(help="A mapping file, or a folder of them.")]) -> None:
    """Check mapping files without loading anything: every problem with its line."""
    if not path.exists():
        raise HandoffError("There is no such mapping.", where=str(path), remedy="Name a YAML file or a folder of them")
    files = mapping_files(path) if path.is_dir() else [path]
    wrong = 0
    for file in files:
        try:
            mapping = read_mapping(file)
        except MappingError as error:
            wrong += 1
            for line, why in error.problems:
                typer.echo(f"{file}:{line}: {why}", err=True)
        else:
            objects = ", ".join(f"{name} ({mapped.entity})" for name, mapped in mapping.objects.items())
            typer.echo(f"{file}: {mapping.source}: {objects}")
    if wrong or not files:
        raise typer.Exit(1)


@app.command("list")
def list_command() -> None:
    """Every declared object: its entity, deliveries, rows and the raw table that holds them."""
    settings = load_settings()
    loaded: dict[tuple[str, str], tuple[int, int, int]] = {}
    if settings.warehouse.exists():
        with open_warehouse(settings) as con:
            if con.execute("select 1 from duckdb_tables() where table_name = 'load_log'").fetchall():
                loaded = {
                    (row[0], row[1]): row[2:]
                    for row in con.execute(
                        "select source_system, object, count(*), sum(rows_loaded), "
                        "count(*) filter (status = 'refused') from quality.load_log group by all"
                    ).fetchall()
                }
    typer.echo(f"{'source/object':40} {'entity':26} {'files':>7} {'rows':>12} {'refused':>8}  table")
    for mapping in load_mappings(settings):
        for name, mapped in mapping.objects.items():
            files, rows, refused = loaded.get((mapping.source, name), (0, 0, 0))
            place = f"{mapping.source}/{name}"
            table = table_name(mapping.source, name)
            typer.echo(f"{place:40} {mapped.entity:26} {files:>7,} {rows:>12,} {refused:>8,}  raw.{table}")


def main() -> None:
    try:
        app()
    except HandoffError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
