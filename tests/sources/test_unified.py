"""What the unified records hold of extracts in the vendors' native shapes."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest

Rows = Callable[[str], list[tuple[object, ...]]]
LEAD = "salesforce:00Q5g00000AbCdEEAV"
QUEUE, SELLER = "salesforce:00G5g0000000001EAA", "salesforce:0055g0000000002AAA"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


CASES: dict[str, tuple[str, list[tuple[object, ...]]]] = {
    "the version column decides, not the file's name, and ids of 15 and 18 characters are one": (
        f"select status, email, owner_id, has_need from intermediate.int_lead_record where record_id = '{LEAD}'",
        [("Working", "ada@engines.example", SELLER, True)],
    ),
    "a merged Salesforce lead is known with its survivor": (
        "select record_id, is_deleted, merged_into_id from intermediate.int_lead_record "
        "where source_system = 'salesforce' and merged_into_id is not null",
        [("salesforce:00Q5g00000AbCdFEAV", True, LEAD)],
    ),
    "of an owner change written twice the ids count; fields have canonical names": (
        "select field, old_value, new_value, changed_at, changed_by from intermediate.int_lead_change "
        "where source_system = 'salesforce' order by changed_at, sequence",
        [
            ("owner_id", QUEUE, SELLER, at("2026-01-05 10:00"), SELLER),
            ("status", "New", "Working", at("2026-01-06 10:00"), SELLER),
            ("rejection_reason", None, "Duplicate", at("2026-01-06 10:00"), SELLER),
        ],
    ),
    "a user without a name has its first and last one; the team is the department": (
        "select name, team, type from intermediate.int_owner_record where source_system = 'salesforce'",
        [("Sam Seller", "Sales", "Standard")],
    ),
    "Salesforce tasks and events are activities; deleted ones are not": (
        "select activity_id, type, direction, is_completed, happened_at from intermediate.int_activity_record "
        "where source_system = 'salesforce' order by activity_id",
        [
            ("salesforce:00T000000000001AAA", "call", "outbound", True, at("2026-01-06 09:30")),
            ("salesforce:00T000000000002AAA", "call", "inbound", True, at("2026-01-06 08:00")),
            ("salesforce:00T000000000003AAA", "email", "outbound", True, at("2026-01-07 08:00")),
            ("salesforce:00T000000000004AAA", "task", "outbound", False, at("2026-01-07 08:00")),
            ("salesforce:00U000000000001AAA", "meeting", "outbound", True, at("2026-02-01 14:00")),
            ("salesforce:00U000000000002AAA", "meeting", "outbound", False, at("2026-07-01 14:00")),
        ],
    ),
    "members that responded are touches at the response, else at their creation": (
        "select person_record_id, touched_at, source, medium, campaign from intermediate.int_touch_record "
        "where touch_type = 'campaign_response' and source_system = 'salesforce' order by touch_id",
        [
            (LEAD, at("2026-01-20"), "salesforce", "Webinar", "Spring Webinar"),
            ("salesforce:003000000000001AAA", at("2026-01-10 08:00"), "salesforce", "Webinar", "Spring Webinar"),
        ],
    ),
    "stages and amounts of an opportunity's history": (
        "select stage, amount, changed_at from intermediate.int_opportunity_stage_change "
        "where record_id = 'salesforce:006000000000001AAA' order by changed_at, sequence",
        [
            ("Prospecting", Decimal("100"), at("2026-03-01")),
            ("Closed Won", Decimal("120.5"), at("2026-03-02")),
        ],
    ),
    "a HubSpot contact is a lead: lifecycle stage, else lead status; synced to Salesforce": (
        "select native_id, status, email, created_at, is_deleted, owner_id, synced_lead_id "
        "from intermediate.int_lead_record where source_system = 'hubspot' order by 1",
        [
            (
                "101",
                "marketingqualifiedlead",
                "ada@engines.example",
                at("2026-01-01 09:00"),
                False,
                "hubspot:900",
                LEAD,
            ),
            ("104", "OPEN", "grace@navy.example", at("2026-01-01 09:00"), True, None, None),
        ],
    ),
    "property history becomes changes; only a person's change has an author": (
        "select field, old_value, new_value, changed_at, changed_by from intermediate.int_lead_change "
        "where record_id = 'hubspot:101' order by changed_at, sequence",
        [
            ("status", None, "lead", at("2026-01-01 09:00"), None),
            ("status", None, "NEW", at("2026-01-04 10:00"), "hubspot:900"),
            ("status", "lead", "marketingqualifiedlead", at("2026-01-05 09:00"), None),
            ("owner_id", None, "hubspot:900", at("2026-01-06 09:00"), "hubspot:900"),
        ],
    ),
    "without property history the dates on the contact stand in": (
        "select old_value, new_value, changed_at from intermediate.int_lead_change "
        "where record_id = 'hubspot:104' order by changed_at, sequence",
        [
            (None, "lead", at("2026-01-01 09:00")),
            ("lead", "marketingqualifiedlead", at("2026-01-03 09:00")),
        ],
    ),
    "merges of all kinds": (
        "select loser_id, survivor_id, object from intermediate.int_lead_merge order by 1",
        [
            ("hubspot:102", "hubspot:101", "lead"),
            ("hubspot:103", "hubspot:101", "lead"),
            ("hubspot:703", "hubspot:701", "opportunity"),
            ("marketo:5", "marketo:1", "lead"),
            ("marketo:6", "marketo:1", "lead"),
            ("salesforce:00Q5g00000AbCdFEAV", LEAD, "lead"),
        ],
    ),
    "deals: stage by what the map knows, company and contact by association": (
        "select native_id, stage, amount, close_date, account_id, contact_id, synced_opportunity_id, is_deleted "
        "from intermediate.int_opportunity_record where source_system = 'hubspot' order by 1",
        [
            (
                "701",
                "closedwon",
                Decimal("1000"),
                date(2026, 3, 31),
                "hubspot:501",
                "hubspot:101",
                "salesforce:006000000000001AAA",
                False,
            ),
            ("702", "appointmentscheduled", None, None, None, None, None, False),
            ("703", "closedwon", Decimal("1000"), date(2026, 3, 31), None, None, None, False),
        ],
    ),
    "deal stage history in the words of the deals": (
        "select stage, changed_at from intermediate.int_opportunity_stage_change "
        "where record_id = 'hubspot:701' order by changed_at",
        [("appointmentscheduled", at("2026-02-01 09:00")), ("closedwon", at("2026-03-31 10:00"))],
    ),
    "a deal's stages by the history of its property": (
        "select stage, changed_at from intermediate.int_opportunity_stage_change "
        "where record_id = 'hubspot:702' order by changed_at",
        [("appointmentscheduled", at("2026-02-01 09:00")), ("closedwon", at("2026-02-09 09:00"))],
    ),
    "an owner's team as loaders have it, and the primary one of a list": (
        "select name, team from intermediate.int_owner_record where source_system = 'hubspot' order by name",
        [("Olga Owner", "Inside sales"), ("Paul Owner", "Inside Sales")],
    ),
    "without stage history the tracked changes of the stage stand in": (
        "select stage, changed_at from intermediate.int_opportunity_stage_change "
        "where record_id = 'salesforce:006000000000002AAA' order by changed_at",
        [("Prospecting", at("2026-03-01")), ("Proposal", at("2026-03-05")), ("Closed Lost", at("2026-03-09"))],
    ),
    "a deal's contacts are its conversions and its roles": (
        "select lead_record_id, opportunity_record_id from intermediate.int_lead_conversion",
        [("hubspot:101", "hubspot:701")],
    ),
    "engagements: incoming is the prospect's, a no-show is no meeting": (
        "select activity_id, type, direction, is_completed, person_record_id, owner_id "
        "from intermediate.int_activity_record where source_system = 'hubspot' order by 1",
        [
            ("hubspot:801", "call", "outbound", True, "hubspot:101", "hubspot:900"),
            ("hubspot:802", "email", "inbound", True, "hubspot:101", None),
            ("hubspot:803", "meeting", "outbound", False, "hubspot:101", "hubspot:900"),
            ("hubspot:804", "meeting", "outbound", True, "hubspot:101", "hubspot:900"),
        ],
    ),
    "a meeting stands at its start, and knows when it was entered": (
        "select happened_at, created_at from intermediate.int_activity_record where activity_id = 'hubspot:804'",
        [(at("2026-01-14 09:00"), at("2026-01-12 01:00"))],
    ),
    "forms and clicks are touches, opens and machines' clicks are not": (
        "select touch_type, touched_at, source, medium, campaign, content, email from intermediate.int_touch_record "
        "where source_system = 'hubspot' and touched_at < '2026-01-05' order by touched_at",
        [
            ("form_submission", at("2026-01-01 09:00"), "google", "cpc", "spring sale", "Demo request", None),
            ("form_submission", at("2026-01-02 09:00"), "hubspot", "form", None, "Demo request", None),
            ("email_click", at("2026-01-03 09:00"), "hubspot", "email", None, None, "ada@engines.example"),
            ("email_click", at("2026-01-04 09:00"), "newsletter", "email", "march", None, "ada@engines.example"),
        ],
    ),
    "an address is decoded where it is percent-encoded UTF-8, else it stays as it stands": (
        "select source, campaign, content, click_id from intermediate.int_touch_record "
        "where source_system = 'hubspot' and touched_at >= '2026-01-05' order by touched_at",
        [
            ("google", "Fr%FChjahr", "cta", "m1"),
            ("100%", "Frühjahr \N{TULIP}", "a%00b", None),
        ],
    ),
    "Marketo: a person with a deletion is deleted; score and status are the record's": (
        "select native_id, status, score, is_deleted, synced_lead_id from intermediate.int_lead_record "
        "where source_system = 'marketo' order by 1",
        [("1", "MQL", 55.0, False, LEAD), ("9", "New", None, True, None)],
    ),
    "Marketo changes, from details as an object or as a list": (
        "select field, old_value, new_value from intermediate.int_lead_change "
        "where source_system = 'marketo' order by field",
        [("score", "40", "55"), ("status", "New", "MQL")],
    ),
    "Marketo touches": (
        "select touch_type, source, medium, campaign, content from intermediate.int_touch_record "
        "where source_system = 'marketo' order by touched_at",
        [
            ("form_submission", "linkedin", "paid", None, "Contact form"),
            ("email_click", "marketo", "email", "Spring", "Spring.01 Invite"),
            # a program that was renamed since is found by its id
            ("campaign_response", "marketo", "Webinar", "Spring Webinar 2026", None),
            ("form_submission", "marketo", "form", None, "Pricing form"),
            ("form_submission", "bing", "cpc", None, "blue"),
            # the form's own parameters, none of the page that led to it
            ("form_submission", "newsletter", "email", "May", "Contact form"),
        ],
    ),
    "spend: micros, dollars, breakdowns added up, restated rows replaced, the campaign's newest name": (
        "select platform, spend_date, campaign_record_id, campaign_name, cost, currency, impressions, clicks "
        "from intermediate.int_spend_record order by platform, spend_date",
        [
            ("google_ads", date(2026, 1, 1), "google_ads:11", "Search renamed", Decimal("4"), "EUR", 160, 16),
            # the total of a day that came by device before
            ("google_ads", date(2026, 1, 2), "google_ads:11", "Search renamed", Decimal("3.1"), "EUR", 31, 3),
            ("linkedin_ads", date(2026, 1, 1), "linkedin_ads:21", None, Decimal("12.34"), "USD", 1000, 20),
            ("meta_ads", date(2026, 1, 1), "meta_ads:31", "Retargeting", Decimal("9.99"), "USD", 500, 7),
            # the campaign that the newest version of the ad is in
            ("meta_ads", date(2026, 1, 2), "meta_ads:32", None, Decimal("1.5"), "USD", 50, 2),
            ("microsoft_ads", date(2026, 1, 31), "microsoft_ads:41", "Bing", Decimal("1.25"), "USD", 30, 3),
        ],
    ),
    "sessions: client and start are the key; a user id is an e-mail or a CRM id": (
        "select client_id, touched_at, email, person_record_id, source, landing_page "
        "from intermediate.int_touch_record where source_system = 'ga4' "
        "and client_id not in ('c.9', 'c.10', 'c.11', 'c.12', 'c.13', 'c.14', 'c.15') order by 1, 2",
        [
            ("c.1", at("2026-01-01 08:00"), None, None, "google", "/pricing?again"),
            ("c.1", at("2026-01-02 08:00"), "ada@engines.example", None, "(direct)", "/"),
            ("c.2", at("2026-01-02 08:00"), None, LEAD, "google", "/"),
        ],
    ),
    "a session that is exported as one and as events is one touch; one of nobody's client is none": (
        "select client_id, source from intermediate.int_touch_record "
        "where coalesce(client_id, 'c.10') = 'c.10' and source_system = 'ga4'",
        [("c.10", "google")],
    ),
    "two sessions of one client that start at one instant are one touch, with the source that one has": (
        "select touched_at, source from intermediate.int_touch_record where client_id = 'c.11'",
        [(at("2026-01-04 09:00"), "bing")],
    ),
    "events become a session: its start, its first source, its first page; not the user's first source": (
        "select touched_at, source, medium, campaign, landing_page, touch_type from intermediate.int_touch_record "
        "where client_id = 'c.9'",
        [(at("2026-01-03 09:00"), "linkedin", "paid", None, "https://us.example/a", "web_session")],
    ),
    "an event that names its source has not the medium and campaign of the user's first": (
        "select source, medium, campaign from intermediate.int_touch_record where client_id = 'c.12'",
        [("(direct)", None, None)],
    ),
    "a text with quotes is the whole text": (
        "select source, medium from intermediate.int_touch_record where client_id = 'c.15'",
        [('die "Zeitung" für', "print")],
    ),
    "an event's own source comes before the user's first, also where it is the later event": (
        "select client_id, source, medium, campaign from intermediate.int_touch_record "
        "where client_id in ('c.13', 'c.14') order by 1",
        [("c.13", "newsletter", "email", None), ("c.14", "google", "organic", "(organic)")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_unified_record(rows: Rows, name: str) -> None:
    sql, expected = CASES[name]
    assert rows(sql) == expected
