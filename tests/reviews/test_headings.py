"""A heading is true of the rows under it: where nothing, too little or only the nameless is to be told, it says so."""

from collections import defaultdict
from datetime import date
from typing import Any

import duckdb
import pytest

from reviews import monthly, quarterly, weekly
from reviews.parts import Data, Page, Period, Row

MONTH, WEEK = Period("month", date(2026, 4, 1)), Period("week", date(2026, 6, 22))


class Published(Data):
    """Published tables of the rows given, all others empty."""

    def __init__(self, **tables: list[Row]) -> None:
        super().__init__(duckdb.connect(), "USD")
        self.tables = tables

    def of(self, section: str, period: Period, order: str) -> list[Row]:
        return self.tables.get(section, [])

    def rows(self, sql: str, *values: Any) -> list[Row]:
        if " core." in sql:
            return super().rows(sql, *values)
        return next((rows for section, rows in self.tables.items() if f"review_{section}" in sql), [])


def source(name: str, pipeline: int) -> Row:
    counted = dict.fromkeys(("leads", "mqls", "sqls", "opportunities", "customers", "decided", "rejected"), 0)
    rates = dict.fromkeys(("mql_rate", "lead_to_opportunity_rate"))
    sourced = {"pipeline_sourced": 0, "pipeline_influenced": 0, "revenue": 0}
    return {"lead_source": name, "pipeline_created": pipeline} | counted | rates | sourced


def rejected(dimension: str, value: str, rejected: int, decided: int) -> Row:
    rates = {"rejection_rate": rejected / decided if decided else None, "rejection_rate_before": None}
    named = {"dimension": dimension, "value": value, "campaign_id": None}
    return named | {"rejected": rejected, "decided": decided} | rates


def titles(page: Page) -> list[str]:
    return [section.title for section in page.sections]


@pytest.mark.parametrize(
    ("made", "heading"),
    [
        ({"no source": 40_000, "Web": 0}, "All of the pipeline is without a source"),
        ({"no source": 30_000, "Web": 10_000}, "Web made 25 % of the pipeline"),
        ({"Web": 0}, "No pipeline was created"),
    ],
)
def test_pipeline_without_a_source_is_pipeline(made: dict[str, int], heading: str) -> None:
    page = monthly.pipeline_review(Published(pipeline_review__sources=[source(*one) for one in made.items()]), MONTH)
    assert page.sections[0].title == heading
    assert bool(page.sections[0].chart) == any(made.values())


@pytest.mark.parametrize(
    ("decisions", "heading"),
    [
        ({"Web": (0, 1)}, "Sales rejected nothing"),
        ({"Web": (0, 30), "Call": (1, 1)}, "Sales rejected nothing of the sources of at least 20 decisions"),
        ({"Web": (9, 24), "Call": (1, 1)}, "Sales rejects Web most: 38 % of 24, most often: price"),
        (
            {"Web": (1, 2), "Call": (1, 1)},
            "What sales rejected, by source: none has the 20 decisions that a comparison takes",
        ),
    ],
)
def test_who_is_rejected_most(decisions: dict[str, tuple[int, int]], heading: str) -> None:
    verdicts = [
        {"lead_source": name, "verdict": verdict, "decisions": number, "decided": decided,
         "rejection_rate": refused / decided}
        for name, (refused, decided) in decisions.items()
        for verdict, number in (("price", refused), ("accepted", decided - refused)) if number
    ]  # fmt: skip
    section = monthly._quality(verdicts)
    assert section.title == heading
    is_limited = heading.startswith("Sales rejects Web")
    assert ("The heading compares sources of at least 20 decisions." in section.note) == is_limited


def test_a_plan_that_nothing_can_be_held_against_is_not_on_pace() -> None:
    plan = {"metric": "win_rate", "label": "Win rate", "kind": "share", "status": None, "actual": None,
            "paced_target": None, "target": 0.3, "attainment": None}  # fmt: skip
    section = monthly._plan(Published(), [plan, plan | {"paced_target": 0.3}])
    assert section.title == "No target can be measured yet"
    assert section.table
    assert [row[1] for row in section.table.rows] == ["not started", "no figure"]
    assert monthly._plan(Published(), [plan | {"status": "ahead"}] * 2).title == "All 2 targets are on pace"


