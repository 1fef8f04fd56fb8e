"""A source of the user's own, with everything an entity can carry, in the unified records."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from handoff.settings import Settings
from ingestion.mapping import SHIPPED
from tests.sources.conftest import build, reader

MAPPING = """
source: vertrieb
timezone: Europe/Berlin
encoding: latin-1
decimal_comma: true
date_format: ["%d.%m.%Y %H:%M", "%d.%m.%Y"]
nulls: [unbekannt]
objects:
  interessenten:
    entity: lead
    snapshot: true
    fields:
      native_id: {column: Nr, required: true}
      last_name: Name
      company: Firma
      email: E-Mail
      lead_source: Quelle
      status: Status
      owner_id: Betreuer
      created_at: Angelegt
      synced_lead_id: Salesforce
      converted_opportunity_id: Projekt
      merged_ids: Dubletten
    values:
      status: {neu: captured, abgelehnt: rejected}
  verlauf:
    entity: lead_history
    fields:
      record_id: Nr
      field: Feld
      old_value: Alt
      new_value: Neu
      changed_at: Wann
    values:
      field: {Status: status, Betreuer: owner_id, Umsatz: annual_revenue}
  projekte:
    entity: opportunity
    fields:
      native_id: Nr
      lead_id: Interessent
      stage: Phase
      amount: {column: Wert, strip: [EUR]}
      created_at: Angelegt
      close_date: Abschluss
    constants: {currency: EUR}
    values:
      stage: {gewonnen: won}
  phasen:
    entity: opportunity_stage_history
    fields: {record_id: Projekt, stage: Phase, changed_at: Wann}
  projektverlauf:
    entity: opportunity_stage_history
    fields: {native_id: Lfd, record_id: Projekt, field: Feld, old_value: Alt, new_value: Neu, changed_at: Wann}
    values:
      field: {Phase: stage}
      old_value: {verhandelt: qualified}
      new_value: {verhandelt: qualified, verloren: lost}
  personen:
    entity: contact
    fields: {native_id: Nr, last_name: Name, merged_ids: Dubletten}
  kontakte:
    entity: opportunity_contact_role
    fields: {opportunity_id: Projekt, contact_id: Person}
  anrufe:
    entity: activity
    fields: {native_id: Nr, person_id: Wer, owner_id: Von, happened_at: Wann, status: Stand}
    constants: {type: call, direction: outbound}
  besuche:
    entity: touch
    fields: {person_id: Wer, touched_at: Wann, source: Quelle, medium: Medium, campaign: Kampagne}
    constants: {touch_type: event_attendance}
  anzeigen:
    entity: spend
    fields: {spend_date: Tag, campaign_name: Kampagne, cost: Kosten, impressions: Einblendungen}
"""
# A source that numbers its records alike, whatever they are.
TOOL = """
source: tool
objects:
  people:
    entity: lead
    fields: {native_id: id, email: mail, is_deleted: gone}
  contacts:
    entity: contact
    fields: {native_id: id, email: mail}
  campaigns:
    entity: campaign
    fields: {native_id: id, name: name, is_deleted: gone}
  ads:
    entity: spend
    fields: {spend_date: day, campaign_name: campaign, cost: cost}
  members:
    entity: campaign_member
    fields: {native_id: id, campaign_id: campaign, lead_id: lead, contact_id: contact, first_responded_at: at}
  forms:
    entity: touch
    fields: {native_id: id, email: mail, touched_at: at}
    constants: {touch_type: form_submission}
  guests:
    entity: campaign_member
    fields: {campaign_id: campaign, lead_id: lead, contact_id: contact, first_responded_at: at}
