"""What the quarterly pages say: win/loss and business review. From the published review tables alone."""

from collections.abc import Callable
from datetime import date

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
)
from reviews.wording import NOTHING, amount, count, day, days, decimal, plural, share

# A segment with fewer closed deals wins or loses by chance.
FIRM = 5
# So many deals of a quarter are on its page, the largest first.
DEALS = 200
# Segments of deals of which the industry, size, country or channel is not known.
NAMELESS = ("unknown", "no touch", "unassigned")
MARKS = {"ahead": " ▲", "behind": " ▼", "on_plan": " ■", None: ""}


def win_loss(data: Data, period: Period) -> Page:
    segments = data.of("win_loss__segments", period, "won + lost desc, segment")
    reasons = data.of("win_loss__reasons", period, "opportunities desc, leads desc, theme")
    contents = data.of("win_loss__content", period, "won + lost desc, content")
    deals = data.first_of("win_loss__deals", period, "amount desc, opportunity_id", DEALS)
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
            "touches_before_close",
        ),
    ]
    sections = []
    lost_to = [row for row in reasons if row["opportunities"]]
    if lost_to:
        sections.append(_reasons(data, lost_to))
    for dimension in ("entry channel", "company size", "industry", "country"):
        rows = [row for row in segments if row["dimension"] == dimension]
        if rows:
            sections.append(_segment(data, dimension, rows))
    if contents:
        sections.append(_content(contents))
    sections.append(
        Section(
            f"The largest deal, {company(deals[0])}, was {deals[0]['outcome']} after "
            f"{plural(deals[0]['touches'], 'touch', 'touches')}",
            "review_win_loss__deals",
            table=table(
                deals,
                Column("Company", company),
                Column("Outcome", "outcome"),
                Column("Entry", lambda row: named(row["entry_channel"]) or "no touch"),
                Column("Content", _contents),
                Column("Reason, competitor", _lost_to),
                Column("Touches", "touches", count),
                Column("Cycle", "opportunity_cycle_days", days, "sales_cycle_days"),
                Column(data.head("Amount"), "amount", amount),
                shown=15,
                at_most=DEALS,
            ),
            note="Touches and content until the deal was created: content of the first and of the last touch.",
        )
    )  # fmt: skip
    return Page(tiles, sections)


def _contents(row: Row) -> str:
    return ", ".join(dict.fromkeys(filter(None, (row["entry_content"], row["last_content"]))))


def _lost_to(row: Row) -> str:
    return ", ".join(filter(None, (row["loss_reason"], row["competitor"])))


def _reasons(data: Data, lost_to: list[Row]) -> Section:
    top = lost_to[0]
    return Section(
        f"{top['theme']} is named in {plural(top['opportunities'], 'lost deal')} worth {data.money(top['amount'])}",
        "review_win_loss__reasons",
        charts.bars(bar_rows(lost_to[:10], "theme", "opportunities"), form="d", axis="lost deals"),
        table(
            lost_to,
            Column("Theme", "theme"),
            Column("Named as", lambda row: named(row["theme_types"])),
            Column("Lost deals", "opportunities", count),
            Column(data.head("Amount"), "amount", amount),
            shown=10,
            at_most=100,
        ),
        "All deals, renewals too, and what leads said. A deal can be named under its reason and its competitor.",
    )


def _segment(data: Data, dimension: str, rows: list[Row]) -> Section:
    known = [row for row in rows if row["segment"] not in NAMELESS]
    firm = [row for row in known if row["won"] + row["lost"] >= FIRM]
    best = max(firm, key=lambda row: (row["win_rate"] or 0, row["won"]), default=None)
    spelled = named if dimension == "entry channel" else str
    if not any(row["won"] for row in rows):
        title = f"By {dimension}: no deal was won"
    elif not known:
        title = f"By {dimension}: not known of any deal"
    elif not best:
        title = f"By {dimension}: none has the {FIRM} closed deals that a comparison takes"
    elif len(firm) == 1:
        title = f"By {dimension}: only {spelled(best['segment'])} has the {FIRM} closed deals that a comparison takes"
    elif not best["won"]:
        title = f"By {dimension}: no {dimension} of at least {FIRM} deals won any"
    else:
        title = f"By {dimension}, {spelled(best['segment'])} wins most often: {share(best['win_rate'])}"
    return Section(
        title,
        "review_win_loss__segments",
        charts.bars(bar_rows(rows[:12], "segment", "win_rate", spelled=spelled), form="~%", axis="win rate"),
        table(
            rows,
            Column(dimension.capitalize(), lambda row: spelled(row["segment"])),
            Column("Won", "won", count),
            Column("Lost", "lost", count),
            Column("Win rate", "win_rate", share, "win_rate"),
            Column(data.head("Won"), "won_amount", amount),
            Column("Cycle", "median_cycle_days", days, "sales_cycle_days"),
            shown=12,
            at_most=100,
        ),
        f"The heading compares known segments of at least {FIRM} deals."
        if 1 < len(firm) < len(rows) and best and best["won"]
        else "",
    )


