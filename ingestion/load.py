"""The landing zone into raw tables: each file in one transaction with its row in the load log, each delivery once.

Not here: what a file's bytes mean (`readers`, `columns`), which rows are complete (`expectations`).
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import duckdb

from handoff import definitions
from handoff.control import ERASED_DELIVERY, TOLD_DELIVERY
from handoff.errors import disk_trouble
from handoff.settings import Settings
from handoff.sql import folded, literal, quoted
from handoff.warehouse import transaction
from ingestion.columns import Plan, plain_number, shown
from ingestion.entities import BOOKKEEPING_COLUMNS, ENTITIES, SQL_TYPES
from ingestion.landing import LandedFile, Stray, Zone, look, unreadable
from ingestion.mapping import (
    NUMERIC,
    ObjectMapping,
    SourceMapping,
    did_you_mean,
    folder_key,
    is_shipped,
    load_mappings,
    normalised,
    shipped_mappings,
)
from ingestion.readers import SUFFIXES, Reader, Staged, scan_file, storable, suffix_of
from ingestion.refusal import Refusal

MAX_TABLE_COLUMNS = 4_000
RAW_ONLY = "kept in raw only: no model reads this object"
TABLES = f"""
create schema if not exists control;
create schema if not exists quality;
create schema if not exists raw;
create table if not exists quality.load_log (
    delivery_id varchar, source_system varchar, object varchar, source_file varchar, sha256 varchar,
    rows_read bigint, rows_loaded bigint, rows_held bigint, rows_malformed bigint,
    status varchar, error varchar, loaded_at timestamp, notes varchar, is_current boolean default true,
    ordered_as varchar
);
alter table quality.load_log add column if not exists is_current boolean default true;
alter table quality.load_log add column if not exists ordered_as varchar;
create table if not exists quality.malformed_row (
    source_system varchar, object varchar, source_file varchar, line bigint, raw_text varchar, error varchar,
    delivery_id varchar
);
create table if not exists control.landed_file (
    path varchar, fingerprint varchar, delivery_id varchar, sha256 varchar, name varchar, seen_at timestamp
);
alter table control.landed_file add column if not exists name varchar;
alter table control.landed_file add column if not exists seen_at timestamp;
create table if not exists control.delivery_reading (delivery_id varchar, mapping_sha256 varchar, formats varchar);
{TOLD_DELIVERY};
{ERASED_DELIVERY};
create table if not exists control.landed_header (source_system varchar, object varchar, header varchar);
-- What a delivery changed in the shape of its object, as people are told.
create table if not exists control.changed_shape (delivery_id varchar, said varchar);
create or replace table control.declared_object (
    source_system varchar, object varchar, entity varchar, is_snapshot boolean
);
-- The records of malformed rows in full snapshots, null where a row does not tell its own.
create table if not exists control.malformed_record (delivery_id varchar, native_id varchar);
-- A record whose row could not be parsed is not absent: a snapshot with a row that may be any record's replaces none.
create or replace view control.past_snapshot as
select delivery_id
from quality.load_log
semi join control.declared_object
    on load_log.source_system = declared_object.source_system
    and load_log.object = declared_object.object
    and declared_object.is_snapshot
where status in ('loaded', 'accepted')
qualify
    (ordered_as, is_current, sha256)
    < max((ordered_as, is_current, sha256))
        filter (delivery_id not in (select delivery_id from control.malformed_record where native_id is null))
        over (partition by source_system, object);
