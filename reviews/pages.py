"""What each review page says: its figures, findings, charts and tables, from the published review tables alone.

Not here: HTML (`site.py`, `templates/`), how a figure is spelled (`wording.py`), how a chart is drawn (`charts.py`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import duckdb

from reviews import charts
from reviews.wording import change, count, day, days, decimal, figure, hours, money, plural, share

Row = dict[str, Any]
MODELS = ("first_touch", "last_touch", "linear", "time_decay", "u_shaped", "w_shaped", "markov", "shapley")
AT_MOST = 25


@dataclass(frozen=True)
class Tile:
    """One headline figure; `metric` is its anchor in the definitions page."""

    label: str
    value: str
    note: str = ""
    metric: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of text; the first `left` columns and the columns `words` are words, the others figures.

    `links` gives, for a text, the metric whose definition it links to.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: int = 1
    hidden: int = 0
    words: Sequence[int] = ()
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """One finding: its title says it, the chart and the table show it. `asset` is the table behind it."""

    title: str
    asset: str
    chart: charts.Spec | None = None
    table: Table | None = None
    note: str = ""


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
    """The published tables, asked for rows."""

    con: duckdb.DuckDBPyConnection
    currency: str
    is_newest: bool = False
    _known: set[str] = field(default_factory=set)

    def rows(self, sql: str, *values: Any) -> list[Row]:
        cursor = self.con.execute(sql, list(values))
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def money(self, value: Any) -> str:
        return money(value, self.currency)


def cut(rows: Sequence[Any], at: int = AT_MOST) -> tuple[Sequence[Any], int]:
    return rows[:at], max(0, len(rows) - at)


def bar_rows(rows: Iterable[Row], label: str, value: str, before: str = "") -> list[Row]:
    found = [{"label": row[label], "value": float(row[value] or 0), "before": row.get(before)} for row in rows]
    return [
        {"label": row["label"], "value": row["value"]}
        | ({"value_before": float(row["before"])} if row["before"] is not None else {})
        for row in found
    ]


def rejection_report(data: Data, period: Period) -> Page:
    rates = data.rows(
        "select * from reviews.review_rejection_report__rates where week_start = ? order by rejected desc, value",
        period.start,
    )
    whole = next((row for row in rates if row["dimension"] == "all"), None)
    if whole is None:
        return Page()
    moved = change(whole["rejection_rate"], whole["rejection_rate_before"])
    tiles = [
        Tile(
            "Rejection rate",
            share(whole["rejection_rate"]),
            f"{moved} in the four weeks before" if moved.startswith(("up", "down")) else moved,
            "rejection_rate",
            "bad" if moved.startswith("up") else "good" if moved.startswith("down") else "",
        ),
        Tile("Rejected", count(whole["rejected"]), f"of {count(whole['decided'])} decisions", "rejection_rate"),
    ]
    sections = []
    for dimension, noun in (("source", "source"), ("reason", "reason"), ("campaign", "campaign")):
        rows = [row for row in rates if row["dimension"] == dimension]
        if dimension != "reason":
            rows.sort(key=lambda row: (-row["rejected"], -(row["rejection_rate"] or 0)))
        if not any(row["rejected"] for row in rows):
            continue
        top = next((row for row in rows if row["value"] not in ("no campaign", "no source")), rows[0])
        if dimension == "reason":
            reason = top["value"].replace("_", " ").capitalize()
            title = f"{reason} is the most frequent reason: {plural(top['rejected'], 'rejection')}"
        else:
            counts = f"{top['rejected']} of {top['decided']} ({share(top['rejection_rate'])})"
            title = f"Most rejections by {noun}: {top['value']}, {counts}"
        shown, hidden = cut(rows, 12)
        sections.append(
            Section(
                title,
                "review_rejection_report__rates",
                charts.bars(
                    bar_rows(shown, "value", "rejection_rate", "rejection_rate_before"),
                    form=".0%",
                    axis="rejection rate",
                    before="four weeks before",
                )
                if dimension != "campaign"
                else None,
                Table(
                    (noun.capitalize(), "Rejected", "Decided", "Rate", "Rate before"),
                    [
                        [
                            row["value"],
                            count(row["rejected"]),
                            count(row["decided"]),
                            share(row["rejection_rate"]),
                            share(row["rejection_rate_before"]),
                        ]
                        for row in shown
                    ],
                    hidden=hidden,
                ),
                "A reason's rate is its share of all decisions of the week." if dimension == "reason" else "",
            )
        )
    unexplained = data.rows(
        "select * from reviews.review_rejection_report__unexplained where week_start = ? order by missing + unmapped "
        "desc, owner_name",
        period.start,
    )
    if unexplained:
        total = sum(row["missing"] + row["unmapped"] for row in unexplained)
        shown, hidden = cut(unexplained)
        sections.append(
            Section(
                f"{plural(total, 'rejection')} without an agreed reason: marketing cannot learn from them",
                "review_rejection_report__unexplained",
                table=Table(
                    ("Owner", "Rejected", "No reason", "Reason not in the list"),
                    [
                        [row["owner_name"], count(row["rejected"]), count(row["missing"]), count(row["unmapped"])]
                        for row in shown
                    ],
                    hidden=hidden,
                ),
            )
        )
    return Page(tiles, sections)


OUTCOMES = {
    "won": "#14532d",
    "opportunity": "#2a7d4f",
    "accepted": "#7fb894",
    "answered, undecided": "#9fb3c8",
    "waiting": "#d9dee4",
    "waiting past the SLA": "#d08a1d",
    "rejected": "#b4462f",
}


def lead_review(data: Data, period: Period) -> Page:
    handoffs = data.rows(
        "select * from reviews.review_lead_review__handoffs where week_start = ? order by handed_off_at, lead_id, "
        "handoff_number",
        period.start,
    )
    waiting = (
        data.rows("select * from reviews.review_lead_review__waiting order by waiting_hours desc, lead_id")
        if data.is_newest
        else []
    )
    teams = data.rows(
        "select * from reviews.review_lead_review__teams where week_start = ? order by handed_off desc, team",
        period.start,
    )
    if not handoffs and not waiting:
        return Page()
    sections = []
    tiles = []
    whole = next((row for row in teams if row["team"] == "all"), None)
    if whole:
        tiles = [
            Tile("Handed off", count(whole["handed_off"]), "leads, first handoff", "sla_attainment"),
            Tile("Within the SLA", share(whole["sla_attainment"]), f"{count(whole['late'])} late", "sla_attainment"),
            Tile(
                "Median response",
                hours(whole["median_response_hours"]),
                "clock hours, answered leads",
                "speed_to_follow_up",
            ),
        ]
    if handoffs:
        by_source: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for row in handoffs:
            by_source[row["lead_source"]][row["outcome"]] += 1
        sources = sorted(by_source, key=lambda name: -sum(by_source[name].values()))[:12]
        bars = [
            {"label": source, "series": outcome, "value": by_source[source][outcome], "rank": rank}
            for source in sources
            for rank, outcome in enumerate(OUTCOMES)
            if by_source[source][outcome]
        ]
        good = sum(row["outcome"] in ("won", "opportunity", "accepted") for row in handoffs)
        shown, hidden = cut(handoffs)
        sections.append(
            Section(
                f"{good} of {plural(len(handoffs), 'handoff')} accepted or further by now",
                "review_lead_review__handoffs",
                charts.stacked(bars, form="d", axis="handoffs", colors=OUTCOMES),
                Table(
                    ("Company", "Source", "Owner", "Outcome", "Response"),
                    [
                        [
                            row["account_name"] or row["lead_id"],
                            row["lead_source"],
                            row["owner_name"],
                            row["outcome"]
                            + (
                                f" ({row['rejection_reason']})"
                                if row["outcome"] == "rejected" and row["rejection_reason"]
                                else ""
                            ),
                            hours(row["response_hours"]),
                        ]
                        for row in shown
                    ],
                    left=4,
                    hidden=hidden,
                ),
            )
        )
        named = [row for row in teams if row["team"] != "all"]
        if named:
            judged = [row for row in named if row["sla_attainment"] is not None]
            slow = min(judged, key=lambda row: (row["sla_attainment"], -row["handed_off"])) if judged else None
            sections.append(
                Section(
                    f"{slow['team']} answers {share(slow['sla_attainment'])} within the SLA"
                    if slow
                    else "No service level can be judged yet",
                    "review_lead_review__teams",
                    table=Table(
                        ("Team", "Handed off", "Answered", "Late", "Within SLA", "Median"),
                        [
                            [
                                row["team"],
                                count(row["handed_off"]),
                                count(row["answered"]),
                                count(row["late"]),
                                share(row["sla_attainment"]),
                                hours(row["median_response_hours"]),
                            ]
                            for row in named
                        ],
                    ),
                )
            )
    if data.is_newest:
        sections.insert(0 if waiting else len(sections), _waiting(waiting))
    return Page(tiles, sections)


def _waiting(waiting: list[Row]) -> Section:
    """Who waits past the SLA as of now: those of the last four weeks first, the best scored on top."""
    asset = "review_lead_review__waiting"
    if not waiting:
        return Section("Nobody waits past the SLA right now", asset)
    recent = [row for row in waiting if row["waiting_hours"] <= 28 * 24]
    waiting.sort(key=lambda row: (row["waiting_hours"] > 28 * 24, -(row["score"] or 0), row["waiting_hours"]))
    owners: dict[str, int] = defaultdict(int)
    for row in waiting:
        owners[row["owner_name"]] += 1
    most = sorted(owners, key=lambda name: (-owners[name], name))[:10]
    shown, hidden = cut(waiting, 15)
    return Section(
        f"{plural(len(waiting), 'lead')} past the SLA without a decision right now, "
        f"{len(recent):,} handed off in the last four weeks",
        asset,
        charts.bars(
            [{"label": name, "value": owners[name]} for name in most], form="d", axis="leads past the SLA, by owner"
        ),
        Table(
            ("Company", "Owner", "Score", "Waiting", "Next step"),
            [
                [
                    row["account_name"] or row["lead_id"],
                    row["owner_name"],
                    count(row["score"]),
                    hours(row["waiting_hours"]),
                    row["next_step"] or "",
                ]
                for row in shown
            ],
            left=2,
            hidden=hidden,
            words=(4,),
        ),
        "Those of the last four weeks first, highest score on top.",
    )


def team_meeting(data: Data, period: Period) -> Page:
    week = data.rows(
        "select * from reviews.review_team_meeting__week where week_start = ? order by leads desc, lead_source",
        period.start,
    )
    wins = data.rows(
        "select * from reviews.review_win_loss__deals where outcome = 'won' and closed_on >= ? and closed_on < ? "
        "order by amount desc, opportunity_id",
        period.start,
        period.end,
    )
    stuck = (
        data.rows("select * from reviews.review_team_meeting__stuck_deals order by amount desc, opportunity_id")
        if data.is_newest
        else []
    )
    campaigns = data.rows(
        "select * from reviews.review_team_meeting__campaigns where week_start = ? order by leads_of_week desc, leads "
        "desc, campaign_id",
        period.start,
    )
    if not (week or wins or stuck):
        return Page()
    leads, won = sum(row["leads"] for row in week), sum(row["wins"] for row in week)
    before = sum(row["mean_leads_before"] for row in week)
    tiles = [
        Tile("Leads", count(leads), f"{decimal(before)} a week before", "leads"),
        Tile("Deals won", count(won), data.money(sum(row["revenue"] for row in week)), "revenue"),
    ]
    sections = []
    if week:
        top = week[0]
        sections.append(
            Section(
                f"{top['lead_source']} brought {plural(top['leads'], 'lead')} of {leads:,}",
                "review_team_meeting__week",
                charts.bars(
                    bar_rows(week[:12], "lead_source", "leads", "mean_leads_before"),
                    form="d",
                    axis="leads",
                    before="mean of four weeks before",
                ),
                Table(
                    ("Source", "Leads", "Leads before", "Wins", "Revenue"),
                    [
                        [
                            row["lead_source"],
                            count(row["leads"]),
                            decimal(row["mean_leads_before"]),
                            count(row["wins"]),
                            data.money(row["revenue"]),
                        ]
                        for row in week[:12]
                    ],
                    hidden=max(0, len(week) - 12),
                ),
            )
        )
    if wins:
        shown, hidden = cut(wins)
        sections.append(
            Section(
                f"{plural(len(wins), 'new customer deal')} won, the largest by "
                f"{wins[0]['account_name'] or wins[0]['name']}",
                "review_win_loss__deals",
                table=Table(
                    ("Company", "Source", "Entry", "Cycle", "Amount"),
                    [
                        [
                            row["account_name"] or row["name"] or row["opportunity_id"],
                            row["lead_source"],
                            row["entry_channel"] or "no touch",
                            days(row["opportunity_cycle_days"]),
                            data.money(row["amount"]),
                        ]
                        for row in shown
                    ],
                    left=3,
                    hidden=hidden,
                ),
            )
        )
    if data.is_newest:
        total = sum(row["amount"] for row in stuck)
        shown, hidden = cut(stuck, 15)
        sections.append(
            Section(
                f"Blockers: {plural(len(stuck), 'deal')} worth {data.money(total)} are older than usual for their stage"
                if stuck
                else "No deal is older than usual for its stage",
                "review_team_meeting__stuck_deals",
                table=Table(
                    ("Company", "Owner", "Stage", "In stage", "Usual", "Amount"),
                    [
                        [
                            row["account_name"] or row["name"] or row["opportunity_id"],
                            row["owner_name"],
                            row["stage"],
                            days(row["days_in_stage"]),
                            days(row["median_stage_days"]),
                            data.money(row["amount"]),
                        ]
                        for row in shown
                    ],
                    left=3,
                    hidden=hidden,
                )
                if stuck
                else None,
            )
        )
    if campaigns:
        best = max(campaigns, key=lambda row: (row["lead_to_opportunity_rate"] or 0, row["leads"]))
        shown, hidden = cut(campaigns, 15)
        sections.append(
            Section(
                f"Running: {plural(len(campaigns), 'campaign')}; {best['name']} converts best "
                f"({share(best['lead_to_opportunity_rate'])} to opportunity)",
                "review_team_meeting__campaigns",
                table=Table(
                    ("Campaign", "Channel", "Leads, week", "Leads", "MQL rate", "To opportunity"),
                    [
                        [
                            row["name"] or row["campaign_id"],
                            row["channel"] or "",
                            count(row["leads_of_week"]),
                            count(row["leads"]),
                            share(row["mql_rate"]),
                            share(row["lead_to_opportunity_rate"]),
                        ]
                        for row in shown
                    ],
                    left=2,
                    hidden=hidden,
                ),
            )
        )
    return Page(tiles, sections)


def pipeline_review(data: Data, period: Period) -> Page:
    sources = data.rows(
        "select * from reviews.review_pipeline_review__sources where month_start = ? order by pipeline_created desc, "
        "leads desc, lead_source",
        period.start,
    )
    plan = data.rows(
        "select * from reviews.review_pipeline_review__plan where month_start = ? order by scoreboard_position nulls "
        "last, metric",
        period.start,
    )
    coming = data.rows(
        "select * from reviews.review_pipeline_review__next_campaigns where month_start = ? order by started_on, "
        "campaign_id",
        period.start,
    )
    if not sources:
        return Page()
    total = {
        name: sum(row[name] or 0 for row in sources)
        for name in ("leads", "opportunities", "pipeline_created", "revenue", "decided", "rejected", "customers")
    }
    tiles = [
        Tile("Pipeline created", data.money(total["pipeline_created"]), "", "pipeline_created"),
        Tile("Revenue", data.money(total["revenue"]), plural(total["customers"], "new customer"), "revenue"),
        Tile(
            "Leads",
            count(total["leads"]),
            f"{share(total['opportunities'] / total['leads']) if total['leads'] else '–'} have an opportunity",
            "lead_to_opportunity_rate",
        ),
        Tile(
            "Rejected by sales",
            share(total["rejected"] / total["decided"] if total["decided"] else None),
            f"of {count(total['decided'])} decisions",
            "rejection_rate",
        ),
    ]
    top = next((row for row in sources if row["lead_source"] != "no source"), sources[0])
    part = float(top["pipeline_created"]) / float(total["pipeline_created"]) if total["pipeline_created"] else None
    sections = [
        Section(
            f"{top['lead_source']} made {share(part)} of the pipeline" if part else "No pipeline was created",
            "review_pipeline_review__sources",
            charts.bars(
                bar_rows(sources[:12], "lead_source", "pipeline_created"),
                form="~s",
                axis=f"pipeline created, {data.currency}",
            )
            if part
            else None,
            Table(
                ("Source", "Leads", "MQL rate", "To opp.", "Rejected", "Pipeline", "Revenue"),
                [
                    [
                        row["lead_source"],
                        count(row["leads"]),
                        share(row["mql_rate"]),
                        share(row["lead_to_opportunity_rate"]),
                        share(row["rejection_rate"]),
                        data.money(row["pipeline_created"]),
                        data.money(row["revenue"]),
                    ]
                    for row in sources[:20]
                ],
                hidden=max(0, len(sources) - 20),
            ),
            "Leads and rates: created this month, converted by now. Rejected: decided this month. Revenue: closed "
            "this month.",
        )
    ]
    judged = [row for row in sources if row["decided"]]
    if judged:
        judged.sort(key=lambda row: (-(row["rejection_rate"] or 0), -row["decided"]))
        worst = judged[0]
        sections.append(
            Section(
                f"Sales says: {worst['lead_source']} is rejected most, {share(worst['rejection_rate'])} of "
                f"{worst['decided']}",
                "review_pipeline_review__sources",
                charts.bars(bar_rows(judged[:12], "lead_source", "rejection_rate"), form=".0%", axis="rejection rate"),
            )
        )
    if plan:
        measured = [row for row in plan if row["status"]]
        behind = [row for row in measured if row["status"] == "behind"]
        sections.append(
            Section(
                f"{len(behind)} of {len(measured)} targets are behind pace"
                if behind
                else f"All {len(measured)} targets are on pace",
                "review_pipeline_review__plan",
                table=Table(
                    ("Metric", "Status", "Actual", "Should be by now", "Target", "Attainment"),
                    [
                        [
                            row["label"],
                            (row["status"] or "not started").replace("_", " "),
                            figure(row["actual"], row["kind"], data.currency),
                            figure(row["paced_target"], row["kind"], data.currency),
                            figure(row["target"], row["kind"], data.currency),
                            share(row["attainment"]),
                        ]
                        for row in plan
                    ],
                    left=2,
                    links={row["label"]: row["metric"] for row in plan},
                ),
                note="What adds up is held against the target prorated by working days; where lower is better, "
                "attainment is target / actual.",
            )
        )
    shown, hidden = cut(coming, 15)
    sections.append(
        Section(
            f"Next: {plural(len(coming), 'campaign')} in the two months after"
            if coming
            else "No campaign is announced for the two months after",
            "review_pipeline_review__next_campaigns",
            table=Table(
                ("Campaign", "Channel", "Starts", "Ends"),
                [
                    [
                        row["name"] or row["campaign_id"],
                        row["channel"] or "",
                        day(row["started_on"]),
                        day(row["ended_on"]),
                    ]
                    for row in shown
                ],
                left=4,
                hidden=hidden,
            )
            if coming
            else None,
        )
    )
    return Page(tiles, sections)


def attribution_review(data: Data, period: Period) -> Page:
    credit = data.rows("select * from reviews.review_attribution__channels where month_start = ?", period.start)
    if not any(row["credited_amount"] for row in credit):
        return Page()
    sections, tiles = [], []
    for basis in ("revenue", "pipeline"):
        rows = [row for row in credit if row["basis"] == basis]
        if not any(row["credited_amount"] for row in rows):
            continue
        present = {row["model"] for row in rows}
        models = [model for model in MODELS if model in present] + sorted(present - set(MODELS))
        reference = "linear" if "linear" in models else models[0]
        by: dict[tuple[str, str], Row] = {(row["model"], row["channel"]): row for row in rows}
        channels = sorted(
            {row["channel"] for row in rows if row["credited_amount"]},
            key=lambda name: (-float(by.get((reference, name), {}).get("credited_amount") or 0), name),
        )
        total = sum(
            float(by[reference, channel]["credited_amount"]) for channel in channels if (reference, channel) in by
        )
        tiles.append(
            Tile(
                f"{basis.capitalize()} credited", data.money(total), "the same under every model", f"attributed_{basis}"
            )
        )
        channels.sort(key=lambda name: name == "unattributed")
        leader = next((name for name in channels if name not in ("direct", "unassigned", "unattributed")), channels[0])
        low, high = _spread(by, leader, models)
        shown_models = [model for model in models if model in MODELS][:8]
        named, rest = [name for name in channels if name != "unattributed"][:6], "all others"
        bars = [
            {
                "label": model.replace("_", " "),
                "series": channel if channel in named or channel == "unattributed" else rest,
                "value": float(by[model, channel]["credited_amount"]),
                "rank": named.index(channel) if channel in named else 8 if channel == "unattributed" else 7,
            }
            for model in shown_models
            for channel in sorted(channels, key=lambda name: name == "unattributed")
            if (model, channel) in by and by[model, channel]["credited_amount"]
        ]
        colors = dict(zip(named, charts.PALETTE, strict=False)) | {rest: "#9fb3c8", "unattributed": "#e4e7eb"}
        heads = [
            "Channel",
            *[model.replace("_", " ") for model in shown_models],
            *(["ROAS, linear"] if basis == "revenue" else []),
        ]
        table = [
            [channel, *[share(by.get((model, channel), {}).get("share")) for model in shown_models]]
            + ([decimal(by.get((reference, channel), {}).get("roas"))] if basis == "revenue" else [])
            for channel in channels[:12]
        ]
        sections.append(
            Section(
                f"{leader} made most {basis} of all marketing channels: {low} to {high} of it, by model",
                "review_attribution__channels",
                charts.stacked(bars, form="~s", axis=f"{basis} credited, {data.currency}", colors=colors),
                Table(heads, table, hidden=max(0, len(channels) - 12)),
            )
        )
    for what, column in (("campaigns", "campaign"), ("content", "content")):
        rows = data.rows(
            f"""select {column} as name, channel, sum(credited_amount) filter (where basis = 'revenue') as revenue,
                sum(credited_amount) filter (where basis = 'pipeline') as pipeline
            from reviews.review_attribution__{what}
            where month_start = ? and model = 'linear' and {column} is not null
            group by 1, 2 order by coalesce(revenue, 0) + coalesce(pipeline, 0) desc, 1, 2 limit 15""",
            period.start,
        )
        rows = [row for row in rows if row["name"] != "no campaign"]
        if rows:
            sections.append(
                Section(
                    f"Among {what}, {rows[0]['name']} made most",
                    f"review_attribution__{what}",
                    table=Table(
                        (column.capitalize(), "Channel", "Revenue", "Pipeline"),
                        [
                            [
                                row["name"],
                                row["channel"] or "",
                                data.money(row["revenue"] or 0),
                                data.money(row["pipeline"] or 0),
                            ]
                            for row in rows
                        ],
                        left=2,
                    ),
                    note="Linear model. Pipeline and revenue are different anchors of "
                    "the same deals: do not add them up.",
                )
            )
    return Page(tiles, sections)


def _spread(by: dict[tuple[str, str], Row], channel: str, models: Sequence[str]) -> tuple[str, str]:
    shares = [by.get((model, channel), {}).get("share") or 0 for model in models]
    return share(min(shares)), share(max(shares))


def threshold_review(data: Data, period: Period) -> Page:
    bands = data.rows(
        "select * from reviews.review_threshold_review__bands where month_start = ? order by version, score_band",
        period.start,
    )
    versions = data.rows(
        "select * from reviews.review_threshold_review__versions order by trained_at desc, version desc"
    )
    if not bands:
        return Page()
    champion = next((row for row in versions if row["status"] == "champion"), versions[0] if versions else None)
    version = (
        champion["version"]
        if champion and any(row["version"] == champion["version"] for row in bands)
        else bands[0]["version"]
    )
    mine = [row for row in bands if row["version"] == version]
    sections, tiles = [], []
    drift = max((row["psi"] for row in mine if row["psi"] is not None), default=None)
    if champion:
        tiles = [
            Tile("Agreed threshold", count(champion["agreed_threshold"]), "points, both teams"),
            Tile("Proposed threshold", count(champion["proposed_threshold"]), f"by scorecard {champion['version']}"),
            Tile("Drift (PSI)", plain(drift), drift_words(drift), tone="bad" if (drift or 0) > 0.25 else ""),
        ]
    best = max(mine, key=lambda row: row["conversion_rate"] or 0)
    sections.append(
        Section(
            f"Band {best['score_band']} converts best: {share(best['conversion_rate'])} of "
            f"{plural(best['leads'], 'lead')}",
            "review_threshold_review__bands",
            charts.bars(bar_rows(mine, "score_band", "conversion_rate"), form=".0%", axis="conversion rate"),
            Table(
                ("Version", "Band", "Leads", "Conversions", "Rate", "Lift"),
                [
                    [
                        row["version"],
                        row["score_band"],
                        count(row["leads"]),
                        count(row["conversions"]),
                        share(row["conversion_rate"]),
                        decimal(row["lift"]),
                    ]
                    for row in bands[:40]
                ],
                left=2,
                hidden=max(0, len(bands) - 40),
            ),
            "Leads of recent months may still convert.",
        )
    )
    thresholds = data.rows(
        "select * from reviews.review_threshold_review__thresholds where version = ? order by threshold", version
    )
    if thresholds:
        sections.append(_thresholds(thresholds))
    if versions:
        sections.append(
            Section(
                f"{plural(len(versions), 'scorecard version')}; the champion ranks with an AUC of "
                f"{plain(champion['auc'] if champion else None)}",
                "review_threshold_review__versions",
                table=Table(
                    ("Version", "Status", "Trained", "Leads", "Wins", "AUC", "Interval", "Proposes"),
                    [
                        [
                            row["version"],
                            row["status"] or "",
                            day(row["trained_at"]),
                            count(row["leads"]),
                            count(row["wins"]),
                            plain(row["auc"]),
                            f"{plain(row['auc_low'])} to {plain(row['auc_high'])}",
                            count(row["proposed_threshold"]),
                        ]
                        for row in versions[:12]
                    ],
                    left=3,
                    hidden=max(0, len(versions) - 12),
                ),
            )
        )
    return Page(tiles, sections)


def _thresholds(rows: list[Row]) -> Section:
    proposed = next((row for row in rows if row["is_proposed"]), None)
    title = "What each threshold would hand off in a month"
    if proposed:
        title = (
            f"From {count(proposed['threshold'])} points on, {count(proposed['leads_per_month'])} leads a month "
            f"keep {share(proposed['share_of_wins'])} of the wins"
        )
    marks = [" (proposed)" * bool(row["is_proposed"]) + " (agreed)" * bool(row["is_agreed"]) for row in rows]
    return Section(
        title,
        "review_threshold_review__thresholds",
        table=Table(
            ("Threshold", "Leads a month", "Opportunities", "Rejections", "Wins", "Win rate", "Share of wins"),
            [
                [
                    count(row["threshold"]) + mark,
                    count(row["leads_per_month"]),
                    decimal(row["opportunities_per_month"]),
                    decimal(row["rejections_per_month"]),
                    decimal(row["wins_per_month"]),
                    share(row["win_rate"]),
                    share(row["share_of_wins"]),
                ]
                for row, mark in zip(rows, marks, strict=True)
            ],
        ),
        note="Every threshold contains the leads of the higher ones.",
    )


def plain(value: Any) -> str:
    return "–" if value is None else f"{float(value):.2f}"


def drift_words(psi: float | None) -> str:
    if psi is None:
        return ""
    return "stable" if psi < 0.1 else "some drift" if psi <= 0.25 else "the leads have changed: retrain"


def win_loss(data: Data, period: Period) -> Page:
    segments = data.rows(
        "select * from reviews.review_win_loss__segments where quarter_start = ? order by won + lost desc, segment",
        period.start,
    )
    reasons = data.rows(
        "select * from reviews.review_win_loss__reasons where quarter_start = ? order by opportunities desc, leads "
        "desc, theme",
        period.start,
    )
    deals = data.rows(
        "select * from reviews.review_win_loss__deals where quarter_start = ? order by amount desc, opportunity_id",
        period.start,
    )
    whole = next((row for row in segments if row["dimension"] == "all"), None)
    if whole is None:
        return Page()
    tiles = [
        Tile("Win rate", share(whole["win_rate"]), f"{whole['won']} won, {whole['lost']} lost", "win_rate"),
        Tile("Won", data.money(whole["won_amount"]), "new business", "revenue"),
        Tile("Median cycle", days(whole["median_cycle_days"]), "won and lost", "sales_cycle_days"),
        Tile(
            "Touches before a win",
            decimal(whole["mean_touches_won"]),
            f"{decimal(whole['mean_touches_lost'])} before a loss",
        ),
    ]
    sections = []
    lost_to = [row for row in reasons if row["opportunities"]]
    if lost_to:
        top = lost_to[0]
        sections.append(
            Section(
                f"{top['theme']} is named in {plural(top['opportunities'], 'lost deal')} worth "
                f"{data.money(top['amount'])}",
                "review_win_loss__reasons",
                charts.bars(bar_rows(lost_to[:10], "theme", "opportunities"), form="d", axis="lost deals"),
                Table(
                    ("Theme", "Named as", "Lost deals", "Amount"),
                    [
                        [
                            row["theme"],
                            row["theme_types"].replace("_", " "),
                            count(row["opportunities"]),
                            data.money(row["amount"]),
                        ]
                        for row in lost_to[:15]
                    ],
                    left=2,
                    hidden=max(0, len(lost_to) - 15),
                ),
                "A deal can be named under its reason and its competitor.",
            )
        )
    for dimension in ("entry channel", "company size", "industry", "country"):
        rows = [row for row in segments if row["dimension"] == dimension]
        firm = [row for row in rows if row["won"] + row["lost"] >= 5] or rows
        if not rows:
            continue
        best = max(firm, key=lambda row: (row["win_rate"] or 0, row["won"]))
        is_charted = dimension == "entry channel"
        sections.append(
            Section(
                f"By {dimension}, {best['segment']} wins most often: {share(best['win_rate'])}",
                "review_win_loss__segments",
                charts.bars(bar_rows(rows[:10], "segment", "win_rate"), form=".0%", axis="win rate")
                if is_charted
                else None,
                Table(
                    (dimension.capitalize(), "Won", "Lost", "Win rate", "Won amount", "Cycle"),
                    [
                        [
                            row["segment"],
                            count(row["won"]),
                            count(row["lost"]),
                            share(row["win_rate"]),
                            data.money(row["won_amount"]),
                            days(row["median_cycle_days"]),
                        ]
                        for row in rows[:10]
                    ],
                    hidden=max(0, len(rows) - 10),
                ),
            )
        )
    shown, hidden = cut(deals, 20)
    sections.append(
        Section(
            "The largest deals, with what came before them",
            "review_win_loss__deals",
            table=Table(
                ("Company", "Outcome", "Entry", "Last content", "Reason, competitor", "Touches", "Cycle", "Amount"),
                [
                    [
                        row["account_name"] or row["name"] or row["opportunity_id"],
                        row["outcome"],
                        row["entry_channel"] or "no touch",
                        row["last_content"] or "",
                        ", ".join(filter(None, (row["loss_reason"], row["competitor"]))),
                        count(row["touches"]),
                        days(row["opportunity_cycle_days"]),
                        data.money(row["amount"]),
                    ]
                    for row in shown
                ],
                left=5,
                hidden=hidden,
            ),
        )
    )
    return Page(tiles, sections)


def business_review(data: Data, period: Period) -> Page:
    board = data.rows(
        "select * from reviews.review_business_review__scoreboard where quarter_start = ? order by position, "
        "month_start",
        period.start,
    )
    if not any(row["value"] for row in board):
        return Page()
    history = data.rows(
        "select * from reviews.review_business_review__scoreboard where metric = 'shared_revenue' and month_start < ? "
        "order by month_start desc limit 18",
        period.end,
    )
    icp = data.rows(
        "select * from reviews.review_business_review__icp where quarter_start = ? order by leads desc", period.start
    )
    audit = data.rows(
        "select * from reviews.review_business_review__audit where quarter_start = ? order by array_position(['mql', "
        "'sql', 'sales_ready'], stage)",
        period.start,
    )
    blockers = data.rows(
        "select * from reviews.review_business_review__blockers where quarter_start = ? order by cases desc, blocker",
        period.start,
    )
    months = sorted({row["month_start"] for row in board})
    revenue = sum(row["value"] or 0 for row in board if row["metric"] == "shared_revenue")
    target = sum(row["target"] or 0 for row in board if row["metric"] == "shared_revenue")
    judged = [row for row in board if row["status"]]
    ahead = sum(row["status"] != "behind" for row in judged)
    tiles = [
        Tile(
            "Shared revenue",
            data.money(revenue),
            f"target {data.money(target)}" if target else "no target",
            "shared_revenue",
            "" if not target else "good" if revenue >= target else "bad",
        ),
        Tile("Targets met or paced", f"{ahead} of {len(judged)}", "months and metrics together", "plan_attainment"),
    ]
    marks = {"ahead": " ▲", "behind": " ▼", "on_plan": " ■", None: ""}
    labels: dict[str, Row] = {}
    for row in board:
        labels.setdefault(row["metric"], row)
    by = {(row["metric"], row["month_start"]): row for row in board}
    table = [
        [
            first["label"],
            *[
                figure(by[metric, month]["value"], first["kind"], data.currency)
                + marks[by[metric, month]["status"]]
                + ("" if by[metric, month]["is_mature"] else " *")
                if (metric, month) in by
                else "–"
                for month in months
            ],
        ]
        for metric, first in labels.items()
    ]
    curve = [
        {
            "day": row["month_start"],
            "value": float(row["value"] or 0),
            "series": "shared revenue",
            "target": row["target"],
        }
        for row in reversed(history)
    ]
    sections = [
        Section(
            f"Shared revenue reached {share(revenue / target)} of its target"
            if target
            else f"Shared revenue came to {data.money(revenue)}",
            "review_business_review__scoreboard",
            charts.lines(curve, form="~s", axis=f"{data.currency} a month (dashed: target)"),
            Table(
                ("Scoreboard", *[f"{month:%b %Y}" for month in months]),
                table,
                links={first["label"]: metric for metric, first in labels.items()},
            ),
            "▲ ahead of plan, ▼ behind, ■ on plan. * cohort younger than the maturity window: still growing. Both "
            "teams own every row.",
        )
    ]
    restated = [
        row
        for row in board
        if row["value_first_shown"] is not None
        and row["value"] is not None
        and abs(row["value"] - row["value_first_shown"]) > 1e-9
    ]
    if restated:
        sections.append(
            Section(
                f"{plural(len(restated), 'figure')} changed since first shown: late data restated them",
                "review_business_review__scoreboard",
                table=Table(
                    ("Metric", "Month", "First shown", "Shown on", "Now"),
                    [
                        [
                            row["label"],
                            f"{row['month_start']:%b %Y}",
                            figure(row["value_first_shown"], row["kind"], data.currency),
                            day(row["first_shown_on"]),
                            figure(row["value"], row["kind"], data.currency),
                        ]
                        for row in restated
                    ],
                    left=2,
                ),
            )
        )
    if blockers:
        sections.append(
            Section(
                f"Biggest blocker: {blockers[0]['blocker'][:1].lower() + blockers[0]['blocker'][1:]} "
                f"({plural(blockers[0]['cases'], 'lead')})",
                "review_business_review__blockers",
                charts.bars(bar_rows(blockers, "blocker", "cases"), form="d", axis="leads"),
            )
        )
    inside = next((row for row in icp if row["icp_fit"] == "inside"), None)
    outside = next((row for row in icp if row["icp_fit"] == "outside"), None)
    if icp:
        title = "No lead of the quarter is known to be inside the ICP"
        if inside:
            title = f"Inside the ICP {share(inside['lead_to_opportunity_rate'])} of leads became opportunities"
            title += f", outside {share(outside['lead_to_opportunity_rate'])}" if outside else ""
        sections.append(
            Section(
                title,
                "review_business_review__icp",
                table=Table(
                    ("ICP fit", "Leads", "MQLs", "To opportunity", "Customers", "To customer"),
                    [
                        [
                            row["icp_fit"],
                            count(row["leads"]),
                            count(row["mqls"]),
                            share(row["lead_to_opportunity_rate"]),
                            count(row["customers"]),
                            share(row["customer_acquisition_rate"]),
                        ]
                        for row in icp
                    ],
                ),
            )
        )
    if audit:
        worst = min(audit, key=lambda row: 1.0 if row["agreement"] is None else row["agreement"])
        sections.append(
            Section(
                f"The CRM and the agreed definition differ most on {worst['stage'].replace('_', '-')}: "
                f"{share(worst['agreement'])} agree"
                if worst["agreement"] is not None
                else "No stage was reached",
                "review_business_review__audit",
                table=Table(
                    ("Stage", "Both", "CRM only", "Definition only", "Agreement"),
                    [
                        [
                            row["stage"].replace("_", "-"),
                            count(row["agreed_and_crm"]),
                            count(row["crm_only"]),
                            count(row["definition_only"]),
                            share(row["agreement"]),
                        ]
                        for row in audit
                    ],
                ),
                note="A stage without criteria takes the CRM's word and agrees by construction.",
            )
        )
    return Page(tiles, sections)


@dataclass(frozen=True)
class Report:
    """A page of the rhythm: what it is called, how often it is due, what it answers, and what it says."""

    name: str
    title: str
    kind: str
    answers: str
    write: Callable[[Data, Period], Page]


REPORTS = (
    Report(
        "rejection-report",
        "Rejection report",
        "week",
        "Rejection rate by source, campaign and reason, against the four weeks before.",
        rejection_report,
    ),
    Report(
        "lead-review",
        "Lead review",
        "week",
        "What was handed off, what happened to each, who waits past the SLA.",
        lead_review,
    ),
    Report(
        "team-meeting",
        "Team meeting",
        "week",
        "Leads and wins of the week, blockers, running campaigns with their conversion.",
        team_meeting,
    ),
    Report(
        "pipeline-review",
        "Pipeline review",
        "month",
        "What entered and from where, what converted, what sales says of quality, plan pacing, next campaigns.",
        pipeline_review,
    ),
    Report(
        "attribution",
        "Attribution review",
        "month",
        "Which campaigns, content and channels made pipeline and revenue, models side by side.",
        attribution_review,
    ),
    Report(
        "threshold-review",
        "Threshold review",
        "month",
        "Conversion by score band, the proposed threshold, drift.",
        threshold_review,
    ),
    Report(
        "win-loss",
        "Win/loss review",
        "quarter",
        "Won and lost deals: touches, content, entry point, reasons, competitors, cycle, by segment.",
        win_loss,
    ),
    Report(
        "business-review",
        "Business review",
        "quarter",
        "The shared scoreboard against plan, blockers, ICP performance, definition audit.",
        business_review,
    ),
)
