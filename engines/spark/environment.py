"""dbt's adapter for DuckDB, whose statements run where they belong.

The warehouse file stays dbt's catalog: every definition runs there and gives each model its exact columns, over no
rows. The query behind a model runs on Spark, and so does a data test over models. What DuckDB itself holds (raw rows,
seeds, what a Python model made, the scoreboard of earlier nights) goes to Spark by Parquet when it is first read there.
"""

import re
import threading
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.environments.local import DuckDBConnectionWrapper, LocalEnvironment
from sqlglot import exp

from engines.spark import dialect
from engines.spark.cluster import Cluster
from handoff.sql import literal, quoted

COMMENT = re.compile(r"\s*(?:/\*.*?\*/\s*|--[^\n]*\n\s*)*", re.DOTALL)
CREATE = re.compile(
    r"create\s+(?:or\s+replace\s+)?(?P<temp>temp\w*\s+)?(?P<kind>table|view)\s+(?:if\s+not\s+exists\s+)?"
    r'(?P<name>(?:"?\w+"?\.)*"?\w+"?)\s*(?P<rest>.*)',
    re.DOTALL | re.IGNORECASE,
)
CONTRACT = re.compile(
    r"(?P<columns>\(.*?\))\s*;\s*insert\s+into\s+\S+\s*\([^()]*\)\s*\((?P<query>.*)\)\s*;?\s*", re.DOTALL
)
CHANGE = re.compile(
    r"(?:insert\s+into|delete\s+from|update|copy|drop\s+(?:table|view)(?:\s+if\s+exists)?|alter\s+table)\s+"
    r'(?P<name>(?:"?\w+"?\.)*"?\w+"?)',
    re.IGNORECASE,
)
QUERY = re.compile(r"(?:select|with)\b", re.IGNORECASE)
AS = re.compile(r"as\s+(?P<query>.*)", re.DOTALL | re.IGNORECASE)
# dbt asks so for the columns of a query
SHAPE_ONLY = re.compile(r"where\s+false\s+limit\s+0\s*;?\s*$", re.IGNORECASE)


# What is the same from the first model of a night to the last.
CONSTANTS = ("control.run", "staging.stg_definitions__setting", "staging.stg_definitions__setting_in_force")


def cause(said: str) -> str:
    """The innermost cause of what Spark says with all its frames.

    >>> cause("An error.\\n: x.SparkException: Job aborted\\n\\tat x.Y\\nCaused by: java.E: No rate.\\n\\tat z")
    'java.E: No rate.'
    >>> cause("[TABLE_NOT_FOUND] There is no table.; line 1 pos 14;\\n'Project [*]")
    '[TABLE_NOT_FOUND] There is no table.; line 1 pos 14;'
    """
    lines = [line for line in said.splitlines() if line.strip()] or [""]
    causes = [line.partition(": ")[2] for line in lines if line.startswith("Caused by: ")]
    return causes[-1] if causes else lines[0]


