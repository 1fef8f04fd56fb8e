"""The published file: whole builds, one rename, the same rows at the same "now"."""

import shutil
import time
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from handoff import standing
from handoff.errors import HandoffError
from handoff.settings import CHECKOUT, Settings
from publishing import file
from publishing.build import QUALITY, SCHEMAS, Table, quality_tables
from tests.publishing.readers import Readers

AS_OF = datetime(2026, 6, 1, 2)
TABLES = [Table("core", "fct_lead", description="Leads", comments={"lead_id": "Its id"}), *quality_tables()]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, home=tmp_path, keep_builds=2)


@pytest.fixture
def con(settings: Settings) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(str(settings.warehouse))
    for schema in ("control", "core", "quality"):
        con.execute(f"create schema {schema}")
    con.execute("create table control.run as select ?::timestamp as as_of, 'abc' as definitions_sha256", [AS_OF])
    con.execute(
        "create table core.fct_lead as select 'crm:' || i as lead_id, 1.5::decimal(18, 2) as amount from range(5) r(i)"
    )
    for name, (_, columns) in QUALITY.items():
        listed = ", ".join(f"'' as {column}" for column in (*columns, "private_column"))
        con.execute(f"create table quality.{name} as select {listed} limit 0")
    return con


def read(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings.publish / "marts.duckdb"), read_only=True) as reader:
        return reader.execute(sql).fetchall()


def next_as_of(con: duckdb.DuckDBPyConnection, day: int) -> None:
    con.execute("update control.run set as_of = ?", [AS_OF.replace(day=day)])


def test_a_build_carries_its_tables_and_says_so_in_every_schema(
    settings: Settings, con: duckdb.DuckDBPyConnection
) -> None:
    build = file.publish(settings, con, TABLES)
    assert build.row_counts["core.fct_lead"] == 5
    for schema in SCHEMAS:
        read(settings, f"select build_id from {schema}.build_info")
    assert read(settings, "select table_name, row_count, as_of from core.build_info") == [("fct_lead", 5, AS_OF)]
    assert read(settings, "select comment from duckdb_tables() where table_name = 'fct_lead'") == [("Leads",)]


