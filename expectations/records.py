"""The gate's tables in the warehouse: which delivered records are to be judged, their verdicts, what follows from them.

Only SQL. Verdicts are kept per incomplete version and failed rule; admission, quarantine and the counts of the load log
are functions of the verdicts and the delivered versions, never of the order in which files came. The versions of a lead
are ordered as everywhere: by version (none first), file name (what it holds now last), content hash, line. A delivery
of several names goes by the first of them where it is asked what came first, by the last where what is newest.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb

from handoff.definitions import LEAD_FIELDS, TIME_FIELDS
from handoff.sql import quoted

if TYPE_CHECKING:
    import pandas as pd

_ORDER = "version_at nulls first, source_file, is_current, sha256, _line"
_NEWEST_FIRST = "version_at desc nulls last, ordered_as desc, is_current desc, sha256 desc, _line desc"
# The moment until which a record's times count as past when the record is judged.
JUDGED_UNTIL = "judged_until"
# The text as delivered, beside the one in lower case that is compared.
DELIVERED = "__delivered"
# the records of a page of an API lie on one line
_RECORD_KEY = "coalesce(native_id, _delivery_id || ':' || _line)"


@dataclass(frozen=True)
class LeadTable:
    """A raw table whose rows are lead records."""

    source_system: str
    object: str
    columns: frozenset[str]

    @property
    def sql(self) -> str:
        return f'raw."{self.source_system}__{self.object}"'


def lead_tables(con: duckdb.DuckDBPyConnection) -> list[LeadTable]:
    """Every raw table of lead records, vendors' and mapped ones, by name."""
    listed = con.execute(
        """
        select declared_object.source_system, declared_object.object, list(columns.column_name)
        from control.declared_object
        join
            information_schema.columns
            on columns.table_schema = 'raw'
            and columns.table_name = declared_object.source_system || '__' || declared_object.object
        where declared_object.entity = 'lead'
        group by all
        order by all
        """
    ).fetchall()
    return [LeadTable(source_system, name, frozenset(columns)) for source_system, name, columns in listed]


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create schema if not exists quality")
    # first: DuckDB alters no table that the transaction has changed
    _remember_what_was_taken_in(con)
    _forget_verdicts_by_line(con)
    con.execute(
        """
        -- the deliveries over which a night has stopped; what an earlier release stopped was told
        create table if not exists quality.gate_raised as
            select delivery_id from quality.load_log where status = 'stopped';
        create table if not exists quality.gate_state (gate_sha256 varchar, judged_at timestamp);
        create table if not exists quality.gate_delivery (
            delivery_id varchar primary key, source_system varchar, object varchar,
            mapping_sha256 varchar, is_judged boolean, is_new boolean, incomplete_share double,
            taken_in_at timestamp
        );
        create table if not exists quality.lead_verdict (
            source_system varchar, object varchar, _delivery_id varchar, _line bigint, record_key varchar,
            rule varchar, detail varchar, is_complete_later boolean, waits_until timestamp
        );
        create table if not exists quality.quarantine (
            source_system varchar, object varchar, native_id varchar, source_file varchar, line bigint,
            rule varchar, detail varchar, first_seen_at timestamp, released_at timestamp, version_at timestamp,
            record_key varchar
        );
        alter table quality.quarantine add column if not exists record_key varchar;
        """
    )


def _forget_verdicts_by_line(con: duckdb.DuckDBPyConnection) -> None:
    """A warehouse of an earlier release kept verdicts per line, whatever records lie there: all is judged anew."""
    if _lacks(con, "lead_verdict", "record_key"):
        con.execute("drop table quality.lead_verdict")
        con.execute("update quality.gate_delivery set is_judged = false")


def _remember_what_was_taken_in(con: duckdb.DuckDBPyConnection) -> None:
    """A warehouse of an earlier release did not know when: what is accepted by now was taken in before."""
    if _lacks(con, "gate_delivery", "taken_in_at"):
        con.execute("alter table quality.gate_delivery add column taken_in_at timestamp")
        con.execute("update quality.gate_delivery set taken_in_at = timestamp '0001-01-01'")


def _lacks(con: duckdb.DuckDBPyConnection, table: str, column: str) -> bool:
    """Whether a table of the gate is there, as an earlier release made it: without the column."""
    columns = con.execute(
        "select column_name from duckdb_columns() where schema_name = 'quality' and table_name = ?", [table]
    ).fetchall()
    return bool(columns) and (column,) not in columns


# What is to be judged


