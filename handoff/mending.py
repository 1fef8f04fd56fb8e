"""Mends large tables: of what moved since a table was made, only the rows that it belongs to are made again.

Of a model whose rows belong to keys (a lead, a touch), each made of that key's rows alone, `dbt_project/mends.yml` says
so: `by` is the column of the key, `reads` how the rows of a model that it reads belong to keys. Where nothing else
moved, and what moved there is known row by row, the model's own SQL is run over the rows of the keys that are touched,
and these rows are replaced. Rows that a table has lost and gained since it was made before are kept in the schema
`moved`, for those that read it. Whatever else moved (definitions, the clock, a model that is not named) makes the table
anew. Not here: what a table is and was made of (`built.py`), who asks (`orchestration/dbt_project.py`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Any

import duckdb

from handoff.built import STATISTICS, Built
from handoff.sql import literal, quoted
from handoff.warehouse import transaction

# Beyond this share of a table making all of it costs less; and so much may stand behind the rows of its last making.
SHARE = 0.2
# What moved of a small table is kept whatever its share.
FEW = 1000
DELIVERY = "staging.stg_quality__delivery"
ASIDE = " as it was"
# In the names of what is kept of a view that was asked: its keys and its rows.
ASKED = " asked "
ERASED = "erased"
MAPPED = "raw.mapped__"
TABLES = """
create schema if not exists control;
create schema if not exists moved;
create table if not exists control.made_of (name varchar, parent varchar, content varchar);
create table if not exists control.moved (name varchar, before varchar, content varchar);
create table if not exists control.mended (name varchar, rows bigint);
create table if not exists control.shadow (name varchar, content varchar);
create table if not exists control.delivery_made (name varchar, delivery_id varchar, made_as varchar);
"""
MOVED_PARENTS = """
select reads.parent, made_of.content as before, built.content
from control.reads
left join control.made_of on reads.name = made_of.name and reads.parent = made_of.parent
left join control.built on reads.parent = built.name
where reads.name = $1 and (made_of.content is distinct from built.content or built.content is null)
order by all
"""
READ = "select parent from control.reads where name = ?"
# Every delivery of a raw table, and as what it was read; of mapped sources, which tables a view shows.
DELIVERIES = """
select
    'raw.' || load_log.source_system || '__' || load_log.object as name,
    load_log.delivery_id,
    md5(concat_ws(' ', load_log.status, delivery_reading.mapping_sha256, $1)) as made_as
from quality.load_log
left join control.delivery_reading on load_log.delivery_id = delivery_reading.delivery_id
union all
select 'raw.' || view_name, view_name, md5(sql) from duckdb_views() where schema_name = 'raw'
"""
# Sources and objects of which not only new deliveries moved: another is the newest snapshot, or their order changed.
TOLD_DELIVERIES = """
select
    source_system,
    object,
    list((delivery_id, source_file, is_snapshot, is_past_snapshot) order by delivery_rank) as told
from {deliveries}
group by all
"""
OTHER_DELIVERIES = f"""
with
    told as ({TOLD_DELIVERIES.format(deliveries="{old}")}),
    still as ({TOLD_DELIVERIES.format(deliveries="{new} semi join {old} using (delivery_id)")})