@pytest.mark.parametrize(
    ("campaigns", "heading"),
    [
        ({"no campaign": (6, 6), "Spring": (0, 3)}, "All rejections are of leads without campaign: 6 of 6 (100 %)"),
        ({"no campaign": (6, 6), "Spring": (1, 3)}, "Most rejections by campaign: Spring, 1 of 3 (33 %)"),
        ({"no campaign": (4, 4), "Spring": (0, 0)}, "All rejections are of leads without campaign: 4 of 4 (100 %)"),
    ],
)
def test_most_rejections_are_of_what_was_rejected(campaigns: dict[str, tuple[int, int]], heading: str) -> None:
    rows = [rejected("campaign", name, *counts) for name, counts in campaigns.items()]
    assert weekly._rejections("campaign", rows).title == heading


@pytest.mark.parametrize(
    ("sources", "heading"),
    [
        ({"Web": (2, 4), "Call": (1, 1)}, "Most rejections by source: Web, 2 of 4 (50 %)"),
        ({"Web": (1, 4), "Call": (1, 1)}, "2 sources have the most rejections: 1 each"),
    ],
)
def test_no_one_is_first_of_equals(sources: dict[str, tuple[int, int]], heading: str) -> None:
    rows = [rejected("source", name, *counts) for name, counts in sources.items()]
    assert weekly._rejections("source", rows).title == heading


@pytest.mark.parametrize(
    ("rates", "heading"),
    [
        ({"Spring": 0.1, "Fair": 0.05}, "2 running campaigns; Spring converts best, 10 % to opportunity"),
        ({"Spring": 0.1, "Fair": 0.1}, "2 running campaigns"),
        ({"Spring": 0.0, "Fair": None}, "2 running campaigns"),
    ],
)
def test_the_best_campaign_is_better(rates: dict[str, float | None], heading: str) -> None:
    campaigns = [
        {"name": name, "channel": "email", "leads_of_week": 1, "leads": 30, "mql_rate": 0.5,
         "lead_to_opportunity_rate": rate}
        for name, rate in rates.items()
    ]  # fmt: skip
    assert weekly._campaigns(campaigns).title == heading


def team(name: str, attainment: float | None, *, is_all: bool = False) -> Row:
    counted = {"handed_off": 4, "answered": 4, "late": 1, "sla_attainment": attainment, "median_response_hours": 2.0}
    return {"team": name, "is_all_teams": is_all} | counted


@pytest.mark.parametrize(
    ("teams", "heading"),
    [
        ({"East": 0.5, "West": 1.0, "New": None}, "East answers 50 % within the SLA"),
        ({"East": 0.5, "West": 0.5, "North": 1.0}, "2 of 3 teams answer 50 % within the SLA"),
        ({"New": None}, "No service level can be judged yet"),
    ],
)
def test_the_slowest_team_is_slower(teams: dict[str, float | None], heading: str) -> None:
    assert weekly._teams([team(*each) for each in teams.items()]).title == heading


def test_a_team_that_is_called_all_is_one_of_them() -> None:
    teams = [team("all", 0.9), team("East", 0.5), team("all", 0.7, is_all=True)]
    handoff = {"lead_source": "Web", "outcome": "waiting", "rejection_reason": None, "owner_name": "Ann",
               "response_hours": None, "account_name": "Acme"}  # fmt: skip
    page = weekly.lead_review(Published(lead_review__handoffs=[handoff], lead_review__teams=teams), WEEK)
    assert [tile.value for tile in page.tiles] == ["4", "70 %", "2.0 h"]
    assert page.sections[1].table
    assert [row[0] for row in page.sections[1].table.rows] == ["all", "East"]


def test_owners_of_one_name_wait_apart() -> None:
    waiting = [
        {"owner_id": owner, "owner_name": "Ann Lee", "waiting_hours": 30.0, "score": 50, "next_step": "", "name": lead}
        for owner, lead in (("salesforce:1", "a"), ("salesforce:1", "b"), ("salesforce:2", "c"))
    ]
    data = Published(lead_review__waiting=waiting)
    data.is_newest = True
    section = weekly.lead_review(data, WEEK).sections[0]
    assert section.chart
    bars = {row["label"]: row["value"] for row in section.chart["data"]["values"]}
    assert bars == {"Ann Lee (salesforce:1)": 2, "Ann Lee (salesforce:2)": 1}


