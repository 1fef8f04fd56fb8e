"""From the headers of one file to the SQL that types its rows: which column is which field, how a text becomes a value.

Reading the bytes is `ingestion.readers`' business; this module sees headers and SQL expressions only.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from handoff.sql import BLANKS, folded, literal
from ingestion.entities import (
    BOOKKEEPING_COLUMNS,
    CUSTOM,
    KEY_FIELDS,
    LIMITS,
    REQUIRED_IN_EVERY_ROW,
    SQL_TYPES,
    FieldType,
)
from ingestion.mapping import EPOCHS, NUMERIC, FieldMapping, ObjectMapping, normalised
from ingestion.refusal import Refusal

# an address, or nothing but a telephone number
VALUE = re.compile(r"@|^[+ (]*(?:[0-9][ ()./-]*){7,}$")
MAX_COLUMNS = 2_000
MAX_HEADER_LENGTH = 1_000
SALESFORCE_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
TIME_DIRECTIVES = ("%H", "%I", "%M", "%S", "%f", "%p", "%c", "%X", "%-H", "%-I", "%-M", "%-S", "%z", "%Z")
NO_SALESFORCE_ID = ("000000000000000", "000000000000000AAA", "000000000000000aaa")

# What the file format itself says of a column; a CSV file says nothing, all is text.
Kind = Literal["text", "number", "temporal"]


@dataclass(frozen=True)
class Column:
    """One column of a file: its header and the SQL that yields its text."""

    header: str
    text: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Plan:
    """How the columns of one file become those of the raw table."""

    fields: dict[str, list[Column]]
    version: list[Column]
    keep: dict[str, Column | None]
    undeclared: dict[str, Column]
    absent: list[str] = field(default_factory=list)

    @property
    def declared(self) -> list[Column]:
        """The columns of the file that the mapping uses."""
        kept = [column for column in self.keep.values() if column]
        return [*(column for found in self.fields.values() for column in found), *self.version, *kept]


# How a header may be written, the nearest first; without dots, nested keys are as a vendor's export writes them.
FORMS: tuple[Callable[[str], str], ...] = (str, normalised, lambda header: normalised(header).replace(".", ""))


class _Headers:
    """Finds declared headers in a file: an exact spelling before a loose one, a plain one before a prefixed."""

    def __init__(self, columns: list[Column], prefixes: tuple[str, ...]) -> None:
        self._ranks: list[tuple[Callable[[str], str], dict[str, list[Column]]]] = []
        stripped = [("", columns)] + [
            (prefix, [column for column in columns if column.header.casefold().startswith(prefix.casefold())])
            for prefix in prefixes
        ]
        for prefix, candidates in stripped:
            for form in FORMS:
                found: dict[str, list[Column]] = {}
                for column in candidates:
                    found.setdefault(form(column.header[len(prefix) :]), []).append(column)
                self._ranks.append((form, found))

    def find(self, header: str) -> Column | None:
        for form, found in self._ranks:
            matches = found.get(form(header))
            if matches and len(matches) > 1:
                names = ", ".join(repr(column.header) for column in matches)
                raise Refusal(
                    f"the column {header!r} is ambiguous: the file has {names}",
                    "rename one of them in the export, or name the exact header in the mapping",
                )
            if matches:
                return matches[0]
        return None

    def present(self, headers: Iterable[str]) -> list[Column]:
        return [column for header in headers if (column := self.find(header))]


def plan_columns(mapped: ObjectMapping, columns: list[Column], *, ragged: bool = False) -> Plan:
    """Which column of the file is which field of the raw table.

    `ragged` files (JSON lines) may have other keys in every row: there all present alternatives count, row by row.

    Raises:
        Refusal: a required column is missing, a declared one ambiguous, or nothing of the file is declared.
    """
    check_headers([column.header for column in columns])
    headers = _Headers(columns, mapped.header_prefixes or ())
    fields: dict[str, list[Column]] = {}
    absent: list[str] = []

    def is_header() -> bool:
        """Whether the first line of a file names columns: that of an export without a header names a person."""
        return any(headers.present(spec.headers) for spec in mapped.all_fields.values())

    def present(name: str, spec: FieldMapping) -> list[Column]:
        found = headers.present(spec.headers)
        missing = [header for header in spec.headers if headers.find(header) is None] if spec.concat else []
        if spec.required and (missing or not found):
            raise _missing(name, missing or list(spec.headers), columns if ragged or is_header() else [])
        if not found:
            absent.append(spec.headers[0])
        return found if ragged or not spec.column else found[:1]

    for name, spec in mapped.all_fields.items():
        fields[name] = present(name, spec)
    version = present("version", mapped.version) if mapped.version else []
    keep = {header: headers.find(header) for header in mapped.keep}
    absent += [header for header, column in keep.items() if column is None]
    plan = Plan(fields, version, keep, {}, sorted(set(absent)))
    used = {column.text for column in plan.declared}
    if not used and (mapped.all_fields or mapped.keep):
        raise Refusal(
            "none of the declared columns is in the file"
            + (f"; it has {_some([column.header for column in columns])}" if ragged else ""),
            "check that this is the right export, its delimiter and its header line, or correct the mapping",
        )
    rest = [column for column in columns if column.text not in used]
    return replace(plan, undeclared=_raw_names(rest, mapped))


def check_headers(headers: list[str]) -> None:
    """Raises:
    Refusal: more or longer headers than any export has; the file is something else.
    """
    if len(headers) > MAX_COLUMNS:
        raise Refusal(f"the file has {len(headers):,} columns, more than {MAX_COLUMNS:,}", "export fewer columns")
    if any(len(header) > MAX_HEADER_LENGTH for header in headers):
        raise Refusal(f"a column name is longer than {MAX_HEADER_LENGTH:,} characters", "check the header line")


def _missing(name: str, headers: list[str], columns: list[Column]) -> Refusal:
    wanted = " or ".join(headers)
    has = (
        f"the file has {_some([column.header for column in columns])}"
        if columns
        else "none of the declared columns is in its first line"
    )
    return Refusal(
        f"the required column {wanted} (field {name}) is missing; {has}",
        "add the column to the export, or name the right header in the mapping",
    )


def _some(headers: list[str]) -> str:
    named = ", ".join(repr(shown(header)) for header in headers[:12])
    return f"{named} and {len(headers) - 12} more" if len(headers) > 12 else named


def shown(header: str) -> str:
    """A header as messages name it: where a file has none, somebody's address or number stands in its place."""
    return "(a value)" if VALUE.search(header) else header[:60]


