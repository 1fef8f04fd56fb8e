"""What the monthly pages say: pipeline, attribution, threshold. From the published review tables and `metric_month`,
and for the pictures of the threshold review from what the last scoring review left."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any

from reviews import charts
from reviews.parts import ENOUGH, Column, Data, Page, Period, Row, Section, Tile, bar_rows, named, table, told_apart
from reviews.wording import amount, between, count, day, decimal, month, plural, share
from scoring import DRIFTED_PSI, STABLE_PSI

MODELS = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "time_decay",
    "u_shaped",
    "w_shaped",
    "full_path",
    "markov",
    "shapley",
)
ACCEPTED = "accepted"


def pipeline_review(data: Data, period: Period) -> Page:
    sources = data.of("pipeline_review__sources", period, "pipeline_created desc, leads desc, lead_source")
    plan = data.of("pipeline_review__plan", period, "scoreboard_position nulls last, metric")
    if not sources and not any(row["status"] for row in plan):
        return Page()
    total = {
        name: sum(row[name] or 0 for row in sources)
        for name in (
            *("leads", "mqls", "sqls", "opportunities", "customers", "decided", "rejected"),
            *("pipeline_created", "pipeline_sourced", "pipeline_influenced", "revenue"),
        )
    }
    tiles = [
        Tile(
            "Pipeline created",
            data.money(total["pipeline_created"]),
            f"{share(_part(total, 'pipeline_sourced', 'pipeline_created'))} sourced, "
            f"{share(_part(total, 'pipeline_influenced', 'pipeline_created'))} influenced by marketing",
            "pipeline_created",
        ),
        Tile("Revenue", data.money(total["revenue"]), plural(total["customers"], "new customer"), "revenue"),
        Tile(
            "Leads",
            count(total["leads"]),
            f"{share(_part(total, 'opportunities', 'leads'))} have an opportunity",
            "lead_to_opportunity_rate",
        ),
        Tile(
            "Rejected by sales",
            share(_part(total, "rejected", "decided")),
            f"of {plural(total['decided'], 'decision')}",
            "rejection_rate",
        ),
    ]
    sections = [_entered(data, sources, total)] if sources else []
    quality = data.of("pipeline_review__quality", period, "decided desc, lead_source, decisions desc, verdict")
    if quality:
        sections.append(_quality(quality))
    if plan:
        sections.append(_plan(data, plan))
    sections += _back_plan(data, period)
    coming = told_apart(data.of("pipeline_review__next_campaigns", period, "started_on, campaign_id"), "name")
    sections.append(
        Section(
            f"Next: {plural(len(coming), 'campaign')} in the two months after"
            if coming
            else "No campaign is announced for the two months after",
            "review_pipeline_review__next_campaigns",
            table=table(
                coming,
                Column("Campaign", "name"),
                Column("Channel", lambda row: named(row["channel"])),
                Column("Starts", "started_on", day),
                Column("Ends", "ended_on", day),
                shown=15,
                at_most=100,
            )
            if coming
            else None,
        )
    )
    return Page(tiles, sections)


def _part(total: dict[str, Any], part: str, whole: str) -> float | None:
    return float(total[part]) / float(total[whole]) if total[whole] else None


def _entered(data: Data, sources: list[Row], total: dict[str, Any]) -> Section:
    """What entered, from where, and what it converted to."""
    made = [row for row in sources if row["pipeline_created"]]
    top = next((row for row in made if row["lead_source"] != "no source"), None)
    title = "All of the pipeline is without a source" if made else "No pipeline was created"
    if top:
        part = _part({**total, "top": top["pipeline_created"]}, "top", "pipeline_created")
        title = f"{top['lead_source']} made {share(part)} of the pipeline"
    return Section(
        title,
        "review_pipeline_review__sources",
        charts.bars(
            bar_rows(sources[:12], "lead_source", "pipeline_created"),
            form="~s",
            axis=data.head("pipeline created"),
        )
        if made
        else None,
        table(
            sources,
            Column("Source", "lead_source"),
            Column("Leads", "leads", count, "leads"),
            Column("MQL rate", "mql_rate", share, "mql_rate"),
            Column("To opp.", "lead_to_opportunity_rate", share, "lead_to_opportunity_rate"),
            Column(data.head("Pipeline"), "pipeline_created", amount, "pipeline_created"),
            Column(data.head("Revenue"), "revenue", amount, "revenue"),
            shown=15,
            at_most=100,
        ),
        "Leads and rates: created this month, converted by now. Revenue: closed this month. No source: deals without "
        "a lead, renewals among them.",
    )


def _quality(verdicts: list[Row]) -> Section:
    """What sales says of the leads of each source: accepted, or the reason why not."""
    by_source: dict[str, list[Row]] = defaultdict(list)
    for row in verdicts:
        by_source[row["lead_source"]].append(row)
    given: Counter[str] = Counter()
    for row in verdicts:
        given[row["verdict"]] += row["decisions"]
    del given[ACCEPTED]
    # a color each; of more reasons than there are colors, the rarest share one
    most = sorted(given, key=lambda reason: (-given[reason], reason))
    reasons = sorted(most[: len(charts.MIXED) if len(most) == len(charts.MIXED) else len(charts.MIXED) - 1])
    colors = {ACCEPTED: charts.GOOD} | dict(zip(map(named, reasons), charts.MIXED, strict=False))
    colors["all others"] = charts.OTHERS
    order = list(colors)
    bars = []
    for source in list(by_source)[:12]:
        counted: Counter[str] = Counter()
        for row in by_source[source]:
            is_told = row["verdict"] in (ACCEPTED, *reasons)
            counted[named(row["verdict"]) if is_told else "all others"] += row["decisions"]
        bars += [
            {"label": source, "series": series, "value": value, "rank": order.index(series)}
            for series, value in counted.items()
        ]
    rows = [
        {
            "lead_source": source,
            "decided": found[0]["decided"],
            "rejection_rate": found[0]["rejection_rate"],
            "reason": next((named(row["verdict"]) for row in found if row["verdict"] != ACCEPTED), ""),
        }
        for source, found in by_source.items()
    ]
    firm = [row for row in rows if row["decided"] >= ENOUGH]
    worst = max(firm, key=lambda row: (row["rejection_rate"] or 0, row["decided"]), default=None)
    is_limited = bool(worst and worst["rejection_rate"]) and len(firm) < len(rows)
    if not any(row["rejection_rate"] for row in rows):
        title = "Sales rejected nothing"
    elif not worst:
        title = f"What sales rejected, by source: none has the {ENOUGH} decisions that a comparison takes"
    elif not worst["rejection_rate"]:
        title = f"Sales rejected nothing of the sources of at least {ENOUGH} decisions"
    else:
        title = f"Sales rejects {worst['lead_source']} most: {share(worst['rejection_rate'])} of {worst['decided']}"
        title += f", most often: {worst['reason']}" if worst["reason"] else ""
    return Section(
        title,
        "review_pipeline_review__quality",
        charts.stacked(bars, form="d", axis="decisions", colors=colors),
        table(
            rows,
            Column("Source", "lead_source"),
            Column("Decided", "decided", count),
            Column("Rejected", "rejection_rate", share, "rejection_rate"),
            Column("Most frequent reason", "reason"),
            shown=15,
            at_most=100,
        ),
        "Decisions of the month."
        + (f" The heading compares sources of at least {ENOUGH} decisions." if is_limited else ""),
    )


def _plan(data: Data, plan: list[Row]) -> Section:
    measured = [row for row in plan if row["status"]]
    behind = [row for row in measured if row["status"] == "behind"]
    names = ", ".join(row["label"] for row in behind[:4]) + (" and others" if len(behind) > 4 else "")
    title = f"All {len(measured)} targets are on pace" if measured else "No target can be measured yet"
    return Section(
        f"{len(behind)} of {len(measured)} targets are behind pace: {names}" if behind else title,
        "review_pipeline_review__plan",
        table=table(
            plan,
            Column("Metric", "label"),
            Column("Status", lambda row: named(row["status"]) or _without_status(row)),
            Column("Actual", lambda row: data.figure(row, "actual"), str),
            Column("Should be by now", lambda row: data.figure(row, "paced_target"), str),
            Column("Target", lambda row: data.figure(row, "target"), str),
            Column("Attainment", "attainment", share, "plan_attainment"),
            shown=50,
            links={row["label"]: row["metric"] for row in plan},
        ),
        note="What adds up is held against the target prorated by working days; where lower is better, "
        "attainment is target / actual.",
    )


def _without_status(row: Row) -> str:
    """Of a month to come nothing should be there by now; of any other there was nothing to divide by."""
    return "not started" if row["paced_target"] is None else "no figure"


def _back_plan(data: Data, period: Period) -> list[Section]:
    """What the target of the month after takes, stage by stage and source by source."""
    asset, target_month = "review_pipeline_review__back_plan", period.end
    rows = data.rows(
        "select * from reviews.review_pipeline_review__back_plan where month_start = ? order by position, lead_source",
        target_month,
    )
    whole = {row["stage"]: row for row in rows if row["is_all_sources"]}
    name = month(target_month)
    if not whole or not whole["customer"]["required"]:
        agreed = data.rows(
            "select target from reviews.review_pipeline_review__plan where month_start = ? and metric = 'customers' "
            "and target > 0",
            target_month,
        )
        title = (
            f"The target of customers for {name} cannot be read backwards yet: no cohort is mature that has won any"
            if agreed
            else f"No target of customers is agreed for {name}: there is nothing to plan back from"
        )
        return [Section(title, asset)]
    customers = plural(round(whole["customer"]["required"]), "customer")
    units = {"spend": data.money}
    metrics = {"customer": "customers", "sql": "sqls", "mql": "mqls", "lead": "leads"}
    reached = data.rows("select metric, value from metrics.metric_month where month_start = ?", period.start)
    this_month = {row["metric"]: row["value"] for row in reached}

    def spelled(row: Row, name: str) -> str:
        return units.get(row["stage"], count)(row[name])

    def by_now(row: Row) -> str:
        return units.get(row["stage"], count)(this_month.get(metrics.get(row["stage"], row["stage"])))

    def interval(row: Row) -> str:
        is_open = row["stage"] == "customer" or row["required_low"] is None
        return "–" if is_open else f"{spelled(row, 'required_low')} to {spelled(row, 'required_high')}"

    def rate(row: Row) -> str:
        if row["stage"] in ("customer", "spend"):
            return f"{data.money(row['trailing_rate'])} a lead" if row["stage"] == "spend" else "–"
        return share(row["trailing_rate"])

    stages = Section(
        f"{customers} in {name} {_take(whole['mql'])}",
        asset,
        table=table(
            list(whole.values()),
            Column("Stage", lambda row: "customers" if row["stage"] == "customer" else named(row["stage"])),
            Column("Needed", lambda row: spelled(row, "required"), str, "required_mqls"),
            Column("80 % interval", interval, str),
            Column("By any path", lambda row: spelled(row, "required_by_any_path"), str),
            Column("Reach the next stage", rate, str),
            Column("This month", by_now, str),
        ),
        note="Read backwards from the agreed target at the rates of the newest twelve mature cohorts, all sources "
        "together. Where leads skip stages, what is needed by any path is less. Try other rates: "
        ".venv/bin/handoff what-if.",
    )
    by_source: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        if not row["is_all_sources"]:
            by_source[row["lead_source"]][row["stage"]] = row
    parts = {source: by_source[source]["customer"]["required"] or 0 for source in by_source}
    sources = sorted(parts, key=lambda source: (-parts[source], source))
    largest = [source for source in sources if decimal(parts[source]) == decimal(parts[sources[0]])]
    title = f"{customers} shared out among {plural(len(sources), 'source')}"
    if len(largest) == 1:
        title = f"{sources[0]} carries the largest part: {decimal(parts[sources[0]])} of {customers}"

    def needed(stage: str) -> Callable[[Row], Any]:
        return lambda row: by_source[row["source"]][stage]["required"]

    return [
        stages,
        Section(
            title,
            asset,
            table=table(
                [{"source": source} for source in sources],
                Column("Source", "source"),
                *(
                    Column(
                        data.head(head) if stage == "spend" else head,
                        needed(stage),
                        {"customer": decimal, "spend": amount}.get(stage, count),
                    )
                    for stage, head in (
                        ("customer", "Customers"),
                        ("sales_ready", "Sales-ready"),
                        ("sql", "SQL"),
                        ("mql", "MQL"),
                        ("lead", "Leads"),
                        ("spend", "Spend"),
                    )
                ),
                shown=15,
                at_most=100,
            ),
            note="The target is shared out by each source's part of the customers of the trailing cohorts, and read "
            "backwards at the source's own rates: the sources do not add up to the plan of all together.",
        ),
    ]


def _take(mqls: Row) -> str:
    if mqls["required"] is None:
        return "cannot be planned back to MQLs: no trailing cohort went the whole way"
    return (
        f"take {count(mqls['required'])} MQLs (80 %: {count(mqls['required_low'])} to {count(mqls['required_high'])})"
    )


def attribution_review(data: Data, period: Period) -> Page:
    credit = data.of("attribution__channels", period, "basis desc, model, channel")
    if not any(row["credited_amount"] for row in credit):
        return Page()
    tiles: list[Tile] = []
    sections: list[Section] = []
    for basis in ("revenue", "pipeline"):
        rows = [row for row in credit if row["basis"] == basis]
        if not any(row["credited_amount"] for row in rows):
            continue
        tile, section = _channels(data, basis, rows)
        tiles.append(tile)
        sections.append(section)
        for what, key, column in (("campaigns", "campaign_id", "campaign"), ("content", "content", "content")):
            found = data.rows(
                f"""select model, {key}, max({column}) as name, sum(credited_amount) as credited_amount
                from reviews.review_attribution__{what}
                where month_start = ? and basis = ? and {key} is not null
                group by model, {key}""",
                period.start,
                basis,
            )
            if what == "campaigns":
                found = told_apart(found, "name")
            if found:
                sections.append(_credited(data, basis, what, found, _models(rows)))
    return Page(tiles, sections)


def _models(rows: Sequence[Row]) -> list[str]:
    """The models that gave credit: the ten in their order, then the company's own."""
    present = {row["model"] for row in rows}
    return [model for model in MODELS if model in present] + sorted(present - set(MODELS))


