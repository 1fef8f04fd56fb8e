"""A company small enough to work out by hand, written as Salesforce and HubSpot extracts, with definitions of its own.

Every lead and deal is a case; its figures stand in the tests. Times are UTC; the reporting time zone is Berlin (UTC+1,
from 29 March 2026 UTC+2). Not here: building it (`build.py`), what is expected of it (the tests).
"""

import csv
import shutil
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from handoff.settings import DBT_PROJECT

AS_OF = datetime(2026, 7, 1, 12, 0)

SELLER, SECOND_SELLER = "005000000000001AAA", "005000000000002AAA"
MARKETER, INTEGRATION, ROBOT = "005000000000003AAA", "005000000000004AAA", "005000000000005AAA"
QUEUE = "00G000000000001AAA"

Row = dict[str, str]

# Sources that no vendor's mapping knows and that system_priority does not name.
OWN_SOURCES = {
    name: f"""source: {name}
objects:
  person:
    entity: lead
    fields:
      native_id: {{column: Id, required: true}}
      last_name: Name
      email: Email
      company: Company
      lead_source: Source
      status: Status
      created_at: Created
      owner_id: Owner
      synced_lead_id: Synced
      converted_contact_id: Contact
  log:
    entity: lead_history
    fields: {{record_id: Person, field: Field, old_value: Old, new_value: New, changed_at: At, changed_by: By}}
  contact:
    entity: contact
    fields: {{native_id: Id, last_name: Name, email: Email}}
  deal:
    entity: opportunity
    fields: {{native_id: Id, stage: Stage, contact_id: Contact, created_at: Created}}
  role:
    entity: opportunity_contact_role
    fields: {{opportunity_id: Deal, contact_id: Contact}}
  user:
    entity: owner
    fields: {{native_id: Id, name: Name, type: Type}}
  call:
    entity: activity
    fields: {{native_id: Id, person_id: Person, type: Kind, status: Status, completed_at: Done}}
  touch:
    entity: touch
    fields: {{native_id: Id, email: Email, touched_at: At, touch_type: Kind, landing_page: Page}}
"""
    for name in ("agency", "fair")
}