def _raw_names(columns: list[Column], mapped: ObjectMapping) -> dict[str, Column]:
    """Columns nobody declared, under the name they get in the raw table."""
    fields = {folded(name) for name in (*mapped.types, *BOOKKEEPING_COLUMNS, "rowid")}
    taken = set(fields)
    named: dict[str, Column] = {}
    for number, column in enumerate(columns, start=1):
        plain = (
            "".join(letter if letter.isprintable() else " " for letter in column.header).strip() or f"column_{number}"
        )
        name = plain if folded(plain) not in fields else f"{plain}__raw"
        copies = 1
        while folded(name) in taken:
            copies += 1
            name = f"{plain}__{copies}"
        taken.add(folded(name))
        named[name] = column
    return named


@dataclass(frozen=True)
class Typed:
    """SQL that types the rows of a file, and which of its columns is which of the raw table.

    The select's columns have neutral names, so that no header can stand in for another: `raw` gives the real ones.
    `error` is null where every value has its type.
    """

    select: str
    raw: dict[str, str]


def typed_select(plan: Plan, mapped: ObjectMapping, relation: str, extra: dict[str, str]) -> Typed:
    """The rows of `relation`, typed. `extra` adds columns under names of its own.

    Three steps, each evaluated once per row: the cleaned text of every field, its value, and which of them failed.
    """
    texts: dict[str, str] = {}
    values: dict[str, str] = {}
    errors: list[str] = []
    raw: dict[str, str] = {}

    def add(name: str, spec: FieldMapping, field_type: FieldType, columns: list[Column]) -> None:
        if not columns and spec.default is None:
            return
        text = texts.setdefault(_field_text(name, spec, columns, mapped), f"s{len(texts)}")
        limit = LIMITS.get((mapped.entity, name))
        expression = value_sql(text, field_type, mapped, spec, {column.kind for column in columns}, limit)
        value = raw[name] = values.setdefault(expression, f"v{len(values)}")
        header = " or ".join(column.header[:60] for column in columns) or spec.headers[0]
        if SQL_TYPES[field_type] != "varchar":
            message = literal(f"{header} ({name}): ")
            wrong = f"{text} is not null and {value} is null"
            bound = "" if limit is None else f", or not below {limit:,}"
            errors.append(f"when {wrong} then {message} || left({text}, 80) || ' is not of type {field_type}{bound}'")
        if is_key(mapped, name, spec):
            errors.append(f"when {value} is null then {literal(f'{header} ({name}) is empty')}")

    for name, spec in mapped.all_fields.items():
        add(name, spec, mapped.types[name], plan.fields[name])
    for name, constant in mapped.constants.items():
        add(name, FieldMapping(column=(name,), default=constant), mapped.types[name], [])
    add("version_at", mapped.version or FieldMapping(column=("version",)), "timestamp", plan.version)
    kept = [
        f"{literal(header)}, {_cleaned(column.text, mapped) if column else 'null'}"
        for header, column in plan.keep.items()
    ]
    if any(plan.keep.values()):
        raw["attributes"] = texts.setdefault(f"cast(json_object({', '.join(kept)}) as varchar)", f"s{len(texts)}")
    for name, column in plan.undeclared.items():
        raw[name] = texts.setdefault(column.text, f"s{len(texts)}")
    steps = [f"{sql} as {name}" for sql, name in texts.items()] + [f"{sql} as {name}" for name, sql in extra.items()]
    inner = f"select {', '.join(steps)} from {relation}"
    middle = f"select {', '.join(['*', *(f'{sql} as {name}' for sql, name in values.items())])} from ({inner})"
    error = f"case {' '.join(errors)} end" if errors else "cast(null as varchar)"
    return Typed(f"select {', '.join([*dict.fromkeys(raw.values()), *extra])}, {error} as error from ({middle})", raw)