def _content(contents: list[Row]) -> Section:
    firm = [row for row in contents if row["won"] + row["lost"] >= FIRM]
    best = max(
        firm, key=lambda row: ((row["share_of_won"] or 0) - (row["share_of_lost"] or 0), row["content"]), default=None
    )
    if not best:
        title = f"What stands before the close: no content has the {FIRM} deals that a comparison takes"
    elif (best["share_of_won"] or 0) > (best["share_of_lost"] or 0):
        title = f"{best['content']} stands before {share(best['share_of_won'])} of the won deals and only "
        title += f"{share(best['share_of_lost'])} of the lost ones"
    else:
        title = "No content stands before more of the won deals than of the lost ones"
    return Section(
        title,
        "review_win_loss__content",
        table=table(
            contents,
            Column("Content", "content"),
            Column("Before won", "won", count),
            Column("Before lost", "lost", count),
            Column("Of all won", "share_of_won", share),
            Column("Of all lost", "share_of_lost", share),
            shown=12,
            at_most=100,
        ),
        note="Any touch before the close counts; several contents can stand before one deal. All deals, renewals too.",
    )


def business_review(data: Data, period: Period) -> Page:
    quarter = data.of("business_review__quarter", period, "position")
    months = data.of("business_review__scoreboard", period, "position, month_start")
    icp = data.of("business_review__icp", period, "array_position(['inside', 'outside', 'unknown'], icp_fit)")
    blockers = data.of("business_review__blockers", period, "cases desc, blocker")
    asset = "review_business_review__blockers"
    if not icp and not blockers and not any(row["value"] for row in quarter):
        return Page()
    shared = next((row for row in quarter if row["metric"] == "shared_revenue"), None)
    if shared is None:
        # no lead or deal has come yet, but some are held
        return Page(sections=[biggest_blocker(blockers, asset)] if blockers else [])
    history = data.rows(
        "select * from reviews.review_business_review__scoreboard where metric = 'shared_revenue' and month_start < ? "
        "order by month_start desc limit 18",
        period.end,
    )
    target, paced = shared["target"], shared["paced_target"]
    judged = [row for row in quarter if row["status"]]
    ahead = sum(row["status"] != "behind" for row in judged)
    tones = {"behind": "bad", "ahead": "good", "on_plan": "good"}
    tiles = [
        Tile(
            "Shared revenue",
            data.money(shared["value"]),
            f"target {data.money(target)}" if target else "no target",
            "shared_revenue",
            tones.get(shared["status"], ""),
        ),
        Tile(
            "Targets met or paced",
            f"{ahead} of {len(judged)}" if judged else NOTHING,
            "of the scoreboard" if judged else "no target to judge by",
            "plan_attainment",
        ),
    ]
    curve = [
        {"day": row["month_start"], "value": float(row["value"] or 0), "series": "shared revenue",
         "target": row["target"], "is_open": period.is_open and row is history[0]}
        for row in reversed(history)
    ]  # fmt: skip
    dashed = " (dashed: target)" if any(row["target"] is not None for row in curve) else ""
    if not target or shared["attainment"] is None:
        title = f"Shared revenue came to {data.money(shared['value'])}"
    elif period.is_open and paced:
        title = f"Shared revenue stands at {share(shared['value'] / paced)} of where the plan is by now"
    else:
        title = f"Shared revenue reached {share(shared['value'] / target)} of its target"
    sections = [
        Section(
            title,
            "review_business_review__quarter",
            charts.lines(curve, form="~s", axis=f"{data.currency} a month{dashed}"),
            table(
                quarter,
                Column("Scoreboard", "label"),
                Column("Quarter", lambda row: _shown(data, row), str),
                Column("Target", lambda row: data.figure(row, "target"), str),
                Column("Attainment", "attainment", share, "plan_attainment"),
                Column("Quarter before", lambda row: data.figure(row, "prior"), str),
                links={row["label"]: row["metric"] for row in quarter},
            ),
            ("Circle: the month under way. " if period.is_open else "")
            + "▲ ahead of plan, ▼ behind, ■ on plan. * cohort younger than the maturity window: still growing. Both "
            "teams own every row.",
        ),
        _by_month(data, months),
    ]
    restated = [
        row
        for row in months
        if row["value_first_shown"] is not None
        and row["value"] is not None
        and abs(row["value"] - row["value_first_shown"]) > 1e-9
    ]
    if restated:
        sections.append(
            Section(
                f"{plural(len(restated), 'figure')} changed since first shown: leads and deals went on, or late data "
                "restated them",
                "review_business_review__scoreboard",
                table=table(
                    restated,
                    Column("Metric", "label"),
                    Column("Month", lambda row: f"{row['month_start']:%b %Y}"),
                    Column("First shown", lambda row: data.figure(row, "value_first_shown"), str),
                    Column("Shown on", "first_shown_on", day),
                    Column("Now", lambda row: data.figure(row, "value"), str),
                    at_most=100,
                ),
            )
        )
    if blockers:
        sections.append(biggest_blocker(blockers, asset))
    if icp:
        sections.append(_icp(icp))
    audit = data.of("business_review__audit", period, "array_position(['mql', 'sql', 'sales_ready'], stage)")
    if audit:
        sections.append(_audit(audit))
    return Page(tiles, sections)