class Company:
    """Collects rows per object and writes each object as one CSV file."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {}
        self.numbers: dict[str, int] = {}

    def add(self, table: str, **fields: object) -> str:
        self.numbers[table] = self.numbers.get(table, 0) + 1
        row = {name: "" if value is None else str(value) for name, value in fields.items()}
        row.setdefault("Id", f"{table.split('/')[1][:4]}{self.numbers[table]:04d}")
        self.rows.setdefault(table, []).append(row)
        return row["Id"]

    def lead(self, key: str, created: str, status: str = "Open", **fields: object) -> str:
        """A complete Salesforce lead inside the ideal customer profile, unless the fields say otherwise."""
        usual: dict[str, object] = {
            "Id": key,
            "FirstName": "Ada",
            "LastName": key,
            "Email": f"{key.lower()}@{key.lower()}.example",
            "Company": f"{key} GmbH",
            "Title": "VP Marketing",
            "Industry": "Technology",
            "NumberOfEmployees": 500,
            "Country": "Germany",
            "LeadSource": "Webinar",
            "Status": status,
            "OwnerId": SELLER,
            "CreatedDate": f"{created}Z",
            "SystemModstamp": f"{created}Z",
            "IsDeleted": "false",
            "Has_Need__c": "false",
        }
        return self.add("salesforce/lead", **(usual | fields))

    def changed(self, lead: str, at: str, field: str, old: str, new: str, by: str = SELLER) -> None:
        self.add(
            "salesforce/lead_history",
            LeadId=lead,
            CreatedDate=f"{at}Z",
            Field=field,
            OldValue=old,
            NewValue=new,
            CreatedById=by,
        )

    def went(self, lead: str, *steps: tuple[str, str], by: str = INTEGRATION) -> None:
        """A status history: the first step is the initial status (its time is not written), then (time, status)."""
        for (_, old), (at, new) in pairwise(steps):
            self.changed(lead, at, "Status", old, new, by)

    def call(self, lead: str, completed: str, by: str = SELLER, **fields: object) -> None:
        usual: dict[str, object] = {
            "WhoId": lead,
            "OwnerId": by,
            "Type": "Call",
            "CallType": "Outbound",
            "Status": "Completed",
            "IsClosed": "true",
            "CompletedDateTime": f"{completed}Z",
            "CreatedDate": f"{completed}Z",
            "IsDeleted": "false",
        }
        self.add("salesforce/task", **(usual | fields))

    def answered_campaign(self, lead: str, on: str, **fields: object) -> None:
        usual: dict[str, object] = {
            "CampaignId": "camp0001",
            "LeadId": lead,
            "Status": "Responded",
            "HasResponded": "true",
            "FirstRespondedDate": on,
            "CreatedDate": f"{on}T00:00:00Z",
            "IsDeleted": "false",
        }
        self.add("salesforce/campaign_member", **(usual | fields))

    def deal(self, key: str, created: str, stage: str = "Prospecting", **fields: object) -> str:
        usual: dict[str, object] = {
            "Id": key,
            "Name": key,
            "StageName": stage,
            "Amount": "1000.00",
            "CurrencyIsoCode": "USD",
            "CloseDate": "2026-09-30",
            "Type": "New Business",
            "CreatedDate": f"{created}Z",
            "SystemModstamp": f"{created}Z",
            "OwnerId": SELLER,
            "IsDeleted": "false",
        }
        return self.add("salesforce/opportunity", **(usual | fields))

    def deal_went(self, deal: str, *steps: tuple[str, str], amount: str = "1000.00") -> None:
        for at, stage in steps:
            self.add(
                "salesforce/opportunity_history",
                OpportunityId=deal,
                StageName=stage,
                Amount=amount,
                CreatedDate=f"{at}Z",
            )

    def hubspot_contact(self, key: str, created: str, email: str, stage: str = "lead", **fields: object) -> None:
        usual: dict[str, object] = {
            "Id": key,
            "firstname": "Ada",
            "lastname": key,
            "email": email,
            "company": f"{key} GmbH",
            "lifecyclestage": stage,
            "createdate": f"{created}Z",
            "lastmodifieddate": f"{created}Z",
            "hs_analytics_source": "Webinar",
        }
        self.add("hubspot/contact", **(usual | fields))

    def hubspot_deal(
        self, key: str, created: str, stage: str, closed: str, amount: str, contact: str = "", **fields: object
    ) -> None:
        """A deal, and the association with its contact, where one is named."""
        usual: dict[str, object] = {
            "Id": key,
            "dealname": f"deal {key}",
            "dealstage": stage,
            "amount": amount,
            "closedate": closed,
            "createdate": created,
            "hs_lastmodifieddate": closed,
        }
        self.add("hubspot/deal", **(usual | fields))
        if contact:
            self.add("hubspot/deal_contact", Id="", deal_id=key, contact_id=contact)

    def own_lead(self, source: str, key: str, created: str, email: str, **fields: object) -> None:
        usual: dict[str, object] = {
            "Id": key,
            "Name": key,
            "Email": email,
            "Company": "Own",
            "Source": "Webinar",
            "Status": "captured",
            "Created": f"{created}Z",
        }
        self.add(f"{source}/person", **(usual | fields))

    def touched(self, lead: str, kind: str, *times: str, page: str = "") -> None:
        """Touches of a lead by its e-mail, known to a system of its own."""
        for at in times:
            self.add("fair/touch", Email=f"{lead.lower()}@{lead.lower()}.example", At=f"{at}Z", Kind=kind, Page=page)

    def write(self, folder: Path) -> None:
        for table, rows in self.rows.items():
            columns = list(dict.fromkeys(name for row in rows for name in row))
            path = folder / table / "delivery.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", newline="", encoding="utf-8") as handle:
                writer = csv.DictWriter(handle, columns, restval="")
                writer.writeheader()
                writer.writerows(rows)


def write_sources(folder: Path) -> None:
    folder.mkdir()
    for name, text in OWN_SOURCES.items():
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")


def write_definitions(folder: Path) -> None:
    """The shipped definitions, a few more ways to become an MQL, and a history: from March companies below 100
    employees are outside the profile, in June the SLA counts business hours and logistics comes into the profile, from
    29 June sales-ready is what the CRM says.

    No other setting has a row: their defaults hold. Time zone and currency were others until June. Around each
    cell stand blanks, which say nothing.
    """
    shutil.copytree(DBT_PROJECT / "seeds" / "definitions", folder)
    _rewrite(
        folder / "versions.csv",
        ["version", "valid_from", "agreed_by_marketing", "agreed_by_sales", "note"],
        [
            [f"{number}.0", on, "Marketing", "Sales", note]
            for number, on, note in (
                (1, "2024-01-01", "as shipped"),
                (2, "2026-03-01", "from 100 employees"),
                (3, "2026-06-01", "business hours"),
                (4, "2026-06-29", "clock hours again"),
            )
        ],
    )
    _rewrite(
        folder / "settings.csv",
        ["setting", "value", "valid_from", "valid_to"],
        [
            ["reporting_timezone", "America/New_York", "2024-01-01", "2026-06-01"],
            ["reporting_timezone", "Europe/Berlin", "2026-06-01", ""],
            ["reporting_currency", "EUR", "2024-01-01", "2026-06-01"],
            ["reporting_currency", "USD", "2026-06-01", ""],
            ["sla_clock", "clock", "2024-01-01", "2026-06-01"],
            ["sla_clock", "business", "2026-06-01", "2026-06-29"],
            ["sla_clock", "clock", "2026-06-29", ""],
        ],
    )
    _rewrite(
        folder / "icp.csv",
        ["dimension", "operator", "value", "effect", "points", "valid_from", "valid_to"],
        [
            ["employee_count", "between", "50|5000", "require", "20", "2024-01-01", "2026-03-01"],
            ["employee_count", "between", "100|5000", "require", "20", "2026-03-01", ""],
            ["industry", "in", "Technology|Finance", "require", "15", "2024-01-01", "2026-06-01"],
            ["industry", "in", "Technology|Finance|Logistics", "require", "15", "2026-06-01", ""],
            ["persona", "regex", ".*(student|intern).*", "disqualify", "0", "2024-01-01", ""],
            ["country", "in", "Germany|France", "prefer", "5", "2024-01-01", ""],
        ],
    )
    criteria = _read(folder / "stage_criteria.csv")
    _rewrite(
        folder / "stage_criteria.csv",
        ["stage", "rule", "side", "field", "operator", "value", "valid_from", "valid_to"],
        [[*row[:-1], row[-1] if row[0] == "mql" else "2026-06-29"] for row in criteria]
        + [
            ["sql", "named", "sales", "native_id", operator, value, "2026-06-29", ""]
            for operator, value in (("is", "130"), ("=", "00Q5e00000AbCdE"), ("in", "x| 00Q5e00000AbCdF"))
        ]
        + [
            # letters' case does not matter: still alternatives of the shipped rule
            ["mql", "Engagement", "engagement", field, ">=", least, "2024-01-01", ""]
            for field, least in (
                ("touches_30d", "4"),
                ("touches_90d", "6"),
                ("page_views_30d", "3"),
                ("pricing_page_views_30d", "2"),
                ("score", "60"),
            )
        ],
    )
    _rewrite(
        folder / "completeness.csv",
        ["rule", "question", "fields", "test", "valid_from", "valid_to"],
        [
            ["Reachable" if row[2] == "phone|mobile_phone" else row[0], *row[1:]]
            for row in _read(folder / "completeness.csv")
        ],
    )
    _rewrite(folder / "holidays.csv", ["date", "name"], [["2026-06-10", "Company day"]])
    _rewrite(
        folder / "exchange_rates.csv",
        ["rate_date", "currency", "rate"],
        [
            ["2026-01-28", "EUR", "1.0025"],
            ["2026-02-02", "EUR", "1.2000"],
            ["2026-02-10", "EUR", "1.1000"],
            ["2026-01-30", "VND", "0.0000393712"],
        ],
    )
    _rewrite(
        folder / "rejection_reasons.csv",
        ["reason", "label", "crm_value"],
        [
            ["not_ready", "Nurture", "Not Ready"],
            ["competitor", "Under contract", "Competitor"],
            ["bad_data", "Bounced", "Bounced"],
            ["wrong_person", "Wrong contact", "Bad_Data"],
        ],
    )
    for path in folder.glob("*.csv"):
        header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        _rewrite(path, header, [[f" \t{cell}\xa0 " for cell in row] for row in _read(path)])


def _read(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.reader(handle))[1:]


def _rewrite(path: Path, header: list[str], rows: Iterable[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([header, *rows])


def hand_worked() -> Company:
    company = Company()
    for key, department, kind in (
        (SELLER, "Sales", "Standard"),
        (SECOND_SELLER, "Sales Development", "Standard"),
        (MARKETER, "Marketing", "Standard"),
        (INTEGRATION, "Integration", "Standard"),
        (ROBOT, "Sales", "AutomatedProcess"),
    ):
        company.add(
            "salesforce/user", Id=key, Name=f"User {key[14]}", Department=department, UserType=kind, IsActive="true"
        )
    company.add("salesforce/campaign", Id="camp0001", Name="Spring webinar", Type="Webinar", IsDeleted="false")
    _responses(company)
    _decisions(company)
    _definitions_by_date(company)
    _entry(company)
    _merges(company)
    _two_systems(company)
    _deals(company)
    _accounts(company)
    _restated(company)
    _told_by_two(company)
    _deals_before_and_after(company)
    return company


def _responses(company: Company) -> None:
    def handed_off(key: str, at: str) -> str:
        company.lead(key, "2026-01-05T09:00:00", "Handed Off")
        company.went(key, ("", "Open"), (at, "Handed Off"))
        return key

    lead = handed_off("EARLYCALL", "2026-02-02T10:00:00")  # a call before the handoff is no answer to it
    company.call(lead, "2026-02-02T09:30:00")
    company.call(lead, "2026-02-02T12:00:00")
    lead = handed_off("SAMETIME", "2026-02-02T10:00:00")  # strictly after
    company.call(lead, "2026-02-02T10:00:00")
    company.call(lead, "2026-02-03T10:00:00")
    lead = handed_off("FRIDAYMAY", "2026-05-08T14:30:00")  # Friday 16:30 in Berlin, clock SLA
    company.call(lead, "2026-05-11T08:00:00")
    lead = handed_off("FRIDAYJUNE", "2026-06-05T14:30:00")  # Friday 16:30 in Berlin, business SLA
    company.call(lead, "2026-06-08T08:00:00")
    lead = handed_off("HOLIDAY", "2026-06-09T14:00:00")  # Tuesday 16:00; Wednesday is a holiday; Thursday 09:30
    company.call(lead, "2026-06-11T07:30:00")
    lead = handed_off("CLOCKCHANGE", "2026-03-27T15:00:00")  # Friday 16:00 winter time to Monday 10:00 summer time
    company.call(lead, "2026-03-30T08:00:00")
    handed_off("WAITS23", "2026-06-30T13:00:00")
    handed_off("WAITS25", "2026-06-30T11:00:00")
    company.answered_campaign("WAITS25", "2026-06-30")
    company.answered_campaign("WAITS25", "2026-07-02")  # after now
    for kind in ("form_submit", "form_submission", "event", "page_view", "web_session"):  # one thing, two names
        company.touched("WAITS25", kind, "2026-06-29T10:00:00", "2026-06-30T12:00:00")  # before and after the handoff
    handed_off("WAITS24", "2026-06-30T12:00:00")
    company.lead("WAITSMOVED", "2026-01-05T09:00:00", "Handed Off", OwnerId=SECOND_SELLER)
    company.went("WAITSMOVED", ("", "Open"), ("2026-06-30T12:00:00", "Handed Off"))
    company.changed("WAITSMOVED", "2026-06-30T15:00:00", "Owner", SELLER, SECOND_SELLER)
    # under business hours, from Friday to Wednesday 14:00 in Berlin: 16:00, 14:00 and 13:00
    handed_off("WAITSOPEN22", "2026-06-26T14:00:00")
    handed_off("WAITSOPEN24", "2026-06-26T12:00:00")
    handed_off("WAITSOPEN25", "2026-06-26T11:00:00")
    # the last half hour of version 2.0 is 1 June in Berlin already; the first second of 3.0; and long before 1.0
    for key, at in (("LASTCLOCK", "2026-05-31T23:30:00"), ("FIRSTBUSINESS", "2026-06-01T00:00:00")):
        lead = handed_off(key, at)
        company.call(lead, "2026-06-02T07:00:00")
    company.lead("BEFOREALL", "2023-10-02T09:00:00", "Handed Off", NumberOfEmployees=60)
    company.went("BEFOREALL", ("", "Open"), ("2023-10-03T10:00:00", "Handed Off"))
    company.call("BEFOREALL", "2023-10-04T11:00:00")
    # entered before the handoff, completed after it; completed without saying when
    lead = handed_off("COMPLETEDLATER", "2026-02-02T10:00:00")
    company.call(lead, "2026-02-02T12:00:00", CreatedDate="2026-02-02T09:00:00Z")
    lead = handed_off("ONLYCREATED", "2026-02-02T10:00:00")
    company.call(lead, "", CompletedDateTime="", CreatedDate="2026-02-02T11:30:00Z")
    lead = handed_off("INBOUND", "2026-02-02T10:00:00")  # nothing of this is an answer, until the e-mail
    company.call(lead, "2026-02-02T11:00:00", CallType="Inbound")
    company.call(lead, "2026-02-02T11:10:00", Status="Not Started", IsClosed="false", CompletedDateTime="")
    company.call(lead, "2026-02-02T11:20:00", by=MARKETER)
    company.changed(lead, "2026-02-02T11:30:00", "Owner", SELLER, SECOND_SELLER, SELLER)
    company.changed(lead, "2026-02-02T11:40:00", "Status", "Handed Off", "Assigned", INTEGRATION)
    company.changed(lead, "2026-02-02T11:50:00", "Status", "Assigned", "Handed Off", ROBOT)
    company.changed(lead, "2026-02-02T11:55:00", "Status", "Handed Off", "Handed Off", SELLER)  # saved, not changed
    company.call(lead, "2026-02-02T12:30:00", Type="Email", CallType="")
    lead = handed_off("BYSTATUS", "2026-02-02T10:00:00")  # a person's change of status answers
    company.changed(lead, "2026-02-02T13:00:00", "Status", "Handed Off", "Working", SELLER)
    lead = handed_off("BYMARKETER", "2026-02-02T10:00:00")  # of whatever side but the system's
    company.changed(lead, "2026-02-02T14:00:00", "Status", "Handed Off", "Working", MARKETER)
    lead = handed_off("BYACCEPTANCE", "2026-02-02T10:00:00")
    company.changed(lead, "2026-02-02T15:00:00", "Status", "Handed Off", "Accepted", SELLER)
    lead = handed_off("BYREJECTION", "2026-02-02T10:00:00")
    company.changed(lead, "2026-02-02T16:00:00", "Status", "Handed Off", "Rejected", SELLER)
    lead = handed_off("MEETING", "2026-02-02T10:00:00")  # a meeting counts from when it was entered, once it was held
    company.add(
        "salesforce/event",
        WhoId=lead,
        OwnerId=SELLER,
        Subject="Demo",
        ActivityDateTime="2026-02-05T10:00:00Z",
        CreatedDate="2026-02-02T15:00:00Z",
        IsDeleted="false",
    )
    lead = handed_off("NOTHELD", "2026-06-30T10:00:00")
    company.add(
        "salesforce/event",
        WhoId=lead,
        OwnerId=SELLER,
        Subject="Demo",
        ActivityDateTime="2026-07-05T10:00:00Z",
        CreatedDate="2026-06-30T11:00:00Z",
        IsDeleted="false",
    )
    company.lead("BYOWNER", "2026-01-05T09:00:00")  # no stage: from the queue to a seller; among sellers is none
    company.changed("BYOWNER", "2026-02-01T10:00:00", "Owner", SECOND_SELLER, QUEUE)
    company.changed("BYOWNER", "2026-02-02T10:00:00", "Owner", QUEUE, SECOND_SELLER)
    company.changed("BYOWNER", "2026-02-02T11:00:00", "Owner", SECOND_SELLER, SELLER)
    company.call("BYOWNER", "2026-02-02T16:00:00")
    company.lead("FROMMARKETER", "2026-01-05T09:00:00")
    company.changed("FROMMARKETER", "2026-02-02T10:00:00", "Owner", MARKETER, SELLER)
    # from the queue to a marketer is none, the second from a queue is none
    company.lead("OWNERTWICE", "2026-01-05T09:00:00")
    company.changed("OWNERTWICE", "2026-02-01T10:00:00", "Owner", QUEUE, MARKETER)
    company.changed("OWNERTWICE", "2026-02-02T10:00:00", "Owner", MARKETER, SELLER)
    company.changed("OWNERTWICE", "2026-02-03T10:00:00", "Owner", SELLER, QUEUE)
    company.changed("OWNERTWICE", "2026-02-04T10:00:00", "Owner", QUEUE, SECOND_SELLER)
    company.lead("BYMQLDATE", "2026-01-05T09:00:00", MQL_Date__c="2026-02-02T10:00:00Z")
    company.lead("BYMQLDAY", "2026-01-05T09:00:00", MQL_Date__c="2026-02-02")
    company.lead("NOHANDOFF", "2026-01-05T09:00:00", MQL_Date__c="2026-02-02T10:00:00Z")
    company.went("NOHANDOFF", ("", "Open"), ("2026-02-03T10:00:00", "Nurture"))
    company.lead("BORNHANDED", "2026-02-02T10:00:00", " hANDED off")  # case and blanks do not matter


def _decisions(company: Company) -> None:
    company.lead("TWICE", "2026-01-05T09:00:00", "Accepted", Rejection_Reason__c="Not Ready", OwnerId=SECOND_SELLER)
    company.went(
        "TWICE",
        ("", "Open"),
        ("2026-02-02T10:00:00", "Handed Off"),
        ("2026-02-03T10:00:00", "Rejected"),
        ("2026-02-10T10:00:00", "Nurture"),
        ("2026-03-02T10:00:00", "Handed Off"),
        ("2026-03-02T11:00:00", "Assigned"),
        ("2026-03-04T10:00:00", "Accepted"),
    )
    company.changed("TWICE", "2026-02-03T10:00:00", "Rejection_Reason__c", "", "Not Ready")
    company.changed("TWICE", "2026-03-02T10:00:00", "Owner", SELLER, SECOND_SELLER)
    company.call("TWICE", "2026-02-02T14:00:00")
    company.call("TWICE", "2026-03-03T10:00:00", by=SECOND_SELLER)

    # recycled between a Friday of the clock and one of business hours, and given to somebody else
    company.lead("TWOSLAS", "2026-01-05T09:00:00", "Handed Off", OwnerId=SECOND_SELLER)
    company.went(
        "TWOSLAS",
        ("", "Open"),
        ("2026-05-08T14:30:00", "Handed Off"),
        ("2026-05-20T10:00:00", "Nurture"),
        ("2026-06-05T14:30:00", "Handed Off"),
    )
    company.changed("TWOSLAS", "2026-06-05T14:30:00", "Owner", SELLER, SECOND_SELLER)
    company.call("TWOSLAS", "2026-05-11T08:00:00")
    company.call("TWOSLAS", "2026-06-08T08:00:00", by=SECOND_SELLER)

    company.lead("ANSWEREDSECOND", "2026-01-05T09:00:00", "Accepted")  # what follows the second is none of the first's
    company.went(
        "ANSWEREDSECOND",
        ("", "Open"),
        ("2026-02-02T10:00:00", "Handed Off"),
        ("2026-02-10T10:00:00", "Nurture"),
        ("2026-03-02T10:00:00", "Handed Off"),
        ("2026-03-03T10:00:00", "Accepted"),
    )
    company.call("ANSWEREDSECOND", "2026-03-02T12:00:00")

    company.lead(
        "WONLATER",
        "2026-01-05T09:00:00",
        "Converted",
        Rejection_Reason__c="Competitor",
        ConvertedOpportunityId="DEALLATER",
        ConvertedAccountId="ACCLATER",
    )
    company.went(
        "WONLATER",
        ("", "Open"),
        ("2026-02-02T10:00:00", "Handed Off"),
        ("2026-02-03T10:00:00", "Rejected"),
        ("2026-02-04T10:00:00", "Recycled"),
        ("2026-03-02T10:00:00", "Handed Off"),
        ("2026-03-05T10:00:00", "Sales Qualified"),
        ("2026-03-06T10:00:00", "Converted"),
    )
    company.deal(
        "DEALLATER",
        "2026-03-06T10:00:00",
        "Closed Won",
        CloseDate="2026-04-10",
        AccountId="ACCLATER",
        LeadSource="Partner",
    )
    company.deal_went(
        "DEALLATER",
        ("2026-03-06T10:00:00", "Prospecting"),
        ("2026-03-20T10:00:00", "Qualification"),
        ("2026-04-10T15:00:00", "Closed Won"),
    )
    company.lead("IMPLIEDFIRST", "2026-01-05T09:00:00", "Accepted")  # accepted by what followed, before it said so
    company.went(
        "IMPLIEDFIRST",
        ("", "Open"),
        ("2026-02-02T10:00:00", "Handed Off"),
        ("2026-02-03T10:00:00", "Sales Qualified"),
        ("2026-02-10T10:00:00", "Nurture"),
        ("2026-03-02T10:00:00", "Handed Off"),
        ("2026-03-04T10:00:00", "Accepted"),
    )
    company.lead("IMPLIEDREADY", "2026-01-05T09:00:00", "Sales Ready")
    company.went(
        "IMPLIEDREADY", ("", "Open"), ("2026-02-02T10:00:00", "Handed Off"), ("2026-02-05T10:00:00", "Sales Ready")
    )
    company.lead("IMPLIEDDEAL", "2026-01-05T09:00:00", "Handed Off", ConvertedOpportunityId="DEALIMPLIED")
    company.went("IMPLIEDDEAL", ("", "Open"), ("2026-02-02T10:00:00", "Handed Off"))
    company.deal("DEALIMPLIED", "2026-02-06T10:00:00")
    company.lead("ATONCE", "2026-01-05T09:00:00", "Accepted")  # two entries of one second, in the history's order
    company.went(
        "ATONCE",
        ("", "Open"),
        ("2026-02-02T10:00:00", "Handed Off"),
        ("2026-02-03T10:00:00", "Rejected"),
        ("2026-02-03T10:00:00", "Accepted"),
    )
    company.lead("ATONCETWICE", "2026-01-05T09:00:00", "Rejected")  # in and out and in again within one second
    company.went(
        "ATONCETWICE",
        ("", "Open"),
        ("2026-02-02T10:00:00", "Handed Off"),
        ("2026-02-03T10:00:00", "Rejected"),
        ("2026-02-03T10:00:00", "Nurture"),
        ("2026-02-03T10:00:00", "Rejected"),
    )
    company.lead("CLEARED", "2026-01-05T09:00:00", "Rejected")  # the reason was emptied between two rejections
    company.went(
        "CLEARED",
        ("", "Open"),
        ("2026-02-02T10:00:00", "Handed Off"),
        ("2026-02-03T10:00:00", "Rejected"),
        ("2026-02-10T10:00:00", "Handed Off"),
        ("2026-02-11T10:00:00", "Rejected"),
    )
    company.changed("CLEARED", "2026-02-03T10:00:00", "Rejection_Reason__c", "", "Not Ready")
    company.changed("CLEARED", "2026-02-10T10:00:00", "Rejection_Reason__c", "Not Ready", "")
    company.lead("REASONLATER", "2026-01-05T09:00:00", "Rejected", Rejection_Reason__c="Competitor")
    company.went(
        "REASONLATER",
        ("", "Open"),
        ("2026-02-02T10:00:00", "Handed Off"),
        ("2026-02-03T10:00:00", "Rejected"),
        ("2026-02-10T10:00:00", "Handed Off"),
        ("2026-02-11T10:00:00", "Rejected"),
    )
    company.changed("REASONLATER", "2026-02-11T10:00:00", "Rejection_Reason__c", "", "Competitor")
    company.lead("NOREASON", "2026-01-05T09:00:00", "Rejected")
    company.went("NOREASON", ("", "Open"), ("2026-02-02T10:00:00", "Handed Off"), ("2026-02-03T10:00:00", "Rejected"))
    company.lead("ODDREASON", "2026-01-05T09:00:00", "Rejected", Rejection_Reason__c="Call in autumn")
    company.went("ODDREASON", ("", "Open"), ("2026-02-02T10:00:00", "Handed Off"), ("2026-02-03T10:00:00", "Rejected"))
    company.lead("OTHERSNAME", "2026-01-05T09:00:00", "Rejected", Rejection_Reason__c="bad_data")
    company.went("OTHERSNAME", ("", "Open"), ("2026-02-02T10:00:00", "Handed Off"), ("2026-02-03T10:00:00", "Rejected"))
    company.lead("TWOREASONS", "2026-01-05T09:00:00", "Rejected", Rejection_Reason__c="Competitor")
    company.went(
        "TWOREASONS",
        ("", "Open"),
        ("2026-02-02T10:00:00", "Handed Off"),
        ("2026-02-03T10:00:00", "Rejected"),
        ("2026-02-10T10:00:00", "Handed Off"),
        ("2026-02-11T10:00:00", "Rejected"),
    )
    company.changed("TWOREASONS", "2026-02-03T10:00:00", "Rejection_Reason__c", "", "Not Ready")
    company.changed("TWOREASONS", "2026-02-11T10:00:00", "Rejection_Reason__c", "Not Ready", "Competitor")


def _definitions_by_date(company: Company) -> None:
    company.lead("SMALL", "2026-01-05T09:00:00", "Handed Off", NumberOfEmployees=60)  # MQL by 1.0, handed off under 2.0
    company.answered_campaign("SMALL", "2026-02-10")
    company.went("SMALL", ("", "Open"), ("2026-03-10T10:00:00", "Handed Off"))
    company.lead("SMALLLATER", "2026-03-05T09:00:00", NumberOfEmployees=60)
    company.answered_campaign("SMALLLATER", "2026-03-10")
    # logistics comes into the profile with 3.0, which is no event: the next change is
    for key in ("LOOSENED", "LOOSENEDQUIET"):
        company.lead(key, "2026-03-05T09:00:00", Industry="Logistics")
        company.answered_campaign(key, "2026-03-10")
    company.changed("LOOSENED", "2026-06-10T08:00:00", "Phone", "", "1")
    company.lead("ELSEWHERE", "2026-01-05T09:00:00", Country="Spain")  # a preference that does not hold excludes nobody
    # each of the three ways of engagement; a campaign that was sent and not answered is none
    company.lead("FORMFILLED", "2026-02-05T09:00:00")
    company.hubspot_contact("113", "2026-02-06T09:00:00", "ada@form.example", salesforceleadid="FORMFILLED")
    company.add("hubspot/form_submission", Id="f1", contact_id="113", form_id="demo", timestamp="2026-02-10T12:00:00Z")
    company.lead("VISITED", "2026-02-05T09:00:00")
    company.touched("VISITED", "event_attendance", "2026-02-11T12:00:00")
    # and by what this company counts besides: clicks, pages and the score of a time
    for key in ("CLICKS30", "CLICKS90", "PAGES", "PRICING"):
        company.lead(key, "2026-01-05T09:00:00")
    company.touched("CLICKS30", "email_click", *(f"2026-02-0{day}T10:00:00" for day in (1, 3, 5, 7)))
    # 17 days apart: never more than two within 30 days, six within 90
    days = ("01-10", "01-27", "02-13", "03-02", "03-19", "04-05")
    company.touched("CLICKS90", "email_click", *(f"2026-{day}T10:00:00" for day in days))
    # on 5 March the first is 32 days old; on the 10th three lie within 30 days
    company.touched("PAGES", "web_session", *(f"2026-{day}T10:00:00" for day in ("02-01", "02-15", "03-05", "03-10")))
    company.touched("PRICING", "web_session", "2026-01-25T10:00:00", page="https://us.example/blog")
    company.touched("PRICING", "web_session", "2026-02-01T10:00:00", "2026-02-26T10:00:00", page="/Pricing?a=b")
    company.lead("SCORED", "2026-01-05T09:00:00", Score__c=30)
    for at, old, new in (("2026-02-01T10:00:00", "40", "65"), ("2026-02-09T10:00:00", "65", "30")):
        company.changed("SCORED", at, "Score__c", old, new)
    company.lead("ONLYSENT", "2026-02-05T09:00:00")
    company.answered_campaign("ONLYSENT", "2026-02-10", Status="Sent", HasResponded="false", FirstRespondedDate="")
    company.lead("ANSWEREDFIRST", "2026-02-05T09:00:00")  # what was answered before the lead existed counts at creation
    company.answered_campaign("ANSWEREDFIRST", "2026-02-01")
    company.lead("LATEFIT", "2026-01-05T09:00:00")  # the size became known after the answer
    company.answered_campaign("LATEFIT", "2026-01-10")
    company.changed("LATEFIT", "2026-01-20T09:00:00", "NumberOfEmployees", "", "500")
    company.lead("ABSURDSIZE", "2026-01-05T09:00:00", "Handed Off")  # a size that no whole number holds, mended later
    company.went("ABSURDSIZE", ("", "Open"), ("2026-02-02T10:00:00", "Handed Off"))
    company.changed("ABSURDSIZE", "2026-02-03T10:00:00", "NumberOfEmployees", "99999999999999999999", "500")
    company.lead("UNKNOWNSIZE", "2026-01-05T09:00:00", NumberOfEmployees="")
    company.lead("STUDENT", "2026-01-05T09:00:00", NumberOfEmployees="", Title="Student")
    company.lead("WRONGINDUSTRY", "2026-01-05T09:00:00", Industry="Education")
    company.lead(
        "QUALIFIED",
        "2026-01-05T09:00:00",
        Has_Need__c="true",
        Has_Budget__c="true",
        Has_Timeline__c="true",
        Has_Authority__c="true",
    )
    company.changed("QUALIFIED", "2026-02-01T10:00:00", "Has_Need__c", "false", "true")
    company.changed("QUALIFIED", "2026-02-02T10:00:00", "Has_Budget__c", "false", "true")
    company.changed("QUALIFIED", "2026-02-03T10:00:00", "Has_Timeline__c", "false", "true")
    company.call("QUALIFIED", "2026-02-04T10:00:00")
    company.changed("QUALIFIED", "2026-02-06T10:00:00", "Has_Authority__c", "false", "true")

    company.lead("RATED", "2026-01-05T09:00:00", Score__c=70)
    # one campaign, answered in two ways
    company.lead("ANSWEREDTWICE", "2026-02-05T09:00:00")
    for on in ("2026-02-10", "2026-02-20"):
        company.answered_campaign("ANSWEREDTWICE", on)
    # from 29 June a criterion judges what HubSpot's word stood for: it has no column of need, budget or timeline
    for key in ("130", "131"):
        company.hubspot_contact(key, "2026-06-29T08:00:00", f"ada@own{key}.example", "salesqualifiedlead")
        _hubspot_stage(company, key, "2026-06-29T08:00:00", "lead")
        _hubspot_stage(company, key, "2026-06-30T09:00:00", "salesqualifiedlead")
    # a criterion names them by the 15 characters that a report shows
    for key in ("00Q5e00000AbCdEEAV", "00Q5e00000AbCdFEAV"):
        company.lead(key, "2026-06-29T08:00:00")
    # from 29 June a lead is ready when the CRM says so; before, the criteria decide
    company.lead("SAIDREADY", "2026-06-01T09:00:00", "Sales Ready")
    company.went(
        "SAIDREADY",
        ("", "Open"),
        ("2026-06-10T10:00:00", "Sales Ready"),
        ("2026-06-20T10:00:00", "Working"),
        ("2026-06-29T10:00:00", "Sales Ready"),
    )


def _entry(company: Company) -> None:
    company.lead("BLANKED", "2026-01-05T09:00:00")
    company.lead(
        "BLANKED", "2026-01-05T09:00:00", Company="", Email="", FirstName="", SystemModstamp="2026-02-05T09:00:00Z"
    )
    company.lead("INCOMPLETE", "2026-01-05T09:00:00", LeadSource="unknown", ConvertedOpportunityId="DEALHELD")
    company.deal("DEALHELD", "2026-02-01T10:00:00", LeadSource="Partner")
    company.lead("GONE", "2026-01-05T09:00:00", IsDeleted="true", ConvertedOpportunityId="DEALOFGONE")
    company.answered_campaign("GONE", "2026-01-06", Id="ANSWEROFGONE")
    company.lead("WITHOUTID", "2026-01-05T09:00:00", Id="")
    company.hubspot_contact("", "2026-01-05T09:00:00", "ada@withoutid.example", "marketingqualifiedlead")
    company.deal("DEALOFGONE", "2026-02-01T10:00:00", LeadSource="Cold Call")
    company.lead("SOURCECHANGED", "2026-01-05T09:00:00", LeadSource="Trade Show")
    company.changed("SOURCECHANGED", "2026-02-01T10:00:00", "LeadSource", "Webinar", "Trade Show")
    company.lead("SOURCEFILLED", "2026-01-05T09:00:00", LeadSource="Trade Show")
    company.changed("SOURCEFILLED", "2026-02-01T10:00:00", "LeadSource", "Other", "Trade Show")
    # entered within a minute of the creation: the first change has no old value, so the record's own counts
    company.lead("SOURCEATONCE", "2026-01-05T09:00:00", LeadSource="Trade Show")
    company.changed("SOURCEATONCE", "2026-01-05T09:00:30", "LeadSource", "", "Partner")
    company.changed("SOURCEATONCE", "2026-02-01T10:00:00", "LeadSource", "Partner", "Trade Show")
    company.lead("BACKWARDS", "2026-01-05T09:00:00", "Working")
    company.went(
        "BACKWARDS",
        ("", "Open"),
        ("2026-02-01T10:00:00", "Working"),
        ("2026-02-02T10:00:00", "Open"),
        ("2026-02-03T10:00:00", "Working"),
    )


def _merges(company: Company) -> None:
    gone = {"IsDeleted": "true"}
    company.lead("CHAINA", "2026-01-05T09:00:00", "Marketing Qualified", MasterRecordId="CHAINB", **gone)
    company.lead("CHAINB", "2026-01-06T09:00:00", MasterRecordId="CHAINC", **gone)
    company.lead("CHAINC", "2026-01-07T09:00:00")
    company.went("CHAINA", ("", "Open"), ("2026-01-20T10:00:00", "Marketing Qualified"))
    company.answered_campaign("CHAINB", "2026-01-21")
    # merged away: its changes are the survivor's, and so is the status it began with
    company.lead("LOSER", "2026-01-05T09:00:00", "Handed Off", MasterRecordId="WINNER", **gone)
    company.lead("WINNER", "2026-01-07T09:00:00", "Working")
    company.went("WINNER", ("", "Open"), ("2026-01-20T10:00:00", "Working"))
    # handed off under 1.0 by a record that is older than the one it was merged into, its size not yet known then
    company.lead("OLDERLOSER", "2026-01-05T09:00:00", MasterRecordId="NEWERWINNER", **gone)
    company.went("OLDERLOSER", ("", "Open"), ("2026-01-20T10:00:00", "Handed Off"), ("2026-01-21T10:00:00", "Nurture"))
    company.changed("OLDERLOSER", "2026-01-25T10:00:00", "NumberOfEmployees", "", "60")
    company.went("OLDERLOSER", ("", "Nurture"), ("2026-02-10T10:00:00", "Handed Off"))
    company.lead("NEWERWINNER", "2026-04-07T09:00:00", NumberOfEmployees=60)
    company.lead("STEADYLOSER", "2026-01-05T09:00:00", MasterRecordId="STEADYWINNER", **gone)
    company.went("STEADYLOSER", ("", "Open"), ("2026-02-10T10:00:00", "Handed Off"))
    company.lead("STEADYWINNER", "2026-04-07T09:00:00", NumberOfEmployees=60)
    # handed off since it was created by a duplicate without a history, before the one it was merged into came
    company.lead("FIRSTHELD", "2026-01-05T09:00:00", "Handed Off", MasterRecordId="THENHELD", **gone)
    company.lead("THENHELD", "2026-04-07T09:00:00")
    # what a duplicate's history tells is the lead's
    company.lead("GROWNTWIN", "2026-03-01T09:00:00", MasterRecordId="GROWN", **gone)
    company.changed("GROWNTWIN", "2026-03-02T10:00:00", "NumberOfEmployees", "9000", "500")
    company.lead("GROWN", "2026-01-05T09:00:00", "Handed Off")
    company.went("GROWN", ("", "Open"), ("2026-02-10T10:00:00", "Handed Off"))
    company.lead("TODELETED", "2026-01-05T09:00:00", MasterRecordId="DELETED", **gone)
    company.lead("DELETED", "2026-01-05T09:00:00", **gone)
    company.lead("TOUNKNOWN", "2026-01-05T09:00:00", MasterRecordId="LASTKNOWN", **gone)
    company.lead("LASTKNOWN", "2026-01-06T09:00:00", MasterRecordId="NEVERSEEN", **gone)
    company.lead("CYCLEA", "2026-01-05T09:00:00", MasterRecordId="CYCLEB", **gone)
    company.lead("CYCLEB", "2026-01-05T09:00:00", MasterRecordId="CYCLEA", **gone)


def _two_systems(company: Company) -> None:
    company.lead("BOTHSYNC", "2026-02-05T09:00:00", Email="ada@bothsync.example")
    company.hubspot_contact("101", "2026-02-01T09:00:00", "ada.private@mail.example", salesforceleadid="BOTHSYNC")
    company.lead("BOTHMAIL", "2026-02-05T09:00:00", Email="Ada@BothMail.example ")
    company.hubspot_contact("102", "2026-02-06T09:00:00", "ada@bothmail.example")
    company.hubspot_contact("103", "2026-02-01T09:00:00", "ada@onlyhubspot.example", "salesqualifiedlead")
    for at, stage in (("2026-02-01T09:00:00", "lead"), ("2026-02-10T09:00:00", "marketingqualifiedlead")):
        _hubspot_stage(company, "103", at, stage)
    _hubspot_stage(company, "103", "2026-02-12T09:00:00", "salesqualifiedlead")
    company.lead("TWOMAILS", "2026-02-05T09:00:00", Email="ada@twomails.example")
    company.hubspot_contact("104", "2026-02-05T10:00:00", "ada@other.example")
    company.lead("BYCONTACT", "2026-02-05T09:00:00", "Converted", ConvertedContactId="CONTACTSYNC")
    company.add(
        "salesforce/contact",
        Id="CONTACTSYNC",
        LastName="Sync",
        Email="bycontact@bycontact.example",
        CreatedDate="2026-02-20T09:00:00Z",
        IsDeleted="false",
    )
    company.hubspot_contact(
        "105", "2026-02-03T09:00:00", "ada.elsewhere@mail.example", salesforcecontactid="CONTACTSYNC"
    )
    company.hubspot_contact("106", "2026-02-03T09:00:00", "ada@merged.example", hs_merged_object_ids="107;108")
    company.hubspot_contact("107", "2026-02-02T09:00:00", "ada@loser.example")
    # one e-mail in two systems each: the order of system_priority, then by name
    company.hubspot_contact("114", "2026-02-03T09:00:00", "ada@priority.example")
    company.add(
        "marketo/lead",
        Id="31",
        lastName="Priority",
        email="ada@priority.example",
        company="Own",
        leadSource="Webinar",
        leadStatus="Open",
        createdAt="2026-02-01T09:00:00Z",
        updatedAt="2026-02-01T09:00:00Z",
    )
    company.add("marketo/lead", **(company.rows["marketo/lead"][0] | {"Id": "32", "email": "ada@named.example"}))
    company.own_lead("agency", "a1", "2026-02-01T09:00:00", "ada@named.example")
    company.own_lead("agency", "a2", "2026-02-02T09:00:00", "ada@byname.example")
    company.own_lead("fair", "f2", "2026-02-01T09:00:00", "ada@byname.example")
    # a system that numbers leads, contacts and deals alike: three people, two of them of the number 1
    company.own_lead("agency", "1", "2026-02-01T09:00:00", "alice@alike.example")
    company.add("agency/contact", Id="1", Name="Bob", Email="bob@alike.example")
    company.add("agency/contact", Id="2", Name="Car", Email="car@alike.example")
    company.add("agency/deal", Id="1", Stage="open", Contact="", Created="2026-02-10T09:00:00Z")
    company.add("agency/role", Id="", Deal="1", Contact="1")
    company.add("agency/deal", Id="2", Stage="open", Contact="1", Created="2026-02-10T09:00:00Z")
    for name in ("alice", "bob"):
        company.add("agency/touch", Id=name, Email=f"{name}@alike.example", At="2026-02-02T09:00:00Z",
                    Kind="email_click")  # fmt: skip
    # leads that became contacts, one of them by the number of another lead; calls to these numbers
    company.own_lead("agency", "40", "2026-02-01T09:00:00", "dan@numbers.example")
    for lead, contact in (("41", "40"), ("43", "42")):
        company.add("agency/contact", Id=contact, Name="Eve", Email=f"eve{contact}@numbers.example")
        company.own_lead("agency", lead, "2026-02-01T09:00:00", f"eve{contact}@numbers.example", Contact=contact)
        company.add("agency/call", Id=f"to{contact}", Person=contact, Kind="call", Status="completed",
                    Done="2026-02-03T09:00:00Z")  # fmt: skip
    # a log whose first change comes from nothing, and a status that no person changed
    company.own_lead("agency", "l1", "2026-02-01T09:00:00", "ada@log.example", Source="Referral", Status="handed_off")
    for at, old, new in (("09:00:30", "", "Content"), ("12:00:00", "Content", "Referral")):
        company.add(
            "agency/log", Id="", Person="l1", Field="lead_source", Old=old, New=new, At=f"2026-02-01T{at}Z", By=""
        )
    company.add("agency/user", Id="u1", Name="Flow", Type="AutomatedProcess")
    for at, old, new in (("09:00:00", "captured", "handed_off"), ("10:00:00", "handed_off", "contacted")):
        company.add("agency/log", Id="", Person="l1", Field="status", Old=old, New=new, At=f"2026-02-02T{at}Z", By="u1")
    # handed off while only the lower system knew the lead, and its owner
    company.own_lead("agency", "o1", "2026-02-01T09:00:00", "ada@lateowner.example", Status="handed_off")
    for at, field, old, new in (
        ("2026-02-01T10:00:00Z", "owner_id", "", "u2"),
        ("2026-02-02T09:00:00Z", "status", "captured", "handed_off"),
    ):
        company.add("agency/log", Id="", Person="o1", Field=field, Old=old, New=new, At=at, By="")
    company.hubspot_contact("196", "2026-02-20T10:00:00", "ada@lateowner.example", hubspot_owner_id="72")
    _hubspot_stage(company, "196", "2026-02-20T10:00:00", "72", name="hubspot_owner_id")
    # a history in the CRM's own words
    company.hubspot_contact("197", "2026-02-01T10:00:00", "ada@codes.example", hs_analytics_source="PAID_SEARCH")
    for at, source in (("2026-02-01T10:00:00", "ORGANIC_SEARCH"), ("2026-02-20T10:00:00", "PAID_SEARCH")):
        _hubspot_stage(company, "197", at, source, name="hs_analytics_source")
    company.lead("FLAGGED", "2026-02-01T09:00:00", Has_Need__c="true")
    company.changed("FLAGGED", "2026-02-05T09:00:00", "Has_Need__c", "0", "1")
    # a date on the record between what the history tells
    company.lead("DATEDLATER", "2026-02-01T09:00:00", "Accepted", MQL_Date__c="2026-02-20T09:00:00Z")
    company.went("DATEDLATER", ("", "Open"), ("2026-02-10T09:00:00", "Accepted"))
    # a sync id of 15 characters
    company.lead("00Q000000000077EAA", "2026-02-01T09:00:00")
    company.own_lead("agency", "s1", "2026-02-01T09:00:00", "ada@synced.example", Synced="00Q000000000077")
    company.deal("DEALSYNC", "2026-03-01T10:00:00", "Closed Won", CloseDate="2026-03-10", Amount="500.00")
    company.hubspot_deal(
        "900",
        "2026-03-01T10:00:05Z",
        "closedwon",
        "2026-03-10T12:00:00Z",
        "500",
        dealname="the same deal",
        hs_salesforceopportunityid="DEALSYNC",
    )
    company.hubspot_deal(
        "901",
        "2026-03-01T10:00:00Z",
        "closedlost",
        "2026-03-31T22:30:00Z",
        "70",
        contact="103",
        dealname="a deal of HubSpot alone",
        hs_lastmodifieddate="2026-03-10T12:00:00Z",
    )

    # sales sent it back by the lead status while the lifecycle stage stayed
    company.hubspot_contact(
        "112",
        "2026-02-01T09:00:00",
        "ada@sentback.example",
        "marketingqualifiedlead",
        hs_lead_disqualification_reason="Competitor",
    )
    company.hubspot_contact(
        "115", "2026-02-01T09:00:00", "ada@refused.example", "UNQUALIFIED", rejection_reason="Not Ready"
    )
    _hubspot_stage(company, "112", "2026-02-01T09:00:00", "lead")
    _hubspot_stage(company, "112", "2026-02-10T09:00:00", "marketingqualifiedlead")
    _hubspot_stage(company, "112", "2026-02-12T09:00:00", "UNQUALIFIED", name="hs_lead_status")
    # lost a first deal and won a second: a customer, whose opportunity is the first
    company.hubspot_contact("109", "2026-02-01T09:00:00", "ada@secondtry.example", "customer")
    for key, stage, month in (("910", "closedlost", "03"), ("911", "closedwon", "05")):
        created, closed = f"2026-{month}-01T10:00:00Z", f"2026-{month}-20T12:00:00Z"
        company.hubspot_deal(key, created, stage, closed, "90", contact="109")


def _deals_before_and_after(company: Company) -> None:
    """Handed off between two deals that were won; closed before its close day; of no day."""
    company.deal("CLOSEDAHEAD", "2026-02-02T10:00:00", "Closed Lost", CloseDate="2026-09-30")
    company.deal("NODAY", "2026-02-02T10:00:00", CreatedDate="", CloseDate="", CurrencyIsoCode="EUR")
    company.hubspot_contact("195", "2025-12-01T10:00:00", "ada@again.example", hs_lead_status="OPEN")
    _hubspot_stage(company, "195", "2025-12-01T10:00:00", "NEW", name="hs_lead_status")
    _hubspot_stage(company, "195", "2026-02-10T10:00:00", "OPEN", name="hs_lead_status")
    for key, created, closed in (("980", "2025-12-05", "2025-12-20"), ("981", "2026-02-20", "2026-03-05")):
        company.hubspot_deal(key, f"{created}T10:00:00Z", "closedwon", f"{closed}T12:00:00Z", "90", contact="195")


def _hubspot_stage(
    company: Company, contact: str, at: str, stage: str, name: str = "lifecyclestage", by: str = ""
) -> None:
    company.add(
        "hubspot/contact_property_history",
        Id="",
        contact_id=contact,
        name=name,
        value=stage,
        timestamp=f"{at}Z",
        source_id=f"userId:{by}" if by else "",
    )


def _told_by_two(company: Company) -> None:
    """What one of two systems, or of two histories, tells differently from the other."""
    day = "2026-02-05T"
    # the second record begins while sales is at work on the first
    company.lead("SYNCLATER", f"{day}10:00:00", "Working")
    company.went(
        "SYNCLATER",
        ("", "Open"),
        (f"{day}10:30:00", "Handed Off"),
        ("2026-02-06T10:00:00", "Working"),
        by=SELLER,
    )
    company.hubspot_contact("160", f"{day}11:00:00", "ada@synclater.example", salesforceleadid="SYNCLATER")
    _hubspot_stage(company, "160", f"{day}11:00:00", "lead")
    _hubspot_stage(company, "160", f"{day}11:05:00", "OPEN", name="hs_lead_status")
    # both begin in one second, and only one tells how
    company.lead("SYNCSAME", f"{day}10:00:00")
    company.hubspot_contact("161", f"{day}10:00:00", "ada@syncsame.example", salesforceleadid="SYNCSAME")
    _hubspot_stage(company, "161", "2026-02-06T10:00:00", "OPEN", name="hs_lead_status")
    # Salesforce knows one number of employees; HubSpot's history, others
    company.lead("SYNCSIZE", f"{day}10:00:00", NumberOfEmployees=20)
    company.hubspot_contact("162", f"{day}10:00:00", "ada@syncsize.example", salesforceleadid="SYNCSIZE")
    for at, size in ((f"{day}10:00:00", "500"), ("2026-02-20T10:00:00", "600")):
        _hubspot_stage(company, "162", at, size, name="numemployees")
    # HubSpot's own source, first "Cold Call", is "Webinar" today; its form asks for the size as a range
    company.hubspot_contact("163", f"{day}10:00:00", "ada@firstsource.example", numemployees="1001-5000")
    for at, source in ((f"{day}10:00:00", "Cold Call"), ("2026-02-20T10:00:00", "Webinar")):
        _hubspot_stage(company, "163", at, source, name="hs_analytics_source")
    for at, size in ((f"{day}10:00:00", "10,001+"), ("2026-02-20T10:00:00", "1001-5000")):
        _hubspot_stage(company, "163", at, size, name="numemployees")
    # a property of the company's own says the source, and HubSpot's is another
    company.hubspot_contact("164", f"{day}10:00:00", "ada@ownsource.example", lead_source="Referral")
    for at, source in ((f"{day}10:00:00", "OFFLINE"), ("2026-02-20T10:00:00", "Webinar")):
        _hubspot_stage(company, "164", at, source, name="hs_analytics_source")
    # the domain that only HubSpot knows of an account of both
    company.add(
        "salesforce/account",
        Id="ACCOUNTOFBOTH",
        Name="Both",
        Website="https://www.both.example",
        CreatedDate="2026-01-01T09:00:00Z",
        IsDeleted="false",
    )
    company.add(
        "hubspot/company",
        Id="760",
        name="Both",
        domain="both-hub.example",
        salesforceaccountid="ACCOUNTOFBOTH",
        createdate="2026-01-01T09:00:00Z",
    )
    company.lead("OFBOTH", f"{day}10:00:00", Email="ada@both-hub.example")
    # fillers came later to the records of two systems; a third knows the source
    for at, source, others in ((f"{day}10:00:00", "Webinar", "Webinar"), ("2026-03-05T10:00:00", "Other", "n/a")):
        company.lead(
            "FILLERSOURCE",
            f"{day}10:00:00",
            SystemModstamp=f"{at}Z",
            LeadSource=source,
            Email="ada@filler.example",
        )
        company.hubspot_contact(
            "165", f"{day}10:00:00", "ada@filler.example", lead_source=others, lastmodifieddate=f"{at}Z"
        )
    company.add(
        "marketo/lead",
        **(
            company.rows["marketo/lead"][0]
            | {"Id": "33", "email": "ada@filler.example", "leadSource": "Trade Show", "createdAt": f"{day}10:00:00Z"}
        ),
    )
    # the source that the other system had at creation, where the lead's own is none any more
    for at, source in ((f"{day}10:00:00", "Webinar"), ("2026-03-05T10:00:00", "Other")):
        company.lead(
            "SOURCETHEN",
            f"{day}10:00:00",
            SystemModstamp=f"{at}Z",
            LeadSource=source,
            Email="ada@sourcethen.example",
        )
    company.hubspot_contact("267", f"{day}10:00:00", "ada@sourcethen.example", lead_source="Referral")
    for at, source in ((f"{day}10:00:00", "Cold Call"), ("2026-02-20T10:00:00", "Referral")):
        _hubspot_stage(company, "267", at, source, name="lead_source")
    # no history, and of the dates the contact carries the one of the stage it is in is missing
    company.hubspot_contact(
        "268",
        f"{day}10:00:00",
        "ada@onedate.example",
        "salesqualifiedlead",
        hs_v2_date_entered_marketingqualifiedlead="2026-02-10T10:00:00Z",
    )
    # Salesforce knows when it was handed off, HubSpot who owned it then
    company.lead("OWNEDINHUBSPOT", f"{day}10:00:00", "Handed Off", OwnerId="")
    company.went("OWNEDINHUBSPOT", ("", "Open"), ("2026-02-10T10:00:00", "Handed Off"))
    company.hubspot_contact(
        "166", f"{day}10:00:00", "ada@owned.example", salesforceleadid="OWNEDINHUBSPOT", hubspot_owner_id="72"
    )
    for at, owner in ((f"{day}10:00:00", "71"), ("2026-02-20T10:00:00", "72")):
        _hubspot_stage(company, "166", at, owner, name="hubspot_owner_id")
    # handed off in HubSpot, and then merged into a contact that came with a Salesforce lead of its own
    company.lead("OWNEDLATER", "2026-03-05T10:00:00")
    company.hubspot_contact(
        "323",
        "2026-03-05T10:00:00",
        "ada@ownedlater.example",
        salesforceleadid="OWNEDLATER",
        hs_merged_object_ids="324",
        hubspot_owner_id="72",
    )
    company.hubspot_contact("324", f"{day}10:00:00", "ada@ownedlater.example", hubspot_owner_id="71")
    _hubspot_stage(company, "324", "2026-02-06T10:00:00", "OPEN", name="hs_lead_status")
    _hubspot_stage(company, "324", f"{day}10:00:00", "71", name="hubspot_owner_id")
    # and nobody owned it when it was handed off; once it was merged away before it was ever delivered
    for name, key, merged in (("NOBODYSLATER", "325", "326"), ("NEVERDELIVERED", "327", "328")):
        email = f"ada@{name.lower()}.example"
        company.lead(name, "2026-03-05T10:00:00")
        company.hubspot_contact(
            key,
            "2026-03-05T10:00:00",
            email,
            salesforceleadid=name,
            hs_merged_object_ids=merged,
            hubspot_owner_id="72",
        )
        if name == "NOBODYSLATER":
            company.hubspot_contact(merged, f"{day}10:00:00", email, hubspot_owner_id="71")
        _hubspot_stage(company, merged, f"{day}10:00:00", "lead")
        _hubspot_stage(company, merged, "2026-02-06T10:00:00", "OPEN", name="hs_lead_status")
        _hubspot_stage(company, merged, "2026-02-09T10:00:00", "71", name="hubspot_owner_id")
    # merged in HubSpot: the loser knew the Salesforce lead and the Salesforce deal, the survivor does not
    company.lead("SYNCOFLOSER", f"{day}09:00:00", Email="ada@loser.example")
    company.hubspot_contact("270", f"{day}10:00:00", "ada@winner.example", hs_merged_object_ids="271")
    company.hubspot_contact("271", f"{day}10:00:00", "ada@lost.example", salesforceleadid="SYNCOFLOSER")
    company.deal("DEALOFLOSER", f"{day}09:00:00", "Closed Won")
    company.hubspot_deal(
        "880", f"{day}10:00:00Z", "closedwon", "2026-03-01T10:00:00Z", "70", hs_merged_object_ids="881"
    )
    company.hubspot_deal(
        "881", f"{day}10:00:00Z", "closedwon", "2026-03-01T10:00:00Z", "70", hs_salesforceopportunityid="DEALOFLOSER"
    )
    # Salesforce lost its status, and HubSpot tells one in its own words
    for at, status in ((f"{day}09:00:00", "Open"), ("2026-03-05T10:00:00", "")):
        company.lead("NOSTATUS", f"{day}09:00:00", status, SystemModstamp=f"{at}Z", Email="ada@nostatus.example")
    company.hubspot_contact("275", f"{day}10:00:00", "ada@nostatus.example", "salesqualifiedlead")
    # converted into a contact that was not delivered, which HubSpot names
    company.lead("CONTACTUNKNOWN", f"{day}09:00:00", ConvertedContactId="NEVERDELIVERED", IsConverted="true")
    company.hubspot_contact("276", f"{day}10:00:00", "ada@unknown.example", salesforcecontactid="NEVERDELIVERED")
    # what its CRM moved from the lead to a contact that was not delivered
    company.deal("OFUNKNOWN", "2026-02-10T10:00:00")
    company.lead("MOVEDAWAY", f"{day}09:00:00", "Converted", ConvertedContactId="UNDELIVERED")
    company.went("MOVEDAWAY", ("", "Open"), ("2026-02-02T10:00:00", "Handed Off"))
    company.call("UNDELIVERED", "2026-02-03T10:00:00")
    company.answered_campaign("", "2026-02-04", ContactId="UNDELIVERED")
    company.add(
        "salesforce/opportunity_contact_role",
        OpportunityId="OFUNKNOWN",
        ContactId="UNDELIVERED",
        IsPrimary="true",
        CreatedDate="2026-02-10T10:00:00Z",
    )
    # two deals of an account that was not delivered, and two of one that was deleted
    company.add("salesforce/account", Id="DELETEDACCOUNT", Name="Gone", CreatedDate=f"{day}09:00:00Z", IsDeleted="true")
    for number, account in enumerate(("NOACCOUNT", "NOACCOUNT", "DELETEDACCOUNT", "DELETEDACCOUNT")):
        company.deal(
            f"ACCOUNTLESS{number}",
            f"{day}09:00:00",
            "Closed Won",
            AccountId=account,
            CloseDate=f"2026-03-0{number + 1}",
        )
    # a deal that was deleted and made anew under its id
    for created, at, is_deleted in (("2025-02-01", "2025-03-01", "true"), ("2026-02-01", "2026-03-01", "false")):
        company.deal(
            "MADEANEW",
            f"{created}T09:00:00",
            "Negotiation/Review",
            SystemModstamp=f"{at}T09:00:00Z",
            IsDeleted=is_deleted,
        )
    company.add(
        "salesforce/opportunity_field_history",
        Id="MADEANEW1",
        OpportunityId="MADEANEW",
        Field="StageName",
        OldValue="Qualification",
        NewValue="Negotiation/Review",
        CreatedDate="2026-02-20T09:00:00Z",
    )
    # HubSpot, which names the owner today, came to know the lead weeks after the agency handed it off
    company.own_lead("agency", "l9", f"{day}09:00:00", "ada@beforehub.example", Status="handed_off", Owner="u1")
    company.hubspot_contact("266", "2026-03-01T10:00:00", "ada@beforehub.example", hubspot_owner_id="72")
    # on its way before it was handed off, and nobody recorded an acceptance
    company.lead("READYBEFORE", f"{day}10:00:00", "Qualified")
    company.went(
        "READYBEFORE",
        ("", "Open"),
        ("2026-02-10T10:00:00", "Sales Ready"),
        ("2026-02-11T10:00:00", "Handed Off"),
        ("2026-02-12T10:00:00", "Qualified"),
    )
    # each rejection's reason is entered five seconds after it, and never cleared
    company.lead("REJECTEDTWICE", f"{day}10:00:00", "Unqualified", Rejection_Reason__c="competitor")
    company.went(
        "REJECTEDTWICE",
        ("", "Handed Off"),
        ("2026-02-10T10:00:00", "Unqualified"),
        ("2026-02-20T10:00:00", "Handed Off"),
        ("2026-02-21T10:00:00", "Unqualified"),
    )
    company.changed("REJECTEDTWICE", "2026-02-10T10:00:05", "Rejection_Reason__c", "", "not_ready")
    company.changed("REJECTEDTWICE", "2026-02-21T10:00:05", "Rejection_Reason__c", "not_ready", "competitor")
    # qualified without an acceptance, then rejected, and accepted in the end
    company.lead("ACCEPTEDLATE", f"{day}10:00:00", "Accepted")
    company.went(
        "ACCEPTEDLATE",
        ("", "Handed Off"),
        ("2026-02-10T10:00:00", "Qualified"),
        ("2026-02-11T10:00:00", "Unqualified"),
        ("2026-02-12T10:00:00", "Accepted"),
    )
    company.lead("NEVERHANDED", f"{day}10:00:00", "Qualified")
    company.went("NEVERHANDED", ("", "Open"), ("2026-02-10T10:00:00", "Qualified"))
    # merged in one system: each record began in its own time
    gone = {"IsDeleted": "true"}
    company.lead("REJECTEDLOSER", "2026-01-05T09:00:00", "Unqualified", MasterRecordId="LATEWINNER", **gone)
    company.went("REJECTEDLOSER", ("", "Handed Off"), ("2026-01-10T09:00:00", "Unqualified"))
    company.lead("LATEWINNER", "2026-02-01T09:00:00", "New")
    company.lead("WORKEDLOSER", "2026-01-05T09:00:00", "Working", MasterRecordId="HANDEDWINNER", **gone)
    company.went("WORKEDLOSER", ("", "New"), ("2026-01-10T09:00:00", "Working"))
    company.lead("HANDEDWINNER", "2026-02-01T09:00:00", "Handed Off")

    # sales called the contact that the merged duplicate had become
    company.lead(
        "CONVERTEDLOSER", "2026-01-05T09:00:00", MasterRecordId="CALLEDWINNER", ConvertedContactId="CALLEDONE", **gone
    )
    company.add(
        "salesforce/contact",
        Id="CALLEDONE",
        LastName="Called",
        CreatedDate="2026-01-06T09:00:00Z",
        IsDeleted="false",
    )
    company.lead("CALLEDWINNER", f"{day}10:00:00", "Handed Off")
    company.went("CALLEDWINNER", ("", "Open"), ("2026-02-10T10:00:00", "Handed Off"))
    company.call("CALLEDONE", "2026-02-10T14:00:00")
    # nobody's when it was handed off, and owned four days later
    company.hubspot_contact("167", f"{day}10:00:00", "ada@nobodys.example", hubspot_owner_id="72")
    _hubspot_stage(company, "167", "2026-02-06T10:00:00", "OPEN", name="hs_lead_status")
    _hubspot_stage(company, "167", "2026-02-10T10:00:00", "72", name="hubspot_owner_id")
    # an integration writes again what stands
    company.hubspot_contact("310", f"{day}10:00:00", "ada@again310.example", "lead", hs_lead_status="UNQUALIFIED")
    for at, name, value in (
        (f"{day}10:00:00", "lifecyclestage", "lead"),
        ("2026-02-06T10:00:00", "hs_lead_status", "OPEN"),
        ("2026-02-07T10:00:00", "lifecyclestage", "lead"),
        ("2026-02-08T10:00:00", "hs_lead_status", "OPEN"),
        ("2026-02-09T10:00:00", "hs_lead_status", "UNQUALIFIED"),
        ("2026-02-10T10:00:00", "lifecyclestage", " lead"),
    ):
        _hubspot_stage(company, "310", at, value, name=name)
    # duplicates came by a person's hand after the handoff, with owners of their own, and were merged away: into one
    # that nobody owns, into one whose owner no history tells, and into one that was nobody's at first; two more before
    # they were ever delivered
    for key, merged, owner in (
        ("311", "312", ""),
        ("313", "314", "73"),
        ("315", "316", "72"),
        ("317", "318", ""),
        ("319", "320", "73"),
    ):
        company.hubspot_contact(
            key, f"{day}10:00:00", f"ada@kept{key}.example", hs_merged_object_ids=merged, hubspot_owner_id=owner
        )
        _hubspot_stage(company, key, "2026-02-06T10:00:00", "OPEN", name="hs_lead_status")
        if key < "317":
            company.hubspot_contact(merged, "2026-02-07T10:00:00", f"ada@kept{key}.example")
        _hubspot_stage(company, merged, "2026-02-07T10:00:00", "lead", by="7400")
        for at, value in (("2026-02-07T10:00:00", "74"), ("2026-02-09T10:00:00", "71")):
            _hubspot_stage(company, merged, at, value, name="hubspot_owner_id")
    _hubspot_stage(company, "315", "2026-02-20T10:00:00", "72", name="hubspot_owner_id")
    # what a person did to a duplicate that was never delivered is the lead's
    _hubspot_stage(company, "320", "2026-02-08T10:00:00", "IN_PROGRESS", name="hs_lead_status", by="7400")
    # a duplicate that was handed off in the moment of its creation, and an owner who was in time
    company.hubspot_contact(
        "321", "2026-02-10T10:00:00", "ada@kept321.example", hs_merged_object_ids="322", hubspot_owner_id="72"
    )
    _hubspot_stage(company, "321", "2026-02-10T10:00:00", "72", name="hubspot_owner_id")
    company.hubspot_contact("322", f"{day}10:00:00.300", "ada@kept321.example", hubspot_owner_id="71")
    _hubspot_stage(company, "322", f"{day}10:00:00.100", "OPEN", name="hs_lead_status")
    _hubspot_stage(company, "322", f"{day}10:00:00.350", "71", name="hubspot_owner_id")
    company.add("hubspot/owner", Id="74", user_id="7400", firstName="Pia", lastName="Picker", team="Sales")
    # both of HubSpot's words in one moment
    company.hubspot_contact("168", f"{day}10:00:00", "ada@oneinstant.example", "lead", hs_lead_status="Assigned")
    for at, name, value in (
        (f"{day}10:00:00", "hs_lead_status", "OPEN"),
        (f"{day}10:00:00", "lifecyclestage", "lead"),
        ("2026-02-07T10:00:00", "hs_lead_status", "Assigned"),
    ):
        _hubspot_stage(company, "168", at, value, name=name)
    # a meeting entered long before it is held
    company.lead("MEETSLATER", f"{day}10:00:00", Has_Need__c="true", Has_Budget__c="true", Has_Timeline__c="true")
    company.add(
        "salesforce/event",
        WhoId="MEETSLATER",
        OwnerId=SELLER,
        Subject="Demo",
        ActivityDateTime="2026-04-10T10:00:00Z",
        CreatedDate="2026-03-01T10:00:00Z",
        IsDeleted="false",
    )
    needs = {"Has_Need__c": "true", "Has_Budget__c": "true", "Has_Timeline__c": "true"}
    company.lead("MEETSINHUBSPOT", f"{day}10:00:00", **needs)
    company.hubspot_contact("169", f"{day}10:00:00", "ada@meets.example", salesforceleadid="MEETSINHUBSPOT")
    company.add(
        "hubspot/engagement",
        Id="m1",
        type="MEETING",
        hs_timestamp="2026-04-10T10:00:00Z",
        hs_createdate="2026-03-01T10:00:00Z",
        hs_meeting_outcome="COMPLETED",
        hubspot_owner_id="73",
        contact_id="169",
    )
    company.add("hubspot/owner", Id="73", firstName="Sam", lastName="Seller", team="Sales", type="PERSON")
    # calls to a contact who never was a lead, and about a deal alone
    company.add("salesforce/contact", Id="CONTACTONLY", LastName="Only", Email="ada@only.example",
                CreatedDate=f"{day}10:00:00Z", IsDeleted="false")  # fmt: skip
    company.call("CONTACTONLY", "2026-02-06T10:00:00")
    company.deal("DEALCALLED", "2026-02-07T10:00:00")
    company.add("salesforce/opportunity_contact_role", OpportunityId="DEALCALLED", ContactId="CONTACTONLY",
                IsDeleted="false")  # fmt: skip
    company.call("", "2026-02-08T10:00:00", WhatId="DEALCALLED")
    # its source was entered after the handoff; another's was known at creation and overwritten
    for key, old in (("FILLEDLATER", "Other"), ("RENAMEDLATER", "Trade Show")):
        company.lead(key, f"{day}10:00:00", "Handed Off", LeadSource="Webinar")
        company.went(key, ("", "Open"), ("2026-02-10T10:00:00", "Handed Off"))
        company.changed(key, "2026-02-12T10:00:00", "LeadSource", old, "Webinar")
    # HubSpot's history opens with the source at creation; it was changed before the handoff and after it
    company.hubspot_contact("190", f"{day}10:00:00", "ada@renamed.example", hs_lead_status="OPEN")
    _hubspot_stage(company, "190", "2026-02-10T10:00:00", "OPEN", name="hs_lead_status")
    for at, source in (
        (f"{day}10:00:00", "Trade Show"),
        ("2026-02-08T10:00:00", "Referral"),
        ("2026-02-12T10:00:00", "Webinar"),
    ):
        _hubspot_stage(company, "190", at, source, name="hs_analytics_source")
    # handed off in both systems, with an MQL date between them
    company.lead("DATEBETWEEN", f"{day}10:00:00", "Handed Off", MQL_Date__c="2026-02-07T10:00:00Z")
    company.hubspot_contact("174", f"{day}10:00:00", "ada@datebetween.example", salesforceleadid="DATEBETWEEN")
    _hubspot_stage(company, "174", "2026-02-09T10:00:00", "OPEN", name="hs_lead_status")
    # the finer of HubSpot's two words was cleared again
    company.hubspot_contact("171", f"{day}10:00:00", "ada@cleared.example", "marketingqualifiedlead")
    for at, name, value in (
        (f"{day}10:00:00", "lifecyclestage", "lead"),
        ("2026-02-06T10:00:00", "lifecyclestage", "marketingqualifiedlead"),
        ("2026-02-07T10:00:00", "hs_lead_status", "CONNECTED"),
        ("2026-02-08T10:00:00", "hs_lead_status", ""),
    ):
        _hubspot_stage(company, "171", at, value, name=name)
    # a person of two leads, the first without a last name; it was merged away and is the older record
    company.hubspot_contact("172", f"{day}10:00:00", "twice@named.example", firstname="Cy", lastname="")
    company.hubspot_contact("173", f"{day}11:00:00", "twice@named.example", firstname="Bob", lastname="Miller")
    # a call and a meeting of HubSpot; the one to come has not been held
    company.add("hubspot/engagement", Id="c1", type="CALL", hs_timestamp="2026-02-07T10:00:00Z",
                hs_call_disposition="Too expensive", hubspot_owner_id="73", contact_id="171")  # fmt: skip
    company.add("hubspot/engagement", Id="c2", type="CALL", hs_timestamp="2026-12-07T10:00:00Z",
                hs_call_disposition="Call to come", hubspot_owner_id="73", contact_id="171")  # fmt: skip
    company.deal("DEALNOAMOUNT", "2026-02-13T10:00:00", Amount="", CurrencyIsoCode="EUR")
    company.deal_went("DEALNOAMOUNT", ("2026-02-13T10:00:00", "Prospecting"), amount="300.00")
    company.deal("DEALNORATE", "2026-02-13T10:00:00", Amount="", CurrencyIsoCode="JPY")
    # never handed off, but in a deal; another rejected after now
    company.lead("INADEAL", f"{day}10:00:00", ConvertedOpportunityId="DEALSTRAIGHT")
    company.deal("DEALSTRAIGHT", "2026-02-12T10:00:00")
    company.lead("TOBEREJECTED", f"{day}10:00:00", "Rejected", Rejection_Reason__c="Duplicate")
    company.went("TOBEREJECTED", ("", "Open"), ("2026-07-03T10:00:00", "Rejected"))
    # a change dated after now, which is 1 July
    company.lead("TOCOME", f"{day}10:00:00", "Handed Off")
    company.went("TOCOME", ("", "Open"), ("2026-07-03T10:00:00", "Handed Off"))
    # created a moment after its first change
    company.lead("CREATEDAFTER", f"{day}10:00:02", "Handed Off")
    company.changed("CREATEDAFTER", f"{day}10:00:01", "Status", "Open", "Handed Off")
    # the only reason on record was entered for the second rejection; the one before it was the first's
    company.lead("LEFTOVER", f"{day}10:00:00", "Unqualified", Rejection_Reason__c="competitor")
    company.went(
        "LEFTOVER",
        ("", "Handed Off"),
        ("2026-02-10T10:00:00", "Unqualified"),
        ("2026-02-20T10:00:00", "Handed Off"),
        ("2026-02-21T10:00:00", "Unqualified"),
    )
    company.changed("LEFTOVER", "2026-02-21T10:01:00", "Rejection_Reason__c", "not_ready", "competitor")


def _deals(company: Company) -> None:
    company.deal("DEALHALF", "2026-02-01T10:00:00", "Closed Won", CloseDate="2026-02-10", Amount="")
    company.hubspot_deal(
        "970", "2026-02-01T10:00:00Z", "closedwon", "2026-02-10T12:00:00Z", "70", hs_salesforceopportunityid="DEALHALF"
    )
    company.deal("DEALOPEN", "2026-02-01T23:30:00", Amount="1000.00", CurrencyIsoCode="EUR")
    company.deal("DEALNOHISTORY", "2026-02-01T23:30:00", "Closed Lost", CloseDate="2026-02-10")
    company.deal("DEALQUALIFIEDSOON", "2026-02-01T10:00:00")
    company.deal_went(
        "DEALQUALIFIEDSOON", ("2026-02-01T10:00:00", "Prospecting"), ("2026-07-02T10:00:00", "Negotiation/Review")
    )
    company.deal("DEALREOPENED", "2026-02-01T10:00:00", "Negotiation/Review", CloseDate="2026-02-10")
    company.deal_went(
        "DEALREOPENED",
        ("2026-02-01T10:00:00", "Prospecting"),
        ("2026-02-05T10:00:00", "Closed Won"),
        ("2026-02-06T10:00:00", "Negotiation/Review"),
    )
    company.deal("DEALTWICEWON", "2026-02-01T10:00:00", "Closed Won", CloseDate="2026-02-12")
    company.deal_went(
        "DEALTWICEWON",
        ("2026-02-01T10:00:00", "Prospecting"),
        ("2026-02-05T10:00:00", "Closed Won"),
        ("2026-02-06T10:00:00", "Prospecting"),
        ("2026-02-11T10:00:00", "Closed Won"),
    )
    company.deal_went("DEALTWICEWON", ("2026-02-20T10:00:00", "Closed Won"), amount="1200.00")  # an amount change
    company.deal(
        "DEALCENT", "2026-01-20T10:00:00", "Closed Won", CloseDate="2026-01-30", Amount="2.00", CurrencyIsoCode="EUR"
    )
    company.deal("DEALLOSTQUALIFIED", "2026-02-01T10:00:00", "Closed Lost", CloseDate="2026-02-10")
    company.deal_went(
        "DEALLOSTQUALIFIED",
        ("2026-02-01T10:00:00", "Prospecting"),
        ("2026-02-03T10:00:00", "Needs Analysis"),
        ("2026-02-04T10:00:00", "Value Proposition"),
        ("2026-02-10T10:00:00", "Closed Lost"),
    )
    company.deal("DEALQUALIFIEDNOW", "2026-02-01T23:30:00", "Negotiation/Review")
    company.deal("DEALFRACTION", "2026-02-01T23:30:00", Amount="1.0049", CurrencyIsoCode="EUR")
    company.deal("DEALMILLIONS", "2026-02-01T23:30:00", Amount="2500000.40")
    company.deal("DEALBILLION", "2026-02-01T23:30:00", Amount="1234567890.12", CurrencyIsoCode="EUR")
    company.deal("DEALDONG", "2026-02-01T23:30:00", Amount="1000000000", CurrencyIsoCode="VND")
    company.deal("DEALRENEWAL", "2026-02-01T10:00:00", Type="Renewal", CampaignId="camp0001")
    company.deal("DEALODDTYPE", "2026-02-01T10:00:00", Type="Something else", LeadSource="Zeppelin")
    company.deal("DEALGONE", "2026-02-01T10:00:00", IsDeleted="true")
    company.add("salesforce/campaign", Id="campGONE", Name="Gone", IsDeleted="true")
    company.deal("DEALOFGONECAMPAIGN", "2026-02-01T10:00:00", CampaignId="campGONE")
    company.deal("DEALSHARED", "2026-02-01T10:00:00", "Closed Won", CloseDate="2026-02-12", CampaignId="camp0001")
    company.lead("SHAREDLATER", "2026-01-08T09:00:00", "Converted", ConvertedOpportunityId="DEALSHARED")
    company.lead("SHAREDFIRST", "2026-01-07T09:00:00", "Converted", ConvertedOpportunityId="DEALSHARED")
    company.lead("RENEWED", "2026-01-07T09:00:00", "Converted", ConvertedOpportunityId="DEALRENEWED")
    company.deal("DEALRENEWED", "2026-02-01T10:00:00", "Closed Won", CloseDate="2026-02-11", Type="Renewal")


def _restated(company: Company) -> None:
    """What a later version took back, and rows that are nobody's."""
    lead = company.lead("TOOKBACK", "2026-01-05T09:00:00")
    change = {"Id": "change01", "LeadId": lead, "CreatedDate": "2026-02-02T10:00:00Z", "Field": "Status"}
    change |= {"OldValue": "Open", "NewValue": "Handed Off", "CreatedById": SELLER}
    company.add("salesforce/lead_history", **change, SystemModstamp="2026-02-02T10:00:00Z", IsDeleted="false")
    company.add("salesforce/lead_history", **change, SystemModstamp="2026-02-03T10:00:00Z", IsDeleted="true")
    company.deal("DEALTOOKBACK", "2026-02-01T10:00:00")
    step = {"Id": "step01", "OpportunityId": "DEALTOOKBACK", "StageName": "Closed Won", "Amount": "1000.00"}
    step["CreatedDate"] = "2026-02-05T10:00:00Z"
    company.add("salesforce/opportunity_history", **step, SystemModstamp="2026-02-05T10:00:00Z", IsDeleted="false")
    company.add("salesforce/opportunity_history", **step, SystemModstamp="2026-02-06T10:00:00Z", IsDeleted="true")
    company.deal("DEALTINY", "2026-02-01T10:00:00", Amount="10.00496")
    company.deal("DEALUNDATED", "2026-02-01T10:00:00", "Closed Won", CloseDate="2026-03-01", CreatedDate="")
    company.deal("DEALTOCOME", "2026-02-01T10:00:00", "Closed Won", CloseDate="2026-03-01", CreatedDate="9999-12-31")
    company.deal("DEALCONTACTONLY", "2026-02-01T10:00:00", ContactId="CONTACTBUYER")
    # deal 950 took deal 951 in, which is no longer delivered; the contact still hangs on that
    company.hubspot_contact("120", "2026-01-05T09:00:00", "taken@in.example")
    company.hubspot_deal("950", "2026-02-01T09:00:00Z", "closedwon", "2026-03-01", "70", hs_merged_object_ids="951")
    company.add("hubspot/deal_contact", Id="", deal_id="951", contact_id="120")
    company.add("salesforce/user", Id="", Name="Nobody", Department="Sales", UserType="Standard")
    company.add("salesforce/campaign", Id="", Name="Nowhere", Type="Webinar", IsDeleted="false")
    company.answered_campaign("TOOKBACK", "2026-02-01", Id="")
    lead = company.lead("OLDHANDOFF", "2026-01-05T09:00:00", MQL_Date__c="2023-05-10T08:00:00Z")
    company.call(lead, "2023-05-10T10:00:00")