def _reference(models: Sequence[str]) -> str:
    return "linear" if "linear" in models else models[0]


def _side_by_side(rows: Sequence[Row], models: Sequence[str]) -> tuple[dict[tuple[str, str], Row], list[str]]:
    """The rows by model and name, and the names in order of the linear model's credit."""
    name = "channel" if "channel" in rows[0] else "name"
    by = {(row["model"], row[name]): row for row in rows}
    reference = _reference(models)
    names = {row[name] for row in rows if row["credited_amount"]}
    ordered = sorted(names, key=lambda one: (-float(by.get((reference, one), {}).get("credited_amount") or 0), one))
    return by, ordered


def _credit(by: dict[tuple[str, str], Row], model: str, figure: str, nothing: Any = 0) -> Callable[[Row], Any]:
    """Of a row's channel, campaign or content, what one model says; `nothing` where it credits none."""
    return lambda row: by.get((model, row["name"]), {figure: nothing})[figure]


def _made_most(
    models: Sequence[str],
    by: dict[tuple[str, str], Row],
    names: Sequence[str],
    what: str,
    figure: str,
    spelled: Callable[[Any], str],
) -> str:
    """Of what the first of the names made most, and how much: by every model, or by the reference model whose order the
    names have. Nothing where that gives two the same."""
    credits = {
        model: [float(by.get((model, name), {}).get("credited_amount") or 0) for name in names] for model in models
    }
    # of a total that is not positive nothing makes most
    total = sum(sum(amounts) for amounts in credits.values())
    first = {model for model, (top, *others) in credits.items() if top > max(others, default=0) and total > 0}
    reference = _reference(models)
    if reference not in first:
        return ""
    figures = {model: by.get((model, names[0]), {}).get(figure) or 0 for model in models}
    if len(first) == len(models):
        return f"made most {what} by every model: {_span(figures.values(), spelled)}"
    alone = spelled(figures.pop(reference))
    return f"made most {what} by the {named(reference)} model: {alone}, by others {_span(figures.values(), spelled)}"


