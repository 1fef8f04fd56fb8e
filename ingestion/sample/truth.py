"""The answer key of lead scoring: what drives conversion in the sample, and leads with their outcome straight from it.

`scoring_truth` names the coefficients; `scored_leads` gives handed-off leads as they were at their handoff, without
writing or reading a file, under the names that `int_lead_signal` gives the same signals.
"""

from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pandas as pd

from ingestion.sample import vocabulary as v
from ingestion.sample.columns import DAY, NEVER, Bools, Ints
from ingestion.sample.generator import chunks
from ingestion.sample.simulate import NO_OPPORTUNITY, WON, Chunk
from ingestion.sample.world import World, make_world

JOB_LEVELS = {
    "Chief Marketing Officer": "chief", "VP Marketing": "vice president", "VP Sales": "vice president",
    "Director of Revenue Operations": "director", "Director of Demand Generation": "director",
    "Marketing Manager": "manager", "Sales Manager": "manager", "Marketing Analyst": "specialist",
    "IT Manager": "manager", "Consultant": "consultant", "Student": "student",
}  # fmt: skip


def scoring_truth() -> dict[str, dict[str, float]]:
    """Signal -> value (or count, the last for that many and more) -> what it adds to the log-odds of a win.

    `country` and `growth_stage` do nothing: a card that leans on them found noise.
    """
    counts = {
        "pricing_page_views_30d": v.PRICING_VISITS_30D,
        "form_submissions_60d": v.FORM_FILLS_60D,
        "event_attendances_60d": v.EVENT_ATTENDANCES_60D,
    }
    choices = {
        "industry": v.INDUSTRIES, "country": v.COUNTRIES, "technology": v.TECHNOLOGIES, "growth_stage": v.GROWTH_STAGES,
        "job_title": v.PERSONAS, "employee_count": v.SIZES,
    }  # fmt: skip
    truth = {name: {str(count): effect for count, effect in enumerate(effects)} for name, effects in counts.items()}
    truth |= {name: {choice.value.lower(): choice.effect for choice in values} for name, values in choices.items()}
    truth["lead_source"] = {channel.lead_source.lower(): channel.effect for channel in v.CHANNELS}
    return truth


def scored_leads(*, leads: int, seed: int, as_of: datetime, horizon_days: int = 180) -> pd.DataFrame:
    """One row per handed-off lead whose horizon is over: signals at the handoff, outcome and `true_logit`."""
    end = int(np.datetime64(as_of.replace(tzinfo=None), "D").astype("datetime64[s]").astype(np.int64))
    world = make_world(leads, seed, end)
    return pd.concat(_frames(world, horizon_days), ignore_index=True)


def _frames(world: World, horizon_days: int) -> Iterator[pd.DataFrame]:
    for chunk in chunks(world):
        yield _frame(world, chunk, horizon_days)


def _frame(world: World, chunk: Chunk, horizon_days: int) -> pd.DataFrame:
    leads, sessions, deals = chunk.leads, chunk.sessions, chunk.deals
    n = len(leads)
    known = sessions.lead >= 0
    lead = np.maximum(sessions.lead, 0)
    age = leads.handed_at[lead] - sessions.at

    def visits(days: int, which: Bools | None = None) -> Ints:
        keep = known & (age >= 0) & (age < days * DAY)
        return np.bincount(lead[keep & which if which is not None else keep], minlength=n)

    last = np.full(n, NEVER, dtype=np.int64)
    np.minimum.at(last, lead[known & (age >= 0)], age[known & (age >= 0)])
    closed_at = np.full(n, NEVER, dtype=np.int64)
    own = deals.lead >= 0
    closed_at[deals.lead[own]] = deals.stage_at[own, 5]
    is_won = (leads.outcome == WON) & (closed_at - leads.handed_at <= horizon_days * DAY)
    company = leads.company
    frame = pd.DataFrame(
        {
            "lead_id": leads.number,
            "scored_at": np.where(leads.is_handed, leads.handed_at, 0).astype("datetime64[s]"),
            "sessions_30d": visits(30).astype(float),
            "sessions_60d": visits(60).astype(float),
            "content_views_60d": visits(60, sessions.page >= 5).astype(float),
            "paid_touches_60d": visits(60, sessions.source <= 1).astype(float),
            "days_since_last_touch": np.where(last < NEVER, last // DAY, np.nan),
            "pricing_page_views_30d": leads.features["pricing_page_views_30d"].astype(float),
            "form_submissions_60d": leads.features["form_submissions_60d"].astype(float),
            "event_attendances_60d": leads.features["event_attendances_60d"].astype(float),
            "employee_count": np.where(leads.number % 29 == 0, np.nan, world.companies.employees[company]),
            "lead_source": _named([channel.lead_source for channel in v.CHANNELS], leads.channel),
            "industry": _named([choice.value for choice in v.INDUSTRIES], world.companies.industry[company]),
            "country": _named([choice.value for choice in v.COUNTRIES], world.companies.country[company]),
            "technology": _named([choice.value for choice in v.TECHNOLOGIES], world.companies.technology[company]),
            "growth_stage": _named([choice.value for choice in v.GROWTH_STAGES], world.companies.growth[company]),
            "job_level": _named([JOB_LEVELS[choice.value] for choice in v.PERSONAS], leads.persona),
            "has_opportunity": leads.outcome != NO_OPPORTUNITY,
            "is_won": is_won,
            "true_logit": leads.logit,
        }
    )
    over = leads.is_handed & (leads.handed_at + horizon_days * DAY <= world.end) & (leads.merged_at == NEVER)
    return frame[over & (leads.deleted_at == NEVER)]


def _named(values: list[str], index: Ints) -> np.ndarray:
    return np.array([value.lower() for value in values], dtype=object)[index]
