"""What the weekly pages say: rejection report, lead review, team meeting. From the published review tables, and for
whether stuck deals can be told from the deals and their stages."""

from collections import Counter, defaultdict

from reviews import charts
from reviews.parts import (
    ENOUGH,
    Column,
    Data,
    Page,
    Period,
    Row,
    Section,
    Tile,
    bar_rows,
    biggest_blocker,
    company,
    named,
    table,
    told_apart,
)
from reviews.wording import NOTHING, amount, change, count, days, decimal, hours, plural, share

OUTCOMES = {
    "won": "#14532d",
    "opportunity": "#2a7d4f",
    "accepted": "#7fb894",
    "answered, undecided": "#9fb3c8",
    "handed off again": "#b7a6c9",
    "waiting": "#d9dee4",
    "waiting past the SLA": "#d08a1d",
    "rejected": "#b4462f",
}
FOUR_WEEKS_HOURS = 28 * 24


def rejection_report(data: Data, period: Period) -> Page:
    rates = data.of("rejection_report__rates", period, "rejected desc, rejection_rate desc, value, campaign_id")
    whole = next((row for row in rates if row["dimension"] == "all"), None)
    if whole is None:
        return Page()
    moved = change(whole["rejection_rate"], whole["rejection_rate_before"])
    if not whole["decided"]:
        moved = f"no decision; {share(whole['rejection_rate_before'])}"
    tone = "bad" if moved.startswith("up") else "good" if moved.startswith("down") else ""
    tiles = [
        Tile(
            "Rejection rate",
            share(whole["rejection_rate"]),
            f"{moved} in the four weeks before" if moved.startswith(("up", "down", "no")) else moved,
            "rejection_rate",
            tone if whole["decided"] >= ENOUGH else "",
        ),
        Tile("Rejected", count(whole["rejected"]), f"of {plural(whole['decided'], 'decision')}", "rejection_rate"),
    ]
    sections = [
        _rejections(noun, told_apart((row for row in rates if row["dimension"] == noun), "value"))
        for noun in ("source", "reason", "campaign")
        if any(row["rejected"] for row in rates if row["dimension"] == noun)
    ]
    if not whole["rejected"]:
        title = "Nothing was rejected" if whole["decided"] else "Nothing was decided"
        sections.append(Section(title, "review_rejection_report__rates"))
    unexplained = told_apart(
        data.of("rejection_report__unexplained", period, "missing + unmapped desc, owner_name, owner_id"),
        "owner_name",
        of="owner_id",
    )
    if unexplained:
        total = sum(row["missing"] + row["unmapped"] for row in unexplained)
        sections.append(
            Section(
                f"{plural(total, 'rejection')} without an agreed reason: marketing cannot learn from them",
                "review_rejection_report__unexplained",
                table=table(
                    unexplained,
                    Column("Owner", "owner_name"),
                    Column("Rejected", "rejected", count),
                    Column("No reason", "missing", count),
                    Column("Reason not in the list", "unmapped", count),
                ),
            )
        )
    return Page(tiles, sections)


