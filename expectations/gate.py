"""The gate at entry: judges delivered lead records, admits or holds them, keeps the story of each held one.

`run_gate` is one step of the night, after loading and before dbt. It judges what was not judged before and what could
be judged differently today, and then derives its tables from the verdicts alone, so that they do not depend on the
order of arrival. The rules themselves are in `expectations.completeness`, the tables in `expectations.records`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import duckdb

from expectations import records
from handoff.definitions import BEGINNING, Definitions, Row
from handoff.errors import HandoffError
from handoff.settings import Settings
from handoff.warehouse import private_files, transaction

if TYPE_CHECKING:
    import pandas as pd

    from expectations.completeness import Judge
    from expectations.docs import Tally

CHUNK_ROWS = 100_000
# A created time may be this much later than the version that carries it: some systems write one as a day, or round.
CLOCK_SLACK = timedelta(days=1)


@dataclass(frozen=True)
class Stopped:
    """A delivery of a batch that was too bad."""

    delivery_id: str
    source_system: str
    object: str
    source_file: str
    share: float
    limit: float

    def __str__(self) -> str:
        return (
            f"{self.source_system}/{self.object}/{self.source_file} (delivery {self.delivery_id}): "
            f"{self.share:.1%} of the source's new lead rows are incomplete, the agreed limit is {self.limit:.1%}"
        )


@dataclass
class GateReport:
    """What one night's gate did. Rows are delivered versions of lead records."""

    judged: int = 0
    held: int = 0
    released: int = 0
    still_held: int = 0
    held_by_rule: dict[str, int] = field(default_factory=dict)
    incomplete_shares: dict[str, float] = field(default_factory=dict)
    stopped: list[Stopped] = field(default_factory=list)
    carried: list[Stopped] = field(default_factory=list)
    data_docs: str = ""


def run_gate(settings: Settings, con: duckdb.DuckDBPyConnection, definitions: Definitions) -> GateReport:
    """Judges the lead records in `raw` and writes the tables of the gate, all in one transaction."""
    tables = records.lead_tables(con)
    report = GateReport()
    with private_files(), transaction(con):
        records.create_tables(con)
        tally = _judge(con, definitions, settings.now, tables, report)
        records.build_versions(con, tables)
        _stop_batches(con, tables, definitions, settings.now, report)
        _derive(con, settings.now, report)
    folder = settings.home / "data_docs"
    if tally is not None:
        from expectations import docs

        docs.write(tally, folder)
    report.data_docs = str(folder) if folder.is_dir() else ""
    return report


def accept(con: duckdb.DuckDBPyConnection, deliveries: list[str]) -> list[str]:
    """Lets stopped deliveries through from the next night on. Returns the files, named by delivery id or file name.

    Raises:
        HandoffError: a name is no stopped delivery's, or that of several; nothing is accepted then.
    """
    log = "select 1 from duckdb_tables() where schema_name = 'quality' and table_name = 'load_log'"
    named = (
        "select delivery_id, source_file, source_system || '/' || object || '/' || source_file from quality.load_log"
    )
    has_log = con.execute(log).fetchone() is not None
    stopped = con.execute(f"{named} where status = 'stopped' order by 3").fetchall() if has_log else []
    chosen = {name: [row for row in stopped if name in row] for name in deliveries}
    if unknown := [name for name, rows in chosen.items() if not rows]:
        raise HandoffError(
            "A delivery cannot be accepted.",
            where=", ".join(unknown),
            why="it is not stopped; stopped are " + (", ".join(f"{row[2]} ({row[0]})" for row in stopped) or "none"),
            remedy="Name a stopped delivery by its id or file",
        )
    if several := {name: rows for name, rows in chosen.items() if len(rows) > 1}:
        raise HandoffError(
            "A delivery cannot be accepted.",
            where=", ".join(several),
            why="several are stopped of that name: "
            + ", ".join(f"{row[2]} ({row[0]})" for rows in several.values() for row in rows),
            remedy="Name those that are meant by their ids",
        )
    accepted = {row[0]: row[2] for rows in chosen.values() for row in rows}
    con.executemany(
        "update quality.load_log set status = 'accepted' where delivery_id = ?", [[key] for key in accepted]
    )
    return sorted(accepted.values())


# Judging


@dataclass(frozen=True)
class _Period:
    """A span of time with the same completeness rules."""

    starts: datetime
    rows: tuple[Row, ...]


def _periods(definitions: Definitions, now: datetime) -> list[_Period]:
    spans = [(row, *definitions.period(row)) for row in definitions.completeness]
    edges = {BEGINNING} | {moment for _, *span in spans for moment in span}
    return [
        _Period(edge, tuple(row for row, starts, ends in spans if starts <= edge < ends))
        for edge in sorted(edges)
        if edge <= now
    ]


