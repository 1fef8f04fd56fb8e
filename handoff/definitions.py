"""The shared vocabulary: read a folder of definitions, refuse one that contradicts itself, say what was in force when.

The files and their columns are the contract of docs/definitions.md. Not here: applying the definitions to records
(`expectations` for completeness, dbt for everything else) and comparing two folders (`handoff.definitions_diff`).
"""

import csv
import hashlib
import math
import re
import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import duckdb

from handoff.errors import HandoffError
from handoff.settings import DBT_PROJECT, Settings
from handoff.sql import BLANKS

COLUMNS: dict[str, tuple[str, ...]] = {
    "versions": ("version", "valid_from", "agreed_by_marketing", "agreed_by_sales", "note"),
    "settings": ("setting", "value", "valid_from", "valid_to"),
    "icp": ("dimension", "operator", "value", "effect", "points", "valid_from", "valid_to"),
    "stage_criteria": ("stage", "rule", "side", "field", "operator", "value", "valid_from", "valid_to"),
    "stage_map": ("source_system", "object", "crm_value", "stage"),
    "rejection_reasons": ("reason", "label", "crm_value"),
    "completeness": ("rule", "question", "fields", "test", "valid_from", "valid_to"),
    "fillers": ("value",),
    "free_email_domains": ("domain",),
    "lead_sources": ("crm_value", "lead_source", "is_marketing"),
    "channels": ("priority", "field", "operator", "value", "channel", "is_marketing"),
    "attribution_models": (
        "model",
        "kind",
        "first",
        "lead_created",
        "opportunity_created",
        "last",
        "others",
        "exclude_channels",
    ),
    "business_hours": ("weekday", "opens", "closes"),
    "holidays": ("date", "name"),
    "teams": ("team", "side"),
    "marketing_costs": ("month", "channel", "campaign", "cost"),
    "targets": ("month", "metric", "value"),
    "exchange_rates": ("rate_date", "currency", "rate"),
    "sales_costs": ("month", "cost"),
}

SETTINGS = {
    "reporting_timezone": "UTC",
    "reporting_currency": "USD",
    "sla_hours": "24",
    "sla_clock": "clock",
    "attribution_lookback_days": "90",
    "time_decay_half_life_days": "7",
    "maturity_days": "90",
    "incomplete_batch_limit": "0.20",
    "fiscal_year_start_month": "1",
    "system_priority": "salesforce|hubspot|marketo",
    "handoff_score_threshold": "50",
    "scorecard_version": "rules",
    "scoring_horizon_days": "180",
    "scoring_minimum_wins": "150",
}

LEAD_FIELDS = (
    *("native_id", "first_name", "last_name", "email", "phone", "mobile_phone", "job_title", "company", "website"),
    *("industry", "employee_count", "annual_revenue", "country", "technology", "growth_stage", "trigger_event"),
    *("lead_source", "campaign_id", "status", "rejection_reason", "owner_id", "created_at", "updated_at", "mql_at"),
    *("converted_at", "converted_contact_id", "converted_account_id", "converted_opportunity_id", "is_deleted"),
    "merged_into_id",
)
COUNTERS = (
    *("touches_30d", "touches_90d", "page_views_30d", "form_submissions", "event_attendances"),
    *("pricing_page_views_30d", "responded_campaigns", "sales_conversations"),
)
CRITERIA_FIELDS = (
    *(*LEAD_FIELDS, "score", "icp_fit", *COUNTERS),
    *("has_budget", "has_timeline", "has_authority", "has_need"),
)
# Each rule is a bit of a signed 64-bit integer.
MOST_RULES = 62
BOOLEAN_FIELDS = {"icp_fit", "has_budget", "has_timeline", "has_authority", "has_need", "is_deleted"}
TIME_FIELDS = {"created_at", "updated_at", "mql_at", "converted_at"}
NUMBER_DIMENSIONS = {"employee_count", "annual_revenue"}
NUMBER_FIELDS = {*NUMBER_DIMENSIONS, "score", *COUNTERS}
DIMENSIONS = (
    *sorted(NUMBER_DIMENSIONS),
    "industry",
    "country",
    "technology",
    "growth_stage",
    "persona",
    "trigger_event",
)
STAGES = {
    "lead": (
        *("captured", "mql", "handed_off", "contacted", "accepted", "sql", "sales_ready", "rejected", "recycled"),
        "opportunity",
    ),
    "opportunity": ("open", "qualified", "won", "lost"),
    "opportunity_type": ("new_business", "expansion", "renewal"),
}
TESTS = ("present", "email", "business_email", "not_filler", "known_stage", "not_future")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NO_CHANNEL = ("unassigned", "unattributed")

