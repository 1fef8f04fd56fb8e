"""What a page is made of: tiles, tables, sections, a period, and the published tables asked for rows.

Not here: what a page says (`weekly.py`, `monthly.py`, `quarterly.py`), HTML (`site.py`, `templates/`).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import duckdb

from reviews import charts, wording
from reviews.charts import Row

AT_MOST = 25
UNPRINTABLE = re.compile("[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Letters and signs that are written from right to left: Hebrew, Arabic and their neighbours.
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
# Below this many cases a rate is no finding.
ENOUGH = 20
# A table of at most so many rows and characters stands beside its chart.
BESIDE_ROWS, BESIDE_CHARACTERS = 15, 62
# The column that says of how many rows these are the first.
MANY = "rows_in_all"


@dataclass(frozen=True)
class Tile:
    """One headline figure; `metric` is its anchor in the definitions page."""

    label: str
    value: str
    note: str = ""
    metric: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Column:
    """One column of a table: its head, where its value comes from, how it is spelled (words without a spelling), and
    the metric its head links to."""

    head: str
    of: str | Callable[[Row], Any]
    spelled: Callable[[Any], str] | None = None
    metric: str = ""

    def text(self, row: Row) -> str:
        value = self.of(row) if callable(self.of) else row[self.of]
        if self.spelled is not None:
            return self.spelled(value)
        return "" if value is None else str(value)


@dataclass(frozen=True)
class Table:
    """Rows of text: the first `shown` are open, the others folded; `hidden` are in the published table only.

    `links` gives, for a text of the first column, the metric whose definition it links to.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    shown: int
    hidden: int = 0
    links: Mapping[str, str] = field(default_factory=dict)


def table(
    rows: Sequence[Row],
    *columns: Column,
    shown: int = AT_MOST,
    at_most: int = 0,
    links: Mapping[str, str] | None = None,
) -> Table:
    """The rows spelled out, `shown` of them open and the rest folded, `at_most` in all (without it: `shown`).

    Rows that are the first of many say of how many (`Data.first_of`).
    """
    kept = rows[: max(shown, at_most)]
    many = rows[0].get(MANY, len(rows)) if rows else 0
    return Table(
        columns,
        [[column.text(row) for column in columns] for row in kept],
        shown,
        many - len(kept),
        links or {},
    )


@dataclass(frozen=True)
class Section:
    """One finding: its title says it, the chart and the table show it. `asset` is the table behind it."""

    title: str
    asset: str
    chart: charts.Spec | None = None
    table: Table | None = None
    note: str = ""

    @property
    def is_side_by_side(self) -> bool:
        """Whether chart and table fit beside each other: a short table of few characters a row."""
        if not self.chart or not self.table or len(self.table.rows) > BESIDE_ROWS:
            return False
        columns = zip(*self.table.rows, strict=True)
        widths = [min(max(map(len, cells)), 18) for cells in columns]
        heads = [max(map(len, column.head.split())) for column in self.table.columns]
        return sum(max(pair) + 2 for pair in zip(widths, heads, strict=True)) <= BESIDE_CHARACTERS


@dataclass(frozen=True)
class Page:
    """The content of one page for one period; without sections the period was empty."""

    tiles: Sequence[Tile] = ()
    sections: Sequence[Section] = ()


@dataclass(frozen=True)
class Period:
    """A week, month or quarter; `is_open` while it is not over."""

    kind: str
    start: date
    is_open: bool = False

    @property
    def end(self) -> date:
        """The first day after it."""
        if self.kind == "week":
            return self.start + timedelta(days=7)
        months = self.start.year * 12 + self.start.month - 1 + (1 if self.kind == "month" else 3)
        return date(months // 12, months % 12 + 1, 1)

    @property
    def name(self) -> str:
        if self.kind == "week":
            year, week, _ = self.start.isocalendar()
            return f"{year}-w{week:02}"
        return f"{self.start:%Y-%m}" if self.kind == "month" else f"{self.start.year}-q{(self.start.month + 2) // 3}"


@dataclass
class Data:
    """The published tables, asked for rows, and the pictures of the last scoring review."""

    con: duckdb.DuckDBPyConnection
    currency: str
    is_newest: bool = False
    scoring_review: Mapping[str, Any] = field(default_factory=dict)

    def rows(self, sql: str, *values: Any) -> list[Row]:
        cursor = self.con.execute(sql, list(values))
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, map(_printable, row), strict=True)) for row in cursor.fetchall()]

    def of(self, section: str, period: Period, order: str) -> list[Row]:
        """The rows of a section's table in the period, in an order that is total."""
        return self.rows(
            f"select * from reviews.review_{section} where {period.kind}_start = ? order by {order}", period.start
        )

    def first_of(self, section: str, period: Period, order: str, at_most: int) -> list[Row]:
        """The first of these rows: a quarter may have tens of thousands, of which a page shows some."""
        return self.rows(
            f"select *, count(*) over () as {MANY} from reviews.review_{section} where {period.kind}_start = ? "
            f"order by {order} limit {at_most}",
            period.start,
        )

    def now(self, section: str, order: str) -> list[Row]:
        """The rows of a section's table that is known as of now, for a page of the newest; none for an older one."""
        return self.rows(f"select * from reviews.review_{section} order by {order}") if self.is_newest else []

    def money(self, value: Any) -> str:
        return wording.money(value, self.currency)

    def figure(self, row: Row, name: str) -> str:
        """A figure in the words of the row's `kind`."""
        return wording.figure(row[name], row["kind"], self.currency)

    def head(self, text: str) -> str:
        """A column's head with the currency, whose figures are then written without it."""
        return f"{text}, {self.currency}" if self.currency else text


