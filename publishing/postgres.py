"""The marts in PostgreSQL: every build in a schema of its own, and views that are switched to it in one transaction.

`handoff_reader` reads the views of all marts, in which e-mails are hashed, pages are without their query and other
personal data is empty;
`handoff_personal` reads these too, and that data in the schema `personal`. Nobody but the publisher reads the builds
behind the views.

A switch needs every view for itself for a moment. Readers lock the views of a query one after the other: a publisher
who waits for one view while he holds another may wait for a reader who waits for him. So he takes all views at one
stroke or none, again and again. Now and then, for readers who leave no gap, he waits, but less long than PostgreSQL
waits before it looks for deadlocks: it is always the publisher who steps back, never a reader whose query is cancelled.
Not here: making the build (`file.py`); what is published here is the file, so that both are the same build.
"""

import itertools
import random
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from handoff.errors import HandoffError
from handoff.published import published_file
from handoff.settings import Settings
from handoff.sql import literal, quoted
from publishing.build import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

READER, PERSONAL_READER, PERSONAL = "handoff_reader", "handoff_personal", "personal"
LOCK_TIMEOUT_MS = 300
# says of a build's schema that it is one: other people's may be called so too
OURS = "A build of the marts, by Handoff: read the views in the schemas core to quality."
# of so many tries, one waits for the views
TRIES_AT_ONE_STROKE = 20
PATIENCE_SECONDS = 120.0
# SQLSTATE classes of what passes: connection, rolled back, no resources, in use, stopped by somebody, system.
PASSING = ("08", "40", "53", "55", "57", "58")
SUMMED = ("DECIMAL", "BIGINT", "INTEGER", "HUGEINT", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER")
# Columns that hold what identifies a person: e-mails stay comparable by their hash, the rest is empty for most readers.
HASHED = re.compile(r"(^|_)e?mail$")
EMPTIED = {
    *("first_name", "last_name", "full_name", "person_name", "phone", "mobile_phone", "raw_text", "client_id"),
    "malformed_row.error",  # it repeats the value that could not be read
}
# Of a page its address alone: its query may say what somebody filled in.
SHORTENED = {"landing_page"}


class CannotPass(HandoffError):
    """A publish that would fail again however often it is tried: a password, a right, a type."""


@dataclass(frozen=True)
class PostgresBuild:
    number: int
    build_id: str
    row_counts: dict[str, int]

    @property
    def schema(self) -> str:
        return f"build_{self.number}"


@dataclass(frozen=True)
class _Relation:
    schema: str
    name: str
    columns: tuple[tuple[str, str], ...]
    comments: dict[str, str]

    @property
    def stored(self) -> str:
        """Its name inside the build's schema."""
        return f"{self.schema}__{self.name}"

    @property
    def view(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def personal(self) -> list[str]:
        return [name for name, _ in self.columns if self.is_emptied(name) or HASHED.search(name) or name in SHORTENED]

    def is_emptied(self, name: str) -> bool:
        return bool({name, f"{self.name}.{name}"} & EMPTIED)


def publish(settings: Settings, patience_seconds: float = PATIENCE_SECONDS) -> PostgresBuild:
    """Loads the published file into a new build and switches the views to it.

    Raises:
        HandoffError: it could not be loaded or switched to; what readers see is unchanged, unless the message says that
            they have the new build. `CannotPass` where another try would end the same.
    """
    if settings.postgres_url is None:
        raise CannotPass("There is no PostgreSQL to publish to.", remedy="Set HANDOFF_POSTGRES_URL")
    import psycopg

    url = _in_unicode(settings.postgres_url.get_secret_value())
    file = published_file(settings)
    is_switched = False
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=30) as server:
            _require_unicode(server, url)
            number = _begin(server, url)
            relations, build_id = _load(file, url, number)
            counts = _check(file, server, number, relations)
            _make_roles(server)
            _switch(server, number, build_id, relations, patience_seconds)
            is_switched = True
            _describe(server, relations)
            _drop_old(server, number)
    except (psycopg.Error, duckdb.Error) as error:
        kind = HandoffError if _may_pass(error) else CannotPass
        failure = kind(
            "Readers in PostgreSQL have the new build, but what comes after the switch failed."
            if is_switched
            else "The marts could not be published to PostgreSQL; readers there keep the build they have.",
            where=_where(url),
            why=_without_secrets(str(error), url) + _dependent(error),
            remedy="Mend what is named and run the night again; the published file is already the new build",
        )
    else:
        return PostgresBuild(number, build_id, counts)
    # Not `from error`, nor while it is handled: DuckDB's says the URL with the password, and a run keeps what an error
    # came from.
    raise failure


def look(url: str) -> int:
    """The version of the server, where the role of the address may do what a publish takes. Changes nothing.

    Raises:
        HandoffError: it cannot be reached, refuses the role, keeps text in another encoding or what is not ours under
            the names of the marts, or the role lacks a right.
    """
    import psycopg

    url = _in_unicode(url)
    try:
        with psycopg.connect(url, connect_timeout=5) as server:
            _require_unicode(server, url)
            if not (lacking := _lacking(server)):
                _require_free_names(server, url)
            version = server.info.server_version // 10000
    except psycopg.Error as error:
        raise HandoffError(
            "PostgreSQL cannot be asked.",
            where=_where(url),
            why=_without_secrets(str(error), url),
            remedy="Check HANDOFF_POSTGRES_URL, and that the server runs and has its role and database",
        ) from None
    if lacking:
        raise HandoffError(
            "The publisher lacks a right in PostgreSQL; no publish there can succeed.",
            where=_where(url),
            why="; ".join(lacking),
            remedy="Let an administrator grant it (docs/bi.md)",
        )
    return version


def _lacking(server: "psycopg.Connection[Any]") -> list[str]:
    """The rights of a publish that this role does not have."""
    rows = server.execute(
        "select 'it may not create schemas in the database (grant create on database)' "
        "where not has_database_privilege(current_database(), 'create') "
        "union all select 'it may not create in the schema ' || nspname || ', which another role made' "
        "from pg_namespace where nspname = any(%s::text[]) and not has_schema_privilege(oid, 'create') "
        "union all select 'it may not create the role ' || name || ' (alter role … createrole)' "
        "from unnest(%s::text[]) as name where not exists (select from pg_roles where rolname = name) "
        "and not exists (select from pg_roles where rolname = current_user and (rolsuper or rolcreaterole))",
        [["handoff", *SCHEMAS, PERSONAL], [READER, PERSONAL_READER]],
    ).fetchall()
    return [text for (text,) in rows]


def _in_unicode(url: str) -> str:
    """The address, whatever else the environment or the role says of how text is sent."""
    import psycopg

    return psycopg.conninfo.make_conninfo(url, client_encoding="utf8")


def _require_unicode(server: "psycopg.Connection[Any]", url: str) -> None:
    """
    Raises:
        CannotPass: the database keeps text in an encoding that has not every letter.
    """
    encoding = server.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise CannotPass(
            "The marts cannot be published to a PostgreSQL database that does not keep text in UTF8.",
            where=_where(url),
            why=f"its encoding is {encoding}",
            remedy="Name another database in HANDOFF_POSTGRES_URL, made with `create database … encoding 'UTF8' "
            "template template0`",
        )


def _require_free_names(server: "psycopg.Connection[Any]", url: str) -> None:
    """
    Raises:
        CannotPass: before the first build, something stands in the schemas that would become ours.
    """
    is_there, has_build = (
        b"select to_regclass('handoff.build') is not null",
        b"select exists (select from handoff.build)",
    )
    if server.execute(is_there).fetchone() == (True,) and server.execute(has_build).fetchone() == (True,):
        return
    rows = server.execute(
        "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = any(%s) and c.relkind in ('r', 'p', 'f', 'v', 'm') order by 1",
        [[*SCHEMAS, PERSONAL]],
    ).fetchall()
    if rows:
        raise CannotPass(
            "PostgreSQL has tables or views of others in schemas that the marts are published to.",
            where=_where(url),
            why=", ".join(name for (name,) in rows[:20]),
            remedy="Move them to another schema, or publish to a database of its own",
        )


def _may_pass(error: Exception) -> bool:
    """Whether the same publish may succeed later: the server was away, busy, full or shutting down."""
    import psycopg

    if isinstance(error, psycopg.Error) and error.sqlstate:
        return error.sqlstate[:2] in PASSING
    refused = "FATAL" in str(error) and not re.search("starting up|shutting down|too many|connection slots", str(error))
    return isinstance(error, (psycopg.OperationalError, duckdb.IOException)) and not refused


def _begin(server: "psycopg.Connection[Any]", url: str) -> int:
    """A new build's empty schema, under a number that no schema has. What an interrupted publish left behind goes.

    Raises:
        CannotPass: see `_require_free_names`.
    """
    _require_free_names(server, url)
    server.execute("create schema if not exists handoff")
    server.execute(
        "create table if not exists handoff.build "
        "(number integer primary key, build_id text not null, published_at timestamptz not null default now())"
    )
    row = server.execute("select coalesce(max(number), 0) from handoff.build").fetchone()
    last = row[0] if row else 0
    unfinished = server.execute(
        "select nspname from pg_namespace where nspname ~ '^build_[0-9]+$' "
        "and obj_description(oid, 'pg_namespace') = %s "
        "and nspname not in (select 'build_' || number from handoff.build)",
        [OURS],
    ).fetchall()
    for (schema,) in unfinished:
        server.execute(f"drop schema {quoted(schema)} cascade".encode())
    taken = {schema for (schema,) in server.execute("select nspname from pg_namespace").fetchall()}
    number = next(number for number in itertools.count(int(last) + 1) if f"build_{number}" not in taken)
    # as one: no schema of ours is without its comment
    server.execute(f"create schema build_{number}; comment on schema build_{number} is {literal(OURS)}".encode())
    return number


def _load(file: Path, url: str, number: int) -> tuple[list[_Relation], str]:
    with _both(file, url) as con:
        relations = _relations(con)
        for relation in relations:
            columns = ", ".join(_stored_as(name, kind) for name, kind in relation.columns)
            con.execute(
                f"create table server.build_{number}.{quoted(relation.stored)} as "
                f"select {columns} from build.{quoted(relation.schema)}.{quoted(relation.name)}"
            )
        row = con.execute("select any_value(build_id) from build.core.build_info").fetchone()
    return relations, str(row[0] if row else "")


@contextmanager
def _both(file: Path, url: str) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A connection that sees the published file as `build` and the server as `server`."""
    from duckdb_extensions import import_extension

    con = duckdb.connect()
    try:
        import_extension("postgres_scanner", con=con)
        con.execute("load postgres_scanner")
        con.execute(f"attach {literal(str(file))} as build (read_only)")
        con.execute(f"attach {literal(url)} as server (type postgres)")
        yield con
    finally:
        con.close()


def _relations(con: duckdb.DuckDBPyConnection) -> list[_Relation]:
    rows = con.execute(
        "select schema_name, table_name, list((column_name, data_type, duckdb_columns.comment) order by column_index), "
        "any_value(tables.comment) from duckdb_columns() join (select schema_name, table_name, comment from "
        "duckdb_tables() where database_name = 'build') as tables using (schema_name, table_name) "
        "where database_name = 'build' and not internal group by schema_name, table_name order by all"
    ).fetchall()
    relations = []
    for schema, name, columns, comment in rows:
        comments = {"": comment, **{column: text for column, _, text in columns}}
        described = {column: text for column, text in comments.items() if text}
        relations.append(_Relation(schema, name, tuple((c, k) for c, k, _ in columns), described))
    return relations


def _stored_as(name: str, kind: str) -> str:
    """The column in a type that PostgreSQL has without loss: it knows no whole numbers beyond 64 bits."""
    return f"{quoted(name)}::decimal(38, 0) as {quoted(name)}" if kind == "HUGEINT" else quoted(name)


def _check(file: Path, server: "psycopg.Connection[Any]", number: int, relations: list[_Relation]) -> dict[str, int]:
    """Row counts and the sums of all exact numbers, here and there.

    Raises:
        HandoffError: they differ.
    """
    counts: dict[str, int] = {}
    with duckdb.connect(str(file), read_only=True) as con:
        for relation in relations:
            summed = [name for name, kind in relation.columns if kind.split("(")[0] in SUMMED]
            figures = ", ".join(["count(*)", *(f"sum({quoted(name)})" for name in summed)])
            here = con.execute(f"select {figures} from {relation.view}").fetchone()
            statement = f"select {figures} from build_{number}.{quoted(relation.stored)}"
            there = server.execute(statement.encode()).fetchone()
            if here is None or there is None or any(a != b for a, b in zip(here, there, strict=True)):
                raise HandoffError(
                    "What arrived in PostgreSQL is not what was sent, so its views were left as they are.",
                    where=f"build_{number}.{relation.stored}",
                    why=f"rows and sums here {here}, there {there}",
                    remedy="Run the night again; the build is loaded anew",
                )
            counts[f"{relation.schema}.{relation.name}"] = here[0]
    return counts


def _make_roles(server: "psycopg.Connection[Any]") -> None:
    """The two roles that read, without login: an administrator grants them to the people and tools of a company."""
    for role in (READER, PERSONAL_READER):
        if not server.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
            server.execute(f"create role {role} nologin".encode())


def _switch(
    server: "psycopg.Connection[Any]",
    number: int,
    build_id: str,
    relations: Sequence[_Relation],
    patience_seconds: float,
) -> None:
    from psycopg import errors

    present = _present_views(server)
    statements = ";".join(_statements(number, relations, present, _stored_types(server, number)))
    views = ", ".join(f"{quoted(schema)}.{quoted(name)}" for schema, name in sorted(present))
    give_up_at = time.monotonic() + patience_seconds
    for tries in itertools.count(1):
        try:
            with server.transaction():
                server.execute(f"set local lock_timeout = '{LOCK_TIMEOUT_MS}ms'".encode())
                if views:
                    how = "" if tries % TRIES_AT_ONE_STROKE == 0 else "nowait"
                    server.execute(f"lock table {views} in access exclusive mode {how}".encode())
                server.execute(statements.encode())
                server.execute("insert into handoff.build (number, build_id) values (%s, %s)", [number, build_id])
            return
        except (errors.LockNotAvailable, errors.DeadlockDetected) as error:
            if time.monotonic() > give_up_at:
                raise HandoffError(
                    "PostgreSQL readers did not leave the views alone for long enough to switch them.",
                    where="schemas core to quality",
                    why=f"some view was in use at every one of {tries} tries in {patience_seconds:.0f} s",
                    remedy="End the sessions that hold a transaction open (pg_stat_activity) and run the night again",
                ) from error
            time.sleep(random.uniform(0.002, 0.02))  # noqa: S311 - spreads tries, guards nothing


def _statements(
    number: int,
    relations: Sequence[_Relation],
    present: Mapping[tuple[str, str], list[tuple[str, str]]],
    types: Mapping[tuple[str, str], str],
) -> list[str]:
    """What makes the views those of a build, sent as one: readers wait meanwhile."""
    wanted = {(schema, name): (relation, columns) for schema, name, relation, columns in _views(relations)}
    statements = [f"create schema if not exists {schema}" for schema in (*SCHEMAS, PERSONAL)]
    statements += [f"drop view {quoted(schema)}.{quoted(name)}" for schema, name in sorted(present.keys() - wanted)]
    for (schema, name), (relation, columns) in sorted(wanted.items()):
        view = f"{quoted(schema)}.{quoted(name)}"
        old = present.get((schema, name), [])
        places = {column: place for place, (column, _) in enumerate(old)}
        # Where it may only grow it does: what others built on a view, and granted, goes with one that is dropped.
        columns = sorted(columns, key=lambda column: places.get(column[0], len(places)))
        new = [(column, types[relation.stored, column]) for column, _ in columns]
        if old and new[: len(old)] != old:
            statements.append(f"drop view {view}")
        listed = ", ".join(expression for _, expression in columns)
        source = f"build_{number}.{quoted(relation.stored)}"
        readers = PERSONAL_READER if schema == PERSONAL else f"{READER}, {PERSONAL_READER}"
        statements.append(f"create or replace view {view} as select {listed} from {source}")
        statements.append(f"grant select on {view} to {readers}")
    statements += [f"grant usage on schema {schema} to {READER}, {PERSONAL_READER}" for schema in SCHEMAS]
    return [*statements, f"grant usage on schema {PERSONAL} to {PERSONAL_READER}"]


def _views(relations: Sequence[_Relation]) -> list[tuple[str, str, _Relation, list[tuple[str, str]]]]:
    """Every view: schema, name, what is behind it, its columns as (name, expression)."""
    views = []
    for relation in relations:
        views.append(
            (relation.schema, relation.name, relation, [_for_readers(relation, name) for name, _ in relation.columns])
        )
        if relation.personal:
            plain = [(name, quoted(name)) for name, _ in relation.columns]
            views.append((PERSONAL, f"{relation.schema}__{relation.name}", relation, plain))
    return views


def _for_readers(relation: _Relation, name: str) -> tuple[str, str]:
    column = quoted(name)
    if HASHED.search(name):
        digest = f"encode(sha256(convert_to(lower({column}), 'UTF8')), 'hex')::varchar"
        return name, f"{digest} as {column}"
    if relation.is_emptied(name):
        return name, f"null::varchar as {column}"
    if name in SHORTENED:
        return name, f"split_part(split_part({column}, '?', 1), '#', 1)::varchar as {column}"
    return name, column


def _describe(server: "psycopg.Connection[Any]", relations: Sequence[_Relation]) -> None:
    """What tables and columns mean, where tools that list them look. After the switch: it keeps no reader waiting."""
    rows = server.execute(
        "select n.nspname, c.relname, coalesce(a.attname, ''), d.description from pg_description d "
        "join pg_class c on c.oid = d.objoid and d.classoid = 'pg_class'::regclass and c.relkind = 'v' "
        "join pg_namespace n on n.oid = c.relnamespace "
        "left join pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid and a.attnum > 0"
    ).fetchall()
    present = {(schema, view, column): text for schema, view, column, text in rows}
    statements = []
    for schema, view, relation, _ in _views(relations):
        for column, text in relation.comments.items():
            if present.get((schema, view, column)) != text:
                kind, path = ("column", (schema, view, column)) if column else ("view", (schema, view))
                statements.append(f"comment on {kind} {'.'.join(map(quoted, path))} is {literal(text)}")
    if statements:
        server.execute(";".join(statements).encode())


def _present_views(server: "psycopg.Connection[Any]") -> dict[tuple[str, str], list[tuple[str, str]]]:
    """The views that are there, with their columns as (name, type)."""
    rows = server.execute(
        "select n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod) from pg_class c "
        "join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 "
        "where c.relkind = 'v' and n.nspname = any(%s) and not a.attisdropped order by 1, 2, a.attnum",
        [[*SCHEMAS, PERSONAL]],
    ).fetchall()
    present: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for schema, view, column, kind in rows:
        present.setdefault((schema, view), []).append((column, kind))
    return present


def _stored_types(server: "psycopg.Connection[Any]", number: int) -> dict[tuple[str, str], str]:
    rows = server.execute(
        "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) from pg_class c "
        "join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 "
        "where n.nspname = %s and c.relkind = 'r' and not a.attisdropped",
        [f"build_{number}"],
    ).fetchall()
    return {(table, column): kind for table, column, kind in rows}


def _drop_old(server: "psycopg.Connection[Any]", number: int) -> None:
    """Drops all builds before the previous one; one that a long query still reads goes at the next publish."""
    from psycopg import errors

    old = server.execute(
        "select nspname from pg_namespace join handoff.build on nspname = 'build_' || number "
        "where number < (select max(number) from handoff.build where number < %s)",
        [number],
    ).fetchall()
    for (schema,) in old:
        try:
            with server.transaction():
                server.execute(f"set local lock_timeout = '{LOCK_TIMEOUT_MS}ms'".encode())
                server.execute(f"drop schema {quoted(schema)} cascade".encode())
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            continue
    # whoever makes a schema of such a name later, it is not ours
    server.execute(
        b"delete from handoff.build where number < %s and 'build_' || number not in (select nspname from pg_namespace)",
        [number],
    )


def _dependent(error: Exception) -> str:
    """What somebody built on a view that has to be dropped."""
    from psycopg import errors

    detail = error.diag.message_detail if isinstance(error, errors.DependentObjectsStillExist) else None
    return f": {'; '.join(detail.splitlines())}" if detail else ""


def _where(url: str) -> str:
    import psycopg

    parts = psycopg.conninfo.conninfo_to_dict(url)
    return f"PostgreSQL {parts.get('host') or 'on the local socket'}, database {parts.get('dbname') or '(default)'}"


def _without_secrets(text: str, url: str) -> str:
    import psycopg

    password = psycopg.conninfo.conninfo_to_dict(url).get("password")
    first = text.replace(url, "the server").splitlines()[0]
    return first.replace(str(password), "***") if password else first