def test_quality_tables_hand_over_the_agreed_columns_alone(settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
    file.publish(settings, con, TABLES)
    columns = [name for name, *_ in read(settings, "describe quality.load_log")]
    assert columns == list(QUALITY["load_log"][1])
    untold = "select count(*) from duckdb_columns() where table_name in ('load_log', 'build_info') and comment is null"
    assert read(settings, untold) == [(0,)]
    assert read(settings, "select count(*) from duckdb_tables() where comment is null") == [(0,)]


def test_parquet_is_of_the_same_build(settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
    build = file.publish(settings, con, TABLES)
    folder = settings.publish / "parquet" / "core"
    rows = duckdb.sql(f"select count(*) from '{folder}/fct_lead.parquet'").fetchall()
    ids = duckdb.sql(f"select distinct build_id from '{folder}/build_info.parquet'").fetchall()
    assert (rows, ids) == ([(5,)], [(build.build_id,)])


def test_the_same_now_on_the_same_content_is_the_same_build(settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
    first = file.publish(settings, con, TABLES)
    assert file.publish(settings, con, TABLES) == first


def test_an_open_reader_keeps_its_build_while_the_next_are_published(
    settings: Settings, con: duckdb.DuckDBPyConnection
) -> None:
    first = file.publish(settings, con, TABLES)
    path = str(settings.publish / "marts.duckdb")
    with duckdb.connect(path, read_only=True) as reader:
        for day in (2, 3, 4, 5):
            next_as_of(con, day)
            con.execute("insert into core.fct_lead values ('crm:new', 1)")
            last = file.publish(settings, con, TABLES)
        seen = reader.execute("select count(*), any_value(build_id) from core.fct_lead, core.build_info").fetchall()
    assert seen == [(5, first.build_id)]
    assert read(settings, "select row_count, build_id from core.build_info") == [(9, last.build_id)]


@pytest.mark.parametrize(
    ("readers", "publishes"),
    [
        pytest.param(2, 5, id="2 readers, 5 publishes"),
        pytest.param(8, 200, id="8 readers, 200 publishes", marks=pytest.mark.heavy),
    ],
)
def test_readers_that_reconnect_never_see_two_builds(
    settings: Settings, con: duckdb.DuckDBPyConnection, readers: int, publishes: int
) -> None:
    """Each query reads four tables of four schemas. What it took is printed: `pytest -s` shows it."""
    file.publish(settings, con, TABLES)
    four = ", ".join(f"min({schema}.build_id)" for schema in ("core", "metrics", "quality", "reviews"))
    sources = ", ".join(f"{schema}.build_info as {schema}" for schema in ("core", "metrics", "quality", "reviews"))

    def connect() -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str((settings.publish / "marts.duckdb").resolve()), read_only=True)

    def ask(connection: duckdb.DuckDBPyConnection) -> tuple[object, ...] | None:
        return connection.execute(f"select {four} from {sources}, core.fct_lead").fetchone()

    with Readers(readers, connect, ask, duckdb.Error, is_reconnecting=True) as quiet:
        time.sleep(1)
    with Readers(readers, connect, ask, duckdb.Error, is_reconnecting=True) as busy:
        for number in range(publishes):
            con.execute("update control.run set as_of = ?", [AS_OF + timedelta(days=number + 1)])
            file.publish(settings, con, TABLES)
    print(f"\nfile, {readers} readers: quiet {quiet.figures()}; {publishes} publishes {busy.figures()}")
    assert (busy.mixed, busy.errors) == ([], [])
    assert len(busy.seconds) > 5 * readers


def test_old_builds_go_and_the_newest_stay(settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
    for day in (1, 2, 3, 4):
        next_as_of(con, day)
        last = file.publish(settings, con, TABLES)
    kept = sorted(build.name for build in (settings.publish / "builds").iterdir())
    assert len(kept) == 2
    assert kept[-1] == last.build_id


def test_what_an_interrupted_publish_left_is_in_nobodys_way(settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
    leftover = settings.publish / "builds" / file.UNFINISHED
    leftover.mkdir(parents=True)
    (leftover / "marts.duckdb").write_bytes(b"half a file")
    file.publish(settings, con, TABLES)
    assert read(settings, "select count(*) from core.fct_lead") == [(5,)]
    assert not leftover.exists()


def test_a_publish_that_cannot_be_written_leaves_the_old_one(
    settings: Settings, con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = file.publish(settings, con, TABLES)

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file, "_to_disk", no_space)
    next_as_of(con, 2)
    with pytest.raises(HandoffError, match=r"readers keep the build they have.*No space left"):
        file.publish(settings, con, TABLES)
    assert read(settings, "select distinct build_id from core.build_info") == [(first.build_id,)]
    assert not (settings.publish / "builds" / file.UNFINISHED).exists()


def test_a_published_folder_can_be_carried_elsewhere(
    settings: Settings, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file.publish(settings, con, TABLES)
    shutil.copytree(settings.publish, tmp_path / "copy", symlinks=True)
    with duckdb.connect(str(tmp_path / "copy" / "marts.duckdb"), read_only=True) as reader:
        assert reader.execute("select count(*) from core.fct_lead").fetchall() == [(5,)]


def test_what_memory_does_not_hold_at_once_is_published_in_two_steps(
    settings: Settings, con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the timeline of a million leads with 2 GB: making its rows and sorting them each need most of that."""
    write_sorted = file._write_sorted

    def write(con: duckdb.DuckDBPyConnection, table: Table, rows: str) -> None:
        if rows != "from row_now":
            raise duckdb.OutOfMemoryException("could not allocate block")
        write_sorted(con, table, rows)

    monkeypatch.setattr(file, "_write_sorted", write)
    file.publish(settings, con, TABLES)
    assert read(settings, "from core.fct_lead") == con.execute("from core.fct_lead order by all").fetchall()
    assert read(settings, "select comment from duckdb_tables() where table_name = 'fct_lead'") == [("Leads",)]


def test_a_parquet_folder_that_somebody_emptied_is_written_again(
    settings: Settings, con: duckdb.DuckDBPyConnection
) -> None:
    _built(con, {"core.fct_lead": "1"})
    file.publish(settings, con, TABLES)
    assert "core.fct_lead" in standing.published(con).same
    shutil.rmtree((settings.publish / "parquet").resolve())
    next_as_of(con, 2)
    file.publish(settings, con, TABLES)
    assert duckdb.read_parquet(str(settings.publish / "parquet" / "core" / "fct_lead.parquet")).fetchall() == read(
        settings, "from core.fct_lead"
    )


def test_what_is_as_in_the_build_before_is_taken_from_it(settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
    lead = [Table("core", "fct_lead"), Table("core", "dim_owner"), *quality_tables()]
    con.execute("create table core.dim_owner as select 'a' as owner_id")
    _built(con, {"core.fct_lead": "5-1", "core.dim_owner": "1-1"})
    first = file.publish(settings, con, lead)
    next_as_of(con, 24)
    con.execute("update core.dim_owner set owner_id = 'b'")
    _built(con, {"core.fct_lead": "5-1", "core.dim_owner": "1-2"})
    second = file.publish(settings, con, lead)

    inodes = {
        name: [
            (settings.publish / "builds" / build.build_id / "parquet" / "core" / f"{name}.parquet").stat().st_ino
            for build in (first, second)
        ]
        for name in ("fct_lead", "dim_owner")
    }
    assert inodes["fct_lead"][0] == inodes["fct_lead"][1]
    assert inodes["dim_owner"][0] != inodes["dim_owner"][1]
    assert read(settings, "select owner_id, count(*) from core.dim_owner, core.fct_lead group by 1") == [("b", 5)]
    assert read(settings, "select distinct build_id from core.build_info") == [(second.build_id,)]


def test_of_a_large_table_the_rows_that_are_as_they_were_stay(
    settings: Settings, con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows come, change, go and come twice, night by night; sorted ones stay in front until too many stand behind."""
    monkeypatch.setattr(file, "ROW_GROUP", 100)
    leads = "select 'crm:' || i as lead_id, i as amount from range(1000) r(i)"
    con.execute(f"create or replace table core.fct_lead as {leads}")
    for night, (change, behind) in enumerate(
        [
            ("update core.fct_lead set amount = amount", 0),
            ("insert into core.fct_lead select 'new:' || i, i from range(100) r(i)", 100),
            ("update core.fct_lead set amount = -1 where amount < 20 and lead_id like 'crm%'", 120),
            ("delete from core.fct_lead where amount between 500 and 519", 120),
            ("insert into core.fct_lead from (from core.fct_lead limit 1)", 0),  # a twin is not seen by its hash
            ("insert into core.fct_lead select 'third:' || i, null from range(150) r(i)", 150),
            ("insert into core.fct_lead select 'fourth:' || i, null from range(150) r(i)", 0),
        ]
    ):
        next_as_of(con, 2 + night)
        con.execute(change)
        _built(con, {"core.fct_lead": str(night)})
        build = file.publish(settings, con, TABLES)
        there = settings.publish / "builds" / build.build_id
        published = read(settings, "from core.fct_lead")
        assert sorted(published, key=str) == sorted(con.execute("from core.fct_lead").fetchall(), key=str)
        assert duckdb.sql(f"from '{there}/parquet/core/fct_lead.parquet'").fetchall() == published
        assert standing.published(con).appended.get("core.fct_lead", 0) == behind
        in_front = [row[0] for row in published[: len(published) - behind]]
        assert in_front == sorted(in_front)
        assert build.row_counts["core.fct_lead"] == len(published)
        if night == 2:
            assert published != sorted(published)


def test_a_large_table_with_another_column_is_written_anew(
    settings: Settings, con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "ROW_GROUP", 1)
    _built(con, {"core.fct_lead": "1"})
    file.publish(settings, con, TABLES)
    con.execute("alter table core.fct_lead add column owner_id varchar")
    _built(con, {"core.fct_lead": "2"})
    file.publish(settings, con, TABLES)
    assert [name for name, *_ in read(settings, "describe core.fct_lead")] == ["lead_id", "amount", "owner_id"]


def test_after_an_erasure_nothing_of_the_file_before_is_taken(
    settings: Settings, con: duckdb.DuckDBPyConnection
) -> None:
    _built(con, {"core.fct_lead": "5-1"})
    file.publish(settings, con, TABLES)
    standing.forget_published(con)
    assert standing.published(con) == standing.Published()


def _built(con: duckdb.DuckDBPyConnection, contents: dict[str, str]) -> None:
    con.execute(standing.TABLES)
    con.execute("delete from control.built")
    con.execute("create or replace table control.built_from as select 'code' as name, 'x' as content")
    con.executemany("insert into control.built values (?, 'read', ?, null)", [*contents.items()])


def test_the_hazard_of_a_mart_is_in_its_comment(marts: duckdb.DuckDBPyConnection) -> None:
    said = dict(
        marts.execute(
            "select schema_name || '.' || table_name, comment from duckdb_tables() where comment is not null"
        ).fetchall()
    )
    assert said["attribution.fct_attribution"].endswith(
        "Hazard: every model and basis divides the whole amount: choose one of each before summing credited_amount."
    )
    models = (CHECKOUT / "dbt_project" / "models" / "marts").rglob("*.sql")
    named = {f"{path.parent.name}.{path.stem}" for path in models if "Hazard: " in path.read_text()}
    assert named
    assert {name for name in named & said.keys() if "Hazard: " not in said[name]} == set()


def test_a_home_that_was_copied_with_its_links_followed_gets_its_links_again(tmp_path: Path) -> None:
    build = tmp_path / "builds" / "b"
    build.mkdir(parents=True)
    shutil.copytree(build, tmp_path / "current")
    file._link(tmp_path / "current", Path("builds") / "b")
    assert (tmp_path / "current").is_symlink()
    assert (tmp_path / "current").resolve() == build.resolve()
