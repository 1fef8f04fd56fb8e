"""A warehouse in memory into which tests deliver lead records by hand."""

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from expectations import records
from expectations.gate import GateReport, run_gate
from handoff import definitions
from handoff.settings import DBT_PROJECT, Settings
from ingestion import load
from ingestion.entities import BOOKKEEPING_COLUMNS, ENTITIES, SQL_TYPES

SHIPPED = DBT_PROJECT / "seeds" / "definitions"
NOON = datetime(2026, 3, 2, 12)

COMPLETE: dict[str, Any] = {
    "first_name": "Ada",
    "last_name": "Byron",
    "email": "ada@analytical.example",
    "company": "Analytical Engines",
    "lead_source": "Web",
    "status": "Open",
    "created_at": datetime(2026, 1, 5, 8),
    "version_at": datetime(2026, 1, 5, 9),
}


class Bench:
    """Deliver records, run the gate, read its tables."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.definitions = edited(
            home / "no-limit", settings=("incomplete_batch_limit,0.20", "incomplete_batch_limit,1")
        )
        self.con = duckdb.connect()
        self.con.execute("set TimeZone = 'UTC'")
        for schema in ("raw", "quality", "control"):
            self.con.execute(f"create schema {schema}")
        columns = {name: SQL_TYPES[kind] for name, kind in ENTITIES["lead"].items()} | BOOKKEEPING_COLUMNS
        listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        self.con.execute(load.TABLES)
        for source, name in (("salesforce", "lead"), ("hubspot", "contact"), ("marketo", "lead")):
            self.con.execute(f"create table raw.{source}__{name} ({listed})")
            self.con.execute("insert into control.declared_object values (?, ?, 'lead', false)", [source, name])

    def deliver(
        self,
        *rows: dict[str, Any],
        file: str = "a.csv",
        at: datetime = NOON,
        source: str = "salesforce",
        name: str = "lead",
        malformed: int = 0,
        is_page: bool = False,
    ) -> str:
        """Lands a file of records; line 2 is the first, and that of all on a page. Returns the delivery's id."""
        delivery = f"{source}-{file}"
        self.con.execute(
            """
            insert into quality.load_log (
                delivery_id, source_system, object, source_file, sha256, rows_read, rows_loaded, rows_held,
                rows_malformed, status, loaded_at, ordered_as
            )
            values (?, ?, ?, ?, ?, ?, ?, 0, ?, 'loaded', ?, ?)
            """,
            [delivery, source, name, file, f"sha-{file}", len(rows) + malformed, len(rows), malformed, at, file],
        )
        for line, row in enumerate(rows, start=2):
            self.con.execute(
                f"insert into raw.{source}__{name} ({', '.join(row)}, _delivery_id, _line)"
                f" values ({', '.join('?' * len(row))}, ?, ?)",
                [*row.values(), delivery, 2 if is_page else line],
            )
        return delivery

    def night(self, at: datetime = NOON, *, is_killed: bool = False) -> GateReport:
        """A killed one ends before it stops over what the gate has stopped."""
        report = run_gate(Settings(home=self.home, as_of=at), self.con, self.definitions)
        if report.stopped and not is_killed:
            records.raise_stopped(self.con)
        return report

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.con.execute(sql).fetchall()

    def admitted(self) -> set[str]:
        return {row[0] for row in self.rows("select native_id from quality.lead_admission where is_admitted")}

    def quarantine(self) -> list[tuple[Any, ...]]:
        return self.rows("select native_id, rule, released_at from quality.quarantine order by all")


def lead(native_id: str | None = "1", **changes: Any) -> dict[str, Any]:
    """A complete record with some fields changed."""
    return {"native_id": native_id, **COMPLETE, **changes}


def edited(folder: Path, **changes: tuple[str, str]) -> definitions.Definitions:
    """The shipped definitions with one text replaced per file, from a folder of their own."""
    folder.mkdir(exist_ok=True)
    for path in SHIPPED.glob("*.csv"):
        text = path.read_text()
        if path.stem in changes:
            old, new = changes[path.stem]
            assert old in text
            text = text.replace(old, new)
        (folder / path.name).write_text(text)
    return definitions.load(folder)
