"""Erasing a person: gone from the warehouse and from what is read, also after an old extract is read again."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from expectations.gate import run_gate
from handoff import definitions, erasure
from handoff.errors import HandoffError
from handoff.settings import CHECKOUT, Settings
from handoff.warehouse import open_warehouse
from ingestion import sample
from ingestion.load import load
from tests.conftest import AS_OF, night_environment
from tests.end_to_end.nights import copy_home


def text_of(con: duckdb.DuckDBPyConnection, schema: str) -> str:
    """Everything a schema's tables say, as one text."""
    names = con.execute("select table_name from duckdb_tables() where schema_name = ? order by 1", [schema]).fetchall()
    return "\n".join(str(con.execute(f'select * from {schema}."{name}"').fetchall()).lower() for (name,) in names)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The home of a small company whose extracts were loaded and judged: erasing reads no more."""
    folder = tmp_path_factory.mktemp("judged")
    sample.generate(folder / "extracts", leads=200, as_of=AS_OF)
    settings = Settings(_env_file=None, home=folder / "home", extracts=str(folder / "extracts"), as_of=AS_OF)
    with open_warehouse(settings) as con:
        load(settings, con)
        run_gate(settings, con, definitions.load(settings.definitions))
    return settings


@pytest.fixture
def settings(judged: Settings, tmp_path: Path) -> Settings:
    return judged.model_copy(update={"home": copy_home(judged.home, tmp_path / "home")})


def a_person(con: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """The record and address of someone with a session, a lead and a contact."""
    row = con.execute(
        "select l.native_id, l.email from raw.salesforce__lead l "
        "join raw.salesforce__contact c on lower(c.email) = lower(l.email) "
        "join raw.ga4__session g on lower(g.user_id) = lower(l.email) order by 1 limit 1"
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def deliver(con: duckdb.DuckDBPyConnection) -> None:
    """What a test has written came with a delivery that no night has seen."""
    con.execute("insert into quality.load_log (delivery_id) select 'delivery ' || count(*) from quality.load_log")


def test_the_command_leaves_nothing_of_a_person_in_any_table_or_file(
    built_home: Path, sample_extracts: Path, tmp_path: Path
) -> None:
    """Tables are compared with what they were as those of a large company are; a comparison was killed before. The
    night of the erasure loads the person once more, under another record, with a row that cannot be read.
    """
    home = copy_home(built_home, tmp_path / "home")
    extracts = copy_home(sample_extracts, tmp_path / "extracts")
    with duckdb.connect(str(built_home / "warehouse.duckdb"), read_only=True) as con:
        email = a_person(con)[1].lower()
    record = "00Q5g00000ZEBAAEA2"
    said = f"{record},Zebulon,Quixworthy,Zebulon Quixworthy,77 Quixworthy Street,Quix,Paid Search,Open,2026-01-01"
    others = [
        f"00Q5g0000BOB{n}AAEA2,Bob,Lane,Bob Lane,,Lane,Paid Search,Open,2026-01-01,bob{n}@lane.example,5"
        for n in range(9)
    ]
    (extracts / "salesforce" / "lead" / "zebulon.csv").write_text(
        "Id,FirstName,LastName,Name,Street,Company,LeadSource,Status,CreatedDate,Email,NumberOfEmployees\n"
        + "\n".join([*others, f"{said},{email},5", f"{said},,about 200\n"])
    )
    (extracts / "salesforce" / "lead_history" / "zebulon.csv").write_text(
        "Id,LeadId,Field,OldValue,NewValue,CreatedDate\n"
        f"017ZEB,{record},Street,66 Quixworthy Street,77 Quixworthy Street,2026-01-02T00:00:00Z\n"
    )
    assert email.encode() in (home / "warehouse.duckdb").read_bytes().lower()
    (home / "compare-definitions-killed").mkdir()
    (home / "compare-definitions-killed" / "warehouse.duckdb").write_text(email)
    done = subprocess.run(
        [sys.executable, "-m", "orchestration", "erase", email],
        cwd=CHECKOUT,
        env=night_environment(home, HANDOFF_EXTRACTS=str(extracts), HANDOFF_MEND_FROM_ROWS="0"),
        capture_output=True,
        text=True,
        timeout=570,
    )
    assert done.returncode == 0, done.stderr
    assert "delivered rows" in done.stdout
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        schemas = con.execute("select distinct schema_name from duckdb_tables() order by 1").fetchall()
        for word in (email, "quixworthy"):
            assert [schema for (schema,) in schemas if word in text_of(con, schema)] == []
        assert con.execute("select count(*) from quality.malformed_row where raw_text = 'erased'").fetchall() == [(1,)]
    files = [path for path in home.rglob("*") if path.is_file() and not path.is_symlink()]
    for word in (email, "quixworthy"):
        assert [path.name for path in files if word.encode() in path.read_bytes().lower()] == []


@pytest.mark.parametrize("by", ["e-mail", "id"])
def test_an_erased_person_is_gone_from_every_raw_row(settings: Settings, by: str) -> None:
    with open_warehouse(settings) as con:
        native_id, email = a_person(con)
        before = con.execute("select count(*), count(email) from raw.salesforce__lead").fetchall()
        assert email.lower() in text_of(con, "raw")
        assert erasure.remember(settings, con, email.upper() if by == "e-mail" else f"salesforce:{native_id}") >= 3
        erasure.apply(settings, con)
        assert email.lower() not in text_of(con, "raw")
        assert email.lower() not in text_of(con, "quality")
        assert con.execute("select count(*), count(email) from raw.salesforce__lead").fetchall() == before
        assert con.execute(
            "select distinct first_name from raw.salesforce__lead where native_id = ?", [native_id]
        ).fetchall() in (
            [("erased",)],
            [(None,)],
        )
    assert email.lower() not in (settings.home / "erased.json").read_text().lower()


def test_an_erasure_whose_night_failed_can_be_asked_for_again(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        _, email = a_person(con)
        with pytest.raises(HandoffError, match="Nobody of that address"):
            erasure.remember(settings, con, f"not.{email}")
        erasure.remember(settings, con, email)
        erasure.apply(settings, con)
        remembered = (settings.home / "erased.json").read_text()
        assert erasure.remember(settings, con, email) == 0
        assert (settings.home / "erased.json").read_text() == remembered
        with pytest.raises(HandoffError, match="Nobody of that address"):
            erasure.remember(settings, con, f"not.{email}")
        (settings.home / "erased.json").write_text(remembered[:40])
        with pytest.raises(HandoffError, match="Put it back from a backup"):
            erasure.apply(settings, con)


def test_reading_the_old_extracts_again_does_not_bring_them_back(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        _, email = a_person(con)
        erasure.remember(settings, con, email)
    settings.warehouse.unlink()
    with open_warehouse(settings) as con:
        load(settings, con)
        assert email.lower() in text_of(con, "raw")
        erasure.apply(settings, con)
        assert email.lower() not in text_of(con, "raw")


def test_what_comes_of_an_erased_person_later_is_followed_from_record_to_record(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        _, email = a_person(con)
        erasure.remember(settings, con, email)
        erasure.apply(settings, con)
        before = (settings.home / "erased.json").read_text()
        erasure.apply(settings, con)
        assert (settings.home / "erased.json").read_text() == before
        lead, contact, other = "00Q5g00000NEWAAEA2", "0035g00000NEWAAEA2", "0035g00000OTHAAEA2"
        con.execute(
            "insert into raw.salesforce__lead (native_id, email, converted_contact_id) values (?, ?, ?)",
            [lead, f" {email.upper()}", contact],
        )
        con.execute(
            "insert into raw.salesforce__contact (native_id, email) "
            "values (?, 'ann.private@home.example'), (?, 'bob@home.example')",
            [contact, other],
        )
        deliver(con)
        erasure.apply(settings, con)
        assert "ann.private@home.example" not in text_of(con, "raw")
        con.execute("insert into raw.marketo__lead (native_id, email) values ('1', 'ann.private@home.example')")
        deliver(con)
        erasure.apply(settings, con)
        raw = text_of(con, "raw")
        assert "ann.private@home.example" not in raw
        assert "bob@home.example" in raw


def test_a_record_that_a_later_delivery_brings_to_light_is_erased_where_it_stands(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        _, email = a_person(con)
        lead, contact = "00Q5g00000NEWAAEA2", "0035g00000OLDAAEA2"
        con.execute(
            "insert into raw.salesforce__contact (native_id, email, _delivery_id) "
            "select ?, 'ann.private@home.example', min(delivery_id) from quality.load_log",
            [contact],
        )
        erasure.remember(settings, con, email)
        erasure.apply(settings, con)
        assert "ann.private@home.example" in text_of(con, "raw")
        con.execute(
            "insert into raw.salesforce__lead (native_id, email, converted_contact_id) values (?, ?, ?)",
            [lead, email, contact],
        )
        deliver(con)
        erasure.apply(settings, con)
        assert "ann.private@home.example" not in text_of(con, "raw")


def test_a_night_asks_only_the_rows_that_came_since_the_last(settings: Settings) -> None:
    def planted() -> list[tuple[str, int]]:
        """In how many rows the address stands, by delivery."""
        return con.execute(
            "select _delivery_id, count(*) from raw.salesforce__lead where email = ? group by 1 order by 1", [email]
        ).fetchall()

    with open_warehouse(settings) as con:
        record, email = a_person(con)
        erasure.remember(settings, con, email)
        erasure.apply(settings, con)
        row = "insert into raw.salesforce__lead (native_id, email, _delivery_id) values (?, ?, ?)"
        con.execute("insert into quality.load_log (delivery_id) values ('later')")
        ((seen,),) = con.execute("select min(delivery_id) from control.erased_delivery").fetchall()
        for delivery in (seen, "later"):
            con.execute(row, [record, email, delivery])
        erasure.apply(settings, con)
        assert planted() == [(seen, 1)]
        # whoever is erased then is sought everywhere
        erasure.remember(settings, con, f"salesforce:{some_lead(con, 1)}")
        erasure.apply(settings, con)
        assert planted() == []


def test_a_delivery_that_is_read_again_is_asked_again(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        _, email = a_person(con)
        erasure.remember(settings, con, email)
        erasure.apply(settings, con)
        con.execute("update control.delivery_reading set mapping_sha256 = 'another mapping'")
        load(settings, con)
        assert email.lower() in text_of(con, "raw")
        erasure.apply(settings, con)
        assert email.lower() not in text_of(con, "raw")


def test_nobody_of_that_address(settings: Settings) -> None:
    with open_warehouse(settings) as con, pytest.raises(HandoffError, match="Nobody of that address"):
        erasure.remember(settings, con, "nobody@nowhere.example")


def test_where_the_warehouse_is_gone_nobody_is_sought_in_it(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, home=tmp_path)
    with open_warehouse(settings) as con, pytest.raises(HandoffError, match=r"holds nothing yet.*Run a night"):
        erasure.remember(settings, con, "ann@acme.example")


def some_lead(con: duckdb.DuckDBPyConnection, number: int) -> str:
    """The record of a lead that nothing joins to another."""
    row = con.execute(
        "select distinct native_id from raw.salesforce__lead where converted_contact_id is null "
        "and merged_into_id is null and lower(email) in (select lower(email) from raw.salesforce__lead "
        "group by 1 having count(distinct native_id) = 1) order by 1 limit 1 offset ?",
        [number],
    ).fetchone()
    assert row is not None
    return str(row[0])


def test_an_erased_person_is_gone_from_the_records_that_lead_to_them(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        lead, merged, other = (some_lead(con, number) for number in range(3))
        contact = con.execute("select min(native_id) from raw.salesforce__contact").fetchall()[0][0]
        hubspot, listed = "1001", "1002"
        con.execute("insert into raw.hubspot__contact (native_id) values (?), (?)", [hubspot, listed])
        con.execute(
            "update raw.salesforce__lead set email = 'ann@acme.example', converted_contact_id = ? where native_id = ?",
            [contact, lead],
        )
        con.execute(
            "update raw.salesforce__lead set email = 'ann.old@acme.example', merged_into_id = ? where native_id = ?",
            [lead, merged],
        )
        con.execute(
            "update raw.salesforce__contact set last_name = 'Annsname', email = 'ann.private@home.example' "
            "where native_id = ?",
            [contact],
        )
        con.execute(
            "update raw.hubspot__contact set email = 'ann.hub@acme.example', synced_contact_id = left(?, 15), "
            "merged_ids = ? || ':17;' || ? where native_id = ?",
            [contact, listed, listed, hubspot],
        )
        con.execute("update raw.hubspot__contact set email = 'ann.listed@acme.example' where native_id = ?", [listed])
        con.execute(
            "insert into raw.marketo__lead (native_id, email, sfdc_id) "
            "values ('1', 'ann.mail@acme.example', left(?, 15))",
            [contact],
        )
        con.execute("update raw.salesforce__lead set email = 'bob@acme.example' where native_id = ?", [other])
        con.execute(
            "create table raw.salesforce__contact_history as select $id as id, 'Annsname' as first_name, "
            "'Annsstreet' as mailing_street, 'true' as _fivetran_active, null::varchar as _delivery_id "
            "union all select left($id, 15), 'Annsname', 'Annsstreet', 'true', null "
            "union all select '003', 'Bobsname', 'Bobsstreet', 'true', null",
            {"id": contact},
        )
        erasure.remember(settings, con, "ann.old@acme.example")
        erasure.apply(settings, con)
        text = text_of(con, "raw")
        assert ("annsstreet" in text, "bobsname" in text, "bobsstreet" in text) == (False, True, True)
        for address in ("ann@", "ann.old@", "ann.hub@", "ann.listed@", "ann.mail@"):
            assert f"{address}acme.example" not in text
        assert "ann.private@home.example" not in text
        assert "annsname" not in text
        assert "bob@acme.example" in text


def test_an_id_that_a_lead_and_a_contact_share_joins_nobody(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        lead = some_lead(con, 0)
        con.execute("update raw.salesforce__lead set email = 'ann@acme.example' where native_id = ?", [lead])
        con.execute(
            "update raw.salesforce__contact set native_id = ?, email = 'bob@acme.example' "
            "where native_id = (select min(native_id) from raw.salesforce__contact)",
            [lead],
        )
        erasure.remember(settings, con, "ann@acme.example")
        erasure.apply(settings, con)
        assert "bob@acme.example" in text_of(con, "raw")


def test_an_address_within_a_text_is_replaced_where_it_stands(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        lead, other = some_lead(con, 0), some_lead(con, 1)
        con.execute("update raw.salesforce__lead set email = 'ann@acme.example' where native_id = ?", [lead])
        con.execute(
            "update raw.salesforce__lead set email = 'bob@acme.example', attributes = '{\"by\": \"Ann@acme.example\"}' "
            "where native_id = ?",
            [other],
        )
        subject = "Email: ann@acme.example, joann@acme.example re <ANN@acme.example>."
        con.execute(
            "update raw.salesforce__task set subject = ?, person_id = null "
            "where native_id = (select min(native_id) from raw.salesforce__task)",
            [subject],
        )
        erasure.remember(settings, con, "ann@acme.example")
        erasure.apply(settings, con)
        (pseudonym,) = con.execute("select email from raw.salesforce__lead where native_id = ?", [lead]).fetchall()[0]
        assert pseudonym.endswith("@erased.invalid")
        assert con.execute("select subject from raw.salesforce__task order by native_id limit 1").fetchall() == [
            (f"Email: {pseudonym}, joann@acme.example re <{pseudonym}>.",)
        ]
        assert con.execute(
            "select distinct email, attributes from raw.salesforce__lead where native_id = ?", [other]
        ).fetchall() == [("bob@acme.example", f'{{"by": "{pseudonym}"}}')]


def test_what_no_field_is_for_goes_with_the_person(settings: Settings) -> None:
    """Columns that a loader brings beside the fields, of a record, of what was said in an activity, and of a note."""
    with open_warehouse(settings) as con:
        lead, other = some_lead(con, 0), some_lead(con, 1)
        brought = {
            "salesforce__lead": ("native_id", {lead: "ann", other: "bob"}, ("Name", "_airbyte_data_Street")),
            "salesforce__task": ("person_id", {lead: "ann", other: "bob"}, ("Description",)),
            "hubspot__engagement_email": ("native_id", {"1": "ann", "2": "bob"}, ("property_hs_email_text",)),
            "hubspot__engagement_note": ("engagement_id", {"1": "ann", "2": "bob"}, ("property_hs_note_body",)),
        }
        con.execute(
            "create table raw.hubspot__engagement_note "
            "(engagement_id varchar, _fivetran_synced varchar, _delivery_id varchar)"
        )
        con.execute("insert into raw.hubspot__contact (native_id) values ('1001')")
        con.execute("insert into raw.hubspot__engagement_contact (engagement_id, contact_id) values ('1', '1001')")
        con.execute("update raw.salesforce__lead set job_title = 'Head' where native_id = ?", [lead])
        con.execute(
            "update raw.salesforce__task set person_id = ? where native_id = (select min(native_id) "
            "from raw.salesforce__task)",
            [lead],
        )
        con.execute(
            "update raw.salesforce__task set person_id = ?, subject = null where native_id = (select max(native_id) "
            "from raw.salesforce__task)",
            [other],
        )
        for table, (key, people, columns) in brought.items():
            for column in columns:
                con.execute(f'alter table raw.{table} add column "{column}" varchar')
            for record, name in people.items():
                if table.startswith("hubspot"):
                    con.execute(f"insert into raw.{table} ({key}) values (?)", [record])
                for column in columns:
                    con.execute(f'update raw.{table} set "{column}" = ? where {key} = ?', [f"{name} at home", record])
        erasure.remember(settings, con, f"salesforce:{lead}")
        erasure.remember(settings, con, "hubspot:1001")
        erasure.apply(settings, con)
        raw = text_of(con, "raw")
        assert "ann at home" not in raw
        assert raw.count("bob at home") >= 5
        kept = "select distinct job_title from raw.salesforce__lead where native_id = ?"
        assert con.execute(kept, [lead]).fetchall() == [("Head",)]


def test_the_query_of_a_page_keeps_only_what_it_says_of_campaigns(settings: Settings) -> None:
    page = "https://a.example/demo?firstname=Ann&utm_source=x&email=ann%2Ebe%40acme.example&gclid=1#Ann"
    with open_warehouse(settings) as con:
        con.execute("insert into raw.hubspot__contact (native_id, email) values ('1001', 'ann.be@acme.example')")
        con.execute(
            "insert into raw.hubspot__form_submission (native_id, person_id, landing_page) "
            "values ('1', '1001', $page), ('2', '1002', $page), ('3', '1002', '/of?firstname=Bob')",
            {"page": page},
        )
        con.execute(
            "insert into raw.ga4__session (native_id, user_id, landing_page) "
            "values ('1', 'Ann.Be@acme.example', '/a?Ann')"
        )
        erasure.remember(settings, con, "ann.be@acme.example")
        erasure.apply(settings, con)
        pages = dict(con.execute("select native_id, landing_page from raw.hubspot__form_submission").fetchall())
        assert pages["1"] == "https://a.example/demo?utm_source=x&gclid=1"
        assert pages["2"].startswith("https://a.example/demo?firstname=Ann&utm_source=x&email=erased-")
        assert pages["3"] == "/of?firstname=Bob"
        assert con.execute("select landing_page from raw.ga4__session where native_id = '1'").fetchall() == [("/a",)]


def test_the_history_of_names_and_phones_is_blanked(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        lead, other = some_lead(con, 0), some_lead(con, 1)
        for record in (lead, other):
            for field in ("last_name", "phone", "Home_Phone__c", "Street", "hs_linkedin_url", "status", "email"):
                con.execute(
                    "insert into raw.salesforce__lead_history by name (select * replace (? as record_id, ? as field, "
                    "'Old@home.example' as old_value, 'New' as new_value) from raw.salesforce__lead_history limit 1)",
                    [record, field],
                )
        erasure.remember(settings, con, f"salesforce:{lead}")
        erasure.apply(settings, con)
        kept = (
            "select field, new_value from raw.salesforce__lead_history "
            "where record_id = ? and new_value = 'New' order by all"
        )
        assert con.execute(kept, [lead]).fetchall() == [("email", "New"), ("status", "New")]
        assert len(con.execute(kept, [other]).fetchall()) == 7
        old = "select count(*) from raw.salesforce__lead_history where record_id = ? and old_value = 'Old@home.example'"
        assert con.execute(old, [lead]).fetchall() == [(0,)]
        assert con.execute(old, [other]).fetchall() == [(7,)]


MARKETO = [
    pytest.param(13, "Last Name", '{"Old Value": "Maiden"}', None, id="a name changed"),
    pytest.param(13, "Address", '{"Old Value": "1 Street"}', None, id="a field that is none of ours changed"),
    pytest.param(
        13,
        "Lead Status",
        '{"Old Value": "New", "By": "x@y.example"}',
        '{"Old Value": "New", "By": "erased-',
        id="status",
    ),
    pytest.param(
        32, "", '{"Merge IDs": "[8, 9]", "of": "x@y.example"}', '{"Merge IDs": "[8, 9]", "of": "e', id="merge"
    ),
    pytest.param(46, "Moment", '{"Description": "Ann at the booth"}', None, id="a kind that is read by nobody"),
    pytest.param(2, "Demo", '[{"name": "Form Fields", "value": "s:3:\\"Ann\\""}]', None, id="a form"),
    pytest.param(
        2,
        "Demo",
        '[{"name":"Referrer URL","value":"https://a.example/b?name=Ann&gclid=1#Ann"},'
        '{"name":"Query Parameters","value":"utm_source=x&name=Ann&utm_medium=y"}]',
        '{"Referrer URL": "https://a.example/b?gclid=1", "Query Parameters": "utm_source=x&utm_medium=y"}',
        id="a form and where it stood",
    ),
    pytest.param(
        11, "Mail", '{"Link": "https://a.example/b?Ann"}', '{"Referrer URL": "https://a.example/b"}', id="a click"
    ),
]


@pytest.mark.parametrize(("kind", "field", "details", "kept"), MARKETO)
@pytest.mark.parametrize("by", ["number", "name"])
def test_marketo_tells_of_persons_in_the_details_of_activities(
    by: str, kind: int, field: str, details: str, kept: str | None
) -> None:
    name = next((name.replace("_", " ").title() for name, number in erasure.KINDS.items() if number == kind), "Moment")
    with duckdb.connect() as con:
        con.execute(f"create schema raw; {erasure.SEEN}")
        con.execute(
            "create table raw.marketo__activity as select '7' as lead_id, null::varchar as _delivery_id, "
            "$kind::bigint as activity_type_id, "
            "$name as activity_type, $field as primary_attribute_value, null::varchar as old_value, "
            "null::varchar as merge_ids, $details as details",
            {"kind": kind if by == "number" else None, "name": name, "field": field, "details": details},
        )
        table, columns = next(iter(erasure._tables(con).items()))
        hashes = {erasure._hash("salt", "marketo:lead:7")}
        erasure._pseudonymise(con, table, columns, [], "salt", hashes)
        erasure._pseudonymise(con, table, columns, [], "salt", hashes)
        ((told,),) = con.execute("select details from raw.marketo__activity").fetchall()
        assert told == kept or (kept and told.startswith(kept))


def test_marketo_tells_of_merges_in_its_activities() -> None:
    salt, ann = "salt", "ann@acme.example"
    with duckdb.connect() as con:
        con.execute(f"create schema raw; {erasure.SEEN}")
        con.execute(
            "create table raw.marketo__activity as select 32::bigint as activity_type_id, '7' as lead_id, "
            "null::varchar as _delivery_id, "
            "null::varchar as activity_type, null::varchar as primary_attribute_value, null::varchar as merge_ids, "
            '\'{"Merge IDs": "[8, 9]"}\' as details'
        )
        con.execute(
            "create table raw.touch as select '1' as native_id, null::varchar as _delivery_id, "
            "'see https://a.example/?email=ann@acme.example&x=1' as link, "
            "'https://a.example/?mail=Ann%40acme.example#b' as page"
        )
        tables = erasure._tables(con)
        hashes = erasure._identities(
            con, "marketo__activity", tables["marketo__activity"], salt, {erasure._hash(salt, "marketo:lead:9")}
        )
        assert hashes == {erasure._hash(salt, f"marketo:lead:{number}") for number in (7, 8, 9)}
        hashes.add(erasure._hash(salt, ann))
        erasure._pseudonymise(con, "touch", tables["touch"], [], salt, hashes)
        assert ann not in text_of(con, "raw").replace("%40", "@")
        assert con.execute("select page from raw.touch").fetchall()[0][0].startswith("https://a.example/?mail=erased-")


def test_an_erased_person_may_be_asked_for_by_the_id_that_salesforce_shows(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        lead = some_lead(con, 0)
        con.execute("update raw.salesforce__lead set email = 'ann@acme.example' where native_id = ?", [lead])
        assert len(lead) == 18
        assert erasure.remember(settings, con, f"salesforce:{lead[:15]}") > 0
        erasure.apply(settings, con)
        raw = text_of(con, "raw")
        assert "ann@acme.example" not in raw
        erasure.remember(settings, con, f"salesforce:{lead[:15]}")
        erasure.apply(settings, con)
        assert text_of(con, "raw") == raw


def test_what_calls_and_meetings_with_an_erased_person_were_about_is_blanked(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        lead, other = some_lead(con, 0), some_lead(con, 1)
        tasks = con.execute("select distinct native_id from raw.salesforce__task order by 1 limit 5").fetchall()
        given = [
            (lead, "Ann Annsname asks for a price"),
            (lead, "Call"),
            (lead, "Email: Dear Ann Annsname"),
            (other, "Email: Dear Bob"),
            (other, "Call Bob"),
        ]
        for (task,), (person, subject) in zip(tasks, given, strict=True):
            con.execute(
                "update raw.salesforce__task set person_id = ?, subject = ? where native_id = ?",
                [person, subject, task],
            )
        engaged, meeting, call, other_call = "1001", "1", "2", "3"
        con.execute("insert into raw.hubspot__contact (native_id) values (?)", [engaged])
        con.execute(
            "insert into raw.hubspot__engagement (native_id, subject) values (?, 'With Ann'), (?, 'Ann'), (?, 'Bob')",
            [meeting, call, other_call],
        )
        con.execute(
            "insert into raw.hubspot__engagement_contact (engagement_id, contact_id) values (?, ?)", [meeting, engaged]
        )
        con.execute(
            "update raw.hubspot__engagement set contact_ids = '[{\"id\":17},{\"id\":' || ? || '}]' where native_id = ?",
            [engaged, call],
        )
        for person in (f"salesforce:{lead}", f"hubspot:{engaged}"):
            erasure.remember(settings, con, person)
        erasure.apply(settings, con)
        kept = [
            con.execute("select distinct subject from raw.salesforce__task where native_id = ?", [task]).fetchall()
            for (task,) in tasks
        ]
        assert kept == [[(None,)], [("Call",)], [("Email:",)], [("Email: Dear Bob",)], [("Call Bob",)]]
        assert set(con.execute("select native_id from raw.hubspot__engagement where subject is null").fetchall()) == {
            (meeting,),
            (call,),
        }


def test_what_an_activity_of_their_deal_alone_was_about_is_blanked(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        lead, other = some_lead(con, 0), some_lead(con, 1)
        contact = con.execute("select min(native_id) from raw.salesforce__contact").fetchall()[0][0]
        con.execute(
            "update raw.salesforce__lead set converted_contact_id = ?, converted_opportunity_id = '006A' "
            "where native_id = ?",
            [contact, lead],
        )
        con.execute(
            "insert into raw.salesforce__opportunity_contact_role (native_id, opportunity_id, contact_id) "
            "values ('1', '006B', ?), ('2', '006C', '003OTHER')",
            [contact],
        )
        con.execute("insert into raw.hubspot__contact (native_id) values ('1001')")
        con.execute(
            "insert into raw.hubspot__deal_contact (opportunity_id, contact_id) values ('71', '1001'), ('72', '1002')"
        )
        con.execute("insert into raw.hubspot__engagement_deal (engagement_id, deal_id) values ('1', '71'), ('5', '71')")
        con.execute("insert into raw.hubspot__engagement_contact (engagement_id, contact_id) values ('5', '1002')")
        con.execute(
            "insert into raw.hubspot__engagement (native_id, subject, record_id, deal_ids) values "
            "('1', 'Ann', null, null), ('2', 'Ann', '71', null), ('3', 'Ann', null, '[70,71]'), "
            "('4', 'Bob', '72', null), ('5', 'Bob', null, null)"
        )
        given = [("006A", None), ("006B", None), ("006C", None), ("006A", other)]
        con.executemany(
            "insert into raw.salesforce__task (native_id, subject, record_id, person_id) values (?, 'Deal', ?, ?)",
            [[f"00T{number}", *each] for number, each in enumerate(given)],
        )
        for person in (f"salesforce:{lead}", "hubspot:1001"):
            erasure.remember(settings, con, person)
        erasure.apply(settings, con)
        kept = "select native_id from raw.{} where subject in ('Ann', 'Bob', 'Deal') order by 1"
        assert con.execute(kept.format("salesforce__task")).fetchall() == [("00T2",), ("00T3",)]
        assert con.execute(kept.format("hubspot__engagement")).fetchall() == [("4",), ("5",)]


@pytest.mark.parametrize("is_of_same_now", [False, True])
def test_an_activity_that_is_theirs_by_what_came_later_has_all_made_anew(
    settings: Settings, is_of_same_now: bool
) -> None:
    with open_warehouse(settings) as con:
        ((contact,),) = con.execute("select min(native_id) from raw.salesforce__contact").fetchall()
        erasure.remember(settings, con, f"salesforce:{contact}")
        erasure.apply(settings, con)
        before = erasure.remembered_at(settings).read_bytes()
        task = (
            "insert into raw.salesforce__task (native_id, subject, record_id, _delivery_id) "
            "values (?, 'Ann', '006B', ?)"
        )
        loaded_at = settings.now if is_of_same_now else "2000-01-01"
        con.execute("insert into quality.load_log (delivery_id, loaded_at) values ('earlier', ?)", [loaded_at])
        if is_of_same_now:
            con.execute("insert into control.told_delivery values ('earlier', 'an earlier night')")
        else:  # a warehouse of an earlier release, before its next night
            con.execute("drop table control.told_delivery")
        for key, delivery in (("00T1", "earlier"), ("00T2", "tonight's")):
            con.execute(task, [key, delivery])
        deliver(con)
        erasure.apply(settings, con)
        assert erasure.remembered_at(settings).read_bytes() == before
        con.execute(
            "insert into raw.salesforce__opportunity_contact_role (native_id, opportunity_id, contact_id) "
            "values ('1', '006B', ?)",
            [contact],
        )
        deliver(con)
        erasure.apply(settings, con)
        now = erasure.remembered_at(settings).read_bytes()
        assert now != before
        assert (
            con.execute("select subject from raw.salesforce__task where record_id = '006B'").fetchall() == [(None,)] * 2
        )
        con.execute(task, ["00T3", "tonight's"])
        deliver(con)
        erasure.apply(settings, con)
        assert erasure.remembered_at(settings).read_bytes() == now


def test_what_was_said_of_their_rows_loses_the_address(settings: Settings) -> None:
    with open_warehouse(settings) as con:
        _, email = a_person(con)
        said = f"status '{email.upper()} called' is not in the stage map; {email}"
        for schema, table, column in sorted(erasure.SAID):
            for text in (said, said.replace(email, f"not.{email}")):
                con.execute(f"insert into {schema}.{table} ({column}) values (?)", [text])
        lead, other = some_lead(con, 0), some_lead(con, 1)
        unread = {lead: f"{lead[:15]},Ann,about 200", other: f"{other},Bob,about 200", "9001": '{"id":9001,"n":"Ann"}'}
        for record, text in unread.items():
            con.execute(
                "insert into quality.malformed_row (source_system, raw_text, error) values (?, ?, ?)",
                ["hubspot" if record == "9001" else "salesforce", text, f"'{text}' is no number"],
            )
        con.execute("insert into raw.hubspot__contact (native_id) values ('9001')")
        for person in (email, f"salesforce:{lead}", "hubspot:9001"):
            erasure.remember(settings, con, person)
        erasure.apply(settings, con)
        kept_rows = con.execute("select raw_text, error from quality.malformed_row where raw_text is not null")
        assert sorted(kept_rows.fetchall()) == sorted(
            [("erased", "erased")] * 2 + [(unread[other], f"'{unread[other]}' is no number")]
        )
        for schema, table, column in sorted(erasure.SAID):
            kept = [text for (text,) in con.execute(f"select {column} from {schema}.{table}").fetchall() if text]
            assert f"'{email.upper()} called'" not in " ".join(kept)
            assert sum("is not in the stage map; erased-" in text for text in kept) == 1
            assert sum(text.endswith(f"; not.{email}") for text in kept) == 1
