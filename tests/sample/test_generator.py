"""The sample company: the same bytes for the same question, and the troubles that real extracts have."""

import hashlib
import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from handoff.errors import HandoffError
from ingestion import sample
from ingestion.sample import generator
from ingestion.sample.columns import salesforce_id
from ingestion.sample.generator import MARKER

AS_OF = datetime(2026, 6, 1)


@pytest.fixture(scope="module")
def extracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    sample.generate(folder, leads=4_000, seed=3, as_of=AS_OF)
    return folder


@pytest.fixture(scope="module")
def con(extracts: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for folder in extracts.glob("*/*"):
        con.execute(
            f"create view {folder.parent.name}__{folder.name} as "
            f"select * from read_csv('{folder}/*.csv', union_by_name=true, filename=true)"
        )
    con.execute(
        "create view lead as select * from salesforce__lead "
        "qualify row_number() over (partition by Id order by SystemModstamp desc, filename desc) = 1"
    )
    con.execute(
        "create view opportunity as select * from salesforce__opportunity "
        "qualify row_number() over (partition by Id order by SystemModstamp desc, filename desc) = 1"
    )
    return con


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.csv"))
    }


def test_same_question_same_bytes(extracts: Path, tmp_path: Path) -> None:
    sample.generate(tmp_path, leads=4_000, seed=3, as_of=AS_OF)
    assert digest(tmp_path) == digest(extracts)


def test_another_seed_is_another_company(extracts: Path, tmp_path: Path) -> None:
    sample.generate(tmp_path, leads=4_000, seed=4, as_of=AS_OF)
    name = "salesforce/lead/lead_20260511_full.csv"
    assert digest(tmp_path)[name] != digest(extracts)[name]


def test_too_small_a_company_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HandoffError, match="at least 100 leads"):
        sample.generate(tmp_path, leads=10, as_of=AS_OF)


@pytest.mark.parametrize("deliveries", [[], [0, 7], [7, 7, 0], [7, -1]])
def test_deliveries_out_of_order_are_refused(tmp_path: Path, deliveries: list[int]) -> None:
    with pytest.raises(HandoffError, match="one after the other"):
        sample.generate(tmp_path, leads=500, as_of=AS_OF, deliveries=deliveries)


def test_a_delivery_takes_what_is_new_since_a_day_before_the_one_before_it(tmp_path: Path, extracts: Path) -> None:
    """However many there are, together they are the same."""
    sample.generate(tmp_path, leads=4_000, seed=3, as_of=AS_OF, deliveries=[9, 4, 0])
    found = {
        folder: duckdb.sql(
            f"select distinct * from read_csv('{folder}/ga4/session/*.csv', all_varchar = true) order by all"
        ).fetchall()
        for folder in (extracts, tmp_path)
    }
    assert len([*(tmp_path / "ga4" / "session").iterdir()]) == 3
    assert found[tmp_path] == found[extracts]


def test_every_object_of_every_source_arrives(extracts: Path) -> None:
    found = {f"{path.parent.name}/{path.name}" for path in extracts.glob("*/*")}
    objects = (
        "lead lead_history contact account opportunity opportunity_history opportunity_contact_role campaign "
        "campaign_member task event user"
    )
    expected = {f"salesforce/{name}" for name in objects.split()} | {"ga4/session"}
    expected |= {
        f"{platform}/{name}" for platform in ("google_ads", "linkedin_ads") for name in ("campaign", "campaign_daily")
    }
    assert found == expected
    assert not list(extracts.rglob("*.part"))


