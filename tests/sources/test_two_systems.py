"""Salesforce and HubSpot in one company: who and what lives in both is counted once."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from handoff.settings import Settings
from tests.sources.conftest import build, land, reader

Rows = Callable[[str], list[tuple[object, ...]]]


def sf(kind: str, number: int) -> str:
    """An id of 18 characters; the Q of a lead's is a capital, which its check letter says."""
    return f"{kind}{number:012d}{'E' if 'Q' in kind else 'A'}AA"


LEAD_HEADER = (
    "Id,FirstName,LastName,Company,Email,LeadSource,Status,CreatedDate,SystemModstamp,ConvertedContactId,"
    "ConvertedOpportunityId,IsDeleted,MasterRecordId\n"
)


def sf_lead(
    number: int, name: str, email: str, created: str, contact: str = "", opportunity: str = "", master: str = ""
) -> str:
    return (
        f"{sf('00Q', number)},{name},Lead,{name} Works,{email},Webinar,Open,{created},2026-03-01T00:00:00Z,{contact},"
        f"{opportunity},false,{master}\n"
    )


def hs_contact(number: int, name: str, email: str, created: str, lead: str = "", contact: str = "") -> str:
    return f"{number},{name},Lead,{name} Works,{email},Webinar,lead,{created},2026-03-02T00:00:00Z,{lead},{contact}\n"


