"""Which rows are made again, and when a table is made anew instead, on tables that fit on a page."""

from collections.abc import Iterator

import duckdb
import pytest

from handoff import mending, standing
from handoff.built import Built
from handoff.mending import Mend, Mending, Relation

QUERY = 'select lead_id, count(*) as touches from "memory"."core"."touch" group by lead_id'


def mends() -> Mending:
    """Of a night that begins now."""
    tables = {"touch": "touch", "lead": "lead", "owner": "owner", "seen": "lead"}
    return Mending(
        {name: Relation(f'"memory"."core"."{name}"', frozenset({f"core.{table}"})) for name, table in tables.items()},
        {
            "core.lead": Mend.of({"by": "lead_id", "reads": {"touch": "lead_id"}}),
            "core.seen": Mend.of({"by": "lead_id", "reads": {"lead": "lead_id", "touch": "lead_id"}}),
        },
        from_rows=0,
    )


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Ten leads of five touches each, made last night; tonight one lead has lost a touch, and one is new."""
    with duckdb.connect() as con:
        con.execute("create schema core")
        con.execute(standing.TABLES)
        mending.begin(con, "nobody", is_anew=False)
        con.execute("create table control.run as select timestamp '2026-06-01' as as_of")
        con.execute("create table core.touch as select 'L' || i // 5 as lead_id, i as touch_id from range(50) r(i)")
        con.execute("create table core.owner as select 1 as owner_id")
        con.execute(f"create table core.lead as {QUERY}")
        of_seen = [(name, "core.lead") for name in ("core.seen", "test of seen", "other test of seen")]
        standing.remember_reads(
            con, [("core.lead", "core.touch"), ("core.lead", "core.owner"), ("test", "core.lead"), *of_seen]
        )
        for name in ("touch", "owner", "lead"):
            Built(con).record_table(con, f"core.{name}")
        for test in ("test", "test of seen", "other test of seen"):
            Built(con).record_test(con, test, passed=True)
        change(con, "delete from core.touch where touch_id = 7; insert into core.touch values ('L10', 99)")
        yield con


def change(con: duckdb.DuckDBPyConnection, sql: str, name: str = "core.touch") -> None:
    """Makes a table anew, as dbt does."""
    with mends().following(con, name):
        before, aside = name.split(".")[1], f'core."{name.split(".")[1]}{mending.ASIDE}"'
        con.execute(f"create table core.{before} as from {aside}")
        con.execute(sql)
        Built(con).record_table(con, name)


def test_the_rows_of_what_moved_are_made_again_and_no_other(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update core.lead set touches = -1 where lead_id = 'L3'")
    Built(con).record_table(con, "core.lead")
    con.execute("update control.made_of set content = (select before from control.moved) where parent = 'core.touch'")
    assert mends().mend(con, Built(con), "core.lead", QUERY) == 3
    rows = dict(con.execute("from core.lead").fetchall())
    assert rows == {f"L{i}": 5 for i in range(10)} | {"L1": 4, "L10": 1, "L3": -1}
    content = "select content from control.built where name = 'core.lead'"
    kept = con.execute(content).fetchall()
    Built(con).record_table(con, "core.lead")
    assert kept == con.execute(content).fetchall(), "as counted from the whole"
    assert Built(con).stands("core.lead")
    assert sorted(con.execute('from moved."core.lead"').fetchall()) == [("L1", 4), ("L1", 5), ("L10", 1)]


@pytest.mark.parametrize(
    "also",
    [
        pytest.param("delete from control.made_of", id="nobody knows what it was made of"),
        pytest.param("delete from control.moved", id="nobody knows what moved"),
        pytest.param("update control.moved set before = '1-1-1'", id="it was made of something earlier"),
        pytest.param("update control.built set content = '2-2-2' where name = 'core.owner'", id="another model moved"),
        pytest.param("insert into control.mended values ('core.lead', 2)", id="much was mended since it was made"),
        pytest.param("delete from control.built where name = 'core.lead'", id="it was made by hand"),
    ],
)
def test_a_table_is_made_anew_where(con: duckdb.DuckDBPyConnection, also: str) -> None:
    before = con.execute("from core.lead order by all").fetchall()
    con.execute(also)
    assert mends().mend(con, Built(con), "core.lead", QUERY) is None
    assert con.execute("from core.lead order by all").fetchall() == before


def test_a_table_of_which_much_moved_is_made_anew(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from control.made_of where name = 'core.lead'")
    Built(con).record_table(con, "core.lead")
    change(con, "delete from core.touch where touch_id % 5 = 0 and touch_id < 20")
    assert mends().mend(con, Built(con), "core.lead", QUERY) is None


def test_rows_that_stand_behind_count_though_none_is_touched(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("insert into control.mended values ('core.lead', 3)")
    con.execute(f"delete from {mending.moved_table('core.touch')} where lead_id = 'L1'")
    assert mends().mend(con, Built(con), "core.lead", QUERY) is None


def fail(con: duckdb.DuckDBPyConnection, gets: str) -> None:
    with mends().following(con, "core.touch"):
        con.execute(gets)
        raise RuntimeError


@pytest.mark.parametrize("gets", ["select 1", "create table core.touch (lead_id varchar, touch_id bigint)"])
def test_a_table_whose_making_fails_is_there(con: duckdb.DuckDBPyConnection, gets: str) -> None:
    with pytest.raises(RuntimeError):
        fail(con, gets)
    assert con.execute("select count(*) from core.touch").fetchall() == [(50 if gets == "select 1" else 0,)]
    assert con.execute("select count(*) from duckdb_tables() where table_name like '% as it was'").fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("sql", "passes"),
    [
        ('select * from "memory"."core"."lead" where touches is null', True),
        ('select * from "memory"."core"."lead" where touches = 1', False),
        pytest.param(
            'select * from "memory"."core"."lead" where touches = 5', True, id="what did not move is not asked"
        ),
    ],
)
def test_a_data_test_asks_what_moved(con: duckdb.DuckDBPyConnection, sql: str, passes: bool) -> None:
    mends().mend(con, Built(con), "core.lead", QUERY)
    assert mends().passes(con, Built(con), "test", sql, ("core.lead", str)) == passes
    assert Built(con).stands("test") == passes
    on_record = con.execute("select count(*) from control.built where name = 'test'").fetchall()
    assert on_record == [(passes,)], "one that found something is asked again, whatever moves"


def test_what_moved_of_a_view_is_looked_up_once(con: duckdb.DuckDBPyConnection) -> None:
    """Each of its data tests asks, and the publish; after the next change it is looked up anew."""
    night, asked = mends(), []

    def view(name: str) -> str:
        asked.append(name)
        return 'select lead_id, touches from "memory"."core"."lead"'

    def rows() -> list[tuple[str, int]]:
        (before,) = con.execute("select before from control.moved where name = 'core.lead'").fetchall()
        query = night.since(con, "core.seen", {"core.lead": before[0]}, view)
        assert query
        assert con.execute("select key from mending_key order by all").fetchall() == [("L1",), ("L10",)]
        return sorted(con.execute(query).fetchall())

    night.mend(con, Built(con), "core.lead", QUERY)
    nothing = 'select * from "memory"."core"."seen" where touches is null'
    assert night.passes(con, Built(con), "test of seen", nothing, ("core.seen", view))
    assert night.passes(con, Built(con), "other test of seen", nothing.replace("is null", "= 5"), ("core.seen", view))
    assert rows() == [("L1", 4), ("L10", 1)]
    assert asked == ["core.seen"]
    night, moved = mends(), "update core.lead set touches = touches + 1 where lead_id in ('L1', 'L10')"
    change(con, moved, "core.lead")
    assert rows() == [("L1", 5), ("L10", 2)]
    assert asked == ["core.seen"] * 2


def test_what_a_view_was_asked_differently_is_kept_apart(con: duckdb.DuckDBPyConnection) -> None:
    """One of its tests passed before a table was mended, another before all that was made tonight."""
    night, asked = mends(), []

    def view(name: str) -> str:
        asked.append(name)
        return 'select lead_id, touches from "memory"."core"."lead"'

    night.mend(con, Built(con), "core.lead", QUERY)
    moved = con.execute("select name, before, content from control.moved order by all").fetchall()
    queries = [night._since(con, "core.seen", list(since), view) for since in (moved[:1], moved)]
    assert [sorted(con.execute(query or "").fetchall()) for query in queries] == [[("L1", 4), ("L10", 1)]] * 2
    assert len({*queries}) == len(asked) == 2
    mending.begin(con, "nobody", is_anew=False)
    assert con.execute("select count(*) from duckdb_tables() where table_name like 'core.seen%'").fetchall() == [(0,)]


def test_a_view_that_moved_too_much_is_asked_as_a_whole(con: duckdb.DuckDBPyConnection) -> None:
    night, wide = mends(), 'select lead_id, unnest([1, 2, 3]) as number from "memory"."core"."lead"'
    con.execute(f"create view core.seen as {wide}")
    night.mend(con, Built(con), "core.lead", QUERY)
    of_all = 'select * from "memory"."core"."seen" where lead_id = \'L5\''
    assert not night.passes(con, Built(con), "test of seen", of_all, ("core.seen", lambda _: wide)), (
        "all of it is asked"
    )


def test_an_erasure_leaves_nothing_of_what_moved(con: duckdb.DuckDBPyConnection) -> None:
    kept = "select count(*) from duckdb_tables() where schema_name = 'moved'"
    mending.begin(con, "nobody", is_anew=False)
    assert con.execute(kept).fetchall() == [(1,)]
    mending.begin(con, "somebody", is_anew=False)
    assert con.execute(kept).fetchall() == [(0,)]
    assert mends().mend(con, Built(con), "core.lead", QUERY) is None


def test_what_a_killed_night_set_aside_is_in_nobodys_way(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f'alter table core.touch rename to "touch{mending.ASIDE}"')
    mending.begin(con, "nobody", is_anew=False)
    con.execute(standing.FORGET)
    names = {
        name for (name,) in con.execute("select table_name from duckdb_tables() where schema_name = 'core'").fetchall()
    }
    assert names == {"lead", "owner"}
    assert mends().mend(con, Built(con), "core.lead", QUERY) is None


@pytest.mark.parametrize(
    ("other", "is_known"),
    [
        (("salesforce", "account"), True),
        (("salesforce", "contact"), False),
        pytest.param(("my_crm", "people"), False, id="a mapped source calls its contacts otherwise"),
    ],
)
def test_a_new_snapshot_or_another_order_of_deliveries_makes_what_reads_them_anew(
    con: duckdb.DuckDBPyConnection, other: tuple[str, str], is_known: bool
) -> None:
    parts = {"stg_salesforce__contact": "raw.salesforce__contact", "stg_mapped__contact": "raw.mapped__contact"}
    views = {**parts, "stg_salesforce__account": "raw.salesforce__account"}
    relations = {view: Relation(view, frozenset({raw, mending.DELIVERY})) for view, raw in views.items()}
    mend = Mend.of({"by": "record_id", "parts": list(parts)})
    con.execute(
        f"create table {mending.moved_table(mending.DELIVERY)} as select ? as source_system, ? as object", [*other]
    )
    con.execute("insert into control.moved values (?, 'before', 'now')", [mending.DELIVERY])
    night = Mending(relations, {"core.contact": mend}, 0)
    assert night._find_keys(con, mend, [(mending.DELIVERY, "before", "now")]) == is_known
    if is_known:
        con.execute("create table core.contact as select 'salesforce:1' as record_id")
        assert con.execute("from core.contact where record_id in (select key from mending_key)").fetchall() == []