@pytest.mark.parametrize(("reasons", "shown"), [(8, 8), (10, 7)])
def test_a_color_is_one_reason(reasons: int, shown: int) -> None:
    named = [*(f"reason {number}" for number in range(reasons)), "accepted"]
    verdicts = [
        {"lead_source": "Web", "verdict": verdict, "decisions": 20 - number, "decided": 200, "rejection_rate": 0.9}
        for number, verdict in enumerate(named)
    ]
    chart = monthly._quality(verdicts).chart
    assert chart
    scale = chart["layer"][0]["encoding"]["color"]["scale"]
    assert len(set(scale["range"])) == len(scale["domain"]) == 1 + shown + (reasons > shown)
    values = chart["data"]["values"]
    assert sum(row["value"] for row in values) == sum(row["decisions"] for row in verdicts)
    assert ("all others" in scale["domain"]) == (reasons > shown)


@pytest.mark.parametrize("name", ["\u0645\u0639\u0631\u0636", "Expo \u05ea\u05dc", "\u0645\u202e\u2069\u0639"])
def test_a_name_from_right_to_left_is_isolated_from_the_figures_beside_it(name: str) -> None:
    data = Data(duckdb.connect(), "USD")
    rows = data.rows(
        "select ? as value, 9 as rejected, 12 as decided, 0.75 as rejection_rate, null as rejection_rate_before",
        name,
    )
    letters = name.replace("\u202e", "").replace("\u2069", "")
    title = f"Most rejections by source: \u2068{letters}\u2069, 9 of 12 (75 %)"
    assert weekly._rejections("source", rows).title == title
    (plain,) = data.rows("select 'Caf\u00e9 \u5e97' as value")
    assert plain["value"] == "Caf\u00e9 \u5e97"


def test_campaigns_of_one_name_are_two() -> None:
    rates = [rejected("all", "all", 11, 16)] + [
        rejected("campaign", name, *counts) | {"campaign_id": campaign_id}
        for campaign_id, name, *counts in (
            ("hubspot:3", "Fair", 5, 6), ("google_ads:1", "Spring", 4, 5), ("hubspot:2", "Spring", 2, 5),
        )
    ]  # fmt: skip
    page = weekly.rejection_report(Published(rejection_report__rates=rates), WEEK)
    assert titles(page) == ["Most rejections by campaign: Fair, 5 of 6 (83 %)"]
    assert page.sections[0].table
    assert [row[0] for row in page.sections[0].table.rows] == ["Fair", "Spring (google ads)", "Spring (hubspot)"]


def test_a_running_campaign_s_name_is_its_own() -> None:
    counts = {"channel": "email", "leads": 40, "leads_of_week": 1, "mql_rate": 0.5}
    rows = [
        counts | {"campaign_id": "hubspot:1", "name": "Spring", "lead_to_opportunity_rate": 0.25},
        counts | {"campaign_id": "hubspot:2", "name": "Spring", "lead_to_opportunity_rate": 0.5},
    ]
    page = weekly.team_meeting(Published(team_meeting__campaigns=rows, win_loss__deals=[defaultdict(int)]), WEEK)
    assert titles(page)[-1] == "2 running campaigns; Spring (hubspot:2) converts best, 50 % to opportunity"


@pytest.mark.parametrize(("decided", "heading"), [(2, "Nothing was rejected"), (0, "Nothing was decided")])
def test_a_week_without_a_rejection_says_so(decided: int, heading: str) -> None:
    rates = [rejected("all", "all", 0, decided), rejected("source", "Web", 0, decided)]
    assert titles(weekly.rejection_report(Published(rejection_report__rates=rates), WEEK)) == [heading]