def _shown(data: Data, row: Row) -> str:
    return data.figure(row, "value") + MARKS[row["status"]] + ("" if row["is_mature"] else " *")


def _by_month(data: Data, rows: list[Row]) -> Section:
    months = sorted({row["month_start"] for row in rows})
    by = {(row["metric"], row["month_start"]): row for row in rows}
    labels = {row["metric"]: row["label"] for row in rows}
    behind = sum(row["status"] == "behind" for row in rows)
    judged = sum(row["status"] is not None for row in rows)

    def of(month: date) -> Callable[[Row], str]:
        return lambda row: _shown(data, by[row["metric"], month]) if (row["metric"], month) in by else "–"

    return Section(
        f"Month by month, {behind} of {plural(judged, 'target')} were missed or are behind pace"
        if judged
        else "Month by month: there is no target to judge by",
        "review_business_review__scoreboard",
        table=table(
            [{"metric": metric, "label": label} for metric, label in labels.items()],
            Column("Scoreboard", "label"),
            *(Column(f"{month:%b %Y}", of(month), str) for month in months),
            links={label: metric for metric, label in labels.items()},
        ),
    )


def _icp(icp: list[Row]) -> Section:
    inside = next((row for row in icp if row["icp_fit"] == "inside"), None)
    outside = next((row for row in icp if row["icp_fit"] == "outside"), None)
    title = "No lead of the quarter is known to be inside the ICP"
    if inside and inside["leads"] < ENOUGH:
        title = f"{plural(inside['leads'], 'lead')} inside the ICP: fewer than the {ENOUGH} that a comparison takes"
    elif inside:
        title = f"Inside the ICP {share(inside['lead_to_opportunity_rate'])} of leads became opportunities"
        if outside and outside["leads"] >= ENOUGH:
            title += f", outside {share(outside['lead_to_opportunity_rate'])}"
    return Section(
        title,
        "review_business_review__icp",
        table=table(
            icp,
            Column("ICP fit", "icp_fit"),
            Column("Leads", "leads", count, "leads"),
            Column("MQLs", "mqls", count, "mqls"),
            Column("To opportunity", "lead_to_opportunity_rate", share, "lead_to_opportunity_rate"),
            Column("Customers", "customers", count),
            Column("To customer", "customer_acquisition_rate", share, "customer_acquisition_rate"),
        ),
        note="Leads created in the quarter, converted by now.",
    )


def _audit(audit: list[Row]) -> Section:
    reached = [row for row in audit if row["agreement"] is not None]
    title = (
        "The CRM and the agreed definition agree wherever a stage was reached" if reached else "No stage was reached"
    )
    worst = min(reached, key=lambda row: row["agreement"], default=None)
    if worst and worst["agreement"] < 1:
        title = f"The CRM and the agreed definition differ most on {named(worst['stage'])}: "
        title += f"{share(worst['agreement'])} agree"
    return Section(
        title,
        "review_business_review__audit",
        table=table(
            audit,
            Column("Stage", lambda row: named(row["stage"])),
            Column("Both", "agreed_and_crm", count),
            Column("CRM only", "crm_only", count),
            Column("Definition only", "definition_only", count),
            Column("Agreement", "agreement", share, "definition_agreement"),
        ),
        note="A stage without criteria takes the CRM's word and agrees by construction.",
    )