create or replace view control.unread_row as
select source_system, object, source_file, native_id
from control.malformed_record
join quality.load_log using (delivery_id)
semi join (from control.declared_object where is_snapshot) using (source_system, object)
where status in ('loaded', 'accepted') and delivery_id not in (from control.past_snapshot);
create or replace view control.unread_record as
select distinct source_system, object, native_id from control.unread_row where native_id is not null;
"""
# A file that is gone keeps what it delivered, by the last name it had. One that was renamed, or moved with the whole
# landing zone, is not gone: its old path gives way to the one that holds its bytes, or its name, now.
GIVE_WAY = """
delete from control.landed_file
where
    path in (
        select path
        from (
            select path, name, delivery_id, source_system, object, path in (select unnest(?::varchar[])) as is_there
            from control.landed_file
            join quality.load_log using (delivery_id)
        )
        qualify
            not is_there
            and (
                bool_or(is_there) over (partition by delivery_id)
                or bool_or(is_there) over (partition by source_system, object, coalesce(name, path))
            )
    )
"""
# The same bytes under several names are one delivery, which goes by the smallest of them.
GO_BY = """
update quality.load_log
set
    source_file = landed.name,
    error = replace(
        error, concat_ws('/', source_system, object, source_file), concat_ws('/', source_system, object, landed.name)
    )
from (select delivery_id, min(name) as name from control.landed_file group by delivery_id) as landed
where load_log.delivery_id = landed.delivery_id and source_file <> landed.name
returning load_log.delivery_id, source_file, error
"""
# What is newest where versions are equal or missing, and of snapshots, is what a rebuild would find newest: a delivery
# goes by the first of the names that hold it now, for the same bytes once more are no delivery; a snapshot by the last,
# for a source may go back to what it was. It comes before what a name of its own holds now in its place.
CURRENT = """
update quality.malformed_row
set source_file = load_log.source_file
from quality.load_log
where malformed_row.delivery_id = load_log.delivery_id and malformed_row.source_file <> load_log.source_file;
update quality.load_log
set is_current = not is_current
where is_current <> (delivery_id in (select delivery_id from control.landed_file));
update quality.load_log
set ordered_as = landed.ordered_as
from (
    select
        load_log.delivery_id,
        coalesce(
            case when bool_or(declared_object.is_snapshot) then max(landed_file.name) else min(landed_file.name) end,
            min(load_log.source_file)
        ) as ordered_as
    from quality.load_log
    left join control.landed_file on load_log.delivery_id = landed_file.delivery_id
    left join
        control.declared_object
        on load_log.source_system = declared_object.source_system
        and load_log.object = declared_object.object
    group by load_log.delivery_id
) as landed
where
    load_log.delivery_id = landed.delivery_id
    and load_log.ordered_as is distinct from landed.ordered_as
    and (load_log.is_current or load_log.ordered_as is null);
