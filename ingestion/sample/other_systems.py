"""The same people in a second system, on request: HubSpot or Marketo beside Salesforce; two more ads platforms.

Thin but valid: most records carry the Salesforce id of their lead, some only its e-mail, a few are known to nobody
else.
"""

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
from ingestion.sample.salesforce import LEAD, Rows, emails
from ingestion.sample.simulate import CONVERTED, MQL, SQL, Leads
from ingestion.sample.world import World

STAGES = ("subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity")
EXTRA_ADS = {"meta_ads": ("Retargeting Social", "Lookalike EU"), "microsoft_ads": ("Bing Brand", "Bing Category")}


def hubspot_rows(world: World, leads: Leads, until: int) -> dict[str, Rows]:
    """Contacts of three leads in five, of some strangers, their forms and their e-mail clicks."""
    number = leads.number
    stranger = number % 40 == 7  # a person of its own: no Salesforce id and another address
    here = np.flatnonzero(((number % 5 < 3) & (leads.defect == 0)) | stranger)
    key = number[here] + 1
    email = emails(world, leads).take(pa.array(here))
    email = pc.if_else(pa.array(stranger[here]), joined("visitor", number_text(key), "@news.example.com"), email)
    created = leads.created_at[here] - np.where(number[here] % 2 == 0, 600, 0)
    stage_at = np.stack(
        [created + 60, leads.status_at[here, MQL], leads.status_at[here, SQL], leads.status_at[here, CONVERTED]]
    )
    stage_at = np.where(stranger[here], NEVER, stage_at)
    stage = (stage_at <= until).cumsum(axis=0).max(axis=0)
    stage = np.where(stage_at[3] <= until, 4, np.where(stage_at[2] <= until, 3, np.minimum(stage, 2)))
    touched = np.maximum(created, np.where(stage_at <= until, stage_at, -1).max(axis=0))
    synced = ~stranger[here] & (number[here] % 5 < 2)
    contact = Rows(
        {
            "id": number_text(key),
            "property_createdate": stamp(created),
            "property_lastmodifieddate": stamp(touched),
            "property_email": email,
            "property_firstname": words(v.FIRST_NAMES, leads.first[here]),
            "property_lastname": words(v.LAST_NAMES, leads.last[here]),
            "property_jobtitle": words([persona.value for persona in v.PERSONAS], leads.persona[here]),
            "property_company": world.companies.name(leads.company[here]),
            "property_country": words(
                [country.value for country in v.COUNTRIES], world.companies.country[leads.company[here]]
            ),
            "property_lead_source": words([channel.lead_source for channel in v.CHANNELS], leads.channel[here]),
            "property_lifecyclestage": words(STAGES, stage),
            "property_hubspot_owner_id": number_text(1 + key % world.marketers),
            "property_salesforceleadid": blank(salesforce_id(LEAD, key), synced),
        },
        created,
        touched,
    )
    form = np.flatnonzero(number[here] % 3 == 0)
    form_at = created[form] + 5
    submission = Rows(
        {
            "contact_id": number_text(key[form]),
            "conversion_id": joined("form-", number_text(key[form])),
            "form_id": constant("f0a1b2c3", len(form)),
            "timestamp": stamp(form_at),
            "title": words(v.CONTENT_TITLES, key[form] % len(v.CONTENT_TITLES)),
            "page_url": constant("https://www.handoff.example/download", len(form)),
        },
        form_at,
        form_at,
    )
    mail = np.flatnonzero(number[here] % 4 == 1)
    mail_at = created[mail] + 3 * DAY + key[mail] % DAY
    click = Rows(
        {
            "id": joined("mail-", number_text(key[mail])),
            "type": words(("SENT", "OPEN", "CLICK"), key[mail] % 3),
            "recipient": email.take(pa.array(mail)),
            "created": stamp(mail_at),
            "email_campaign_id": number_text(key[mail] % 9),
            "url": constant("https://www.handoff.example/pricing?utm_source=hubspot&utm_medium=email", len(mail)),
        },
        mail_at,
        mail_at,
    )
    return {"contact": contact, "form_submission": submission, "email_event": click}


def hubspot_owner_rows(world: World) -> Rows:
    index = np.arange(world.marketers)
    created = np.full(len(index), world.start - 300 * DAY)
    columns = {
        "owner_id": number_text(index + 1),
        "email": joined("marketing", number_text(index), "@handoff.example"),
        "first_name": words(v.FIRST_NAMES, index),
        "last_name": words(v.LAST_NAMES, index),
        "type": constant("PERSON", len(index)),
        "team": constant("Demand Generation", len(index)),
        "updated_at": stamp(created),
    }
    return Rows(columns, created, created)


