"""Dagster's SQLite event log with one open connection per database.

A night writes some thousand events. Dagster opens, commits to disk and closes a database for each, which takes longer
than the models of a small night; what a power cut may cost here is the last events of a run log, nothing of the data.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

BUSY_TIMEOUT_SECONDS = 60


class OneConnectionEventLog(SqliteEventLogStorage):
    """Everything as in Dagster's own class but the connections, which stay open until the instance is disposed of."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._open: dict[str, Connection] = {}
        self._tables: set[str] = set()
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

    def dispose(self) -> None:
        with self._db_lock:
            for connection in self._open.values():
                connection.close()
            self._open.clear()
        super().dispose()