def forget_stale_verdicts(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[LeadTable],
    gate_sha256: str,
    now: datetime,
    periods: Sequence[datetime],
) -> None:
    """Drops the verdicts that might come out differently today.

    All of them where the rules themselves were changed, or now lies before the last night; else those of held records
    where other rules came into force since or a time that lay in the future has passed, and where other rules came,
    those of all records whose own time lay in the future.
    """
    con.execute("create or replace temp table gate_again (_delivery_id varchar, _line bigint, record_key varchar)")
    # a delivery that was read again, by another mapping, has other rows
    con.execute(
        """
        update quality.gate_delivery
        set is_judged = false
        from control.delivery_reading
        where
            gate_delivery.delivery_id = delivery_reading.delivery_id
            and gate_delivery.mapping_sha256 is distinct from delivery_reading.mapping_sha256
        """
    )
    con.execute(
        "delete from quality.lead_verdict"
        " where _delivery_id in (select delivery_id from quality.gate_delivery where not is_judged)"
    )
    state = con.execute("select gate_sha256, judged_at from quality.gate_state").fetchone()
    if state is None:
        return
    if state[0] != gate_sha256 or now < state[1]:
        con.execute("delete from quality.lead_verdict")
        con.execute("update quality.gate_delivery set is_judged = false")
        return
    has_other_rules = any(state[1] < starts <= now for starts in periods)
    con.execute(
        "insert into gate_again select distinct _delivery_id, _line, record_key from quality.lead_verdict"
        " where not is_complete_later and (? or waits_until <= ?)",
        [has_other_rules, now],
    )
    for table in tables if has_other_rules else ():
        con.execute(
            f"insert into gate_again select _delivery_id, _line, {_RECORD_KEY} from {table.sql}"
            " where coalesce(version_at, updated_at, created_at) > ?",
            [state[1]],
        )
    con.execute("delete from quality.lead_verdict where (_delivery_id, _line, record_key) in (from gate_again)")


def _unjudged(table: LeadTable) -> str:
    """Rows without a verdict, but for deleted ones. Whether a merged one is out depends on what else was delivered."""
    return f"""
        from {table.sql} as delivered
        where
            (not coalesce(is_deleted, false) or merged_into_id is not null)
            and (
                _delivery_id in (
                    select delivery_id
                    from quality.load_log
                    where
                        source_system = '{table.source_system}'
                        and object = '{table.object}'
                        and status <> 'refused'
                        and delivery_id not in (select delivery_id from quality.gate_delivery where is_judged)
                )
                or (_delivery_id, _line, {_RECORD_KEY}) in (from gate_again)
            )
    """


def has_unjudged(con: duckdb.DuckDBPyConnection, table: LeadTable) -> bool:
    return con.execute(f"select 1 {_unjudged(table)} limit 1").fetchone() is not None


def unjudged(
    con: duckdb.DuckDBPyConnection,
    table: LeadTable,
    fields: Sequence[str],
    periods: Sequence[datetime],
    now: datetime,
    chunk_rows: int,
) -> "Iterator[pd.DataFrame]":
    """The records to judge, some at a time: texts trimmed and in lower case, `period` the rules of the record's time.

    A record's time is its version's, else its last change, else its creation, else now; never later than now.
    """
    own_time = f"least(coalesce(version_at, updated_at, created_at, {_literal(now)}), {_literal(now)})"
    period = " + ".join(f"cast({own_time} >= {_literal(starts)} as integer)" for starts in periods[1:]) or "0"
    columns = [f"{field}" if field in TIME_FIELDS else _text(field) for field in fields]
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    texts = {pa.string(): pd.StringDtype("pyarrow", na_value=np.nan)}
    lowest, highest = con.execute(f"select min(rowid), max(rowid) {_unjudged(table)}").fetchone() or (None, None)
    while lowest is not None and lowest <= highest:
        chunk = con.execute(
            f"""
            select
                _delivery_id, _line, {_RECORD_KEY} as record_key,
                {own_time} as {JUDGED_UNTIL}, {period} as period, {", ".join(columns)}
            {_unjudged(table)} and delivered.rowid >= {lowest} and delivered.rowid < {lowest + chunk_rows}
            """
        ).to_arrow_table()
        if chunk.num_rows:
            yield chunk.to_pandas(types_mapper=texts.get)
        lowest += chunk_rows


def lowered(con: duckdb.DuckDBPyConnection, texts: Collection[str]) -> tuple[str, ...]:
    """Texts as `_text` makes those of a record, each once, in order."""
    rows = con.execute("select distinct trim(lower(unnest(?::varchar[])))", [list(texts)]).fetchall()
    return tuple(sorted(text for (text,) in rows))


def _literal(moment: datetime) -> str:
    return f"timestamp '{moment:%Y-%m-%d %H:%M:%S}'" if moment.year > 1 else "timestamp '0001-01-01 00:00:00'"