@pytest.mark.parametrize(
    ("deals", "heading", "is_noted"),
    [
        ({"Software": (0, 7), "Retail": (0, 1)}, "By industry: no deal was won", False),
        (
            {"Software": (0, 7), "Retail": (0, 5), "Media": (1, 0)},
            "By industry: no industry of at least 5 deals won any",
            False,
        ),
        (
            {"Software": (2, 2), "Retail": (1, 0)},
            "By industry: none has the 5 closed deals that a comparison takes",
            False,
        ),
        (
            {"Software": (3, 3), "Retail": (1, 0)},
            "By industry: only Software has the 5 closed deals that a comparison takes",
            False,
        ),
        (
            {"Software": (3, 3), "Retail": (1, 4), "Media": (1, 0)},
            "By industry, Software wins most often: 50 %",
            True,
        ),
        (
            {"unknown": (9, 1), "Software": (3, 3), "Retail": (1, 4)},
            "By industry, Software wins most often: 50 %",
            True,
        ),
        (
            {"unknown": (9, 1), "Software": (3, 3)},
            "By industry: only Software has the 5 closed deals that a comparison takes",
            False,
        ),
        (
            {"unknown": (9, 1), "Software": (1, 0)},
            "By industry: none has the 5 closed deals that a comparison takes",
            False,
        ),
        ({"unknown": (9, 1)}, "By industry: not known of any deal", False),
        (
            {f"Industry {n}": (1, 9) for n in range(12)} | {"Retail": (5, 0)},
            "By industry, Retail wins most often: 100 %",
            False,
        ),
    ],
)
def test_who_wins_most_often_has_won(deals: dict[str, tuple[int, int]], heading: str, *, is_noted: bool) -> None:
    rows = [
        {"segment": name, "won": won, "lost": lost, "win_rate": won / (won + lost), "won_amount": 0,
         "median_cycle_days": 1}
        for name, (won, lost) in deals.items()
    ]  # fmt: skip
    section = quarterly._segment(Published(), "industry", rows)
    assert (section.title, bool(section.note)) == (heading, is_noted)


@pytest.mark.parametrize(
    ("deals", "heading"),
    [
        ((1, 0), "What stands before the close: no content has the 5 deals that a comparison takes"),
        ((5, 5), "No content stands before more of the won deals than of the lost ones"),
        ((6, 4), "guide stands before 60 % of the won deals and only 40 % of the lost ones"),
    ],
)
def test_content_that_wins_stands_before_enough_deals(deals: tuple[int, int], heading: str) -> None:
    won, lost = deals
    rows = [{"content": "guide", "won": won, "lost": lost, "share_of_won": won / 10, "share_of_lost": lost / 10}]
    assert quarterly._content(rows).title == heading


@pytest.mark.parametrize(
    ("deal", "left_at", "tile", "heading"),
    [
        ("open", "2026-06-01", "0", "No deal has been in its stage longer than the stage's median"),
        ("open", "2026-06-28", "–", "Which deals are stuck is not known: their stages have no median yet"),
        ("open", "null", "–", "Which deals are stuck is not known: their stages have no median yet"),
        ("qualified", "2026-06-01", "–", "Which deals are stuck is not known: their stages have no median yet"),
        ("won", "null", "0", "No deal has been in its stage longer than the stage's median"),
    ],
)
def test_no_deal_is_stuck_only_by_a_median(deal: str, left_at: str, tile: str, heading: str) -> None:
    """Another deal left the stage `open`, or will, or has not; now is 27 June."""
    data = Published(
        team_meeting__week=[{"lead_source": "Web", "leads": 0, "mean_leads_before": 0, "wins": 0, "revenue": 0}]
    )
    data.is_newest = True
    data.con.execute(
        f"""create schema core; create schema metrics;
        create table metrics.build_info as select timestamp '2026-06-27' as as_of;
        create table core.fct_opportunity as select '{deal}' as stage, {deal == "won"} as is_closed;
        create table core.fct_opportunity_stage_event as
            select 'open' as stage, try_cast('{left_at}' as timestamp) as exited_at"""
    )
    page = weekly.team_meeting(data, WEEK)
    assert (page.tiles[-1].value, page.sections[-1].title) == (tile, heading)


def test_a_held_lead_alone_is_something_to_report() -> None:
    held = [{"blocker": "Incomplete and still held", "cases": 1}]
    quarter = quarterly.business_review(Published(business_review__blockers=held), Period("quarter", MONTH.start))
    week = weekly.team_meeting(Published(team_meeting__blockers=held), WEEK)
    assert titles(quarter) == ["Biggest blocker: incomplete and still held (1 lead)"]
    assert titles(week) == ["Biggest blocker of the week: incomplete and still held (1 lead)"]
    for page in (quarter, week):
        assert page.sections[0].table
        assert page.sections[0].table.rows == [["Incomplete and still held", "1"]]