def _rejections(noun: str, rows: list[Row]) -> Section:
    """Rejections cut by source, reason or campaign, this week against the four weeks before."""
    rejecting = [row for row in rows if row["rejected"]]
    of_some = [row for row in rejecting if row["value"] not in ("no campaign", "no source")]
    top, *others = of_some or rejecting
    equal = 1 + sum(row["rejected"] == top["rejected"] for row in others)
    moved = change(top["rejection_rate"], top["rejection_rate_before"])
    since = f", {moved}" if moved else ""
    if equal > 1:
        title = f"{equal} {noun}s have the most rejections: {top['rejected']} each"
    elif noun == "reason":
        title = f"Most frequent reason: {named(top['value'])}, {share(top['rejection_rate'])} of decisions{since}"
    else:
        counts = f"{top['rejected']} of {top['decided']} ({share(top['rejection_rate'])}{since})"
        title = f"Most rejections by {noun}: {top['value']}, {counts}"
        if top["value"] in ("no campaign", "no source"):
            title = f"All rejections are of leads without {noun}: {counts}"
    spelled = named if noun == "reason" else str
    return Section(
        title,
        "review_rejection_report__rates",
        charts.bars(
            bar_rows(rows[:12], "value", "rejection_rate", "rejection_rate_before", spelled),
            form="~%",
            axis="rejection rate",
            before="four weeks before",
        )
        if noun != "campaign"
        else None,
        table(
            rows,
            Column(noun.capitalize(), lambda row: spelled(row["value"])),
            Column("Rejected", "rejected", count),
            Column("Decided", "decided", count),
            Column("Rate", "rejection_rate", share, "rejection_rate"),
            Column("Rate before", "rejection_rate_before", share),
            shown=12,
            at_most=100,
        ),
        "A reason's rate is its share of all decisions of the week." if noun == "reason" else "",
    )


def lead_review(data: Data, period: Period) -> Page:
    handoffs = data.of("lead_review__handoffs", period, "handed_off_at, lead_id, handoff_number")
    teams = data.of("lead_review__teams", period, "handed_off desc, team")
    waiting = told_apart(data.now("lead_review__waiting", "waiting_hours desc, lead_id"), "owner_name", of="owner_id")
    if not handoffs and not waiting:
        return Page()
    whole = next((row for row in teams if row["is_all_teams"]), None)
    tiles = []
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
    sections = []
    if handoffs:
        sections.append(_handoffs(handoffs))
        named_teams = [row for row in teams if not row["is_all_teams"]]
        if named_teams:
            sections.append(_teams(named_teams))
    else:
        sections.append(Section("No lead was handed off", "review_lead_review__handoffs"))
    if data.is_newest:
        sections.insert(0 if waiting else len(sections), _waiting(waiting))
    return Page(tiles, sections)


def _handoffs(handoffs: list[Row]) -> Section:
    """What was handed off, and what happened to each."""
    by_source: dict[str, Counter[str]] = defaultdict(Counter)
    for row in handoffs:
        by_source[row["lead_source"]][row["outcome"]] += 1
    sources = sorted(by_source, key=lambda name: (-by_source[name].total(), name))[:12]
    bars = [
        {"label": source, "series": outcome, "value": by_source[source][outcome], "rank": rank}
        for source in sources
        for rank, outcome in enumerate(OUTCOMES)
        if by_source[source][outcome]
    ]
    good = sum(row["outcome"] in ("won", "opportunity", "accepted") for row in handoffs)

    def outcome(row: Row) -> str:
        is_explained = row["outcome"] == "rejected" and row["rejection_reason"]
        return row["outcome"] + (f" ({named(row['rejection_reason'])})" if is_explained else "")

    return Section(
        f"{good} of {plural(len(handoffs), 'handoff')} accepted or further by now",
        "review_lead_review__handoffs",
        charts.stacked(bars, form="d", axis="handoffs", colors=OUTCOMES),
        table(
            handoffs,
            Column("Company", company),
            Column("Source", "lead_source"),
            Column("Owner", "owner_name"),
            Column("Outcome", outcome),
            Column("Response", "response_hours", hours, "speed_to_follow_up"),
            shown=15,
            at_most=500,
        ),
    )


def _teams(teams: list[Row]) -> Section:
    judged = [row for row in teams if row["sla_attainment"] is not None]
    slowest = min((row["sla_attainment"] for row in judged), default=None)
    slow = [row["team"] for row in judged if row["sla_attainment"] == slowest]
    title = "No service level can be judged yet"
    if slow:
        who = f"{slow[0]} answers" if len(slow) == 1 else f"{len(slow)} of {plural(len(judged), 'team')} answer"
        title = f"{who} {share(slowest)} within the SLA"
    return Section(
        title,
        "review_lead_review__teams",
        table=table(
            teams,
            Column("Team", "team"),
            Column("Handed off", "handed_off", count),
            Column("Answered", "answered", count),
            Column("Late", "late", count),
            Column("Within SLA", "sla_attainment", share, "sla_attainment"),
            Column("Median", "median_response_hours", hours, "speed_to_follow_up"),
        ),
    )


