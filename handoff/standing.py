"""What each table of the last build was made of: a night makes anew only what may have changed.

`control.built` keeps, per table and passed data test, a fingerprint of what it read and one of what it is, written node
by node (`built.py`); before each, dbt asks there whether it stands (`orchestration/dbt_project.py`). A table that is
made again and comes out equal therefore stops the work there: what reads it stands. Not here: which nodes there are.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from handoff import mending
from handoff.built import ROW_HASH, STATISTICS
from handoff.warehouse import transaction

CLOCK = "control.run"
CODE = "code"
TABLES = """
create schema if not exists control;
create table if not exists control.built (name varchar, inputs varchar, content varchar, built_at timestamp);
create table if not exists control.built_from (name varchar, content varchar);
create table if not exists control.reads (name varchar, parent varchar);
create table if not exists control.counted (name varchar, inputs varchar, rows bigint);
create table if not exists control.published (build varchar, name varchar, content varchar);
alter table control.published add column if not exists appended bigint default 0;
create or replace view control.inputs as
    select
        reads.name,
        md5(
            string_agg(reads.parent || '=' || coalesce(built.content, uuid()::varchar), ' ' order by reads.parent)
        ) as inputs
    from control.reads
    left join control.built on reads.parent = built.name
    group by reads.name;
"""
# What the build before knew of sources and seeds is asked anew; a table that somebody dropped was never made.
FORGET = """
delete from control.built
where
    inputs is null
    or (
        content <> 'passed'
        and name not in (select schema_name || '.' || table_name from duckdb_tables())
    )
"""
# What the models read of the night's own tables: `quality.load_log` without its times, the clock without the run's id.
COLUMNS = {CLOCK: "as_of", "quality.load_log": "delivery_id, source_file, status, rows_held, is_current, ordered_as"}
VIEWS = """
select inputs.*
from control.inputs
semi join duckdb_views() as view_ on inputs.name = view_.schema_name || '.' || view_.view_name
"""
COUNTED = f"select rows from control.counted semi join ({VIEWS}) as view_ using (name, inputs) where name = ?"
# A view is what it reads; its rows are not counted, and its SQL belongs to the code.
NOW = f"""
select name, content from control.built where inputs is not null and content <> 'passed'
union all
select name, '0-' || inputs from ({VIEWS})
union all
select name, content from control.built_from where name = 'code'
"""
# Views are bound to the columns of what they read, so these belong to the SQL.
SHAPE = """
select schema_name || '.' || table_name, column_name, data_type
from duckdb_columns()
where list_contains($1, schema_name || '.' || table_name)
order by all
"""
DELIVERIES = f"""
select
    load_log.source_system || '__' || load_log.object,
    bit_xor({ROW_HASH.format(row="(load_log.delivery_id, status, mapping_sha256)")})
