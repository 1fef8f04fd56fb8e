"""Erasing a person: what identifies them goes from the raw rows, and stays gone through nights and rebuilds.

What is kept of an erased person is a salted hash of their addresses and record ids (`erased.json` in HANDOFF_HOME),
which recognises them when an old extract is read again. Rows stay, with a pseudonym for the address, so that totals
without personal data do not change. Not here: the extract files, which belong to their source; publishing anew.
"""

import hashlib
import json
import re
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from handoff.control import ERASED_DELIVERY, TOLD_DELIVERY, code_version
from handoff.errors import HandoffError
from handoff.settings import Settings
from handoff.sql import literal, quoted
from handoff.standing import forget_published
from handoff.warehouse import transaction
from ingestion.columns import salesforce_id
from ingestion.entities import ENTITIES
from ingestion.mapping import ObjectMapping, load_mappings

NAMES = {"first_name", "last_name"}
EMPTIED = {"phone", "mobile_phone", "attributes"}
KEPT_TEXT = {
    *("job_title", "company", "website", "industry", "country", "technology", "growth_stage", "trigger_event"),
    *("lead_source", "status", "rejection_reason", "budget_status", "cookie_id", "merged_ids", "client_id"),
}
# Also as a URL writes it, with %40, and perhaps %2E.
ADDRESS = r"[\pL\pN_][^\s,;:\"<>|()\[\]{}=&?/@]*(?:@|%40)(?:[\pL\pN.-]|%2[DEde])*[\pL\pN]"
ESCAPED = {"%40": "@", "%2e": ".", "%2d": "-", "%2b": "+", "%5f": "_"}
# addresses of pages, whose query may tell what was filled in
PAGES = {"landing_page", "link", "page_location"}
# such as an id in a row that could not be read
WORD = r"[^\s,;:\"'|{}\[\]]+"
# What Salesforce writes as the subject itself says the kind of a task that has none.
KEPT_SUBJECT = (
    "case when lower(subject) = 'call' then subject when lower(subject) like 'email:%' then left(subject, 6) end"
)
# Fields whose history is a name or a phone number, by API name or label, letters only.
NAMED = "(first|middle|last|full)?namec?|([a-z]*phone|mobile|fax)(number)?c?"
# Fields whose history models read, in the same spelling: those of a person, also under the names that Marketo and
# HubSpot have for them. Any other may be an address, a birthday, a profile.
FIELDS = sorted(field.replace("_", "") for field in {*ENTITIES["lead"], *ENTITIES["contact"]})
READ = (
    f"(lead|person)?({'|'.join(FIELDS)}|source|owner|title|companyname|emailaddress|mqldate|num(ber)?(of)?employees)c?"
    "|lifecyclestage|hsleadstatus"
)
# Marketo's kinds of activity, by the table that a loader makes of each: of forms and clicks models read the page alone,
# of changes a field's values, of the rest what no person wrote.
FORM, CLICK, CHANGE, SCORE, MERGE, DELETION, PROGRESS = 2, 11, 13, 22, 32, 37, 104
KINDS = {
    "fill_out_form": FORM,
    "click_email": CLICK,
    "change_data_value": CHANGE,
    "change_score": SCORE,
    "merge_leads": MERGE,
    "delete_lead": DELETION,
    "change_status_in_progression": PROGRESS,
}

# what `_identified_by` makes of a table whose rows are no person's
NOBODY = "cast([] as varchar[])"
# The rows of deliveries from which the erased have yet to be taken: a night asks these, not all that ever came.
UNSEEN = "coalesce(_delivery_id, '') not in (select delivery_id from seen_delivery)"
SEEN = "create or replace temp table seen_delivery (delivery_id varchar)"
DELIVERIES = "select delivery_id as _delivery_id from quality.load_log"
# what is said of rows and files
SAID = {
    ("control", "changed_shape", "said"),
    ("quality", "load_log", "error"),
    ("quality", "load_log", "notes"),
    ("quality", "malformed_row", "error"),
    ("quality", "lead_verdict", "detail"),
    ("quality", "quarantine", "detail"),
}


