"""What one run holds from its first step to its last: the lock of the night, the settings, one connection.

Not here: the steps themselves (`defs/`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import PrivateAttr

from handoff import definitions
from handoff.control import begin_run
from handoff.settings import Settings, load_settings
from handoff.warehouse import (
    LOCK_PATIENCE_SECONDS,
    night_lock,
    open_warehouse,
    private_files,
    put_off_compaction,
    require_room,
)

if TYPE_CHECKING:
    import duckdb


class Night(dg.ConfigurableResource[Any]):
    """One per run. The connection held from start to end keeps the single writer of the warehouse in this process."""

    _settings: Settings = PrivateAttr()
    _definitions: definitions.Definitions = PrivateAttr()
    _con: "duckdb.DuckDBPyConnection" = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Night"]:
        self._settings = load_settings()
        with night_lock(self._settings, LOCK_PATIENCE_SECONDS):
            require_room(self._settings)
            self._definitions = definitions.load(self._settings.definitions, self._settings.engine)
            with open_warehouse(self._settings) as con:
                self._con = con
                put_off_compaction(con)
                with private_files():
                    begin_run(con, self._settings.now, context.run_id or "", self._definitions.sha256)
                yield self

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def definitions(self) -> definitions.Definitions:
        return self._definitions

    @property
    def con(self) -> "duckdb.DuckDBPyConnection":
        return self._con
