"""Back-planning at the table: what a target of customers takes, and what changes when one rate does.

Starts from `metrics.required_volume` of the published build, all sources together.
Not here: the plan itself, by source (`dbt_project/models/marts/metrics/required_volume.sql`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from handoff.errors import HandoffError
from handoff.published import open_published
from handoff.settings import Settings

# of the columns of a plan, at least
WIDTHS = (12, 12, 22, 14, 26)
CHAIN = ("sales_ready", "sql", "mql", "lead")
Z_80 = 1.2816


@dataclass(frozen=True)
class Step:
    """One stage of the plan.

    `rate` is the share of it that reaches the next stage (of `spend`: spend per lead); `any_path` is what is
    needed when leads may skip stages as they did.
    """

    stage: str
    rate: float | None
    required: float | None
    low: float | None
    high: float | None
    any_path: float | None = None
    is_assumed: bool = False


def what_if(
    settings: Settings,
    *,
    month: date | None = None,
    customers: float | None = None,
    rates: Mapping[str, float] | None = None,
) -> list[Step]:
    """What it takes to win that many customers, at the trailing rates or at assumed ones.

    Args:
        month: the month of the target; without one, the current month or the next with a target.
        customers: the target; without one, the agreed one of the month. Of a month without one, at the rates of the
            newest that has.
        rates: assumed rates by stage, such as `{"mql": 0.4}`: 40 % of MQLs become SQL.

    Raises:
        HandoffError: nothing is published, there is no lead, no target is agreed or can be read backwards yet, or a
            rate is no share of a known stage.
    """
    assumed = dict(rates or {})
    for stage, value in assumed.items():
        if stage not in CHAIN or not 0 < value <= 1:
            raise HandoffError(
                f"The assumed rate {stage}={value:g} cannot be used.",
                why="it must be a share between 0 and 1 of one of: " + ", ".join(CHAIN),
                remedy="Write for example --rate mql=0.4",
            )
    if customers is not None and customers < 0:
        raise HandoffError("The customers to win are less than none.", remedy="Write for example --customers 10")
    target, trailing, spend_per_lead = _read(settings, month, is_target_named=customers is not None)
    required = target if customers is None else customers
    if required is None:
        raise HandoffError(
            "The target of customers cannot be read backwards yet.",
            where="metrics.required_volume",
            why="no cohort is mature that has won any",
            remedy="Name the customers to win, for example --customers 10",
        )
    steps = [Step("customer", None, required, required, required, required)]
    middle: float | None = required
    variance = 0.0
    for stage in CHAIN:
        leads, reached, won = trailing.get(stage, (0.0, 0.0, 0.0))
        rate: float | None = assumed[stage] if stage in assumed else reached / leads if leads else None
        if stage not in assumed:
            variance += (leads - reached + 0.5) / ((leads + 1) * (reached + 0.5))
        middle = middle / rate if middle is not None and rate else None
        spread = math.exp(Z_80 * math.sqrt(variance))
        low = None if middle is None else middle / spread
        high = None if middle is None else middle * spread
        any_path = required * leads / won if won and not assumed else None
        steps.append(Step(stage, rate, middle, low, high, any_path, stage in assumed))
    lead = steps[-1]
    if spend_per_lead is not None:
        cost = spend_per_lead
        needed, low, high, any_path = (
            None if figure is None else figure * cost for figure in (lead.required, lead.low, lead.high, lead.any_path)
        )
        steps.append(Step("spend", cost, needed, low, high, any_path))
    return steps


def _read(
    settings: Settings, month: date | None, *, is_target_named: bool
) -> tuple[float | None, dict[str, tuple[float, float, float]], float | None]:
    """The target of the month, none where no trailing cohort won; per stage its trailing leads, those that reached
    the next one, the customers among them; and spend per lead."""
    with open_published(settings) as con:
        chosen = con.execute(
            """select month_start from metrics.required_volume
            where month_start >= coalesce(?, (select date_trunc('month', max(as_of_date)) from metrics.scoreboard))
            order by 1 limit 1""",
            [month],
        ).fetchone()
        planned = chosen[0] if chosen and month in (None, chosen[0]) else None
        if planned is None and is_target_named:
            (planned,) = con.execute("select max(month_start) from metrics.required_volume").fetchone() or (None,)
        if planned is None:
            raise _unplanned(con, is_target_named=is_target_named)
        rows = con.execute(
            """select stage, sum(trailing_leads), sum(trailing_rate * trailing_leads),
                sum(customer_rate * trailing_leads), sum(required)
            from metrics.required_volume where month_start = ? group by stage""",
            [planned],
        ).fetchall()
    figures = {stage: (float(a or 0), float(b or 0), float(c or 0)) for stage, a, b, c, _ in rows}
    trailing = {stage: figures[stage] for stage in CHAIN if stage in figures}
    leads, cost, _ = figures.get("spend", (0.0, 0.0, 0.0))
    target = next(required for stage, *_, required in rows if stage == "customer")
    return target, trailing, cost / leads if leads and cost else None


def _unplanned(con: duckdb.DuckDBPyConnection, *, is_target_named: bool) -> HandoffError:
    """Why no plan can be read backwards; where customers are named, not even at the rates of another month."""
    if con.execute("select 1 from core.fct_lead limit 1").fetchone() is None:
        return HandoffError(
            "There are no rates to plan by.",
            where="core.fct_lead",
            why="there is no lead, and the rates are those of leads",
            remedy="Deliver leads; the rates come with the first cohort of them that is mature",
        )
    if is_target_named:
        return HandoffError(
            "There are no rates to plan by yet.",
            where="metrics.required_volume",
            why="no month has a target of customers, or no cohort was mature when such a month began",
            remedy="Give the metric `customers` a value in targets.csv for a month to come: the rates stand beside it",
        )
    return HandoffError(
        "No plan can be read backwards from that month.",
        where="metrics.required_volume",
        why="the month has no target of customers, or no cohort was mature when it began",
        remedy="Give the metric `customers` a value for the month in targets.csv, or name the customers to win, for "
        "example --customers 10",
    )


def describe(steps: list[Step]) -> str:
    """The plan as lines of text; assumed rates are marked."""
    heads = ("stage", "required", "80 % interval", "by any path", "rate to the next stage")
    lines: list[Sequence[str]] = [heads]
    for step in steps:
        interval = "-" if step.low is None or step.high is None else f"{step.low:,.0f} to {step.high:,.0f}"
        rate = "" if step.rate is None else f"{step.rate:,.2f} a lead" if step.stage == "spend" else f"{step.rate:.1%}"
        rate += " (assumed)" if step.is_assumed else ""
        required, any_path = ("-" if one is None else f"{one:,.0f}" for one in (step.required, step.any_path))
        lines.append((step.stage, required, interval, any_path, rate))
    # amounts in yen have digits
    widths = [max(least, 2 + max(map(len, cells))) for least, *cells in zip(WIDTHS, *lines, strict=True)]
    return "\n".join(stage.ljust(widths[0]) + "".join(map(str.rjust, cells, widths[1:])) for stage, *cells in lines)
