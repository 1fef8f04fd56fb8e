"""Web sessions (GA4) and the days of the ads platforms, in their vendors' shape."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.sample import vocabulary as v
from ingestion.sample.columns import (
    DAY,
    NEVER,
    Ints,
    blank,
    constant,
    day,
    joined,
    number_text,
    salesforce_id,
    stamp,
    words,
)
from ingestion.sample.salesforce import LEAD, Rows, colleague_emails, emails
from ingestion.sample.simulate import WEB_SOURCES, Deals, Leads, Sessions
from ingestion.sample.world import World


def session_rows(world: World, leads: Leads, sessions: Sessions, deals: Deals) -> Rows:
    """Sessions of leads and of strangers, and of the colleagues who join a deal and are known by their e-mail."""
    lead = np.maximum(sessions.lead, 0)
    known = sessions.lead >= 0
    visitor = np.where(known, leads.number[lead] * 2 + sessions.device, 10**10 + leads.number[0] * 3 + sessions.number)
    email = emails(world, leads).take(pa.array(lead))
    record = salesforce_id(LEAD, leads.number[lead] + 1)
    user = pc.if_else(pa.array(sessions.identity == 2), record, blank(email, sessions.identity == 1))
    campaign_names = [campaign.name for campaign in world.campaigns]

    visits = np.repeat(np.flatnonzero(deals.colleague & (deals.lead >= 0)), 3)
    visit_at = deals.stage_at[visits, 0] + (np.arange(len(visits)) % 3 - 1) * 6 * DAY + 3600
    source = np.concatenate([sessions.source, np.full(len(visits), 5)])
    at = np.concatenate([sessions.at, visit_at])
    visitor = np.concatenate([visitor, 2 * 10**10 + deals.number[visits]])
    campaign = np.concatenate([sessions.campaign, np.full(len(visits), -1)])
    content = np.concatenate([sessions.content, np.zeros(len(visits), dtype=np.int64)])
    page = np.concatenate([sessions.page, np.where(np.arange(len(visits)) % 3 == 2, v.PRICING_PAGE, 1)])
    columns = {
        "client_id": joined(
            number_text((visitor * 7_919 + 104_729) % 10**10), number_text(visitor + 1_600_000_000), separator="."
        ),
        "user_id": pa.concat_arrays([user, colleague_emails(world, deals).take(pa.array(visits))]),
        "session_start": stamp(at),
        "source": words([source for source, _ in WEB_SOURCES], source),
        "medium": words([medium for _, medium in WEB_SOURCES], source),
        "campaign": words(campaign_names, campaign),
        "content": words(v.CONTENTS, np.where(content == 0, -1, content)),
        "landing_page": words(v.PAGES, page),
    }
    seen = np.where(at >= world.start - 100 * DAY, at, NEVER)
    return Rows(columns, seen, seen)


def ads_rows(world: World) -> dict[tuple[str, str], Rows]:
    """Campaigns and daily figures of Google Ads and LinkedIn Ads. Spend follows the number of leads."""
    rng = np.random.default_rng([world.seed, 3_000_000])
    days = np.arange(world.start, world.end, DAY)
    tables: dict[tuple[str, str], Rows] = {}
    for platform, names, per_lead, click_cost in (
        ("google_ads", v.GOOGLE_CAMPAIGNS, 130.0, 4.2),
        ("linkedin_ads", v.LINKEDIN_CAMPAIGNS, 210.0, 9.5),
    ):
        channel = v.CHANNELS[0 if platform == "google_ads" else 1]
        index = np.repeat(np.arange(len(names)), len(days))
        date = np.tile(days, len(names))
        weekday = (date // DAY + 3) % 7
        budget = per_lead * channel.share * world.leads / (len(days) * len(names))
        weight = rng.uniform(0.6, 1.5, len(names))
        cost = np.round(
            budget * weight[index] * np.where(weekday >= 5, 0.5, 1.2) * rng.lognormal(0, 0.2, len(index)), 2
        )
        clicks = np.maximum(rng.poisson(cost / click_cost), 0)
        impressions = clicks * 38 + rng.integers(50, 900, len(index))
        number = np.arange(len(names)) + (11_000_001 if platform == "google_ads" else 22_000_001)
        tables[(platform, "campaign")] = _ads_campaigns(platform, world, names, number)
        figures = {"clicks": pa.array(clicks), "impressions": pa.array(impressions)}
        if platform == "google_ads":
            columns = {
                "date": day(date),
                "campaign_id": number_text(number[index]),
                "campaign_name": words(names, index),
                "customer_id": constant("4400112233", len(index)),
                "currency_code": constant("USD", len(index)),
                "cost_micros": pa.array(np.round(cost * 1_000_000).astype(np.int64)),
            }
        else:
            columns = {
                "campaign_id": number_text(number[index]),
                "day": day(date),
                "cost_in_usd": pa.array(cost),
                "cost_in_local_currency": pa.array(cost),
            }
        # A day's figures are exported once it is over.
        tables[(platform, "campaign_daily")] = Rows(columns | figures, date + DAY, date + DAY)
    return tables


def _ads_campaigns(platform: str, world: World, names: tuple[str, ...], number: Ints) -> Rows:
    created = np.full(len(names), world.start)
    if platform == "google_ads":
        columns = {
            "id": number_text(number),
            "updated_at": stamp(created),
            "name": pa.array(names),
            "customer_id": constant("4400112233", len(names)),
            "advertising_channel_type": constant("SEARCH", len(names)),
            "start_date": day(created),
            "end_date": day(np.full(len(names), world.end + 90 * DAY)),
            "status": constant("ENABLED", len(names)),
        }
    else:
        columns = {
            "id": number_text(number),
            "last_modified_time": stamp(created),
            "account_id": constant("5500667788", len(names)),
            "campaign_group_id": constant("9001", len(names)),
            "created_time": stamp(created),
            "name": pa.array(names),
            "version_tag": constant("1", len(names)),
        }
    return Rows(columns, created, created)