def _span(figures: Collection[Any], spelled: Callable[[Any], str]) -> str:
    return between(spelled(min(figures)), spelled(max(figures)))


def _channels(data: Data, basis: str, rows: list[Row]) -> tuple[Tile, Section]:
    models = _models(rows)
    by, channels = _side_by_side(rows, models)
    channels.sort(key=lambda name: name == "unattributed")
    total = sum(float(row["credited_amount"]) for row in rows if row["model"] == models[0])
    tile = Tile(
        f"{basis.capitalize()} credited", data.money(total), "the same under every model", f"attributed_{basis}"
    )
    of_marketing = {row["channel"] for row in rows if row["is_marketing"]}
    marketing = [name for name in channels if name in of_marketing]
    title = f"No marketing channel made any {basis}"
    if marketing:
        most = _made_most(models, by, marketing, f"{basis} of all marketing channels", "share", share)
        title = f"{basis.capitalize()} by channel, models side by side"
        if most:
            title = f"{named(marketing[0])} {most} of it"
    own = [name for name in channels if name != "unattributed"][:6]
    colors = dict(zip(map(named, own), charts.PALETTE, strict=False)) | {
        "all others": charts.OTHERS,
        "unattributed": charts.NOBODY,
    }
    order = list(colors)
    bars = []
    for model in models:
        amounts: dict[str, float] = defaultdict(float)
        for channel in channels:
            is_named = channel in own or channel == "unattributed"
            amounts[named(channel) if is_named else "all others"] += float(
                by.get((model, channel), {}).get("credited_amount") or 0
            )
        bars += [
            {"label": named(model), "series": series, "value": value, "rank": order.index(series)}
            for series, value in amounts.items()
            if value
        ]
    roas_model = _reference(models)
    columns = [
        Column("Channel", lambda row: named(row["name"])),
        *(Column(named(model), _credit(by, model, "share"), share) for model in models),
    ]
    if basis == "revenue":
        columns.append(Column(f"ROAS, {named(roas_model)}", _credit(by, roas_model, "roas", None), decimal))
    return tile, Section(
        title,
        "review_attribution__channels",
        charts.stacked(bars, form="~s", axis=data.head(f"{basis} credited"), colors=colors),
        table([{"name": channel} for channel in channels], *columns, shown=15, at_most=100),
        "Every model divides the whole amount: compare models, never add them up.",
    )