class Ledger:
    """Where the rows of each relation are, as `schema.table`."""

    def __init__(self, cluster: Cluster, exchange: Path, models: Collection[str]) -> None:
        self.cluster = cluster
        self._models = frozenset(models)
        self._local: set[str] = set()
        self.on_spark: dict[str, int | None] = {}
        self._exchange = exchange
        self._carried: set[str] = set()
        self._brought: set[str] = set()
        self._lock = threading.RLock()
        self._number = 0
        self._answers: dict[str, tuple[Any, str] | None] = {}

    def made_on_spark(self, relation: str, rows: int | None) -> None:
        """A view (without rows of its own) or table is there, and what DuckDB held under the name counts no more."""
        with self._lock:
            self.on_spark[relation] = rows
            self._carried.discard(relation)
            self._brought.discard(relation)

    def changed_on_duckdb(self, relation: str) -> None:
        """DuckDB's rows are the ones that count."""
        with self._lock:
            self.on_spark.pop(relation, None)
            self._carried.discard(relation)
            self._local.add(relation)

    def folder(self, relation: str) -> Path:
        """A place in the exchange that nobody has used yet."""
        with self._lock:
            self._number += 1
            return self._exchange / f"{self._number:04}__{dialect.view_name(relation)}"

    def carry(self, con: Any, relations: Sequence[str]) -> None:
        """Takes what DuckDB holds to Spark, where it is not there yet."""
        for relation in relations:
            with self._lock:
                if relation in self.on_spark or relation in self._carried:
                    continue
                if relation in self._models and relation not in self._local:
                    raise RuntimeError(f"{relation} is read before this night made it")
                columns = columns_of(con, relation)
                if con.execute(f"from {relation} limit 1").fetchone() is None:
                    self.cluster.empty(relation, columns)
                    self._carried.add(relation)
                    continue
                folder = self.folder(relation)
                folder.mkdir(parents=True)
                parts = ", ".join(f"{_for_parquet(name, kind)} as {quoted(name)}" for name, kind in columns.items())
                target = literal(str(folder / "part.parquet"))
                con.execute(f"copy (select {parts} from {relation}) to {target} (format parquet)")
                self.cluster.read(relation, str(folder), columns)
                self._carried.add(relation)

    def ready(self, con: Any, tree: exp.Expression) -> None:
        """Has Spark see what a query reads, and the query not ask again for what is known."""
        self.carry(con, sorted(dialect.relations(tree)))
        dialect.fold(tree, CONSTANTS, self._answer)

    def _answer(self, query: str) -> tuple[Any, str] | None:
        with self._lock:
            if query not in self._answers:
                self._answers[query] = self.cluster.scalar(query)
            return self._answers[query]

    def bring(self, con: Any, relation: str) -> None:
        """Fills DuckDB's table with the rows that Spark made.

        Raises:
            RuntimeError: what arrived is not as many rows as Spark wrote.
        """
        rows = self.on_spark.get(relation)
        with self._lock:
            if rows is None or relation in self._brought:
                return
            self._brought.add(relation)
        con.execute(f"delete from {relation}")
        fill(con, relation, self.cluster.files(relation))
        arrived = con.execute(f"select count(*) from {relation}").fetchone()[0]
        if arrived != rows:
            raise RuntimeError(f"{relation}: Spark wrote {rows} rows, {arrived} arrived in the warehouse")


class Environment(LocalEnvironment):
    """What dbt-duckdb talks to instead of a DuckDB of its own."""

    def __init__(self, credentials: DuckDBCredentials, ledger: Ledger) -> None:
        super().__init__(credentials)
        self.ledger = ledger

    def handle(self) -> DuckDBConnectionWrapper:
        """A connection whose cursor sends statements on."""
        wrapper = super().handle()
        wrapper._cursor = Cursor(wrapper._cursor._cursor, self.ledger)
        return wrapper

    def submit_python_job(self, handle: Any, parsed_model: dict[str, Any], compiled_code: str) -> AdapterResponse:
        """Runs a Python model here, as ever: what it reads is brought first."""
        con = handle.cursor().local

        def load(table: str) -> duckdb.DuckDBPyRelation:
            self.ledger.bring(con, _relation(table))
            return con.query(f"select * from {table}")

        self.run_python_job(con, load, parsed_model["alias"], compiled_code, self.creds)
        self.ledger.changed_on_duckdb(f"{parsed_model['schema']}.{parsed_model['alias']}".lower())
        return AdapterResponse(_message="OK")


