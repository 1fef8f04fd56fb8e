"""The review pages: complete, self-contained, escaped, honest about an empty period, kept between nights."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from handoff.errors import HandoffError
from handoff.settings import Settings
from reviews import site, wording
from reviews.charts import Drawings, Row, bars, lines, stacked
from reviews.pages import REPORTS
from reviews.parts import Column, Period, table
from reviews.site import periods
from tests.metrics.marts import Warehouse
from tests.metrics.test_marts_by_hand import fill

TODAY = date(2025, 4, 2)

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}\u202e"


def publish(home: Path, as_of: str, *, hostile: bool = False) -> Settings:
    """The company worked by hand, published; `hostile` renames companies, owners, reasons, campaigns, content."""
    w = Warehouse(home, as_of=as_of)
    fill(w)
    w.add("core.dim_account", account_id="A1", name="First & Sons")
    if hostile:
        for column in ("lead_source", "channel", "company"):
            w.con.execute(f"update core.fct_lead set {column} = ?", [HOSTILE])
        for column in ("lead_source", "channel", "loss_reason", "competitor", "name"):
            w.con.execute(f"update core.fct_opportunity set {column} = ?", [HOSTILE])
        w.con.execute("update core.fct_handoff set rejection_reason = ? where decision = 'rejected'", [HOSTILE])
        w.con.execute("update core.dim_owner set name = ?, team = ?", [HOSTILE, HOSTILE])
        w.con.execute("update core.dim_account set name = ?", [HOSTILE])
        w.add("core.dim_campaign", campaign_id="c1", name=HOSTILE, channel=HOSTILE, started_on="2025-01-01")
    credit = {
        "basis": "revenue",
        "credited_amount": 1000,
        "opportunities": 1,
        "channel": HOSTILE if hostile else "paid",
    }
    w.add("core.dim_channel", channel=credit["channel"], is_marketing=True)
    for model in ("linear", "markov"):
        w.add("attribution.attribution_by_channel", month_start="2025-03-01", model=model, **credit)
        w.add("attribution.attribution_by_campaign", month_start="2025-03-01", model=model, campaign_id="c1", **credit)
        content = HOSTILE if hostile else "ebook"
        w.add("attribution.attribution_by_content", month_start="2025-03-01", model=model, content=content, **credit)
    for campaign, amount in (("hubspot:2", 700), ("google_ads:2", 500)):
        w.add("core.dim_campaign", campaign_id=campaign, name="Spring")
        found = credit | {"campaign_id": campaign, "credited_amount": amount}
        w.add("attribution.attribution_by_campaign", month_start="2025-03-01", model="linear", **found)
    w.add("core.handoff_queue", lead_id="L4", owner_id="u1", handed_off_at="2025-02-03", waiting_hours=900,
          is_sla_lapsed=True, score=7, next_step=HOSTILE if hostile else "Call")  # fmt: skip
    w.add("scoring.scorecard_version", version="1", status="champion", threshold=50, auc=0.7)
    w.add(
        "scoring.score_threshold",
        version="1",
        threshold=30,
        leads_per_month=367.2,
        share_of_wins=0.81,
        is_proposed=True,
    )
    w.add("scoring.score_performance", version="1", month_start="2025-03-01", score_band="80-100", leads=10,
          conversions=3, conversion_rate=0.3, lift=1.5, psi=0.02)  # fmt: skip
    return published(w, home)


def published(w: Warehouse, home: Path) -> Settings:
    """Builds the warehouse and copies it to where pages read it."""
    w.build()
    w.con.execute(
        "create table metrics.build_info as "
        "select 'b1' as build_id, 'v1' as definition_version, timestamp '2025-04-02 12:00' as as_of"
    )
    w.con.close()
    (home / "publish").mkdir(exist_ok=True)
    shutil.copy(home / "warehouse.duckdb", home / "publish" / "marts.duckdb")
    return Settings(_env_file=None, home=home)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = publish(tmp_path_factory.mktemp("reviews"), "2025-04-02 12:00")
    site.build(settings, TODAY)
    return settings


def page(settings: Settings, name: str) -> str:
    return (settings.publish / "reviews" / f"{name}.html").read_text()


class Outline(HTMLParser):
    """Links, anchors and every tag of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        self.attributes |= set(found)
        if tag == "a":
            self.links.append(found["href"] or "")
        if "id" in found:
            self.anchors.add(found["id"] or "")


def test_every_report_has_a_page_for_every_period(company: Settings) -> None:
    names = {path.name for path in (company.publish / "reviews").glob("*.html")}
    assert {"index.html", "definitions.html", "business-review-2025-q1.html", "pipeline-review-2025-03.html"} <= names
    for report in REPORTS:
        assert sum(name.startswith(f"{report.name}-") for name in names) >= 2, report.name