select source_system, object from told left join still using (source_system, object)
where told.told is distinct from still.told
"""
# By which column of which model rows belong to a key that they do not name: a lead's touches by its person, its changes
# by its records. A row of the bridge that moves names the key itself.
BRIDGES = {
    ("lead_id", "person_id"): "int_lead",
    ("lead_id", "record_id"): "int_lead_alias",
}


@dataclass(frozen=True)
class Read:
    """How the rows of a model that is read belong to keys.

    `moved` is SQL for the keys of rows that moved; without it any change makes the reader anew. `within` is the
    condition by which only the rows of some keys are read; without it all are. `column` is the one that `moved` asks of
    the rows, where it asks for one.
    """

    moved: str = ""
    within: str = ""
    column: str = ""

    @classmethod
    def of(cls, by: str, said: str | Mapping[str, str]) -> "Read":
        """`said` is the column that is the key or leads to it over a bridge, or the two as SQL."""
        if not isinstance(said, str):
            return cls(**said)
        if said == by:
            return cls(f"select {by} from {{moved}}", f"{by} in {{keys}}", said)
        bridge = f"{{{BRIDGES[by, said]}}}"
        return cls(
            f"select {by} from {bridge} where {said} in (select {said} from {{moved}})",
            f"{said} in (select {said} from {bridge} where {by} in {{keys}})",
            said,
        )


@dataclass(frozen=True)
class Relation:
    """A model: its name in compiled SQL, and the tables that `handoff.standing` knows: it, or those that a view shows.

    `numbers` are its columns that hold for one build only, which no reader hands on.
    """

    rendered: str
    tables: frozenset[str]
    numbers: Sequence[str] = ()


@dataclass(frozen=True)
class Mend:
    """How a model is mended. `parts` are the views of raw tables that it reads."""

    by: str
    reads: Mapping[str, Read]
    parts: Sequence[str]

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Mend":
        by = said["by"]
        return cls(by, {name: Read.of(by, how) for name, how in said.get("reads", {}).items()}, said.get("parts", ()))


class Mending:
    """A night's mending: which tables can be, and by what."""

    def __init__(self, relations: Mapping[str, Relation], mends: Mapping[str, Mend], from_rows: int) -> None:
        """`relations` by the models' names, `mends` by `handoff.standing`'s. Smaller tables are made anew."""
        self._relations, self._mends, self._from_rows = relations, mends, from_rows
        self.names = {name: relation.rendered for name, relation in relations.items()}
        self._numbers = {table: relation.numbers for relation in relations.values() for table in relation.tables}
        self._large: dict[str, int] | None = None
        self._lock = Lock()
        self._raw = {table for relation in relations.values() for table in relation.tables if table.startswith("raw.")}
        self._readers: dict[str, set[str]] = {}
        for name, mend in mends.items():
            for model in (*mend.reads, *mend.parts):
                for table in relations[model].tables:
                    self._readers.setdefault(table, set()).add(name)
            if mend.parts:
                self._readers.setdefault(DELIVERY, set()).add(name)

    def mend(self, con: duckdb.DuckDBPyConnection, built: Built, name: str, query: str) -> int | None:
        """Replaces the rows of a table that what moved belongs to. `con` is a connection of this call's own.

        Returns how many rows it lost and gained; None where the table is to be made anew.
        """
        mend = self._mends.get(name)
        if mend is None or (rows := self._rows(con, name)) is None:
            return None
        if not self._find_keys(con, mend, con.execute(MOVED_PARENTS, [name]).fetchall()):
            return None
        (behind,) = _one(con, "select coalesce(sum(rows), 0) from control.mended where name = ?", [name])
        most = int(SHARE * rows) - behind
        if most < 0:
            return None
        con.execute(
            f"create or replace temp table mending_before as from {name} "
            f"where {mend.by} in (select key from mending_key) limit {most + 1}"
        )
        if _one(con, "select count(*) from mending_before")[0] > most:
            return None
        # with the types of a contract
        con.execute("create or replace temp table mending_after as from mending_before limit 0")
        con.execute(f"insert into mending_after by name {self.restricted(con, mend, query)}")
        with transaction(con):
            return self._replace(con, built, name, mend, int(behind))

    @contextmanager
    def following(self, con: duckdb.DuckDBPyConnection, name: str) -> Iterator[None]:
        """Around the making of a table: keeps the rows that it loses and gains, for those that can be mended."""
        known = con.execute(
            "select content from control.built where name = ? and inputs is not null", [name]
        ).fetchone()
        if not known or not self._is_followed(con, name):
            yield
            return
        schema, table = name.split(".")
        aside = quoted(table + ASIDE)
        con.execute(f"alter table {name} rename to {aside}")
        try:
            yield
        except BaseException:
            if _has_table(con, schema, table):
                con.execute(f"drop table {schema}.{aside}")
            else:
                con.execute(f"alter table {schema}.{aside} rename to {table}")
            raise
        (content,) = _one(con, "select content from control.built where name = ?", [name])
        self._compare(con, name, f"{schema}.{aside}", known[0], content)
        con.execute(f"drop table {schema}.{aside}")

    def _is_followed(self, con: duckdb.DuckDBPyConnection, name: str) -> bool:
        return any(self._is_large(con, reader) for reader in self._readers.get(name, ()))

    def _is_large(self, con: duckdb.DuckDBPyConnection, name: str) -> bool:
        """Whether a table, or one that a view shows, is large enough to be mended."""
        return any(self._rows(con, table) is not None for table in self._relations[name.split(".")[1]].tables)

    def _compare(self, con: duckdb.DuckDBPyConnection, name: str, old: str, before: str, content: str) -> None:
        """Keeps the rows that a table has lost and gained since it was `old`; nothing where that is much of it."""
        if before == content:
            return
        # whatever stops it, what is noted is there
        con.execute("delete from control.moved where name = ?", [name])
        if name == DELIVERY:
            con.execute(f"create or replace table {moved_table(name)} as {OTHER_DELIVERIES.format(old=old, new=name)}")
        else:
            numbers = ", ".join(self._numbers.get(name, ()))
            without = f"exclude ({numbers})" if numbers else ""
            con.execute(
                f"create or replace table {moved_table(name)} as "
                + " union all ".join(
                    f"select t.*, {is_new} as is_new from (select * {without} from {here}) as t "
                    f"anti join (select hash(t) as row_hash from (select * {without} from {there}) as t) as other "
                    "on hash(t) = other.row_hash"
                    for here, there, is_new in ((old, name, False), (name, old, True))
                )
            )
            (rows, was, moved, new) = _one(
                con,
                f"select (select count(*) from {name}), (select count(*) from {old}), count(*), "
                f"count(*) filter (is_new) from {moved_table(name)}",
            )
            # equal rows, of which one came or went, are not told apart by their hashes, but counted
            if rows - was != 2 * new - moved or moved > max(2 * SHARE * rows, FEW):
                con.execute(f"drop table {moved_table(name)}")
                return
        _put(con, "moved", name, before, content)

    def follow_sources(
        self, con: duckdb.DuckDBPyConnection, before: Mapping[str, str], now: Mapping[str, str], rewritten: str
    ) -> None:
        """What moved in sources: of raw tables the deliveries, of the night's own tables the rows.

        `before` and `now` are their contents at the last whole build and tonight, `rewritten` says whose rows of
        deliveries were rewritten.
        """
        self._large = self._count_rows(con)
        con.execute(f"create or replace temp table delivery_now as {DELIVERIES}", [rewritten])
        for name in sorted(now):
            if name not in self._readers or before.get(name) == now[name]:
                continue
            if name.startswith("raw."):
                of = "" if name.startswith(MAPPED) else f"where name = {literal(name)}"
                was, is_now = (f"from {table} {of}" for table in ("control.delivery_made", "delivery_now"))
                con.execute("delete from control.moved where name = ?", [name])
                if name in before and not _one(con, f"select count(*) from ({was} except {is_now})")[0]:
                    new = f"select delivery_id from ({is_now} except {was})"
                    con.execute(f"create or replace table {moved_table(name)} as {new}")
                    _put(con, "moved", name, before[name], now[name])
                continue
            shadow = f"moved.{quoted(name + ASIDE)}"
            if _is_shown(con, name, before.get(name)):
                self._compare(con, name, shadow, before[name], now[name])
            con.execute(f"create or replace table {shadow} as from {name}")
            _put(con, "shadow", name, now[name])
        con.execute("create or replace table control.delivery_made as from delivery_now")

    def _rows(self, con: duckdb.DuckDBPyConnection, name: str) -> int | None:
        """The rows of a table that was made before the night, or the publish, and is large enough to be mended."""
        if self._large is None:
            self._large = self._count_rows(con)
        return self._large.get(name)

    def _count_rows(self, con: duckdb.DuckDBPyConnection) -> dict[str, int]:
        """Of what is on record: a table is not while it is made."""
        contents = con.execute("select name, content from control.built where inputs is not null").fetchall()
        counted = {made: int(content.split("-")[0]) for made, content in contents if content.count("-") == 2}
        return {made: rows for made, rows in counted.items() if rows >= self._from_rows}

    def since(
        self, con: duckdb.DuckDBPyConnection, name: str, published: Mapping[str, str], view: Callable[[str], str]
    ) -> str | None:
        """SQL for the rows of a table or view that belong to keys whose rows moved since it was published.

        These are in the temporary table `mending_key`, as `key`. `published` are the contents of then, `view` tells
        the SQL of a view. None where they are not known.
        """
        built = dict(con.execute("select name, content from control.built where inputs is not null").fetchall())
        read = [name] if name in built else [parent for (parent,) in con.execute(READ, [name]).fetchall()]
        moved = [
            (parent, published.get(parent), built.get(parent))
            for parent in sorted(read)
            if parent not in built or published.get(parent) != built[parent]
        ]
        return self._since(con, name, moved, view)

    def passes(
        self,
        con: duckdb.DuckDBPyConnection,
        built: Built,
        test: str,
        query: str,
        of: tuple[str, Callable[[str], str]] | None = None,
    ) -> bool:
        """Whether a data test passes, which goes on record: its SQL `query` finds nothing.

        `of` is the table or view whose rows it asks each for themselves, and how to get the SQL of a view: where it
        passed before and what moved since is known, only that is asked; what is found there is looked for in the whole.
        """
        query = query.strip().rstrip(";")
        asked = [query]
        if of and self._is_large(con, of[0]):
            name, view = of
            rows = self._since(con, name, con.execute(MOVED_PARENTS, [test]).fetchall(), view)
            if rows is not None:
                con.execute(f"create or replace temp view mending_asked as {rows}")
                asked.insert(0, query.replace(self.names[name.split(".")[1]], "temp.mending_asked"))
        passes = any(not _one(con, f"select count(*) from (\n{each}\n)")[0] for each in asked)
        built.record_test(con, test, passed=passes)
        return passes

    def _since(
        self,
        con: duckdb.DuckDBPyConnection,
        name: str,
        moved: Sequence[tuple[str, str | None, str | None]],
        view: Callable[[str], str],
    ) -> str | None:
        if (mend := self._mends.get(name)) is None:
            return None
        model = name.split(".")[1]
        if name in self._relations[model].tables:
            mend = Mend(mend.by, {model: Read.of(mend.by, mend.by)}, ())
            found = self._find_keys(con, mend, moved)
            return self.restricted(con, mend, f"from {self.names[model]}") if found else None
        # each of its data tests asks, and the publish: what costs is asked once
        asked = name + ASKED + sha256(repr(moved).encode()).hexdigest()
        keys, rows = f"{asked} keys", f"{asked} rows"
        most = int(SHARE * sum(self._rows(con, table) or 0 for table in self._relations[model].tables))
        with self._lock:
            if not _has_table(con, "moved", rows):
                if not self._find_keys(con, mend, moved):
                    return None
                restricted = self.restricted(con, mend, view(name))
                with transaction(con):
                    con.execute(f"create table {moved_table(keys)} as from mending_key")
                    con.execute(f"create table {moved_table(rows)} as {restricted} limit {most + 1}")
        if _one(con, f"select count(*) from {moved_table(rows)}")[0] > most:
            return None
        con.execute(f"create or replace temp table mending_key as from {moved_table(keys)}")
        return f"from {moved_table(rows)}"

    def by(self, name: str) -> str:
        """The column whose values the rows of a table belong to."""
        return self._mends[name].by

    def _find_keys(
        self, con: duckdb.DuckDBPyConnection, mend: Mend, moved: Sequence[tuple[str, str | None, str | None]]
    ) -> bool:
        """Whether the keys that what moved belongs to are known: then they are in the temporary table `mending_key`."""
        keys = self._keys(con, mend, moved)
        if keys is None:
            return False
        union = " union all ".join(keys) or f"select null::varchar as {mend.by}"
        con.execute(
            f"create or replace temp table mending_key as select distinct {mend.by} as key from ({union}) "
            f"where {mend.by} is not null"
        )
        return True

    def _keys(
        self, con: duckdb.DuckDBPyConnection, mend: Mend, moved: Sequence[tuple[str, str | None, str | None]]
    ) -> list[str] | None:
        """SQL for the keys that what moved (name, content before and now) belongs to; None where that is not known."""
        reads = {table: read for model, read in mend.reads.items() for table in self._relations[model].tables}
        parts: dict[str, list[str]] = {}
        for part in mend.parts:
            for table in self._relations[part].tables:
                parts.setdefault(table, []).append(part)
        found: list[str] = []
        for parent, before, content in moved:
            noted = "select count(*) from control.moved where name = ? and before = ? and content = ?"
            if before is None or content is None or not _one(con, noted, [parent, before, content])[0]:
                return None
            if parent == DELIVERY and mend.parts:
                others = {
                    f"raw.{source}__{name}" for source, name in con.execute(f"from {moved_table(DELIVERY)}").fetchall()
                }
                # objects of mapped sources have names of their own, and are shown by the views of their entities
                is_mapped = not others <= self._raw and any(table.startswith(MAPPED) for table in parts)
                if is_mapped or others & parts.keys():
                    return None
            elif parent in parts and parent.startswith("raw."):
                if any(self._is_of_several(part) for part in parts[parent]):
                    return None
                found += [self._delivered(mend.by, part, moved_table(parent)) for part in parts[parent]]
            elif parent not in reads or not self._tells(con, parent, reads[parent]):
                return None
            else:
                found.append(reads[parent].moved.format(moved=moved_table(parent), **self.names))
        return found

    def _is_of_several(self, part: str) -> bool:
        """Whether a view's rows are put together of several raw tables: new rows of one may change those of others."""
        return sum(table.startswith("raw.") for table in self._relations[part].tables) > 1

    def _tells(self, con: duckdb.DuckDBPyConnection, parent: str, read: Read) -> bool:
        """Whether what moved of a table says which keys it belongs to: not every table under a view has its columns."""
        columns = {column for column, *_ in con.execute(f"describe {moved_table(parent)}").fetchall()}
        return bool(read.moved) and (not read.column or read.column in columns)

    def _delivered(self, by: str, part: str, moved: str) -> str:
        new = f"select source_system, delivery_rank from {DELIVERY} semi join {moved} using (delivery_id)"
        return f"select {by} from {self.names[part]} where (source_system, delivery_rank) in ({new})"

    def restricted(self, con: duckdb.DuckDBPyConnection, mend: Mend, query: str) -> str:
        """The model's SQL over the rows of the keys alone."""
        query = query.strip().rstrip(";")
        within = {name: read.within for name, read in mend.reads.items() if read.within}
        within |= dict.fromkeys(mend.parts, f"{mend.by} in {{keys}}")
        names = dict(self.names)
        for number, (name, condition) in enumerate(within.items()):
            rendered = self.names[name]
            condition = condition.format(keys="(select key from mending_key)", **names)
            # conditions that come after it ask the few rows; of a view, only the columns that are asked are read
            names[name] = f"temp.mending_within_{number}"
            con.execute(f"create or replace temp view mending_within_{number} as from {rendered} where {condition}")
            query = query.replace(rendered, names[name])
        return f"select * from (\n{query}\n) where {mend.by} in (select key from mending_key)"

    def _replace(self, con: duckdb.DuckDBPyConnection, built: Built, name: str, mend: Mend, behind: int) -> int:
        statistics = STATISTICS.format(row="t")
        was, is_now = (
            f"select {mend.by} as key, {statistics} from mending_{when} as t group by all"
            for when in ("before", "after")
        )
        con.execute(
            "create or replace temp table mending_key as select coalesce(was.key, is_now.key) as key "
            f"from ({was}) as was full join ({is_now}) as is_now on was.key = is_now.key "
            "where (was.rows, was.bits, was.total) is distinct from (is_now.rows, is_now.bits, is_now.total)"
        )
        content = str(_one(con, "select content from control.built where name = ?", [name])[0])
        rows, bits, total = map(int, content.split("-"))
        gone, new = (
            _one(con, f"select {statistics} from mending_{when} as t where {mend.by} in (select key from mending_key)")
            for when in ("before", "after")
        )
        came_out = f"{rows - gone[0] + new[0]}-{bits ^ gone[1] ^ new[1]}-{total - gone[2] + new[2]}"
        if came_out != content:
            both = "from mending_before union all from mending_after"
            con.execute(
                f"create or replace table {moved_table(name)} as "
                f"from ({both}) where {mend.by} in (select key from mending_key)"
            )
            con.execute(f"delete from {name} where {mend.by} in (select key from mending_key)")
            con.execute(f"insert into {name} from mending_after where {mend.by} in (select key from mending_key)")
            _put(con, "mended", name, behind + new[0])
            _put(con, "moved", name, content, came_out)
        built.record(con, name, came_out)
        return int(gone[0] + new[0])