def _text(field: str) -> str:
    assert field in LEAD_FIELDS
    return (
        f"coalesce(trim(lower(cast({field} as varchar))), '') as {field},"
        f" coalesce(trim(cast({field} as varchar)), '') as {field}{DELIVERED}"
        if field in ("status", "lead_source", "industry", "country")
        else f"coalesce(trim(lower(cast({field} as varchar))), '') as {field}"
    )


def keep_verdicts(con: duckdb.DuckDBPyConnection, table: LeadTable, verdicts: "pd.DataFrame") -> None:
    """Keeps the verdicts on incomplete records: _delivery_id, _line, record_key, rule, detail, is_complete_later,
    waits_until."""
    con.register("gate_verdicts", verdicts)
    con.execute(
        """
        insert into quality.lead_verdict
        select ?, ?, _delivery_id, _line, record_key, rule, detail, is_complete_later, waits_until
        from gate_verdicts
        """,
        [table.source_system, table.object],
    )
    con.unregister("gate_verdicts")


def mark_judged(con: duckdb.DuckDBPyConnection, tables: Sequence[LeadTable], gate_sha256: str, now: datetime) -> None:
    con.execute("update quality.gate_delivery set is_new = false, is_judged = true")
    con.execute(
        """
        update quality.gate_delivery
        set mapping_sha256 = delivery_reading.mapping_sha256
        from control.delivery_reading
        where gate_delivery.delivery_id = delivery_reading.delivery_id
        """
    )
    for table in tables:
        con.execute(
            """
            insert into quality.gate_delivery by name
            select
                delivery_id, source_system, object,
                (
                    select max(mapping_sha256) from control.delivery_reading where delivery_id = load_log.delivery_id
                ) as mapping_sha256,
                true as is_judged, true as is_new
            from quality.load_log
            where source_system = ? and object = ? and status <> 'refused'
                and delivery_id not in (select delivery_id from quality.gate_delivery)
            """,
            [table.source_system, table.object],
        )
    # what was accepted since the night before is news, until a night that took it in has published
    accepted = con.execute(
        "update quality.gate_delivery set taken_in_at = ? where taken_in_at is null "
        "and delivery_id in (select delivery_id from quality.load_log where status = 'accepted') returning delivery_id",
        [now],
    ).fetchall()
    for each in accepted:
        con.execute("delete from control.told_delivery where delivery_id = ?", each)
    con.execute("delete from quality.gate_state")
    con.execute("insert into quality.gate_state values (?, ?)", [gate_sha256, now])


# Batches


def shares_of_new_batches(con: duckdb.DuckDBPyConnection, tables: Sequence[LeadTable]) -> list[tuple[str, float, bool]]:
    """By source: the share of incomplete rows among tonight's new lead rows, and whether it never delivered before.

    A row that an earlier run brought as it is now is not new: a source may hand over everything each night.
    """
    if con.execute("select 1 from quality.gate_delivery where is_new limit 1").fetchone() is None:
        return []
    repeated = " union all by name ".join(_repeated_rows(table) for table in tables) or _NO_VERSIONS
    return con.execute(
        f"""
        with
            repeated as materialized ({repeated}),
            batch as (
                select
                    gate_delivery.source_system,
                    sum(load_log.rows_read - load_log.rows_malformed - coalesce(again.repeated, 0)) as delivered
                from quality.gate_delivery
                join quality.load_log using (delivery_id)
                left join
                    (
                        select _delivery_id as delivery_id, count(*) as repeated from repeated group by all
                    ) as again using (delivery_id)
                where gate_delivery.is_new and load_log.status = 'loaded'
                group by all
            ),
            incomplete as (
                select source_system, count(*) as incomplete
                from gate_delivered
                where
                    failed_rules is not null
                    and not is_complete_later
                    and _delivery_id in (select delivery_id from quality.gate_delivery where is_new)
                    and (_delivery_id, _line, record_key)
                    not in (select (_delivery_id, _line, record_key) from repeated)
                group by all
            ),
            known as (
                select distinct gate_delivery.source_system
                from quality.gate_delivery
                join quality.load_log using (delivery_id)
                where not gate_delivery.is_new and load_log.rows_read > 0
            )
        select
            batch.source_system,
            coalesce(incomplete.incomplete, 0) / batch.delivered,
            known.source_system is null
        from batch
        left join incomplete using (source_system)
        left join known using (source_system)
        where batch.delivered > 0
        order by 1
        """
    ).fetchall()