def test_every_link_leads_somewhere(company: Settings) -> None:
    folder = company.publish / "reviews"
    anchors = Outline(page(company, "definitions")).anchors
    for path in folder.glob("*.html"):
        for link in Outline(path.read_text()).links:
            if link.startswith("http"):
                assert link.startswith("http://127.0.0.1:3000/"), link
                continue
            file, _, anchor = link.partition("#")
            assert (folder / file).exists(), f"{path.name} links to {link}"
            assert not anchor or anchor in anchors, f"{path.name} links to {link}"


def test_pages_are_self_contained(company: Settings) -> None:
    for path in (company.publish / "reviews").glob("*.html"):
        text = path.read_text()
        assert not Outline(text).tags & {"script", "link", "img", "iframe", "object"}, path.name
        assert "@import" not in text
        assert "url(http" not in text


def test_the_scoreboard_shows_the_figures_of_the_mart(company: Settings) -> None:
    text = page(company, "business-review-2025-q1")
    assert "Shared revenue came to USD 1,000" in text
    assert re.search(r"Win rate, by count</a></td>\s*<td>–</td><td>–</td><td>100 %", text)


def test_the_threshold_page_says_what_the_proposed_threshold_keeps(company: Settings) -> None:
    assert "From 30 points on, 367.2 leads a month keep 81 % of the wins" in page(company, "threshold-review-2025-03")


def test_campaigns_of_one_name_are_credited_apart(company: Settings) -> None:
    """Together the two named Spring would have made the most by the linear model."""
    text = page(company, "attribution-2025-03")
    assert "C1 made most revenue of all campaigns by every model: USD 1,000" in text
    assert re.findall(r'"word">(Spring[^<]*)</td><td>(\d+)</td>', text) == [
        ("Spring (hubspot)", "700"),
        ("Spring (google ads)", "500"),
    ]


def test_an_empty_period_says_so(company: Settings) -> None:
    assert "Nothing to report for April 2025, so far." in page(company, "attribution-2025-04")
    assert "<svg" not in page(company, "attribution-2025-04")


def test_hostile_names_are_text(tmp_path: Path) -> None:
    """On every page, in tables, titles and inside charts."""
    settings = publish(tmp_path, "2025-04-02 12:00", hostile=True)
    seen = 0
    for path in site.build(settings, TODAY):
        text = path.read_text()
        outline = Outline(text)
        assert not outline.tags & {"script", "img"}, path.name
        assert not {name for name in outline.attributes if name.startswith("on")}, path.name
        assert "\u202e" not in text, f"{path.name}: a name turns what follows it around"
        seen += "&lt;script&gt;alert(1)" in text and "{{7*7}}" in text
    assert seen >= 5
    charted = page(settings, "rejection-report-2025-w03") if (
        settings.publish / "reviews" / "rejection-report-2025-w03.html"
    ).exists() else page(settings, "win-loss-2025-q2")  # fmt: skip
    assert "&lt;script&gt;" in charted[charted.index("<svg") :]


def test_figures_link_to_their_definition(company: Settings) -> None:
    assert 'href="definitions.html#proposed_threshold"' in page(company, "threshold-review-2025-03")
    assert re.search(
        r'<th scope="col"><a href="definitions.html#lead_to_opportunity_rate">',
        page(company, "pipeline-review-2025-03"),
    )


def test_long_lists_are_folded_not_cut() -> None:
    rows = [{"name": f"lead {number}"} for number in range(7)]
    found = table(rows, Column("Name", "name"), shown=2, at_most=5)
    assert ([row[0] for row in found.rows], found.shown, found.hidden) == ([f"lead {n}" for n in range(5)], 2, 2)


def test_the_pipeline_review_plans_the_next_month_back(tmp_path: Path) -> None:
    settings = publish(tmp_path, "2025-06-20 12:00")
    site.build(settings, date(2025, 6, 20))
    review = page(settings, "pipeline-review-2025-06")
    assert "2 customers in July 2025" in review
    # what there is of this month: also of sales-ready leads and of spend
    plan = review[review.index("This month") :].split("</table>")[0]
    cells = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in plan.split("<tr>")[1:]]
    of_june = {"customers": "0", "sales-ready": "0", "SQL": "0", "MQL": "1", "lead": "1", "spend": "USD 0"}
    assert {row[0]: row[-1] for row in cells} == of_june
    assert "No target of customers is agreed for May 2025" in page(settings, "pipeline-review-2025-04")


