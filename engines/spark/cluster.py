"""The Spark session of a night, its Iceberg tables and the views through which SQL reaches them.

Every table and view of dbt is a temporary view of the session (`dialect.view_name`); behind the view of a model that is
a table stands `handoff.<schema>.<table>`, an Iceberg table that outlives the night.
"""

import importlib.util
import os
import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from engines.spark.dialect import identifier, spark_type, typed, view_name
from handoff.errors import HandoffError
from handoff.settings import Settings

CATALOG = "handoff"
# of its own history a table keeps the newest alone
PROPERTIES = {
    "format-version": "2",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "1",
}
# of a package that carries Iceberg's runtime for Spark 3.5; a cluster of one's own brings the jar in its configuration
JAR_PACKAGE, JAR = "snowpark_connect_deps_iceberg", "iceberg-spark-runtime-3.5_2.12-*.jar"
# Java's regular expressions recurse for each round of a group that is repeated: one megabyte is 1,500 characters
STACK = "-Xss16m"
JARS = ("spark.jars", "spark.jars.packages", "spark.driver.extraClassPath")


class Cluster:
    """A session on the cluster that the settings name. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._spark: Any = None
        self._lock = threading.Lock()

    @property
    def spark(self) -> Any:
        """The session, started when it is first asked for.

        Raises:
            HandoffError: the master does not answer, or Spark cannot start here.
        """
        with self._lock:
            if self._spark is None:
                self._spark = self._start()
            return self._spark

    def close(self) -> None:
        """Ends the application; its executors go back to the cluster, the tables stay."""
        from py4j.protocol import Py4JError

        with self._lock:
            if self._spark is not None:
                # a driver that is gone has ended it, and why is the error that counts
                with suppress(Py4JError, OSError):
                    self._spark.stop()
                self._spark = None

    def read(self, relation: str, folder: str, columns: Mapping[str, str]) -> None:
        """Shows Parquet files as a relation: `columns` are DuckDB's, so that nobody has to look into the files."""
        schema = ", ".join(f"{identifier(name)} {spark_type(kind)}" for name, kind in columns.items())
        self.spark.read.schema(schema).parquet(folder).createOrReplaceTempView(view_name(relation))

    def empty(self, relation: str, columns: Mapping[str, str]) -> None:
        """Shows a relation that has no rows so that Spark knows it when it plans: what only comes of it costs nothing.

        Most companies have a few of the systems that the models read.
        """
        nothing = ", ".join(f"cast(null as {spark_type(kind)}) as {identifier(name)}" for name, kind in columns.items())
        self.spark.sql(f"select {nothing} where false").createOrReplaceTempView(view_name(relation))

    def step(self, name: str, query: str) -> None:
        """A view over rows that are made now, on the executors' disks; `drop` it after use."""
        made = self.spark.sql(query).localCheckpoint()._jdf
        # as a new table: the columns of a checkpoint are to Spark those it was made of, and joining the two fails
        rows = self.spark._jsparkSession.internalCreateDataFrame(made.queryExecution().toRdd(), made.schema(), False)
        rows.createOrReplaceTempView(name)

    def drop(self, name: str) -> None:
        """Forgets a view of `step`."""
        self.spark.catalog.dropTempView(name)

    def show(self, relation: str, query: str, columns: Mapping[str, str]) -> None:
        """A view over a query."""
        self.spark.sql(typed(query, columns)).createOrReplaceTempView(view_name(relation))

    def write(self, relation: str, query: str, columns: Mapping[str, str]) -> int:
        """A table out of a query, in place of what it was before.

        Returns:
            Its rows.
        """
        name = f"{CATALOG}.{relation}"
        made = self.spark.sql(typed(query, columns))
        writer = made.writeTo(name).using("iceberg")
        for key, value in PROPERTIES.items():
            writer = writer.tableProperty(key, value)
        writer.createOrReplace()
        if rows := self.count(relation):
            self.spark.table(name).createOrReplaceTempView(view_name(relation))
        else:
            self.empty(relation, columns)
        return rows

    def export(self, query: str, columns: Mapping[str, str], folder: str) -> None:
        """The rows of a query as Parquet files in a new folder."""
        self.spark.sql(typed(query, columns)).write.parquet(folder)

    def rows(self, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The names of the columns of a query's result, and its rows."""
        result = self.spark.sql(query)
        return result.columns, [tuple(row) for row in result.collect()]

    def scalar(self, query: str) -> tuple[Any, str] | None:
        """The one value of a query, with its type; None where the query needs another around it."""
        from pyspark.errors import AnalysisException

        try:
            result = self.spark.sql(query)
        except AnalysisException:
            return None
        found = result.collect()
        if len(found) > 1:
            raise RuntimeError(f"a query of one value returned {len(found)}: {query}")
        return found[0][0] if found else None, result.schema[0].dataType.simpleString()

    def create_schema(self, schema: str) -> None:
        """A namespace of the catalog, where it is missing."""
        self.spark.sql(f"create namespace if not exists {CATALOG}.{schema}")

    def count(self, relation: str) -> int:
        """The rows of a table, as its last snapshot says."""
        snapshot = self._table(relation).currentSnapshot()
        return int(snapshot.summary().get("total-records") or 0) if snapshot is not None else 0

    def files(self, relation: str) -> list[str]:
        """The Parquet files that a table is."""
        found, tasks = [], self._table(relation).newScan().planFiles()
        try:
            iterator = tasks.iterator()
            while iterator.hasNext():
                found.append(str(iterator.next().file().location()).removeprefix("file:"))
        finally:
            tasks.close()
        return found

    def forget_old(self, relation: str) -> None:
        """Deletes the files of a table's former states: readers have the publish, and an erased person must be gone."""
        now = self.spark._jvm.java.lang.System.currentTimeMillis()
        self._table(relation).expireSnapshots().expireOlderThan(now).retainLast(1).commit()

    def _table(self, relation: str) -> Any:
        util = self.spark._jvm.org.apache.iceberg.spark.Spark3Util
        return util.loadIcebergTable(self.spark._jsparkSession, f"{CATALOG}.{relation}")

    def _start(self) -> Any:
        from pyspark.sql import SparkSession

        given = configured()
        catalog = f"spark.sql.catalog.{CATALOG}"
        wanted = {
            "spark.app.name": "handoff",
            "spark.master": self._settings.spark_master,
            # a timestamp of the models has no zone
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.timestampType": "TIMESTAMP_NTZ",
            "spark.sql.ansi.enabled": "false",
            # a product of decimals has the places of both, as DuckDB's: cut to six, an amount in money is rounded twice
            "spark.sql.decimalOperations.allowPrecisionLoss": "false",
            # a day is the same day in DuckDB's files, one before 1582 too
            "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
            "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
            "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        }
        where_not_given = {
            catalog: "org.apache.iceberg.spark.SparkCatalog",
            f"{catalog}.type": "hadoop",
            f"{catalog}.warehouse": self._settings.spark_warehouse,
            "spark.sql.shuffle.partitions": "4",
            "spark.sql.adaptive.enabled": "false",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.autoBroadcastJoinThreshold": "10m",
            "spark.driver.extraJavaOptions": STACK,
            "spark.executor.extraJavaOptions": STACK,
        }
        if not given.intersection(JARS):
            jar = iceberg_jar()
            where_not_given |= {"spark.driver.extraClassPath": jar, "spark.executor.extraClassPath": jar}
        builder = SparkSession.builder
        for name, value in {**where_not_given, **wanted}.items():
            if name in wanted or name not in given:
                builder = builder.config(name, value)
        try:
            spark = builder.getOrCreate()
            spark.sparkContext.setLogLevel("ERROR")
            return spark
        except Exception as error:
            raise HandoffError(
                "Spark did not start.",
                where=self._settings.spark_master,
                why=next(iter(str(error).splitlines()), type(error).__name__),
                remedy="See that Java 8, 11 or 17 is here, that HANDOFF_SPARK_MASTER names a master that is up, and "
                "that both are Spark 3.5",
            ) from error


def configured() -> set[str]:
    """The names that Spark's own configuration sets. Spark itself reads it once it runs, which is too late to ask."""
    home = Path(os.environ.get("SPARK_HOME", ""))
    if not home.name and (package := importlib.util.find_spec("pyspark")) and package.origin:
        home = Path(package.origin).parent
    file = Path(os.environ.get("SPARK_CONF_DIR", home / "conf")) / "spark-defaults.conf"
    lines = file.read_text().splitlines() if file.exists() else []
    return {re.split(r"[\s=:]", line.strip(), maxsplit=1)[0] for line in lines if not line.lstrip().startswith("#")}


def iceberg_jar() -> str:
    """Iceberg's runtime on this machine.

    Raises:
        HandoffError: neither Spark's configuration names one nor a package brings it.
    """
    found = importlib.util.find_spec(JAR_PACKAGE)
    folders: Sequence[str] = (found.submodule_search_locations or []) if found else []
    for folder in folders:
        for jar in sorted((Path(folder) / "jars").glob(JAR)):
            return str(jar)
    raise HandoffError(
        "Iceberg's runtime for Spark 3.5 is not here.",
        where=os.environ.get("SPARK_CONF_DIR", "spark-defaults.conf"),
        why="Spark's configuration names no jar, and the extra `spark` is not installed",
        remedy="Name iceberg-spark-runtime-3.5_2.12 in spark.jars there, or install the extra",
    )