def is_key(mapped: ObjectMapping, name: str, spec: FieldMapping) -> bool:
    """Whether a row without this field is nobody's record and therefore malformed. Of a lead the gate says so."""
    if mapped.entity in ("lead", CUSTOM):
        return False
    return name == KEY_FIELDS.get(mapped.entity) or (spec.required and name in REQUIRED_IN_EVERY_ROW)


def _field_text(name: str, spec: FieldMapping, columns: list[Column], mapped: ObjectMapping) -> str:
    """The text of a field, null where there is none: translated, null spellings removed, alternatives resolved."""
    translation = {key.strip().lower(): value for key, value in mapped.values.get(name, {}).items()}
    cells = [_cleaned(column.text, mapped, translation) for column in columns]
    if not cells:
        return literal(spec.default or "")
    if spec.concat:
        text = f"nullif(concat_ws({literal(spec.separator)}, {', '.join(cells)}), '')"
    else:
        text = cells[0] if len(cells) == 1 else f"coalesce({', '.join(cells)})"
    if spec.default is not None:
        text = f"coalesce({text}, {literal(spec.default)})"
    return text


def _cleaned(text: str, mapped: ObjectMapping, translation: dict[str, str] | None = None) -> str:
    """A text without surrounding blanks, translated; null where it is empty or spells a null."""
    # trim() is slow beside these tests, and there is seldom anything to trim.
    ends = " or ".join(f"suffix({text}, {literal(blank)})" for blank in BLANKS)
    blank = f"{text} < '!' or {ends} or prefix({text}, '\u00a0')"
    trimmed = f"case when {blank} then trim({text}, {literal(BLANKS)}) else {text} end"
    nulls = {spelling.strip().lower() for spelling in mapped.nulls or ()} - {"", *(translation or {})}
    cases = [f"when {literal(key)} then nullif({literal(value)}, '')" for key, value in (translation or {}).items()]
    cases += [f"when {literal(spelling)} then null" for spelling in sorted(nulls)]
    if not cases:
        return f"nullif({trimmed}, '')"
    # a capital may be a byte longer than its small letter
    longest = max(len(key.encode()) + sum(letter > "\x7f" for letter in key) for key in (*(translation or {}), *nulls))
    known = f"case lower({trimmed}) when '' then null {' '.join(cases)} else {trimmed} end"
    return f"case when strlen({text}) <= {longest} or {blank} then {known} else {trimmed} end"