def test_a_young_company_has_its_pages_and_is_told_what_is_missing(tmp_path: Path) -> None:
    """One lead, no cohort that is mature, a target of shared revenue for one month of the quarter, and a lead held."""
    w = Warehouse(tmp_path, as_of="2025-02-20 12:00")
    w.add("intermediate.int_lead_record", record_id="1", source_system="salesforce", created_at="2025-02-18",
          is_judged=True, is_admitted=False)  # fmt: skip
    w.add("core.fct_lead", lead_id="L", lead_source="Web", created_at="2025-01-10")
    for month, metric in (("2025-02-01", "customers"), ("2025-01-01", "shared_revenue")):
        w.add("staging.stg_definitions__targets", month_start=month, metric=metric, value=5)
    settings = published(w, tmp_path)
    site.build(settings, date(2025, 2, 20))
    assert "The target of customers for February 2025 cannot be read backwards yet" in page(
        settings, "pipeline-review-2025-01"
    )
    review = page(settings, "business-review-2025-q1")
    assert "Nothing to report" not in review
    assert "Shared revenue came to USD 0" in review
    assert "are behind pace" in page(settings, "pipeline-review-2025-02")
    assert "incomplete and still held (1 lead)" in page(settings, "team-meeting-2025-w08")


def test_the_threshold_review_shows_the_last_scoring_review(tmp_path: Path) -> None:
    settings = publish(tmp_path, "2025-04-02 12:00")
    for version, title in (("card-2025-03-01", "an older picture"), ("card-2025-04-01", "<b>the newest</b>")):
        folder = tmp_path / "scoring" / version
        folder.mkdir(parents=True)
        spec = bars([{"label": "80-100", "value": 0.3}], form=".0%", axis="won")
        review = {"summary": "", "pictures": [{"title": title, "note": "judged", "spec": spec}]}
        (folder / "review.json").write_text(json.dumps(review))
    site.build(settings, TODAY)
    text = page(settings, "threshold-review-2025-03")
    assert "&lt;b&gt;the newest&lt;/b&gt;" in text
    assert "an older picture" not in text
    assert text.count("<svg") >= 1
    assert "the newest" not in page(settings, "threshold-review-2025-02")


def test_older_pages_stay_and_are_listed(company: Settings) -> None:
    kept = company.publish / "reviews" / "pipeline-review-2019-05.html"
    kept.write_text("as it was shown")
    site.build(company, TODAY)
    assert kept.read_text() == "as it was shown"
    assert 'href="pipeline-review-2019-05.html"' in page(company, "index")
    kept.unlink()
    site.build(company, TODAY)


def test_the_same_build_gives_the_same_pages(company: Settings) -> None:
    before = {path.name: path.read_bytes() for path in (company.publish / "reviews").glob("*.html")}
    site.build(company, TODAY)
    assert {path.name: path.read_bytes() for path in (company.publish / "reviews").glob("*.html")} == before
    assert not list((company.publish / "reviews").glob(".*.part"))


def test_without_a_publish_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(HandoffError, match="make nightly"):
        site.build(Settings(_env_file=None, home=tmp_path), TODAY)


@pytest.mark.parametrize(
    ("kind", "today", "names"),
    [
        ("week", date(2025, 1, 1), ["2025-w01", "2024-w52", "2024-w51"]),
        ("month", date(2025, 1, 31), ["2025-01", "2024-12", "2024-11"]),
        ("quarter", date(2025, 1, 1), ["2025-q1", "2024-q4", "2024-q3"]),
    ],
)
def test_periods_across_the_years_end(kind: str, today: date, names: list[str]) -> None:
    found = periods(kind, today, date(2020, 1, 1), 2)
    assert [period.name for period in found] == names
    assert [period.is_open for period in found] == [True, False, False]
    assert [period.end for period in found[1:]] == [period.start for period in found[:-1]]


def test_a_chart_is_drawn_once(tmp_path: Path) -> None:
    drawings = Drawings(tmp_path)
    spec = bars([{"label": "a < b", "value": 1.0}], form="d", axis="leads")
    first = drawings.svg(spec)
    assert "a &lt; b" in first
    (kept,) = tmp_path.glob("*.svg")
    kept.write_text("kept")
    assert drawings.svg(spec) == "kept"
    (tmp_path / "of an earlier night.svg").touch()
    drawings.forget_unused()
    assert list(tmp_path.iterdir()) == [kept]