def remember(settings: Settings, con: duckdb.DuckDBPyConnection, who: str) -> int:
    """Adds a person, by e-mail or by `<source>:<id>`, to those who are erased. Returns how many raw rows are theirs:
    none of one who was erased before, so that what failed after it can be done again.

    Raises:
        HandoffError: nobody of that address or id is in the warehouse, or nothing at all.
    """
    known = _read(settings)
    salt = known["salt"]
    tables = _tables(con)
    if not tables:
        raise HandoffError(
            "The warehouse holds nothing yet, so nobody is found in it; what was published before may still name them.",
            remedy="Run a night, then erase",
        )
    con.execute(SEEN)
    wanted = _grown(con, tables, salt, {_hash(salt, spelling) for spelling in _spellings(con, who)})
    rows = sum(_count(con, table, columns, salt, wanted) for table, columns in tables.items())
    if not rows and not wanted <= set(known["hashes"]):
        raise HandoffError(
            "Nobody of that address or id is in the warehouse.",
            where=str(settings.warehouse),
            remedy="Give the e-mail as the CRM has it, or the record as <source>:<id>, such as salesforce:00Q...",
        )
    _write(settings, known | {"hashes": sorted({*known["hashes"], *wanted})})
    forget_published(con)
    return rows


def apply(settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
    """Takes what identifies erased people out of the raw tables, also where it came under a further record since."""
    if not remembered_at(settings).exists():
        return
    known = _read(settings)
    salt, tables = known["salt"], _tables(con)
    mapped = {f"{of.source}__{name}": each for of in load_mappings(settings) for name, each in of.objects.items()}
    unread = {table: _unread(columns, mapped.get(table)) for table, columns in tables.items()}
    # an earlier release's warehouse may be asked before its next night
    con.execute(f"{TOLD_DELIVERY}; {ERASED_DELIVERY}")
    erased = _digest(known["hashes"], unread)
    con.execute(SEEN)
    con.execute("insert into seen_delivery select delivery_id from control.erased_delivery where erased = ?", [erased])
    if not con.execute(f"select 1 from ({DELIVERIES}) where {UNSEEN} limit 1").fetchone():
        return
    hashes = _grown(con, tables, salt, set(known["hashes"]))
    if hashes > set(known["hashes"]):
        # rows of before may belong to a record that came to light
        con.execute("delete from seen_delivery")
        hashes = _grown(con, tables, salt, hashes)
    is_rewritten = any(
        _is_said_before(con, table, columns, unread[table], salt, hashes, settings.now)
        for table, columns in tables.items()
    )
    if is_rewritten or hashes > set(known["hashes"]):
        _write(settings, known | {"hashes": sorted(hashes), "rewritten": known.get("rewritten", 0) + is_rewritten})
        forget_published(con)
    with transaction(con):
        for table, columns in tables.items():
            _pseudonymise(con, table, columns, unread[table], salt, hashes)
        _clean_logs(con, salt, hashes)
        con.execute("delete from control.erased_delivery")
        erased = _digest(sorted(hashes), unread)
        con.execute(f"insert into control.erased_delivery select _delivery_id, ? from ({DELIVERIES})", [erased])


def _digest(hashes: list[str], unread: dict[str, list[str]]) -> str:
    """What a pass over the raw tables goes by: who is erased, what nothing reads, and this code."""
    return hashlib.sha256(json.dumps([hashes, unread, code_version()]).encode()).hexdigest()


def _tables(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The raw tables that have rows and columns of text, each with these. Of an empty table, and most are where a
    company has one CRM, a question costs as much as of a small one.
    """
    rows = con.execute(
        "select table_name, list(column_name order by column_index) from duckdb_columns() where schema_name = 'raw' "
        "and data_type = 'VARCHAR' and column_name <> '_delivery_id' "
        "and table_name in (select table_name from duckdb_tables() where schema_name = 'raw') group by 1 order by 1"
    ).fetchall()
    return {
        name: columns for name, columns in rows if con.execute(f"select 1 from raw.{quoted(name)} limit 1").fetchone()
    }


def _grown(con: duckdb.DuckDBPyConnection, tables: dict[str, list[str]], salt: str, hashes: set[str]) -> set[str]:
    """The hashes of all addresses and records that some lead to, from one to the next."""
    telling = {table: columns for table, columns in tables.items() if _identified_by(table, columns) != NOBODY}
    while True:
        more = hashes.union(*(_identities(con, table, columns, salt, hashes) for table, columns in telling.items()))
        if more == hashes:
            return hashes
        hashes = more


def _spellings(con: duckdb.DuckDBPyConnection, who: str) -> set[str]:
    """What was asked for, and with a Salesforce id of 15 characters completed as the raw tables have it."""
    source, _, native_id = who.strip().partition(":")
    row = con.execute(f"select {salesforce_id('$id')}", {"id": native_id}).fetchone()
    return {who, f"{source}:{row[0]}"} if row and row[0] else {who}


def _identified_by(table: str, columns: list[str]) -> str:
    """A list of the addresses and records that say whose a row is. A record is `<source>:<lead or contact>:<id>`, for
    a system may number both alike.
    """
    source = table.split("__")[0]
    is_lead, is_contact = "converted_contact_id" in columns, "synced_contact_id" in columns
    one: list[str] = []
    many: list[str] = []

    def record(kind: str, column: str) -> None:
        one.append(f"'{source}:{kind}:' || {column}")

    def records(kind: str, column: str) -> None:
        many.append(f"coalesce(list_transform({_each_id(column)}, lambda i: '{source}:{kind}:' || i), [])")

    if is_lead or is_contact:
        kind = "lead" if is_lead else "contact"
        record(kind, "native_id")
        record(kind, "merged_into_id")
        records(kind, "merged_ids")
        if is_lead:
            record("contact", "converted_contact_id")
        # What is synced is Salesforce's unless another system is named, whose leads may be its contacts.
        for name, kinds in {"synced_lead_id": ["lead"], "synced_contact_id": ["contact", "lead"]}.items():
            for kind in kinds:
                given = f"regexp_replace({name}, '^([^:]+):', '\\1:{kind}:')"
                one.append(
                    f"case when contains({name}, ':') then {given} "
                    f"else 'salesforce:{kind}:' || {salesforce_id(name)} end"
                )
        if "sfdc_id" in columns:
            for kind, key in {"lead": "00Q", "contact": "003"}.items():
                one.append(
                    f"case when sfdc_id like '{key}%' then 'salesforce:{kind}:' || {salesforce_id('sfdc_id')} end"
                )
    elif _is_history(columns):
        record("lead", "record_id")
    elif table in (f"{source}__lead_history", f"{source}__contact_history") and {"id", "first_name"} <= set(columns):
        # a loader's table of what records were, kept as it comes
        record(table.split("__")[1].removesuffix("_history"), salesforce_id("id") if source == "salesforce" else "id")
    elif source == "marketo" and "lead_id" in columns:
        record("lead", "lead_id")
        if "merge_ids" in columns:
            listed = """regexp_extract(details, '"Merge IDs": *"?\\[?([0-9, ]+)', 1)"""
            records("lead", f"coalesce(merge_ids, {listed})")
    elif table == "hubspot__contact_merge_audit":
        record("lead", "survivor_id")
        record("lead", "loser_id")
    for name in {"email", "user_id"} & set(columns):
        one.append(
            f"case when contains({name}, '@') and not ends_with({name}, '@erased.invalid') then trim({name}) end"
        )
    return " || ".join([f"cast([{', '.join(one)}] as varchar[])", *many])


def _each_id(column: str) -> str:
    """As `each_id` of dbt_project/macros/sources/text.sql reads a list."""
    return (
        f"case when contains({column}, '{{') then regexp_extract_all({column}, '\"id\"\\s*:\\s*\"?([^\",}}\\s]+)', 1) "
        f"else regexp_extract_all({column}, '[^][;,|\" ]+') end"
    )


def _unread(columns: list[str], mapped: ObjectMapping | None) -> list[str]:
    """The columns of a table that no model reads: of an object kept as it comes, all that are no ids or addresses."""
    if mapped and not mapped.is_raw_only:
        return [name for name in columns if name not in mapped.types and name != "attributes"]
    if "native_id" in columns:
        return []  # its mapping went
    return [name for name in columns if not re.fullmatch("_.*|(.*_)?id|email", name) and name not in NAMES | EMPTIED]


def _is_history(columns: list[str]) -> bool:
    return {"record_id", "field", "changed_by"} <= set(columns) and "stage" not in columns


def _theirs(table: str, columns: list[str]) -> str:
    """The rows of a table that are an erased person's; binds the salt and the hashes by name."""
    who = _identified_by(table, columns)
    if "native_id" in columns and {"converted_contact_id", "synced_contact_id"} & set(columns):
        # As it is asked for. It leads to no other record: a system may number leads and contacts alike.
        who = f"{who} || [{literal(table.split('__')[0] + ':')} || native_id]"
    return (
        f"select row from (select rowid as row, unnest({who}) as who "
        f"from raw.{quoted(table)} where {UNSEEN}) where {_hashed('who')} in (select unnest($hashes))"
    )


def _has_at(column: str) -> str:
    return f"(contains({column}, '@') or contains({column}, '%40'))"


def _mentions(name: str) -> str:
    """The condition that a text names the address of an erased person."""
    column = quoted(name)
    return (
        f"({_has_at(column)} and list_has_any($hashes, list_transform("
        f"list_append(regexp_extract_all({column}, {literal(ADDRESS)}), trim({column})), "
        f"lambda a: {_hashed('a')})))"
    )


def _identities(
    con: duckdb.DuckDBPyConnection, table: str, columns: list[str], salt: str, hashes: set[str]
) -> set[str]:
    """The hashes of the addresses and records that the rows of a table carry which are theirs."""
    rows = con.execute(
        f"select distinct {_hashed('who')} from (select unnest({_identified_by(table, columns)}) as who "
        f"from raw.{quoted(table)} where rowid in ({_theirs(table, columns)})) where who is not null",
        {"salt": salt, "hashes": sorted(hashes)},
    ).fetchall()
    return {found for (found,) in rows}


def _count(con: duckdb.DuckDBPyConnection, table: str, columns: list[str], salt: str, hashes: set[str]) -> int:
    """How many rows of a table are theirs or name an address of theirs."""
    tests = [f"rowid in ({_theirs(table, columns)})", *(_mentions(name) for name in _addressed(con, table, columns))]
    done = con.execute(
        f"select count(*) from raw.{quoted(table)} where {' or '.join(tests)}",
        {"salt": salt, "hashes": sorted(hashes)},
    ).fetchone()
    return int(done[0]) if done else 0


def _pseudonym(address: str) -> str:
    return f"'erased-' || left({_hashed(f'trim({address})')}, 12) || '@erased.invalid'"


def _hashed(who: str) -> str:
    """What `_hash` makes of an address or a record, in SQL; binds the salt by name."""
    plain = f"lower({who})"
    for written, character in ESCAPED.items():
        plain = f"replace({plain}, '{written}', '{character}')"
    return f"sha256($salt || {plain})"


def _is_theirs(who: str) -> str:
    return f"list_contains($hashes, {_hashed(who)})"


def _is_record_of_theirs(table: str, native_id: str) -> str:
    source = table.split("__")[0]
    return " or ".join(_is_theirs(f"'{source}:{kind}:' || {native_id}") for kind in ("lead", "contact"))


def _replaced(name: str, whose: str) -> str:
    """The text with a pseudonym for each of its addresses (`p[2]`) that fulfils a condition."""
    column = quoted(name)
    pieces = (
        f"list_zip(string_split_regex({column}, {literal(ADDRESS)}), regexp_extract_all({column}, {literal(ADDRESS)}))"
    )
    address = f"case when {whose} then {_pseudonym('p[2]')} else coalesce(p[2], '') end"
    return f"array_to_string(list_transform({pieces}, lambda p: p[1] || {address}), '')"


def _pseudonymise(
    con: duckdb.DuckDBPyConnection, table: str, columns: list[str], unread: list[str], salt: str, hashes: set[str]
) -> None:
    bound = {"salt": salt, "hashes": sorted(hashes)}
    declared = {"native_id", *NAMES, *EMPTIED, *KEPT_TEXT}
    is_activity = table.startswith("marketo__activity")
    is_change = is_activity or _is_history(columns)
    kind = _marketo_kind(table)
    field = "primary_attribute_value" if is_activity else "field"
    letters = f"lower(regexp_replace({field}, '[^A-Za-z]', '', 'g'))"
    is_kept = f"coalesce(regexp_full_match({letters}, '{READ}') and not regexp_full_match({letters}, '{NAMED}'), false)"
    standing = "not ends_with(p[2], '@erased.invalid')"
    changes = []
    for name in columns:
        column = quoted(name)
        has_address = f"contains({column}, '@') and not ends_with({column}, '@erased.invalid')"
        text = f"case when {has_address} then {_replaced(name, standing)} else {column} end"
        if name in NAMES:
            changes.append(f"{column} = case when {column} is not null then 'erased' end")
        elif name in EMPTIED or name in unread:
            changes.append(f"{column} = null")
        elif is_change and re.match("(old|new)_value", name):
            changes.append(f"{column} = case when {is_kept} then {text} end")
        elif name in PAGES:
            changes.append(f"{column} = {_without_query(column)}")
        elif name == "query" and is_activity:
            changes.append(f"{column} = nullif({_parameters(column)}, '')")
        elif name == "details" and is_activity:
            changes.append(
                f"{column} = case when {kind} in ({FORM}, {CLICK}) then {_page_of(column)} "
                f"when {kind} in ({MERGE}, {DELETION}, {PROGRESS}) or {kind} in ({CHANGE}, {SCORE}) and {is_kept} "
                f"then {text} end"
            )
        elif name not in declared:
            changes.append(f"{column} = case when {has_address} then {_pseudonym(column)} else {column} end")
    theirs = _theirs(table, columns)
    if con.execute(f"{theirs} limit 1", bound).fetchone():
        _update(con, table, changes, f"rowid in ({theirs})", bound)
    if {"person_id", "landing_page"} <= set(columns):
        # a touch that names its person by the record alone
        shorter = _without_query("landing_page")
        is_longer = f"{UNSEEN} and landing_page <> {shorter} and ({_is_record_of_theirs(table, 'person_id')})"
        _update(con, table, [f"landing_page = {shorter}"], is_longer, bound)
    for name in _addressed(con, table, columns):
        column = quoted(name)
        text = (
            f"case when {_is_theirs(f'trim({column})')} then {_pseudonym(column)} "
            f"else {_replaced(name, _is_theirs('p[2]'))} end"
        )
        _update(con, table, [f"{column} = {text}"], f"{UNSEEN} and {_mentions(name)}", bound)
    # of all rows: another delivery may tell later that an activity is theirs
    less, is_said = _said(table, columns, unread)
    _update(con, table, [f"{name} = {text}" for name, text in less.items()], is_said, bound)


def _said(table: str, columns: list[str], unread: list[str]) -> tuple[dict[str, str], str]:
    """What stays of what calls, mails and meetings with an erased person were about, and the rows that say more."""
    less = {
        quoted(name): KEPT_SUBJECT if name == "subject" else "null" for name in ("subject", *unread) if name in columns
    }
    if not less or not ({"subject", "person_id"} <= set(columns) or _is_of_engagement(table, columns)):
        return {}, "false"
    is_more = " or ".join(f"{name} is distinct from {text}" for name, text in less.items())
    return less, f"({is_more}) and ({_is_activity_of_theirs(table, columns)})"


def _is_said_before(
    con: duckdb.DuckDBPyConnection,
    table: str,
    columns: list[str],
    unread: list[str],
    salt: str,
    hashes: set[str],
    now: datetime,
) -> bool:
    """Whether rows of earlier nights say more: that an activity is theirs may be told later, by a deal's contact, and
    what was made of it would stand."""
    less, is_said = _said(table, columns, unread)
    # a second night may be told the same now
    earlier = (
        "(_delivery_id in (select delivery_id from quality.load_log where loaded_at < $now) "
        "or _delivery_id in (select delivery_id from control.told_delivery))"
    )
    query = f"select 1 from raw.{quoted(table)} where {is_said} and {earlier} limit 1"
    return bool(less) and bool(con.execute(query, {"salt": salt, "hashes": sorted(hashes), "now": now}).fetchone())


def _is_of_engagement(table: str, columns: list[str]) -> bool:
    """Whether a loader's table says more of HubSpot's engagements, such as a note's text."""
    return table.startswith("hubspot__engagement") and "engagement_id" in columns


def _marketo_kind(table: str) -> str:
    """The kind of an activity, by its table or, in the one of all kinds, by its number or name."""
    if known := KINDS.get(table.removeprefix("marketo__activity_")):
        return str(known)
    named = " ".join(f"when {literal(name.replace('_', ' '))} then {kind}" for name, kind in KINDS.items())
    return f"coalesce(activity_type_id, case lower(activity_type) {named} end)"


def _page_of(details: str) -> str:
    """Of what Marketo tells about a form or a click, the page and from where it was reached."""

    def told(key: str) -> str:
        """What stands under a key of an object, or as the value of that name in a list; as JSON writes it."""
        value = r'"((?:[^"\\]|\\.)*)"'
        return rf"""regexp_extract({details}, '"{key}"\s*(?:,\s*"value"\s*)?:\s*{value}', 1)"""

    parts = {
        "Referrer URL": _without_query(f"coalesce(nullif({told('Link')}, ''), {told('Referrer URL')})"),
        "Query Parameters": _parameters(told("Query Parameters")),
    }
    kept = [f"""'"{key}": "' || nullif({text}, '') || '"'""" for key, text in parts.items()]
    return f"nullif('{{' || array_to_string([{', '.join(kept)}], ', ') || '}}', '{{}}')"


def _parameters(query: str) -> str:
    """What the query of an address says about campaigns and clicks; a form may leave what was filled in beside it."""
    return f"array_to_string(list_filter(string_split_regex({query}, '[?&#]'), lambda q: {_is_of_campaign('q')}), '&')"


def _is_of_campaign(parameter: str) -> str:
    clicks = "gclid|gbraid|wbraid|dclid|msclkid|fbclid|li_fat_id|ttclid|twclid"
    return f"regexp_full_match({parameter}, '(utm_[a-z_]+|{clicks})=.*')"


def _without_query(page: str) -> str:
    """An address with no more of its query than that."""
    kept = _parameters(page)
    return f"regexp_extract({page}, '^[^?#]*') || case when {kept} <> '' then '?' || {kept} else '' end"


def _addressed(con: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> list[str]:
    """The columns in which an address may stand: few, and found in one reading of the table. To look for addresses
    costs some hundredths of a second for each column, whatever is in it."""
    asked = ", ".join(f"bool_or({_has_at(quoted(name))})" for name in columns)
    (found,) = con.execute(f"select {asked} from raw.{quoted(table)} where {UNSEEN}").fetchall()
    return [name for name, is_there in zip(columns, found, strict=True) if is_there]


def _is_activity_of_theirs(table: str, columns: list[str]) -> str:
    """The condition that a call, mail or meeting has to do with an erased person; what it was about may name them."""
    tests = [_is_record_of_theirs(table, "person_id")] if "person_id" in columns else []
    if "contact_ids" in columns:
        named = _each_id("contact_ids")
        tests.append(f"len(list_filter({named}, lambda i: {_is_record_of_theirs(table, 'i')})) > 0")
    if table.startswith("hubspot__"):
        is_theirs = _is_record_of_theirs(table, "contact_id")
        theirs = f"select engagement_id from raw.hubspot__engagement_contact where {is_theirs}"
        engagement = "native_id" if "native_id" in columns else "engagement_id"
        tests.append(f"{engagement} in ({theirs})")
    if table.startswith(("hubspot__", "salesforce__")):
        tests.append(_is_of_their_deal_alone(table, columns))
    return " or ".join(tests)


def _is_of_their_deal_alone(table: str, columns: list[str]) -> str:
    """The condition that an activity names nobody, but a deal of theirs."""
    theirs = {name: _is_record_of_theirs(table, name) for name in ("contact_id", "native_id")}
    alone = [f"{name} is null" for name in ("person_id", "contact_ids") if name in columns]
    if table.startswith("salesforce__"):
        deals = (
            f"select opportunity_id from raw.salesforce__opportunity_contact_role where {theirs['contact_id']} "
            f"union all select converted_opportunity_id from raw.salesforce__lead where {theirs['native_id']}"
        )
        return " and ".join([*alone, f"record_id in ({deals})"])
    deals = f"select opportunity_id from raw.hubspot__deal_contact where {theirs['contact_id']}"
    engagement = "native_id" if "native_id" in columns else "engagement_id"
    alone.append(f"{engagement} not in (select engagement_id from raw.hubspot__engagement_contact)")
    named = [f"{engagement} in (select engagement_id from raw.hubspot__engagement_deal where deal_id in ({deals}))"]
    if "record_id" in columns:
        named.append(f"record_id in ({deals})")
    if "deal_ids" in columns:
        named.append(f"list_has_any({_each_id('deal_ids')}, (select list(opportunity_id) from ({deals})))")
    return " and ".join([*alone, f"({' or '.join(named)})"])


def _update(con: duckdb.DuckDBPyConnection, table: str, changes: list[str], where: str, bound: dict[str, Any]) -> None:
    if changes:
        con.execute(f"update raw.{quoted(table)} set {', '.join(changes)} where {where}", bound)


def _clean_logs(con: duckdb.DuckDBPyConnection, salt: str, hashes: set[str]) -> None:
    """What the load and the gate said of rows may name an address; a row that could not be read is blanked whole."""
    bound = {"salt": salt, "hashes": sorted(hashes)}
    there = con.execute("select schema_name, table_name, column_name from duckdb_columns()").fetchall()
    for schema, table, name in sorted(SAID.intersection(there)):
        said = _replaced(name, _is_theirs("p[2]"))
        con.execute(f"update {schema}.{table} set {name} = {said} where {_mentions(name)}", bound)
    con.execute(
        "update quality.malformed_row set raw_text = 'erased', error = 'erased' "
        f"where raw_text <> 'erased' and ({_mentions('raw_text')} or {_names_a_record('raw_text')})",
        bound,
    )


def _names_a_record(text: str) -> str:
    """The condition that one of the words of a row of `source_system` is the id of an erased lead or contact."""
    record = f"case when source_system = 'salesforce' then {salesforce_id('i')} else i end"
    tests = [_is_theirs(f"source_system || ':{kind}:' || {record}") for kind in ("lead", "contact")]
    return f"len(list_filter(regexp_extract_all({text}, {literal(WORD)}), lambda i: {' or '.join(tests)})) > 0"


def remembered_at(settings: Settings) -> Path:
    """The file that recognises who is erased; when it changes, raw rows do."""
    return settings.home / "erased.json"


def _read(settings: Settings) -> dict[str, Any]:
    path = remembered_at(settings)
    known: dict[str, Any] = {"salt": secrets.token_hex(16), "hashes": []}
    if not path.exists():
        return known
    try:
        known = json.loads(path.read_text())
        if not isinstance(known, dict) or not {"salt", "hashes"} <= known.keys():
            raise ValueError("it has no salt and hashes")
        return known
    except ValueError as error:
        raise HandoffError(
            "Who was erased cannot be read.",
            where=str(path),
            why=str(error),
            remedy="Put it back from a backup. Without it everyone who was erased comes back with the next rebuild",
        ) from error


def _write(settings: Settings, known: dict[str, Any]) -> None:
    path = remembered_at(settings)
    beside = path.with_suffix(".json.part")
    beside.touch(mode=0o600)
    beside.write_text(json.dumps(known))
    beside.replace(path)


def _hash(salt: str, value: str) -> str:
    plain = value.strip().lower()
    for written, character in ESCAPED.items():
        plain = plain.replace(written, character)
    return hashlib.sha256((salt + plain).encode()).hexdigest()