def _waiting(waiting: list[Row]) -> Section:
    """Who waits past the SLA as of now: those of the last four weeks first, the best scored on top."""
    asset = "review_lead_review__waiting"
    if not waiting:
        return Section("Nobody waits past the SLA right now", asset)
    recent = [row for row in waiting if row["waiting_hours"] <= FOUR_WEEKS_HOURS]
    waiting.sort(key=lambda row: (row["waiting_hours"] > FOUR_WEEKS_HOURS, -(row["score"] or 0), row["waiting_hours"]))
    owners = Counter(row["owner_name"] for row in waiting)
    most = sorted(owners, key=lambda name: (-owners[name], name))[:10]
    return Section(
        f"{plural(len(waiting), 'lead')} past the SLA without an answer right now, "
        f"{len(recent):,} handed off in the last four weeks",
        asset,
        charts.bars(
            [{"label": name, "value": owners[name]} for name in most], form="d", axis="leads past the SLA, by owner"
        ),
        table(
            waiting,
            Column("Company", company),
            Column("Owner", "owner_name"),
            Column("Score", "score", count),
            Column("Waiting", "waiting_hours", hours),
            Column("Next step", "next_step"),
            shown=15,
            at_most=100,
        ),
        "Those of the last four weeks first, highest score on top.",
    )


def team_meeting(data: Data, period: Period) -> Page:
    week = data.of("team_meeting__week", period, "leads desc, wins desc, lead_source")
    wins = data.rows(
        "select * from reviews.review_win_loss__deals where outcome = 'won' and closed_on >= ? and closed_on < ? "
        "order by amount desc, opportunity_id",
        period.start,
        period.end,
    )
    stuck = data.now("team_meeting__stuck_deals", "amount desc, opportunity_id")
    blockers = data.of("team_meeting__blockers", period, "cases desc, blocker")
    running = data.of("team_meeting__campaigns", period, "leads_of_week desc, leads desc, campaign_id")
    campaigns = told_apart(running, "name")
    if not (week or wins or stuck or blockers or campaigns):
        return Page()
    leads, won = sum(row["leads"] for row in week), sum(row["wins"] for row in week)
    before = sum(row["mean_leads_before"] for row in week)
    revenue = data.money(sum(row["revenue"] for row in week))
    tiles = [
        Tile("Leads", count(leads), f"{decimal(before)} a week in the four before", "leads"),
        Tile("Deals won", count(won), f"{revenue}, {len(wins):,} of them new business", "revenue"),
    ]
    is_stuck_known = bool(stuck) or (data.is_newest and _is_a_median_known(data))
    if data.is_newest:
        worth = data.money(sum(row["amount"] for row in stuck))
        tiles.append(
            Tile("Stuck deals", count(len(stuck)), f"worth {worth}, right now", tone="bad" if stuck else "")
            if is_stuck_known
            else Tile("Stuck deals", NOTHING, "their stages have no median yet")
        )
    sections = []
    if week:
        top = week[0]
        sections.append(
            Section(
                f"{top['lead_source']} brought {plural(top['leads'], 'lead')} of {leads:,}"
                if leads
                else "No lead came in",
                "review_team_meeting__week",
                charts.bars(
                    bar_rows(week[:12], "lead_source", "leads", "mean_leads_before"),
                    form="d",
                    axis="leads",
                    before="mean of four weeks before",
                ),
                table(
                    week,
                    Column("Source", "lead_source"),
                    Column("Leads", "leads", count, "leads"),
                    Column("Leads before", "mean_leads_before", decimal),
                    Column("Wins", "wins", count),
                    Column(data.head("Revenue"), "revenue", amount, "revenue"),
                    shown=12,
                    at_most=100,
                ),
            )
        )
    if wins:
        sections.append(
            Section(
                f"{plural(len(wins), 'new-business deal')} won, the largest by {company(wins[0])}",
                "review_win_loss__deals",
                table=table(
                    wins,
                    Column("Company", company),
                    Column("Source", "lead_source"),
                    Column("Entry", lambda row: named(row["entry_channel"]) or "no touch"),
                    Column("Cycle", "opportunity_cycle_days", days, "sales_cycle_days"),
                    Column(data.head("Amount"), "amount", amount),
                    shown=10,
                    at_most=200,
                ),
            )
        )
    if data.is_newest:
        sections.append(_stuck(data, stuck, is_known=is_stuck_known))
    if blockers:
        sections.append(biggest_blocker(blockers, "review_team_meeting__blockers", " of the week"))
    if campaigns:
        sections.append(_campaigns(campaigns))
    return Page(tiles, sections)


