"""What comes in several rows, in the nesting of a vendor's API or split by breakdowns is read whole."""

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.conftest import UNIFIED, build, land, reader

Rows = Callable[[str], list[tuple[object, ...]]]
LEAD = "00Q000000000001EAA"
ENGAGEMENT = "id,type,status,owner_id,contact_id,timestamp,created_at\n"
MOMENT = "2026-01-10T09:00:00.000Z"
MAPPING = """
source: agency
objects:
  google:
    entity: spend
    fields: {spend_date: Day, campaign_name: Campaign, cost: Cost}
  meta:
    entity: spend
    fields: {spend_date: Day, campaign_name: Campaign, cost: Cost}
  persons:
    entity: contact
    fields: {native_id: Id, last_name: Name, email: Email, synced_lead_id: SF}
  sellers:
    entity: owner
    fields: {native_id: Id, name: Name, is_deleted: Gone}
  attendances:
    entity: touch
    constants: {touch_type: event_attendance}
    fields: {native_id: Id, person_id: Attendee, touched_at: At}
"""


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def properties(key: str, kind: str, companies: list[tuple[str, str]], **values: str) -> dict[str, object]:
    """A record as HubSpot's API writes it, with its associations."""
    return {
        "id": key,
        "properties": {"createdate": MOMENT, "hs_createdate": MOMENT, **values},
        "archived": False,
        "associations": {
            "contacts": {"results": [{"id": "101", "type": f"{kind}_to_contact"}]},
            "companies": {"results": [{"id": company, "type": of} for company, of in companies]},
        },
    }