"""
# The same bytes once more are no new delivery, but the source did deliver; what was refused it still owes.
LAST_DELIVERIES = """
select source_system, greatest(max(loaded_at), max(seen_at))
from quality.load_log
left join control.landed_file using (delivery_id)
where status <> 'refused'
group by all
"""
PARTIAL_SNAPSHOTS = """
select source_system || '/' || object || '/' || source_file, count(*)
from control.unread_row
where native_id is null
group by 1
order by 1
"""


@dataclass(frozen=True)
class Delivery:
    """One row of the load log; `is_new` when this load read it, `is_told` when a night that published told of it."""

    delivery_id: str
    source_system: str
    object: str
    source_file: str
    sha256: str
    rows_read: int = 0
    rows_loaded: int = 0
    rows_held: int = 0
    rows_malformed: int = 0
    status: str = "loaded"
    error: str | None = None
    notes: str | None = None
    is_new: bool = False
    is_told: bool = False


@dataclass
class LoadReport:
    """What one load found: every delivery of the log, what changed in the shape of the files, what was left alone.

    `partial_snapshots` are the files of full snapshots that delete nothing, with how many rows may be any record's;
    `last_deliveries` says when each source last brought a file that can be read, also one with the bytes of another.
    """

    deliveries: list[Delivery] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    partial_snapshots: dict[str, int] = field(default_factory=dict)
    last_deliveries: dict[str, datetime] = field(default_factory=dict)

    @property
    def new(self) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if delivery.is_new]

    @property
    def refused(self) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if delivery.status == "refused"]

    def summary(self) -> str:
        """A paragraph per object that had something new, then every refusal and change of shape."""
        lines = []
        by_object: dict[tuple[str, str], list[Delivery]] = {}
        for delivery in self.new:
            if delivery.status != "refused":
                by_object.setdefault((delivery.source_system, delivery.object), []).append(delivery)
        for (source, object_), group in sorted(by_object.items()):
            loaded, malformed = sum(each.rows_loaded for each in group), sum(each.rows_malformed for each in group)
            bad = f", {malformed:,} malformed" if malformed else ""
            unread = ", kept in raw only" if group[0].notes == RAW_ONLY else ""
            lines.append(f"{source}/{object_}: {len(group)} new files, {loaded:,} rows loaded{bad}{unread}")
            if group[-1].notes and not unread:
                lines.append(f"  {group[-1].notes}")
        known = sum(not each.is_new and each.status != "refused" for each in self.deliveries)
        if known:
            lines.append(f"{known:,} deliveries were known")
        lines += [f"refused: {each.error}" for each in self.refused]
        lines += [f"changed: {each}" for each in self.drift]
        lines += [
            f"deletes nothing, for {unknown:,} of its rows may be any record's: {each}"
            for each, unknown in self.partial_snapshots.items()
        ]
        lines += [f"left for the next night, still being written: {each}" for each in self.unsettled]
        return "\n".join(lines) or "nothing to load"


def load(settings: Settings, con: duckdb.DuckDBPyConnection) -> LoadReport:
    """Every new file of the landing zone into its raw table.

    Raises:
        HandoffError: the landing zone is missing or empty, or a mapping or the definitions are wrong. A bad file raises
            nothing: it is refused in the load log, and the others go on.
    """
    agreed = definitions.load(settings.definitions)
    day_timezone = agreed.setting_at("reporting_timezone", settings.now)
    mappings = [mapping.with_days_in(day_timezone) for mapping in load_mappings(settings)]
    zone, landed = look(settings)
    prepare_tables(con, mappings)
    loader = _Loader(settings, con, zone, mappings)
    return loader.run(landed.files, landed.strays)


def table_name(source: str, object_: str) -> str:
    return f"{source}__{object_}"


def prepare_tables(con: duckdb.DuckDBPyConnection, mappings: list[SourceMapping]) -> None:
    """The log, the raw table of every declared object (empty where no file came) and the views over mapped sources."""
    with transaction(con):
        con.execute(TABLES)
        wanted: dict[str, dict[str, str]] = {}
        for mapping in (*shipped_mappings().values(), *mappings):
            for name, mapped in mapping.objects.items():
                types = {field_: SQL_TYPES[kind] for field_, kind in mapped.types.items()}
                wanted.setdefault(table_name(mapping.source, name), {}).update({**types, **BOOKKEEPING_COLUMNS})
        existing = _raw_table_columns(con)
        for table, columns in wanted.items():
            _fit_table(con, table, columns, existing.get(table))
        mapped_tables: dict[str, list[tuple[str, str, ObjectMapping]]] = {}
        for mapping in mappings:
            for name, mapped in mapping.objects.items():
                row = [mapping.source, name, mapped.entity, mapped.snapshot]
                con.execute("insert into control.declared_object values (?, ?, ?, ?)", row)
                if not is_shipped(mapping.source, name):
                    mapped_tables.setdefault(mapped.entity, []).append((mapping.source, name, mapped))
        for entity in ENTITIES:
            con.execute(_mapped_view(entity, mapped_tables.get(entity, [])))


def _raw_table_columns(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    rows = con.execute(
        "select table_name, column_name, lower(data_type) from duckdb_columns() where schema_name = 'raw'"
    ).fetchall()
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        tables.setdefault(table, {})[folded(column)] = kind
    return tables


def _fit_table(
    con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], existing: dict[str, str] | None
) -> None:
    if existing is None:
        listed = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
        con.execute(f"create table raw.{quoted(table)} ({listed})")
        return
    for name, kind in columns.items():
        if folded(name) not in existing:
            con.execute(f"alter table raw.{quoted(table)} add column {quoted(name)} {kind}")
        elif existing[folded(name)] != kind:
            con.execute(
                f"alter table raw.{quoted(table)} alter column {quoted(name)} "
                f"set data type {kind} using try_cast({quoted(name)} as {kind})"
            )
            # what the cast lost comes back with the files, also where the mapping says again what it said before
            con.execute(
                "update control.delivery_reading set mapping_sha256 = '' where delivery_id in "
                "(select delivery_id from quality.load_log where source_system || '__' || object = ?)",
                [table],
            )


def _mapped_view(entity: str, tables: list[tuple[str, str, ObjectMapping]]) -> str:
    columns = {name: SQL_TYPES[kind] for name, kind in ENTITIES[entity].items()} | BOOKKEEPING_COLUMNS
    selects = [
        f"select {literal(source)} as source_system, {literal(name)} as object, "
        f"{str(mapped.snapshot).lower()} as is_snapshot, {', '.join(_as_typed(column, mapped) for column in columns)} "
        f"from raw.{quoted(table_name(source, name))}"
        for source, name, mapped in tables
    ]
    empty = ", ".join(f"cast(null as {kind}) as {quoted(name)}" for name, kind in columns.items())
    nothing = (
        "select cast(null as varchar) as source_system, cast(null as varchar) as object, "
        f"cast(null as boolean) as is_snapshot, {empty} where false"
    )
    return f"create or replace view raw.mapped__{entity} as {' union all '.join(selects or [nothing])}"


def _as_typed(column: str, mapped: ObjectMapping) -> str:
    """A column of a mapped table. Old and new values of a history are texts: numbers are read as the source's are."""
    if mapped.entity != "lead_history" or column not in ("old_value", "new_value") or not mapped.decimal_comma:
        return quoted(column)
    numbers = ", ".join(literal(name) for name, kind in ENTITIES["lead"].items() if kind in NUMERIC)
    number = plain_number(f"trim({quoted(column)})", decimal_comma=True)
    return (
        f"case when lower(field) in ({numbers}) then coalesce({number}, {quoted(column)}) "
        f"else {quoted(column)} end as {quoted(column)}"
    )