def value_sql(
    text: str,
    field_type: FieldType,
    mapped: ObjectMapping,
    spec: FieldMapping,
    kinds: set[Kind],
    limit: int | None,
) -> str:
    """SQL for the value of a cleaned text, null where the text is none of that type or an amount not below `limit`."""
    if field_type in ("timestamp", "date"):
        formats = ("iso",) if "temporal" in kinds else spec.format or mapped.date_format or ("iso",)
        zones = mapped.timezone or "UTC", mapped.day_timezone
        parsed = [
            _timestamp(text, each, *zones) if field_type == "timestamp" else _date(text, each) for each in formats
        ]
        return parsed[0] if len(parsed) == 1 else f"coalesce({', '.join(parsed)})"
    if field_type == "boolean":
        lowered = f"lower({text})"
        # of a long list after `in` DuckDB makes a join, and a join does not keep the order of the file, nor its lines
        return (
            f"case when list_contains(['true', 't', '1', 'yes', 'y', '1.0'], {lowered}) then true "
            f"when list_contains(['false', 'f', '0', 'no', 'n', '0.0'], {lowered}) then false end"
        )
    if field_type in NUMERIC:
        decimal_comma = bool(mapped.decimal_comma) and "number" not in kinds
        return _number(
            plain_number(text, decimal_comma=decimal_comma, strip=spec.strip), field_type, spec.multiply, limit
        )
    if field_type == "id" and mapped.id_format == "salesforce":
        return salesforce_id(text)
    return text


def salesforce_id(text: str) -> str:
    """A 15-character Salesforce id completed to 18: three letters say which characters are upper case."""

    def check_letter(start: int) -> str:
        bits = " + ".join(
            f"(case when substr({text}, {start + bit}, 1) between 'A' and 'Z' then {2**bit} else 0 end)"
            for bit in range(5)
        )
        return f"substr('{SALESFORCE_ALPHABET}', 1 + {bits}, 1)"

    letters = " || ".join(check_letter(start) for start in (1, 6, 11))
    none = " or ".join(f"{text} = {literal(spelling)}" for spelling in NO_SALESFORCE_ID)
    return (
        f"case when {none} then null when length({text}) = 15 "
        f"and regexp_full_match({text}, '[A-Za-z0-9]*') then {text} || {letters} else {text} end"
    )


def plain_number(text: str, *, decimal_comma: bool, strip: tuple[str, ...] = ()) -> str:
    """SQL for a number's text with a decimal point, without `strip`; null where a decimal comma makes it none."""
    for clutter in strip:
        text = f"replace({text}, {literal(clutter)}, '')"
    if strip:
        text = f"trim({text}, {literal(BLANKS)})"
    if not decimal_comma:
        return text
    grouped = r"^[-+]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)?(,[0-9]+)?$"
    return f"case when regexp_matches({text}, '{grouped}') then replace(replace({text}, '.', ''), ',', '.') end"


def _number(text: str, field_type: FieldType, multiply: Decimal | None, limit: int | None) -> str:
    if field_type == "float":
        value = f"try_cast({text} as double)"
        factor = "" if multiply is None else f" * {float(multiply)!r}"
        return f"case when isfinite({value}) then {value}{factor} end"
    value = _decimal(text)
    if multiply is not None:
        # A decimal product keeps the sum of its factors' places and may not pass 38 digits.
        whole = multiply == multiply.to_integral_value()
        left, right = ("decimal(28,9)", "decimal(10,0)") if whole else ("decimal(28,6)", "decimal(10,9)")
        product = f"try_cast({value} as {left}) * cast({literal(f'{multiply:f}')} as {right})"
        value = f"try_cast(try({product}) as decimal(38,9))"
    if field_type == "integer":
        plain = f"case when regexp_full_match({text}, '[-+]?[0-9]{{1,18}}') then try_cast({text} as bigint) end"
        whole_number = f"case when {value} = trunc({value}) then try_cast({value} as bigint) end"
        return f"coalesce({plain}, {whole_number})" if multiply is None else whole_number
    limit = limit or (10**15 if field_type == "amount" else 10**18)
    return f"case when abs({value}) < {limit} then {value} end"


def _decimal(text: str) -> str:
    """A decimal of 9 places. DuckDB reads one of 18 digits a hundred times as fast as one of 38: those come first."""
    short = f"cast(try_cast({text} as decimal(18,9)) as decimal(38,9))"
    is_cents = f"regexp_full_match({text}, '[-+]?[0-9]+([.][0-9]{{0,2}})?')"
    cents = f"cast(case when {is_cents} then try_cast({text} as decimal(18,2)) end as decimal(38,9))"
    return f"coalesce({short}, {cents}, try_cast({text} as decimal(38,9)))"


