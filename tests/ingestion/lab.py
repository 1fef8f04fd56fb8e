"""A landing zone to fill by hand, loaded into a warehouse in memory under mappings of the test's own."""

import gzip
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from handoff.settings import Settings
from ingestion.load import Delivery, LoadReport, load

AS_OF = datetime(2026, 6, 1, 2, 0)

CRM = """
source: crm
objects:
  lead:
    entity: lead
    version: [SystemModstamp]
    fields:
      native_id: {column: Id, required: true}
      email: Email
      employee_count: Employees
      created_at: CreatedDate
      is_deleted: IsDeleted
"""


class Zone:
    """Files in, rows out."""

    def __init__(self, folder: Path) -> None:
        self.extracts, self.sources, self.home = folder / "extracts", folder / "sources", folder / "home"
        for each in (self.extracts, self.sources, self.home):
            each.mkdir(parents=True)
        self.con = duckdb.connect()
        self.con.execute("set TimeZone = 'UTC'")
        self.as_of = AS_OF
        self.map(CRM)

    def map(self, text: str, name: str = "crm.yml") -> None:
        (self.sources / name).write_text(text)

    def put(self, name: str, content: str | bytes, place: str = "crm/lead") -> Path:
        path = self.extracts / place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
        return path

    def load(self) -> LoadReport:
        settings = Settings(home=self.home, extracts=str(self.extracts), sources=self.sources, as_of=self.as_of)
        return load(settings, self.con)

    def load_one(self, name: str, content: str | bytes) -> Delivery:
        """The delivery of one file, the only one of the landing zone."""
        self.put(name, content)
        (delivery,) = self.load().deliveries
        return delivery

    def rows(self, columns: str = "*", table: str = "crm__lead", order: str = "all") -> list[tuple[Any, ...]]:
        return self.con.execute(f'select {columns} from raw."{table}" order by {order}').fetchall()

    def malformed(self, columns: str = "line, raw_text") -> list[tuple[Any, ...]]:
        return self.con.execute(f"select {columns} from quality.malformed_row order by source_file, line").fetchall()

    def log(self, columns: str) -> list[tuple[Any, ...]]:
        return self.con.execute(f"select {columns} from quality.load_log order by all").fetchall()

    def close(self) -> None:
        self.con.close()