@pytest.mark.parametrize(
    ("largest", "labels"),
    [(1, "0 1"), (1.3, "0 1"), (1.6, "0 1"), (2, "0 1 2"), (3, "0 1 2 3"), (5, "0 1 2 3 4 5"), (8, "0 2 4 6 8")],
)
def test_a_count_s_axis_has_whole_numbers_once(tmp_path: Path, largest: int, labels: str) -> None:
    whole = [{"label": "a", "value": 1, "value_before": largest}]
    parts = [{"label": "a", "series": name, "value": largest / 2, "rank": 0} for name in "bc"]
    colors = {"b": "#123456", "c": "#654321"}
    for spec in (
        bars(whole, form="d", axis="leads", before="before"),
        stacked(parts, form="d", axis="leads", colors=colors),
    ):
        assert re.findall(r">(\d+)</text>", Drawings(tmp_path).svg(spec)) == labels.split()


def test_the_month_under_way_is_a_circle_beside_the_line(tmp_path: Path) -> None:
    rows = [
        {"day": date(2026, month, 1), "value": float(month), "series": "revenue", "is_open": month == 4}
        for month in range(1, 5)
    ]
    drawn = Drawings(tmp_path).svg(lines(rows, form="d", axis="EUR"))
    (line,) = re.findall(r'aria-roledescription="line mark" d="([^"]*)"', drawn)
    points = re.findall(r'aria-label="day: (\w+) 26[^>]*aria-roledescription="point"[^>]*(fill|stroke)="#', drawn)
    assert line.count("L") + 1 == 3
    assert points == [("Jan", "fill"), ("Feb", "fill"), ("Mar", "fill"), ("Apr", "stroke")]


@pytest.mark.parametrize(
    ("months", "labels"),
    [
        (1, ["Nov 25"]),
        (2, ["Nov 25", "Dec 25"]),
        (3, ["Nov 25", "Dec 25", "Jan 26"]),
        (18, ["Jan 26", "Apr 26", "Jul 26", "Oct 26", "Jan 27", "Apr 27"]),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Auckland"])
def test_a_line_s_axis_names_each_month_once_wherever_it_is_drawn(
    tmp_path: Path, months: int, labels: list[str], zone: str
) -> None:
    days = [date(2025 + (10 + number) // 12, (10 + number) % 12 + 1, 1) for number in range(months)]
    spec = lines([{"day": day, "value": 1.0, "series": "revenue"} for day in days], form="d", axis="EUR")
    program = "import json, sys, vl_convert; print(vl_convert.vegalite_to_svg(sys.stdin.read()))"
    drawn = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(spec), env={**os.environ, "TZ": zone}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert re.findall(r">(\w{3} \d\d)</text>", drawn) == labels
    points = re.findall(r'aria-label="day: (\w{3} \d\d)[^>]*aria-roledescription="point"', drawn)
    assert points == [f"{day:%b %y}" for day in days]


def test_a_rate_s_axis_tells_small_rates_apart(tmp_path: Path) -> None:
    spec = bars([{"label": "a", "value": 0.005}], form="~%", axis="rate")
    labels = re.findall(r">([\d.]+)%</text>", Drawings(tmp_path).svg(spec))
    assert labels == sorted(set(labels))
    assert len(labels) > 3


def test_the_target_of_one_month_is_a_dash(tmp_path: Path) -> None:
    rows: list[Row] = [{"day": date(2026, 1, 1), "value": 5.0, "series": "revenue", "target": 6.0, "is_open": False}]
    drawn = Drawings(tmp_path).svg(lines(rows, form="d", axis="EUR"))
    assert re.search(r'aria-label="day: Jan 26; target: 6"[^>]*"point"[^>]* d="M-[\d.]+,0L[\d.]+,0" stroke="#', drawn)


def test_a_long_name_of_a_table_does_not_widen_the_page(company: Settings) -> None:
    (rule,) = re.findall(r"^\.foot \{(.*)\}$", page(company, "index"), re.MULTILINE)
    assert "overflow-wrap: anywhere" in rule


@pytest.mark.parametrize(
    ("spelled", "value", "text"),
    [
        (wording.share, -0.0004, "0.0 %"),
        (wording.share, -0.0, "0 %"),
        (wording.share, -0.004, "-0.4 %"),
        (wording.count, -0.3, "0"),
        (wording.decimal, -0.04, "0.0"),
        (wording.hours, -0.04, "0.0 h"),
        (wording.amount, -0.3, "0"),
    ],
)
def test_nothing_has_no_sign(spelled: Callable[[Any], str], value: float, text: str) -> None:
    assert spelled(value) == text


def test_wording() -> None:
    assert wording.money(1_234_567, "EUR") == "EUR 1.23 M"
    assert wording.share(None) == "–"
    assert wording.period("week", Period("week", date(2024, 12, 30)).start).startswith("Week 1, 30 Dec 2024")