"""
FILES = {
    "tool/people/1.csv": "id,mail,gone\n1,ann@tool.example,false\n2,bob@tool.example,true\n3,eve@tool.example,true\n",
    "tool/contacts/1.csv": "id,mail\n1,carl@tool.example\n2,dora@tool.example\n3,fay@tool.example\n",
    "tool/campaigns/1.csv": "id,name,gone\n5,Fair,false\n20,Spring,true\n21,Spring,false\n30,Autumn,true\n",
    "tool/ads/1.csv": "day,campaign,cost\n2026-02-01,spring,8\n2026-02-01,Autumn,9\n",
    "tool/members/1.csv": "id,campaign,lead,contact,at\n"
    "7,5,,1,2026-01-01T08:00:00Z\n8,5,1,2,2026-01-01T08:00:00Z\n9,5,2,1,2026-01-01T08:00:00Z\n"
    # its lead is deleted, and a contact has the number: nobody's
    "10,5,3,,2026-01-01T08:00:00Z\n",
    "tool/forms/1.csv": "id,mail,at\n7,a@tool.example,2026-01-01T08:00:00Z\n6,b@tool.example,2026-01-01T08:00:00Z\n",
    "tool/guests/1.csv": "campaign,lead,contact,at\n5,1,,2026-01-01T08:00:00Z\n5,,1,2026-01-01T08:00:00Z\n",
    "vertrieb/interessenten/1.csv": """Nr;Name;Firma;E-Mail;Quelle;Status;Betreuer;Angelegt;Salesforce;Projekt;Dubletten
1;Müller;Werk;M@werk.example;Messe;neu;b1;02.01.2026 10:00;;;
2;Gone;Werk;g@werk.example;unbekannt;neu;b1;02.01.2026 10:00;;;
""",
    "vertrieb/interessenten/2.csv": """Nr;Name;Firma;E-Mail;Quelle;Status;Betreuer;Angelegt;Salesforce;Projekt;Dubletten
1;Müller;Werk;M@werk.example;Messe;Abgelehnt;b2;02.01.2026 10:00;00Q000000000001AAA;P1;7, 8
""",
    # snapshots with malformed rows: one of another date tells its record, one with a column too many does not
    "vertrieb/interessenten/3.csv": """Nr;Name;Firma;E-Mail;Quelle;Status;Betreuer;Angelegt;Salesforce;Projekt;Dubletten
