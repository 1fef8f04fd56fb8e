"""What the tests of Spark share: whether it can run here, its configuration for little data, and a small session."""

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.spark.cluster import STACK
from handoff.settings import Settings

# A collector of garbage beside what runs costs a short life more than it brings; so does, where little runs, Java's
# second compiler.
JAVA = f"-XX:+UseSerialGC {STACK}"
LITTLE_CODE = f"{JAVA} -XX:TieredStopAtLevel=1"
# For some thousand rows compiling a plan costs more than running it, and a second partition more than it saves.
LITTLE_DATA = f"""
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
spark.sql.shuffle.partitions 1
spark.default.parallelism 1
spark.driver.extraJavaOptions {JAVA}
spark.executor.extraJavaOptions {JAVA}
"""


@pytest.fixture(scope="session")
def spark_configuration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for SPARK_CONF_DIR."""
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("PySpark is not installed: make spark")
    if shutil.which("java") is None:
        pytest.skip("Java is not here: Spark 3.5 needs 8, 11 or 17")
    folder = tmp_path_factory.mktemp("spark-conf")
    (folder / "spark-defaults.conf").write_text(LITTLE_DATA)
    return folder


@pytest.fixture(scope="module")
def cluster(spark_configuration: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Cluster"]:  # noqa: F821
    """A session in this process, without a cluster behind it."""
    from engines.spark.cluster import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_CONF_DIR", str(spark_configuration))
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        warehouse = tmp_path_factory.mktemp("warehouse")
        opened = Cluster(Settings(_env_file=None, spark_master="local[1]", spark_warehouse=str(warehouse)))
        yield opened
        opened.close()