BEGINNING = datetime(1, 1, 1)  # noqa: DTZ001 all times are UTC without a zone
END = datetime(9999, 12, 31)  # noqa: DTZ001


@dataclass(frozen=True)
class Row:
    """A row of a definitions file and the line it starts on."""

    file: str
    line: int
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]


@dataclass(frozen=True)
class Problem:
    """Why a folder is refused: one finding."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file} line {self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


@dataclass(frozen=True)
class Version:
    name: str
    valid_from: date


@dataclass(frozen=True)
class Definitions:
    """A folder of definitions that was read and found sound."""

    folder: Path
    files: dict[str, tuple[Row, ...]]

    @cached_property
    def sha256(self) -> str:
        """Hash of what the files say: line endings, a byte order mark and the order of columns do not count."""
        return _hash(self.files)

    @cached_property
    def gate_sha256(self) -> str:
        """Hash of the files that decide whether a lead record is complete."""
        return _hash(
            {
                "versions": tuple(Row("", 0, {"valid_from": row["valid_from"]}) for row in self.files["versions"]),
                "stage_map": tuple(row for row in self.files["stage_map"] if row["object"].lower() == "lead"),
                "completeness": self.completeness,
                **{name: self.files[name] for name in ("fillers", "free_email_domains")},
            }
        )

    @cached_property
    def completeness(self) -> tuple[Row, ...]:
        """The completeness rows. A rule in several spellings has the one in small letters, where there is one."""
        names: dict[str, str] = {}
        for row in self.files["completeness"]:
            names[row["rule"].lower()] = max(names.get(row["rule"].lower(), ""), row["rule"])
        return tuple(
            replace(row, values={**row.values, "rule": names[row["rule"].lower()]})
            for row in self.files["completeness"]
        )

    @cached_property
    def versions(self) -> tuple[Version, ...]:
        """The versions, oldest first."""
        listed = (Version(row["version"], date.fromisoformat(row["valid_from"])) for row in self.files["versions"])
        return tuple(sorted(listed, key=lambda version: version.valid_from))

    def period(self, row: Row) -> tuple[datetime, datetime]:
        """From when (inclusive) until when (exclusive) a dated row judges."""
        starts = date.fromisoformat(row["valid_from"])
        first = not self.versions or starts <= self.versions[0].valid_from
        ends = row["valid_to"]
        return BEGINNING if first else _midnight(starts), _midnight(date.fromisoformat(ends)) if ends else END

    def rows_at(self, file: str, moment: datetime) -> tuple[Row, ...]:
        """The rows of a dated file in force at a moment."""
        periods = ((row, self.period(row)) for row in self.files[file])
        return tuple(row for row, (starts, ends) in periods if starts <= moment < ends)

    def setting_at(self, setting: str, moment: datetime) -> str:
        """A setting's value at a moment, the default where it has no rows."""
        return next(
            (row["value"] for row in self.rows_at("settings", moment) if row["setting"] == setting), SETTINGS[setting]
        )

    def day_of(self, moment: datetime) -> date:
        """The day of a moment (UTC) in the reporting time zone that is in force then."""
        zone = zoneinfo.ZoneInfo(self.setting_at("reporting_timezone", moment))
        return moment.replace(tzinfo=UTC).astimezone(zone).date()


def link_seeds(settings: Settings) -> bool:
    """Links definitions of the user's own to where dbt looks for seeds; whether they were not linked before."""
    link = DBT_PROJECT / settings.seed_path
    if link.exists():
        return False
    link.unlink(missing_ok=True)
    link.symlink_to(settings.definitions, target_is_directory=True)
    return True