def _credited(data: Data, basis: str, what: str, rows: list[Row], models: Sequence[str]) -> Section:
    """Campaigns or content, models side by side, in amounts: also those that credit none of them."""
    by, names = _side_by_side(rows, models)
    most = _made_most(models, by, names, f"{basis} of all {what}", "credited_amount", data.money)
    one = "campaign" if what == "campaigns" else "content"
    return Section(
        f"{names[0]} {most}" if most else f"{basis.capitalize()} by {one}, models side by side",
        f"review_attribution__{what}",
        table=table(
            [{"name": name} for name in names],
            Column(one.capitalize(), "name"),
            *(
                Column(
                    named(model),
                    _credit(by, model, "credited_amount"),
                    amount,
                    f"attributed_{basis}",
                )
                for model in models
            ),
            shown=10,
            at_most=100,
        ),
        note=f"{basis.capitalize()} credited, {data.currency}. Revenue and pipeline are different anchors of the same "
        "deals: do not add them up.",
    )


def threshold_review(data: Data, period: Period) -> Page:
    bands = data.of("threshold_review__bands", period, "version, score_band")
    if not bands:
        return Page()
    versions = data.rows(
        "select * from reviews.review_threshold_review__versions "
        "order by status = 'champion' desc, trained_at desc nulls last, version desc"
    )
    champion = next((row for row in versions if row["status"] == "champion"), None)
    version = next((row["version"] for row in bands if row["is_in_force"]), bands[0]["version"])
    mine = [row for row in bands if row["version"] == version]
    drift = max((row["psi"] for row in mine if row["psi"] is not None), default=None)
    scored = sum(row["leads"] for row in mine)
    # as many leads a band: of fewer, the index passes its bounds by chance
    is_told = scored >= ENOUGH * len(mine)
    is_moved = (drift or 0) > DRIFTED_PSI and is_told
    said = _drift(drift) if is_told else f"{plural(scored, 'lead')}, too few to tell"
    tiles = [
        Tile(
            "Drift (PSI)",
            _plain(drift),
            f"{version}: {said}" if said else version,
            "score_drift",
            "bad" if is_moved else "",
        )
    ]
    if champion:
        tiles = [
            Tile("Agreed threshold", count(champion["agreed_threshold"]), "points, both teams", "handoff_threshold"),
            Tile(
                "Proposed threshold", count(champion["proposed_threshold"]), f"by {champion['version']}",
                "proposed_threshold",
            ),
            *tiles,
        ]  # fmt: skip
    sections = []
    mature = data.rows("select * from reviews.review_threshold_review__mature_bands order by version, score_band")
    own = [row for row in mature if row["version"] == version]
    if own:
        top, low = own[-1], own[0]
        compared = f", {share(low['conversion_rate'])} of those with {low['score_band']}" if top is not low else ""
        sections.append(
            Section(
                f"Where the outcome is known, {share(top['conversion_rate'])} of the leads with {top['score_band']} "
                f"points by {version} were won{compared}",
                "review_threshold_review__mature_bands",
                charts.bars(bar_rows(own, "score_band", "conversion_rate"), form="~%", axis="leads won"),
                _bands(mature),
                f"Leads handed off until {month(own[0]['last_month'])}, whose horizon is over.",
            )
        )
    # rule points judge the leads of their time, so each lead once: a learned card counts them again
    every = [row for row in bands if row["version"].startswith("rules-")]
    won, leads = sum(row["conversions"] for row in every), sum(row["leads"] for row in every)
    sections.append(
        Section(
            f"Of the {plural(leads, 'lead')} of the month {share(won / leads if leads else None)} are won so far",
            "review_threshold_review__bands",
            table=_bands(bands),
            note="Leads of recent months may still convert.",
        )
    )
    thresholds = data.rows(
        "select * from reviews.review_threshold_review__thresholds where version = ? order by threshold", version
    )
    if thresholds:
        is_learned = any(row["version"] == version and row["method"] != "rule points" for row in versions)
        sections.append(_thresholds(thresholds, version, is_learned=is_learned))
    if versions:
        sections.append(_versions(versions, champion))
    return Page(tiles, sections + (_pictures(data) if data.is_newest else []))