1;Müller;Werk;M@werk.example;Messe;Abgelehnt;b2;2026/01/02;00Q000000000001AAA;P1;7, 8
""",
    "vertrieb/verlauf/1.csv": "Nr;Feld;Alt;Neu;Wann\n1;Status;neu;abgelehnt;01.07.2026 12:00\n"
    "1;Betreuer;b1;b2;02.07.2026\n1;Umsatz;1.500.000,00;rund 9;03.07.2026\n",
    "vertrieb/verlauf/2.csv": "Nr;Feld;Alt;Neu;Wann\n1;Status;neu;abgelehnt;01.07.2026 12:00\n",
    "vertrieb/projekte/1.csv": "Nr;Interessent;Phase;Wert;Angelegt;Abschluss\nP1;1;gewonnen;1.234,50 EUR;;31.03.2026\n",
    "vertrieb/projektverlauf/1.csv": "Lfd;Projekt;Feld;Alt;Neu;Wann\n1;P2;Wert;1;2;01.03.2026\n"
    "3;P2;Phase;neu;verloren;03.03.2026 10:00\n2;P2;Phase;verhandelt;neu;02.03.2026 10:00\n",
    "vertrieb/projekte/2.csv": "Nr;Interessent;Phase;Wert;Angelegt;Abschluss\n"
    "P2;;verloren;;01.02.2026 10:00;03.03.2026\n",
    "vertrieb/phasen/1.csv": "Projekt;Phase;Wann\nP1;gewonnen;31.03.2026 09:30\n",
    "vertrieb/personen/1.csv": "Nr;Name;Dubletten\n21;Ada;22|23\n22;Ada L;\n",
    "vertrieb/kontakte/1.csv": "Projekt;Person\nP1;1\nP1;1\n",
    "vertrieb/anrufe/1.csv": "Nr;Wer;Von;Wann;Stand\n1;1;b1;03.01.2026 10:00;completed\n"
    "2;1;b1;03.01.2026 10:00;geplant\n",
    "vertrieb/besuche/1.csv": "Wer;Wann;Quelle;Medium;Kampagne\n1;01.01.2026 09:00;messe;event;Hannover\n",
    "vertrieb/besuche/2.csv": "Wer;Wann;Quelle;Medium;Kampagne\n1;01.01.2026 09:00;messe;event;Hannover Messe\n",
    "salesforce/contact/1.csv": "Id,LastName\n003000000000001AAA,Byron\n003000000000002AAA,Hopper\n",
    "salesforce/contact/2.csv": "Id,LastName\n003000000000002,Hopper\n",
    "salesforce/user/1.csv": "Id,Name\n005000000000001AAA,Ann\n005000000000002AAA,Bob\n",
    "salesforce/user/2.csv": "Id,Name\n005000000000002AAA,Bob\n",
    "salesforce/user/3.csv": "Id,Name\n005000000000002AAA,Bob,x\n",
    "vertrieb/anzeigen/1.csv": "Tag;Kampagne;Kosten;Einblendungen\n01.02.2026;A;10,25;1.000\n",
}
CASES: dict[str, tuple[str, list[tuple[object, ...]]]] = {
    "the newest snapshot decides; what it lacks is deleted": (
        "select record_id, status, email, lead_source, owner_id, created_at, is_deleted, synced_lead_id "
        "from intermediate.int_lead_record where source_system = 'vertrieb' order by 1",
        [
            (
                "vertrieb:1",
                "rejected",
                "m@werk.example",
                "Messe",
                "vertrieb:b2",
                datetime(2026, 1, 2, 9),
                False,
                "salesforce:00Q000000000001AAA",
            ),
            ("vertrieb:2", "captured", "g@werk.example", None, "vertrieb:b1", datetime(2026, 1, 2, 9), True, None),
        ],
    ),
    "a vendor's object may be declared a snapshot too": (
        "select record_id, is_deleted from intermediate.int_contact_record where source_system = 'salesforce' "
        "order by 1",
        [("salesforce:003000000000001AAA", True), ("salesforce:003000000000002AAA", False)],
    ),
    "also where its models keep no deleted records": (
        "select record_id from intermediate.int_owner_record where source_system = 'salesforce'",
        [("salesforce:005000000000002AAA",)],
    ),
    "changes delivered twice are one": (
        "select field, old_value, new_value, changed_at from intermediate.int_lead_change order by changed_at",
        [
            ("status", "neu", "abgelehnt", datetime(2026, 7, 1, 10)),
            ("owner_id", "vertrieb:b1", "vertrieb:b2", datetime(2026, 7, 2)),
            ("annual_revenue", "1500000.00", "rund 9", datetime(2026, 7, 3)),
        ],
    ),
    "opportunity": (
        "select record_id, lead_id, stage, amount, currency, created_at, close_date "
        "from intermediate.int_opportunity_record where record_id = 'vertrieb:P1'",
        [("vertrieb:P1", "vertrieb:1", "won", Decimal("1234.5"), "EUR", None, date(2026, 3, 31))],
    ),
    "a lead and its opportunity name each other: one conversion": (
        "select * from intermediate.int_lead_conversion",
        [("vertrieb:1", "vertrieb:P1")],
    ),
    "losers a survivor lists": (
        "select loser_id, survivor_id, object from intermediate.int_lead_merge order by 1",
        [
            *(("vertrieb:22", "vertrieb:21", "contact"), ("vertrieb:23", "vertrieb:21", "contact")),
            *(("vertrieb:7", "vertrieb:1", "lead"), ("vertrieb:8", "vertrieb:1", "lead")),
        ],
    ),
    "stage entries": (
        "select record_id, stage, changed_at from intermediate.int_opportunity_stage_change order by 1, 3",
        [
            ("vertrieb:P1", "gewonnen", datetime(2026, 3, 31, 7, 30)),
            # a log of all fields: before its first change of the stage the old value held
            ("vertrieb:P2", "qualified", datetime(2026, 2, 1, 9)),
            ("vertrieb:P2", "neu", datetime(2026, 3, 2, 9)),
            ("vertrieb:P2", "lost", datetime(2026, 3, 3, 9)),
        ],
    ),
    "roles": (
        "select opportunity_record_id, person_record_id from intermediate.int_opportunity_contact_role",
        [("vertrieb:P1", "vertrieb:1")],
    ),
    "activities": (
        "select activity_id, type, is_completed, happened_at from intermediate.int_activity_record order by 1",
        [
            ("vertrieb:1", "call", True, datetime(2026, 1, 3, 9)),
            ("vertrieb:2", "call", False, datetime(2026, 1, 3, 9)),
        ],
    ),
    "a touch without a key is its person, time and type": (
        "select person_record_id, touched_at, source, campaign, touch_type from intermediate.int_touch_record "
        "where source_system = 'vertrieb'",
        [("vertrieb:1", datetime(2026, 1, 1, 8), "messe", "Hannover Messe", "event_attendance")],
    ),
    "a response is its lead's, else its contact's; without a key it is its campaign's and that person's": (
        "select response_id, person_record_id, is_of_contact from intermediate.int_campaign_response order by 1",
        [
            ("tool:5|1", "tool:1", False),
            ("tool:5|1|contact", "tool:1", True),
            ("tool:7", "tool:1", True),
            ("tool:8", "tool:1", False),
            # its lead is deleted, and a contact has the number
            ("tool:9", "tool:1", True),
        ],
    ),
    "a touch and a response of one number are two touches": (
        "select touch_id, touch_type from intermediate.int_touch_record where source_system = 'tool' order by 1",
        [
            ("tool:5|1", "campaign_response"),
            ("tool:5|1|contact", "campaign_response"),
            ("tool:6", "form_submission"),
            ("tool:7", "form_submission"),
            ("tool:7|response", "campaign_response"),
            ("tool:8", "campaign_response"),
            ("tool:9", "campaign_response"),
        ],
    ),
    "spend by campaign name": (
        "select platform, spend_date, campaign_record_id, campaign_name, cost, impressions "
        "from intermediate.int_spend_record where platform = 'vertrieb'",
        [("vertrieb", date(2026, 2, 1), "vertrieb:A", "A", Decimal("10.25"), 1000)],
    ),
    "a campaign that is left takes the spend of its name before a deleted one": (
        "select campaign_record_id, cost from intermediate.int_spend_record where platform = 'tool' order by 1",
        [("tool:21", Decimal(8)), ("tool:30", Decimal(9))],
    ),
}


def lay_out(home: Path) -> tuple[Path, Path]:
    """The landing zone and the folder of mappings."""
    (home / "mappings").mkdir(parents=True)
    (home / "mappings" / "vertrieb.yml").write_text(MAPPING, encoding="utf-8")
    (home / "mappings" / "tool.yml").write_text(TOOL, encoding="utf-8")
    shipped = (SHIPPED / "salesforce.yml").read_text(encoding="utf-8")
    own = shipped.replace("    entity: contact\n", "    entity: contact\n    snapshot: true\n")
    own = own.replace("    entity: owner\n", "    entity: owner\n    snapshot: true\n")
    (home / "mappings" / "salesforce.yml").write_text(own, encoding="utf-8")
    for name, text in FILES.items():
        path = home / "extracts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="latin-1")
    return home / "extracts", home / "mappings"


@pytest.fixture(scope="module")
def mapped_settings(tmp_path_factory: pytest.TempPathFactory, parsed_project: Path) -> Settings:
    home = tmp_path_factory.mktemp("mapped")
    return build(home, *lay_out(home), parsed=parsed_project)


@pytest.fixture
def rows(mapped_settings: Settings) -> Callable[[str], list[tuple[object, ...]]]:
    def query(sql: str) -> list[tuple[object, ...]]:
        with reader(mapped_settings) as con:
            return con.execute(sql).fetchall()

    return query


@pytest.mark.parametrize("name", CASES)
def test_mapped_record(rows: Callable[[str], list[tuple[object, ...]]], name: str) -> None:
    sql, expected = CASES[name]
    assert rows(sql) == expected