def load(folder: Path, engine: str = "duckdb") -> Definitions:
    """Reads and checks a folder, for the engine that will run the models.

    Raises:
        HandoffError: the folder cannot be used; the message lists file, line and reason of each finding.
    """
    definitions, problems = examine(folder, engine)
    if problems or definitions is None:
        shown = "; ".join(str(problem) for problem in problems[:10])
        more = f"; and {len(problems) - 10} more" if len(problems) > 10 else ""
        raise HandoffError(
            "The definitions cannot be used.",
            where=str(folder),
            why=shown + more,
            remedy="Correct the files and try them with: .venv/bin/handoff definitions check " + str(folder),
        )
    return definitions


def examine(folder: Path, engine: str = "duckdb") -> tuple[Definitions | None, list[Problem]]:
    """The definitions of a folder and everything wrong with them, in file order."""
    if not folder.is_dir():
        return None, [Problem(str(folder), 0, "is not a folder")]
    problems: list[Problem] = []
    files: dict[str, tuple[Row, ...]] = {}
    for name in COLUMNS:
        files[name] = tuple(_read(folder, name, problems))
    for stray in sorted(
        path.name for path in folder.rglob("*.csv") if path.parent != folder or path.stem not in COLUMNS
    ):
        problems.append(Problem(stray, 0, "is no file of the definitions"))
    if problems:
        return None, problems
    definitions = Definitions(folder, files)
    with duckdb.connect() as con:
        problems = list(_Check(definitions, con, engine).problems())
    order = list(COLUMNS)
    problems.sort(key=lambda problem: (order.index(problem.file.removesuffix(".csv")), problem.line))
    return definitions, problems


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _hash(files: dict[str, tuple[Row, ...]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        for row in files[name]:
            digest.update(repr((name, sorted(row.values.items()))).encode())
    return digest.hexdigest()


def _read(folder: Path, name: str, problems: list[Problem]) -> Iterator[Row]:
    file, path = f"{name}.csv", folder / f"{name}.csv"
    if not path.is_file():
        problems.append(Problem(file, 0, "is missing"))
        return
    try:
        delivered = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.append(Problem(file, 0, f"is not UTF-8 ({error.reason} at byte {error.start})"))
        return
    if line := _other_line_end(delivered):
        problems.append(
            Problem(file, line, "ends otherwise than the lines above: save the file with one kind of line end")
        )
    text = delivered.replace("\r\n", "\n").replace("\r", "\n")
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = next(reader, [])
        wanted = COLUMNS[name]
        for column in wanted:
            if column not in header:
                problems.append(Problem(file, 1, f"the column {column} is missing"))
        for column in header:
            if column not in wanted:
                problems.append(Problem(file, 1, f"the column {column!r} is unknown"))
        if len(set(header)) != len(header):
            problems.append(Problem(file, 1, "a column stands twice"))
        if sorted(header) != sorted(wanted):
            return
        line = reader.line_num + 1
        for cells in reader:
            if cells and len(cells) != len(header):
                problems.append(Problem(file, line, f"has {len(cells)} values, the header has {len(header)}"))
            elif cells:
                yield Row(file, line, {column: cell.strip(BLANKS) for column, cell in zip(header, cells, strict=True)})
            line = reader.line_num + 1
    except csv.Error as error:
        problems.append(Problem(file, reader.line_num, f"is not CSV: {error}"))


def _other_line_end(text: str) -> int:
    """The first line that ends in LF where the lines above end in CRLF, or the other way round; 0 without one."""
    first, is_quoted = None, False
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        is_quoted ^= line.count('"') % 2 == 1
        if not is_quoted:
            first = line.endswith("\r") if first is None else first
            if line.endswith("\r") != first:
                return number
    return 0


def _number(text: str) -> float | None:
    number = float(text) if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", text) else math.inf
    return number if math.isfinite(number) else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        return None


def _minute(text: str) -> int | None:
    found = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", text)
    return None if not found else 1440 if text == "24:00" else int(found[1]) * 60 + int(found[2])


def _is_boolean(text: str) -> bool:
    return text.lower() in ("true", "false")


def _between(lowest: float, highest: float, *, above: bool = False) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        number = _number(text)
        return number is not None and lowest <= number <= highest and not (above and number == lowest)

    return holds


def _whole(lowest: int, highest: int) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        return bool(re.fullmatch("[0-9]+", text)) and lowest <= int(text) <= highest

    return holds


# of a regular expression: texts that are quoted, what Java knows otherwise (names of groups, U, scripts, …), sets
_PARTS_OF_REGEX = re.compile(
    r"\\Q.*?(?:\\E|$)|(?P<java>\(\?P|\(\?[a-z-]*U|\{,|\\[0-9BCv]|\\[pP]\{(?![A-Z][a-z]?\})[^}]*\}|[İı])"
    r"|\\.|\[\^?(?P<inside>\]?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*)\]",
    re.DOTALL,
)

# what a setting's value must be, and how to say it; the bounds are far from any use, and within what models compute
_SETTING_TESTS: dict[str, tuple[Callable[[str], bool], str]] = {
    "reporting_timezone": (
        lambda text: text in zoneinfo.available_timezones(),
        "an IANA time zone such as Europe/Berlin",
    ),
    "reporting_currency": (lambda text: bool(re.fullmatch("[A-Z]{3}", text)), "a currency of three capital letters"),
    "sla_hours": (_between(0, 1_000_000, above=True), "a positive number of hours, at most 1000000"),
    "sla_clock": (lambda text: text.lower() in ("clock", "business"), "clock or business"),
    "attribution_lookback_days": (_between(0, 1_000_000), "a number of days, from 0 to 1000000"),
    "time_decay_half_life_days": (_between(0, 1_000_000, above=True), "a positive number of days, at most 1000000"),
    "maturity_days": (_whole(0, 1_000_000), "a whole number of days, at most 1000000"),
    "incomplete_batch_limit": (_between(0, 1), "a share between 0 and 1"),
    "fiscal_year_start_month": (lambda text: bool(re.fullmatch(r"0?[1-9]|1[0-2]", text)), "a month from 1 to 12"),
    "system_priority": (
        lambda text: all(re.fullmatch(r"[a-z][a-z0-9_]*", part) for part in text.split("|")),
        "a list of source names separated by |",
    ),
    "handoff_score_threshold": (_between(0, 100), "a score between 0 and 100"),
    "scorecard_version": (
        lambda text: bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", text)),
        "rules or the version of a scorecard",
    ),
    "scoring_horizon_days": (_whole(1, 20_000), "a whole number of days, from 1 to 20000"),
    "scoring_minimum_wins": (_whole(1, 1_000_000), "a whole number, from 1 to 1000000"),
}


class _Check:
    """Everything that can be wrong with files whose columns are right."""

    def __init__(self, definitions: Definitions, con: duckdb.DuckDBPyConnection, engine: str) -> None:
        self.files = definitions.files
        self.con = con
        self.engine = engine
        self.version_days = {day for row in self.files["versions"] if (day := _day(row["valid_from"]))}
        self.channels = {row["channel"].lower() for row in self.files["channels"]} | {*NO_CHANNEL, "direct"}

    def problems(self) -> Iterator[Problem]:
        for name in COLUMNS:
            for row in self.files[name]:
                for reason in getattr(self, f"_{name}")(row):
                    yield Problem(row.file, row.line, reason)
        yield from self._dates()
        yield from self._repeats()
        yield from self._contradictions()

    # each row by itself

    def _versions(self, row: Row) -> Iterator[str]:
        if not row["version"]:
            yield "the version has no name"
        if not _day(row["valid_from"]):
            yield f"valid_from {row['valid_from']!r} is no date (YYYY-MM-DD)"
        for side in ("marketing", "sales"):
            if not row[f"agreed_by_{side}"]:
                yield f"version {row['version']} is not signed by {side}"

    def _settings(self, row: Row) -> Iterator[str]:
        if row["setting"] not in SETTINGS:
            yield f"the setting {row['setting']!r} is unknown"
        else:
            is_sound, kind = _SETTING_TESTS[row["setting"]]
            if not is_sound(row["value"]):
                yield f"{row['setting']} is {row['value']!r}, not {kind}"
            elif row["setting"] == "reporting_timezone" and not self._is_zone(row["value"]):
                yield f"{row['setting']} is {row['value']!r}, which the models do not know: name {kind}"

    def _is_zone(self, name: str) -> bool:
        return bool(self.con.execute("select 1 from pg_timezone_names() where name = ?", [name]).fetchall())

    def _icp(self, row: Row) -> Iterator[str]:
        yield from _one_of("dimension", row["dimension"], DIMENSIONS)
        yield from _one_of("effect", row["effect"], ("require", "prefer", "disqualify"))
        yield from _one_of("operator", row["operator"], ("between", "in", "not_in", "contains", "regex"))
        if row["points"] and _number(row["points"]) is None:
            yield f"points {row['points']!r} is no number"
        is_number = row["dimension"].lower() in NUMBER_DIMENSIONS
        if row["operator"].lower() == "between" and not is_number:
            yield f"between needs a number, {row['dimension']} is a text"
        if row["operator"].lower() in ("contains", "regex") and is_number:
            yield f"{row['operator']} needs a text, {row['dimension']} is a number"
        yield from self._operand(row, row["dimension"].lower())

    def _stage_criteria(self, row: Row) -> Iterator[str]:
        yield from _one_of("stage", row["stage"], ("mql", "sql", "sales_ready"))
        yield from _one_of("side", row["side"], ("engagement", "fit", "sales"))
        yield from _one_of("field", row["field"], CRITERIA_FIELDS)
        yield from _one_of("operator", row["operator"], (">=", "<=", "=", "in", "between", "is"))
        if not row["rule"]:
            yield "the rule has no name"
        field, operator = row["field"].lower(), row["operator"].lower()
        if field in BOOLEAN_FIELDS and operator in (">=", "<=", "between"):
            yield f"{operator} needs a number, {field} is true or false"
        else:
            yield from self._operand(row, field)

    def _operand(self, row: Row, field: str) -> Iterator[str]:
        operator, value = row["operator"].lower(), row["value"]
        if operator == "regex":
            yield from self._regex(value)
        elif flaw := _flaw_of_operand(operator, value):
            yield flaw
        else:
            yield from self._kind(field, operator, value)

    def _kind(self, field: str, operator: str, value: str) -> Iterator[str]:
        """What no value of the field's kind can meet. A text may be anything; an empty part of a list is no value."""
        is_one = operator in ("is", "=", ">=", "<=")
        parts = [part for each in ([value] if is_one else value.split("|")) if (part := each.strip())]
        if field in NUMBER_FIELDS:
            # a list, and `is`, compare a number as it is written but for zeros behind the point
            written = r"-?(0|[1-9][0-9]*)(\.[0-9]*)?" if operator in ("is", "in", "not_in") else ".*"
            fits = bool(parts) and all(_number(part) is not None and re.fullmatch(written, part) for part in parts)
            meant = "a number such as 250"
        elif field in TIME_FIELDS:
            fits, meant = all(_day(part[:10]) for part in parts), "a date (YYYY-MM-DD)"
        elif field in BOOLEAN_FIELDS:
            fits, meant = all(_is_boolean(part) for part in parts), "true or false"
        else:
            fits = operator != "between" or len({_day(part) is None for part in parts}) == 1
            meant = "two numbers or two dates"
        if not fits:
            yield f"{field} {operator} {value!r}: {meant} is meant"

    def _regex(self, pattern: str) -> Iterator[str]:
        try:
            self.con.execute("select regexp_full_match('', ?, 'is')", [pattern])
        except duckdb.Error as error:
            yield f"the regular expression {pattern!r} is not RE2: {str(error).splitlines()[0]}"
        for part in _PARTS_OF_REGEX.finditer(pattern) if self.engine == "spark" else ():
            if part["java"] or re.search(r"(?<!\\)\[|&&|[İı]", part["inside"] or ""):
                yield f"Spark reads {part[0]} in the regular expression {pattern!r} otherwise than RE2 does"

    def _stage_map(self, row: Row) -> Iterator[str]:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", row["source_system"].lower()):
            yield f"the source system {row['source_system']!r} is no source name"
        if not row["crm_value"]:
            yield "the CRM value is empty"
        yield from _one_of("object", row["object"], tuple(STAGES))
        if row["object"].lower() in STAGES:
            yield from _one_of(f"{row['object']} stage", row["stage"], STAGES[row["object"].lower()])

    def _rejection_reasons(self, row: Row) -> Iterator[str]:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", row["reason"]):
            yield f"the reason {row['reason']!r} is no name of lower-case letters"
        if row["reason"] in ("unmapped", "missing"):
            yield f"{row['reason']} is what Handoff calls a text without a reason"

    def _completeness(self, row: Row) -> Iterator[str]:
        if not row["rule"]:
            yield "the rule has no name"
        if row["rule"].lower() in ("all", "merge_cycle", "regressed") or "|" in row["rule"]:
            yield f"the rule cannot be called {row['rule']}"
        for field in row["fields"].split("|"):
            yield from _one_of("field", field.strip(), LEAD_FIELDS)
            is_time, test = field.strip().lower() in TIME_FIELDS, row["test"].lower()
            if test == "not_future" and not is_time:
                yield f"not_future needs a time, {field.strip()} is none"
            if is_time and test in TESTS and test not in ("present", "not_future"):
                yield f"{test} needs a text, {field.strip()} is a time"
        yield from _one_of("test", row["test"], TESTS)

    def _fillers(self, row: Row) -> Iterator[str]:
        if not row["value"]:
            yield "the value is empty: an empty field is no filler"

    def _free_email_domains(self, row: Row) -> Iterator[str]:
        if not re.fullmatch(r"([a-z0-9-]+\.)+[a-z0-9-]+", row["domain"].lower()):
            yield f"{row['domain']!r} is no domain"

    def _lead_sources(self, row: Row) -> Iterator[str]:
        if not row["crm_value"] or not row["lead_source"]:
            yield "crm_value and lead_source must both be given"
        if not _is_boolean(row["is_marketing"]):
            yield f"is_marketing {row['is_marketing']!r} is not true or false"

    def _channels(self, row: Row) -> Iterator[str]:
        if not _whole(0, 2**31 - 1)(row["priority"]):
            yield f"the priority {row['priority']!r} is no whole number from 0 to {2**31 - 1}"
        yield from _one_of("field", row["field"], ("source", "medium", "campaign", "touch_type", "click_id"))
        yield from _one_of("operator", row["operator"], ("is", "in", "regex"))
        if row["operator"].lower() == "regex":
            yield from self._regex(row["value"])
        if not row["channel"]:
            yield "the channel has no name"
        if not _is_boolean(row["is_marketing"]):
            yield f"is_marketing {row['is_marketing']!r} is not true or false"
        elif row["channel"].lower() in NO_CHANNEL and row["is_marketing"].lower() == "true":
            yield f"the channel {row['channel']} is never marketing"

    def _attribution_models(self, row: Row) -> Iterator[str]:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", row["model"]):
            yield f"the model {row['model']!r} is no name of lower-case letters"
        yield from _one_of("kind", row["kind"], ("position", "decay", "markov", "shapley"))
        weights = {name: row[name] for name in ("first", "lead_created", "opportunity_created", "last", "others")}
        for name, text in weights.items():
            if text and ((number := _number(text)) is None or number < 0):
                yield f"the weight {name} is {text!r}, not a number of 0 or more"
        if row["kind"].lower() == "position" and not any(_number(text) for text in weights.values()):
            yield f"the weights of {row['model']} add up to nothing"
        for channel in row["exclude_channels"].split("|") if row["exclude_channels"] else ():
            if channel.strip().lower() not in self.channels:
                yield f"the channel {channel.strip()!r} is not in channels.csv"

    def _business_hours(self, row: Row) -> Iterator[str]:
        yield from _one_of("weekday", row["weekday"], WEEKDAYS)
        opens, closes = _minute(row["opens"]), _minute(row["closes"])
        if opens is None or closes is None:
            yield f"{row['opens']!r} to {row['closes']!r}: times are written HH:MM"
        elif opens >= closes:
            yield f"closes at {row['closes']}, not after it opens at {row['opens']}"

    def _holidays(self, row: Row) -> Iterator[str]:
        if not _day(row["date"]):
            yield f"{row['date']!r} is no date (YYYY-MM-DD)"

    def _teams(self, row: Row) -> Iterator[str]:
        if not row["team"]:
            yield "the team has no name"
        yield from _one_of("side", row["side"], ("marketing", "sales", "system"))

    def _marketing_costs(self, row: Row) -> Iterator[str]:
        yield from _month(row["month"])
        if not row["channel"]:
            yield "the channel has no name"
        yield from _amount("cost", row["cost"], 12)

    def _targets(self, row: Row) -> Iterator[str]:
        yield from _month(row["month"])
        if not row["metric"]:
            yield "the metric has no name"
        number = _number(row["value"])
        if number is None or number < 0:
            yield f"the value {row['value']!r} is no target: a number, at least 0"

    def _exchange_rates(self, row: Row) -> Iterator[str]:
        if not _day(row["rate_date"]):
            yield f"{row['rate_date']!r} is no date (YYYY-MM-DD)"
        if not re.fullmatch("[A-Z]{3}", row["currency"].upper()):
            yield f"the currency {row['currency']!r} has not three letters"
        if not _between(1e-9, 1e9)(row["rate"]):
            yield f"the rate {row['rate']!r} is no number from 0.000000001 to 1000000000"

    def _sales_costs(self, row: Row) -> Iterator[str]:
        yield from _month(row["month"])
        yield from _amount("cost", row["cost"], 15)

    # rows against each other

    def _lowered(self, text: str) -> str:
        """As the models lower it: İ and a Σ at the end of a word are other letters to Python."""
        if text.isascii():
            return text.lower()
        (lowered,) = self.con.execute("select lower(?)", [text]).fetchall()[0]
        return str(lowered)

    def _dates(self) -> Iterator[Problem]:
        for name in ("settings", "icp", "stage_criteria", "completeness"):
            for row in self.files[name]:
                for column in ("valid_from", "valid_to"):
                    text = row[column]
                    if column == "valid_to" and not text:
                        continue
                    if not (day := _day(text)):
                        yield Problem(row.file, row.line, f"{column} {text!r} is no date (YYYY-MM-DD)")
                    elif day not in self.version_days:
                        yield Problem(row.file, row.line, f"{column} {text} is no version's valid_from")
                if (starts := _day(row["valid_from"])) and (ends := _day(row["valid_to"])) and ends <= starts:
                    yield Problem(row.file, row.line, f"valid_to {ends} is not after valid_from {starts}")
        yield from self._overlaps("settings", ("setting",))
        yield from self._overlaps("icp", ("dimension", "operator", "value", "effect"))
        yield from self._overlaps("icp", ("dimension", "operator", "value"), only=("require", "disqualify"))
        yield from self._overlaps("stage_criteria", ("stage", "rule", "field", "operator", "value"))
        yield from self._overlaps("completeness", ("rule", "fields", "test"))
        yield from self._gaps()

    def _spans(
        self, name: str, key: tuple[str, ...], only: tuple[str, ...] = ()
    ) -> dict[tuple[str, ...], list[tuple[date, date, Row]]]:
        spans: dict[tuple[str, ...], list[tuple[date, date, Row]]] = {}
        for row in self.files[name]:
            if only and row["effect"].lower() not in only:
                continue
            starts, ends = _day(row["valid_from"]), _day(row["valid_to"]) or (None if row["valid_to"] else date.max)
            if starts and ends:
                spans.setdefault(tuple(row[column].lower() for column in key), []).append((starts, ends, row))
        for listed in spans.values():
            listed.sort(key=lambda span: span[:2])
        return spans

    def _overlaps(self, name: str, key: tuple[str, ...], only: tuple[str, ...] = ()) -> Iterator[Problem]:
        for of, spans in self._spans(name, key, only).items():
            for (_, ends, earlier), (starts, _, row) in pairwise(spans):
                is_told_already = bool(only) and row["effect"].lower() == earlier["effect"].lower()
                if starts < ends and not is_told_already:
                    reason = f"{' '.join(of)} overlaps line {earlier.line}: both are in force on {starts}"
                    yield Problem(row.file, row.line, reason)

    def _gaps(self) -> Iterator[Problem]:
        first = min(self.version_days, default=date.max)
        for (setting,), spans in self._spans("settings", ("setting",)).items():
            if spans[0][0] > first:
                yield Problem("settings.csv", spans[0][2].line, f"{setting} has no value from {first} to {spans[0][0]}")
            for (_, ends, _), (starts, _, row) in pairwise(spans):
                if starts > ends:
                    yield Problem("settings.csv", row.line, f"{setting} has no value from {ends} to {starts}")
            if spans[-1][1] != date.max:
                yield Problem("settings.csv", spans[-1][2].line, f"{setting} has no value from {spans[-1][1]} on")

    def _repeats(self) -> Iterator[Problem]:
        keys: tuple[tuple[str, tuple[str, ...]], ...] = (
            ("versions", ("version",)),
            ("versions", ("valid_from",)),
            ("stage_map", ("source_system", "object", "crm_value")),
            ("rejection_reasons", ("crm_value",)),
            ("lead_sources", ("crm_value",)),
            ("attribution_models", ("model",)),
            ("holidays", ("date",)),
            ("teams", ("team",)),
            ("targets", ("month", "metric")),
            ("exchange_rates", ("rate_date", "currency")),
            ("sales_costs", ("month",)),
        )
        for name, key in keys:
            seen: dict[tuple[str, ...], Row] = {}
            for row in self.files[name]:
                of = tuple(self._lowered(row[column]) for column in key)
                if name == "rejection_reasons" and not row["crm_value"]:
                    of = (row["reason"], "")
                if of in seen:
                    yield Problem(row.file, row.line, f"{' '.join(of)} stands on line {seen[of].line} already")
                seen.setdefault(of, row)

    def _contradictions(self) -> Iterator[Problem]:
        rules: set[tuple[str, str]] = set()
        for row in self.files["stage_criteria"]:
            rules.add((row["stage"].lower(), row["rule"].lower()))
            if len(rules) > MOST_RULES:
                yield Problem(row.file, row.line, f"there are more than {MOST_RULES} rules of all stages and versions")
                break
        yield from self._disagreements("channels", "priority", ("channel", "is_marketing"), _as_priority)
        yield from self._disagreements("channels", "channel", ("is_marketing",), self._lowered)
        by_day: dict[str, list[tuple[int, int, Row]]] = {}
        for row in self.files["business_hours"]:
            opens, closes = _minute(row["opens"]), _minute(row["closes"])
            if opens is not None and closes is not None:
                by_day.setdefault(row["weekday"].lower(), []).append((opens, closes, row))
        for weekday, openings in by_day.items():
            openings.sort(key=lambda opening: opening[:2])
            for (_, closes, earlier), (opens, _, row) in pairwise(openings):
                if opens < closes:
                    yield Problem(row.file, row.line, f"{weekday} overlaps line {earlier.line}")

    def _disagreements(
        self, name: str, key: str, columns: Iterable[str], same: Callable[[str], str]
    ) -> Iterator[Problem]:
        for column in columns:
            said: dict[str, Row] = {}
            for row in self.files[name]:
                first = said.setdefault(same(row[key]), row)
                if row[column].lower() != first[column].lower():
                    reason = (
                        f"{key} {row[key]} has {column} {row[column]!r} here and {first[column]!r} on line {first.line}"
                    )
                    yield Problem(row.file, row.line, reason)


def _one_of(kind: str, text: str, known: tuple[str, ...]) -> Iterator[str]:
    if text.lower() not in known:
        yield f"the {kind} {text!r} is unknown; known: {', '.join(known)}"


def _bound(text: str) -> float | None:
    number = _number(text)
    return number if number is not None else (day - date.min) / timedelta(days=1) if (day := _day(text)) else None


def _flaw_of_operand(operator: str, value: str) -> str | None:
    """What no field could be compared with."""
    if operator == "between":
        bounds = [_bound(part.strip()) for part in value.split("|")]
        if len(bounds) != 2 or None in bounds:
            return f"between needs two bounds separated by |, such as 50|5000, not {value!r}"
        is_reversed = bounds[0] > bounds[1]  # type: ignore[operator] # None was refused above
        return f"the lower bound of {value!r} is above the upper one" if is_reversed else None
    if operator in (">=", "<="):
        return f"{operator} needs a number or a date, not {value!r}" if _bound(value) is None else None
    if not value:
        return "the value is empty"
    if operator == "contains" and not all(part.strip() for part in value.split("|")):
        return f"{value!r} has an empty part, which every text contains"
    return None


def _as_priority(text: str) -> str:
    """`010` and `10` are one."""
    return text.lstrip("0")


def _month(text: str) -> Iterator[str]:
    if not (day := _day(text)) or day.day != 1:
        yield f"the month {text!r} is not written as its first day (YYYY-MM-01)"


def _amount(kind: str, text: str, digits: int) -> Iterator[str]:
    """Of at most so many digits before the point, as the models' columns have."""
    highest = 10**digits - 1
    if not _between(0, highest)(text):
        yield f"the {kind} {text!r} is no amount: a number from 0 to {highest}, with a decimal point if any"