def _bands(rows: list[Row]) -> Any:
    return table(
        rows,
        Column("Version", "version"),
        Column("Band", "score_band"),
        Column("Leads", "leads", count),
        Column("Won", "conversions", count),
        Column("Rate", "conversion_rate", share),
        Column("Lift", "lift", decimal),
        at_most=100,
    )


def _thresholds(rows: list[Row], version: str, *, is_learned: bool) -> Section:
    proposed = next((row for row in rows if row["is_proposed"]), None)
    title = "What each threshold would hand off in a month"
    by = "None is proposed yet."
    if proposed:
        how = "chosen when the card was learned" if is_learned else "the highest that keeps four fifths of the wins"
        by = f"Proposed: {how}."
        title = (
            f"From {count(proposed['threshold'])} points on, {decimal(proposed['leads_per_month'])} leads a month "
            f"keep {share(proposed['share_of_wins'])} of the wins"
        )

    def marked(row: Row) -> str:
        marks = " (proposed)" * bool(row["is_proposed"]) + " (agreed)" * bool(row["is_agreed"])
        return count(row["threshold"]) + marks

    return Section(
        title,
        "review_threshold_review__thresholds",
        table=table(
            rows,
            Column("Threshold", marked),
            Column("Leads a month", "leads_per_month", decimal),
            Column("Opportunities", "opportunities_per_month", decimal),
            Column("Rejections", "rejections_per_month", decimal),
            Column("Wins", "wins_per_month", decimal),
            Column("Win rate", "win_rate", share),
            Column("Share of wins", "share_of_wins", share),
        ),
        note=f"Scores by {version}. Every threshold contains the leads of the higher ones. {by}",
    )


