"""The feedback files: per source, the lead records that wait in quarantine, what is missing and how to repair it.

Written with a publish, read by the people who keep the source system. Holds native ids and field names, no personal
data.
"""

import csv
import io
from pathlib import Path

import duckdb

from handoff.files import write_whole
from handoff.spreadsheet import harmless
from handoff.sql import BLANKS

COLUMNS = ("native_id", "object", "rule", "what_is_missing", "how_to_repair", "source_file", "line", "first_seen_at")

_REPAIRS = {
    "present": "fill {0}",
    "email": "give {0} a well-formed address",
    "business_email": "give {0} an address at the company's own domain",
    "not_filler": "choose a real value for {0}",
    "known_stage": "set {0} to a value of the stage map, or have the value added to it",
    "not_future": "give {0} a time that is not in the future",
}
_OTHER_REPAIRS = {
    "merge_cycle": "undo one of the merges, so that one of the records survives",
    "regressed": "fill again what was emptied",
}


def write(con: duckdb.DuckDBPyConnection, folder: Path) -> list[Path]:
    """Writes `<source>.csv` for every source of leads, each put in place by one rename. Returns the files.

    Of each record that waits, its newest delivered version is explained. A source without such records gets a file that
    holds only the header.
    """
    folder.mkdir(parents=True, exist_ok=True)
    repairs = _repairs(con)
    waiting: dict[str, list[list[str]]] = {
        source: [] for (source,) in con.execute("select distinct source_system from quality.gate_delivery").fetchall()
    }
    for source, *row in con.execute(_WAITING).fetchall():
        native_id, name, rule, detail, file, line, seen = row
        repair = repairs.get(rule.lower(), "repair what is named")
        waiting.setdefault(source, []).append(
            [harmless(str(value or "")) for value in (native_id, name, rule, detail, repair, file, line, seen)]
        )
    for stale in folder.glob("*.csv"):
        if stale.stem not in waiting:
            stale.unlink()
    return [_write(folder / f"{source}.csv", rows) for source, rows in sorted(waiting.items())]


_WAITING = """
    select
        quarantine.source_system,
        quarantine.native_id,
        quarantine.object,
        quarantine.rule,
        quarantine.detail,
        quarantine.source_file,
        quarantine.line,
        strftime(quarantine.first_seen_at, '%Y-%m-%d %H:%M:%S')
    from quality.quarantine
    left join quality.lead_admission using (source_system, object, native_id)
    where
        quarantine.released_at is null
        and not coalesce(lead_admission.is_gone, false)
        -- what the newest version lacks: earlier tries are history
        and (
            quarantine.native_id is null
            or quarantine.rule = 'merge_cycle'
            or lead_admission.newest_failed_rules <> ''
        )
    qualify
        quarantine.native_id is null
        or rank() over (
            partition by quarantine.source_system, quarantine.object, quarantine.native_id
            order by quarantine.version_at desc nulls last, quarantine.source_file desc, quarantine.line desc
        ) = 1
    order by quarantine.source_system, quarantine.object, quarantine.native_id, quarantine.rule, 6, 7
"""


def _repairs(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """How to repair a record that fails a rule, by its name in lower case: any of its alternatives."""
    ways: dict[str, list[str]] = {}
    for rule, fields, test in con.execute(
        """
        select distinct lower(trim(rule, $1)), fields, lower(trim(test, $1))
        from definitions.completeness, control.run
        where
            cast(trim(valid_from, $1) as date) <= run.as_of
            and coalesce(cast(nullif(trim(valid_to, $1), '') as date), date '9999-12-31') > run.as_of
        order by all
        """,
        [BLANKS],
    ).fetchall():
        for name in fields.split("|"):
            ways.setdefault(rule, []).append(_REPAIRS[test].format(name.strip()))
    return {**{rule: ", or ".join(listed) for rule, listed in ways.items()}, **_OTHER_REPAIRS}


def _write(path: Path, rows: list[list[str]]) -> Path:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    write_whole(path, text.getvalue())
    return path
