"""What stands before the first lead: the period, the companies, the users and the campaigns of the sample company."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.sample import vocabulary as v
from ingestion.sample.columns import DAY, Ints, joined, words

WEBINAR_EVERY, CONFERENCE_EVERY, NEWSLETTER_EVERY = 30 * DAY, 91 * DAY, 91 * DAY
PERIOD_DAYS = 548
STREAM_WORLD = 1_000_000  # random streams of chunks are numbered from 0


class Campaign(NamedTuple):
    """A campaign of the CRM. `first` and `last` are seconds; a campaign on an ads platform has no cost in the CRM."""

    name: str
    type: str
    first: int
    last: int
    cost: int
    responded_status: str


@dataclass(frozen=True)
class Companies:
    """One entry per company. Values are indexes into the vocabulary, except employees."""

    head: Ints
    tail: Ints
    industry: Ints
    country: Ints
    technology: Ints
    growth: Ints
    size: Ints
    employees: Ints
    target_since: Ints  # when sales entered it as a target account; NEVER if it was not

    def __len__(self) -> int:
        return len(self.head)

    def name(self, index: Ints) -> pa.Array:
        return joined(
            words(v.COMPANY_HEADS, self.head[index]),
            words(v.COMPANY_TAILS, self.tail[index]),
            _number(index),
            separator=" ",
        )

    def domain(self, index: Ints) -> pa.Array:
        head = pc.ascii_lower(words(v.COMPANY_HEADS, self.head[index]))
        tail = pc.ascii_lower(words(v.COMPANY_TAILS, self.tail[index]))
        return joined(head, tail, _number(index), ".example")


def _number(index: Ints) -> pa.Array:
    return pc.cast(pa.array(index), pa.string())


@dataclass(frozen=True)
class World:
    """The frame of one run of the generator."""

    seed: int
    leads: int
    start: int
    end: int
    companies: Companies
    campaigns: tuple[Campaign, ...]
    marketers: int
    sellers: int  # users are numbered marketers, then development reps, then account executives, then one system user
    executives: int

    @property
    def users(self) -> int:
        return self.marketers + self.sellers + self.executives + 2

    @property
    def system_user(self) -> int:
        return self.users - 2

    def first_campaign(self, type_: str) -> int:
        return next(i for i, campaign in enumerate(self.campaigns) if campaign.type == type_)


def shares(choices: tuple) -> np.ndarray:
    values = np.array([choice.share for choice in choices])
    return values / values.sum()


def effects(choices: tuple) -> np.ndarray:
    return np.array([choice.effect for choice in choices])


def make_world(leads: int, seed: int, end: int) -> World:
    rng = np.random.default_rng([seed, STREAM_WORLD])
    start = end - PERIOD_DAYS * DAY
    count = max(20, leads * 2 // 5)
    size = rng.choice(len(v.SIZES), count, p=shares(v.SIZES))
    bounds = np.array([[int(part) for part in choice.value.split("-")] for choice in v.SIZES])
    low, high = np.log(bounds[size, 0]), np.log(bounds[size, 1] + 1)
    employees = np.exp(low + (high - low) * rng.random(count)).astype(np.int64).clip(bounds[size, 0], bounds[size, 1])
    targeted = rng.random(count) < 0.12
    companies = Companies(
        head=rng.integers(len(v.COMPANY_HEADS), size=count),
        tail=rng.integers(len(v.COMPANY_TAILS), size=count),
        industry=rng.choice(len(v.INDUSTRIES), count, p=shares(v.INDUSTRIES)),
        country=rng.choice(len(v.COUNTRIES), count, p=shares(v.COUNTRIES)),
        technology=rng.choice(len(v.TECHNOLOGIES), count, p=shares(v.TECHNOLOGIES)),
        growth=rng.choice(len(v.GROWTH_STAGES), count, p=shares(v.GROWTH_STAGES)),
        size=size,
        employees=employees,
        target_since=np.where(targeted, start - rng.integers(0, 300 * DAY, count), np.int64(2**62)),
    )
    scale = leads / 20_000
    return World(
        seed=seed,
        leads=leads,
        start=start,
        end=end,
        companies=companies,
        campaigns=tuple(_campaigns(start, end, scale)),
        marketers=6,
        sellers=int(np.clip(leads // 1000, 8, 160)),
        executives=int(np.clip(leads // 1500, 6, 120)),
    )


def _campaigns(start: int, end: int, scale: float) -> list[Campaign]:
    campaigns = []
    for number, first in enumerate(range(start - 60 * DAY, end, WEBINAR_EVERY)):
        campaigns.append(
            Campaign(
                f"Webinar {number + 1:02d}", "Webinar", first, first + 20 * DAY, int(2_500 * scale) + 400, "Attended"
            )
        )
    for number, first in enumerate(range(start - 60 * DAY, end, CONFERENCE_EVERY)):
        campaigns.append(
            Campaign(
                f"Conference {number + 1:02d}",
                "Conference",
                first,
                first + 3 * DAY,
                int(24_000 * scale) + 900,
                "Attended",
            )
        )
    for number, first in enumerate(range(start - 60 * DAY, end, NEWSLETTER_EVERY)):
        campaigns.append(
            Campaign(
                f"Newsletter {number + 1:02d}", "Email", first, first + 90 * DAY, int(1_200 * scale) + 100, "Responded"
            )
        )
    for title in v.CONTENT_TITLES:
        campaigns.append(Campaign(title, "Content Download", start - 60 * DAY, end + 90 * DAY, 0, "Responded"))
    campaigns.append(Campaign("Demo Request", "Demo Request", start - 60 * DAY, end + 365 * DAY, 0, "Responded"))
    campaigns.append(
        Campaign("Alliance Program", "Partners", start - 60 * DAY, end + 200 * DAY, int(9_000 * scale), "Responded")
    )
    for name in (*v.GOOGLE_CAMPAIGNS, *v.LINKEDIN_CAMPAIGNS):
        campaigns.append(Campaign(name, "Advertisement", start, end + 90 * DAY, 0, "Responded"))
    return campaigns
