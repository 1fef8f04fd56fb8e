"""The static site of the review pages: an index, one page per review and period, and the definitions of every figure.

Pages are written beside and renamed, so a reader never opens half of one. Periods inside the window are written anew
every night, because late data restates them; older pages stay as they were last written.
Not here: what a page says (`weekly.py`, `monthly.py`, `quarterly.py`).
"""

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from handoff.files import write_whole
from handoff.published import open_published
from handoff.settings import Settings
from reviews import wording
from reviews.charts import Drawings
from reviews.pages import REPORTS, Report
from reviews.parts import Data, Page, Period

TEMPLATES = Path(__file__).parent / "templates"
# How many finished periods are written anew each night, beside the one under way.
WINDOW = {"week": 4, "month": 4, "quarter": 4}
RHYTHM = {"week": "weekly", "month": "monthly", "quarter": "quarterly"}
# Figures of the pages that are not in the metric dictionary, because they have no one figure a month.
TERMS = {
    "attributed_revenue": (
        "Attributed revenue",
        "Amount of won opportunities, divided among the touches before them by an attribution model. Every model "
        "divides the same amount, to the cent; what no touch preceded is unattributed.",
    ),
    "attributed_pipeline": (
        "Attributed pipeline",
        "Amount of qualified opportunities, divided in the same way among the touches before their creation.",
    ),
    "plan_attainment": (
        "Plan attainment",
        "Actual / target; what adds up is also held against the target prorated by working days; where lower is "
        "better, target / actual. A quarter's target is the sum of its months' where the metric adds up, else their "
        "mean.",
    ),
    "required_mqls": (
        "Required MQLs and other stages",
        "Target of customers / the rates of the newest twelve mature cohorts, stage by stage and source by source, "
        "with an 80 % interval of what these cohorts leave open about the rates.",
    ),
    "handoff_threshold": (
        "Agreed threshold",
        "The score from which on a lead is handed off, as both teams signed it (setting handoff_score_threshold).",
    ),
    "proposed_threshold": (
        "Proposed threshold",
        "Of a learned card, the threshold chosen when it was learned: by what sales can take, by a share of wins, or "
        "the highest that keeps four fifths of all wins. Of rule points, the highest fifth point that does so "
        "among handed-off leads whose horizon is over.",
    ),
    "score_drift": (
        "Drift (PSI)",
        "Population stability index: how far the leads' score bands have moved from those the card was learned from "
        "(rule points: from all handed-off leads they judged). Below 0.1 stable, above 0.25 another population.",
    ),
    "touches_before_close": (
        "Touches before a win or a loss",
        "Mean number of touches on the path of a new-business deal, from the lookback before its creation to its "
        "creation.",
    ),
}


@dataclass(frozen=True)
class Link:
    """A page on disk."""

    report: Report
    period: Period

    @property
    def file(self) -> str:
        return f"{self.report.name}-{self.period.name}.html"

    @property
    def label(self) -> str:
        return wording.period(self.period.kind, self.period.start) + (", so far" if self.period.is_open else "")


def build(settings: Settings, today: date) -> list[Path]:
    """Writes the site from the published build, as of a day of the reporting time zone.

    Returns:
        The pages written, the index first.

    Raises:
        HandoffError: nothing has been published, or it cannot be read.
    """
    with open_published(settings) as con:
        return _Site(settings, con, today).write()


def periods(kind: str, today: date, first: date | None, window: int) -> list[Period]:
    """The period under way and the finished ones before it, newest first, none that ended before the first data.

    >>> [period.name for period in periods("quarter", date(2025, 2, 3), date(2024, 8, 1), 4)]
    ['2025-q1', '2024-q4', '2024-q3']
    """
    if kind == "week":
        start = today - timedelta(days=today.weekday())
    elif kind == "month":
        start = today.replace(day=1)
    else:
        start = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    found = [Period(kind, start, is_open=True)]
    while len(found) <= window:
        before = found[-1].start - timedelta(days=1)
        previous = periods(kind, before, None, 0)[0].start
        if first is not None and Period(kind, previous).end <= first:
            break
        found.append(Period(kind, previous))
    return found