@pytest.mark.parametrize(
    ("trouble", "condition"),
    [
        ("merged away", "MasterRecordId is not null and IsDeleted"),
        ("deleted", "MasterRecordId is null and IsDeleted"),
        ("no e-mail and no phone", "Email is null and Phone is null and MobilePhone is null"),
        ("no company", "Company is null and Website is null and Email is null"),
        ("filler source", "LeadSource in ('unknown', 'Other', 'n/a') or LeadSource is null"),
        ("unknown status", "Status = 'Imported'"),
        ("no name", "FirstName is null and LastName is null"),
        ("rejected without reason", "Status = 'Rejected' and Rejection_Reason__c is null"),
        ("rejected, reason not on the list", "Rejection_Reason__c = 'Call back after summer'"),
        ("in nurture", "Status in ('Nurture', 'Recycled')"),
        ("shared mailbox", "Email like 'info@%'"),
        ("owned by a queue", "OwnerId like '00G%'"),
    ],
)
def test_leads_have_troubles(con: duckdb.DuckDBPyConnection, trouble: str, condition: str) -> None:
    assert con.sql(f"select count(*) from lead where {condition}").fetchall()[0][0] > 0, trouble


@pytest.mark.parametrize(
    ("trouble", "condition"),
    [
        ("euro", "CurrencyIsoCode = 'EUR'"),
        ("pound", "CurrencyIsoCode = 'GBP'"),
        ("expansion", "Type = 'Existing Customer - Upgrade'"),
        ("renewal", "Type = 'Renewal'"),
        ("no lead", "Id not in (select ConvertedOpportunityId from lead where ConvertedOpportunityId is not null)"),
        (
            "reopened",
            "Id in (select OpportunityId from salesforce__opportunity_history where StageName like 'Closed%' "
            "group by OpportunityId having count(distinct CreatedDate) > 1)",
        ),
    ],
)
def test_deals_have_troubles(con: duckdb.DuckDBPyConnection, trouble: str, condition: str) -> None:
    assert con.sql(f"select count(*) from opportunity where {condition}").fetchall()[0][0] > 0, trouble


def test_later_deliveries_repair_leads_and_overlap(con: duckdb.DuckDBPyConnection) -> None:
    repaired, overlapping = con.sql(
        """
        select
            count(*) filter (where bool_first and not bool_last),
            count(*) filter (where same_version)
        from (
            select
                Id,
                min_by(Email is null and Phone is null and MobilePhone is null, filename) as bool_first,
                max_by(Email is null and Phone is null and MobilePhone is null, filename) as bool_last,
                count(*) > count(distinct SystemModstamp) as same_version
            from salesforce__lead
            group by Id
        )
        """
    ).fetchall()[0]
    assert repaired > 0
    assert overlapping > 0


def test_no_delta_is_too_bad_for_the_gate(con: duckdb.DuckDBPyConnection) -> None:
    worst = con.sql(
        """
        select max(share) from (
            select
                filename,
                avg((
                    (Email is null and Phone is null and MobilePhone is null)
                    or (Company is null and Website is null and Email is null)
                    or coalesce(LeadSource, 'unknown') in ('unknown', 'Other', 'n/a')
                    or Status = 'Imported'
                    or (FirstName is null and LastName is null)
                )::int) as share
            from salesforce__lead
            where filename like '%delta%'
            group by filename
        )
        """
    ).fetchall()[0][0]
    assert worst < 0.2


def test_nothing_happens_after_the_as_of(con: duckdb.DuckDBPyConnection) -> None:
    for table, column in (
        ("salesforce__lead", "SystemModstamp"),
        ("salesforce__lead_history", "CreatedDate"),
        ("salesforce__opportunity_history", "CreatedDate"),
        ("salesforce__task", "CreatedDate"),
        ("salesforce__event", "ActivityDateTime"),
        ("ga4__session", "session_start"),
    ):
        newest = con.sql(f"select max({column})::timestamp from {table}").fetchall()[0][0]
        assert newest <= AS_OF, table


def test_references_lead_somewhere(con: duckdb.DuckDBPyConnection) -> None:
    dangling = con.sql(
        """
        select
            (select count(*) from lead where ConvertedOpportunityId not in (select Id from opportunity)),
            (select count(*) from lead where ConvertedContactId not in (select Id from salesforce__contact)),
            (select count(*) from lead where ConvertedAccountId not in (select Id from salesforce__account)),
            (select count(*) from lead where MasterRecordId not in (select Id from lead)),
            (select count(*) from salesforce__lead_history where LeadId not in (select Id from lead)),
            (select count(*) from salesforce__campaign_member
             where CampaignId not in (select Id from salesforce__campaign))
        """
    ).fetchall()[0]
    assert dangling == (0,) * 6