# No table can be mended.
NOTHING = Mending({}, {}, 0)


def begin(con: duckdb.DuckDBPyConnection, rewritten: str, *, is_anew: bool) -> bool:
    """Before a night's build. `is_anew`: code or definitions changed, so that what was made before says nothing.

    Neither does it where `rewritten` is another than before: rows of deliveries were, for whom they tell of was erased.
    Returns whether one of the two is so. Then nothing may be set aside of a table that is made anew.
    """
    con.execute(TABLES)
    is_anew |= not _is_shown(con, ERASED, rewritten)
    aside = (
        "select schema_name, table_name from duckdb_tables() where table_name like '%' || ? and schema_name <> 'moved'"
    )
    for schema, table in con.execute(aside, [ASIDE]).fetchall():
        con.execute(f"drop table {schema}.{quoted(table)}")
    kept = "select table_name from duckdb_tables() where schema_name = 'moved' and contains(table_name, ?)"
    for (table,) in con.execute(kept, [ASKED]).fetchall():
        con.execute(f"drop table {moved_table(table)}")
    if is_anew:
        con.execute("drop schema moved cascade; create schema moved")
        for table in ("made_of", "moved", "mended", "shadow", "delivery_made"):
            con.execute(f"delete from control.{table}")
        _put(con, "shadow", ERASED, rewritten)
    return is_anew


def _has_table(con: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
    known = "select count(*) from duckdb_tables() where schema_name = ? and table_name = ?"
    return bool(_one(con, known, [schema, name])[0])


def _is_shown(con: duckdb.DuckDBPyConnection, name: str, content: str | None) -> bool:
    """Whether the copy that is kept of a source shows it as `content` says."""
    return bool(_one(con, "select count(*) from control.shadow where name = ? and content = ?", [name, content])[0])


def _put(con: duckdb.DuckDBPyConnection, table: str, name: str, *values: str | int) -> None:
    """The one row of a name in a table of `control`."""
    con.execute(f"delete from control.{table} where name = ?", [name])
    con.execute(f"insert into control.{table} values ({', '.join('?' * (1 + len(values)))})", [name, *values])


def moved_table(name: str) -> str:
    """The rows that a table has lost and gained since it was made before."""
    return f"moved.{quoted(name)}"


def _one(con: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any] = ()) -> tuple[Any, ...]:
    row = con.execute(query, [*values]).fetchone()
    if row is None:
        raise ValueError("A query for one row found none")
    return row