def _accounts(company: Company) -> None:
    def account(key: str, **fields: object) -> None:
        company.add(
            "salesforce/account",
            **({"Id": key, "Name": key, "CreatedDate": "2026-01-01T09:00:00Z", "IsDeleted": "false"} | fields),
        )

    account("ACCLATER", Website="https://www.later.example/about", NumberOfEmployees=500, Industry="Finance")
    account("ACCOLD", MasterRecordId="ACCNEW", IsDeleted="true")
    account("ACCNEW", NumberOfEmployees=20, Industry="Finance")
    company.lead("BYDOMAIN", "2026-01-05T09:00:00", Email="eva@later.example")
    company.lead("FREEMAIL", "2026-01-05T09:00:00", Email="eva@gmail.com")
    for key in ("DEALFIRST", "DEALSECOND"):
        day = "10" if key == "DEALFIRST" else "20"
        company.deal(
            key, "2026-02-01T10:00:00", "Closed Won", CloseDate=f"2026-02-{day}", AccountId="ACCOLD", Amount="100.00"
        )
    # a renewal makes no customer; without an account the person does
    account("ACCRENEWED")
    for key, day, kind in (("DEALRENEWED1", "10", "Renewal"), ("DEALRENEWED2", "20", "New Business")):
        company.deal(
            key, "2026-02-01T10:00:00", "Closed Won", CloseDate=f"2026-02-{day}", AccountId="ACCRENEWED", Type=kind
        )
    for key, day in (("DEALPERSON2", "20"), ("DEALPERSON1", "10")):
        company.deal(key, "2026-02-01T10:00:00", "Closed Won", CloseDate=f"2026-02-{day}")
        company.add(
            "salesforce/opportunity_contact_role", OpportunityId=key, ContactId="CONTACTBUYER", IsDeleted="false"
        )
    company.add(
        "salesforce/contact",
        Id="CONTACTBUYER",
        LastName="Buyer",
        Email="buyer@buyer.example",
        CreatedDate="2026-01-08T09:00:00Z",
        IsDeleted="false",
    )
    for number in range(4):
        company.lead(
            f"MAILBOX{number}", "2026-01-05T09:00:00", Email="info@mailbox.example", FirstName=f"Person {number}"
        )
    company.lead("SAMEPERSON1", "2026-01-05T09:00:00", Email="same@person.example", ConvertedContactId="CONTACTSAME")
    company.lead("SAMEPERSON2", "2026-01-06T09:00:00", Email="same@person.example")
    company.lead("SAMEPERSON3", "2026-01-07T09:00:00", Email="new@person.example")
    company.add(
        "salesforce/contact",
        Id="CONTACTSAME",
        FirstName="Ada",
        LastName="Same",
        Email="new@person.example",
        AccountId="ACCOLD",
        CreatedDate="2026-01-08T09:00:00Z",
        IsDeleted="false",
    )
    # merged away, a record still says who is who: deleted it does not
    company.lead(
        "BRIDGEOLD", "2026-01-05T09:00:00", Email="old@bridge.example", MasterRecordId="BRIDGENEW", IsDeleted="true"
    )
    company.lead("BRIDGENEW", "2026-01-05T09:00:00", Email="new@bridge.example")
    company.lead("BRIDGEOTHER", "2026-01-05T09:00:00", Email="old@bridge.example")
    company.lead("BROKEN1", "2026-01-05T09:00:00", ConvertedContactId="CONTACTGONE")
    company.lead("BROKEN2", "2026-01-05T09:00:00", ConvertedContactId="CONTACTGONE")
    company.lead("BROKEN3", "2026-01-05T09:00:00", ConvertedContactId="CONTACTKEPT")
    company.lead("BROKEN4", "2026-01-05T09:00:00")
    company.lead(
        "BROKENGONE",
        "2026-01-05T09:00:00",
        Email="broken4@broken4.example",
        ConvertedContactId="CONTACTKEPT",
        IsDeleted="true",
    )
    company.lead("LATEACCEPT", "2026-02-01T09:00:00", "Accepted")
    company.went(
        "LATEACCEPT",
        ("", "Open"),
        ("2026-02-02T10:00:00", "Handed Off"),
        ("2026-02-03T10:00:00", "Sales Qualified"),
        ("2026-02-04T10:00:00", "Accepted"),
    )
    company.deal("DEALSTOOD", "2026-01-10T09:00:00")
    company.lead("JOINS", "2026-03-02T09:00:00", "Converted", ConvertedOpportunityId="DEALSTOOD")
    company.went("JOINS", ("", "Open"), ("2026-03-03T10:00:00", "Handed Off"), ("2026-03-10T10:00:00", "Converted"))
    company.lead(
        "JOINSUNTOLD",
        "2026-03-02T09:00:00",
        "Handed Off",
        ConvertedOpportunityId="DEALSTOOD",
        ConvertedDate="2026-03-10T11:00:00Z",
    )
    company.went("JOINSUNTOLD", ("", "Open"), ("2026-03-03T10:00:00", "Handed Off"))
    # rejected, and converted later into the deal that another lead had opened meanwhile; its twin never is
    company.deal("DEALOFOTHER", "2026-03-01T10:00:00")
    company.lead(
        "OPENSADEAL",
        "2026-02-10T09:00:00",
        "Converted",
        ConvertedOpportunityId="DEALOFOTHER",
        ConvertedDate="2026-03-01T10:00:00Z",
    )
    company.lead(
        "JOINSREJECTED",
        "2026-02-15T09:00:00",
        "Converted",
        ConvertedOpportunityId="DEALOFOTHER",
        ConvertedDate="2026-03-25T09:00:00Z",
        Rejection_Reason__c="Competitor",
    )
    company.went(
        "JOINSREJECTED",
        ("", "Open"),
        ("2026-02-20T09:00:00", "Handed Off"),
        ("2026-03-05T09:00:00", "Rejected"),
        ("2026-03-25T09:00:00", "Converted"),
    )
    # handed off again and converted without a word of its status
    company.lead(
        "JOINSAGAIN",
        "2026-02-15T09:00:00",
        "Handed Off",
        ConvertedOpportunityId="DEALOFOTHER",
        ConvertedDate="2026-03-25T09:00:00Z",
        Rejection_Reason__c="Competitor",
    )
    company.went(
        "JOINSAGAIN",
        ("", "Open"),
        ("2026-02-20T09:00:00", "Handed Off"),
        ("2026-03-05T09:00:00", "Rejected"),
        ("2026-03-20T09:00:00", "Handed Off"),
    )
    company.deal("DEALIMPORTED", "2024-01-15T09:00:00", "Closed Lost", CloseDate="2021-05-10")
    company.lead("DAYBLANKED", "2026-02-01T09:00:00", "Handed Off")
    company.lead(
        "DAYBLANKED", "2026-02-01T09:00:00", "Handed Off", CreatedDate="", SystemModstamp="2026-02-03T09:00:00Z"
    )
    company.deal("DEALNOACC", "2026-02-01T23:30:00", CurrencyIsoCode="EUR", ContactId="CONTACTBUYER")
    company.lead(
        "CONVERTEDNOACC",
        "2026-02-01T10:00:00",
        ConvertedOpportunityId="DEALNOACC",
        ConvertedAccountId="ACCNEW",
        IsConverted="true",
    )
    company.deal("DEALATONCE", "2026-03-01T10:00:00", "Closed Lost", CloseDate="2026-03-01", ContactId="CONTACTBUYER")
    company.add(
        "salesforce/opportunity_field_history",
        Id="FIELDATONCE",
        OpportunityId="DEALATONCE",
        Field="StageName",
        OldValue="Qualification",
        NewValue="Closed Lost",
        CreatedDate="2026-03-01T10:00:00Z",
    )
    company.answered_campaign("BROKENGONE", "2026-02-03", ContactId="CONTACTBUYER")
    for key, is_deleted in (("CONTACTGONE", "true"), ("CONTACTKEPT", "false")):
        company.add(
            "salesforce/contact", Id=key, LastName=key, CreatedDate="2026-01-08T09:00:00Z", IsDeleted=is_deleted
        )