from quality.load_log
left join control.delivery_reading on load_log.delivery_id = delivery_reading.delivery_id
group by 1
"""


@dataclass(frozen=True)
class Moved:
    """The sources that are not as they were at the last whole build; `is_everything` where none ended well since."""

    sources: frozenset[str]
    is_everything: bool
    contents: dict[str, str]


def begin(
    con: duckdb.DuckDBPyConnection,
    code: str,
    sources: Collection[str],
    seeds: Iterable[str],
    erased: Path,
    mends: mending.Mending = mending.NOTHING,
) -> Moved:
    """Finds what moved and forgets that a build was whole: whatever stops the one that comes, the next asks anew.

    `code` stands for SQL and definitions, seeds with them; the columns of the sources join it. `erased` is the file
    whose change rewrites raw rows. `mends` are the tables that can be mended.
    """
    con.execute(TABLES)
    code = hashlib.sha256(repr((code, con.execute(SHAPE, [sorted(sources)]).fetchall())).encode()).hexdigest()
    before = dict(con.execute("from control.built_from").fetchall())
    rewritten = hashlib.sha256(erased.read_bytes() if erased.exists() else b"").hexdigest()
    now = _contents(con, sources, rewritten)
    with transaction(con):
        # what was made is forgotten with what it was made of: nothing of it may be set aside
        if mending.begin(con, rewritten, is_anew=before.pop(CODE, None) != code):
            before = {}
            con.execute("delete from control.built; delete from control.counted")
    con.execute("create or replace table control.built_from as select ? as name, ? as content", [CODE, code])
    con.execute(FORGET)
    known = [*now.items(), *((seed, code) for seed in seeds)]
    con.executemany("insert into control.built values (?, null, ?, null)", known)
    mends.follow_sources(con, before, now, rewritten)
    moved = frozenset(name for name, content in now.items() if before.get(name) != content)
    return Moved(moved, is_everything=not before, contents=now)


def remember_reads(con: duckdb.DuckDBPyConnection, edges: Iterable[tuple[str, str]]) -> None:
    """Which tables and sources each node reads, through views; views too."""
    names, parents = zip(*edges, strict=True)
    con.execute(
        "create or replace table control.reads as select unnest(?::varchar[]) as name, unnest(?::varchar[]) as parent",
        [list(names), list(parents)],
    )


def count(con: duckdb.DuckDBPyConnection, name: str) -> int:
    """The rows of a table or view. To count those of a view is to make them, seconds for the timeline of a million
    leads: they are counted again only where something that it reads changed.
    """
    found = con.execute(COUNTED, [name]).fetchone()
    if found is None:
        found = con.execute(f"select count(*) from {name}").fetchall()[0]
        with transaction(con):
            con.execute("delete from control.counted where name = ?", [name])
            con.execute(
                f"insert into control.counted select name, inputs, ? from ({VIEWS}) where name = ?", [*found, name]
            )
    return int(found[0])


def end(con: duckdb.DuckDBPyConnection, moved: Moved) -> None:
    """After a whole build that ended well."""
    con.executemany("insert into control.built_from values (?, ?)", [*moved.contents.items()])


def built_at(con: duckdb.DuckDBPyConnection) -> dict[str, datetime]:
    """By table and data test: the "now" of the night that last made it, or last asked."""
    return dict(con.execute("select name, built_at from control.built where inputs is not null").fetchall())


@dataclass(frozen=True)
class Published:
    """The newest published build; the tables that are as in it; the rows of each that stand behind its sorted ones;
    what it and all that it was made of were.

    Without a name where there is none, or none whose tables have the columns and the meaning of tonight's.
    """

    build: str = ""
    same: frozenset[str] = frozenset()
    appended: dict[str, int] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)


def published(con: duckdb.DuckDBPyConnection) -> Published:
    """What the next build can be made from."""
    con.execute(TABLES)
    before = con.execute("select name, content, build, appended from control.published").fetchall()
    now = dict(con.execute(NOW).fetchall())
    same = frozenset(name for name, content, *_ in before if now.get(name) == content)
    if CODE not in same:
        return Published()
    contents = {name: content for name, content, *_ in before}
    return Published(before[0][2], same, {name: rows for name, *_, rows in before if rows}, contents)


def remember_published(con: duckdb.DuckDBPyConnection, build: str, appended: Mapping[str, int]) -> None:
    """After readers were given a build. `appended` are the rows by table that stand behind the sorted ones.

    Of those that `control.built` does not know (quality tables) nothing is kept.
    """
    con.execute(
        "create or replace table control.published as select $build as build, now.name, now.content, "
        f"coalesce(map($names, $rows)[now.name], 0)::bigint as appended from ({NOW}) as now",
        {"build": build, "names": [*appended.keys()], "rows": [*appended.values()]},
    )


def forget_published(con: duckdb.DuckDBPyConnection) -> None:
    """Where nothing of the published file may go into the next one, free blocks included."""
    con.execute("drop table if exists control.published")


def _contents(con: duckdb.DuckDBPyConnection, sources: Iterable[str], rewritten: str) -> dict[str, str]:
    deliveries = dict(con.execute(DELIVERIES).fetchall())
    known = {
        f"{schema}.{name}"
        for schema, name in con.execute("select table_schema, table_name from information_schema.tables").fetchall()
    }
    views = dict(con.execute("select view_name, sql from duckdb_views() where schema_name = 'raw'").fetchall())
    contents = {}
    for source in sorted(set(sources) & known):
        schema, table = source.split(".")
        if schema == "raw":
            # a view over mapped sources changes with any of them, and with which they are
            is_mapped = table.startswith("mapped__")
            found = (sorted(deliveries.items()), views.get(table)) if is_mapped else deliveries.get(table)
            contents[source] = hashlib.sha256(repr((found, rewritten)).encode()).hexdigest()
        else:
            rows = f'select {COLUMNS.get(source, "*")} from {schema}."{table}"'
            rows = f"select {STATISTICS.format(row='t')} from ({rows}) as t"
            contents[source] = repr(con.execute(rows).fetchone())
    return contents