FILES = {
    "salesforce/lead/a.csv": LEAD_HEADER
    + sf_lead(1, "Synced", "synced@sales.example", "2026-02-02T09:00:00Z", opportunity=sf("006", 1))
    + sf_lead(2, "Mail", "mail@both.example", "2026-02-01T09:00:00Z")
    + sf_lead(3, "Sales", "only@sales.example", "2026-02-01T09:00:00Z")
    + sf_lead(4, "Twomails", "work@two.example", "2026-02-01T09:00:00Z")
    + sf_lead(5, "Converted", "converted@sales.example", "2026-02-01T09:00:00Z", contact=sf("003", 5))
    + sf_lead(6, "Twice", "twice@sales.example", "2026-02-04T09:00:00Z", contact=sf("003", 6), master=sf("00Q", 5)),
    "salesforce/contact/a.csv": f"Id,FirstName,LastName,Email\n{sf('003', 5)},Converted,Lead,converted@sales.example\n",
    "hubspot/contact/a.csv": "id,firstname,lastname,company,email,lead_source,lifecyclestage,createdate,"
    "lastmodifieddate,salesforceleadid,salesforcecontactid\n"
    + hs_contact(1, "Synced", "synced@private.example", "2026-01-02T09:00:00Z", lead=sf("00Q", 1)[:15])
    + hs_contact(2, "Mail", " MAIL@both.example", "2026-02-05T09:00:00Z")
    + hs_contact(3, "Marketing", "only@marketing.example", "2026-02-01T09:00:00Z")
    + hs_contact(4, "Twomails", "home@two.example", "2026-02-01T09:00:00Z")
    + hs_contact(5, "Converted", "converted@private.example", "2026-02-03T09:00:00Z", contact=sf("003", 5))
    # of a lead that was merged into another
    + hs_contact(6, "Twice", "twice@private.example", "2026-02-04T09:00:00Z", contact=sf("003", 6)),
    "salesforce/opportunity/a.csv": "Id,Name,StageName,Amount,CloseDate,CreatedDate,IsDeleted,Type\n"
    f"{sf('006', 1)},In both by sync,Closed Won,100,2026-03-01,2026-02-10T09:00:00Z,false,\n"
    f"{sf('006', 2)},In both by name,Closed Won,200,2026-03-01,2026-02-10T09:00:00Z,false,\n"
    f"{sf('006', 3)},Sales only,Closed Won,400,2026-03-01,2026-02-10T09:00:00Z,false,\n"
    f"{sf('006', 4)},Older there,Qualification,500,,2026-02-10T09:00:00Z,false,\n"
    f"{sf('006', 5)},Closed there,Closed Won,600,,2026-02-10T09:00:00Z,false,\n",
    "hubspot/deal/a.csv": "deal_id,dealname,dealstage,amount,closedate,createdate,hs_salesforceopportunityid,dealtype\n"
    f"701,In both by sync,closedwon,100,2026-03-01,2026-02-10T09:00:00Z,{sf('006', 1)},existingbusiness\n"
    "702,In both by name,closedwon,200,2026-03-01,2026-02-10T09:00:00Z,,\n"
    "703,Marketing only,closedwon,800,2026-03-01,2026-02-10T09:00:00Z,,\n"
    f"704,Older there,qualifiedtobuy,500,,2026-02-02T09:00:00Z,{sf('006', 4)},\n"
    f"705,Closed there,closedwon,600,2026-03-03,2026-02-10T09:00:00Z,{sf('006', 5)},\n",
    "hubspot/deal_contact/a.csv": "deal_id,contact_id\n701,1\n702,2\n703,3\n",
    "hubspot/form_submission/a.csv": "timestamp,form_id,contact_id,conversion_id\n"
    "2026-01-02 09:00:00,1,1,a\n2026-02-01 08:00:00,1,4,b\n",
}
CASES: dict[str, tuple[str, list[tuple[object, ...]]]] = {
    "one lead where a sync id or the e-mail says so, by the first system, at the earliest time": (
        "select lead_id, created_at from core.fct_lead order by 1",
        [
            ("hubspot:3", datetime(2026, 2, 1, 9)),
            ("hubspot:4", datetime(2026, 2, 1, 9)),
            (f"salesforce:{sf('00Q', 1)}", datetime(2026, 1, 2, 9)),
            (f"salesforce:{sf('00Q', 2)}", datetime(2026, 2, 1, 9)),
            (f"salesforce:{sf('00Q', 3)}", datetime(2026, 2, 1, 9)),
            (f"salesforce:{sf('00Q', 4)}", datetime(2026, 2, 1, 9)),
            (f"salesforce:{sf('00Q', 5)}", datetime(2026, 2, 1, 9)),
        ],
    ),
    "deals join by sync id only": (
        "select opportunity_id, amount, is_won from core.fct_opportunity order by 1",
        [
            ("hubspot:702", Decimal(200), True),
            ("hubspot:703", Decimal(800), True),
            (f"salesforce:{sf('006', 1)}", Decimal(100), True),
            (f"salesforce:{sf('006', 2)}", Decimal(200), True),
            (f"salesforce:{sf('006', 3)}", Decimal(400), True),
            (f"salesforce:{sf('006', 4)}", Decimal(500), False),
            (f"salesforce:{sf('006', 5)}", Decimal(600), True),
        ],
    ),
    "what the first system leaves out of a deal, the next one tells: by its own words": (
        "select opportunity_type, opportunity_type_raw, is_new_business from core.fct_opportunity "
        "where opportunity_id = 'salesforce:" + sf("006", 1) + "'",
        [("expansion", "existingbusiness", False)],
    ),
    "the first stage begins with the earliest creation, the last at the close day that one system knows": (
        "select opportunity_id, created_at, qualified_at, closed_at, close_date from core.fct_opportunity "
        f"where opportunity_id in ('salesforce:{sf('006', 4)}', 'salesforce:{sf('006', 5)}') order by 1",
        [
            (f"salesforce:{sf('006', 4)}", datetime(2026, 2, 2, 9), datetime(2026, 2, 2, 9), None, None),
            (
                f"salesforce:{sf('006', 5)}",
                datetime(2026, 2, 10, 9),
                datetime(2026, 3, 3, 23, 59, 59),
                datetime(2026, 3, 3, 23, 59, 59),
                date(2026, 3, 3),
            ),
        ],
    ),
    "a lead has the deal of either system once": (
        "select lead_id, opportunity_id, won_amount from core.fct_lead where opportunity_id is not null order by 1",
        [
            ("hubspot:3", "hubspot:703", Decimal(800)),
            (f"salesforce:{sf('00Q', 1)}", f"salesforce:{sf('006', 1)}", Decimal(100)),
            (f"salesforce:{sf('00Q', 2)}", "hubspot:702", Decimal(200)),
        ],
    ),
    "no stage is reached twice": (
        "select count(*) - count(distinct (lead_id, stage, basis)) from core.fct_lead_stage_event",
        [(0,)],
    ),
    "marketing's touches belong to sales' lead": (
        "select lead.lead_id, touch.touch_type from core.fct_touch as touch "
        "inner join core.fct_lead as lead using (person_id) order by 1",
        [("hubspot:4", "form_submission"), (f"salesforce:{sf('00Q', 1)}", "form_submission")],
    ),
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Settings:
    home = tmp_path_factory.mktemp("both")
    extracts = land(FILES, home / "extracts")
    select = "+fct_lead +fct_lead_stage_event +fct_opportunity +fct_touch"
    return build(home, extracts, select=select, parsed=parsed_project)


@pytest.mark.parametrize("name", CASES)
def test_two_systems(both: Settings, name: str) -> None:
    sql, expected = CASES[name]
    with reader(both) as con:
        assert con.execute(sql).fetchall() == expected