class _Loader:
    """One load: what the warehouse knew before it, and what each file adds."""

    def __init__(
        self, settings: Settings, con: duckdb.DuckDBPyConnection, zone: Zone, mappings: list[SourceMapping]
    ) -> None:
        self.con, self.zone, self.now = con, zone, settings.now
        self.sources = {folder_key(mapping.source): mapping for mapping in mappings}
        self.report = LoadReport()
        self.table_columns = _raw_table_columns(con)
        self.deliveries = {
            row[0]: Delivery(*row)
            for row in con.execute(
                "select delivery_id, source_system, object, source_file, sha256, rows_read, rows_loaded, rows_held, "
                "rows_malformed, status, error, notes from quality.load_log"
            ).fetchall()
        }
        self.readings: dict[str, tuple[str, frozenset[str]]] = {
            row[0]: (row[1], frozenset(row[2].split(",")))
            for row in con.execute("from control.delivery_reading").fetchall()
        }
        self.known_files: dict[str, tuple[str, str, str]] = {
            row[0]: row[1:]
            for row in con.execute("select path, fingerprint, delivery_id, sha256 from control.landed_file").fetchall()
        }
        self.headers: dict[tuple[str, str], set[str]] = {}
        for source, object_, header in con.execute("from control.landed_header").fetchall():
            self.headers.setdefault((source, object_), set()).add(header)
        self.new: set[str] = set()
        self.unreadable: list[Stray] = []

    def run(self, files: list[LandedFile], strays: list[Stray]) -> LoadReport:
        folders = {
            folder: self._described(*folder) for folder in sorted({(file.source, file.object) for file in files})
        }
        unmapped = [self._unmapped(*folder) for folder, described in folders.items() if described is None]
        for file in files:
            if described := folders[file.source, file.object]:
                source, object_, mapped = described
                # A file of a folder with another name than its object's goes by both: `contacts/1.csv`.
                name = file.name if file.object == object_ else f"{file.object}/{file.name}"
                self._take(replace(file, source=source, object=object_, name=name), mapped)
        self._note_strays([*strays, *unmapped, *self.unreadable])
        if not any(stray.may_hide_files for stray in strays):
            self.con.execute(GIVE_WAY, [[storable(file.path) for file in files]])
        for delivery_id, name, error in self.con.execute(GO_BY).fetchall():
            self.deliveries[delivery_id] = replace(self.deliveries[delivery_id], source_file=name, error=error)
        self.con.execute(CURRENT)
        self.report.last_deliveries = dict(self.con.execute(LAST_DELIVERIES).fetchall())
        self.report.partial_snapshots = dict(self.con.execute(PARTIAL_SNAPSHOTS).fetchall())
        told = {row[0] for row in self.con.execute("select delivery_id from control.told_delivery").fetchall()}
        self.report.deliveries = [
            replace(delivery, is_new=delivery.delivery_id in self.new, is_told=delivery.delivery_id in told)
            for delivery in sorted(self.deliveries.values(), key=lambda d: (d.source_system, d.object, d.source_file))
        ]
        return self.report

    # What is not read

    def _described(self, source: str, object_: str) -> tuple[str, str, ObjectMapping] | None:
        """The canonical source and object of a folder, and its mapping."""
        mapping = self.sources.get(folder_key(source))
        found = mapping.object_of(object_) if mapping else None
        return (mapping.source, *found) if mapping and found else None

    def _unmapped(self, source: str, object_: str) -> Stray:
        mapping = self.sources.get(folder_key(source))
        if mapping:
            reason = (
                f"the mapping of {mapping.source} has no object {object_}{did_you_mean(object_, [*mapping.objects])}"
            )
        else:
            known = [each.source for each in self.sources.values()]
            reason = f"no mapping describes a source {source}{did_you_mean(source, known)}"
        return Stray(source, object_, f"{source}/{object_}", reason)

    def _note_strays(self, strays: list[Stray]) -> None:
        """Refusals of places are judged anew every night: they end when a mapping comes, or the place goes or opens."""
        current = {}
        for stray in strays:
            sha256 = hashlib.sha256(stray.place.encode()).hexdigest()
            error = str(Refusal(f"{stray.place}: {stray.reason}", stray.remedy))
            names = (stray.source, stray.object, stray.place.rsplit("/", 1)[-1], sha256)
            current[f"place-{sha256[:20]}"] = Delivery(f"place-{sha256[:20]}", *names, status="refused", error=error)
        gone = [key for key in self.deliveries if key.startswith("place-") and key not in current]
        with transaction(self.con):
            for key in gone:
                for log in ("quality.load_log", "control.told_delivery"):
                    self.con.execute(f"delete from {log} where delivery_id = ?", [key])
                del self.deliveries[key]
            for key, delivery in current.items():
                if self.deliveries.get(key) != delivery:
                    self._log(delivery)
                    self.new.add(key)

    # One file

    def _take(self, file: LandedFile, mapped: ObjectMapping) -> None:
        known = self.known_files.get(storable(file.path))
        if known and known[0] == file.fingerprint and not self._must_read(file.name, known[1], mapped):
            return
        try:
            with self.zone.fetched(file) as path:
                self._read(file, mapped, path)
        except FileNotFoundError as error:
            self.report.unsettled.append(f"{file.source}/{file.object}/{file.name} ({error.strerror or error})")
        except OSError as error:
            if not isinstance(error, PermissionError) and (trouble := disk_trouble(error)):
                raise trouble from error
            self.unreadable.append(unreadable(error, file.source, file.object, file.name))

    def _must_read(self, name: str, delivery_id: str, mapped: ObjectMapping) -> bool:
        """Whether bytes already delivered need reading: the mapping changed, or they were refused as another format."""
        delivery = self.deliveries.get(delivery_id)
        if delivery is None:
            return True
        mapping_sha256, formats = self.readings.get(delivery_id, ("", frozenset()))
        return mapping_sha256 != mapped.sha256 or (delivery.status == "refused" and suffix_of(name) not in formats)

    def _read(self, file: LandedFile, mapped: ObjectMapping, path: Path) -> None:
        format_, compressed = SUFFIXES.get(suffix_of(file.name), (None, False))
        scan = scan_file(path, compressed=compressed, text=format_ in ("csv", "jsonl"))
        delivery_id = _digest(file.source, file.object, scan.sha256)
        if delivery_id in self.deliveries and not self._must_read(file.name, delivery_id, mapped):
            self._remember(file, delivery_id, scan.sha256)
            return
        outcome: Staged | Refusal
        formats = {suffix_of(file.name)}
        try:
            if format_ is None:
                raise Refusal(f"the name ends in none of {', '.join(SUFFIXES)}", "export in one of these formats")
            outcome = Reader(self.con, mapped, scan, format_).stage()
            self._check_width(file, outcome)
        except Refusal as refusal:
            outcome = refusal
        except duckdb.Error as error:
            # Not the file's fault alone (memory, disk): without a format on record it is tried again the next night.
            formats = set()
            reason = str(error).splitlines()[0]
            outcome = Refusal(f"DuckDB cannot load it ({reason})", "check memory (HANDOFF_MEMORY_LIMIT) and disk space")
        if not self.zone.is_unchanged(file):
            self.report.unsettled.append(f"{file.source}/{file.object}/{file.name}")
            return
        self._store(file, mapped, self._delivery(file, mapped, delivery_id, scan.sha256, outcome), outcome, formats)

    def _check_width(self, file: LandedFile, staged: Staged) -> None:
        known = self.table_columns.get(table_name(file.source, file.object), {})
        new = [name for name in staged.raw if folded(name) not in known]
        if len(known) + len(new) > MAX_TABLE_COLUMNS:
            raise Refusal(
                f"with its {len(new):,} new columns the object would have more than {MAX_TABLE_COLUMNS:,}",
                "export fewer columns",
            )

    def _delivery(
        self, file: LandedFile, mapped: ObjectMapping, delivery_id: str, sha256: str, outcome: Staged | Refusal
    ) -> Delivery:
        known = self.deliveries.get(delivery_id)
        delivery = Delivery(delivery_id, file.source, file.object, file.name, sha256)
        if isinstance(outcome, Refusal):
            place = f"{file.source}/{file.object}/{file.name}"
            return replace(delivery, status="refused", error=f"{place}: {outcome}")
        return replace(
            delivery,
            rows_read=outcome.loaded + outcome.malformed,
            rows_loaded=outcome.loaded,
            rows_malformed=outcome.malformed,
            status=known.status if known and known.status in ("accepted", "stopped") else "loaded",
            notes=_notes(outcome.plan, is_raw_only=mapped.is_raw_only),
        )

    def _store(
        self, file: LandedFile, mapped: ObjectMapping, delivery: Delivery, outcome: Staged | Refusal, formats: set[str]
    ) -> None:
        """Everything one file leaves behind, in one transaction."""
        known = self.deliveries.get(delivery.delivery_id)
        table = f"raw.{quoted(table_name(file.source, file.object))}"
        if known and self.readings.get(delivery.delivery_id, ("",))[0] == mapped.sha256:
            formats |= self.readings[delivery.delivery_id][1]
        try:
            with transaction(self.con):
                if isinstance(outcome, Staged):
                    self._make_table(file)
                    changed = self._add_columns(file, outcome)
                if known and table_name(file.source, file.object) in self.table_columns:
                    self.con.execute(f"delete from {table} where _delivery_id = ?", [delivery.delivery_id])
                if known:
                    self.con.execute("delete from quality.malformed_row where delivery_id = ?", [delivery.delivery_id])
                    for name in ("delivery_reading", "erased_delivery", "malformed_record"):
                        self.con.execute(f"delete from control.{name} where delivery_id = ?", [delivery.delivery_id])
                    # what was told is not told again, though the delivery is news
                    self.con.execute(
                        "delete from control.changed_shape where delivery_id = ? "
                        "and delivery_id in (select delivery_id from control.told_delivery)",
                        [delivery.delivery_id],
                    )
                if isinstance(outcome, Staged):
                    self._insert(table, delivery, outcome)
                    if mapped.snapshot and outcome.malformed:
                        self._note_malformed_records(delivery, outcome)
                    changed += self._note_headers(file, outcome.plan)
                    for said in changed:
                        self.con.execute(
                            "insert into control.changed_shape values (?, ?)", [delivery.delivery_id, said]
                        )
                    self.report.drift += changed
                self._log(delivery)
                reading = [delivery.delivery_id, mapped.sha256, ",".join(sorted(formats))]
                self.con.execute("insert into control.delivery_reading values (?, ?, ?)", reading)
                self._remember_file(file, delivery.delivery_id, delivery.sha256)
        finally:
            self.con.execute("drop table if exists landed")
            self.con.execute("drop table if exists landed_input")
            self.con.execute("drop table if exists landed_bad")
        self.readings[delivery.delivery_id] = (mapped.sha256, frozenset(formats))
        self.new.add(delivery.delivery_id)

    def _make_table(self, file: LandedFile) -> None:
        """The table of a folder under `raw_only`, which comes with its first file; all others are there already."""
        table = table_name(file.source, file.object)
        if table not in self.table_columns:
            _fit_table(self.con, table, BOOKKEEPING_COLUMNS, None)
            self.table_columns[table] = dict(BOOKKEEPING_COLUMNS)

    def _add_columns(self, file: LandedFile, staged: Staged) -> list[str]:
        table = table_name(file.source, file.object)
        known = self.table_columns[table]
        new = [name for name in staged.raw if folded(name) not in known]
        for name in new:
            self.con.execute(f"alter table raw.{quoted(table)} add column {quoted(name)} varchar")
            known[folded(name)] = "varchar"
        is_news = new and (file.source, file.object) in self.headers
        return [f"{file.source}/{file.object}/{file.name} brings new columns: {_some(new)}"] if is_news else []

    def _insert(self, table: str, delivery: Delivery, staged: Staged) -> None:
        columns = {
            **{quoted(name): sql for name, sql in staged.raw.items()},
            "_delivery_id": "?",
            "_line": "landed_line",
        }
        self.con.execute(
            f"insert into {table} ({', '.join(columns)}) select {', '.join(columns.values())} "
            f"from (select *, {staged.line} as landed_line from landed) where error is null",
            [delivery.delivery_id],
        )
        if not staged.malformed:
            return
        self.con.execute(
            "insert into quality.malformed_row select ?, ?, ?, line, raw_text, error, ? from landed_bad order by line",
            [delivery.source_system, delivery.object, delivery.source_file, delivery.delivery_id],
        )

    def _note_malformed_records(self, delivery: Delivery, staged: Staged) -> None:
        """Whose rows could not be read: of what failed its types the key; of a row without its cells nobody knows."""
        self.con.execute(
            f"""
            insert into control.malformed_record
            select $delivery, {staged.raw.get("native_id", "null")} from landed where error is not null
            union all
            select $delivery, null from range($malformed - (select count(error) from landed))
            """,
            {"delivery": delivery.delivery_id, "malformed": staged.malformed},
        )

    def _note_headers(self, file: LandedFile, plan: Plan) -> list[str]:
        """Declared columns this object has had so far; one that a file lacks is told."""
        known = self.headers.get((file.source, file.object), set())
        present = {column.header.casefold() for column in plan.declared}
        spellings = {normalised(header) for header in present}
        gone = sorted(header for header in known if normalised(header) not in spellings)
        for header in sorted(present - known):
            self.con.execute("insert into control.landed_header values (?, ?, ?)", [file.source, file.object, header])
        self.headers[file.source, file.object] = known | present
        is_news = gone and present
        return [f"{file.source}/{file.object}/{file.name} lacks columns: {_some(gone)}"] if is_news else []

    def _remember(self, file: LandedFile, delivery_id: str, sha256: str) -> None:
        """The same bytes under a further name. What was refused and comes again is news: its source still owes it."""
        with transaction(self.con):
            if self.deliveries[delivery_id].status == "refused":
                self.con.execute("delete from control.told_delivery where delivery_id = ?", [delivery_id])
            self._remember_file(file, delivery_id, sha256)

    def _remember_file(self, file: LandedFile, delivery_id: str, sha256: str) -> None:
        path = storable(file.path)
        seen_at = self.now
        if path in self.known_files:
            if self.known_files[path][0] == file.fingerprint:
                # read again for another mapping, it is not delivered again
                ((seen_at,),) = self.con.execute(
                    "select seen_at from control.landed_file where path = ?", [path]
                ).fetchall()
            self.con.execute("delete from control.landed_file where path = ?", [path])
        row = [path, file.fingerprint, delivery_id, sha256, file.name, seen_at]
        self.con.execute(
            "insert into control.landed_file (path, fingerprint, delivery_id, sha256, name, seen_at) "
            "values (?, ?, ?, ?, ?, ?)",
            row,
        )
        self.known_files[path] = (file.fingerprint, delivery_id, sha256)

    def _log(self, delivery: Delivery) -> None:
        """The delivery's row of the log; a delivery read again keeps the time it was first loaded."""
        known = self.deliveries.get(delivery.delivery_id)
        again = known is not None and known.status != "refused"
        self.con.execute(
            """
            insert into quality.load_log (
                delivery_id, source_system, object, source_file, sha256, rows_read, rows_loaded, rows_held,
                rows_malformed, status, error, loaded_at, notes, is_current, ordered_as
            )
            select ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                coalesce((select min(loaded_at) from quality.load_log where delivery_id = ? and ?), ?), ?, true, ?
            """,
            [
                delivery.delivery_id, delivery.source_system, delivery.object, delivery.source_file, delivery.sha256,
                delivery.rows_read, delivery.rows_loaded, delivery.rows_held, delivery.rows_malformed,
                delivery.status, delivery.error, delivery.delivery_id, again, self.now, delivery.notes,
                delivery.source_file,
            ],
        )  # fmt: skip
        if known:
            self.con.execute("delete from control.told_delivery where delivery_id = ?", [delivery.delivery_id])
            self.con.execute(
                "delete from quality.load_log where delivery_id = ? and rowid < "
                "(select max(rowid) from quality.load_log where delivery_id = ?)",
                [delivery.delivery_id, delivery.delivery_id],
            )
        self.deliveries[delivery.delivery_id] = delivery


def _digest(source: str, object_: str, sha256: str) -> str:
    return hashlib.sha256(f"{source}/{object_}/{sha256}".encode()).hexdigest()[:20]


def _notes(plan: Plan, *, is_raw_only: bool) -> str | None:
    if is_raw_only:
        return RAW_ONLY
    notes = [f"headers not in the file: {_some(plan.absent)}"] if plan.absent else []
    notes += [f"columns nobody mapped: {_some(list(plan.undeclared))}"] if plan.undeclared else []
    return "; ".join(notes) or None


def _some(names: list[str]) -> str:
    return ", ".join(map(shown, names[:20])) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