def _repeated_rows(table: LeadTable) -> str:
    """The rows of tonight's deliveries that an earlier one brought value for value."""
    told = ", ".join(quoted(column) for column in sorted(table.columns) if not column.startswith("_"))
    is_new = "_delivery_id in (select delivery_id from quality.gate_delivery where is_new)"
    is_stopped = "_delivery_id in (select delivery_id from quality.load_log where status = 'stopped')"
    return f"""
        select again._delivery_id, again._line, again.native_id as record_key
        from (
            select native_id, _delivery_id, _line, hash({told}) as told
            from {table.sql}
            where {is_new} and native_id in (select native_id from {table.sql} where not {is_new})
        ) as again
        semi join (
            select native_id, hash({told}) as told
            from {table.sql}
            where
                not {is_new} and not {is_stopped}
                and native_id in (select native_id from {table.sql} where {is_new})
        ) as before on again.native_id = before.native_id and again.told = before.told
    """


def stop(con: duckdb.DuckDBPyConnection, source_system: str, share: float) -> None:
    """Stops tonight's new lead deliveries of a source."""
    con.execute(
        "update quality.gate_delivery set incomplete_share = ? where is_new and source_system = ?",
        [share, source_system],
    )
    con.execute(
        """
        update quality.load_log
        set status = 'stopped'
        where
            status = 'loaded'
            and delivery_id in (select delivery_id from quality.gate_delivery where is_new and source_system = ?)
        """,
        [source_system],
    )


def stopped_deliveries(con: duckdb.DuckDBPyConnection, *, is_raised: bool) -> list[tuple[str, str, str, str, float]]:
    """Those over which a night has stopped before (`raise_stopped`), or those over which this one is to."""
    return con.execute(
        """
        select
            delivery_id, load_log.source_system, load_log.object, load_log.source_file,
            gate_delivery.incomplete_share
        from quality.load_log
        join quality.gate_delivery using (delivery_id)
        where load_log.status = 'stopped' and (delivery_id in (from quality.gate_raised)) = ?
        order by 2, 3, 4, 1
        """,
        [is_raised],
    ).fetchall()


def raise_stopped(con: duckdb.DuckDBPyConnection) -> None:
    """Writes down that a night stops over what is stopped: later ones go on without it."""
    con.execute(
        "create or replace table quality.gate_raised as "
        "select delivery_id from quality.load_log where status = 'stopped'"
    )


# What follows


def build_versions(con: duckdb.DuckDBPyConnection, tables: Sequence[LeadTable]) -> None:
    """Temporary gate_delivered: every version of every lead with its verdict; gate_version: those not stopped.

    A version is out when it is deleted or merged away, also where its survivor or an activity says so. One merged into
    a record that nobody delivered is not: of such a chain it is the last known record.
    """
    _build_told(con, tables)
    delivered = " union all by name ".join(
        f"""
        select
            '{table.source_system}' as source_system, '{table.object}' as object, native_id, version_at,
            _delivery_id, _line, {_RECORD_KEY} as record_key,
            {_is_deleted(table)} as is_deleted, {_is_inactive(table)} as is_inactive, merged_into_id
        from {table.sql}
        """
        for table in tables
    )
    con.execute(
        f"""
        create or replace temp table gate_delivered as
        with
            delivered as ({delivered or _NO_VERSIONS}),
            verdict as (
                select
                    _delivery_id, _line, record_key, string_agg(rule, '|' order by rule) as failed_rules,
                    bool_or(is_complete_later) as is_complete_later
                from quality.lead_verdict
                group by all
            ),
            -- a loader that keeps every version ends each but the newest; where it ended that too, the record is gone
            ended as (
                select (_delivery_id, _line, record_key)
                from (
                    select ended_once.*
                    from (
                        from delivered
                        where (source_system, object, record_key) in (
                            select (source_system, object, record_key) from delivered where is_inactive
                        )
                    ) as ended_once
                    join
                        quality.load_log
                        on ended_once._delivery_id = load_log.delivery_id
                        and ended_once.source_system = load_log.source_system
                        and ended_once.object = load_log.object
                    qualify
                        row_number() over (
                            partition by ended_once.source_system, ended_once.object, record_key
                            order by {_NEWEST_FIRST}
                        ) = 1
                )
                where is_inactive
            ),
            placed as (
                select
                    delivered.* exclude (is_deleted, is_inactive),
                    case
                        when merged_into_id is not null
                        then
                            (source_system, object, merged_into_id)
                            in (select (source_system, object, native_id) from delivered where native_id is not null)
                        else
                            is_deleted
                            or (_delivery_id, _line, record_key) in (from ended)
                            or (source_system, object, native_id)
                            in (select (source_system, object, native_id) from gate_told_deletion)
                            or (source_system, object, native_id)
                            in (
                                select (source_system, object, loser)
                                from gate_told_survivor
                                where
                                    (source_system, object, survivor) in (
                                        select (source_system, object, native_id)
                                        from delivered
                                        where _delivery_id not in (
                                            select delivery_id from quality.load_log where status = 'stopped'
                                        )
                                    )
                            )
                    end as is_out
                from delivered
            )
        select
            delivered.source_system, delivered.object, delivered.native_id, delivered.version_at,
            delivered.record_key,
            load_log.source_file, load_log.ordered_as, load_log.is_current, load_log.sha256, load_log.loaded_at,
            delivered._delivery_id, delivered._line,
            delivered.is_out, delivered.merged_into_id,
            case when not delivered.is_out then verdict.failed_rules end as failed_rules,
            coalesce(verdict.is_complete_later, false) as is_complete_later
        from placed as delivered
        join
            quality.load_log
            on delivered._delivery_id = load_log.delivery_id
            and delivered.source_system = load_log.source_system
            and delivered.object = load_log.object
            and load_log.status <> 'refused'
        left join
            verdict
            on delivered._delivery_id = verdict._delivery_id
            and delivered._line = verdict._line
            and delivered.record_key = verdict.record_key
        """
    )
    con.execute(
        """
        create or replace temp view gate_version as
        select *
        from gate_delivered
        where _delivery_id not in (select delivery_id from quality.load_log where status = 'stopped')
        """
    )


