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
        self.delivered: dict[Path, bytes] = {}
        self.map(CRM)

    def map(self, text: str, name: str = "crm.yml") -> None:
        (self.sources / name).write_text(text)

    def put(self, name: str, content: str | bytes, place: str = "crm/lead") -> Path:
        path = self.extracts / place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
        self.delivered[path] = path.read_bytes()
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

    def check_promises(self) -> None:
        """Nothing is lost, doubled or touched: log, tables and bytes agree, the files are as they were put."""
        assert len(self.log("1")) == len(set(self.delivered.values())), "the same bytes are one delivery"
        for table in {f"{source}__{object_}" for source, object_ in self.log("source_system, object")}:
            counted = self.con.execute(
                "select source_file, rows_read, rows_loaded + rows_held + rows_malformed, rows_loaded, rows_malformed, "
                f'(select count(*) from raw."{table}" where _delivery_id = delivery_id), '
                "(select count(*) from quality.malformed_row where malformed_row.delivery_id = load_log.delivery_id) "
                "from quality.load_log where source_system || '__' || object = ?",
                [table],
            ).fetchall()
            for name, read, accounted, loaded, malformed, in_raw, in_malformed in counted:
                assert (read, loaded, malformed) == (accounted, in_raw, in_malformed), f"{name} does not add up"
        here = {path: path.read_bytes() for path in self.extracts.rglob("*") if path.is_file()}
        assert here == self.delivered, "a file was moved, changed or deleted"

    def close(self) -> None:
        self.con.close()