def marketo_rows(world: World, leads: Leads, until: int) -> dict[str, Rows]:
    """Leads of a quarter of the people, and their form fills and e-mail clicks as activities."""
    here = np.flatnonzero((leads.number % 4 == 3) & (leads.defect == 0))
    key = leads.number[here] + 1
    created = leads.created_at[here] + 120
    at = np.where(leads.status_at[here] <= until, leads.status_at[here], -1)
    status = at.shape[1] - 1 - np.argmax(at[:, ::-1], axis=1)
    touched = np.maximum(at.max(axis=1), created)
    lead = Rows(
        {
            "id": number_text(key),
            "createdAt": stamp(created),
            "updatedAt": stamp(touched),
            "email": emails(world, leads).take(pa.array(here)),
            "firstName": words(v.FIRST_NAMES, leads.first[here]),
            "lastName": words(v.LAST_NAMES, leads.last[here]),
            "company": world.companies.name(leads.company[here]),
            "title": words([persona.value for persona in v.PERSONAS], leads.persona[here]),
            "leadSource": words([channel.lead_source for channel in v.CHANNELS], leads.channel[here]),
            "leadStatus": words(v.STATUSES, status),
            "sfdcLeadId": blank(salesforce_id(LEAD, key), key % 3 != 0),
        },
        created,
        touched,
    )
    twice = np.repeat(np.arange(len(here)), 2)
    kind = np.tile(np.array([2, 11]), len(here))
    happened = created[twice] + np.where(kind == 2, 10, 4 * DAY)
    activity = Rows(
        {
            "marketoGUID": joined("act-", number_text(key[twice] * 2 + (kind == 11))),
            "leadId": number_text(key[twice]),
            "activityDate": stamp(happened),
            "activityTypeId": number_text(kind),
            "primaryAttributeValue": words(("Contact form", "Nurture.First mail"), (kind == 11).astype(int)),
        },
        happened,
        happened,
    )
    return {"lead": lead, "activity": activity}


def marketo_program_rows(world: World) -> Rows:
    created = np.full(2, world.start - 30 * DAY)
    columns = {
        "id": pa.array(["501", "502"]),
        "name": pa.array(["Nurture", "Contact form"]),
        "channel": pa.array(["Email", "Web Form"]),
        "createdAt": stamp(created),
        "updatedAt": stamp(created),
    }
    return Rows(columns, created, created)


def extra_ads_rows(world: World) -> dict[tuple[str, str], Rows]:
    """Meta and Microsoft Ads in their own names, a small budget each."""
    rng = np.random.default_rng([world.seed, 4_000_000])
    days = np.arange(world.start, world.end, DAY)
    tables: dict[tuple[str, str], Rows] = {}
    for platform, names in EXTRA_ADS.items():
        index: Ints = np.repeat(np.arange(len(names)), len(days))
        date = np.tile(days, len(names))
        cost = np.round(rng.lognormal(3, 0.4, len(index)) * world.leads / 20_000 + 1, 2)
        clicks = rng.poisson(cost / 3.0)
        number = np.arange(len(names)) + (33_000_001 if platform == "meta_ads" else 44_000_001)
        created = np.full(len(names), world.start)
        if platform == "meta_ads":
            campaign = {
                "id": number_text(number),
                "name": pa.array(names),
                "account_id": constant("66", len(names)),
                "updated_time": stamp(created),
            }
            figures = {
                "campaign_id": number_text(number[index]),
                "date": day(date),
                "spend": pa.array(cost),
                "impressions": pa.array(clicks * 60 + 10),
                "inline_link_clicks": pa.array(clicks),
            }
        else:
            campaign = {
                "id": number_text(number),
                "name": pa.array(names),
                "account_id": constant("77", len(names)),
                "modified_time": stamp(created),
            }
            figures = {
                "date": day(date),
                "campaign_id": number_text(number[index]),
                "currency_code": constant("USD", len(index)),
                "device_type": constant("Computer", len(index)),
                "clicks": pa.array(clicks),
                "impressions": pa.array(clicks * 40 + 10),
                "spend": pa.array(cost),
            }
        tables[(platform, "campaign")] = Rows(campaign, created, created)
        tables[(platform, "campaign_daily")] = Rows(figures, date + DAY, date + DAY)
    return tables