FILES = {
    # the primary company has two associations
    "hubspot/deal_company/a.csv": "company_id,deal_id,type_id,category\n20,1,5,H\n20,1,341,H\n10,1,341,H\n",
    "hubspot/deal/a.csv": "deal_id,dealstage,property_createdate\n1,closedwon,2026-01-05 00:00:00\n",
    "hubspot/deal/b.jsonl": lines(
        properties("3", "deal", [("10", "deal_to_company_unlabeled"), ("20", "deal_to_company")], dealstage="closedwon")
    ),
    # what the newest version no longer names has ended
    "hubspot/deal/c.jsonl": lines(
        properties("4", "deal", [("10", "deal_to_company")], dealstage="closedwon", hs_lastmodifieddate="2026-01-11"),
        properties("4", "deal", [("20", "other")], dealstage="closedwon", hs_lastmodifieddate="2026-01-12"),
    ),
    "hubspot/company/a.csv": "id,property_name\n10,Ten\n20,Twenty\n",
    "hubspot/contact/a.csv": "id,property_email,property_createdate,property_lifecyclestage\n"
    "101,a@b.example,2026-01-01 09:00:00,lead\n102,b@b.example,2026-01-01 09:00:00,lead\n",
    "hubspot/contact_property_history/a.csv": "contact_id,timestamp,name,value,source_id\n"
    "101,2026-01-01 09:00:00,lead_score,10,\n101,2026-01-03 09:00:00,lead_score,60,userId:5\n",
    "hubspot/owner/a.jsonl": lines({"id": 900, "email": "o@x.example", "userId": 5, "archived": True}),
    "hubspot/engagement/a.csv": ENGAGEMENT
    + "1,MEETING,SCHEDULED,900,101,2026-01-10 09:00:00,2026-01-02 09:00:00\n"
    + "2,CALL,COMPLETED,900,101,2026-01-10 09:00:00,2026-01-02 09:00:00\n"
    + "2,CALL,COMPLETED,900,102,2026-01-10 09:00:00,2026-01-02 09:00:00\n"
    + "3,CALL,,900,101,,2026-01-02 09:00:00\n",
    "hubspot/engagement/b.jsonl": lines(
        {
            "engagement": {"id": 4, "type": "CALL", "ownerId": 900, "timestamp": 1767949200000},
            "associations": {"contactIds": [102], "dealIds": [1]},
            "metadata": {"status": "COMPLETED"},
        }
    ),
    "hubspot/engagement/c.jsonl": lines(
        properties("5", "call", [], hs_engagement_type="CALL", hs_call_status="COMPLETED", hs_timestamp=MOMENT)
    ),
    "google_ads/campaign_daily/a.jsonl": lines(
        {
            "campaign": {"id": "77", "name": "Spring"},
            "segments": {"date": "2026-01-10"},
            "metrics": {"costMicros": "1500000", "clicks": "3"},
        }
    ),
    "meta_ads/campaign_daily/a.csv": "date_start,campaign_id,campaign_name,age,gender,spend\n"
    "2026-01-05,1,M,18-24,male,10\n2026-01-05,1,M,18-24,female,20\n2026-01-05,1,M,25-34,male,30\n",
    # rows of a day that come again, alone: a campaign without the other's ad group, one without a country
    "microsoft_ads/campaign_daily/a.csv": "date,campaign_id,campaign_name,ad_group_id,device_type,spend\n"
    "2026-01-06,6,Six,11,,1\n2026-01-06,7,Seven,,Computer,10\n2026-01-06,7,Seven,,Smartphone,20\n",
    "microsoft_ads/campaign_daily/b.csv": "date,campaign_id,campaign_name,ad_group_id,device_type,spend\n"
    "2026-01-06,7,Seven,,Computer,11\n",
    # a day in one sum that comes again by device, of which one is not told
    "microsoft_ads/campaign_daily/c.csv": "date,campaign_id,campaign_name,device_type,spend\n2026-01-07,8,Eight,,100\n",
    "microsoft_ads/campaign_daily/d.csv": "date,campaign_id,campaign_name,device_type,spend\n"
    "2026-01-07,8,Eight,Computer,61\n2026-01-07,8,Eight,,40\n",
    "meta_ads/campaign_daily/b.csv": "date_start,campaign_id,campaign_name,country,spend\n"
    "2026-01-06,1,M,DE,5\n2026-01-06,1,M,FR,6\n2026-01-06,1,M,,0.5\n",
    "meta_ads/campaign_daily/c.csv": "date_start,campaign_id,campaign_name,country,spend\n2026-01-06,1,M,,0.7\n",
    "linkedin_ads/campaign/a.jsonl": lines({"id": 123, "name": "LI", "runSchedule": {"start": 1548981312000}}),
    "marketo/program/a.jsonl": lines(
        {
            "id": 11,
            "name": "Webinar",
            "updatedAt": "2015-05-21T22:45:13Z+0000",
            "startDate": "2015-05-21T22:45:13Z+0000",
        }
    ),
    "marketo/lead/a.csv": "id,createdAt,updatedAt,email,sfdcId\n"
    f"1,2026-01-01T00:00:00Z,2026-01-05T00:00:00Z,m@m.example,{LEAD}\n",
    # as Airbyte and Stitch name their streams
    "marketo/activities_change_score/a.csv": "id,leadid,activitydate,primaryattributevalue,oldvalue,newvalue\n"
    "3,1,2026-01-04T00:00:00Z,Lead Score,5,7\n",
    "marketo/activity/a.csv": "id,leadId,activityDate,activityTypeId,primaryAttributeValue,attributes\n"
    '1,1,2026-01-02T00:00:00Z,13,Person Status,"{""New Value"":""MQL"",""Old Value"":""New""}"\n'
    '2,1,2026-01-03T00:00:00Z,13,Growth Stage,"{""New Value"":""A"",""Old Value"":""B""}"\n'
    # of one second, in the order of their numbers
    '9,2,2026-01-03T00:00:00Z,13,Person Status,"{""New Value"":""MQL"",""Old Value"":""New""}"\n'
    '10,2,2026-01-03T00:00:00Z,13,Person Status,"{""New Value"":""SQL"",""Old Value"":""MQL""}"\n',
    "agency/google/a.csv": "Day,Campaign,Cost\n2026-01-05,Brand,10\n",
    "agency/meta/a.csv": "Day,Campaign,Cost\n2026-01-05,Brand,20\n",
    "agency/persons/a.csv": f"Id,Name,Email,SF\n1,Zed,z@z.example,{LEAD}\n",
    "agency/attendances/a.csv": "Id,Attendee,At\nt1,1,2026-01-09\nt2,z@z.example,2026-01-09\n"
    f"t3,{LEAD[:15]},2026-01-09\nt4,salesforce:{LEAD},2026-01-09\nt5,nobody,2026-01-09\n",
    "ga4/session/a.csv": "client_id,user_id,session_start,source,medium\n"
    f"c9,salesforce:{LEAD[:15]},2026-01-09 09:00:00,google,cpc\n",
    # the user's first source counts only where no event names anything
    "ga4/event/a.csv": "user_pseudo_id,timestamp,name,param_ga_session_id,param_ga_session_number,param_source,"
    "param_medium,param_campaign,traffic_source_source,traffic_source_medium\n"
    "c1,2026-01-01 10:00:00,session_start,s1,1,,,,google,organic\n"
    "c1,2026-01-01 10:01:00,page_view,s1,1,,email,march,google,organic\n"
    "c2,2026-01-01 10:00:00,session_start,s2,1,,,,google,organic\n",
    "agency/sellers/a.csv": "Id,Name,Gone\n1,Zoe,true\n",
    "salesforce/lead/a.csv": f"Id,Email,Status,CreatedDate\n{LEAD},other@o.example,Open,2026-01-01T00:00:00Z\n",
    # times as warehouses unload them; a header in capitals beside one of a nested key
    "salesforce/lead/b.csv": "ID,STATUS,CREATEDDATE,OWNERID,OWNER.ID\n"
    f"{LEAD[:-4]}2AAA,Open,2026-01-03 09:00:00.000 +0000,005000000000001AAA,005000000000009AAA\n"
    f"{LEAD[:-4]}3AAA,Open,2026-01-03T09:00Z,,\n"
    f"{LEAD[:-4]}4AAA,Open,2026-01-03 10:00:00 +01:00,,\n",
    # a merge puts the loser in the recycle bin, and its history with it
    "salesforce/lead/c.csv": "Id,Status,CreatedDate,IsDeleted,MasterRecordId\n"
    f"{LEAD[:-4]}5AAA,Open,2026-01-03 09:00:00,true,{LEAD}\n{LEAD[:-4]}6AAA,Open,2026-01-03 09:00:00,true,\n",
    "salesforce/lead_history/a.csv": "Id,LeadId,Field,OldValue,NewValue,CreatedDate,IsDeleted\n"
    f"1,{LEAD[:-4]}5AAA,Has Budget,false,true,2026-01-04 09:00:00,true\n"
    f"2,{LEAD[:-4]}6AAA,Has Budget,false,true,2026-01-04 09:00:00,true\n",
    "salesforce/account/a.jsonl": lines(
        {"Id": "001000000000001AAA", "Name": "A", "BillingAddress": {"country": "Germany", "countryCode": "DE"}}
    ),
    "salesforce/opportunity_history/a.csv": "id,opportunity_id,stage_name,_fivetran_start,created_date\n"
    "008000000000001AAA,006000000000001AAA,Prospecting,2026-04-20 00:00:00,2026-01-05 00:00:00\n",
    "salesforce/opportunity_history/b.csv": "id,stage_name,_fivetran_start,created_date\n"
    "006000000000002AAA,Prospecting,2026-02-01 00:00:00,2026-01-05 00:00:00\n",
}
CASES: dict[str, tuple[str, list[tuple[object, ...]]]] = {
    "a deal's company is the primary one, from associations in rows or in its JSON": (
        "select record_id, account_id, contact_id from intermediate.int_opportunity_record order by all",
        [
            ("hubspot:1", "hubspot:20", None),
            ("hubspot:3", "hubspot:20", "hubspot:101"),
            ("hubspot:4", "hubspot:20", "hubspot:101"),
        ],
    ),
    "a contact of a deal's JSON has a role in it": (
        "from intermediate.int_opportunity_contact_role order by all",
        [("hubspot:3", "hubspot:101"), ("hubspot:4", "hubspot:101")],
    ),
    "an engagement has a row per contact; a meeting that is scheduled was not held, a call without a time was made": (
        "select activity_id, is_completed, person_record_id, acted_at from intermediate.int_activity_record order by 1",
        [
            ("hubspot:1", False, "hubspot:101", datetime(2026, 1, 2, 9)),
            ("hubspot:2|101", True, "hubspot:101", datetime(2026, 1, 10, 9)),
            ("hubspot:2|102", True, "hubspot:102", datetime(2026, 1, 10, 9)),
            ("hubspot:3", True, "hubspot:101", datetime(2026, 1, 2, 9)),
            ("hubspot:4", True, "hubspot:102", datetime(2026, 1, 9, 9)),
            ("hubspot:5", True, "hubspot:101", datetime(2026, 1, 10, 9)),
        ],
    ),
    "the parts of an engagement's JSON name owner and deal": (
        "select owner_id, related_record_id from intermediate.int_activity_record where activity_id = 'hubspot:4'",
        [("hubspot:900", "hubspot:1")],
    ),
    "a history under another of a field's names is the field's, its author the user it names": (
        "select record_id, field, old_value, new_value, changed_by from intermediate.int_lead_change "
        "where record_id <> 'marketo:2' order by record_id, new_value desc",
        [
            ("hubspot:101", "score", "10", "60", "hubspot:900"),
            ("hubspot:101", "score", None, "10", None),
            ("marketo:1", "status", "New", "MQL", None),
            ("marketo:1", "growth_stage", "B", "A", None),
            ("marketo:1", "score", "5", "7", None),
            (f"salesforce:{LEAD[:-4]}5AAA", "has_budget", "false", "true", None),
        ],
    ),
    "numbered changes of one second come in the order of their numbers": (
        "select old_value, new_value from intermediate.int_lead_change where record_id = 'marketo:2' "
        "order by changed_at, sequence",
        [("New", "MQL"), ("MQL", "SQL")],
    ),
    "a blank before an offset, no seconds; the nearer of two spellings": (
        "select native_id, created_at, owner_id from intermediate.int_lead_record "
        f"where native_id between '{LEAD[:-4]}2' and '{LEAD[:-4]}5' order by all",
        [
            (f"{LEAD[:-4]}2AAA", datetime(2026, 1, 3, 9), "salesforce:005000000000001AAA"),
            (f"{LEAD[:-4]}3AAA", datetime(2026, 1, 3, 9), None),
            (f"{LEAD[:-4]}4AAA", datetime(2026, 1, 3, 9), None),
        ],
    ),
    "the parts of an address": (
        "select country from intermediate.int_account_record where source_system = 'salesforce'",
        [("Germany",)],
    ),
    "a loader's time is a change's only where its row is the deal": (
        "select record_id, changed_at from intermediate.int_opportunity_stage_change order by all",
        [
            ("salesforce:006000000000001AAA", datetime(2026, 1, 5)),
            ("salesforce:006000000000002AAA", datetime(2026, 2, 1)),
        ],
    ),
    "breakdowns add up; two reports of a source that name a campaign alike are two": (
        "select spend_date, platform, cost from intermediate.int_spend_record order by all",
        [
            (date(2026, 1, 5), "agency", Decimal(30)),
            (date(2026, 1, 5), "meta_ads", Decimal(60)),
            (date(2026, 1, 6), "meta_ads", Decimal("11.7")),
            (date(2026, 1, 6), "microsoft_ads", Decimal(1)),
            (date(2026, 1, 6), "microsoft_ads", Decimal(31)),
            (date(2026, 1, 7), "microsoft_ads", Decimal(101)),
            (date(2026, 1, 10), "google_ads", Decimal("1.5")),
        ],
    ),
    "times with Z and an offset, and in milliseconds": (
        "select record_id, starts_on from intermediate.int_campaign_record order by all",
        [("linkedin_ads:123", date(2019, 2, 1)), ("marketo:11", date(2015, 5, 21))],
    ),
    "records of other systems are the lead that their sync id names": (
        f"select count(distinct person_id) from intermediate.int_person_record where record_id in "
        f"('agency:1', 'marketo:1', 'salesforce:{LEAD}')",
        [(1,)],
    ),
    "a person key may be the source's own, an e-mail, or an id of another system": (
        "select touch_id, person_id from intermediate.int_touch where source_system in ('agency', 'ga4') "
        "and touched_at > '2026-01-08' order by all",
        [
            ("agency:t1", "agency:1"),
            ("agency:t2", "agency:1"),
            ("agency:t3", "agency:1"),
            ("agency:t4", "agency:1"),
            ("agency:t5", None),
            ("ga4:c9:2026-01-09 09:00:00", "agency:1"),
        ],
    ),
    "an event that names a medium alone comes before the user's first source": (
        "select client_id, source, medium, campaign from intermediate.int_touch_record "
        "where source_system = 'ga4' and touched_at < '2026-01-08' order by all",
        [("c1", None, "email", "march"), ("c2", "google", "organic", None)],
    ),
    "an owner who was deleted is not active": (
        "select record_id, is_active from intermediate.int_owner_record order by all",
        [("agency:1", False), ("hubspot:900", False)],
    ),
}


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Rows:
    home = tmp_path_factory.mktemp("shapes")
    extracts = land(FILES, home / "extracts")
    (home / "mappings").mkdir()
    (home / "mappings" / "agency.yml").write_text(MAPPING, encoding="utf-8")
    settings = build(home, extracts, home / "mappings", select=f"{UNIFIED} +int_touch", parsed=parsed_project)

    def query(sql: str) -> list[tuple[object, ...]]:
        with reader(settings) as con:
            return con.execute(sql).fetchall()

    return query


@pytest.mark.parametrize(("sql", "expected"), CASES.values(), ids=list(CASES))
def test_what_comes_in_other_shapes(shapes: Rows, sql: str, expected: list[tuple[object, ...]]) -> None:
    assert shapes(sql) == expected