def _within_calendar(value: str, kind: str) -> str:
    return f"case when {value} between {kind} '0001-01-01' and {kind} '9999-12-31 23:59:59.999998' then {value} end"


def _timestamp(text: str, format_: str, zone: str, day_zone: str = "UTC") -> str:
    """A moment in UTC; a day without time begins in `day_zone`, wherever the source keeps its clock."""
    if format_ in EPOCHS:
        factor, places = {"epoch_s": (1_000_000, 6), "epoch_ms": (1_000, 3), "epoch_us": (1, 0)}[format_]
        number = f"case when not {_starts_with_year(text)} then try_cast({text} as decimal(18,{places})) end"
        micros = f"cast(cast({number} as decimal(38,{places})) * {factor} as bigint)"
        return _within_calendar(f"make_timestamp({micros})", "timestamp")
    if format_ != "iso":
        parsed = f"try_strptime({text}, {literal(format_)})"
        if "%z" in format_ or "%Z" in format_:
            return _within_calendar(f"timezone('UTC', cast({parsed} as timestamptz))", "timestamp")
        has_time = any(directive in format_ for directive in TIME_DIRECTIVES)
        return _within_calendar(_from_zone(parsed, zone if has_time else day_zone), "timestamp")
    # The plain cast is ten times as fast, and right where the offset is zero; it skips over any other.
    plain = f"try_cast({text} as timestamp)"
    exact = _within_calendar(f"timezone('UTC', {_with_zone(text)})", "timestamp")
    tail = f"substr({text}, 12)"
    has_sign = f"(contains({tail}, '+') or contains({tail}, '-'))"
    is_utc = f"(suffix({text}, '+0000') or suffix({text}, '+00:00') or suffix({text}, 'Z'))"
    if zone == "UTC":
        moment = f"case when {is_utc} or not {has_sign} then coalesce({plain}, {exact}) else {exact} end"
    else:
        has_zone = f"({has_sign} or regexp_matches({tail}, '[A-Za-z]'))"
        local = _within_calendar(_from_zone(plain, zone), "timestamp")
        moment = f"case when {is_utc} then coalesce({plain}, {exact}) when {has_zone} then {exact} else {local} end"
    if day_zone != zone:
        day = _within_calendar(_from_zone(plain, day_zone), "timestamp")
        moment = f"case when strlen({text}) <= 10 then {day} else {moment} end"
    return f"case when {_starts_with_year(text)} then {moment} end"


def _with_zone(text: str) -> str:
    """Also where a blank stands before the offset, as warehouses unload it, or none of the seconds are written."""
    joined = f"regexp_replace({text}, ' +([-+][0-9:]+|[Zz])$', '\\1')"
    whole = f"regexp_replace({joined}, '([T ][0-9]{{2}}:[0-9]{{2}})([-+][0-9:]+|[Zz])$', '\\1:00\\2')"
    return f"coalesce(try_cast({text} as timestamptz), try_cast(upper({whole}) as timestamptz))"


def _from_zone(moment: str, zone: str) -> str:
    return moment if zone == "UTC" else f"timezone('UTC', timezone({literal(zone)}, {moment}))"


def _date(text: str, format_: str) -> str:
    if format_ in EPOCHS:
        return f"cast({_timestamp(text, format_, 'UTC')} as date)"
    if format_ != "iso":
        return f"cast({_within_calendar(f'try_strptime({text}, {literal(format_)})', 'timestamp')} as date)"
    # The day is taken as written: an offset behind it moves the moment, not the day.
    day = f"try_cast(regexp_extract({text}, '^[-/0-9]+') as date)"
    longer = f"case when {_with_zone(text)} is not null then {day} end"
    value = f"case when strlen({text}) <= 10 then try_cast({text} as date) else {longer} end"
    return f"case when {_starts_with_year(text)} then {value} end"


def _starts_with_year(text: str) -> str:
    """A year of the calendar: DuckDB also reads `infinity`, `epoch`, `0000-01-01`, `2020-01-01 (BC)`, `29000-01-01`."""
    in_bounds = f"{text} between '0001' and '9999-12-31T24' and not suffix({text}, ')')"
    return f"({in_bounds} and ({text} like '____-%' or {text} like '____/%'))"