def _judge(
    con: duckdb.DuckDBPyConnection,
    definitions: Definitions,
    now: datetime,
    tables: list[records.LeadTable],
    report: GateReport,
) -> "Tally | None":
    """Judges new deliveries, and held ones again where rules or clock moved. Returns what the judges said."""
    periods = _periods(definitions, now)
    records.forget_stale_verdicts(con, tables, definitions.gate_sha256, now, [period.starts for period in periods])
    fields = sorted(
        {each.strip().lower() for row in definitions.files["completeness"] for each in row["fields"].split("|")}
    )
    tally: Tally | None = None
    for table in tables:
        if records.has_unjudged(con, table):
            # imported here: Great Expectations takes seconds, and a night without news needs no judge
            from expectations.completeness import Judge, Vocabulary
            from expectations.docs import Tally as NewTally

            tally = tally or NewTally(now)
            vocabulary = Vocabulary.of(definitions, table.source_system, partial(records.lowered, con))
            judges = [Judge(period.rows, vocabulary) for period in periods]
            for chunk in records.unjudged(con, table, fields, [period.starts for period in periods], now, CHUNK_ROWS):
                report.judged += len(chunk)
                for verdicts in _verdicts(chunk, judges, now, table, tally):
                    records.keep_verdicts(con, table, verdicts)
    records.mark_judged(con, tables, definitions.gate_sha256, now)
    return tally


def _verdicts(
    chunk: "pd.DataFrame",
    judges: "list[Judge]",
    now: datetime,
    table: records.LeadTable,
    tally: "Tally",
) -> "Iterator[pd.DataFrame]":
    """One row per incomplete record and failed rule, by the rules of the record's time."""
    import numpy as np
    import pandas as pd

    for number in sorted(chunk["period"].unique()):
        own = judges[number]
        frame = chunk[chunk["period"] == number].reset_index(drop=True)
        until = frame[records.JUDGED_UNTIL] + CLOCK_SLACK
        frame[records.JUDGED_UNTIL] = until.where(until < now, pd.Timestamp(now).as_unit(until.dt.unit))
        failed, said = own.failures(frame)
        tally.add(table.source_system, table.object, said)
        incomplete = np.logical_or.reduce([*failed.values(), np.zeros(len(frame), dtype=bool)])
        if not incomplete.any():
            continue
        held = frame[incomplete].reset_index(drop=True)
        failed = {rule: rows[incomplete] for rule, rows in failed.items()}
        # complete by the rules of a later time, or because the clock moved?
        later = np.zeros(len(held), dtype=bool)
        retry = held.assign(**{records.JUDGED_UNTIL: pd.Timestamp(now).as_unit(until.dt.unit)})
        clock_rules = {each.rule for each in own.alternatives if each.test == "not_future"}
        by_clock = [own] if any(failed[rule].any() for rule in clock_rules) else []
        for again in [*by_clock, *judges[number + 1 :]]:
            verdict, _ = again.failures(retry)
            later |= ~np.logical_or.reduce([*verdict.values(), np.zeros(len(held), dtype=bool)])
        times = [each.field for each in own.alternatives if each.test == "not_future"]
        waits = held[times].where(held[times] > pd.Timestamp(now)).max(axis=1)
        keys = held[["_delivery_id", "_line", "record_key"]].assign(is_complete_later=later, waits_until=waits)
        for rule, fails in failed.items():
            if fails.any():
                yield keys[fails].assign(rule=rule, detail=own.details(rule, held[fails]))


# Stopping


def _stop_batches(
    con: duckdb.DuckDBPyConnection,
    tables: list[records.LeadTable],
    definitions: Definitions,
    now: datetime,
    report: GateReport,
) -> None:
    limit = float(definitions.setting_at("incomplete_batch_limit", now))
    report.carried = [Stopped(*row, limit) for row in records.stopped_deliveries(con, is_raised=True)]
    for source_system, share, is_first_load in records.shares_of_new_batches(con, tables):
        report.incomplete_shares[source_system] = share
        if share > limit and not is_first_load:
            records.stop(con, source_system, share)
    report.stopped = [Stopped(*row, limit) for row in records.stopped_deliveries(con, is_raised=False)]


# Deriving


def _derive(con: duckdb.DuckDBPyConnection, now: datetime, report: GateReport) -> None:
    records.build_merge_cycles(con)
    records.build_admission(con)
    report.released = records.build_quarantine(con, now)
    records.update_load_log(con)
    report.held_by_rule = records.newly_held(con, now)
    report.held, report.still_held = records.held(con, now)