def _is_deleted(table: LeadTable) -> str:
    """Whether a row says that it is deleted, in any of the ways in which it may."""
    says = {
        "is_deleted": "coalesce(is_deleted, false)",
        "fivetran_deleted": "coalesce(fivetran_deleted, false)",
    }
    return " or ".join(sql for column, sql in says.items() if column in table.columns)


def _is_inactive(table: LeadTable) -> str:
    """Whether the loader ended this version of a record: by another one, or because the record is gone."""
    return "not coalesce(fivetran_active, true)" if "fivetran_active" in table.columns else "false"


# as `each_id` (of ids alone) and `json_text` of dbt_project/macros/sources/text.sql read them
_EACH_ID = "unnest(regexp_extract_all({column}, '[^][;,|\" ]+'))"
_MERGE_IDS = """
    case
        when not json_valid(details) then null
        when json_type(details) = 'OBJECT' then json_extract_string(details, '$."Merge IDs"')
        else concat(
            regexp_extract(details, '"(?:name|key)"\\s*:\\s*"Merge IDs"\\s*,\\s*"value"\\s*:\\s*"([^"]*)"', 1),
            regexp_extract(details, '"(?:name|key)"\\s*:\\s*"Merge IDs"\\s*,\\s*"value"\\s*:\\s*([^",}]+)', 1)
        )
    end
"""
_MERGED, _DELETED = 32, 37
_ACTIVITY_KIND = {
    "activity": "coalesce(activity_type_id, case lower(activity_type)"
    f" when 'merge leads' then {_MERGED} when 'delete lead' then {_DELETED} end)",
    "activity_merge_leads": f"{_MERGED}",
    "activity_delete_lead": f"{_DELETED}",
}


