"""What DuckDB holds goes to Spark and what Spark made comes back, with the values and types it had."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from engines.spark.cluster import configured

COLUMNS = """
    -7::bigint as n, 18446744073709551615::hugeint as h, 2.50::decimal(18, 2) as d, 1e-17::double as x, 'ä;"' as s,
    true as b, date '2026-02-28' as day, timestamp '2026-03-29 02:30:00.123456' as ts, ['a', null] as l,
    date '1025-10-06' as old, timestamp '0026-05-01 10:00:00' as older,
    {'i': 1, 't': 'u'} as st, '{"a": 1}'::json as j, null::integer as nothing
"""


@pytest.mark.spark
def test_values_survive_the_way_there_and_back(cluster: Any, tmp_path: Path) -> None:
    from engines.spark.environment import Ledger, columns_of

    ledger = Ledger(cluster, tmp_path / "exchange", models=["core.made"])
    with duckdb.connect() as con:
        con.execute("create schema raw; create schema core")
        con.execute(f"create table raw.given as select {COLUMNS} union all by name select 8::bigint as n")
        con.execute("create table core.made as from raw.given limit 0")
        with pytest.raises(RuntimeError, match="before this night made it"):
            ledger.carry(con, ["core.made"])
        ledger.carry(con, ["raw.given"])
        cluster.create_schema("core")
        rows = cluster.write("core.made", "select * from raw__given", columns_of(con, "core.made"))
        ledger.made_on_spark("core.made", rows)
        ledger.bring(con, "core.made")
        assert rows == 2
        query = "select * replace (j::varchar as j) from {} order by n"
        assert con.sql(query.format("core.made")).fetchall() == con.sql(query.format("raw.given")).fetchall()
        cluster.forget_old("core.made")


@pytest.mark.spark
@pytest.mark.parametrize("rows", [0, 1])
def test_a_column_may_have_any_name(rows: int, cluster: Any, tmp_path: Path) -> None:
    from engines.spark.environment import Ledger

    ledger = Ledger(cluster, tmp_path / "exchange", models=[])
    with duckdb.connect() as con:
        con.execute("create schema raw")
        con.execute(f"""create table raw.named as select 'ja' as "What`s new, 'then'?", 1 as n limit {rows}""")
        ledger.carry(con, ["raw.named"])
        assert cluster.rows("select `What``s new, 'then'?` from raw__named")[1] == [("ja",)][:rows]


@pytest.mark.spark
def test_what_has_no_rows_is_known_to_have_none(cluster: Any, tmp_path: Path) -> None:
    from engines.spark.environment import Ledger, columns_of

    ledger = Ledger(cluster, tmp_path / "exchange", models=["core.none"])
    with duckdb.connect() as con:
        con.execute("create schema raw; create schema core")
        con.execute(f"create table raw.none as select {COLUMNS} limit 0")
        con.execute("create table core.none as from raw.none")
        ledger.carry(con, ["raw.none"])
        cluster.create_schema("core")
        assert cluster.write("core.none", "select * from raw__none", columns_of(con, "core.none")) == 0
        ledger.made_on_spark("core.none", 0)
        for view in ("raw__none", "core__none"):
            plan = cluster.spark.sql(f"select s, count(*) from {view} group by s")._jdf.queryExecution().optimizedPlan()
            assert plan.toString().startswith("LocalRelation <empty>")
            assert cluster.spark.table(view).schema["d"].dataType.simpleString() == "decimal(18,2)"
        ledger.bring(con, "core.none")
        assert con.sql("from core.none").fetchall() == []
        cluster.forget_old("core.none")


@pytest.mark.spark
def test_a_failure_is_told_by_its_innermost_cause(cluster: Any, tmp_path: Path) -> None:
    from engines.spark.environment import Cursor, Ledger

    ledger = Ledger(cluster, tmp_path / "exchange", models=[])
    with duckdb.connect() as con:
        con.execute("create schema core")
        told = (
            "create table core.made as select case when i >= 0 then cast(error('No rate for ' || i) as bigint) end as n"
        )
        with pytest.raises(RuntimeError, match=r"^[\w.]+: No rate for \d$"):
            Cursor(con, ledger).execute(f"{told} from unnest([1, 2]) as t(i)")


@pytest.mark.spark
def test_a_long_text_overflows_no_stack(cluster: Any) -> None:
    """Of a pattern of the definitions, whose groups the translation cannot see."""
    matches = "rlike(repeat('a1', 5000), concat('(?isu)^(?:', pattern, ')$'))"
    assert cluster.rows(f"select {matches} from values ('(?:[a-z]|[0-9])+') as t(pattern)")[1] == [(True,)]


@pytest.mark.spark
def test_a_fingerprint_comes_back_unsigned(cluster: Any, tmp_path: Path) -> None:
    from engines.spark.environment import Ledger

    ledger = Ledger(cluster, tmp_path / "exchange", models=["core.hashed"])
    with duckdb.connect() as con:
        con.execute("create schema core; create table core.hashed (f ubigint)")
        cluster.create_schema("core")
        ledger.made_on_spark("core.hashed", cluster.write("core.hashed", "select cast(-1 as bigint)", {"f": "UBIGINT"}))
        ledger.bring(con, "core.hashed")
        assert con.sql("from core.hashed").fetchall() == [(2**64 - 1,)]


def test_spark_s_own_configuration_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spark-defaults.conf").write_text("# a note\nspark.jars  /x.jar\nspark.ui.enabled=true\n\n")
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    assert {"spark.jars", "spark.ui.enabled"} <= configured()
    assert "#" not in configured()