@pytest.mark.parametrize(("deals", "been"), [(1, "has been in its stage"), (2, "have been in their stage")])
def test_stuck_deals_agree_with_their_number(deals: int, been: str) -> None:
    assert been in weekly._stuck(Published(), [defaultdict(int, amount=5)] * deals, is_known=True).title


@pytest.mark.parametrize(
    ("leads", "heading"),
    [
        ({}, "No lead of the quarter is known to be inside the ICP"),
        ({"inside": 8, "outside": 40}, "8 leads inside the ICP: fewer than the 20 that a comparison takes"),
        ({"inside": 1}, "1 lead inside the ICP: fewer than the 20 that a comparison takes"),
        ({"inside": 40, "outside": 8}, "Inside the ICP 25 % of leads became opportunities"),
        ({"inside": 40, "outside": 20}, "Inside the ICP 25 % of leads became opportunities, outside 25 %"),
    ],
)
def test_few_leads_say_nothing_of_the_icp(leads: dict[str, int], heading: str) -> None:
    counts = {"mqls": 0, "customers": 0, "lead_to_opportunity_rate": 0.25, "customer_acquisition_rate": 0.0}
    rows = [{"icp_fit": fit, "leads": number} | counts for fit, number in leads.items()]
    assert quarterly._icp(rows).title == heading


@pytest.mark.parametrize(("decided", "tone"), [(7, ""), (20, "bad")])
def test_few_decisions_are_no_alarm(decided: int, tone: str) -> None:
    rates = [rejected("all", "all", decided, decided) | {"rejection_rate_before": 0.1}]
    assert weekly.rejection_report(Published(rejection_report__rates=rates), WEEK).tiles[0].tone == tone


def test_one_decision_is_not_many() -> None:
    rates = [rejected("all", "all", 1, 1)]
    weeks = weekly.rejection_report(Published(rejection_report__rates=rates), WEEK)
    months = monthly.pipeline_review(Published(pipeline_review__sources=[source("Web", 0) | {"decided": 1}]), MONTH)
    assert {"of 1 decision"} == {
        tile.note for tile in (*weeks.tiles, *months.tiles) if tile.label.startswith("Rejected")
    }