def _build_told(con: duckdb.DuckDBPyConnection, tables: Sequence[LeadTable]) -> None:
    """Temporary gate_told_merge, gate_told_survivor (chains followed) and gate_told_deletion: what others than a lead's
    own row say of it.

    A HubSpot survivor's newest version lists its losers, or an audit names them; Marketo says both by activities. What
    a delivery says that is stopped, or that a newer snapshot replaced, does not count.
    """
    names = con.execute("select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()
    raw = {name for (name,) in names}

    def counting(source_system: str, name: str, unread: str = "false") -> str:
        return f"""
            (
                select delivered.*, load_log.source_file, load_log.ordered_as, load_log.is_current, load_log.sha256
                from raw."{source_system}__{name}" as delivered
                join
                    quality.load_log
                    on delivered._delivery_id = load_log.delivery_id
                    and load_log.status in ('loaded', 'accepted')
                where delivered._delivery_id not in (from control.past_snapshot) or {unread}
            )
        """

    nobody = "select null::varchar as source_system, null::varchar as object, null::varchar as"
    merges = [f"{nobody} loser, null::varchar as survivor"]
    deletions = [f"{nobody} native_id"]
    for table in (table for table in tables if "merged_ids" in table.columns):
        unread = f"('{table.source_system}', '{table.object}', native_id) in (from control.unread_record)"
        merges.append(
            f"""
            select
                '{table.source_system}', '{table.object}',
                {_EACH_ID.format(column="merged_ids")} as loser, native_id as survivor
            from (
                select native_id, merged_ids
                from {counting(table.source_system, table.object, unread)}
                where
                    native_id in (
                        select native_id
                        from raw."{table.source_system}__{table.object}"
                        where merged_ids is not null
                    )
                qualify row_number() over (
                    partition by native_id
                    order by {_NEWEST_FIRST}
                ) = 1
            )
            where merged_ids is not null
            """
        )
    if "hubspot__contact_merge_audit" in raw:
        audits = counting("hubspot", "contact_merge_audit")
        merges.append(f"select 'hubspot', 'contact', loser_id as loser, survivor_id as survivor from {audits}")
    for name, kind in _ACTIVITY_KIND.items():
        if f"marketo__{name}" in raw:
            activities = counting("marketo", name)
            merges.append(
                f"""
                select
                    'marketo', 'lead',
                    {_EACH_ID.format(column=f"coalesce(merge_ids, {_MERGE_IDS})")} as loser, lead_id as survivor
                from {activities}
                where {kind} = {_MERGED}
                """
            )
            deletions.append(f"select 'marketo', 'lead', lead_id from {activities} where {kind} = {_DELETED}")
    con.execute(
        f"""
        create or replace temp table gate_told_merge as
        select distinct * from ({" union all ".join(merges)}) where loser <> survivor
        """
    )
    con.execute(
        """
        create or replace temp table gate_told_survivor as
        with recursive
            led_to as (
                from gate_told_merge
                union
                select led_to.source_system, led_to.object, led_to.loser, further.survivor
                from led_to
                join
                    gate_told_merge as further
                    on led_to.source_system = further.source_system
                    and led_to.object = further.object
                    and led_to.survivor = further.loser
            )
        from led_to where loser <> survivor
        """
    )
    con.execute(
        f"""
        create or replace temp table gate_told_deletion as
        select distinct * from ({" union all ".join(deletions)}) where native_id is not null
        """
    )


_NO_VERSIONS = """
    select
        null::varchar as source_system, null::varchar as object, null::varchar as native_id,
        null::timestamp as version_at, null::varchar as _delivery_id,
        null::bigint as _line, null::varchar as record_key, false as is_deleted, false as is_inactive,
        null::varchar as merged_into_id
    where false
"""


def build_merge_cycles(con: duckdb.DuckDBPyConnection) -> None:
    """Temporary table gate_cycle: the newest version of every lead whose merges, followed on, come back to it."""
    edges = con.execute(
        f"""
        select source_system, object, native_id, merged_into_id
        from (
            select *
            from gate_version
            where (source_system, object, native_id) in (
                select (source_system, object, native_id)
                from gate_version
                where native_id is not null and merged_into_id is not null
            )
            qualify row_number() over (
                partition by source_system, object, native_id
                order by {_NEWEST_FIRST}
            ) = 1
        )
        where merged_into_id is not null
        union
        select source_system, object, loser, survivor
        from gate_told_merge
        """
    ).fetchall()
    survivors: dict[tuple[str, str, str], set[tuple[str, str, str]]] = {}
    for source_system, name, loser, survivor in edges:
        survivors.setdefault((source_system, name, loser), set()).add((source_system, name, survivor))
    con.execute(
        "create or replace temp table gate_cycle_member"
        " (source_system varchar, object varchar, native_id varchar, path varchar)"
    )
    if members := list(cycle_members(survivors)):
        con.executemany("insert into gate_cycle_member values (?, ?, ?, ?)", members)
    con.execute(
        f"""
        create or replace temp table gate_cycle as
        select gate_version.*, gate_cycle_member.path
        from gate_version
        join gate_cycle_member using (source_system, object, native_id)
        qualify row_number() over (
            partition by source_system, object, native_id
            order by {_NEWEST_FIRST}
        ) = 1
        """
    )


Record = tuple[str, str, str]


def cycle_members(survivors: Mapping[Record, set[Record]]) -> Iterator[tuple[str, str, str, str]]:
    """Records from which a chain of merges leads back to themselves, with that chain."""
    for start in sorted(_peeled(survivors)):
        came_from: dict[Record, Record] = {}
        frontier = [start]
        while frontier and start not in came_from:
            reached = [(there, here) for here in frontier for there in sorted(survivors.get(here, ()))]
            frontier = []
            for there, here in reached:
                if there not in came_from:
                    came_from[there] = here
                    frontier.append(there)
        if start in came_from:
            chain = [start, came_from[start]]
            while chain[-1] != start:
                chain.append(came_from[chain[-1]])
            yield *start, " → ".join(record[2] for record in reversed(chain))


def _peeled(survivors: Mapping[Record, set[Record]]) -> set[Record]:
    """The losers left when chains that end somewhere are taken away: nearly none, so the search stays short."""
    left = {loser: set(listed) for loser, listed in survivors.items()}
    losers_of: dict[Record, set[Record]] = {}
    for loser, listed in left.items():
        for survivor in listed:
            losers_of.setdefault(survivor, set()).add(loser)
    ended = [survivor for survivor in losers_of if survivor not in left]
    while ended:
        survivor = ended.pop()
        for loser in losers_of.get(survivor, ()):
            left[loser].discard(survivor)
            if not left[loser]:
                del left[loser]
                ended.append(loser)
    return set(left)


def build_admission(con: duckdb.DuckDBPyConnection) -> None:
    """quality.lead_admission: one row per judged lead record; is_gone when its newest version is deleted or merged."""
    con.execute(
        """
        create or replace table quality.lead_admission as
        with
            version as (
                select
                    gate_version.*,
                    _delivery_id in (from control.past_snapshot)
                    and (source_system, object, native_id) not in (from control.unread_record) as is_past,
                    not is_out and (failed_rules is null or is_complete_later) as is_admitted
                from gate_version
                join control.declared_object using (source_system, object)
                where native_id is not null
            ),
            -- few records come twice: to order the versions of all costs as much as the rest of the gate
            repeated as (select source_system, object, native_id from version group by all having count(*) > 1),
            record as (
                select
                    source_system, object, native_id, is_admitted,
                    case when not is_out then coalesce(failed_rules, '') end as first_failed_rules,
                    case when not is_out then coalesce(failed_rules, '') end as newest_failed_rules,
                    is_out,
                    -- a source of full snapshots deletes what its newest delivery does not hold
                    is_past as is_dropped
                from version
                anti join repeated using (source_system, object, native_id)
                union all
                select
                    source_system, object, native_id,
                    bool_or(is_admitted) as is_admitted,
                    min_by(coalesce(failed_rules, ''), first_place) filter (not is_out) as first_failed_rules,
                    max_by(coalesce(failed_rules, ''), place) filter (not is_out) as newest_failed_rules,
                    max_by(is_out, place) as is_out,
                    bool_and(is_past) as is_dropped
                from (
                    select
                        *,
                        (coalesce(version_at, timestamp '0001-01-01'), source_file, is_current, sha256, _line)
                            as first_place,
                        (coalesce(version_at, timestamp '0001-01-01'), ordered_as, is_current, sha256, _line) as place
                    from version
                    semi join repeated using (source_system, object, native_id)
                )
                group by source_system, object, native_id
            )
        select
            record.source_system,
            record.object,
            record.native_id,
            record.is_admitted and gate_cycle.native_id is null as is_admitted,
            coalesce(record.first_failed_rules, 'merge_cycle') as first_failed_rules,
            coalesce(record.first_failed_rules = '', false) as is_complete_at_first,
            record.newest_failed_rules,
            gate_cycle.native_id is null
            and (record.is_out or record.is_dropped) as is_gone
        from record
        left join gate_cycle using (source_system, object, native_id)
        where record.first_failed_rules is not null or gate_cycle.native_id is not null
        """
    )


def build_quarantine(con: duckdb.DuckDBPyConnection, now: datetime) -> int:
    """quality.quarantine: one row per incomplete version and failed rule. Returns the leads released tonight."""
    con.execute(
        f"""
        create or replace temp table gate_held as
        with
            placed as (
                select
                    *,
                    coalesce(
                        bool_or(not is_out and (failed_rules is null or is_complete_later)) over (
                            record rows between unbounded preceding and 1 preceding
                        ),
                        false
                    ) as is_regressed,
                    coalesce(
                        bool_or(not is_out and (failed_rules is null or is_complete_later)) over (
                            record rows between 1 following and unbounded following
                        ),
                        false
                    ) as is_repaired,
                    bool_or(not is_out and (failed_rules is null or is_complete_later)) over (
                        partition by source_system, object, record_key
                    ) as is_admitted
                from gate_version
                where (source_system, object, record_key) in (
                    select (source_system, object, record_key) from gate_version where failed_rules is not null
                )
                window record as (partition by source_system, object, record_key order by {_ORDER})
            )
        select
            *,
            case when is_regressed then is_repaired or is_complete_later else is_admitted end
            and (source_system, object, record_key) not in (select (source_system, object, record_key) from gate_cycle)
                as is_released
        from placed
        where failed_rules is not null
        """
    )
    con.execute(
        """
        create or replace temp table gate_quarantine_before as
        select
            * exclude (record_key),
            -- a warehouse of an earlier release knew records by their ids alone
            coalesce(record_key, native_id) as record_key,
            coalesce(version_at, timestamp '0001-01-01') as version_key
        from quality.quarantine
        """
    )
    con.execute(
        """
        create or replace table quality.quarantine as
        with
            failure as (
                select gate_held.*, lead_verdict.rule, lead_verdict.detail
                from gate_held
                join quality.lead_verdict using (_delivery_id, _line, record_key)
                where not gate_held.is_regressed
                union all by name
                select
                    *,
                    'regressed' as rule,
                    'was complete before, now fails ' || replace(failed_rules, '|', ', ') as detail
                from gate_held
                where is_regressed
                union all by name
                select
                    * exclude (path),
                    'merge_cycle' as rule,
                    'its merges come back to it: ' || path as detail,
                    false as is_released
                from gate_cycle
            ),
            -- the same version in overlapping deliveries is one try
            attempt as (
                select
                    source_system, object, record_key, native_id, version_at, rule,
                    min_by(
                        {'source_file': source_file, 'line': _line, 'detail': detail},
                        (source_file, is_current, sha256, _line)
                    ) as first,
                    min(loaded_at) as first_seen_at,
                    bool_and(is_released) as is_released
                from failure
                group by source_system, object, record_key, native_id, version_at, rule
            )
        select
            attempt.source_system,
            attempt.object,
            attempt.native_id,
            attempt.first.source_file as source_file,
            attempt.first.line as line,
            attempt.rule,
            attempt.first.detail as detail,
            -- a merge that goes in a circle is found in the newest delivery of a version, and began with an earlier one
            least(attempt.first_seen_at, before.first_seen_at) as first_seen_at,
            case when attempt.is_released then coalesce(before.released_at, $now) end as released_at,
            attempt.version_at,
            attempt.record_key
        from attempt
        left join
            gate_quarantine_before as before
            on attempt.source_system = before.source_system
            and attempt.object = before.object
            and attempt.rule = before.rule
            and attempt.record_key = before.record_key
            and coalesce(attempt.version_at, timestamp '0001-01-01') = before.version_key
        order by source_system, object, native_id, version_at, source_file, line, rule
        """,
        {"now": now},
    )
    released = con.execute(
        """
        select count(distinct (quarantine.source_system, quarantine.object, quarantine.native_id))
        from quality.quarantine
        join
            gate_quarantine_before as before
            on quarantine.source_system = before.source_system
            and quarantine.object = before.object
            and quarantine.rule = before.rule
            and quarantine.native_id = before.record_key
            and coalesce(quarantine.version_at, timestamp '0001-01-01') = before.version_key
        where before.released_at is null and quarantine.released_at is not null
        """
    ).fetchone()
    return int(released[0]) if released else 0


def update_load_log(con: duckdb.DuckDBPyConnection) -> None:
    """Rows held of every delivery: incomplete ones that no complete version of the lead precedes, and merge cycles."""
    con.execute(
        """
        update quality.load_log
        set
            rows_held = counted.held,
            rows_loaded = load_log.rows_read - load_log.rows_malformed - counted.held
        from
            (
                select
                    gate_delivery.delivery_id,
                    count(distinct (held._line, held.record_key)) filter (held._line is not null) as held
                from quality.gate_delivery
                left join
                    (
                        select _delivery_id, _line, record_key from gate_held where not is_regressed
                        union all
                        select _delivery_id, _line, record_key from gate_cycle
                        union all
                        select _delivery_id, _line, record_key
                        from gate_delivered
                        where
                            failed_rules is not null
                            and _delivery_id in (select delivery_id from quality.load_log where status = 'stopped')
                    ) as held
                    on gate_delivery.delivery_id = held._delivery_id
                group by all
            ) as counted
        where load_log.delivery_id = counted.delivery_id and load_log.status <> 'refused'
        """
    )


# The report


def newly_held(con: duckdb.DuckDBPyConnection, now: datetime) -> dict[str, int]:
    """Rows held in deliveries that are new tonight, or were accepted since, by failed rule."""
    rows = con.execute(
        """
        select held.rule, count(*)
        from
            (
                select lead_verdict.rule, _delivery_id
                from gate_held
                join quality.lead_verdict using (_delivery_id, _line, record_key)
                where not gate_held.is_regressed
                union all
                select 'merge_cycle' as rule, _delivery_id
                from gate_cycle
            ) as held
        join quality.gate_delivery on held._delivery_id = gate_delivery.delivery_id
        where gate_delivery.is_new or gate_delivery.taken_in_at = ?
        group by all
        order by all
        """,
        [now],
    ).fetchall()
    return dict(rows)


def held(con: duckdb.DuckDBPyConnection, now: datetime) -> tuple[int, int]:
    """Rows held in deliveries that are new tonight, or were accepted since, and lead records that wait now."""
    row = con.execute(
        """
        select
            (
                select coalesce(sum(load_log.rows_held), 0)::bigint
                from quality.load_log
                join quality.gate_delivery using (delivery_id)
                where gate_delivery.is_new or gate_delivery.taken_in_at = ?
            ),
            (select count(*) from quality.lead_admission where not is_admitted and not is_gone)
        """,
        [now],
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)