def _is_a_median_known(data: Data) -> bool:
    """Whether an open deal stands in a stage that some deal has left by now, or no deal is open. Else that none is
    stuck is not known."""
    (found,) = data.rows(
        """select
            count(*) = 0 or coalesce(bool_or(stage in (
                select stage from core.fct_opportunity_stage_event
                where exited_at <= (select max(as_of) from metrics.build_info)
            )), false) as is_known
        from core.fct_opportunity
        where not is_closed"""
    )
    return bool(found["is_known"])


def _stuck(data: Data, stuck: list[Row], *, is_known: bool) -> Section:
    worth = data.money(sum(row["amount"] for row in stuck))
    if stuck:
        been = "has been in its" if len(stuck) == 1 else "have been in their"
        title = f"{plural(len(stuck), 'deal')} worth {worth} {been} stage longer than its median"
    elif is_known:
        title = "No deal has been in its stage longer than the stage's median"
    else:
        title = "Which deals are stuck is not known: their stages have no median yet"
    return Section(
        title,
        "review_team_meeting__stuck_deals",
        table=table(
            stuck,
            Column("Company", company),
            Column("Owner", "owner_name"),
            Column("Stage", lambda row: named(row["stage"])),
            Column("In stage", "days_in_stage", days),
            Column("Median", "median_stage_days", days),
            Column(data.head("Amount"), "amount", amount),
            shown=15,
            at_most=200,
        )
        if stuck
        else None,
        note="As of now, by the median of all finished stays in the stage; a stage that no deal has left has none.",
    )


def _campaigns(campaigns: list[Row]) -> Section:
    """Running campaigns, so that sales knows them; the best is one with enough leads to tell."""
    firm = [row for row in campaigns if row["leads"] >= ENOUGH]
    highest = max((row["lead_to_opportunity_rate"] or 0 for row in firm), default=0)
    best = [row["name"] for row in firm if row["lead_to_opportunity_rate"] == highest]
    title = f"{plural(len(campaigns), 'running campaign')}"
    if highest and len(best) == 1:
        title += f"; {best[0]} converts best, {share(highest)} to opportunity"
    return Section(
        title,
        "review_team_meeting__campaigns",
        table=table(
            campaigns,
            Column("Campaign", "name"),
            Column("Channel", lambda row: named(row["channel"])),
            Column("Leads, week", "leads_of_week", count),
            Column("Leads", "leads", count, "leads"),
            Column("MQL rate", "mql_rate", share, "mql_rate"),
            Column("To opportunity", "lead_to_opportunity_rate", share, "lead_to_opportunity_rate"),
            shown=15,
            at_most=100,
        ),
        note=f"The heading compares campaigns of at least {ENOUGH} leads." if 0 < len(firm) < len(campaigns) else "",
    )