def _versions(versions: list[Row], champion: Row | None) -> Section:
    title, note = "No scorecard is in force", (champion or {}).get("note") or ""
    if champion:
        is_known = champion["auc"] is not None
        ranks = (
            f" and ranks with an AUC of {_plain(champion['auc'])}" if is_known else "; how it ranks is not known yet"
        )
        title = f"Scorecard {champion['version']} is in force{ranks}"
    return Section(
        title,
        "review_threshold_review__versions",
        table=table(
            versions,
            Column("Version", "version"),
            Column("Status", "status"),
            Column("Trained", "trained_at", day),
            Column("Leads", "leads", count),
            Column("Outcomes", "wins", count),
            Column("AUC", "auc", _plain),
            Column("95 % interval", _interval, str),
            Column("Proposes", "proposed_threshold", count),
            shown=12,
        ),
        note=f"Outcomes are wins; where a card learned from qualified opportunities, those. {note}".strip(),
    )


def _pictures(data: Data) -> list[Section]:
    """The pictures of the last scoring review: gain, calibration, bands, points."""
    review = data.scoring_review
    sections = [
        Section(picture["title"], "scoring_review/challenger", picture["spec"], note=picture["note"])
        for picture in review.get("pictures", [])
    ]
    if review and not sections:
        sections = [
            Section("The last scoring review learned no card", "scoring_review/challenger", note=review["summary"])
        ]
    return sections


def _plain(value: Any) -> str:
    return "–" if value is None else f"{float(value):.2f}"


def _interval(row: Row) -> str:
    is_known = row["auc_low"] is not None
    return f"{_plain(row['auc_low'])} to {_plain(row['auc_high'])}" if is_known else _plain(None)


def _drift(psi: float | None) -> str:
    if psi is None:
        return ""
    return "stable" if psi < STABLE_PSI else "some drift" if psi <= DRIFTED_PSI else "the leads have changed: retrain"