class _Site:
    def __init__(self, settings: Settings, con: duckdb.DuckDBPyConnection, today: date) -> None:
        self.today = today
        self.folder = settings.publish / "reviews"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.dagster_url = settings.dagster_url.rstrip("/")
        self.drawings = Drawings(settings.home / "charts")
        self.environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.filters["svg"] = lambda spec: Markup(self.drawings.svg(spec))  # noqa: S704 - the library escapes its text
        self.environment.globals["style"] = Markup((TEMPLATES / "style.css").read_text())  # noqa: S704 - our own file
        self.data = Data(con, _currency(con), scoring_review=_scoring_review(settings))
        self.metrics = self.data.rows(
            "select * from metrics.metric_dictionary order by scoreboard_position nulls last, label"
        )
        self.known = {row["metric"] for row in self.metrics} | set(TERMS)
        build_info = self.data.rows("select * from metrics.build_info limit 1")
        self.build_info = build_info[0] if build_info else {}
        (found,) = self.data.rows("select min(month_start) as month_start from metrics.metric_month")
        self.first = found["month_start"] or today

    def write(self) -> list[Path]:
        written, links = [], defaultdict(list)
        for report in REPORTS:
            for period in periods(report.kind, self.today, self.first, WINDOW[report.kind]):
                links[report.name].append(Link(report, period))
        for report in REPORTS:
            for link in links[report.name]:
                written.append(self._write_page(link, links[report.name]))
        older = self._older({path.name for path in written})
        definitions = self._render("definitions.html", "definitions.html", metrics=self.metrics, terms=TERMS)
        index = self._render("index.html", "index.html", reports=REPORTS, links=links, older=older, rhythm=RHYTHM)
        self.drawings.forget_unused()
        return [index, definitions, *written]

    def _write_page(self, link: Link, siblings: list[Link]) -> Path:
        place = siblings.index(link)
        # What waits or is stuck is known as of now: it belongs on the period under way and the one that has just ended.
        self.data.is_newest = place <= 1
        page: Page = link.report.write(self.data, link.period)
        return self._render(
            "page.html",
            link.file,
            link=link,
            page=page,
            newer=siblings[place - 1] if place else None,
            older=siblings[place + 1] if place + 1 < len(siblings) else None,
            rhythm=RHYTHM[link.report.kind],
        )

    def _older(self, current: set[str]) -> dict[str, list[tuple[str, str]]]:
        """Pages of earlier nights that this night did not write."""
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for path in sorted(self.folder.glob("*.html"), reverse=True):
            for report in REPORTS:
                matched = re.fullmatch(re.escape(report.name) + r"-(\d{4}-(?:w\d{2}|q\d|\d{2}))\.html", path.name)
                if matched and path.name not in current:
                    found[report.name].append((path.name, matched[1]))
        return found

    def _render(self, template: str, file: str, **values: Any) -> Path:
        text = self.environment.get_template(template).render(
            build=self.build_info, today=wording.day(self.today), dagster=self.dagster_url, known=self.known, **values
        )
        path = self.folder / file
        write_whole(path, text)
        return path


def _scoring_review(settings: Settings) -> dict[str, Any]:
    """What the newest scoring review left for its page; nothing before the first."""
    newest = max(settings.home.glob("scoring/*/review.json"), key=lambda path: path.parent.name, default=None)
    return json.loads(newest.read_text(encoding="utf-8")) if newest else {}


def _currency(con: duckdb.DuckDBPyConnection) -> str:
    found = con.execute("select max(unit) from metrics.metric_dictionary where kind = 'money'").fetchone()
    return str(found[0]) if found and found[0] else ""
