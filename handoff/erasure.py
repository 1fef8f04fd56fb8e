"""Erasing a person: what identifies them goes from the raw rows, and stays gone through nights and rebuilds.

What is kept of an erased person is a salted hash of their addresses and record ids (`erased.json` in HANDOFF_HOME),
which recognises them when an old extract is read again. Rows stay, with a pseudonym for the address, so that totals
without personal data do not change. Not here: the extract files, which belong to their source; publishing anew.
"""

import hashlib
import json
import secrets
from pathlib import Path
from typing import Any

import duckdb

from handoff.errors import HandoffError
from handoff.settings import Settings
from handoff.sql import quoted
from handoff.standing import forget_published

NAMES = {"first_name", "last_name"}
EMPTIED = {"phone", "mobile_phone", "attributes"}
KEPT_TEXT = {
    *("job_title", "company", "website", "industry", "country", "technology", "growth_stage", "trigger_event"),
    *("lead_source", "status", "rejection_reason", "budget_status", "cookie_id", "merged_ids", "client_id"),
}
ADDRESS = r"[^\s,;:\"'<>|()]+@[^\s,;:\"'<>|()]+"


def remember(settings: Settings, con: duckdb.DuckDBPyConnection, who: str) -> int:
    """Adds a person, by e-mail or by `<source>:<id>`, to those who are erased. Returns how many raw rows are theirs:
    none of one who was erased before, so that what failed after it can be done again.

    Raises:
        HandoffError: nobody of that address or id is in the warehouse.
    """
    known = _read(settings)
    wanted = {_hash(known["salt"], who)}
    rows = 0
    for _ in range(3):
        found = [_identities(con, table, known["salt"], wanted) for table in _tables(con)]
        rows = sum(count for count, _ in found)
        more = wanted.union(*(identities for _, identities in found))
        if more == wanted:
            break
        wanted = more
    if not rows and not wanted <= set(known["hashes"]):
        raise HandoffError(
            "Nobody of that address or id is in the warehouse.",
            where=str(settings.warehouse),
            remedy="Give the e-mail as the CRM has it, or the record as <source>:<id>, such as salesforce:00Q...",
        )
    known["hashes"] = sorted({*known["hashes"], *wanted})
    path = remembered_at(settings)
    beside = path.with_suffix(".json.part")
    beside.touch(mode=0o600)
    beside.write_text(json.dumps(known))
    beside.replace(path)
    forget_published(con)
    return rows


def apply(settings: Settings, con: duckdb.DuckDBPyConnection) -> int:
    """Takes what identifies erased people out of the raw tables. Returns the rows changed."""
    if not remembered_at(settings).exists():
        return 0
    known = _read(settings)
    salt, hashes = known["salt"], set(known["hashes"])
    changed = 0
    con.begin()
    try:
        for table in _tables(con):
            changed += _pseudonymise(con, table, salt, hashes)
        _blank_malformed(con, salt, hashes)
        con.commit()
    except BaseException:
        con.rollback()
        raise
    return changed


def _tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute("select table_name from duckdb_tables() where schema_name = 'raw' order by 1").fetchall()
    return [name for (name,) in rows]


def _text_columns(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    rows = con.execute(
        "select column_name from duckdb_columns() where schema_name = 'raw' and table_name = ? "
        "and data_type = 'VARCHAR' and column_name not in ('_delivery_id') order by column_index",
        [table],
    ).fetchall()
    return [name for (name,) in rows]


def _is_theirs(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """The condition that a row is an erased person's; binds the salt and the hashes by name."""
    source = table.split("__")[0]
    columns = _text_columns(con, table)
    tests = [
        f"(contains({quoted(name)}, '@') and list_contains($hashes, sha256($salt || lower(trim({quoted(name)})))))"
        for name in columns
    ]
    if "native_id" in columns:
        tests.append(f"list_contains($hashes, sha256($salt || lower('{source}:' || native_id)))")
    return " or ".join(tests) or "false"


def _identities(con: duckdb.DuckDBPyConnection, table: str, salt: str, hashes: set[str]) -> tuple[int, set[str]]:
    """How many rows of a table are theirs, and the hashes of the addresses and ids these rows carry."""
    columns = _text_columns(con, table)
    bound = {"salt": salt, "hashes": sorted(hashes)}
    listed = [name for name in columns if name in ("native_id", "email", "user_id")]
    selected = ", ".join(quoted(name) for name in listed) or "null"
    rows = con.execute(f"select {selected} from raw.{quoted(table)} where {_is_theirs(con, table)}", bound).fetchall()
    source, found = table.split("__")[0], set()
    for row in rows:
        for name, value in zip(listed, row, strict=False):
            if value and name == "native_id" and {"email", "first_name"} & set(columns):
                found.add(_hash(salt, f"{source}:{value}"))
            elif value and "@" in value:
                found.add(_hash(salt, value))
    return len(rows), found


def _pseudonymise(con: duckdb.DuckDBPyConnection, table: str, salt: str, hashes: set[str]) -> int:
    columns = _text_columns(con, table)
    declared = {"native_id", *NAMES, *EMPTIED, *KEPT_TEXT}
    changes = []
    for name in columns:
        column = quoted(name)
        address = f"'erased-' || left(sha256($salt || lower(trim({column}))), 12) || '@erased.invalid'"
        known_address = f"contains({column}, '@') and not ends_with({column}, '@erased.invalid')"
        if name in NAMES:
            changes.append(f"{column} = case when {column} is not null then 'erased' end")
        elif name in EMPTIED:
            changes.append(f"{column} = null")
        elif name not in declared:
            changes.append(f"{column} = case when {known_address} then {address} else {column} end")
    if not changes:
        return 0
    bound = {"salt": salt, "hashes": sorted(hashes)}
    done = con.execute(
        f"update raw.{quoted(table)} set {', '.join(changes)} where {_is_theirs(con, table)}", bound
    ).fetchone()
    return int(done[0]) if done else 0


def _blank_malformed(con: duckdb.DuckDBPyConnection, salt: str, hashes: set[str]) -> None:
    con.execute(
        "update quality.malformed_row set raw_text = 'erased' where list_has_any($hashes, "
        "list_transform(regexp_extract_all(raw_text, $address), lambda a: sha256($salt || lower(a))))",
        {"salt": salt, "hashes": sorted(hashes), "address": ADDRESS},
    )


def remembered_at(settings: Settings) -> Path:
    """The file that recognises who is erased; when it changes, raw rows do."""
    return settings.home / "erased.json"


def _read(settings: Settings) -> dict[str, Any]:
    path = remembered_at(settings)
    known: dict[str, Any] = {"salt": secrets.token_hex(16), "hashes": []}
    if not path.exists():
        return known
    try:
        return dict(json.loads(path.read_text()))
    except ValueError as error:
        raise HandoffError(
            "Who was erased cannot be read.",
            where=str(path),
            why=str(error),
            remedy="Put it back from a backup. Without it everyone who was erased comes back with the next rebuild",
        ) from error


def _hash(salt: str, value: str) -> str:
    return hashlib.sha256((salt + value.strip().lower()).encode()).hexdigest()
