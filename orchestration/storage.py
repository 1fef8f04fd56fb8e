"""Dagster's SQLite event log with one open connection per database, which knows what it has just written.

A night writes some thousand events. Dagster opens, commits to disk and closes a database for each, which takes longer
than the models of a small night; what a power cut may cost here is the last events of a run log, nothing of the data.
It also reads each materialization back, with all columns and their lineage, to note what the next one was made of.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dagster import AssetKey, EventLogEntry, EventLogRecord
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

BUSY_TIMEOUT_SECONDS = 60


class OneConnectionEventLog(SqliteEventLogStorage):
    """Everything as in Dagster's own class but the connections, which stay open until the instance is disposed of, and
    the newest materializations that this process wrote itself, which are not read and parsed again."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._open: dict[str, Connection] = {}
        self._tables: set[str] = set()
        self._columns: set[str] = set()
        self._written: dict[str, tuple[str, EventLogRecord]] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "OneConnectionEventLog":
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard not in self._open:
                options = {"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
                engine = create_engine(self.conn_string_for_shard(shard), poolclass=NullPool, connect_args=options)
                if shard not in self._initialized_dbs:
                    self._initdb(engine)
                    self._initialized_dbs.add(shard)
                self._open[shard] = engine.connect()
                self._open[shard].execute(text("pragma synchronous = off"))
                self._open[shard].commit()
            with self._open[shard].begin():
                yield self._open[shard]

    def has_table(self, table_name: str) -> bool:
        """Asked for every event, of a database of its own connection; a table that is there stays."""
        if table_name not in self._tables:
            if not super().has_table(table_name):
                return False
            self._tables.add(table_name)
        return True

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        """Asked for every event and every input of a table; a column that is there stays."""
        if column_name not in self._columns:
            if not super()._has_asset_key_col_on_connection(conn, column_name):
                return False
            self._columns.add(column_name)
        return True

    def _get_asset_entry_values(
        self, event: EventLogEntry, event_id: int, has_asset_key_index_cols: bool
    ) -> dict[str, Any]:
        values = super()._get_asset_entry_values(event, event_id, has_asset_key_index_cols)
        key = event.get_dagster_event().asset_key
        if key is not None and (text := values.get("last_materialization")):
            self._written[key.to_string()] = text, EventLogRecord(storage_id=event_id, event_log_entry=event)
        return values

    def _get_latest_materialization_records(
        self, raw_asset_rows: Sequence[Any]
    ) -> Mapping[AssetKey, EventLogRecord | None]:
        known: dict[AssetKey, EventLogRecord | None] = {}
        unknown = []
        for row in raw_asset_rows:
            text, record = self._written.get(row["asset_key"], ("", None))
            key = AssetKey.from_db_string(row["asset_key"])
            # with details it may have been wiped since
            if record is None or key is None or text != row["last_materialization"] or row["asset_details"]:
                unknown.append(row)
            else:
                known[key] = record
        return {**super()._get_latest_materialization_records(unknown), **known} if unknown else known

    def dispose(self) -> None:
        with self._db_lock:
            for connection in self._open.values():
                connection.close()
            self._open.clear()
        super().dispose()