class Cursor:
    """A cursor of DuckDB that takes the queries of models and data tests to Spark."""

    def __init__(self, local: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
        self.local = local
        self._ledger = ledger
        self._found: tuple[list[str], list[tuple[Any, ...]]] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.local, name)

    @property
    def description(self) -> Any:
        """The columns of the last result."""
        if self._found is None:
            return self.local.description
        return [(name, None) for name in self._found[0]]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """What is left of the last result."""
        return self.fetchmany(None)

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        """The next rows of the last result."""
        if self._found is None:
            return self.local.fetchall() if size is None else self.local.fetchmany(size)
        rows = self._found[1][:size]
        del self._found[1][:size]
        return rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row of the last result."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def execute(self, sql: str, bindings: Any = None) -> Any:
        """Runs one statement of dbt.

        Raises:
            RuntimeError: Spark could not run it; the message is the innermost cause.
        """
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            return self._execute(sql, bindings)
        except (Py4JError, PySparkException) as error:
            raise RuntimeError(cause(str(error))) from error

    def _execute(self, sql: str, bindings: Any) -> Any:
        self._found = None
        statement = sql[COMMENT.match(sql).end() :]  # type: ignore[union-attr]
        if created := CREATE.match(statement):
            if query := _query(created["rest"]):
                self._create(created, query)
                return self
            self._ledger.changed_on_duckdb(_relation(created["name"]))
        elif QUERY.match(statement):
            if not SHAPE_ONLY.search(statement) and self._is_for_spark(statement):
                tree = dialect.parse(statement)
                self._ledger.ready(self.local, tree)
                self._found = self._ledger.cluster.rows(dialect.to_spark(tree))
                return self
        elif changed := CHANGE.match(statement):
            self._ledger.changed_on_duckdb(_relation(changed["name"]))
        if bindings is None:
            self.local.execute(sql)
        else:
            self.local.execute(sql, bindings)
        return self

    def _is_for_spark(self, statement: str) -> bool:
        """Whether a query reads what Spark holds; most ask the catalog, which no parser need see."""
        if "information_schema" in statement or "duckdb_" in statement:
            return False
        return any(name in self._ledger.on_spark for name in dialect.relations(dialect.parse(statement)))

    def _create(self, created: re.Match[str], query: str) -> None:
        relation, kind = _relation(created["name"]), created["kind"].lower()
        tree = dialect.parse(query)
        self._define(created, query)
        columns = columns_of(self.local, created["name"])
        self._ledger.ready(self.local, tree)
        cluster = self._ledger.cluster
        steps, tree = ([], tree) if kind == "view" else dialect.steps(tree, relation)
        try:
            for step in steps:
                cluster.step(step.name, dialect.to_spark(step.query))
            self._fill(created, relation, dialect.to_spark(tree), columns)
        finally:
            for step in steps:
                cluster.drop(step.name)

    def _fill(self, created: re.Match[str], relation: str, spark_sql: str, columns: dict[str, str]) -> None:
        cluster, kind = self._ledger.cluster, created["kind"].lower()
        if created["temp"]:
            # what DuckDB merges into a table that remembers
            folder = self._ledger.folder(relation)
            cluster.export(spark_sql, columns, str(folder))
            fill(self.local, created["name"], [str(file) for file in folder.glob("*.parquet")])
        elif kind == "view":
            cluster.show(relation, spark_sql, columns)
            self._ledger.made_on_spark(relation, None)
        else:
            self._ledger.made_on_spark(relation, cluster.write(relation, spark_sql, columns))

    def _define(self, created: re.Match[str], query: str) -> None:
        """The relation in DuckDB: a view whole, a table without a row."""
        name, rest, temp = created["name"], created["rest"], created["temp"] or ""
        if created["kind"].lower() == "view":
            self.local.execute(f"create or replace view {name} as ({query}\n)")
        elif contract := CONTRACT.match(rest):
            self.local.execute(f"create or replace table {name} {contract['columns']}")
        else:
            self.local.execute(f"create or replace {temp} table {name} as select * from ({query}\n) where false")


def columns_of(con: Any, relation: str) -> dict[str, str]:
    """The columns of a relation in the warehouse, with DuckDB's types."""
    return {name: kind for name, kind, *_ in con.execute(f"describe {relation}").fetchall()}


def fill(con: Any, relation: str, files: Sequence[str]) -> None:
    """Puts the rows of Parquet files that Spark wrote into a table of the warehouse."""
    if not files:
        return
    columns = columns_of(con, relation)
    names = ", ".join(quoted(name) for name in columns)
    parts = ", ".join(_from_parquet(name, kind) for name, kind in columns.items())
    listed = ", ".join(literal(file) for file in files)
    con.execute(f"insert into {relation} ({names}) select {parts} from read_parquet([{listed}])")


def _query(rest: str) -> str | None:
    """The query that fills a table or view, out of what follows its name; None where rows come another way."""
    found = AS.fullmatch(rest) or CONTRACT.fullmatch(rest)
    return found["query"].rstrip().removesuffix(";") if found else None


def _relation(name: str) -> str:
    """`schema.table` out of a name as dbt writes it."""
    return ".".join(name.replace('"', "").lower().split(".")[-2:])


def _for_parquet(name: str, kind: str) -> str:
    """A column of DuckDB as the type that Spark expects in the file."""
    column = quoted(name)
    if kind in ("HUGEINT", "UHUGEINT"):
        return f"cast({column} as decimal(38, 0))"
    if kind in ("UBIGINT", "UINTEGER"):
        return f"cast({column} as bigint)"
    if kind in ("TINYINT", "SMALLINT", "UTINYINT", "USMALLINT"):
        return f"cast({column} as integer)"
    if kind in ("JSON", "UUID", "TIME") or kind.startswith("ENUM"):
        return f"cast({column} as varchar)"
    return column


def _from_parquet(name: str, kind: str) -> str:
    """A column of Spark as DuckDB's: a fingerprint comes back unsigned."""
    column = quoted(name)
    if kind == "UBIGINT":
        signed = f"cast({column} as hugeint)"
        return f"cast(case when {column} < 0 then {signed} + 18446744073709551616 else {signed} end as ubigint)"
    return column