def _printable(value: Any) -> Any:
    """Text without the characters that turn the direction of what follows or print nothing, and if any of it is written
    from right to left, isolated from what stands beside it: a name cannot turn the figures beside it around.

    >>> _printable("A\u202eB\x07 C"), ascii(_printable("\u05d0\u05d1"))
    ('AB C', "'\\\\u2068\\\\u05d0\\\\u05d1\\\\u2069'")
    """
    if not isinstance(value, str) or (value.isascii() and value.isprintable()):
        return value
    text = UNPRINTABLE.sub("", value)
    return f"\u2068{text}\u2069" if RIGHT_TO_LEFT.search(text) else text


def named(value: Any) -> str:
    """A word of the shared vocabulary (channel, reason, stage, model) as people write it.

    >>> named("paid_search"), named("missing"), named("sql"), named("sales_ready")
    ('paid search', 'no reason given', 'SQL', 'sales-ready')
    """
    known = {
        "missing": "no reason given",
        "unmapped": "reason not in the list",
        "mql": "MQL",
        "sql": "SQL",
        "sales_ready": "sales-ready",
    }
    return "" if value is None else known.get(value, str(value).replace("_", " "))


def company(row: Row) -> str:
    """Who it is about: the account, else what the record itself is called."""
    names = (row.get(name) for name in ("account_name", "name", "opportunity_id", "lead_id"))
    return next((name for name in names if name), "")


def told_apart(rows: Iterable[Row], name: str, of: str = "campaign_id") -> list[Row]:
    """Rows with a name that is of one id only: beside a name that several have stands the source, else the id.

    >>> rows = [{"campaign_id": one, "name": "Spring"} for one in ("google_ads:1", "hubspot:1", "hubspot:2")]
    >>> [row["name"] for row in told_apart(rows, "name")]
    ['Spring (google ads)', 'Spring (hubspot:1)', 'Spring (hubspot:2)']
    """
    rows = [row | {name: row[name] or row[of]} for row in rows]
    pairs = {(row[name], row[of]) for row in rows}
    of_name = Counter(one for one, _ in pairs)
    of_source = Counter((one, _source(key)) for one, key in pairs)
    for row in rows:
        one, key = row[name], row[of]
        if key and of_name[one] > 1:
            source = _source(key)
            row[name] = f"{one} ({named(source) if of_source[one, source] == 1 else key})"
    return rows


def _source(key: str | None) -> str:
    return (key or "").partition(":")[0]


def bar_rows(
    rows: Iterable[Row], label: str, value: str, before: str = "", spelled: Callable[[Any], str] = str
) -> list[Row]:
    """Rows of a bar chart; `before` is the column of the tick beside the bar."""
    return [
        {"label": spelled(row[label]), "value": float(row[value] or 0)}
        | ({"value_before": float(row[before])} if before and row[before] is not None else {})
        for row in rows
    ]


def biggest_blocker(blockers: Sequence[Row], asset: str, of: str = "") -> Section:
    """What holds most leads up, of a period that has some: the greatest first."""
    most = blockers[0]
    return Section(
        f"Biggest blocker{of}: {most['blocker'][:1].lower()}{most['blocker'][1:]} "
        f"({wording.plural(most['cases'], 'lead')})",
        asset,
        charts.bars(bar_rows(blockers, "blocker", "cases"), form="d", axis="leads"),
        table(blockers, Column("Blocker", "blocker"), Column("Leads", "cases", wording.count)),
    )