def test_addresses_are_nobodys(con: duckdb.DuckDBPyConnection) -> None:
    domains = {
        row[0].lower()
        for row in con.sql("select distinct split_part(Email, '@', 2) from lead where Email is not null").fetchall()
    }
    assert all(re.search(r"(\.example|example\.(com|org|net))$", domain) for domain in domains)


def test_ids_carry_their_checksum() -> None:
    ids = salesforce_id("001", np.array([0, 61, 62, -1])).to_pylist()
    assert ids == ["0015g0000000000AAA", "0015g000000000zAAA", "0015g0000000010AAA", None]
    assert salesforce_id("00Q", np.array([10])).to_pylist() == ["00Q5g000000000AEAQ"]


def test_more_systems_know_the_same_people(tmp_path: Path) -> None:
    systems = ("salesforce", "hubspot", "marketo", "meta_ads", "microsoft_ads")
    sample.generate(tmp_path, leads=500, seed=3, as_of=AS_OF, systems=systems)
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == set(systems)
    synced, by_email, alone = duckdb.sql(
        f"""
        select
            count(*) filter (where property_salesforceleadid is not null),
            count(*) filter (where property_salesforceleadid is null and lower(property_email) in (
                select lower(Email) from '{tmp_path}/salesforce/lead/*.csv' where Email is not null)),
            count(*) filter (where property_email like '%@news.example.com')
        from '{tmp_path}/hubspot/contact/*full.csv'
        """
    ).fetchall()[0]
    assert min(synced, by_email, alone) > 0


def test_foreign_extracts_are_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "salesforce" / "lead" / "export.csv"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("Id\n")
    with pytest.raises(HandoffError, match="not the sample's"):
        sample.generate(tmp_path, leads=500, as_of=AS_OF)
    assert theirs.read_text() == "Id\n"


@pytest.mark.parametrize("is_sample_gone", [False, True])
def test_extracts_beside_an_earlier_sample_are_left_alone(tmp_path: Path, is_sample_gone: bool) -> None:
    sample.generate(tmp_path, leads=100, as_of=AS_OF)
    if is_sample_gone:
        shutil.rmtree(tmp_path / "salesforce")
    theirs = tmp_path / "salesforce" / "lead" / "export.csv"
    theirs.parent.mkdir(parents=True, exist_ok=True)
    theirs.write_text("Id\n")
    with pytest.raises(HandoffError, match=r"not the sample's.*salesforce/lead/export\.csv is none"):
        sample.generate(tmp_path, leads=100, as_of=AS_OF)
    assert theirs.read_text() == "Id\n"


def test_a_sample_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    sample.generate(tmp_path, leads=100, as_of=AS_OF)
    sample.generate(tmp_path, leads=100, as_of=AS_OF + timedelta(days=1), deliveries=[0])
    files = {path.name for path in (tmp_path / "salesforce" / "lead").iterdir()}
    assert files == {f"lead_{AS_OF + timedelta(days=1):%Y%m%d}_full.csv"}
    assert {path.name for path in tmp_path.iterdir()} == {"salesforce", "ga4", "google_ads", "linkedin_ads", MARKER}


def test_of_a_sample_that_was_killed_nothing_lies_in_the_landing_zone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(generator, "_append_accounts", kill)
        with pytest.raises(KeyboardInterrupt):
            sample.generate(tmp_path / "extracts", leads=100, as_of=AS_OF)
    assert not (tmp_path / "extracts").exists()
    assert sample.generate(tmp_path / "extracts", leads=100, as_of=AS_OF).folder == tmp_path / "extracts"
    assert [path.name for path in tmp_path.iterdir()] == ["extracts"]


def test_an_unknown_system_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HandoffError, match="no system 'siebel'"):
        sample.generate(tmp_path, leads=500, as_of=AS_OF, systems=["siebel"])