@pytest.mark.parametrize(("leads", "tone"), [(22, ""), (40, "bad")])
def test_few_leads_are_no_drift(leads: int, tone: str) -> None:
    band = {"version": "1", "conversions": 0, "conversion_rate": 0.0, "lift": None, "psi": 0.4, "is_in_force": True}
    bands = [band | {"score_band": name, "leads": leads // 2} for name in ("0-49", "50-100")]
    page = monthly.threshold_review(Published(threshold_review__bands=bands), MONTH)
    assert [tile.tone for tile in page.tiles] == [tone]


@pytest.mark.parametrize(
    ("agreement", "heading"),
    [
        ({"mql": None, "sql": 1.0}, "The CRM and the agreed definition agree wherever a stage was reached"),
        ({"mql": 1.0, "sql": 0.5}, "The CRM and the agreed definition differ most on SQL: 50 % agree"),
        ({"mql": None, "sql": None}, "No stage was reached"),
    ],
)
def test_the_audit_speaks_of_stages_that_were_reached(agreement: dict[str, float | None], heading: str) -> None:
    counts = {"agreed_and_crm": 1, "crm_only": 0, "definition_only": 0}
    rows = [{"stage": stage, "agreement": value} | counts for stage, value in agreement.items()]
    assert quarterly._audit(rows).title == heading


def credit(**amounts: dict[str, int]) -> list[Row]:
    """Of each name, what each model credits."""
    whole = {model: sum(by.get(model, 0) for by in amounts.values()) for by in amounts.values() for model in by}
    return [
        {"model": model, "name": name, "channel": name, "basis": "revenue", "credited_amount": amount, "roas": None,
         "share": amount / whole[model], "is_marketing": name not in ("partner", "unattributed")}
        for name, by in amounts.items() for model, amount in by.items()
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("amounts", "heading"),
    [
        ({"unattributed": {"linear": 9, "markov": 9}}, "No marketing channel made any revenue"),
        (
            {"partner": {"linear": 6, "markov": 6}, "paid_search": {"linear": 4, "markov": 4}},
            "paid search made most revenue of all marketing channels by every model: 40 % of it",
        ),
        (
            {"paid_search": {"linear": 6, "markov": 4}, "email": {"linear": 4, "markov": 6}},
            "paid search made most revenue of all marketing channels by the linear model: 60 %, by others 40 % of it",
        ),
        (
            {"paid_search": {"linear": 5, "markov": 4}, "email": {"linear": 5, "markov": 6}},
            "Revenue by channel, models side by side",
        ),
    ],
)
def test_who_made_most_is_of_marketing_and_by_a_model(amounts: dict[str, dict[str, int]], heading: str) -> None:
    assert monthly._channels(Published(), "revenue", credit(**amounts))[1].title == heading


@pytest.mark.parametrize(
    ("amounts", "heading"),
    [
        (
            {"play_book": {"linear": 60, "last_touch": 0, "markov": 30}, "guide": {"linear": 40, "last_touch": 90}},
            "play_book made most revenue of all content by the linear model: USD 60, by others USD 0 to USD 30",
        ),
        (
            {"play_book": {"linear": 60, "last_touch": 80}, "guide": {"linear": 40, "last_touch": 20}},
            "play_book made most revenue of all content by every model: USD 60 to USD 80",
        ),
        ({"play_book": {"linear": 50}, "guide": {"linear": 50}}, "Revenue by content, models side by side"),
        (
            {"play_book": {"linear": 60, "last_touch": 80}, "": {"linear": 40, "last_touch": 20, "first_touch": 100}},
            "play_book made most revenue of all content by the linear model: USD 60, by others USD 0 to USD 80",
        ),
    ],
)
def test_content_that_leads_under_one_model_says_so(amounts: dict[str, dict[str, int]], heading: str) -> None:
    models = {model for by in amounts.values() for model in by}
    rows = credit(**{name: by for name, by in amounts.items() if name})
    section = monthly._credited(Published(), "revenue", "content", rows, monthly._models(credit(**amounts)))
    assert section.title == heading
    assert section.table
    assert len(section.table.columns) == 1 + len(models)


@pytest.mark.parametrize(("method", "is_learned"), [("rule points", False), ("weights of evidence", True)])
def test_four_fifths_of_the_wins_is_said_of_rule_points_only(method: str, *, is_learned: bool) -> None:
    band = dict.fromkeys(("score_band", "leads", "conversions", "conversion_rate", "lift", "psi", "is_in_force"), 1)
    threshold = dict.fromkeys(
        ("threshold", "leads_per_month", "opportunities_per_month", "rejections_per_month", "wins_per_month",
         "win_rate", "share_of_wins", "is_proposed", "is_agreed"), 1
    )  # fmt: skip
    version = dict.fromkeys(
        ("agreed_threshold", "proposed_threshold", "auc", "auc_low", "auc_high", "leads", "wins", "trained_at", "note")
    )
    page = monthly.threshold_review(
        Published(
            threshold_review__bands=[band | {"version": "1"}],
            threshold_review__versions=[version | {"version": "1", "status": "champion", "method": method}],
            threshold_review__thresholds=[threshold],
        ),
        MONTH,
    )
    (note,) = [section.note for section in page.sections if section.asset.endswith("thresholds")]
    assert ("four fifths" not in note) == is_learned


def test_without_wins_the_threshold_review_says_what_is_not_known_yet() -> None:
    threshold = dict.fromkeys(("opportunities_per_month", "rejections_per_month", "wins_per_month", "win_rate")) | {
        "threshold": 50, "leads_per_month": 0.2, "share_of_wins": None, "is_proposed": False, "is_agreed": True,
    }  # fmt: skip
    section = monthly._thresholds([threshold], "rules-1.0", is_learned=False)
    assert "None is proposed yet" in section.note
    assert section.table
    assert section.table.rows[0][:2] == ["50 (agreed)", "0.2"]
    version = {"version": "rules", "status": "champion", "trained_at": None, "leads": 0, "wins": 0, "auc": None,
               "auc_low": None, "auc_high": None, "proposed_threshold": None, "note": None}  # fmt: skip
    section = monthly._versions([version], version)
    assert section.title == "Scorecard rules is in force; how it ranks is not known yet"
    assert section.table
    assert section.table.rows[0][5:7] == ["–", "–"]
    assert section.note == "Outcomes are wins; where a card learned from qualified opportunities, those."


@pytest.mark.parametrize(
    ("status", "target", "met", "heading"),
    [
        (None, None, "–", "Month by month: there is no target to judge by"),
        ("ahead", 4.0, "1 of 1", "Month by month, 0 of 2 targets were missed or are behind pace"),
    ],
)
def test_without_a_target_no_count_of_targets(status: str | None, target: float | None, met: str, heading: str) -> None:
    figure = {"metric": "shared_revenue", "label": "Shared revenue", "kind": "money", "value": 5.0, "prior": None,
              "month_start": date(2026, 5, 1), "is_mature": True, "value_first_shown": None, "attainment": None,
              "status": status, "target": target, "paced_target": target}  # fmt: skip
    months = [figure, figure | {"month_start": date(2026, 6, 1)}]
    page = quarterly.business_review(
        Published(business_review__quarter=[figure], business_review__scoreboard=months),
        Period("quarter", date(2026, 4, 1)),
    )
    assert (page.tiles[1].value, titles(page)[1]) == (met, heading)
    assert ("dashed" in str(page.sections[0].chart)) == bool(target)


def test_a_model_that_credits_nothing_credits_0() -> None:
    rows = credit(email={"linear": 4, "markov": 0}, partner={"linear": 6, "markov": 6})
    rows = [row for row in rows if row["credited_amount"]]
    section = monthly._channels(Published(), "revenue", rows)[1]
    assert section.table
    assert section.table.rows == [["partner", "60 %", "100 %", "–"], ["email", "40 %", "0 %", "–"]]


def test_a_figure_that_changed_since_first_shown_need_not_be_late() -> None:
    figure = {"label": "Lead to opportunity", "kind": "share", "month_start": date(2026, 5, 1), "is_mature": True,
              "value_first_shown": 0.0, "first_shown_on": date(2026, 6, 1), "target": None, "paced_target": None,
              "attainment": None, "prior": None, "status": None}  # fmt: skip
    page = quarterly.business_review(
        Published(
            business_review__quarter=[figure | {"metric": "shared_revenue", "value": 5.0}],
            business_review__scoreboard=[figure | {"metric": "lead_to_opportunity_rate", "value": 0.5}],
        ),
        Period("quarter", date(2026, 4, 1)),
    )
    assert "1 figure changed since first shown: leads and deals went on, or late data restated them" in titles(page)


def test_a_month_is_told_by_the_version_in_force_then() -> None:
    """The card, in force now, scored the ten leads beside the rule points of two versions of the definitions."""
    band = {"conversions": 1, "conversion_rate": 0.2, "lift": None, "psi": 0.1, "score_band": "20-39", "leads": 5}
    bands = [
        band | {"version": "card-x", "is_in_force": False, "leads": 10, "conversions": 2, "psi": 0.6},
        band | {"version": "rules-1.0", "is_in_force": False},
        band | {"version": "rules-2.0", "is_in_force": True},
    ]
    version = dict.fromkeys(
        ("agreed_threshold", "proposed_threshold", "auc", "auc_low", "auc_high", "leads", "wins", "trained_at", "note")
    ) | {"version": "card-x", "status": "champion", "method": "weights of evidence"}  # fmt: skip
    mature = [row | {"last_month": date(2025, 9, 1)} for row in bands]
    page = monthly.threshold_review(
        Published(
            threshold_review__bands=bands,
            threshold_review__versions=[version],
            threshold_review__mature_bands=mature,
        ),
        MONTH,
    )
    assert page.tiles[-1].note == "rules-2.0: 5 leads, too few to tell"
    assert titles(page)[:2] == [
        "Where the outcome is known, 20 % of the leads with 20-39 points by rules-2.0 were won",
        "Of the 10 leads of the month 20 % are won so far",
    ]
